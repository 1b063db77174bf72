// @ts-check Explained in token.d.ts.
for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.token'))) {
	const live = window.mdbookLive, { dataset } = box, specimen = JSON.parse(dataset.specimen);
	const [text] = box.getElementsByTagName('textarea'), [row, say] = box.querySelectorAll('.live-say, .live-buttons'), [head, middle, end] = box.querySelectorAll('code.part');
	const checks = [...box.querySelectorAll('li')], algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
	const bytes = (part) => Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
	const read = (part) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes(part)));
	const write = (json) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(json)))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

	// A token says who its issuer is; where that issuer's keys are is not the token's to say.
	const rule = async (issuer) => {
		if (issuer === specimen.issuer) return specimen;
		const { issuer: own, client, jwks_uri } = await live.signIn.know(), { keys } = await (await fetch(jwks_uri, { credentials: 'omit' })).json();
		return { name: own, issuer: own, client, scope: specimen.scope, keys };
	};
	const isSigned = async (key, signed, signature) => !!key && crypto.subtle.verify(algorithm,
		await crypto.subtle.importKey('jwk', key, algorithm, false, ['verify']), signature, new TextEncoder().encode(signed));

	const judge = async (signed, header, claims, signature) => {
		const { name, issuer, client, scope, keys } = await rule(claims.iss), key = keys.find(({ kid }) => kid === header.kid);
		const held = [
			header.alg === 'RS256' && !!key,
			await isSigned(key, signed, signature),
			claims.iss === issuer,
			[claims.aud ?? claims.client_id].flat().includes(client),
			claims.exp * 1000 > Date.now(),
			`${claims.scope}`.split(' ').includes(scope),
		];
		return { name, held, until: claims.exp ? new Date(claims.exp * 1000).toLocaleString('ko') : '' };
	};

	const cut = async () => {
		const asked = text.value, parts = asked.trim().split('.');
		let decoded, verdict = { name: '', held: [], until: '' };
		try {
			decoded = parts.length === 3 && [read(parts[0]), read(parts[1]), bytes(parts[2])];
			if (decoded.some((part) => Object(part) !== part)) decoded = false;
		} catch {}
		if (decoded) {
			[head, middle].forEach((code, n) => code.textContent = JSON.stringify(decoded[n], null, 2));
			end.textContent = dataset.bytes.replace('0', decoded[2].length);
			try {
				verdict = await judge(parts.slice(0, 2).join('.'), ...decoded);
			} catch {}
		}
		if (text.value !== asked) return; // Another token by now.
		const { name, held, until } = verdict;
		checks.forEach((check, n) => {
			check.querySelector('.live-verdict')?.remove();
			if (n in held) check.append(live.h('span.live-verdict ' + held[n], {}, ` ${held[n] ? dataset.yes : dataset.no}${n === 4 && until ? ` · ${until}` : ''}`));
		});
		say.textContent = !decoded ? dataset.none : !held[0] && !name ? dataset.unknown : `${name}: ${checks[held.indexOf(false)]?.dataset.end ?? dataset.passes}`;
	};

	const letter = () => {
		const [head, middle, ...rest] = text.value.trim().split('.');
		try {
			const claims = read(middle), key = ['username', 'cognito:username', 'sub'].find((name) => claims[name]);
			claims[key] = claims[key].replace(/.$/u, (last) => last === 'x' ? 'y' : 'x');
			text.value = [head, write(claims), ...rest].join('.');
		} catch {}
	};

	row.addEventListener('click', ({ target }) => {
		const { value, type } = /** @type {HTMLButtonElement} */ (target);
		if (type !== 'button') return;
		const own = live.signIn?.session()?.[value], block = document.getElementById(value);
		if (value === 'letter') letter();
		else if (value === 'specimen') text.value = text.defaultValue;
		else if (block) [, text.value] = /Bearer (\S+)/.exec(block.querySelector('.live-text').textContent);
		else if (own) text.value = own;
		else if (value) return say.textContent = dataset.out;
		cut();
	});
	box.onkeydown = (event) => event.stopPropagation(); // Keys turn mdBook's pages.
	row.toggleAttribute('hidden', live.print);
}
