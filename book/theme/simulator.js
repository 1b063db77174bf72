// @ts-check See simulator.d.ts
const place = ({ arrivals, handler, init, idle, reserved, provisioned, rate, burst }) => {
	const spans = [], lanes = [], span = (...span) => span[2] < span[3] && spans.push(span);
	const add = (free, idle) => lanes.push({ n: lanes.length + 1, free, idle });
	let tokens = burst, last = 0;
	while (lanes.length < provisioned) add(0, Infinity);
	for (const at of arrivals) {
		const count = (state, end) => spans.filter((span) => span[1] === state && span[end] > at).length;
		const rank = ({ n, free, idle }) => free > at ? free + n / 1e3 : free + idle > at ? -Math.min(idle, 1e9) - free - n / 1e3 : Infinity;
		tokens = Math.min(burst, tokens + (at - last) * rate / 1e3);
		last = at;
		if (tokens < 1) span(0, 5, at, at + 1);
		else if (tokens--, count(2, 3) >= reserved) span(0, 6, at, at + 1);
		else {
			if (lanes.every((lane) => rank(lane) > 0) && count(2, 2) >= count(1, 3)) span(add(at + init, idle), 1, at, at + init);
			const lane = lanes.sort((a, b) => rank(a) - rank(b))[0], start = Math.max(at, lane.free);
			span(lane.n, 3, lane.free, start);
			span(lane.n, 2, start, lane.free = start + handler);
		}
	}
	for (const { n, free, idle } of lanes) span(n, 3, free, free + idle), span(n, 4, free + idle, Infinity);
	return spans;
};

for (const figure of document.querySelectorAll('.simulator')) {
	const [graph, form, rows, offer] = figure.querySelectorAll('svg, form, tbody, div'), slots = figure.querySelectorAll('b');
	const draw = (_) => {
		const { value: now, max } = form.step, spans = place(Object.fromEntries([...form].map(({ name, value }) => [name, JSON.parse(value)])));
		const past = spans.filter((span) => span[2] <= now).sort((a, b) => a[2] - b[2] || a[0] - b[0]), height = Math.max(...spans.map((span) => span[0])) + 1;
		graph.setAttribute('viewBox', `0 -.5 ${max} ${height}`);
		graph.setAttribute('height', height * 12);
		graph.innerHTML = past.map(([n, state, from, to]) => `<path class="s${state}" d="M${from} ${n}H${Math.min(to, now)}"/>`).join('');
		rows.innerHTML = past.map(([n, state, from]) => `<tr><th>${n}<td>${slots[state].title}<td>${from}`).join('');
		slots.forEach((slot, n) => slot.textContent = n ? past.filter((span) => span[1] === n).length : now);
	};
	form.oninput = draw;
	form.onclick = ({ target }) => target.type === 'button' && draw(form.step.stepUp(target.value));
	figure.onkeydown = (event) => event.stopPropagation();
	addEventListener('live-run', ({ target, detail }) => detail.stopped && figure.matches(`[data-for~=${detail.id}]`) && target.after(offer));
	form.hidden = false;
	draw();
}
