// @ts-check
// An issuer sends readers back to this page; what it says goes on to the page they left, which alone can judge it.
(() => {
	try {
		const asked = JSON.parse(sessionStorage['live-sign-in']), back = new URL(asked.back, location.origin);
		if (back.origin !== location.origin) return;
		sessionStorage['live-sign-in'] = JSON.stringify({ ...asked, answer: location.search });
		location.replace(back);
	} catch {} // Begun in another tab, or not at all: the page says so.
})();
