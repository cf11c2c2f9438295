// The last messages of an account, in its card. Asked for while they can be seen, and kept by their ids,
// so that a message that gets further changes in its place.

const MESSAGES_MS = 3000; // between two looks
const MESSAGES_FEW = 5; // as many stand in a card
const MESSAGES_MANY = 50; // after "Show more"

const feeds = new Map(); // session id -> {open, at, loading, told, why, rows}

function feedOf(id) {
  if (!feeds.has(id)) feeds.set(id, { open: false, at: -Infinity, loading: false, told: null, why: "", rows: new Map() });
  return feeds.get(id);
}

function drawMessages(card, session) {
  const part = (name) => card.querySelector(`.${name}`);
  const reads = may("read");
  const feed = feedOf(session.id);
  if (!reads) Object.assign(feed, { told: null, why: "", at: -Infinity, open: false });
  const there = session.linked || Boolean(feed.told?.length);
  const heir = part("label");
  reveal(part("messages"), there, heir);
  const acts = there && !silent();
  reveal(card.querySelector("[data-action=send]"), acts && may("send"), heir);
  reveal(card.querySelector("[data-action=policy]"), acts && may("admin"), heir);
  reveal(card.querySelector("[data-action=routes]"), acts && may("admin"), heir);
  say(part("messages-note"), messagesNote(feed, reads));
  drawRows(part("message-list"), session, feed);
  const more = part("messages-more");
  reveal(more, Boolean(feed.told && (feed.open || feed.more)), heir);
  put(more, feed.open ? "Show fewer" : "Show more");
  more.setAttribute("aria-expanded", String(feed.open));
  if (reads && !feed.loading && performance.now() - feed.at > MESSAGES_MS * 0.9 && !silent()
    && (feed.told === null || seen(part("messages")))) loadMessages(session.id);
}

function messagesNote(feed, reads) {
  if (!reads) return "Sign in to see messages.";
  if (feed.told === null) return feed.why || "Asking the box…";
  return feed.told.length === 0 ? "Nothing came in and nothing was sent yet." : "";
}

/** Within sight, or nearly. */
function seen(element) {
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && bottom > -200 && top < innerHeight + 200;
}

async function loadMessages(id) {
  const feed = feedOf(id);
  feed.loading = true;
  feed.at = performance.now();
  const many = feed.open ? MESSAGES_MANY : MESSAGES_FEW;
  // One more than is shown tells whether there are more.
  const outcome = await wish("GET", `sessions/${id}/messages?limit=${many + 1}`);
  feed.loading = false;
  // Signed out meanwhile: then it is not for these eyes.
  if (!may("read") || !known(id)) return;
  if (outcome.ok) {
    feed.more = outcome.body.data.length > many;
    feed.told = outcome.body.data.slice(0, many);
  }
  feed.why = outcome.why;
  const card = cards.get(id);
  if (card) drawMessages(card, known(id));
}

function drawRows(list, session, feed) {
  const told = feed.told || [];
  list.hidden = told.length === 0;
  list.classList.toggle("open", feed.open);
  const names = namesOf(told);
  const keys = told.map((message) => `${message.direction} ${message.chat} ${message.id} ${message.type}`);
  for (const [key, row] of feed.rows) {
    if (keys.includes(key)) continue;
    row.remove();
    feed.rows.delete(key);
  }
  told.forEach((message, place) => {
    if (!feed.rows.has(keys[place])) feed.rows.set(keys[place], messageRow());
    const row = feed.rows.get(keys[place]);
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] || null);
    drawRow(row, message, names);
  });
}

function messageRow() {
  const row = make("li", "message");
  const head = make("p", "message-head");
  head.append(make("span", "unseen"), make("b", "message-who"), make("span", "message-group"));
  const time = make("time", "message-time");
  const text = make("p", "message-text");
  text.dir = "auto";
  row.append(make("span", "message-mark"), head, time, text, make("p", "message-state"));
  row.firstChild.setAttribute("aria-hidden", "true");
  return row;
}

function drawRow(row, message, names) {
  const part = (name) => row.querySelector(`.${name}`);
  const inbound = message.direction === "inbound";
  row.dataset.direction = message.direction;
  put(part("message-mark"), inbound ? "↓" : "↑");
  put(part("unseen"), inbound ? "From " : "To ");
  put(part("message-who"), withWhom(message, names));
  put(part("message-group"), inbound && isGroup(message) ? ` in ${message.group_name || "a group"}` : "");
  part("message-time").dateTime = message.at || "";
  put(part("message-time"), message.at ? moment(message.at) : "");
  const words = messageText(message);
  drawFile(part("message-text"), message, words);
  const state = part("message-state");
  const [mark, word] = inbound ? ["", ""] : PROGRESS[message.status] || ["", message.status];
  state.dataset.state = inbound ? "" : message.status;
  const why = message.status === "failed" ? `: ${failure(message.reason)}` : "";
  put(state, inbound ? "" : `${mark} ${word}${why}`);
}

/** A file is a link: the browser asks the box for it, and keeps it where it keeps what was downloaded. */
function drawFile(element, message, words) {
  const url = message.media?.url;
  const kind = FILES[message.type];
  const title = kind && [kind, message.media?.filename].filter(Boolean).join(" ");
  const caption = kind ? [message.media && size(message.media.size), words].filter(Boolean).join(" · ") : words;
  const drawn = JSON.stringify([url, title, caption]);
  if (element.dataset.drawn === drawn) return;
  element.dataset.drawn = drawn;
  if (!kind) return void put(element, caption);
  const link = make(url ? "a" : "span", "message-file", title);
  if (url) {
    link.href = url;
    link.download = message.media.filename || "";
    link.addEventListener("click", (event) => download(event, link));
  }
  element.replaceChildren(link, caption && ` · ${caption}`);
}

/** With a pasted token, a link alone would be a stranger's: the file is asked for with it. */
async function download(event, link) {
  if (!pasted || link.href.startsWith("blob:")) return;
  event.preventDefault();
  const answer = await ask("GET", link.href, { patience: WISH_MS }).catch(() => null);
  if (!answer?.ok) return void speak("The box does not have this file any more.");
  const file = make("a");
  file.href = URL.createObjectURL(await answer.blob());
  file.download = link.download || "file";
  file.click();
  setTimeout(() => URL.revokeObjectURL(file.href), 60000);
}

function toggleMessages(id) {
  const feed = feedOf(id);
  feed.open = !feed.open;
  if (!feed.open && feed.told) {
    feed.more = feed.told.length > MESSAGES_FEW;
    feed.told = feed.told.slice(0, MESSAGES_FEW);
  }
  drawMessages(cards.get(id), known(id));
  if (feed.open) loadMessages(id);
}
