// The cards: one for each account, made once and kept by its id, so that focus and selection survive
// every update.

const cards = new Map(); // session id -> element

function drawCards(age) {
  for (const [id, card] of cards) {
    if (status.sessions.some((session) => session.id === id)) continue;
    const focused = card.contains(document.activeElement);
    forget(card.querySelector(".qr"));
    card.remove();
    cards.delete(id);
    feeds.delete(id);
    if (focused) byId("accounts").focus();
  }
  status.sessions.forEach((session, place) => {
    if (!cards.has(session.id)) cards.set(session.id, newCard(session.id));
    const card = cards.get(session.id);
    const there = byId("cards").children[place];
    if (there !== card) byId("cards").insertBefore(card, there || null);
    drawCard(card, session, age);
  });
}

function newCard(id) {
  const card = byId("card").content.cloneNode(true).querySelector(".card");
  const title = card.querySelector(".label");
  title.id = `label-${id}`;
  card.setAttribute("aria-labelledby", title.id);
  card.querySelector(".more").setAttribute("aria-labelledby", title.id);
  for (const button of card.querySelectorAll("button")) {
    button.setAttribute("aria-describedby", title.id);
    button.addEventListener("click", () => press(card, id, button.dataset.action));
  }
  return card;
}

function known(id) {
  return status.sessions.find((session) => session.id === id);
}

function press(card, id, action) {
  const session = known(id);
  if (!session || card.dataset.waiting) return;
  switch (action) {
    case "pair": openPair(session); break;
    case "rename": openRename(session); break;
    case "logout": openLogout(session); break;
    case "delete": openDelete(session); break;
    case "send": openSend(session); break;
    case "policy": openPolicy(session, card); break;
    case "routes": openRoutes(session, card); break;
    case "messages": toggleMessages(id); break;
    case "select": act(card, id, action, `${session.label} is on the panel.`); break;
    default: act(card, id, action);
  }
}

async function act(card, id, action, done) {
  card.dataset.waiting = action;
  card.setAttribute("aria-busy", "true");
  say(card.querySelector(".refusal"), "");
  const outcome = await wish("POST", `sessions/${id}/${action}`);
  say(card.querySelector(".refusal"), outcome.why);
  await poll();
  if (outcome.ok && done) speak(done);
  delete card.dataset.waiting;
  card.removeAttribute("aria-busy");
}

function drawCard(card, session, age) {
  const part = (name) => card.querySelector(`.${name}`);
  const label = part("label");
  card.dataset.mood = MOODS[session.status] || "busy";
  card.dataset.status = session.status;
  put(label, session.label);
  put(part("badge-text"), session.status_text);
  say(part("who"), owner(session));
  say(part("advice-text"), advice(session));
  say(part("advice-next"), nextTry(session, age));
  say(part("warning"), silence(session));
  drawTrouble(part, session, age);
  put(part("since"), since(session, age));
  drawButtons(card, session, label);
  drawPairing(card, session, age);
  drawPasskey(part, session, label);
  drawMessages(card, session);
}

function drawPasskey(part, session, label) {
  const asked = session.status === "passkey_required";
  reveal(part("passkey"), asked || session.reason === "passkey", label);
  const code = asked && session.passkey_code;
  put(part("passkey-code"), code || "");
  part("passkey-code-line").hidden = !code;
}

function drawTrouble(part, session, age) {
  const error = session.last_error;
  const words = error ? error.message || error.code.replaceAll("_", " ") : session.detail;
  say(part("trouble-text"), words);
  say(part("trouble-ago"), error && `${span(error.ago_ms + age)} ago`);
  part("trouble").hidden = !words;
}

function drawButtons(card, session, label) {
  const button = (action) => card.querySelector(`[data-action=${action}]`);
  const off = ["stopped", "logged_out", "failed"].includes(session.status);
  const control = may("control") && !silent();
  const unlinked = !session.linked && !["starting", "passkey_required"].includes(session.status);
  const typed = session.pairing && session.pairing.code;
  const start = off || session.status === "reconnecting";
  put(button("start"), startWord(session));
  reveal(button("start"), control && start, label);
  reveal(button("stop"), control && (session.status === "failed" ? session.enabled
    : !["stopped", "logged_out"].includes(session.status)), label);
  reveal(button("pair"), control && unlinked && !typed, label);
  reveal(button("rename"), may("admin"), label);
  reveal(button("restart"), may("control") && session.linked && session.enabled, label);
  reveal(button("logout"), may("control") && session.linked, label);
  reveal(button("delete"), may("admin"), label);
  reveal(button("select"), may("control") && status.sessions.length > 1 && status.access.panel
    && status.selected !== session.id, label);
  const some = card.querySelector(".more button:not([hidden])") !== null;
  reveal(card.querySelector(".more"), some && !silent(), label);
}

function startWord(session) {
  if (session.status === "reconnecting") return "Try now";
  if (session.status === "failed" && session.reason === "qr_exhausted") return "Show a new code";
  return session.status === "failed" && session.retry_in_ms ? "Try now" : "Connect";
}

/** Speaks about accounts that changed their state between two answers. */
function announce(told) {
  if (!status) return;
  for (const session of told.sessions) {
    const before = known(session.id);
    if (!before) speak(`${session.label}: added.`);
    else if (before.status_text !== session.status_text) speak(`${session.label}: ${session.status_text}.`);
  }
}
