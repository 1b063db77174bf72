// @ts-check
// What must be in place before mdBook's own scripts run: a search that finds Korean, and a page that the
// browser may keep in its back/forward cache. Loaded from head.hbs; the copy at the end of the page does nothing.
'use strict';

(() => {
    if ('elasticlunr' in window) {
        return;
    }

    // book.js assigns window.onunload, which forbids the back/forward cache.
    Object.defineProperty(window, 'onunload', { get: () => null, set: () => {} });

    // mdBook's index drops every Hangul word, but its file still holds the whole text of every section.
    // So the index stays and only the matching is replaced: each word of the query, without its particle,
    // must occur somewhere in the section; a longer word also without regard to spaces (콜드스타트 finds 콜드 스타트).
    const PARTICLES = [
        '으로부터', '에서부터', '이라는', '에서는', '으로는', '라는', '에서', '에게', '으로', '까지', '부터', '처럼', '보다',
        '은', '는', '이', '가', '을', '를', '의', '에', '로', '와', '과', '도', '만',
    ];

    /** A word without its last particle, as long as two syllables remain. @param {string} word */
    const stem = (word) => {
        const particle = PARTICLES.find((p) => word.endsWith(p) && word.length - p.length >= 2);
        return particle ? word.slice(0, -particle.length) : word;
    };

    /** @typedef {{title: string, trail: string, body: string}} Texts */

    /** How well a word fits a section; 0 when it does not occur. @param {Texts} texts @param {string} word */
    const worth = ({ title, trail, body }, word) =>
        (title.includes(word) ? 8 : 0) + (trail.includes(word) ? 4 : 0) + Math.min(body.split(word).length - 1, 5);

    /** @param {Texts} texts @returns {Texts} */
    const joined = ({ title, trail, body }) => {
        const [t, r, b] = [title, trail, body].map((text) => text.replace(/\s+/g, ''));
        return { title: t, trail: r, body: b };
    };

    /** @param {{documentStore: {docs: Record<string, {title: string, body: string, breadcrumbs: string}>}}} index */
    const load = (index) => {
        const sections = Object.entries(index.documentStore.docs).map(([ref, doc]) => {
            const [title, trail, body] = [doc.title, doc.breadcrumbs, doc.body].map((text) => text.toLowerCase());
            const spaced = { title, trail, body };
            return { ref, doc, spaced, joined: joined(spaced) };
        });
        return {
            /** @param {string} query */
            search(query) {
                const words = query.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean).map(stem);
                return sections.map(({ ref, doc, spaced, joined }) => {
                    const worths = words.map((word) =>
                        Math.max(worth(spaced, word), word.length < 4 ? 0 : worth(joined, word)));
                    return { ref, doc, score: worths.includes(0) ? 0 : worths.reduce((sum, value) => sum + value, 0) };
                }).filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
            },
        };
    };

    /** @type {any} */
    let library;
    Object.defineProperty(window, 'elasticlunr', {
        get: () => library,
        set: (value) => {
            value.Index.load = load;
            value.stemmer = stem;
            library = value;
        },
    });

    /** @param {Event} event */
    const inSearchBox = (event) => event.target instanceof HTMLInputElement && event.target.id === 'mdbook-searchbar';

    // Enter ends a syllable while an input method is composing; it must not open the first hit.
    document.addEventListener('keydown', (event) => {
        if (event.isComposing && inSearchBox(event)) {
            event.stopPropagation();
        }
    }, true);

    // The search box listens to keyup alone; pasted and composed text arrives as input.
    document.addEventListener('input', (event) => {
        if (inSearchBox(event)) {
            event.target?.dispatchEvent(new KeyboardEvent('keyup'));
        }
    });
})();
