// @ts-check
// See types.d.ts.
(() => {
	const live = window.mdbookLive, { blocks, ms, t } = live;
	if (live.solve || live.print) return;

	const value = (e, of) => {
		const sides = (e.args ?? [e.left, e.right]).map((side) => side && value(side, of)), [a, b] = sides;
		const n = e.num ?? of[e.name] ?? (e.call ? Math[e.call](...sides) : { '+': a + b, '-': a - b, '*': a * b, '/': a / b }[e.op]);
		if (isFinite(n)) return n;
		throw n;
	};
	const solve = live.solve = ({ names, inputs, results }, values, { input, low, high, expr }) => {
		const of = { ...names };
		const at = (n) => {
			inputs.forEach((name, m) => of[name] = m === input ? n : values[m]);
			for (const { name, expr } of results) of[name] = value(expr, of);
			return value(expr, of);
		};
		const meet = (low, high, n) => {
			const middle = (low + high) / 2;
			return n ? at(low) < 0 === at(middle) < 0 ? meet(middle, high, n - 1) : meet(low, middle, n - 1) : high;
		};
		return input >= 0 ? at(low) < 0 === at(high) < 0 ? null : meet(low, high, 80) : at();
	};

	// Only numbers become markup.
	const path = (name, x, y, way) => `<path class="live-${name}" d="M${x} ${y}${way}"/>`;

	addEventListener('live-run', ({ target, detail: { runs } }) => requestAnimationFrame(() => {
		const chart = target.querySelector('.live-chart'), svg = runs[0] ? chart?.cloneNode(true) : chart;
		if (!svg) return;
		const lane = svg.matches('.lanes'), guess = live.guess(svg.dataset.guess), row = lane ? live.environment : Object, lists = { [t('warm')]: [], [t('cold')]: [], init: [] };
		const drawn = runs.filter(row).sort((a, b) => a.from - b.from), rows = [...new Set(drawn.map(row))], end = Math.max(...drawn.map((run) => run.until));
		const x = (n) => lane ? 24 + n / end * 276 : 76 + 56 * Math.log10(n || .1);
		svg.lastChild.innerHTML = guess > 0 ? svg.matches('.time') ? path('guess', x(guess), 0, 'V999') : path('guess', 24, 14 * guess - 2, 'H300') : '';
		if (!runs[0]) return;
		svg.children[1].innerHTML = drawn.map((run) => {
			const { total, from, until, timings: { init } } = run, cold = live.warmth(run) === t('cold'), top = 14 * rows.indexOf(row(run));
			lists[live.warmth(run)]?.push(total);
			if (init) lists.init.push(init);
			return path('stay', x(lane ? from : .1), top + 5, 'H' + x(lane ? until : init)) + path(cold ? 'cold' : 'warm', x(lane ? from : total), top, cold ? 'l6 11h-12z' : 'a5 5 0 1 1-.1 0');
		}).join('');
		target.querySelector('.live-head').after(svg, live.h('p.live-note', {}, lane ? t('lanes', rows.length, ms(end)) : t('dots', ...Object.values(lists).flatMap((list) => {
			const { length } = list.sort((a, b) => a - b);
			return [length, ms((list[(length - 1) >> 1] + list[length >> 1]) / 2), ms(list[Math.ceil(length * 95 / 100) - 1])];
		}))));
	}));

	for (const element of document.querySelectorAll('live-calc, live-compare')) {
		const all = (css) => [...element.querySelectorAll(css)], model = JSON.parse(element.dataset.lesson), { rows, shown } = model, inputs = all('input'), [say] = all('.live-say');
		let timer, last = -1e3;
		const update = () => timer ??= setTimeout(() => {
			timer = null;
			last = performance.now();
			const values = inputs.map((input) => input.validity.valid ? input.valueAsNumber : NaN);
			all('b').forEach((cell, n) => {
				const { block, expr, format } = shown[n];
				try {
					const found = rows ? blocks[block].over(live.number, expr) : solve(model, values, shown[n]);
					cell.textContent = found?.toLocaleString('en', format) ?? t('noMeeting');
				} catch { cell.textContent = '–'; }
			});
		}, last + 1e3 - performance.now());
		all('button').forEach((button, n) => button.onclick = async () => {
			if (rows) {
				for (const row of rows) if (!await blocks[row].chain()) return say.textContent = t('failChain', blocks[row].caption);
				say.textContent = '';
			}
			inputs.forEach((input, m) => input.value = model.presets[n][m]);
			update();
		});
		inputs.forEach((input) => input.oninput = update);
		if (rows) addEventListener('live-run', update);
		element.onkeydown = (event) => event.stopPropagation();
		all('[hidden]')[0].hidden = false;
	}
})();
