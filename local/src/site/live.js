// @ts-check
// Served as /_local/live.js and added to pages by the local server only; a published book does not contain it.
// Reloads the page when the book was rebuilt, and says quietly what the server is doing: one corner, one live region. Leads from
// pages with live blocks to the console.
(() => {
  "use strict";
  const script = document.currentScript;
  // Without JavaScript the table of contents is a frame; with it, only the page itself listens.
  if (!(script instanceof HTMLScriptElement) || window.top !== window) return;
  const version = script.dataset.version ?? "";

  /** @typedef {{name: string, state: "waiting"|"building"|"live"|"failed", serving: boolean, message?: string, progress?: [number, number]}} Status */
  /** @typedef {{text: string, detail?: string, progress?: string, wrong?: boolean}} Notice */

  /** @type {Status[]} */
  let functions = [];
  /** @type {string|null} */
  let bookError = null;
  let lost = false;
  let wasBusy = false;
  let justReady = false;
  let dismissed = "";
  let shown = "";

  const style = `
    :host { position: fixed; inset-inline-end: 1rem; inset-block-end: 1rem; z-index: 1000; max-width: min(28rem, calc(100vw - 2rem));
      font: 14px/1.5 system-ui, sans-serif; color-scheme: dark; }
    .card { background: #1b1f24; color: #fff; border: 1px solid #8b949e; border-radius: 8px; padding: .6rem 2.6rem .6rem .9rem; position: relative; }
    .card[hidden] { display: none; }
    .notice + .notice { margin-top: .6rem; }
    .wrong { border-inline-start: 4px solid #ff7b72; padding-inline-start: .6rem; }
    p { margin: 0; word-break: keep-all; overflow-wrap: anywhere; }
    .progress { color: #d0d7de; font-variant-numeric: tabular-nums; }
    pre { margin: .4rem 0 0; max-height: 40vh; overflow: auto; font: 12px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
    button { position: absolute; inset-block-start: .3rem; inset-inline-end: .3rem; width: 28px; height: 28px; border: 0; border-radius: 6px;
      background: transparent; color: #fff; font: 18px/1 system-ui, sans-serif; cursor: pointer; }
    button:hover { background: #373e47; }
    button:focus-visible, pre:focus-visible { outline: 2px solid #79c0ff; outline-offset: 1px; }
    @media print { :host { display: none; } }`;

  const host = document.createElement("div");
  host.id = "local-status";
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  const card = root.appendChild(element("div", "card"));
  card.hidden = true;
  // The live region stays in the page while its content comes and goes; otherwise nothing would be read out.
  const region = element("div", "region");
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  root.insertBefore(region, card);
  region.append(card);
  const notices = card.appendChild(element("div", "notices"));
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", "알림 닫기");
  close.addEventListener("click", () => {
    dismissed = shown;
    draw();
  });
  card.append(close);
  document.body.append(host);

  // The console exists where this script does: a published book has neither.
  const content = document.querySelector("live-request") && document.querySelector("#mdbook-content main");
  if (content) {
    const link = document.createElement("a");
    link.href = "/_local/";
    link.textContent = "콘솔";
    const line = element("p", "local-console");
    line.append("지금 돌고 있는 실행 환경과 호출, 로그는 이 컴퓨터의 ", link, "에서 본다.");
    content.append(line);
  }

  /** @param {string} tag @param {string} name @param {string} [text] */
  function element(tag, name, text) {
    const made = document.createElement(tag);
    made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /** @returns {Notice[]} */
  function current() {
    if (lost) return [{ text: "로컬 서버와 연결이 끊겼다. 터미널에서 cargo run을 다시 실행한다.", wrong: true }];
    /** @type {Notice[]} */
    const found = [];
    if (bookError !== null && version !== "") {
      found.push({ text: "책을 짓지 못해 마지막으로 지은 책을 보여 준다.", detail: bookError, wrong: true });
    }
    const busy = functions.filter((each) => each.state === "waiting" || each.state === "building");
    const building = busy.filter((each) => each.state === "building");
    if (busy.length > 0) {
      const ready = functions.length - busy.filter((each) => !each.serving).length;
      const names = building.map((each) => each.name).join(", ");
      const serving = building.length > 0 && building.every((each) => each.serving);
      const work = names === "" ? "차례를 기다린다" : `${names} 컴파일 중…`;
      found.push({
        text: serving
          ? `함수를 새로 컴파일하는 중: ${names}. 그동안 이전 판이 답한다.`
          : `함수 준비 중: ${work} ${functions.length}개 중 ${ready}개 준비됨`,
        progress: building.filter((each) => each.progress).map((each) => `${each.name}: 크레이트 ${each.progress?.join("/")}`).join(", "),
      });
    }
    for (const each of functions.filter((one) => one.state === "failed")) {
      const rest = each.serving ? " 이전 판이 계속 답한다." : "";
      found.push({ text: `함수 ${each.name}: 컴파일하지 못했다.${rest}`, detail: each.message, wrong: true });
    }
    if (found.length === 0 && justReady) found.push({ text: "함수가 모두 준비되었다." });
    return found;
  }

  function draw() {
    const list = current();
    const signature = JSON.stringify(list.map(({ text, detail }) => [text, detail]));
    card.hidden = list.length === 0 || signature === dismissed;
    if (signature !== shown) {
      shown = signature;
      notices.replaceChildren(...list.map(node));
    }
    // Not part of the signature and hidden from the live region: a count that runs would be read out without end.
    list.forEach((notice, i) => {
      const line = notices.children[i]?.querySelector(".progress");
      if (line) line.textContent = notice.progress ?? "";
    });
  }

  /** @param {Notice} notice */
  function node(notice) {
    const made = element("div", notice.wrong ? "notice wrong" : "notice");
    made.append(element("p", "text", notice.text));
    if (notice.detail) {
      const detail = element("pre", "detail", notice.detail);
      detail.tabIndex = 0;
      made.append(detail);
    } else {
      const line = element("p", "progress");
      line.setAttribute("aria-hidden", "true");
      made.append(line);
    }
    return made;
  }

  /** @param {Status[]} next */
  function readFunctions(next) {
    functions = next;
    const allLive = functions.length > 0 && functions.every((each) => each.state === "live");
    const isBusy = functions.some((each) => each.state === "waiting" || each.state === "building");
    if (allLive && wasBusy) {
      justReady = true;
      setTimeout(() => {
        justReady = false;
        draw();
      }, 4000);
    } else if (isBusy) {
      justReady = false;
    }
    wasBusy = isBusy;
  }

  /** @type {EventSource|null} */
  let source = null;
  let timer = 0;

  function listen() {
    if (source || document.visibilityState === "hidden") return;
    const opened = new EventSource(`/_local/events?version=${encodeURIComponent(version)}`);
    source = opened;
    opened.addEventListener("open", () => {
      clearTimeout(timer);
      timer = 0;
      lost = false;
      draw();
    });
    opened.addEventListener("functions", (event) => {
      readFunctions(JSON.parse(event.data));
      draw();
    });
    opened.addEventListener("book", (event) => {
      bookError = JSON.parse(event.data).error;
      draw();
    });
    // A reload by the page itself keeps the scroll position.
    opened.addEventListener("reload", () => location.reload());
    opened.addEventListener("error", () => {
      // Short gaps (a restart) pass unseen. After a refusal the browser does not come back by itself.
      if (timer === 0) {
        timer = window.setTimeout(() => {
          timer = 0;
          lost = true;
          draw();
          if (opened.readyState === EventSource.CLOSED) {
            silence();
            listen();
          }
        }, 3000);
      }
    });
  }

  function silence() {
    clearTimeout(timer);
    timer = 0;
    source?.close();
    source = null;
  }

  // A browser opens six connections per host in all; tabs in the background must not use them up.
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? silence() : listen()));
  window.addEventListener("pagehide", silence);
  window.addEventListener("pageshow", listen);
  listen();
})();
