// @ts-check
// Questions, card sorting, predictions and progress; explained in types.d.ts.
(() => {
	if (customElements.get('live-quiz')) return; // Each chapter may carry a copy.
})();
