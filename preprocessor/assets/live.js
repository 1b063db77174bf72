// @ts-check
// See types.d.ts.
(() => {
	if (window.mdbookLive) return; // Each chapter may carry a copy.

	const VARIABLE = /\{\{([A-Za-z_]\w*)\}\}/g;

	const problem = (key, ...args) => Object.assign(new Error(key), { args });

	const names = (text) => [...text.matchAll(VARIABLE)].map((match) => match[1]);

	const fill = (text, values) => {
		const [, head, body] = /^(.*?)(?:\n\s*\n(.*))?$/s.exec(text.trim()), [first, ...lines] = head.split('\n');
		const [, method, target] = /^(GET|POST|PUT|PATCH|DELETE) +(\S+) *$/.exec(first) || [];
		if (!method) throw problem('problemRequestLine', first);
		if (body && method === 'GET') throw problem('problemGetBody');
		const missing = names(text).find((name) => !Object.hasOwn(values, name));
		if (missing) throw problem('problemMissing', missing);
		const put = (part) => part.replace(VARIABLE, (_, name) => values[name]);
		const headers = lines.map((line) => {
			const [, name, value] = /^([\w-]+): *([ -~]*?) *$/.exec(put(line)) || [];
			if (!name) throw problem('problemHeader', line);
			return [name, value];
		});
		return { method, target: put(target), headers, body: body ? body.replace(VARIABLE, (_, name) => JSON.stringify(values[name]).slice(1, -1)) : null };
	};

	const header = (run, name = '') => run.headers[name.toLowerCase()];

	const find = (run, { kind, name, path }) => ({
		...run,
		duration: run.total,
		header: header(run, name),
		jsonpath: path?.reduce((value, step) => Array.isArray(value) === (typeof step === 'number') && typeof value !== 'string' &&
			Object.hasOwn(Object(value), step) ? value[step] : undefined, run.json),
	})[kind];

	const operate = (op, a, b) => ({ '+': a + b, '-': a - b, '*': a * b, '/': a / b, '==': a === b, '!=': a !== b,
		...typeof a === typeof b && { '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b } })[op];

	// As in Hurl, what does not fit the type fails, even after `not`.
	const holds = (run, { query, not, op, value }) => {
		const found = find(run, query), text = typeof found === 'string', sized = text || typeof found === 'object' && !!found;
		if (found === undefined) return not && (query.kind !== 'jsonpath' || run.json !== undefined);
		const result = operate(op, found, value) ?? {
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

	const number = (expr, aliases, runsOf) => {
		const runs = ({ block }) => {
			const found = runsOf(block);
			if (!found?.length) throw problem('claimNotRun', block);
			return found;
		};
		const values = (of) => runs(of).flatMap((run) => ({ ...run.timings, total: run.total })[of.list] ?? []).sort((a, b) => a - b);
		const count = (e, among) => {
			if (e.runs) return among.length;
			if (e.status) return among.filter((run) => run.status === e.status).length;
			const { count, distinct } = aliases[e.name];
			const seen = among.flatMap((run) => header(run, (count || distinct).header) ?? []);
			return count ? seen.filter((value) => value === count.equals).length : new Set(seen).size;
		};
		const value = (e) => {
			const n = e.num ?? (e.op ? operate(e.op, value(e.left), value(e.right)) : e.call ? FOLDS[e.call](values(e.list)) : count(e, runs(e)));
			if (!isFinite(n)) throw problem('claimNoValue');
			return n;
		};
		return value(expr);
	};

	const judge = ({ op, left, right, low = right, high }, aliases, runsOf) => {
		const [a, b, c] = [left, low, high].map((e) => e && number(e, aliases, runsOf));
		return { held: high ? b <= a && a <= c : operate(op, a, b), left: a, right: high ? [b, c] : b };
	};

	// A cold start before its process begins is in `rest`.
	const segments = ({ entry: e, timings: { init = 0, handler }, total }) => {
		if (!e?.requestStart) return { parts: [['total', total]], why: e ? 'timingNotAllowed' : 'timingNoEntry' };
		const connect = e.connectEnd - e.domainLookupStart, wait = e.responseStart - e.requestStart, rest = wait - init - handler;
		return {
			parts: [
				['connect', connect],
				['before', e.requestStart - e.startTime - connect],
				...rest >= 0 ? [['rest', rest], ['init', init], ['handler', handler]] : [['wait', wait]],
				['download', e.responseEnd - e.responseStart],
			].filter(([, n]) => n > 0),
			why: rest >= 0 ? '' : 'timingNoServer',
		};
	};

	const quote = (text) => `'${(text + '').replaceAll("'", "'\\''")}'`;

	const curl = ({ url, method, headers, body }) => ['curl -i -X', method, quote(url),
		...[...headers].map((pair) => '-H ' + quote(pair.join(': '))), ...body ? ['--data-raw', quote(body)] : []].join(' ');

	const prefix = `live:${new URL(typeof path_to_root === 'undefined' ? '.' : path_to_root || '.', location.href).pathname}:`;
	const print = /\/print(\.html)?$/.test(location.pathname);
	const blocks = Object(), gate = Object(), variables = Object(), done = {}, letters = {};
	const all = () => Object.values(blocks);
	let settings, defaults;
	const config = () => settings ??= JSON.parse(document.querySelector('.live-config').dataset.config);

	const keep = (kind, key, value) => {
		try {
			const box = window[kind + 'Storage'], name = prefix + (kind === 'local' ? '' : location.pathname + ':') + key;
			if (value === undefined) return JSON.parse(box[name]);
			value === null ? delete box[name] : box[name] = JSON.stringify(value);
		} catch {}
		return value;
	};
	const t = (key, ...args) => (config().strings[key] || key || '').replace(/\{(\d)\}/g, (_, n) => args[n]);
	const ms = (n) => n >= 0 ? n.toFixed(n < 1 ? 2 : 1) + 'ms' : '–';
	const distinct = (list) => [...new Set(list)].filter(Boolean);
	const list = (joint, ...words) => distinct(words).join(joint);
	const round = (n) => +n.toFixed(3);
	const pause = (n, signal) => new Promise((go, stop) => {
		setTimeout(go, n);
		if (signal) signal.onabort = stop;
	});

	const h = (name, props, ...children) => {
		const [tag, className = ''] = name.split('.'), element = Object.assign(document.createElement(tag), { className }, props);
		element.append(...children);
		return element;
	};

	const resolve = async (target, only) => {
		try {
			if (settings.config) {
				const { api = settings.api, spread, bases: there } = await (await fetch(settings.config, { credentials: 'omit' })).json();
				Object.assign(settings, { api, spread, there, config: '' });
			}
		} catch {}
		const [name, [start, why]] = Object.entries({ ...settings.bases }).find(([, [path]]) => target.startsWith(path + '/')) || [only, [settings.apiPath]];
		if (name && settings.config != null && !settings.there?.includes(name)) throw problem(settings.bases[name][1]);
		const base = new URL((why ? start : settings.api) || '/', document.baseURI), path = base.pathname.replace(/\/$/, '');
		const url = target.startsWith(start) && new URL(path + target.slice(start.length), base);
		if (url.origin !== base.origin || !(url.pathname + '/').startsWith(path + '/')) throw problem('problemOutside', start || '/');
		return url;
	};

	// Each run clears the list: it ends at 250. Entries come late.
	const entriesOf = async ({ pathname, search }, from, count) => {
		for (let n = 0; ; n++, await pause(10)) {
			const found = performance.getEntriesByType('resource').filter((e) => e.startTime >= from - 1 && e.name.endsWith(pathname + search));
			if (found.length >= count || n > 50) return found;
		}
	};

	const read = async (response) => {
		const reader = response.body?.getReader(), decoder = new TextDecoder();
		let body = '', size = 0, done = !reader, value;
		while (!done && size < 1 << 20) {
			({ done, value } = await reader.read());
			body += decoder.decode(value, { stream: true });
			size += value?.length ?? 0;
		}
		reader?.cancel();
		return { body, cut: !done };
	};

	const send = async ({ url, ...init }, signal, alone, start) => {
		const from = performance.now();
		const response = await fetch(url, { ...init, signal, credentials: 'omit', cache: 'no-store', redirect: 'error' });
		const got = await read(response), total = performance.now() - from, headers = Object.fromEntries(response.headers);
		const entry = alone && (await entriesOf(url, from, 1))[0];
		const metrics = entry?.serverTiming?.length ? entry.serverTiming.map((metric) => [metric.name, metric.duration])
			: [...(headers['server-timing'] || '').matchAll(/([\w-]+) *;[^,]*?dur=([\d.]+)/g)].map(([, name, n]) => [name, +n]);
		let json;
		try { json = JSON.parse(got.body); } catch {}
		return { ...got, json, headers, entry, status: response.status, total: entry?.duration ?? total, from: from - start, until: from - start + total, timings: Object.fromEntries(metrics) };
	};

	const probe = (url, signal) => fetch(url.origin, { method: 'HEAD', mode: 'no-cors', credentials: 'omit', signal }).then(Boolean, () => false);

	const cause = async (url, signal) => !navigator.onLine ? 'failOffline'
		: url.origin !== location.origin && await probe(url, signal) ? 'failCors' : 'failUnreachable';

	const spread = async (url, calls, signal) => {
		const urls = [...'abcde'].map((name) => Object.assign(new URL(url), { hostname: name + '.localhost' }));
		return calls > 6 && settings.spread && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname) && await probe(urls[0], signal) ? urls : [url];
	};

	const paint = (text) => text.split(/("(?:\\.|[^"\\])*"|[\w.+-]+)/).map((part, n, all) => n % 2
		? h('span.hljs-' + (all[n + 1][0] === ':' ? 'attr' : part[0] === '"' ? 'string' : 'number'), {}, part) : part);

	const table = (head, ...rows) => h('table', {}, ...[t(head).split('|'), ...rows].map((cells, n) => h('tr', {}, ...cells.map((cell, m) => h(n && m ? 'td' : 'th', {}, cell)))));

	const drawTime = (run) => {
		const { parts, why } = segments(run), piece = (part) => h('i.live-' + part[0], { style: 'flex-grow:' + part[1] });
		return [h('div.live-bar', { ariaHidden: 'true' }, ...parts.map(piece)), table('timeColumns',
			...parts.map((part) => [h('span', {}, piece(part), t(part[0])), ms(part[1])]),
			...parts[1] ? [[t('total'), ms(run.total)]] : [],
			...Object.entries(run.timings).filter(([name, n]) => n && !/^(init|handler)$/.test(name)).map(([name, n]) => [t('inside', name), ms(n)])), why && h('p', {}, t(why))];
	};

	const environment = (run) => {
		const id = header(run, config().claims.environments?.distinct?.header);
		return id ? `${letters[id] ??= (Object.keys(letters).length + 10).toString(36).toUpperCase()} ${id.slice(0, 6)}` : '';
	};
	const warmth = (run) => {
		const cold = config().claims.cold?.count, value = header(run, cold?.header);
		return value ? t(value === cold.equals ? 'cold' : 'warm') : '';
	};
	const tally = (words) => distinct(words).map((word) => `${word} × ${words.filter((other) => other === word).length}`).join(', ');
	const overlap = (calls) => Math.max(...calls.map((e) => calls.filter((o) => o.requestStart <= e.requestStart && e.requestStart < o.responseEnd).length));

	const drawRuns = (runs, caption) => [h('div.live-scroll', { tabIndex: 0, role: 'region', ariaLabel: t('runsOf', caption) },
		table('runColumns', ...runs.map((run, n) =>
			[n + 1, run.status, environment(run), warmth(run), ms(run.timings.init), ms(run.timings.handler), ms(run.total)])))];

	const drawAnswer = ({ body, json, headers }, caption) => {
		const shown = body.slice(0, 1 << 16), cut = shown !== body;
		return [
			h('pre', {}, h('code', {}, Object.entries(headers).filter(([name]) => /^(content-type|location|etag|retry-after|x-(?!content|amz).*)$/.test(name)).map((pair) => pair.join(': ')).join('\n'))),
			h('pre.live-body', { tabIndex: 0, role: 'region', ariaLabel: t('answerOf', caption) }, h('code.hljs', {},
				...json === undefined ? [shown || t('noBody')] : paint(cut || /\d{16}/.test(body) ? shown : JSON.stringify(json, null, 2)))),
			cut && h('p', {}, t('bodyCut')),
		];
	};

	const enhance = (element) => {
		const $ = (css) => element.querySelector(css);
		if ($('.live-buttons') || print) return;
		Object.assign(variables, keep('session', ''), { api: config().apiPath });
		for (const name in settings.bases) variables[name] = settings.bases[name][0];
		defaults ??= settings.headers.map(({ name, value, value: { 'random-hex': digits } }) => [name, digits ? keep('local', name, keep('local', name) ||
			crypto.getRandomValues(new Uint8Array(digits)).reduce((hex, byte) => hex + (byte % 16).toString(16), '')) : value]);
		const block = JSON.parse(element.dataset.block), { id, caption, repeat, parallel, delay, status, readonly } = block, many = repeat > 1;
		const original = $('.live-text code').textContent;
		const is = (kind, value, name) => ({ query: { kind, name }, not: false, op: '==', value });
		const checks = [
			...status ? [['.live-expect', is('status', status)]] : [],
			...block.headers.map(([name, value], n) => [`[data-header="${n}"]`, is('header', value, name)]),
			...block.asserts.map((assert, n) => [`[data-check="${n}"]`, assert]),
		];
		let control;

		const button = (key, onclick) => h('button', { onclick }, t(key));
		const editor = h('textarea', { rows: original.split('\n').length, spellcheck: false, autocapitalize: 'off',
			value: keep('session', id) ?? original, readOnly: readonly });
		const runner = button('run', ({ detail }) => control ? detail > 1 || control.abort() : run());
		const say = h('p.live-say', { role: 'status' }), answer = h('div.live-answer');

		const tell = (key, ...args) => {
			say.textContent = t(key, ...args);
			say.classList.toggle('bad', /^(fail|problem)/.test(key));
		};
		const makerOf = (name) => before().find((step) => step.makes.includes(name));
		const gone = () => {
			const name = uses().find((used) => delete variables[used] && makerOf(used));
			return name && problem('problemGone', name);
		};
		const fail = ({ message, args }) => {
			const maker = makerOf(args[0]);
			tell(message === 'problemMissing' && !maker ? 'problemUnknown' : message, ...args, maker?.caption);
			if (maker) say.append(' ', button('chain', () => runner.focus() ?? chain()));
		};
		const edited = () => keep('session', id, editor.value === original ? null : editor.value);
		const copy = (said, make) => async () => {
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

		const call = async () => {
			const { target, headers: pairs, ...rest } = fill(editor.value, variables), headers = new Headers();
			for (const [name, value] of [...pairs, ...defaults, ...rest.body ? [['content-type', 'application/json']] : []]) headers.has(name) || headers.set(name, value);
			return { ...rest, headers, url: await resolve(target, block.only) };
		};

		const uses = () => names(editor.value);
		const before = () => {
			const missing = uses().filter((name) => !Object.hasOwn(variables, name));
			return all().slice(0, all().indexOf(me)).filter((step) => [...step.makes, ...step.uses()].some((name) => missing.includes(name)));
		};
		const chain = async () => {
			for (const step of before()) {
				tell('chainRuns', step.caption);
				if (!await step.chain()) return tell('failChain', step.caption);
			}
			return run();
		};

		const mark = (css, good, words) => {
			$(css + ' .live-verdict')?.remove();
			$(css).append(h('span.live-verdict ' + good, {}, ' ' + words));
		};
		const over = (compute, expr) => compute(expr, settings.claims, (other = id) => done[other]);
		const claims = () => block.claims.forEach(({ expr }, n) => {
			const css = `[data-claim="${n}"]`;
			try {
				const { held, left, right } = over(judge, expr);
				mark(css, held, `${t(held ? 'claimHeld' : 'claimBroken')} · ${round(left)} ${expr.op} ${[right].flat().map(round).join('..')}`);
			} catch ({ message, args: [about = id] }) {
				if (done[id]) mark(css, 'open', t(message, blocks[about].caption));
			}
		});
		const check = (runs) => checks.filter(([css, assert]) => {
			const bad = runs.filter((run) => !holds(run, assert)), wrong = !!bad[0];
			mark(css, !wrong, list(' ', t(wrong ? 'failed' : 'passed'), many && `${runs.length - bad.length}/${runs.length}`,
				wrong && t('got', JSON.stringify(find(bad[0], assert.query))?.slice(0, 99) ?? t('nothing'))));
			return wrong;
		}).length;
		const fault = ({ status: code, headers, cut, body, json }) =>
			(status && code !== status || headers['x-local-state']) && /429|503/.test(code) ? problem(headers['x-local-state'] ? 'failBuilding' : 'failThrottled', code, headers['retry-after'] ?? 1)
				: cut ? problem('failLarge')
				: body && json === undefined && /json|html/.test(headers['content-type'] + element.dataset.block.match('jsonpath')) ? problem('failNotJson')
				: status && code === 404 && code !== status && gone();

		const run = async () => {
			if (control || gate[id]?.() === false) return;
			control = new AbortController();
			const from = performance.now(), limit = many ? 30 : 10, runs = [];
			const signal = AbortSignal.any([control.signal, AbortSignal.timeout(limit * 1000)]);
			let request, stop, next = 0, wrong = 0;
			runner.textContent = t('cancel');
			element.ariaBusy = true;
			answer.replaceChildren();
			tell('sending');
			performance.clearResourceTimings();
			try {
				request = await call();
				const urls = await spread(request.url, parallel, signal);
				await Promise.all(Array.from({ length: parallel }, async () => {
					while (next < repeat) {
						runs.push(await send({ ...request, url: urls[next++ % urls.length] }, signal, parallel < 2, from));
						if (runs.length < repeat && runs.length % (repeat >> 2) < 1) tell('progress', runs.length, repeat);
						if (delay && next < repeat) await pause(delay, signal);
					}
				}));
			} catch (error) {
				stop = error.args ? error : problem({ AbortError: 'cancelled', TimeoutError: 'failLimit' }[signal.reason?.name] ?? await cause(request.url, signal), limit);
				control.abort();
			}
			const calls = runs[0] ? (await entriesOf(request.url, from, runs.length)).filter((e) => e.requestStart) : [];
			control = element.ariaBusy = null;
			runner.textContent = t('run');

			const last = runs.at(-1);
			if (last) {
				done[id] = runs;
				wrong = check(runs);
				all().forEach((other) => other.claims());
				if (!wrong) for (const { name, query } of block.captures) {
					const value = find(last, query);
					if (value !== undefined) variables[name] = typeof value === 'string' ? value : JSON.stringify(value);
				}
				stop ||= fault(last);
				keep('session', '', variables);
				const found = distinct(runs.map(environment)).length;
				answer.append(h('p.live-head', {}, h('b.live-badge', {}, t('measured')), many ? list(' · ', tally(runs.map((run) => run.status)), tally(runs.map(warmth)),
					found && t('environments', found), calls[0] && t('reached', overlap(calls))) : last.status),
				...(many ? drawRuns(runs, caption) : [...drawAnswer(last, caption), ...drawTime(last)]).filter(Boolean));
			}
			$('.live-recording')?.toggleAttribute('open', !!stop);
			if (stop) fail(stop);
			else tell(list(', ', many ? t('ran', runs.length) : t('answered', last.status, ms(last.total)), !many && warmth(last), t(wrong ? 'wrong' : 'right', wrong)));
			element.dispatchEvent(new CustomEvent('live-run', { bubbles: true, detail: { id, runs, stopped: stop?.message } }));
			return !stop && !wrong;
		};

		const me = blocks[id] = { id, caption, element, makes: block.captures.map((capture) => capture.name), uses, chain, claims, over, run, runs: () => done[id] };
		$('.live-text').after(
			h('label', {}, t('editor'), editor),
			h('p.live-buttons', {}, runner,
				button('reset', () => {
					editor.value = original;
					edited();
					tell('resetDone');
				}),
				button('curl', copy('curlCopied', async () => (window.mdbookLive.veil ?? String)(curl(await call())))),
				button('link', copy('linkCopied', () => new URL('#live-' + id, location.href)))),
			say);
		$('.live-recording, .live-missing').before(answer);
		editor.oninput = edited;
		element.onkeydown = (event) => {
			event.stopPropagation(); // Keys turn mdBook's pages.
			if (event.key !== 'Enter' || event.repeat || !(event.ctrlKey || event.metaKey)) return;
			event.preventDefault();
			event.isComposing ? editor.addEventListener('compositionend', run, { once: true }) : run(); // The syllable belongs to the request.
		};
	};

	window.mdbookLive = { fill, holds, judge, segments, number, blocks, variables, gate, config, t, h, keep, ms, round, table, environment, warmth, print, prefix };
	customElements.define('live-request', class extends HTMLElement {
		connectedCallback() { enhance(this); }
	});
})();
