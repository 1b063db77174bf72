// What languages.js does and what it expects of a page, for readers and for `tsc`; no browser loads this file.
//
//     <div class="languages" data-name="…">
//     <p><strong>Rust</strong></p>   … what follows belongs to it, up to the next such paragraph …
//     <p><strong>Node</strong></p>   …
//     </div>
//
// The same listing in several languages. Without a script, on paper and on the print page they stand one below the other, each
// under its name. With the script they are tabs (WAI-ARIA's pattern with automatic activation: one stop for the Tab key, arrows,
// Home and End within); `data-name` names their list. A choice holds for all listings of the page at once and is remembered with
// what else the book stores, so that the button which erases that erases it too. What a reader is looking at stays where it is
// although listings above it may have become longer or shorter.
//
//     npx -p typescript@latest tsc --noEmit --checkJs --strict false --target es2024 --lib es2024,dom,dom.iterable \
//         book/theme/languages.js book/theme/languages.d.ts preprocessor/assets/types.d.ts

export {};
