// @ts-check Explained in journey.d.ts.
for (const figure of document.querySelectorAll('.journey')) {
	const steps = [...figure.querySelectorAll('li')], parts = figure.querySelectorAll('g'), say = figure.querySelector('output');
	let path = steps, at = -1, timer;
	const show = (to) => {
		clearTimeout(timer);
		at = to;
		steps.forEach((step, n) => parts[n].ariaCurrent = step.ariaCurrent = step === path[to] && 'step');
	};
	figure.querySelectorAll('button').forEach((button, n) => button.onclick = () => {
		show(Math.max(0, at + n * 2 - 1) % path.length);
		say.value = path[at].innerText;
	});
	figure.onkeydown = (event) => event.stopPropagation();
	addEventListener('live-run', ({ detail: { runs } }) => {
		const run = runs.find((run) => !run.timings.handler) ?? runs[0];
		if (!run) return;
		const { status, total, timings } = run, { init = 0, handler = 0, db = 0 } = timings;
		path = steps.filter((step) => (status + '' + Object.keys(timings)).match(step.dataset.when));
		const last = path.length - 1, play = (to) => {
			show(to);
			if (to < last) timer = setTimeout(play, 400 + 4000 / total * { db, handler: init + handler - db, undefined: (total - init - handler) / 4 }[path[to].dataset.time], to + 1);
		};
		say.value = status + path[last].dataset.end;
		if (matchMedia('(prefers-reduced-motion)').matches) return show(last);
		say.value += figure.dataset.slow.replace('0', Math.round(4000 / total) + '');
		play(0);
	});
}
