// The page as a whole: banners, the box's own panel, and the loop. Last, because it starts everything.

const PANEL_IDLE_MS = 10000; // how old the panel's picture may be when nothing moves
const TICK_MS = 1000; // between two looks at the clock, for countdowns

let panelAt = -Infinity; // when the panel's picture was last asked for
let panelLoading = false;
let panelRefused = false; // a token for some accounts is not for the panel

function draw() {
  const quiet = silent();
  document.body.classList.toggle("silent", quiet);
  byId("line").dataset.state = quiet ? "silent" : status ? "live" : "waiting";
  put(byId("line-text"), quiet ? "No answer" : status ? "Live" : "Connecting to the box…");
  say(byId("silence"), quiet && (status
    ? "The box has stopped answering. What you see below may be out of date. This page keeps trying."
    : "The box does not answer. This page keeps trying."));
  if (!status) return;
  byId("first-look").hidden = true;
  drawBanners();
  drawCards(performance.now() - statusAt);
  drawWaiting(performance.now() - statusAt);
  drawOutbox();
  drawWebhooks();
  drawBox();
  document.title = title(quiet);
}

function title(quiet) {
  if (quiet) return "No answer · pairbox";
  if (askers.size > 0) return `${byId("dock-title").textContent} · pairbox`;
  const current = known(status.selected);
  return current ? `${current.status_text} · ${current.label} · pairbox` : "pairbox";
}

function drawBanners() {
  say(byId("ending"), status.shutting_down
    && "The box is ending. If it was told to restart, this page comes back by itself.");
  const storage = STORAGE[status.store.status] || (status.store.restored && RESTORED);
  say(byId("storage-title"), storage && storage[0]);
  say(byId("storage-text"), storage && [storage[1], status.store.why].filter(Boolean).join(" "));
  byId("storage").hidden = !storage;
  reveal(byId("storage-seen"), storage === RESTORED && may("control") && !silent(), byId("accounts"));
  byId("stranger").hidden = !stranger();
  reveal(byId("sign-in"), stranger(), byId("accounts"));
  reveal(byId("sign-out"), status.caller.kind === "token", byId("accounts"));
  reveal(byId("add"), may("admin") && !silent(), byId("accounts"));
}

function fact(name, text) {
  const row = byId(`fact-${name}`);
  row.hidden = !text;
  put(row.querySelector("dd"), text || "");
}

function written(written) {
  if (!written) return "";
  const hours = Math.round(written.over_ms / 3600000);
  const bytes = size(Math.max(written.store_bytes, written.process_bytes || 0));
  const told = `${bytes} in ${hours === 24 ? "a day" : hours > 1 ? `${hours} hours` : "the last hour"}`;
  return written.heavy ? `${told}: more than a memory card should take` : told;
}

function drawBox() {
  const panel = status.panel;
  if (!may("read")) panelRefused = false;
  const visible = may("read") && !panelRefused && !silent() && panel.status !== "headless" && Boolean(panel.width);
  byId("box").hidden = false;
  byId("panel").hidden = !visible;
  fact("panel", { headless: "None", lost: "Does not answer", attached: visible ? "" : "Attached" }[panel.status]);
  fact("storage", { well: "Well", full: "Full", read_only: "Read-only", failing: "Failing" }[status.store.status]);
  fact("written", written(status.store.written));
  fact("page", status.page);
  fact("version", `pairbox ${status.version}`);
  reveal(byId("open-tokens"), may("admin") && !silent(), byId("accounts"));
  const glass = byId("glass");
  if (!visible) {
    // It may show a code.
    forget(glass);
    panelAt = -Infinity;
    return;
  }
  glass.style.aspectRatio = `${panel.width} / ${panel.height}`;
  say(byId("panel-note"), panelNote(panel));
  const stale = performance.now() - panelAt;
  if (!panelLoading && stale >= (moving() ? MOVING_MS * 0.9 : PANEL_IDLE_MS)) loadPanel(glass);
}

function panelNote(panel) {
  if (panel.status === "lost") {
    return `The panel does not answer and is tried again. This is what it would show. ${panel.why || ""}`.trim();
  }
  const hold = status.hold;
  return hold ? { logout: "Somebody holds the button to log out.", add_account: "Somebody holds the button to add an account.", reset_tokens: "Somebody holds both buttons to take back all tokens." }[hold.action] : "";
}

async function loadPanel(glass) {
  panelLoading = true;
  panelAt = performance.now();
  const got = await show(glass, "/panel.png");
  if (got === 200) fitDots(glass);
  panelRefused = got === 403;
  panelLoading = false;
}

byId("storage-seen").addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  const outcome = await wish("DELETE", "restored");
  button.disabled = false;
  say(byId("storage-refusal"), outcome.ok ? "" : outcome.why);
  await poll();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else poll();
});
addEventListener("resize", () => {
  for (const picture of document.querySelectorAll(".qr[src], #glass[src]")) fitDots(picture);
});
setInterval(() => { if (!document.hidden) draw(); }, TICK_MS);
poll();
