// @ts-check
// See types.d.ts.
(() => {
	const live = window.mdbookLive, box = document.querySelector('.live-sign-in');
	if (!box || live.print || live.signIn) return;

	const { h, t, variables, gate } = live, { config, page, strings } = JSON.parse(box.dataset.signIn);
	const [say, buttons] = box.querySelectorAll('.live-say, .live-buttons'), blocks = Object.values(live.blocks);
	const ASKED = 'live-sign-in', HELD = live.prefix + 'sign-in', TOKENS = ['access_token', 'id_token'];
	const here = location.origin + page, lead = '#live-', own = lead + 'sign-in';
	Object.assign(live.config().strings, strings);
	let session, renewing, timer;

	const problem = (key, ...args) => Object.assign(new Error(key), { args });
	const read = (key) => {
		try { return JSON.parse(sessionStorage[key]); } catch {}
	};
	const write = (key, value) => {
		try { value ? sessionStorage[key] = JSON.stringify(value) : delete sessionStorage[key]; } catch { throw problem('signInStorage'); }
	};
	const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
	const claims = (token) => {
		try {
			const part = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
			return JSON.parse(new TextDecoder().decode(Uint8Array.from(part, (c) => c.charCodeAt(0))));
		} catch { return {}; }
	};

	const ask = async (url, refused, form) => {
		let response, json;
		try {
			response = await fetch(url, { ...form && { method: 'POST', body: new URLSearchParams(form) },
				credentials: 'omit', cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(10_000) });
		} catch { throw problem('signInUnreachable', new URL(url, location.href).host); }
		try { json = await response.json(); } catch {}
		if (!response.ok || !json) throw problem(refused, json?.error || response.status);
		return json;
	};

	const know = async () => {
		const { issuer, client, scope } = await ask(config, 'signInNone');
		if (!issuer) throw problem('signInNone', config);
		const found = await ask(issuer + '/.well-known/openid-configuration', 'signInIssuer'), { protocol } = new URL(issuer);
		if (found.issuer !== issuer || !['authorization', 'token'].every((name) => found[name + '_endpoint']?.startsWith(protocol))) throw problem('signInIssuer', found.issuer);
		return { ...found, client, scope };
	};

	const tell = (key, ...args) => {
		say.textContent = t(key, ...args);
		say.classList.remove('bad');
		tellBlock(live.blocks[location.hash.slice(lead.length)], key, ...args);
	};
	const tellBlock = (block, key, ...args) => {
		if (block && sends(block)) block.element.querySelector('.live-say').replaceChildren(t(key, ...args));
	};
	const greet = () => {
		const { preferred_username: nick, name = nick, email = name, sub, ...told } = claims(session?.id_token ?? session?.access_token);
		const until = new Date(session?.until).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });
		session ? tell('signedIn', told['cognito:username'] ?? told.username ?? email ?? sub, until) : tell('signInOut');
	};
	const fail = ({ message, args }) => {
		tell(args ? message : 'signInToken', ...args ?? []);
		say.classList.add('bad');
	};
	const button = (key, onclick) => h('button', { type: 'button', onclick }, t(key));

	const sends = (block) => block.uses().some((name) => TOKENS.includes(name));
	// Not enumerable: live.js stores what is.
	const put = () => TOKENS.forEach((name) => delete variables[name] && session?.[name] && Object.defineProperty(variables, name, { value: session[name], configurable: true }));
	const set = (held) => {
		session = held;
		clearTimeout(timer);
		put();
		if (held) timer = setTimeout(renew, Math.max(5_000, held.until - Date.now() - 60_000));
		buttons.replaceChildren(held ? button('signOut', end) : button('signIn', () => begin(own)));
		for (const { id, element } of blocks) {
			const note = element.querySelector('.live-needs');
			note?.querySelector('button')?.remove();
			if (!held) note?.append(button('signIn', () => begin(lead + id)));
		}
		box.dispatchEvent(new CustomEvent('live-sign-in', { bubbles: true }));
	};
	const hold = ({ expires_in = 300, ...tokens }) => {
		const { access_token, id_token, refresh_token } = { ...session, ...tokens };
		const held = { access_token, id_token, refresh_token, until: Date.now() + expires_in * 1000 };
		write(HELD, held);
		set(held);
		greet();
	};
	const drop = () => {
		write(HELD);
		set();
	};

	const go = (endpoint, query, asked) => {
		const to = new URL(endpoint);
		Object.entries(query).forEach((pair) => to.searchParams.set(...pair));
		write(ASKED, { ...asked, back: location.pathname + asked.back });
		location.assign(to);
	};

	// ANCHOR: leave
	const begin = async (back) => {
		tell('signInLeaving');
		try {
			if (!crypto.subtle) throw problem('signInInsecure');
			const { authorization_endpoint, client, scope } = await know();
			const [state, nonce, verifier] = [0, 0, 0].map(() => base64(crypto.getRandomValues(new Uint8Array(32))));
			const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
			go(authorization_endpoint, { response_type: 'code', client_id: client, redirect_uri: here, ...scope && { scope }, state, nonce,
				code_challenge: base64(digest), code_challenge_method: 'S256' }, { state, nonce, verifier, back });
		} catch (error) { fail(error); }
	};
	// ANCHOR_END: leave

	const arrive = async ({ state, nonce, verifier, answer, out }) => {
		if (out) return tell('signedOut');
		tell('signInArriving');
		const said = new URLSearchParams(answer);
		if (said.get('state') !== state) throw problem('signInState');
		const { issuer, token_endpoint, client } = await know();
		if ((said.get('iss') ?? issuer) !== issuer) throw problem('signInState');
		if (said.has('error')) throw problem('signInDenied', said.get('error'), said.get('error_description') ?? '');
		const tokens = await ask(token_endpoint, 'signInRefused', { grant_type: 'authorization_code', client_id: client, code: said.get('code'), redirect_uri: here, code_verifier: verifier });
		const told = claims(tokens.id_token);
		if (told.nonce !== nonce || told.iss !== issuer || ![told.aud].flat().includes(client)) throw problem('signInToken');
		hold(tokens);
	};

	const renew = () => renewing ??= (async () => {
		try {
			const { refresh_token, id_token } = session;
			if (!refresh_token) throw problem('signInOver', t('nothing'));
			const { token_endpoint, client } = await know();
			const tokens = await ask(token_endpoint, 'signInOver', { grant_type: 'refresh_token', client_id: client, refresh_token });
			if (tokens.id_token && claims(tokens.id_token).sub !== claims(id_token).sub) throw problem('signInToken');
			if (session) hold(tokens); // Else they have signed out meanwhile.
		} catch (error) {
			if (error.message !== 'signInUnreachable') drop();
			fail(error);
		} finally { renewing = null; }
	})();

	const end = async () => {
		const { refresh_token } = session;
		drop();
		tell('signOutLeaving');
		try {
			const { revocation_endpoint, end_session_endpoint, client } = await know();
			// Without CORS it cannot be given back; the session ends all the same.
			if (revocation_endpoint && refresh_token) await ask(revocation_endpoint, '', { token: refresh_token, client_id: client }).catch(() => {});
			if (!end_session_endpoint) return tell('signedOut');
			// Cognito's name for it, and the standard's.
			go(end_session_endpoint, { client_id: client, logout_uri: here, post_logout_redirect_uri: here }, { out: true, back: own });
		} catch { tell('signOutHere'); }
	};

	const current = () => session?.until > Date.now() + 5_000;
	// As a run that was stopped: the recording answers.
	const invite = (block) => {
		tellBlock(block, 'signInFirst');
		block.element.querySelector('.live-recording')?.setAttribute('open', '');
		block.element.dispatchEvent(new CustomEvent('live-run', { bubbles: true, detail: { id: block.id, runs: [], stopped: 'signInFirst' } }));
	};
	for (const block of blocks) {
		const asked = gate[block.id];
		gate[block.id] = () => {
			if (asked?.() === false) return false;
			if (!sends(block) || current()) return true;
			if (session) {
				tellBlock(block, 'signInRenewing');
				renew().then(() => current() ? block.run() : invite(block));
			} else invite(block);
			return false;
		};
	}
	addEventListener('live-run', ({ target, detail: { id, runs } }) => {
		put(); // live.js forgets the values of a request that found nothing.
		const { status } = JSON.parse(target.dataset.block);
		if (status !== 401 && sends(live.blocks[id]) && runs.some((run) => run.status === 401)) target.querySelector('.live-say').append(' ', t('signInRejected'));
	});
	addEventListener('pageshow', ({ persisted }) => {
		if (persisted) start();
	});

	const start = () => {
		const asked = read(ASKED);
		set(read(HELD));
		if (asked?.answer === undefined) return greet();
		write(ASKED);
		arrive(asked).catch(fail);
	};
	live.signIn = { session: () => session, know };
	live.veil = (text) => TOKENS.reduce((text, name) => session?.[name] ? text.replaceAll(session[name], `'"$${name}"'`) : text, text);
	start();
})();
