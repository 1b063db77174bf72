// The shapes and functions of the page's scripts, for readers and for `tsc`; no browser loads this file.
//
//     npx -p typescript@latest tsc --noEmit --checkJs --strict false --target es2024 --lib es2024,dom,dom.iterable \
//         preprocessor/assets/*.js preprocessor/assets/types.d.ts
//
// How live.js works. Every `<live-request>` is enhanced once: an editor takes the place of the request's text, buttons
// and a status line follow. Nothing is sent before a reader presses something. A run goes `fill` (text -> request with
// captured values) -> `resolve` (only below the API base) -> `send` (fetch, bounded in size and time, timed by the
// browser's own resource entry) -> `check` and `judge` (words at the end of each line) -> the drawing functions. What a
// reader sees is always text; its words come from `strings`, so the script has none of its own.
//
// Two things a browser hides: resource entries of simultaneous calls to one address cannot be told apart, so parallel runs
// take their metrics from the `Server-Timing` header; and a failed CORS request looks like a dead server, so `cause`
// asks once more with `no-cors` and looks only at whether anything came.
// A browser opens six connections to one name, and this machine has many names, so `spread` gives parallel calls `a.localhost`
// and so on. An answer of 404 for a captured value means that the item has expired or been deleted: `gone` forgets the value.
// Two errors are no errors: `keep` in a private window, which refuses to store, and `resolve` without a file of the deployment,
// where the built-in base holds.

// Two small ones: an answer whose JSON holds a number of sixteen digits is shown as it came, because parsing rounds it; and a
// request's text is copied as curl through `veil`, so that a reader's token does not land in a shell's history.
//
// How lesson.js works. The preprocessor writes questions as radio buttons in `fieldset`s, answers in closed `details`, buttons
// hidden; the script shows the buttons and does the rest. What a reader chose is kept by id (`lesson:ID`) and drawn from
// what is kept, so a reload shows the same. Keys stay inside, because mdBook turns pages with them.
// A question (`ask`): one `fieldset` per question or card; right ones are locked, the others can be chosen again.
// A prediction (`predict`): [guess, result, key of where the result came from]; a guess of -1 was skipped. Until there is one,
// the gate of its block is shut and `data-gated` hides what would give the answer away. A run that did not come to its end
// is answered by the recording.
// Progress: `done` maps pages to true (a block has run) or to the word that the sidebar shows (its questions are answered
// too); the word is kept because pages without widgets have none. `last` is the address of
// the last heading a reader saw, and the title of its page.

/** `data-lesson` of questions and predictions. */
interface LiveLesson {
    id: string;
    /** The right choice of each `fieldset`. */
    right?: number[];
    /** What to say while some are wrong. */
    wrong?: string;
    /** The block a prediction is about. */
    block?: string;
    /** The unit of a number, and the expression that answers. */
    unit?: string;
    expr?: any;
    /** The claims of the choices; the one that holds is the answer. */
    choices?: any[];
    /** The answer of the recording: the number, or the index of the choice. */
    recorded?: number;
}

// How figure.js works. The preprocessor draws a chart of a block's recorded runs: `svg.live-chart` with a group of axes, a
// group of marks and a group for the line of the reader's guess. After a run the script copies the drawing, puts marks of
// the reader's own runs into the copy (rows are runs in a `dots` chart, environments in a `lanes` chart) and says in words
// what they come to; nothing moves. When no answer came, the guess is drawn into the recorded chart. Only numbers ever
// become markup. Comparisons and calculators are tables and inputs in HTML already; the script shows the controls and fills
// in numbers, at most once a second because a live region reads them out. `solve` does what `formula/evaluate.rs` does.

/** `data-lesson` of calculators and comparisons. */
interface LiveFigure {
    /** Numbers of the data file that formulas use. */
    names?: Record<string, number>;
    /** Names of the inputs in order. */
    inputs?: string[];
    /** Computed one after the other; each may use the ones before. */
    results?: { name: string; expr: any }[];
    /** Values of all inputs, per button. */
    presets?: number[][];
    /** A comparison's blocks, in the order in which its button runs them. */
    rows?: string[];
    /** One per number on the page; with `input`, the value of that input at which `expr` is zero. */
    shown: { expr: any; format: Intl.NumberFormatOptions; block?: string; input?: number; low?: number; high?: number }[];
}

