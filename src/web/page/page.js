
"use strict";
// The page asks for the status once a second. Nothing is kept here but the last answer: what is
// shown is always a function of it and of the time since it came.

const POLL_MS = 1000; // between two questions
const PATIENCE_MS = 4000; // for one answer
const SILENT_AFTER_MS = 5000; // then the page says that the box is silent
const WISH_MS = 3000; // for a wish to show its effect
const PANEL_IDLE_MS = 10000; // how old the panel's picture may be when nothing moves

const MOODS = {
  working: "ok", starting: "busy", scan_qr_code: "busy", reconnecting: "busy",
  passkey_required: "bad", failed: "bad", stopped: "off", logged_out: "off",
};

const byId = (id) => document.getElementById(id);
const cards = new Map(); // session id -> element
let status = null; // the last answer
let statusAt = 0; // when it came
let heardAt = performance.now();
let tag = "";
let panelAt = -Infinity;
let timer = 0;

/** Sets a text only when it differs, so that screen readers speak about changes alone. */
function say(element, text) {
  element.hidden = !text;
  if (element.textContent !== (text || "")) element.textContent = text || "";
}

function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

async function poll() {
  try {
    const answer = await fetch("/api/v1/status", {
      headers: tag ? { "If-None-Match": tag } : {},
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status === 200) {
      status = await answer.json();
      statusAt = performance.now();
      tag = answer.headers.get("ETag") || "";
      panelAt = -Infinity;
      for (const card of cards.values()) card.dataset.waiting = "";
    }
    if (answer.ok || answer.status === 304) heardAt = performance.now();
  } catch {
    // Silence: `draw` tells how long it lasts.
  }
  draw();
  // Somebody else may have asked meanwhile: there is one next time, not two.
  clearTimeout(timer);
  timer = setTimeout(poll, POLL_MS);
}

async function act(card, id, action) {
  if (card.dataset.waiting) return;
  card.dataset.waiting = action;
  say(card.querySelector(".refusal"), "");
  draw();
  try {
    const answer = await fetch(`/api/v1/sessions/${id}/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status !== 202) card.dataset.waiting = "";
    // A wish that changes nothing must not leave dead buttons behind.
    else setTimeout(() => { card.dataset.waiting = ""; }, WISH_MS);
    if (!answer.ok) say(card.querySelector(".refusal"), (await answer.json()).detail);
  } catch {
    card.dataset.waiting = "";
    say(card.querySelector(".refusal"), "The box did not answer. Nothing may have happened.");
  }
  poll();
}

function draw() {
  const now = performance.now();
  const silent = now - heardAt > SILENT_AFTER_MS;
  document.body.classList.toggle("silent", silent);
  byId("line").dataset.state = silent ? "silent" : status ? "live" : "waiting";
  byId("line-text").textContent = silent ? "No answer" : status ? "Live" : "Connecting to the box…";
  say(byId("silence"), silent && (status
    ? "The box has stopped answering. What you see below may be out of date; this page keeps trying."
    : "The box does not answer. This page keeps trying."));
  if (!status) return;
  const age = now - statusAt;
  byId("restricted").hidden = status.access === "full";
  byId("version").textContent = `pairbox ${status.version}`;
  drawCards(age, silent);
  drawPanel(now, silent);
  const current = status.sessions.find((session) => session.id === status.selected);
  document.title = silent ? "No answer · pairbox"
    : current ? `${current.status_text} · ${current.label} · pairbox` : "pairbox";
}

function drawCards(age, silent) {
  for (const [id, card] of cards) {
    if (!status.sessions.some((session) => session.id === id)) {
      card.remove();
      cards.delete(id);
    }
  }
  for (const session of status.sessions) {
    if (!cards.has(session.id)) cards.set(session.id, newCard(session.id));
    drawCard(cards.get(session.id), session, age, silent);
  }
}

function newCard(id) {
  const card = byId("card").content.cloneNode(true).querySelector(".card");
  const title = card.querySelector(".label");
  title.id = `label-${id}`;
  card.setAttribute("aria-labelledby", title.id);
  for (const button of card.querySelectorAll("button")) {
    button.setAttribute("aria-describedby", title.id);
    button.addEventListener("click", () => act(card, id, button.dataset.action));
  }
  const qr = card.querySelector(".qr");
  qr.addEventListener("load", () => { showQr(card, true); fitDots(qr); });
  qr.addEventListener("error", () => showQr(card, false));
  byId("cards").append(card);
  return card;
}

function drawCard(card, session, age, silent) {
  const part = (name) => card.querySelector(`.${name}`);
  card.dataset.mood = MOODS[session.status] || "busy";
  card.dataset.status = session.status;
  say(part("label"), session.label);
  say(part("badge-text"), session.status_text);
  say(part("who"), session.phone_last4 && session.status !== "logged_out"
    && `${session.push_name ? `${session.push_name}, number` : "Number"} ending in ${session.phone_last4}`);
  say(part("advice-text"), advice(session));
  say(part("advice-next"), nextTry(session, age));
  const error = session.last_error;
  say(part("trouble-text"), error && (error.message || error.code));
  say(part("trouble-ago"), error && `${span(error.ago_ms + age)} ago`);
  part("trouble").hidden = !error;
  say(part("since"), `For ${span(session.since_ms + age)}`
    + (session.since ? `, since ${new Date(session.since).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}` : ""));
  part("buttons").hidden = status.access !== "full";
  enable(card, "start", !silent && canConnect(session));
  enable(card, "stop", !silent && canDisconnect(session));
  drawPairing(card, session, age, silent);
}

/** A button that loses its meaning under the keyboard leaves the focus at its card. */
function enable(card, action, meaningful) {
  const button = card.querySelector(`[data-action=${action}]`);
  const focused = document.activeElement === button;
  button.disabled = !meaningful;
  if (focused && !meaningful) card.querySelector(".label").focus();
}

function canConnect(session) {
  return !["working", "starting", "scan_qr_code"].includes(session.status);
}

function canDisconnect(session) {
  if (session.status === "failed") return session.enabled;
  return !["stopped", "logged_out"].includes(session.status);
}

function advice(session) {
  switch (session.status) {
    case "failed":
      return session.advice;
    case "reconnecting":
      return "The connection was lost and comes back by itself.";
    case "starting":
      return session.detail;
    case "passkey_required":
      return "WhatsApp asks for a passkey. Follow the phone.";
    case "logged_out":
      return "This box was removed from the phone's linked devices. Connect to pair it again.";
    case "stopped":
      return session.linked ? null : "Not linked yet. Connect to get a QR code.";
    default:
      return null;
  }
}

/** Changes every second, so it stands apart from what screen readers are told. */
function nextTry(session, age) {
  const ms = session.reconnect ? session.reconnect.next_in_ms : session.retry_in_ms;
  if (ms === null) return null;
  return ms - age > 500 ? `Next try in ${span(ms - age)}.` : "Trying now.";
}

function drawPairing(card, session, age, silent) {
  const pairing = session.pairing;
  const box = card.querySelector(".pairing");
  const qr = card.querySelector(".qr");
  box.hidden = !pairing || status.access !== "full" || silent;
  card.querySelector(".steps").hidden = box.hidden;
  if (box.hidden) {
    // A code is a credential: it does not stay in the page.
    qr.removeAttribute("src");
    showQr(card, false);
    return;
  }
  const left = Math.max(0, pairing.expires_in_ms - age);
  const source = `/api/v1/sessions/${session.id}/qr?seq=${pairing.seq}&status=${status.seq}`;
  if (left > 0 && qr.dataset.code !== `${pairing.seq}`) {
    qr.dataset.code = `${pairing.seq}`;
    qr.src = source;
  }
  if (left === 0) showQr(card, false);
  card.querySelector(".countdown-bar").style.transform = `scaleX(${left / pairing.lifetime_ms})`;
  card.querySelector(".countdown-text").textContent = left > 0
    ? `New code in ${Math.ceil(left / 1000)} s` : "Waiting for the next code";
}

function showQr(card, there) {
  const qr = card.querySelector(".qr");
  if (!there) delete qr.dataset.code;
  qr.hidden = !there;
  card.querySelector(".no-qr").hidden = there;
}

/** Gives every dot of a picture the same number of device pixels, where there is room for two. */
function fitDots(picture) {
  picture.style.width = "";
  const scale = Math.floor(picture.clientWidth * devicePixelRatio / picture.naturalWidth);
  if (scale >= 2) picture.style.width = `${scale * picture.naturalWidth / devicePixelRatio}px`;
}

function drawPanel(now, silent) {
  const { panel } = status;
  const visible = status.access === "full" && !silent && panel.status !== "headless" && panel.width;
  byId("panel").hidden = !visible;
  if (!visible) return;
  const glass = byId("glass");
  glass.style.aspectRatio = `${panel.width} / ${panel.height}`;
  say(byId("panel-note"), panel.status === "lost"
    && `The panel does not answer and is tried again. This is what it would show. ${panel.why || ""}`);
  const moves = status.hold || status.sessions.some((session) => MOODS[session.status] === "busy");
  if (now - panelAt >= (moves ? POLL_MS * 0.9 : PANEL_IDLE_MS)) {
    panelAt = now;
    glass.src = `/panel.png?at=${Math.round(now)}`;
  }
}

byId("glass").addEventListener("load", (event) => fitDots(event.target));
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
poll();
