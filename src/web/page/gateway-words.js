// The words of messages, webhooks and outboxes. Pure functions of what the box told, as `words.js`.

/** How far a message is: mark, word, and what it means in a sentence. In the order in which they come. */
const PROGRESS = {
  queued: ["…", "Queued", "It waits for its turn or for the connection."],
  sent: ["✓", "Sent", "WhatsApp has it. The other phone does not have it yet."],
  delivered: ["✓✓", "Delivered", "It is on the other phone."],
  read: ["✓✓", "Read", "They have seen it."],
  failed: ["✕", "Failed", "It will not arrive."],
};

/** Why a message failed. */
const FAILURES = {
  expired: "It could not be sent in time.",
  not_on_whatsapp: "Nobody with this number is on WhatsApp.",
  refused: "WhatsApp refused it.",
  cold_refused: "WhatsApp refused it: this person has to write first.",
  paced: "WhatsApp says that too much was sent.",
  media_lost: "The file is gone.",
  logged_out: "The account was unlinked.",
  restored: "It waited when the box was backed up; after a restore it is not sent again.",
};

/** Messages that carry a file. */
const FILES = {
  image: "Photo", video: "Video", audio: "Audio", voice: "Voice message", document: "Document", sticker: "Sticker",
};

/** A number of bytes: `640 B`, `12 kB`, `3.4 MB`. */
function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1000) return `${bytes}\u00a0B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)}\u00a0kB` : `${(bytes / 1e6).toFixed(1)}\u00a0MB`;
}

/** So many of something: `1 delivery`, `3 deliveries`. */
function count(number, one, more) {
  return `${number.toLocaleString()} ${number === 1 ? one : more}`;
}

/** The address of a person or group, as people write it. */
function address(jid) {
  const [user, server] = String(jid || "").split("@");
  if (server === "g.us") return "a group";
  if (server === "lid") return "somebody whose number is hidden";
  return /^\d+$/.test(user) ? `+${user}` : user;
}

/** With whom: the name where there is one. `names` are those that people of this list gave themselves. */
function withWhom(message, names) {
  if (message.direction === "inbound") return message.name || address(message.from || message.chat);
  return message.group_name || names.get(message.chat) || address(message.chat);
}

function isGroup(message) {
  return message.chat.endsWith("@g.us");
}

/** Chat to name, of those who wrote. */
function namesOf(messages) {
  const wrote = messages.filter((one) => one.direction === "inbound");
  return new Map(wrote.map((one) => [one.chat, isGroup(one) ? one.group_name : one.name]));
}

/** What stands in the line of a message that is no file. */
function messageText(message) {
  switch (message.type) {
    case "reaction": return message.text ? `Reacted with ${message.text}` : "Took a reaction back";
    case "edit": return `Edited: ${message.text || ""}`;
    case "revoke": return "Took a message back";
    case "location": return `Location: ${place(message.location || {})}`;
    case "contact": return `Contact: ${(message.contacts || []).map((card) => card.name).filter(Boolean).join(", ")}`;
    case "other": return "Something this box has no word for";
    default: return message.text || "";
  }
}

function place({ name, address: where, latitude, longitude }) {
  return [name, where].filter(Boolean).join(", ") || `${latitude}, ${longitude}`;
}

/** Why a message failed, in words. */
function failure(code) {
  return FAILURES[code] || (code ? `It failed: ${code.replaceAll("_", " ")}.` : PROGRESS.failed[2]);
}

/** What a program may hear of, by what it is about. */
const EVENT_GROUPS = [
  ["Messages", [
    ["message", "a message came in"],
    ["message.reaction", "a reaction"],
    ["message.edited", "a message was edited"],
    ["message.revoked", "a message was taken back"],
  ]],
  ["What was sent", [
    ["message.ack", "it got further: sent, delivered, read"],
    ["message.failed", "it failed"],
  ]],
  ["People and groups", [
    ["pairing.request", "somebody waits for approval"],
    ["policy.denied", "a message was refused"],
    ["group.update", "a group changed"],
  ]],
  ["The box", [
    ["session.status", "an account changed its state"],
    ["webhook.disabled", "a webhook was switched off"],
    ["device.button", "a button was pressed"],
  ]],
];

/** The kinds a webhook hears, in short. */
function hears(events) {
  if (events.includes("*")) return "everything";
  if (events.length === 0) return "nothing";
  if (events.length === 1 && events[0] === "message") return "incoming messages";
  return events.length > 3 ? `${events.length} kinds of events` : events.join(", ");
}