// How sign-in.js works. `<div class="live-sign-in">` becomes the place where readers sign in, with OpenID Connect's code flow and
// PKCE, in one full turn of pages: `begin` (issuer and client from the `config` file, endpoints from the issuer's discovery document;
// state, nonce and verifier are kept in this tab) -> the issuer's page -> `page` of the settings, whose signed-in.js hands on the
// answer -> `arrive` on the page that was left (state, exchange, nonce, issuer, client) -> `hold`. Tokens lie in sessionStorage and, as
// properties that are not enumerable, among the `variables` of the blocks; live.js stores what is enumerable, so it never stores
// a token. They are renewed a minute before they expire, or when a block needs them. Each block that uses one waits at its
// gate for it and offers the way in. `end` gives the refresh token back and ends the issuer's session by both names that there
// are for it: Cognito's `logout_uri` and the standard's `post_logout_redirect_uri`.
//
// Whether a token is any good is the API's to say; the page reads the ID token only to greet its reader and to know its own
// request again. What a wrong answer leads to stands in `strings`, one sentence for each way it can fail.

/** mdBook's way from this page to the book's root; other pages do not have it. */
declare const path_to_root: string | undefined;

/** `data-config`, once per chapter. */
interface LiveConfig {
    /** Where requests go: a path of this server, or an address. Replaced by what `config` names. */
    api: string;
    /** What a request's text begins with. */
    apiPath: string;
    /** A JSON file with `api`, `spread` and `bases` of this deployment; fetched at the first use. Then empty. */
    config?: string;
    /** What else a target may begin with: name -> path, and what readers are told where it does not answer. */
    bases?: Record<string, [string, string]>;
    /** The names of those that `config` says answer here. */
    there?: string[];
    /** The API answers to `*.localhost` names too. */
    spread?: boolean;
    /** Sent with every request that does not name them itself. */
    headers: { name: string; value: string | { 'random-hex': number } }[];
    /** Names of numbers over runs. */
    claims: Record<string, { count?: { header: string; equals: string }; distinct?: { header: string } }>;
    /** Everything the script says. */
    strings: Record<string, string>;
}

/** `data-block`. */
interface LiveBlock {
    id: string;
    caption: string;
    repeat: number;
    /** ms between two runs. */
    delay: number;
    /** Runs in the air at once. */
    parallel: number;
    readonly: boolean;
    /** The base without which it makes no sense, beside the API. */
    only?: string;
    /** Expected status; null when any will do. */
    status: number | null;
    /** Expected headers with their exact values. */
    headers: [string, string][];
    captures: { name: string; query: LiveQuery }[];
    asserts: LiveAssert[];
    claims: { text: string; expr: any }[];
}

interface LiveQuery {
    kind: 'status' | 'duration' | 'body' | 'header' | 'jsonpath';
    name?: string;
    path?: (string | number)[];
}

interface LiveAssert {
    query: LiveQuery;
    not: boolean;
    op: string;
    value?: string | number | boolean | null;
}

/** One answer. */
interface LiveRun {
    status: number;
    /** Names in lower case. */
    headers: Record<string, string>;
    body?: string;
    /** The body parsed; undefined when it is not JSON. */
    json?: any;
    /** The body was longer than 1 MiB and is not whole. */
    cut?: boolean;
    /** ms from sending to the last byte. */
    total: number;
    /** When it was sent and when its last byte came, in ms since the reader pressed the button. */
    from: number;
    until: number;
    /** Server-Timing metrics in ms. */
    timings: Record<string, number>;
    /** The browser's own timing, when it can be told which one it is. */
    entry?: PerformanceResourceTiming | false;
}

/** Thrown where a reader has to be told something: `message` is a key of `strings`, `args` go into its `{0}`, `{1}`. */
interface LiveProblem extends Error {
    args: any[];
}

/** Only resource entries are ever asked for. */
interface PerformanceEntry {
    readonly requestStart: number;
    readonly responseEnd: number;
    readonly serverTiming: ReadonlyArray<PerformanceServerTiming>;
}

/** Only HTML elements are ever asked for. */
interface Element {
    readonly dataset: DOMStringMap;
    onkeydown: ((this: GlobalEventHandlers, event: KeyboardEvent) => any) | null;
    readonly lastChild: any;
    cloneNode(deep?: boolean): any;
}

/** A block of this page, for the other scripts. */
interface LiveHandle {
    id: string;
    caption: string;
    /** The `<live-request>`, an HTMLElement; a bubbling `live-run` event leaves it after every run. */
    element: any;
    /** Runs it as the button does; whether everything was as expected. Undefined when it is busy or its gate is shut. */
    run(): Promise<boolean | void>;
    /** What its last run left; undefined before the first answer. */
    runs(): LiveRun[] | undefined;
    /** `number` or `judge` over this block's last runs. */
    over<T>(compute: (expr: any, aliases: LiveConfig['claims'], runsOf: (block?: string) => LiveRun[] | undefined) => T, expr: any): T;
    /** Names of the values it captures. */
    makes: string[];
    /** Names of the values it uses now. */
    uses(): string[];
    /** Runs what is missing before it, then itself. */
    chain(): Promise<boolean | void>;
    /** Judges its claims again. */
    claims(): void;
}

