// @ts-check Explained in languages.d.ts.
{
	const { keep, print } = window.mdbookLive, boxes = print ? [] : [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.languages'))];
	const make = (name, role) => Object.assign(document.createElement(name), { role });
	const shows = boxes.map((box, at) => {
		const titles = /** @type {HTMLElement[]} */ ([...box.querySelectorAll(':scope > p:has(> strong:only-child)')]);
		const list = make('p', 'tablist'), tabs = titles.map((title) => list.appendChild(make('button', 'tab')));
		const panels = titles.map((title, n) => {
			const panel = make('div', 'tabpanel'), tab = tabs[n];
			title.before(panel);
			do panel.append(panel.nextSibling);
			while (panel.nextSibling && panel.nextSibling !== titles[n + 1]);
			tab.textContent = title.textContent;
			tab.id = (panel.id = `languages-${at}-${n}`) + '-tab';
			tab.setAttribute('aria-controls', panel.id);
			panel.setAttribute('aria-labelledby', tab.id);
			tab.onclick = () => choose(tab);
			tab.onkeydown = (event) => {
				const to = { ArrowRight: n + 1, ArrowLeft: n - 1, Home: 0, End: -1 }[event.key];
				if (to === undefined) return;
				event.preventDefault();
				event.stopPropagation(); // Arrows turn mdBook's pages.
				const next = tabs.at(to % tabs.length);
				next.focus();
				choose(next);
			};
			return panel;
		});
		list.ariaLabel = box.dataset.name;
		box.prepend(list);
		return (name, paper) => {
			const chosen = Math.max(0, tabs.findIndex((tab) => tab.textContent === name));
			tabs.forEach((tab, n) => {
				tab.ariaSelected = n === chosen;
				tab.tabIndex = n === chosen ? 0 : -1;
				panels[n].hidden = !paper && n !== chosen;
				titles[n].hidden = !paper;
			});
		};
	});
	const paper = matchMedia('print'), show = () => {
		for (const one of shows) one(keep('local', 'language'), paper.matches);
		dispatchEvent(new Event('resize')); // What scrolls sideways is measured again.
	};
	const choose = (tab) => {
		const { top } = tab.getBoundingClientRect();
		keep('local', 'language', tab.textContent);
		show();
		scrollBy(0, tab.getBoundingClientRect().top - top);
	};
	paper.onchange = show;
	show();
}
