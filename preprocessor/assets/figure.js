// @ts-check
// Charts, comparisons and calculators; explained in types.d.ts.
(() => {
	if (customElements.get('live-calc')) return; // Each chapter may carry a copy.
})();
