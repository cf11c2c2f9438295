"use strict";
// The page's words: what states, waits and refusals are called. Pure functions of what the box told;
// nothing here touches the document or the network.

/** Which of four looks a state has. The word on the badge says the same. */
const MOODS = {
  working: "ok", starting: "busy", scan_qr_code: "busy", reconnecting: "busy",
  passkey_required: "bad", failed: "bad", stopped: "off", logged_out: "off",
};

/** States that end by themselves or wait for somebody who stands there: looked at often. */
const MOVING = ["starting", "scan_qr_code", "passkey_required", "reconnecting"];

const STORAGE = {
  full: ["The storage is full.", "Nothing new can be kept until there is room again. Messages wait."],
  read_only: ["The storage takes no writes.", "It is read-only, which is what a worn-out SD card does last. Replace the card."],
  failing: ["The storage fails.", "What happens now may be lost when the box restarts. Look at the SD card."],
};

const RESTORED = ["The storage was damaged and restored.", "Links and settings are there; older messages and what waited are gone. Replace the SD card."];

/** A length of time in words: `42 s`, `5 min`, `3 h 20 min`, `2 d 4 h`. */
function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s}\u00a0s`;
  if (s < 3600) return `${Math.floor(s / 60)}\u00a0min`;
  const [large, one, small, other] = s < 86400
    ? [Math.floor(s / 3600), "h", Math.floor(s % 3600 / 60), "min"]
    : [Math.floor(s / 86400), "d", Math.floor(s % 86400 / 3600), "h"];
  return small ? `${large}\u00a0${one} ${small}\u00a0${other}` : `${large}\u00a0${one}`;
}

/** A length of time that is watched: `1:05`, and `42 s` in its last minute. */
function clock(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return s < 60 ? `${s}\u00a0s` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

/** A moment as this browser's owner writes it. */
function moment(text) {
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

/** Who the account belongs to, as far as the box told us. */
function owner(session) {
  if (!session.phone) return session.push_name || "";
  const number = `+${session.phone}`;
  return session.push_name ? `${session.push_name} · ${number}` : number;
}

/** What a person can do, in a sentence or two. */
function advice(session) {
  if (session.advice) return session.advice;
  switch (session.status) {
    case "reconnecting":
      return "The connection was lost. It comes back by itself.";
    case "passkey_required":
      return "Linking waits for a passkey.";
    case "logged_out":
      return "The phone no longer lists this box among its linked devices. Connect to link it again.";
    case "stopped":
      return session.linked ? "" : "Not linked to a phone yet.";
    case "scan_qr_code":
      return may("read") ? "" : "A phone is being linked.";
    default:
      return "";
  }
}

/** What comes by itself, and when. Changes every second, so it stands apart from what is spoken. */
function nextTry(session, age) {
  const restriction = session.restriction;
  const ms = session.reconnect ? session.reconnect.next_in_ms : session.retry_in_ms;
  const until = restriction && restriction.expires_at ? `Restricted until ${moment(restriction.expires_at)}. ` : "";
  if (ms === null || ms === undefined) return until.trim();
  return until + (ms - age > 500 ? `Next try in ${span(ms - age)}.` : "Trying now.");
}

/** The owner's phone was not seen for long: WhatsApp will unlink the box. */
function silence(session) {
  const silent = session.phone_silent;
  if (!silent) return "";
  const begin = `The phone of this account was offline for ${silent.days} days. `;
  return begin + (silent.urgent
    ? "WhatsApp unlinks this box in about two days: open WhatsApp on the phone now."
    : "After about 14, WhatsApp unlinks this box. Open WhatsApp on the phone.");
}

/** Since when, relative and, where the box knows the time, absolute. */
function since(session, age) {
  const long = `${session.status === "working" ? "Connected for" : "For"} ${span(session.since_ms + age)}`;
  return session.since ? `${long}, since ${moment(session.since)}` : long;
}

/** What is said when a request did not even get an answer. */
const NO_ANSWER = "The box did not answer. Nothing may have happened.";
