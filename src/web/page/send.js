// A test: one text to one number, and what becomes of it until it arrived or failed.

const TRACK_MS = 1000; // between two looks at the message
let tracked = null; // {session, id} of the message that is followed
let trackTimer = 0;

function openSend(session) {
  open("send", () => sendTest(session));
  put(byId("send-title"), `Send a test from “${session.label}”`);
  follow(null);
  byId("send-to").focus();
}

async function sendTest(session) {
  const to = byId("send-to").value.trim();
  const text = byId("send-text").value;
  if (!to) return { field: byId("send-to"), why: "To which number?" };
  if (!text.trim()) return { field: byId("send-text"), why: "What shall it say?" };
  const outcome = await wish("POST", `sessions/${session.id}/messages`, { to, type: "text", text });
  if (!outcome.ok) {
    follow(null);
    return sendRefusal(outcome);
  }
  const { id, status: reached, warning } = outcome.body;
  follow({ session: session.id, id, status: reached, cold: warning === "cold_send" });
  loadMessages(session.id);
  return STAY;
}

/** In plain words, at the field that can mend it. */
function sendRefusal(outcome) {
  const to = byId("send-to");
  switch (outcome.problem) {
    case "not_on_whatsapp":
    case "bad_recipient":
    case "unknown_recipient":
      return { field: to, why: outcome.why };
    case "bad_text":
      return { field: byId("send-text"), why: outcome.why };
    case "cold_send_blocked":
      return { field: to, why: "This person did not write first, and “Who may write” forbids to write to them then." };
    case "pacing_limited":
      return "This account sends no faster, so that WhatsApp does not block it. "
        + `Try again in ${span(outcome.retryMs || 1000)}.`;
    case "not_working":
      return "The account is not connected. Connect it first.";
    default:
      return placed(outcome, (name) => ({ to, text: byId("send-text") })[name]);
  }
}

function follow(message) {
  clearTimeout(trackTimer);
  tracked = message;
  drawTrack();
  if (message) trackTimer = setTimeout(track, TRACK_MS);
}

async function track() {
  const message = tracked;
  if (!message || !byId("send").open) return;
  const outcome = await wish("GET", `sessions/${message.session}/messages/${encodeURIComponent(message.id)}`);
  if (tracked !== message) return;
  if (outcome.ok) {
    message.status = outcome.body.status;
    message.error = outcome.body.reason;
  }
  drawTrack();
  if (!["read", "failed"].includes(message.status)) trackTimer = setTimeout(track, TRACK_MS);
}

function drawTrack() {
  const track = byId("track");
  const status = tracked?.status;
  const steps = [...track.children];
  const reached = steps.findIndex((step) => step.dataset.step === status);
  track.dataset.state = status || "";
  steps.forEach((step, place) => { step.dataset.reached = String(place <= reached); });
  const text = byId("track-text");
  text.dataset.state = status || "";
  if (!tracked) put(text, "How far it got will be shown here.");
  else if (status === "failed") put(text, failure(tracked.error));
  else put(text, `${PROGRESS[status]?.[2] || ""}${tracked.cold ? " This was the first contact with this person." : ""}`);
}

byId("send").addEventListener("close", () => follow(null));