/** `detail` of the event `live-run`. */
interface LiveRunDetail {
    id: string;
    /** The answers of this run, none when nothing came. */
    runs: LiveRun[];
    /** The key of what stopped it, where it did not come to its end or its answer was none: `cancelled`, `fail…`, `problem…`. */
    stopped?: string;
}

/** Leaves the `<live-request>`. */
interface LiveRunEvent extends CustomEvent<LiveRunDetail> {
    readonly target: HTMLElement;
}

interface GlobalEventHandlersEventMap {
    'live-run': LiveRunEvent;
}

interface Window {
    /** What the scripts offer each other. `tests/vectors/*.json` hold the pure functions to what the Rust side does. */
    mdbookLive: {
        /** The blocks of this page in the order of the text. */
        blocks: Record<string, LiveHandle>;
        /** A reader's guess by the prediction's id, when it was asked for a number; below 0 after «skip». Of lesson.js. */
        guess?(id: string): number | undefined;
        /** What every key of this book in localStorage and sessionStorage begins with. */
        prefix: string;
        /** This is mdBook's page of all chapters, which the scripts leave alone. */
        print: boolean;
        /** What a calculator shows for these values of its inputs; null when nothing meets. Throws where there is no value. Of figure.js. */
        solve?(model: LiveFigure, values: number[], shown: LiveFigure['shown'][0]): number | null;
        /** Values of `{{name}}`: what is enumerable is kept for the session, a token is not enumerable. */
        variables: Record<string, string>;
        /** A text in which no token of the reader is left; of sign-in.js. */
        veil?(text: string): string;
        /** Of sign-in.js, on pages where readers sign in. An event `live-sign-in` leaves its place whenever the session changes. */
        signIn?: {
            /** The tokens at hand; undefined while nobody is signed in. `until`: ms since 1970. */
            session(): { access_token: string; id_token?: string; refresh_token?: string; until: number } | undefined;
            /** The issuer's discovery document with this page's client and scope. Throws a LiveProblem. */
            know(): Promise<any>;
        };
        /** Asked before a run: false forbids it, after having told the reader why. */
        gate: Record<string, () => boolean>;
        /** `data-config`, read at the first call. */
        config(): LiveConfig;
        /** The words of a key with `{0}`, `{1}` filled; the key itself when there are none. */
        t(key: string, ...args: any[]): string;
        /** A new element: `p.live-say`, its properties, its children. Text stays text. */
        h(name: string, props: Record<string, any>, ...children: (Node | string)[]): any;
        /** Reads (no value), writes or forgets (null) JSON in this book's part of localStorage, or this page's of sessionStorage. */
        keep(kind: 'local' | 'session', key: string, value?: any): any;
        /** `0.12ms`, `3.4ms`; a dash for no number. */
        ms(n: number | undefined): string;
        /** At most three digits after the point. */
        round(n: number): number;
        /** A table: the key of its head's words, which `|` parts, then its rows. */
        table(head: string, ...rows: any[][]): HTMLTableElement;
        /** `A 1f3c9a`: a letter per environment of this page; '' when the answer names none. */
        environment(run: LiveRun): string;
        /** The word for a cold or a warm start; '' when the answer says neither. */
        warmth(run: LiveRun): string;
        /** The value of a number expression. Throws as `judge` does. */
        number(expr: any, aliases: LiveConfig['claims'], runsOf: (block?: string) => LiveRun[] | undefined): number;
        /** Reads a request's text and puts values into its variables; JSON-escaped in the body. Throws a LiveProblem. */
        fill(text: string, values: Record<string, string>): {
            method: string; target: string; headers: string[][]; body: string | null;
        };
        /** Whether an assert holds, with Hurl's rules for missing values and wrong types. */
        holds(run: LiveRun, assert: LiveAssert): boolean;
        /** Judges a claim's expression tree. Throws a LiveProblem when a block has not run or a value is missing. */
        judge(claim: any, aliases: LiveConfig['claims'], runsOf: (block?: string) => LiveRun[] | undefined): {
            held: boolean; left: number; right: number | [number, number];
        };
        /** Segments in ms whose sum is the total, and the key of what could not be told apart ('' when all could). */
        segments(run: { entry: any; timings: any; total: number }): { parts: any[][]; why: string };
    };
}
