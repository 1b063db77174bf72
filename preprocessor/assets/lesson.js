// @ts-check
// See types.d.ts.
(() => {
	const live = window.mdbookLive, { keep, t } = live, asks = [], guesses = {};
	if (live.guess || live.print) return;

	const $ = (css, from = document) => [...from.querySelectorAll(css)];
	const plain = ({ pathname }) => pathname.replace(/(index)?(\.html)?$/, ''), here = plain(location);
	const chosen = (group) => $('input', group).findIndex((input) => input.checked);
	const choose = (group, pick) => $('input', group).forEach((input, n) => input.checked = n === pick);

	const mark = (ran) => {
		const done = keep('local', 'done') ?? {};
		done[here] ||= ran || asks[0] && !$('live-request')[0];
		if (done[here] && asks.every((held) => held())) done[here] = t('done');
		keep('local', 'done', done);
		for (const link of $('.sidebar a')) if (!link.hash && done[plain(link)]?.at) link.dataset.done = done[plain(link)];
	};

	const ask = ({ right, wrong }, set, say, groups, [button]) => {
		let held;
		asks.push(() => held);
		button.onclick = () => set(...held ? [] : groups.map(chosen));
		return (...picks) => {
			const good = right.filter((pick, n) => pick === picks[n]).length;
			held = good === right.length;
			say.textContent = t(held ? 'quizRight' : picks.length && (Math.max(...picks) < 0 ? 'pickFirst' : wrong), good, right.length);
			button.parentNode.hidden = false;
			button.textContent = t(held ? 'again' : 'check');
			groups.forEach((group, n) => {
				choose(group, picks[n]);
				group.disabled = picks[n] === right[n];
				group.dataset.verdict = ($('details', group)[0].open = picks[n] >= 0) ? t(group.disabled ? 'rightChoice' : 'wrongChoice') : '';
				$('li', group).forEach((why, m) => why.hidden = picks[n] >= 0 && !group.disabled && m !== picks[n]);
				group.onchange = () => group.dataset.verdict = '';
			});
		};
	};

	const predict = ({ id, block, unit, expr, choices, recorded }, set, say, [group], buttons) => {
		const { element, caption, over } = live.blocks[block], inputs = $('input', group);
		const words = (value) => value < 0 ? t('skipped') : unit ? live.round(value) + unit : inputs[value].parentNode.textContent;
		let guess;
		const shut = () => {
			say.textContent = t('guessFirst');
			inputs[0].focus();
			return false;
		};
		live.gate[block] = () => guess >= -1 || shut();
		buttons[0].onclick = () => {
			const value = unit ? inputs[0].valueAsNumber : chosen(group);
			value >= 0 ? set(value) : shut();
		};
		buttons[1].onclick = () => set(-1);
		element.addEventListener('live-run', ({ detail }) => {
			let found;
			try {
				if (!detail.stopped) found = unit ? over(live.number, expr) : choices.findIndex((when) => over(live.judge, when).held);
			} catch {}
			found >= 0 ? set(guess, found, 'measured') : detail.stopped === 'cancelled' || set(guess, recorded, recorded >= 0 && 'fromRecording');
		});
		return (kept, result, seen) => {
			const shown = (guess = kept) >= -1;
			if (unit) guesses[id] = guess;
			group.disabled = buttons[0].parentNode.hidden = $('.live-key', element)[0].open = shown;
			element.toggleAttribute('data-gated', !shown);
			choose(group, guess);
			if (unit && guess >= 0) inputs[0].value = guess;
			if (shown) say.textContent = t(seen ? 'guessAndResult' : 'guessKept', words(guess), seen ? words(result) : caption, t(seen));
		};
	};

	for (const element of $('live-quiz, live-sort, live-predict')) {
		const lesson = JSON.parse(element.dataset.lesson), key = 'lesson:' + lesson.id, [say] = $('.live-say', element);
		const draw = (lesson.right ? ask : predict)(lesson, (...state) => mark(draw(...keep('local', key, state))), say, $('fieldset', element), $('button', element));
		element.onkeydown = (event) => event.stopPropagation();
		draw(...keep('local', key) ?? []);
	}
	live.guess = (id) => guesses[id];
	addEventListener('live-run', ({ detail }) => mark(!detail.stopped));
	mark();

	const [box] = $('.live-progress');
	if (box) {
		const [link, button, say] = $('a, button, .live-say', box), [href, title] = keep('local', 'last') ?? [];
		box.hidden = false;
		if (href) Object.assign(link, { href }).append(title);
		button.onclick = () => {
			for (const store of [localStorage, sessionStorage]) for (const key in store) key.startsWith(live.prefix) && delete store[key];
			keep('session', 'erased', 1);
			location.reload();
		};
		if (keep('session', 'erased')) say.textContent = t('erased');
		keep('session', 'erased', null);
	} else document.onvisibilitychange = () => {
		const at = $(':root:not(:has(base)) main .header').findLast((header) => header.getBoundingClientRect().top < innerHeight / 2);
		if (at) keep('local', 'last', [at.href, document.title.split(' - ')[0]]);
	};
})();
