// @ts-check
// Search, fetched when the box opens for the first time (interface.js) or a result is followed. mdBook's index file holds
// the whole text of every section but no Hangul word in its index, so only the text is used, and scanned for every query.
'use strict';

(() => {
    /** @param {string} id @returns {any} */
    const byId = (id) => document.getElementById('mdbook-' + id);
    const [box, panel, list, said] = ['searchbar', 'search-wrapper', 'searchresults', 'searchresults-header'].map(byId);

    /** @typedef {{url: string, title: string, trail: string, body: string}} Section */
    /** @typedef {{re: RegExp, terms: string[], fixed?: string}} Word */

    // The longest particle goes, as long as two syllables remain.
    const PARTICLE = /^(.{2,}?)(?:으로부터|에서부터|이라는|이란|에서는|으로는|라는|에서|에게|으로|까지|부터|처럼|보다|하는|하기|[은는이가을를의에로와과도만란])$/;
    /** @param {string} word */
    const stem = (word) => word.replace(PARTICLE, '$1');

    // One thing, written in two ways: what is asked for in one is found in the other.
    const NAMES = ['람다 lambda', '다이나모디비 다이나모db 다이나모 dynamodb', '게이트웨이 gateway', '서버리스 serverless', '콜드 cold',
        '스타트 start', '요금 비용 가격 cost', '초기화 init', '메모리 memory', '동시성 concurrency', '프로비저닝 provisioned',
        '코그니토 cognito', '아키텍처 아키텍쳐 architecture', '핸들러 handler', '이벤트 event'].map((names) => names.split(' '));

    /** The word and its other spellings. @param {string} word */
    const spellings = (word) => NAMES.reduce((all, names) => all.flatMap((one) => {
        const name = names.find((name) => one.includes(name));
        return name ? [one, ...names.filter((other) => other !== name).map((other) => one.replace(name, other))] : one;
    }), [word]);

    /** Case does not count, nor, in longer words, whether there is a space. @param {string[]} terms */
    const matcher = (terms) => new RegExp(terms.map((term) =>
        [...term].map((letter) => letter.replace(/[^\p{L}\p{N}]/u, '\\$&')).join(term.length < 4 ? '' : '\\s?')).join('|'), 'gi');

    // Mistyped words are compared by the keys pressed: 람바 is one key away from 람다, and words typed with the wrong keyboard
    // layout (fkaek, ㅣ므ㅠㅇㅁ) are not away at all.
    const KEYS = [
        [0x1100, 'r R s e E f a q Q t T d w W c z x v g'],
        [0x1161, 'k o i O j p u P h hk ho hl y n nj np nl b m ml l'],
        [0x11a8, 'r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g'],
    ].map(([first, keys]) => /** @type {[number, string[]]} */ ([first, String(keys).toLowerCase().split(' ')])).reverse();
    /** @param {string} word */
    const keys = (word) => word.normalize('NFKD').replace(/[ᄀ-ᇿ]/g, (letter) => {
        const code = letter.charCodeAt(0);
        const [first, row] = KEYS.find(([first]) => code >= first) ?? KEYS[2];
        return row[code - first] ?? letter;
    });

    /** Keys to add, drop, change or swap with the next, until a is b. @param {string} a @param {string} b */
    const distance = (a, b) => {
        /** @type {number[][]} */
        const rows = [];
        for (let i = 0; i <= a.length; i++) {
            rows[i] = [i];
            for (let j = 1; j <= b.length; j++) {
                rows[i][j] = !i ? j : Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1,
                    rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
                    i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2][j - 2] + 1 : 9);
            }
        }
        return rows[a.length][b.length];
    };

    /** @type {Section[]} */
    let sections = [];
    /** How many sections have this title. @type {Map<string, number>} */
    const titles = new Map();
    /** @type {Map<string, [string, number]>} */
    let vocabulary;
    /** Every word of the book by its keys, and how often it stands there. */
    const words = () => {
        if (!vocabulary) {
            vocabulary = new Map();
            /** @type {Map<string, number>} */
            const counts = new Map(NAMES.flat().map((name) => [name, 1]));
            for (const { title, trail, body } of sections) {
                for (const one of `${title} ${trail} ${body}`.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []) {
                    counts.set(one, (counts.get(one) ?? 0) + 1);
                }
            }
            for (const [one, count] of counts) {
                const word = stem(one);
                vocabulary.set(keys(word), [word, count + (vocabulary.get(keys(word))?.[1] ?? 0)]);
            }
        }
        return vocabulary;
    };

    /** The word of the book that was meant, if it is another. @param {string} word */
    const meant = (word) => {
        const typed = keys(word);
        const most = typed.length < 3 ? 0 : typed.length < 9 ? 1 : 2;
        /** @type {[string, number]} */
        let best = ['', 0];
        for (const [known, [one, count]] of words()) {
            if (known[0] === typed[0] && Math.abs(known.length - typed.length) <= most) {
                const off = distance(known, typed);
                const worth = off > most ? 0 : count * 1e-6 + 3 - off;
                best = worth > best[1] ? [one, worth] : best;
            }
        }
        return best[0];
    };

    /** What to look for when a reader writes this word; nothing when the book has nothing like it.
     * @param {string} written @returns {Word | undefined} */
    const understand = (written) => {
        const word = stem(written.replace(/^[^\p{L}\p{N}]+(?=.*[\p{L}\p{N}])|(?<=[\p{L}\p{N}].*)[^\p{L}\p{N}]+$/gu, ''));
        const as = (/** @type {string[]} */ ...words) => {
            const terms = words.flatMap(spellings);
            const re = matcher(terms);
            const places = sections.filter((one) => [one.title, one.trail, one.body].some((text) => text.search(re) >= 0)).length;
            return places ? { terms, re, places } : undefined;
        };
        const plain = as(word);
        // A rare piece of another word (strat of strategy) may be a slip as well.
        if (plain && (plain.places > 2 || words().has(keys(word)))) {
            return plain;
        }
        const other = meant(word);
        if (other) {
            return { ...as(...plain ? [word] : [], other) ?? { terms: [], re: /$^/ }, fixed: other };
        }
        // 줄이기, 줄이려면: the beginning of a Korean word will do.
        let start = plain;
        for (let end = word.length - 1; !start && end >= 2 && /[가-힣]/.test(word); end--) {
            start = as(word.slice(0, end));
        }
        return start;
    };

    /** How often, a word's beginning counted double. @param {string} text @param {RegExp} re */
    const count = (text, re) => {
        let sum = 0;
        for (const { index } of text.matchAll(re)) {
            sum += index && /[\p{L}\p{N}]/u.test(text[index - 1]) ? 1 : 2;
        }
        return sum;
    };

    /** The sections that fit, best first. @param {string} query */
    const find = (query) => {
        const written = query.normalize('NFC').toLowerCase().replace(/(?<=.)[ㄱ-ㅣ]$/, '').split(/\s+/).filter(Boolean).slice(0, 12);
        const asked = /** @type {Word[]} */ (written.map(understand).filter(Boolean));
        // Neighbours in the query are best found as neighbours.
        const pairs = asked.slice(1).map(({ re }, i) => new RegExp(`(?:${asked[i].re.source}).{0,9}?(?:${re.source})`, 'i'));
        const found = sections.map((section) => ({ ...section, score: 0, words: 0 }));
        for (const { re } of asked) {
            const worths = found.map(({ title, trail, body }) => {
                const [inTitle, inTrail, inBody] = [title, trail, body].map((text) => count(text, re));
                return (inTitle && Math.min(inTitle, 2) * (1 + 3 / (2 + title.length))) + Math.min(inTrail, 2) * 0.4
                    + inBody / (inBody + 2 + body.length / 500);
            });
            // A word that stands in few sections says more.
            const weight = Math.log(1 + found.length / worths.filter(Boolean).length);
            worths.forEach((worth, i) => {
                found[i].score += worth * weight;
                found[i].words += worth ? weight : 0;
            });
        }
        const most = Math.max(0.1, ...found.map((one) => one.words));
        for (const one of found) {
            for (const pair of pairs) {
                one.score += (pair.test(one.title) ? 4 : 0) + (pair.test(one.body) ? 1 : 0);
            }
            // Sections that every chapter has (예측, 출처, …) are rarely what is looked for; one that lacks a word, neither.
            one.score *= (one.words / most) ** 2 * ((titles.get(one.title) ?? 0) > 2 ? 0.5 : 1);
        }
        const fixed = asked.some(({ fixed }) => fixed) ? asked.map(({ fixed, terms }) => fixed ?? terms[0]).join(' ') : '';
        return {
            fixed, pairs, terms: asked.flatMap((word) => word.terms),
            sections: found.filter((one) => one.words > most * 0.6).sort((a, b) => b.score - a.score),
        };
    };

    /** The text around the best place, its words marked. @param {Section} section @param {ReturnType<typeof find>} result */
    const excerpt = ({ body }, { terms, pairs }) => {
        const re = matcher(terms);
        const at = body.search(pairs.find((pair) => pair.test(body)) ?? re);
        const from = at < 50 ? 0 : body.indexOf(' ', at - 50) + 1;
        const text = body.slice(from, from + 150);
        const teaser = document.createElement('span');
        teaser.className = 'teaser';
        let end = 0;
        for (const { 0: match, index } of text.matchAll(re)) {
            const mark = document.createElement('em');
            mark.textContent = match;
            teaser.append(text.slice(end, index), mark);
            end = index + match.length;
        }
        teaser.append(text.slice(end), from + 150 < body.length ? '…' : '');
        return teaser;
    };

    const load = () => {
        if (document.getElementById('search-index')) {
            return;
        }
        const script = document.createElement('script');
        script.id = 'search-index';
        script.src = window.path_to_searchindex_js;
        script.onload = () => {
            const { doc_urls, index } = window.search;
            sections = Object.entries(index.documentStore.docs).map(([ref, { title, body, breadcrumbs }]) =>
                ({ url: doc_urls[ref], title, body, trail: [...new Set(breadcrumbs.split(' » '))].join(' » ') }));
            sections.forEach(({ title }) => titles.set(title, (titles.get(title) ?? 0) + 1));
            show();
            // Made while the reader types, not when the first mistake asks for it.
            setTimeout(words, 100);
        };
        script.onerror = () => {
            script.remove();
            said.textContent = '찾을 글을 받지 못했다. 연결을 확인하고 다시 적어 본다.';
        };
        document.head.append(script);
    };

    const show = () => {
        load();
        const query = box.value.trim();
        const url = new URL(location.href);
        url.searchParams.delete('highlight');
        url.searchParams[query ? 'set' : 'delete']('search', query);
        history.replaceState(history.state, '', url);
        if (!sections.length || !query) {
            list.replaceChildren();
            said.textContent = query && '찾는 중…';
            return;
        }
        const result = find(query);
        list.replaceChildren(...result.sections.slice(0, window.search.results_options.limit_results).map((section) => {
            const [item, link] = [document.createElement('li'), document.createElement('a')];
            link.href = path_to_root + section.url.replace(/(?=#)|$/, '?highlight=' + encodeURIComponent(result.terms.join(' ')));
            link.textContent = section.trail;
            item.append(link, excerpt(section, result));
            return item;
        }));
        said.textContent = `「${query}」 ${result.fixed && `→ 「${result.fixed}」 `}`
            + (list.firstChild ? `찾은 곳 ${result.sections.length}군데` : '찾은 곳이 없다. 더 짧은 낱말로 찾아본다');
    };

    // The index file adds to this object; book.js asks it whether the arrow keys are its own.
    window.search = { find, show, hasFocus: () => document.activeElement === box };
    box.oninput = show;
    panel.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
        // Enter and the arrows belong to the input method as long as it composes a syllable.
        const step = event.isComposing ? 0 : { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const links = list.querySelectorAll('a');
        const at = [...links].indexOf(document.activeElement);
        if (step) {
            event.preventDefault();
            (links[at + step] ?? (at > 0 ? links[at] : box)).focus();
        } else if (event.target === box && event.key === 'Enter' && !event.isComposing) {
            links[0]?.click();
        }
    });

    const terms = (new URLSearchParams(location.search).get('highlight') ?? '').split(' ').filter(Boolean);
    if (terms.length && CSS.highlights) {
        const texts = document.createTreeWalker(document.querySelector('main') ?? document.body, NodeFilter.SHOW_TEXT);
        const marks = new Highlight();
        for (let node = texts.nextNode(); node; node = texts.nextNode()) {
            for (const { 0: match, index } of (node.nodeValue ?? '').matchAll(matcher(terms))) {
                const range = new Range();
                range.setStart(node, index);
                range.setEnd(node, index + match.length);
                marks.add(range);
            }
        }
        CSS.highlights.set('search', marks);
    }
    if (!panel.classList.contains('hidden')) {
        show();
    }
})();
