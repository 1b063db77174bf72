// @ts-check
// Keeps the console's page up to date. The page is whole without it; `feed.rs` tells what changes, `rows.rs` makes the rows that
// are filled here. What functions print is only ever text.
(() => {
  "use strict";

  /** @typedef {"init"|"running"|"frozen"|"ending"|"gone"} State */
  /** @typedef {{id: string, function: string, provisioned: boolean, state: State, started: number, initMs: number|null, invocations: number,
   *   requestId: string|null, end: {reason: string, status: string}|null, from: number, spans: [State, number][]}} Told */
  /** @typedef {{key: string, requestId: string, function: string, environmentId: string, request?: {method: string, path: string, status: number|null},
   *   outcome: string, error?: string, cold: boolean, at: number, segments: [string, number][]}} Call */
  /** @typedef {{number: number, time: number, function: string, environmentId: string, requestId: string, platform: boolean, text: string}} Line */
  /** @typedef {{time: number, by: string, function: string, asked: string, resource?: string, reason: string}} Refusal */
  /** @typedef {{reset: boolean, lost: number, environments: Told[], invocations: Call[], lines: Line[], refusals: Refusal[]}} Changes */
  /** @typedef {{id: string, memoryBytes: number|null, cpuMs: number|null}} Figures */
  /** @typedef {{function: string, waiting: number, ready: boolean, counts: Record<string, number>, environments: Figures[]}} FunctionFigures */
  /** @typedef {{role: string, actions: {action: string, taken: boolean}[]}} Role */
  /** @typedef {{id: string, body: string, isCut: boolean, receiveCount: number, ageMs: number, place: string, deadLetterOf: string|null}} Message */
  /** @typedef {{name: string, messages: Message[], mapping: {problem: string|null}|null} & Record<string, any>} Queue */
  /** @typedef {{now: number, functions: FunctionFigures[], roles: Role[], queues: Queue[]}} View */
  /** @typedef {{told: Told, first: number, spans: [State, number][], row: HTMLElement, figures?: Figures}} Lane */

  const MOST_CALLS = 50;
  const MOST_LINES = 500;
  const MOST_REFUSALS = 100;
  /** How often what is open moves on, ms. */
  const STEP = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 250;
  /** A live region says at most so often what is new, ms. */
  const PAUSE_BETWEEN_WORDS = 10_000;
  const SVG = "http://www.w3.org/2000/svg";

  /** @param {string} css @param {ParentNode} [within] @returns {any} */
  const $ = (css, within = document) => within.querySelector(css);
  const main = $("#main");
  const words = JSON.parse(main.dataset.words);

  /** The server's clock minus this one's, ms. */
  let ahead = 0;
  const now = () => Date.now() + ahead;

  // Words and numbers, as `rows.rs` writes them.

  /** @param {number} ms */
  const duration = (ms) => {
    const seconds = Math.max(ms, 0) / 1000;
    if (ms < 1) return `${Math.max(ms, 0).toFixed(2)}ms`;
    if (ms < 1000) return `${ms.toFixed(1)}ms`;
    if (ms < 10_000) return `${seconds.toFixed(1)}초`;
    if (ms < 60_000) return `${seconds.toFixed(0)}초`;
    return ms < 3_600_000 ? two(seconds / 60, "분", "초") : two(seconds / 3600, "시간", "분");
  };

  /** @param {number} units @param {string} unit @param {string} sixtieth */
  const two = (units, unit, sixtieth) => {
    const over = Math.floor((units % 1) * 60 + 1e-6);
    return `${Math.floor(units)}${unit}${over ? ` ${over}${sixtieth}` : ""}`;
  };

  /** @param {number} at */
  const clock = (at) => {
    const date = new Date(at);
    const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
    return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  };

  /** @param {number|null|undefined} bytes */
  const megabytes = (bytes) => (bytes == null ? "–" : `${(bytes / 1048576).toFixed(1)}MB`);

  /** A new row of a kind. @param {string} kind @returns {HTMLElement} */
  const row = (kind) => $(`#${kind}-row`).content.firstElementChild.cloneNode(true);

  /** Puts texts into a row's slots, where they differ. @param {Element} element @param {Record<string, string|number>} texts */
  const fill = (element, texts) => {
    for (const name in texts) {
      const slot = $(`[data-slot="${name}"]`, element);
      const text = String(texts[name]);
      if (slot && slot.textContent !== text) slot.textContent = text;
    }
  };

  /** @param {string} name @param {Record<string, string|number>} attributes */
  const shape = (name, attributes) => {
    const made = document.createElementNS(SVG, name);
    for (const key in attributes) made.setAttribute(key, String(attributes[key]));
    return made;
  };

  // Environments.

  /** @type {Map<string, Lane>} */
  const lanes = new Map();
  /** @type {Set<Lane>} */
  const changed = new Set();
  /** Seconds that are drawn. */
  let width = 60;
  /** Where the drawings' time begins, so that their numbers stay small. */
  const origin = Date.now() - 1000;
  const seconds = (/** @type {number} */ at) => (at - origin) / 1000;
  /** @param {string} name */
  const sectionOf = (name) => $(`.function[data-function="${CSS.escape(name)}"]`);

  /** @param {Told} told */
  function readEnvironment(told) {
    let lane = lanes.get(told.id);
    if (!lane) {
      const home = sectionOf(told.function);
      if (!home) return;
      lane = { told, first: told.from, spans: [], row: row("environment") };
      lanes.set(told.id, lane);
      const after = [...lanes.values()].filter((other) => other.told.function === told.function && other.told.started > told.started);
      const next = after.sort((a, b) => a.told.started - b.told.started)[0];
      $("tbody", home).insertBefore(lane.row, next?.row ?? null);
      delete home.dataset.empty;
    }
    lane.told = told;
    lane.spans.splice(Math.max(told.from - lane.first, 0));
    if (lane.spans.length === 0) lane.first = told.from;
    lane.spans.push(...told.spans);
    // What lies before all that can be drawn.
    while (lane.spans.length > 2 && lane.spans[1][1] < now() - 900_000) {
      lane.spans.shift();
      lane.first++;
    }
    changed.add(lane);
  }

  /** @param {Lane} lane */
  function drawEnvironment(lane) {
    const { told, spans, row, figures } = lane;
    if (row.dataset.state !== told.state) {
      row.dataset.state = told.state;
      row.className = `environment ${told.state}`;
    }
    fill(row, {
      id: told.id.slice(0, 6),
      kept: told.provisioned ? "프로비저닝" : "",
      state: words.state[told.state],
      reason: told.end ? words.reason[told.end.reason] : "",
      invocations: told.invocations,
      memory: told.state === "gone" ? "–" : megabytes(figures?.memoryBytes),
      cpu: figures?.cpuMs == null ? "–" : duration(figures.cpuMs),
    });
    const pieces = spans.map(([state, from], n) => {
      const until = spans[n + 1]?.[1];
      // What lasts still reaches beyond the right edge, which is now.
      const length = state === "gone" ? width / 120 : (until === undefined ? 1e6 : (until - from) / 1000);
      return shape("rect", { class: state, x: seconds(from).toFixed(3), width: length.toFixed(3), height: 10 });
    });
    $("svg", row).replaceChildren(...pieces);
  }

  /** Lets time pass: the drawings move to the left, ages grow, and who has been gone for long is taken away. */
  function step() {
    const at = now();
    const box = `${(seconds(at) - width).toFixed(3)} 0 ${width} 10`;
    for (const [id, lane] of lanes) {
      const { told, row, spans } = lane;
      const gone = told.state === "gone" ? spans[spans.length - 1][1] : 0;
      if (gone && gone < at - width * 1000) {
        lanes.delete(id);
        row.remove();
        const home = sectionOf(told.function);
        if (home && !$("tbody tr", home)) home.dataset.empty = "";
        continue;
      }
      $("svg", row).setAttribute("viewBox", box);
      fill(row, { age: duration((gone || at) - told.started) });
    }
  }

  // Calls.

  /** @type {Map<string, {call: Call, row: HTMLElement}>} */
  const calls = new Map();
  const callRows = $("table.calls tbody");

  /** @param {Call} call */
  function readCall(call) {
    const known = calls.get(call.key) ?? { call: { ...call, at: NaN }, row: row("call") };
    // The gateway tells of a call's arrival when it is over: then it may belong further down.
    if (known.call.at !== call.at) {
      calls.set(call.key, known);
      const before = [...calls.values()].filter((other) => other !== known && other.call.at <= call.at);
      const next = before.reduce((last, other) => (last && last.call.at >= other.call.at ? last : other), before[0]);
      callRows.insertBefore(known.row, next?.row ?? null);
      if (calls.size > MOST_CALLS) {
        const [oldest] = calls.keys();
        calls.get(oldest)?.row.remove();
        calls.delete(oldest);
      }
    }
    known.call = call;
    const { row: element } = known;
    const status = call.request?.status ?? "";
    element.className = `call ${call.outcome}${Number(status) >= 500 ? " broken" : ""}`;
    const total = call.segments.reduce((sum, [, ms]) => sum + ms, 0);
    fill(element, {
      at: clock(call.at),
      function: call.function,
      what: call.request ? `${call.request.method} ${call.request.path}` : "",
      status,
      outcome: call.outcome === "success" && status ? "" : words.outcome[call.outcome],
      error: call.error ?? "",
      start: call.environmentId ? words.start[Number(call.cold)] : "",
      environment: call.environmentId.slice(0, 6),
      total: call.outcome === "running" || total === 0 ? "" : duration(total),
      parts: call.segments.map(([part, ms]) => `${words.part[part]} ${duration(ms)}`).join(" · "),
    });
    let from = 0;
    const pieces = call.segments.map(([part, ms]) => {
      const piece = shape("rect", { class: part, x: ((100 * from) / total).toFixed(2), width: ((100 * ms) / total).toFixed(2), height: 8 });
      from += ms;
      return piece;
    });
    $("svg", element).replaceChildren(...pieces);
    const link = $("a", element);
    link.hidden = call.requestId === "";
    link.href = `/_local/?request=${encodeURIComponent(call.requestId)}#logs`;
  }

  // Log lines.

  /** @type {Line[]} */
  let lines = [];
  /** Lines that came while the reader had stopped them. @type {Line[]} */
  let waiting = [];
  let paused = false;
  let missed = 0;
  const list = $("#lines");
  const filter = $("#filter");
  const pause = $("#pause");

  /** @param {Line} line */
  const isWanted = (line) => {
    const { function: name, request } = filter.elements;
    return (!name.value || line.function === name.value) && (!request.value || line.requestId.startsWith(request.value.trim()));
  };

  /** @param {Line} line */
  const lineRow = (line) => {
    const made = row("line");
    if (line.platform) made.className = "platform";
    fill(made, { at: clock(line.time), function: line.function, environment: line.environmentId.slice(0, 6), text: line.text });
    return made;
  };

  /** @param {string} text */
  const remark = (text) => {
    const made = document.createElement("p");
    made.className = "remark";
    made.textContent = text;
    return made;
  };

  /** @param {Node[]} rows */
  function append(rows) {
    const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
    list.append(...rows);
    while (list.children.length > MOST_LINES) list.firstChild.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }

  /** @param {Line[]} more */
  function showLines(more) {
    lines = lines.concat(more).slice(-MOST_LINES);
    append(more.filter(isWanted).map(lineRow));
    unsaid.push(...more.filter(isWanted));
  }

  function showAll() {
    list.replaceChildren(...lines.filter(isWanted).map(lineRow));
    list.scrollTop = list.scrollHeight;
  }

  function drawPause() {
    const count = waiting.length + missed;
    pause.textContent = paused ? `이어 보기${count ? ` (새 줄 ${count}개)` : ""}` : "멈춤";
  }

  /** What the live region has not said yet: it says how many lines came, not all of them. @type {Line[]} */
  let unsaid = [];
  setInterval(() => {
    const last = unsaid[unsaid.length - 1];
    if (last && !paused) $("#said").textContent = `새 로그 ${unsaid.length}줄. 마지막 줄: ${last.function}, ${last.text.slice(0, 100)}`;
    unsaid = [];
  }, PAUSE_BETWEEN_WORDS);

  // Refusals.

  const refusalRows = $("table.refusals tbody");

  /** @param {Refusal} refusal */
  function readRefusal(refusal) {
    const made = row("refusal");
    fill(made, { at: clock(refusal.time), by: words.by[refusal.by], function: refusal.function, asked: refusal.asked, resource: refusal.resource ?? "", reason: refusal.reason });
    refusalRows.prepend(made);
    while (refusalRows.children.length > MOST_REFUSALS) refusalRows.lastChild.remove();
  }

  // Roles.

  /** @param {Role[]} roles */
  function readRoles(roles) {
    let isAnyTaken = false;
    for (const { role, actions } of roles) {
      for (const { action, taken } of actions) {
        isAnyTaken ||= taken;
        const element = $(`tr[data-role="${CSS.escape(role)}"][data-action="${CSS.escape(action)}"]`);
        if (!element) continue;
        element.className = taken ? "taken" : "";
        fill(element, { grant: words.grant[Number(taken)] });
        const button = $("button", element);
        button.value = taken ? "give" : "take";
        button.textContent = words.switch[Number(taken)];
        button.ariaLabel = `${action} ${button.textContent}`;
      }
    }
    $("#restore button").disabled = !isAnyTaken;
  }

  $("#roles").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const method = /** @type {HTMLButtonElement} */ (event.submitter).value === "take" ? "DELETE" : "PUT";
    try {
      const response = await fetch(form.action, { method });
      const answer = await response.json();
      // What has changed is told by the feed.
      if (!response.ok) say(answer.error.message, true);
    } catch {
      say("서버가 답하지 않아 권한을 바꾸지 못했다.", true);
    }
  });

  // Queues.

  /** @param {Queue} queue */
  function readQueue(queue) {
    const home = $(`.queue[data-queue="${CSS.escape(queue.name)}"]`);
    if (!home) return;
    for (const slot of home.querySelectorAll("[data-figure]")) {
      const text = String(queue[slot.dataset.figure]);
      if (slot.textContent !== text) slot.textContent = text;
    }
    $(".problem", home).textContent = queue.mapping?.problem ?? "";
    const rows = queue.messages.map((message) => {
      const made = row("message");
      fill(made, {
        id: message.id.slice(0, 6),
        body: message.body + (message.isCut ? "…" : ""),
        place: words.place[message.place],
        from: message.deadLetterOf ? "DLQ로 옮겨 옴" : "",
        receives: message.receiveCount,
        age: duration(message.ageMs),
      });
      return made;
    });
    $("tbody", home).replaceChildren(...rows);
  }

  // The connection.

  /** @param {string} text @param {boolean} [wrong] */
  function say(text, wrong = false) {
    const said = $("#connection");
    said.hidden = text === "";
    said.className = wrong ? "wrong" : "";
    if (said.textContent !== text) said.textContent = text;
  }

  /** @type {EventSource|null} */
  let source = null;
  /** Id of the last event, for a connection that is made anew. */
  let last = "";
  let timer = 0;

  /** @param {MessageEvent<string>} event */
  function onView(event) {
    /** @type {View} */
    const view = JSON.parse(event.data);
    ahead = view.now - Date.now();
    for (const figures of view.functions) {
      const home = sectionOf(figures.function);
      if (!home) continue;
      for (const slot of home.querySelectorAll("[data-figure]")) {
        const name = slot.dataset.figure;
        const text = String(name === "waiting" ? figures.waiting : figures.counts[name]);
        if (slot.textContent !== text) slot.textContent = text;
        slot.closest("li").hidden = text === "0" && name !== "invocations";
      }
      for (const each of figures.environments) {
        const lane = lanes.get(each.id);
        if (lane) changed.add(Object.assign(lane, { figures: each }));
      }
    }
    const unready = view.functions.filter(({ ready }) => !ready).length;
    const note = $("#building");
    if (note) {
      note.hidden = unready === 0;
      note.textContent = `아직 컴파일하지 않은 함수가 ${unready}개 있다.`;
    }
    readRoles(view.roles);
    view.queues.forEach(readQueue);
    draw();
  }

  /** @param {MessageEvent<string>} event */
  function onChanges(event) {
    /** @type {Changes} */
    const changes = JSON.parse(event.data);
    const isOtherRun = event.lastEventId.split("-")[0] !== last.split("-")[0];
    last = event.lastEventId;
    if (changes.reset) {
      lanes.clear();
      changed.clear();
      for (const home of main.querySelectorAll(".function")) {
        $("tbody", home).replaceChildren();
        home.dataset.empty = "";
      }
      calls.clear();
      callRows.replaceChildren();
      refusalRows.replaceChildren();
      if (isOtherRun) {
        lines = [];
        waiting = [];
        list.replaceChildren();
      }
    }
    changes.environments.forEach(readEnvironment);
    changes.invocations.slice(-MOST_CALLS).forEach(readCall);
    changes.refusals.forEach(readRefusal);
    if (changes.lost > 0) append([remark(`기록 ${changes.lost}개를 놓쳤다. 이 쪽이 따라가지 못했거나 연결이 끊겼다.`)]);
    if (paused) {
      missed += Math.max(waiting.length + changes.lines.length - MOST_LINES, 0);
      waiting = waiting.concat(changes.lines).slice(-MOST_LINES);
      drawPause();
    } else if (changes.lines.length > 0) {
      showLines(changes.lines);
    }
    draw();
  }

  let isDrawing = false;
  function draw() {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      changed.forEach(drawEnvironment);
      changed.clear();
      step();
    });
  }

  function listen() {
    if (source || document.visibilityState === "hidden") return;
    const opened = (source = new EventSource(`/_local/feed?last=${encodeURIComponent(last)}`));
    opened.addEventListener("open", () => say(""));
    opened.addEventListener("view", onView);
    opened.addEventListener("changes", onChanges);
    opened.addEventListener("error", () => {
      const isRefused = opened.readyState === EventSource.CLOSED;
      say(isRefused ? "콘솔이 너무 많이 열려 있거나 서버가 꺼졌다. 다시 이어 본다." : "서버와 연결이 끊겼다. 다시 이어 본다.", true);
      // After a refusal the browser does not come back by itself.
      if (isRefused) {
        silence();
        timer = window.setTimeout(listen, 5000);
      }
    });
  }

  function silence() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  // What a page without a script does not need.
  for (const hidden of main.querySelectorAll("#pause, .tools label[hidden]")) hidden.hidden = false;
  $("#filter button:not([type])").hidden = true;
  filter.addEventListener("input", showAll);
  filter.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  pause.addEventListener("click", () => {
    paused = !paused;
    if (!paused) {
      if (missed) append([remark(`멈춘 사이의 줄 ${missed}개는 두지 못했다.`)]);
      showLines(waiting);
      [waiting, missed] = [[], 0];
    }
    drawPause();
  });
  callRows.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const link = /** @type {Element} */ (event.target).closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    filter.elements.function.value = "";
    filter.elements.request.value = new URL(link.href).searchParams.get("request");
    showAll();
    $("#logs").scrollIntoView();
    list.focus();
  });
  $("#window").addEventListener("input", (/** @type {Event} */ event) => {
    const select = /** @type {HTMLSelectElement} */ (event.target);
    width = Number(select.value);
    for (const head of main.querySelectorAll("[data-window]")) head.textContent = `${select.selectedOptions[0].text} 전`;
    lanes.forEach((lane) => changed.add(lane));
    draw();
  });

  // A browser opens six connections per host in all; tabs in the background must not use them up.
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? silence() : listen()));
  window.addEventListener("pagehide", silence);
  window.addEventListener("pageshow", listen);
  setInterval(() => document.visibilityState === "visible" && step(), STEP);
  listen();
})();
