// Trouble with deliveries, as a notice for the whole box. What cannot be mended any more (dropped, given
// up) stays away once somebody has seen it, in this browser, until it grows.

const SEEN_KEY = "pairbox-outbox-seen";

/** What was seen, but never more than there is: what grows again after it shrank is news. */
function outboxSeen({ dead, dropped }) {
  let seen = null;
  try {
    seen = JSON.parse(localStorage.getItem(SEEN_KEY));
  } catch {
    // Somebody else wrote there, or nothing may be kept: then nothing was seen.
  }
  if (!seen) return { dead: 0, dropped: 0 };
  const less = { dead: Math.min(seen.dead, dead), dropped: Math.min(seen.dropped, dropped) };
  if (less.dead !== seen.dead || less.dropped !== seen.dropped) keepSeen(less);
  return less;
}

function keepSeen(seen) {
  localStorage.setItem(SEEN_KEY, JSON.stringify(seen));
}

function drawOutbox() {
  const outbox = status.outbox;
  const words = outbox ? outboxWords(outbox, outboxSeen(outbox)) : { all: [] };
  byId("outbox").hidden = words.all.length === 0;
  put(byId("outbox-text"), words.all.join(" "));
  reveal(byId("outbox-look"), may("admin") && words.all.length > 0, byId("accounts"));
  reveal(byId("outbox-seen"), Boolean(words.past), byId("accounts"));
}

function outboxWords(outbox, seen) {
  const all = [];
  if (outbox.failing) {
    all.push(`A program does not answer. ${outbox.pending
      ? `${count(outbox.pending, "delivery waits", "deliveries wait")} and will be tried again.` : ""}`.trim());
  }
  if (outbox.disabled) {
    all.push(`${count(outbox.disabled, "webhook was", "webhooks were")} switched off, because the program said it is gone.`);
  }
  const now = all.length;
  if (outbox.dead > seen.dead) {
    all.push(`${count(outbox.dead, "delivery was", "deliveries were")} given up and can be replayed.`);
  }
  if (outbox.dropped > seen.dropped) {
    all.push(`${count(outbox.dropped, "delivery was", "deliveries were")} dropped, because too much waited for too long.`);
  }
  return { all, past: all.length > now };
}

byId("outbox-look").addEventListener("click", () => {
  byId("webhooks").scrollIntoView({ block: "start" });
  byId("webhooks").focus({ preventScroll: true });
});
byId("outbox-seen").addEventListener("click", () => {
  const { dead, dropped } = status.outbox;
  keepSeen({ dead, dropped });
  byId("accounts").focus();
  draw();
});
