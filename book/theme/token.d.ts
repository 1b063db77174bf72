// What token.js does and what it expects of a page, for readers and for `tsc`; no browser loads this file.
//
//     <figure class="live token" data-specimen="{…}" data-yes data-no data-bytes data-passes data-none data-unknown data-out>
//       <textarea>a token</textarea>
//       <p class="live-buttons" hidden><button>take apart</button><button value="…">…</button> …</p>
//       <p class="live-say" role="status"></p>
//       … three <pre><code class="part">: header, claims, signature …
//       <ol><li data-end="…">…</li> … six of them …</ol>
//     </figure>
//
// Takes a JSON Web Token apart and judges it in the page as a JWT authorizer does, all six rules and not only up to the first that
// is broken: known key, signature, issuer, client, expiry, scope. Each rule's line ends with `data-yes` or `data-no`; the sentence
// above says what the first broken one leads to (its line's `data-end`), or `data-passes`. Without the script the figure shows
// the specimen in the text area, taken apart; a test holds that to what the script makes of it.
//
// A token of the specimen's issuer is judged by `data-specimen`; every other token by the issuer that the page signs its
// readers in with (sign-in.js), whose keys are fetched then: neither issuer nor keys are ever taken from the token. The
// value of a button is where its token comes from: `specimen` is the text the area came with, the id of a block the token in its
// `Authorization` header, `access_token` and `id_token` the reader's own, `letter` the present one with another last letter in its
// name. `data-out` says that there is no token of one's own yet, `data-none` that the text is no token, `data-unknown` that the
// issuer could not be asked; the first `0` of `data-bytes` becomes the signature's length.
//
//     npx -p typescript@latest tsc --noEmit --checkJs --strict false --target es2024 --lib es2024,dom,dom.iterable \
//         book/theme/token.js book/theme/token.d.ts preprocessor/assets/types.d.ts

/** `data-specimen`: an authorizer's rule, with the keys of its issuer (JSON Web Keys). */
interface TokenRule {
    /** Whose rule it is, in words. */
    name: string;
    issuer: string;
    client: string;
    /** What a route asks for; also of the readers' own tokens. */
    scope: string;
    keys: (JsonWebKey & { kid: string })[];
}
