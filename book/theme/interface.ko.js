// @ts-check
// mdBook's interface in Korean, and the labels and roles its page frame lacks. mdBook has no translation of its own.
'use strict';

(() => {
    /** English text of the page frame -> Korean. @type {Record<string, string>} */
    const KOREAN = {
        'Table of contents': '목차',
        'Toggle Table of Contents': '목차 여닫기',
        'Change theme': '테마 바꾸기',
        'Themes': '테마',
        'Auto': '시스템 설정',
        'Light': '밝게',
        'Rust': '러스트',
        'Coal': '석탄',
        'Navy': '남색',
        'Ayu': '어둡게',
        'Search (`/`)': '검색 (/)',
        'Toggle Searchbar': '검색창 여닫기',
        'Search this book ...': '이 책에서 찾기',
        'Print this book': '책 인쇄하기',
        'Page navigation': '앞뒤 장으로',
        'Previous chapter': '앞 장',
        'Next chapter': '다음 장',
        'Copy to clipboard': '복사',
        'Copied!': '복사했다',
        'Clipboard error!': '복사하지 못했다',
        'Keyboard shortcuts': '단축키',
        'Note': '참고',
        'Tip': '팁',
        'Important': '중요',
        'Warning': '주의',
        'Caution': '위험',
    };

    /** @param {string | null} text */
    const korean = (text) => KOREAN[(text ?? '').trim()];

    for (const element of document.querySelectorAll('[title], [aria-label], [placeholder]')) {
        for (const name of ['title', 'aria-label', 'placeholder']) {
            const translated = korean(element.getAttribute(name));
            if (translated) {
                element.setAttribute(name, translated);
            }
        }
    }

    for (const element of document.querySelectorAll('.theme, .mdbook-help-title')) {
        element.textContent = korean(element.textContent) ?? element.textContent;
    }

    for (const title of document.querySelectorAll('.blockquote-tag-title')) {
        const text = title.lastChild;
        if (text instanceof Text) {
            text.data = korean(text.data) ?? text.data;
        }
    }

    const HELP = ['앞 장, 다음 장으로 넘긴다', '검색창을 연다', '이 도움말을 연다', '도움말을 닫는다'];
    document.querySelectorAll('#mdbook-help-popup p').forEach((line, i) => {
        const keys = [...line.querySelectorAll('kbd')];
        line.replaceChildren(...keys.flatMap((key) => [key, ' ']), HELP[i] ?? '');
    });

    /** Keeps an element's text Korean whenever mdBook rewrites it.
     * @param {Element | null} element @param {(text: string) => string | undefined} translate */
    const follow = (element, translate) => {
        if (!element) {
            return;
        }
        const update = () => {
            const translated = translate(element.textContent ?? '');
            if (translated && translated !== element.textContent) {
                element.textContent = translated;
            }
        };
        new MutationObserver(update).observe(element, { childList: true });
        update();
    };

    follow(document.getElementById('mdbook-searchresults-header'), (text) => {
        const match = /^(?:(\d+) search results?|No search results) for '(.*)'[:.]$/s.exec(text);
        return match ? `「${match[2]}」 ${match[1] ? `찾은 곳 ${match[1]}군데` : '찾은 곳 없음'}` : undefined;
    });
    document.querySelectorAll('.clip-button .tooltiptext').forEach((tip) => follow(tip, korean));

    // The toggle is a label: without these a keyboard cannot reach it and its aria attributes are invalid.
    const toggle = document.getElementById('mdbook-sidebar-toggle');
    if (toggle) {
        toggle.setAttribute('role', 'button');
        toggle.tabIndex = 0;
        toggle.addEventListener('keydown', (event) => {
            if (event.key === 'Enter' || event.key === ' ') {
                event.preventDefault();
                toggle.click();
            }
        });
    }
    document.getElementById('mdbook-menu-bar')?.setAttribute('role', 'banner');
    document.getElementById('mdbook-search-wrapper')?.setAttribute('role', 'search');
    const searchbar = document.getElementById('mdbook-searchbar');
    searchbar?.setAttribute('aria-label', KOREAN['Search this book ...']);
    searchbar?.setAttribute('aria-describedby', 'mdbook-searchresults-header');
    const result = document.getElementById('mdbook-searchresults-header');
    result?.setAttribute('role', 'status');

    // What scrolls sideways must be reachable by keyboard, and its arrow keys must not turn the page.
    const scrollers = document.querySelectorAll('main > pre > code, main .table-wrapper');
    const measure = () => {
        for (const element of scrollers) {
            element.toggleAttribute('data-scrolls', element.scrollWidth > element.clientWidth);
            if (element.hasAttribute('data-scrolls')) {
                element.setAttribute('tabindex', '0');
            } else {
                element.removeAttribute('tabindex');
            }
        }
    };
    measure();
    addEventListener('resize', measure);
    document.addEventListener('keydown', (event) => {
        if (event.target instanceof Element && event.target.hasAttribute('data-scrolls') && event.key.startsWith('Arrow')) {
            event.stopPropagation();
        }
    }, true);
})();
