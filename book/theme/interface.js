// @ts-check
// What the page frame (index.hbs) does beside mdBook's own book.js, and the English words that book.js writes itself.
'use strict';

(() => {
    /** @param {string} id @returns {any} */
    const byId = (id) => document.getElementById('mdbook-' + id);

    /** English words of mdBook's program -> Korean. @type {Record<string, string>} */
    const KOREAN = {
        'Copy to clipboard': '복사',
        'Copied!': '복사했다',
        'Clipboard error!': '복사하지 못했다',
        'Show hidden lines': '숨은 줄 보이기',
        'Hide lines': '줄 숨기기',
        Note: '참고',
        Tip: '팁',
        Important: '중요',
        Warning: '주의',
        Caution: '위험',
    };
    const translate = () => {
        for (const button of document.querySelectorAll('pre > .buttons > [title]')) {
            const korean = KOREAN[button.getAttribute('title') ?? ''];
            // By the other titles book.js recognises whether the hidden lines are shown.
            if (korean) {
                button.setAttribute(button.matches('.clip-button') ? 'title' : 'aria-label', korean);
                button.ariaLabel = korean;
            }
        }
        for (const { lastChild } of document.querySelectorAll('.blockquote-tag-title, .tooltiptext')) {
            const korean = KOREAN[lastChild?.nodeValue?.trim() ?? ''];
            if (lastChild && korean) {
                lastChild.nodeValue = korean;
            }
        }
    };
    translate();
    document.querySelectorAll('pre > .buttons').forEach((buttons) =>
        new MutationObserver(translate).observe(buttons, { childList: true, subtree: true, attributeFilter: ['title'] }));

    byId('sidebar-toggle').ariaExpanded = is_sidebar_open;
    byId('sidebar-toggle').onclick = () => byId('sidebar-toggle-anchor').click();

    // The box opens at once; what searches is fetched when it is needed.
    const [panel, toggle, box] = ['search-wrapper', 'search-toggle', 'searchbar'].map(byId);
    /** Fetches a script once; several run in the order in which they were asked for. @param {string} src */
    const fetchScript = (src) => {
        if (![...document.scripts].some((script) => script.getAttribute('src') === src)) {
            document.head.append(Object.assign(document.createElement('script'), { async: false, src }));
        }
    };
    const load = () => fetchScript(search_js);
    /** @param {boolean} open */
    const turn = (open) => {
        panel.classList.toggle('hidden', !open);
        toggle.ariaExpanded = open;
        if (open) {
            scrollTo(0, 0);
            box.select();
            load();
            window.search?.show();
        } else {
            // A hidden box would keep the keys to itself.
            box.blur();
        }
    };
    if (panel) {
        const asked = new URLSearchParams(location.search);
        toggle.onclick = () => turn(panel.classList.contains('hidden'));
        box.form.onsubmit = () => false;
        document.addEventListener('keydown', (event) => {
            const { target, key, code } = event;
            if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || !(target instanceof Element)) {
                return;
            }
            if (key === 'Escape') {
                CSS.highlights?.clear();
                if (panel.contains(target)) {
                    turn(false);
                    toggle.focus();
                }
            } else if ((key === '/' || code === 'KeyS') && !target.closest('input, textarea, select, [contenteditable]')) {
                // By its place, because in Hangul mode the key S writes ㄴ.
                event.preventDefault();
                turn(true);
            }
        });
        if (asked.get('search')) {
            box.value = asked.get('search');
            turn(true);
        } else if (asked.get('highlight')) {
            load();
        }
    }

    // Scripts of what few pages have, after those of all pages.
    addEventListener('DOMContentLoaded', () => document.querySelectorAll('template').forEach(({ dataset: { where, script } }) => {
        if (where && script && document.querySelector(where)) {
            fetchScript(script);
        }
    }));

    // What scrolls sideways must be reachable by keyboard, and its arrow keys must not turn the page.
    const scrollers = document.querySelectorAll('main > pre > code, main > :is(details, .languages) > pre > code, main .table-wrapper');
    const measure = () => {
        const wide = [...scrollers].map((element) => element.scrollWidth > element.clientWidth);
        scrollers.forEach((element, i) => {
            element.toggleAttribute('data-scrolls', wide[i]);
            element[wide[i] ? 'setAttribute' : 'removeAttribute']('tabindex', '0');
        });
    };
    measure();
    addEventListener('resize', measure);
    addEventListener('toggle', measure, true);
    document.addEventListener('keydown', (event) => {
        if (event.target instanceof Element && event.target.hasAttribute('data-scrolls') && event.key.startsWith('Arrow')) {
            event.stopPropagation();
        }
    }, true);
})();
