// @ts-check
// The reader's side of a live block: sends the request on the page, draws the answer. Shapes: types.d.ts.
(() => {
  if (window.mdbookLive) return; // Each chapter may carry its own copy.

  const SHOWN = 1 << 16; // Characters of an answer's body.
  const VARIABLE = /\{\{([A-Za-z_]\w*)\}\}/g;

  const problem = (key, ...args) => Object.assign(new Error(key), { args });

  // Pure functions. Shared vectors keep them equal to the Rust side.

  const names = (text) => [...text.matchAll(VARIABLE)].map((match) => match[1]);

  const fill = (text, values) => {
    const lines = text.replace(/\r\n?/g, '\n').trim().split('\n');
    const [, method, target] = /^(GET|POST|PUT|PATCH|DELETE) +(\S+) *$/.exec(lines[0]) || [];
    if (!method) throw problem('problemRequestLine', lines[0]);
    const headers = [];
    let n = 1;
    for (; lines[n]?.trim(); n++) {
      const header = /^([\w-]+): *([ -~]*?) *$/.exec(lines[n]);
      if (!header) throw problem('problemHeader', lines[n]);
      headers.push(header.slice(1));
    }
    const body = lines.slice(n).join('\n').trim() || null;
    if (body && method === 'GET') throw problem('problemGetBody');
    const missing = names(text).find((name) => !(name in values));
    if (missing) throw problem('problemMissing', missing);
    const put = (part) => part.replace(VARIABLE, (_, name) => values[name]);
    return {
      method,
      target: put(target),
      headers: headers.map(([name, value]) => [name, put(value)]),
      body: body && body.replace(VARIABLE, (_, name) => JSON.stringify(values[name]).slice(1, -1)),
    };
  };

  const find = (run, { kind, name, path }) => ({
    ...run,
    duration: run.total,
    header: run.headers[name?.toLowerCase()],
    jsonpath: path?.reduce((value, step) => Array.isArray(value) === (typeof step === 'number') && typeof value !== 'string' &&
      Object.hasOwn(Object(value), step) ? value[step] : undefined, run.json),
  })[kind];

  const compare = (op, a, b) => ({ '==': a === b, '!=': a !== b,
    ...typeof a === typeof b && { '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b } })[op];

  // As Hurl judges: a predicate that does not fit the value's type fails, even after `not`.
  const holds = (run, { query, not, op, value }) => {
    const found = find(run, query), text = typeof found === 'string', sized = text || typeof found === 'object' && !!found;
    if (found === undefined) return not && (query.kind !== 'jsonpath' || run.json !== undefined);
    const result = compare(op, found, value) ?? {
      exists: true,
      isString: text,
      isInteger: Number.isInteger(found),
      isBoolean: typeof found === 'boolean',
      isCollection: sized && !text,
      ...sized && { isEmpty: !Object.keys(found).length },
      ...(text || Array.isArray(found)) && { contains: found.includes(value) },
      ...text && { startsWith: found.startsWith(value), endsWith: found.endsWith(value) },
    }[op];
    return result !== undefined && result !== not;
  };

  const sum = (list) => list.reduce((a, b) => a + b, 0);
  const FOLDS = {
    count: (list) => list.length,
    sum,
    mean: (list) => sum(list) / list.length,
    min: (list) => list[0],
    max: (list) => list.at(-1),
    median: (list) => (list[(list.length - 1) >> 1] + list[list.length >> 1]) / 2,
    p95: (list) => list[Math.ceil(list.length * 95 / 100) - 1],
  };

  const judge = (claim, aliases, runsOf) => {
    const runs = ({ block }) => {
      const found = runsOf(block);
      if (!found?.length) throw problem('claimNotRun', block);
      return found;
    };
    const fold = (call, of) => FOLDS[call](runs(of).flatMap((run) => ({ ...run.timings, total: run.total })[of.list] ?? []).sort((a, b) => a - b));
    const count = (e, among) => {
      if (e.runs) return among.length;
      if (e.status) return among.filter((run) => run.status === e.status).length;
      const { count, distinct } = aliases[e.name];
      const seen = among.flatMap((run) => run.headers[(count || distinct).header.toLowerCase()] ?? []);
      return count ? seen.filter((value) => value === count.equals).length : new Set(seen).size;
    };
    const combine = (op, a, b) => ({ '+': a + b, '-': a - b, '*': a * b, '/': a / b })[op];
    const number = (e) => {
      const n = e.num ?? (e.op ? combine(e.op, number(e.left), number(e.right)) : e.call ? fold(e.call, e.list) : count(e, runs(e)));
      if (!Number.isFinite(n)) throw problem('claimNoValue');
      return n;
    };
    const { op } = claim, left = number(claim.left), right = op === 'in' ? [number(claim.low), number(claim.high)] : number(claim.right);
    return { held: op === 'in' ? right[0] <= left && left <= right[1] : compare(op, left, right), left, right };
  };

  // What a cold start does before the function's process begins is visible to no client: it lies in `rest`.
  const segments = ({ entry: e, timings: { init = 0, handler }, total }) => {
    if (!e?.requestStart) return [[['total', total]], e ? 'timingNotAllowed' : 'timingNoEntry'];
    const connect = e.connectEnd - e.domainLookupStart, wait = e.responseStart - e.requestStart, rest = wait - init - handler;
    return [[
      ['connect', connect],
      ['before', e.requestStart - e.startTime - connect],
      ...rest >= 0 ? [['rest', rest], ['init', init], ['handler', handler]] : [['wait', wait]],
      ['download', e.responseEnd - e.responseStart],
    ].filter(([, n]) => n > 0), rest >= 0 ? '' : 'timingNoServer'];
  };

  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

  const curl = ({ url, method, headers, body }) => ['curl -i -X', method, quote('' + url),
    ...[...headers].map((pair) => '-H ' + quote(pair.join(': '))), ...body ? ['--data-raw', quote(body)] : []].join(' ');

  // What the page knows.

  const root = new URL(typeof path_to_root === 'undefined' ? '.' : path_to_root || '.', location.href).pathname;
  const blocks = [], done = new Map(), environments = [];
  let config, variables, defaults;

  // A private window may refuse.
  const keep = (kind, key, value) => {
    try {
      const box = window[kind + 'Storage'], name = `live:${kind === 'local' ? root : location.pathname}:${key}`;
      if (value === undefined) return JSON.parse(box[name]);
      value === null ? delete box[name] : box[name] = JSON.stringify(value);
    } catch {}
    return value;
  };
  const t = (key, ...args) => (config.strings[key] ?? key).replace(/\{(\d)\}/g, (_, n) => args[n]);
  const ms = (n) => n.toFixed(n < 1 ? 2 : 1) + 'ms';
  const round = (n) => +n.toFixed(3);
  const pause = (n) => new Promise((go) => setTimeout(go, n));
  const hex = (digits) => Array.from(crypto.getRandomValues(new Uint8Array(digits)), (byte) => (byte % 16).toString(16)).join('');

  // Whatever stands in an element is text, never markup.
  const h = (name, properties, ...children) => {
    const [tag, className = ''] = name.split('.'), element = Object.assign(document.createElement(tag), { className }, properties);
    element.append(...children);
    return element;
  };

  // Sending: to the API base only, without credentials, bounded in size and time.

  const apiBase = async () => {
    try {
      const { api = config.api, spread } = config.config ? await (await fetch(config.config, { credentials: 'omit' })).json() : config;
      Object.assign(config, { api, spread, config: '' });
    } catch {} // What the book was built with holds; the next call asks again.
    return new URL(config.api || '/', document.baseURI);
  };

  const resolve = (target, base) => {
    const start = config.apiPath, path = base.pathname.replace(/\/$/, '');
    const url = target.startsWith(start) && new URL(path + target.slice(start.length), base);
    if (url.origin !== base.origin || !(url.pathname + '/').startsWith(path + '/')) throw problem('problemOutside', start || '/');
    return url;
  };

  // Each run clears the browser's list first, because it ends at 250 entries.
  const since = (from, { pathname, search }) =>
    performance.getEntriesByType('resource').filter((e) => e.startTime >= from - 1 && e.name.endsWith(pathname + search));
  const soon = async (look) => {
    for (let n = 0; n < 50 && !look(); n++) await pause(10);
    return look();
  };

  const read = async (response) => {
    const reader = response.body?.getReader(), decoder = new TextDecoder();
    let body = '', size = 0;
    while (reader && size < 1 << 20) {
      const { done, value } = await reader.read();
      if (done) return { body };
      body += decoder.decode(value, { stream: true });
      size += value.length;
    }
    reader?.cancel();
    return { body, cut: size > 0 };
  };

  const send = async ({ url, ...init }, signal, alone) => {
    const from = performance.now();
    const response = await fetch(url, { ...init, signal, credentials: 'omit', cache: 'no-store', redirect: 'manual' });
    if (response.type === 'opaqueredirect') throw problem('failRedirect');
    const got = await read(response), total = performance.now() - from, headers = Object.fromEntries(response.headers);
    // Entries arrive a moment later; those of simultaneous calls to one address cannot be told apart.
    const entry = alone && await soon(() => since(from, url)[0]);
    const metrics = entry?.serverTiming?.length ? entry.serverTiming.map((metric) => [metric.name, metric.duration])
      : [...(headers['server-timing'] || '').matchAll(/([\w-]+) *;[^,]*?dur=([\d.]+)/g)].map(([, name, n]) => [name, +n]);
    let json;
    try { json = JSON.parse(got.body); } catch {}
    return { ...got, json, headers, entry, status: response.status, total: entry?.duration ?? total, timings: Object.fromEntries(metrics) };
  };

  const probe = (url) => fetch(url, { method: 'HEAD', mode: 'no-cors', credentials: 'omit', signal: AbortSignal.timeout(3000) }).then(Boolean, () => false);

  // A probe nobody reads tells a silent server from one without CORS headers.
  const cause = async (base) => !navigator.onLine ? 'failOffline'
    : base.origin !== location.origin && await probe(base) ? 'failCors' : 'failUnreachable';

  // A browser opens six connections to one name; a loopback server has many names.
  const spread = async (url, calls) => {
    const urls = [...'abcde'].map((name) => Object.assign(new URL(url), { hostname: name + '.localhost' }));
    return calls > 6 && config.spread && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname) && await probe(urls[0].origin) ? urls : [url];
  };

  // Drawing.

  const paint = (text) => text.split(/("(?:\\.|[^"\\])*"|[\w.+-]+)/).map((part, n, all) => n % 2
    ? h('span.hljs-' + (all[n + 1][0] === ':' ? 'attr' : part[0] === '"' ? 'string' : 'number'), {}, part) : part);
  // Parsing would round long numbers.
  const pretty = (body, json) => paint(/\d{16}/.test(body) ? body : JSON.stringify(json, null, 2));

  const table = (...rows) => h('table', {}, ...rows.map((cells, n) => h('tr', {}, ...cells.map((cell, m) => h(n && m ? 'td' : 'th', {}, cell)))));

  const drawTime = (run) => {
    const [parts, why] = segments(run), piece = ([key, n]) => h('i.live-' + key, { style: 'flex-grow:' + n });
    return [h('div.live-bar', { ariaHidden: 'true' }, ...parts.map(piece)), table(t('timeColumns').split('|'),
      ...parts.map((part) => [h('span', {}, piece(part), t(part[0])), ms(part[1])]),
      ...Object.entries(run.timings).filter(([name, n]) => n && !/^(init|handler)$/.test(name)).map(([name, n]) => [t('inside', name), ms(n)]),
      ...parts[1] ? [[t('total'), ms(run.total)]] : []), why && h('p', {}, t(why))];
  };

  const environment = ({ headers }) => {
    const id = headers[config.claims.environments?.distinct?.header];
    if (!id) return '–';
    if (!environments.includes(id)) environments.push(id);
    return (environments.indexOf(id) + 10).toString(36).toUpperCase() + ' ' + id.slice(0, 6);
  };
  const warmth = ({ headers }) => {
    const cold = config.claims.cold?.count, value = headers[cold?.header];
    return value ? t(value === cold.equals ? 'cold' : 'warm') : '–';
  };
  const tally = (words) => [...new Set(words)].map((word) => `${word} × ${words.filter((other) => other === word).length}`).join(', ');
  const overlap = (calls) => Math.max(...calls.map((e) => calls.filter((o) => o.requestStart <= e.requestStart && e.requestStart < o.responseEnd).length));

  const drawRuns = (runs, caption) => [h('div.live-scroll', { tabIndex: 0, role: 'region', ariaLabel: t('runsOf', caption) },
    table(t('runColumns').split('|'), ...runs.map((run, n) => [n + 1, run.status, environment(run), warmth(run),
      ...['init', 'handler'].map((name) => name in run.timings ? ms(run.timings[name]) : '–'), ms(run.total)])))];

  const drawAnswer = ({ body, json, headers }, caption) => [
    h('pre', {}, h('code', {}, Object.entries(headers).filter(([name]) => /^(content-type|location|etag|retry-after|allow|x-.*)$/.test(name)).map((pair) => pair.join(': ')).join('\n'))),
    h('pre.live-body', { tabIndex: 0, role: 'region', ariaLabel: t('answerOf', caption) }, h('code.hljs', {},
      ...json === undefined || body.length > SHOWN ? [body.slice(0, SHOWN) || t('noBody')] : pretty(body, json))),
    body.length > SHOWN && h('p', {}, t('bodyCut')),
  ];

  const enhance = (element) => {
    const $ = (css) => element.querySelector(css);
    if ($('.live-buttons') || /\/print(\.html)?$/.test(location.pathname)) return; // The print page holds every chapter as it is.
    config ??= JSON.parse(document.querySelector('.live-config').dataset.config);
    variables ??= keep('session', '') || {};
    defaults ??= config.headers.map(({ name, value }) => [name, value['random-hex'] ? keep('local', name, keep('local', name) || hex(value['random-hex'])) : value]);
    const block = JSON.parse(element.dataset.block), { id, caption, repeat, parallel, delay, status, readonly } = block;
    const original = $('.live-text code').textContent, saved = keep('session', id), recording = $('.live-recording');
    const is = (kind, value, name) => ({ query: { kind, name }, not: false, op: '==', value });
    const checks = [
      ...status ? [['.live-expect', is('status', status)]] : [],
      ...block.headers.map(([name, value], n) => [`[data-header="${n}"]`, is('header', value, name)]),
      ...block.asserts.map((assert, n) => [`[data-check="${n}"]`, assert]),
    ];
    let control;

    const button = (key, onclick) => h('button', { onclick }, t(key));
    const editor = h('textarea', { id: `live-${id}-editor`, rows: original.split('\n').length, spellcheck: false, autocapitalize: 'off',
      value: saved?.of === original ? saved.text : original, readOnly: readonly });
    const runner = button('run', () => control ? control.abort() : run());
    const say = h('p.live-say', { role: 'status' }), answer = h('div.live-answer');

    const tell = (key, ...args) => {
      say.textContent = t(key, ...args);
      say.classList.toggle('bad', /^(fail|problem)/.test(key));
    };
    const fail = ({ message, args }) => {
      const maker = message === 'problemMissing' && before().find((step) => step.makes.includes(args[0]));
      tell(message === 'problemMissing' && !maker ? 'problemUnknown' : message, ...args, maker?.caption);
      if (maker) say.append(' ', button('chain', chain));
    };
    const edited = () => keep('session', id, editor.value === original ? null : { of: original, text: editor.value });
    const copy = async (said, make) => {
      let text;
      try {
        text = await make();
        await navigator.clipboard.writeText(text);
        tell(said);
      } catch (error) {
        fail(text ? problem('failCopy') : error);
        if (text) say.append(' ', h('code', {}, text));
      }
    };

    const known = () => ({ ...variables, api: config.apiPath });
    const missing = () => names(editor.value).filter((name) => !(name in known()));
    const call = async () => {
      const base = await apiBase(), { method, target, headers: pairs, body } = fill(editor.value, known());
      const headers = new Headers(pairs);
      for (const [name, value] of [...defaults, ...body ? [['content-type', 'application/json']] : []]) headers.has(name) || headers.set(name, value);
      return { url: resolve(target, base), method, headers, body };
    };

    // The earlier blocks that make or use what is missing here: they bring the chapter to this point.
    const before = () => {
      const wanted = missing();
      return blocks.slice(0, blocks.indexOf(me)).reverse().filter((step) => {
        const linked = [...step.missing(), ...step.makes].some((name) => wanted.includes(name));
        if (linked) wanted.push(...step.missing());
        return linked;
      }).reverse();
    };
    const chain = async () => {
      const shared = new AbortController();
      runner.focus();
      for (const step of before()) {
        tell('chainRuns', step.caption);
        if (!await step.run(shared)) return tell('failChain', step.caption);
      }
      run(shared);
    };

    const mark = (css, good, words) => {
      $(css + ' .live-verdict')?.remove();
      $(css).append(h('span.live-verdict ' + good, {}, ' ' + words));
    };
    const claims = () => block.claims.forEach(({ expr }, n) => {
      const css = `[data-claim="${n}"]`;
      try {
        const { held, left, right } = judge(expr, config.claims, (other = id) => done.get(other));
        mark(css, held, `${t(held ? 'claimHeld' : 'claimBroken')} · ${round(left)} ${expr.op} ${[right].flat().map(round).join('..')}`);
      } catch ({ message, args: [about = id] }) {
        if (done.has(id)) mark(css, 'open', t(message, blocks.find((other) => other.id === about).caption));
      }
    });
    const check = (runs) => checks.filter(([css, assert]) => {
      const bad = runs.filter((run) => !holds(run, assert)), wrong = bad.length > 0;
      mark(css, !wrong, t(wrong ? 'failed' : 'passed') + (repeat > 1 ? ` ${runs.length - bad.length}/${runs.length}` : '') +
        (wrong ? t('got', JSON.stringify(find(bad[0], assert.query))?.slice(0, 99) ?? t('nothing')) : ''));
      return wrong;
    }).length;
    const fault = ({ status: code, headers, cut, body, json }) =>
      code !== status && /429|503/.test(code) ? problem(headers['x-local-state'] === 'building' ? 'failBuilding' : 'failThrottled', code, headers['retry-after'] ?? 1)
        : cut ? problem('failLarge')
        : body && json === undefined && /json|html/.test(headers['content-type'] + JSON.stringify(block.asserts)) ? problem('failNotJson') : null;

    const run = async (shared) => {
      if (control) return;
      control = shared || new AbortController();
      const from = performance.now(), many = repeat > 1, limit = many ? 30 : 10, runs = [];
      const signal = AbortSignal.any([control.signal, AbortSignal.timeout(limit * 1000)]);
      let request, trouble, next = 0, wrong = 0;
      runner.textContent = t('cancel');
      element.ariaBusy = 'true';
      answer.replaceChildren();
      tell('sending');
      performance.clearResourceTimings();
      try {
        request = await call();
        const urls = await spread(request.url, parallel);
        await Promise.all(Array.from({ length: parallel }, async () => {
          while (next < repeat && !signal.aborted) {
            runs.push(await send({ ...request, url: urls[next++ % urls.length] }, signal, parallel < 2));
            if (repeat > 4 && runs.length < repeat && runs.length % (repeat >> 2) < 1) tell('progress', runs.length, repeat);
            if (delay && next < repeat) await pause(delay);
          }
        }));
        signal.throwIfAborted(); // Between two runs nothing fails by itself.
      } catch (error) {
        trouble = error.args ? error : problem(signal.aborted ? signal.reason.name === 'TimeoutError' ? 'failLimit' : 'cancelled' : await cause(await apiBase()), limit);
        control.abort();
      }
      control = element.ariaBusy = null;
      runner.textContent = t('run');

      const last = runs.at(-1);
      if (last) {
        done.set(id, runs);
        wrong = check(runs);
        blocks.forEach((other) => other.claims());
        if (!wrong) for (const { name, query } of block.captures) {
          const value = find(last, query);
          if (value !== undefined) variables[name] = typeof value === 'string' ? value : JSON.stringify(value);
        }
        keep('session', '', variables);
        trouble ||= fault(last);
        const calls = many && await soon(() => since(from, request.url)[runs.length - 1] && since(from, request.url).filter((e) => e.requestStart));
        answer.append(h('p.live-head', {}, h('b.live-badge', {}, t('measured')), many ? [tally(runs.map((run) => run.status)),
          tally(runs.map(warmth)), t('environments', new Set(runs.map(environment)).size), ...calls?.length ? [t('reached', overlap(calls))] : []].join(' · ') : last.status),
        ...(many ? drawRuns(runs, caption) : [...drawAnswer(last, caption), ...drawTime(last)]).filter(Boolean));
      }
      recording?.toggleAttribute('open', !!trouble);
      if (trouble) fail(trouble);
      else tell([...many ? [t('ran', runs.length)] : [t('answered', last.status, ms(last.total)), warmth(last)], t(wrong ? 'wrong' : 'right', wrong)].join(', '));
      return !trouble && !wrong;
    };

    const me = { id, caption, makes: block.captures.map((capture) => capture.name), missing, run, claims };
    blocks.push(me);
    $('.live-text').after(
      h('label', { htmlFor: editor.id }, t('editor')), editor,
      h('p.live-buttons', {}, runner,
        button('reset', () => {
          editor.value = original;
          edited();
          tell('resetDone');
        }),
        button('curl', () => copy('curlCopied', async () => curl(await call()))),
        button('link', () => copy('linkCopied', () => location.href.split('#')[0] + '#live-' + id))),
      say);
    (recording || $('.live-missing')).before(answer);
    editor.oninput = edited;
    element.onkeydown = (event) => {
      event.stopPropagation(); // mdBook turns its pages by keys.
      if (event.key !== 'Enter' || event.repeat || !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      // A syllable still being composed belongs to the request.
      if (event.isComposing) editor.addEventListener('compositionend', () => run(), { once: true });
      else run();
    };
  };

  window.mdbookLive = { fill, find, holds, judge, segments, curl };
  customElements.define('live-request', class extends HTMLElement {
    connectedCallback() {
      document.readyState === 'loading' ? addEventListener('DOMContentLoaded', () => enhance(this)) : enhance(this);
    }
  });
})();
