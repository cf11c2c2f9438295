// Deliveries of a webhook: what was given up, why, and trying it again; and what still waits.

const DELIVERIES_MAX = 50; // as many of a kind are listed
const DELIVERIES_MS = 3000; // between two looks while the dialog is open

let deliveriesOf = null; // the webhook, while the dialog is open

async function openDeliveries(webhook) {
  deliveriesOf = webhook;
  open("deliveries");
  put(byId("deliveries-title"), `Deliveries to “${hookName(webhook)}”`);
  put(byId("deliveries-text"), "");
  byId("delivery-list").replaceChildren(make("li", "note", "Asking the box…"));
  byId("replay-all").hidden = true;
  await listDeliveries();
}

async function listDeliveries() {
  const { id } = deliveriesOf;
  const [dead, pending] = await Promise.all(["dead", "pending"].map((kind) =>
    wish("GET", `webhooks/${id}/deliveries?status=${kind}&limit=${DELIVERIES_MAX}`)));
  if (deliveriesOf?.id !== id) return;
  refuse(byId("deliveries"), dead.why || pending.why);
  if (!dead.ok || !pending.ok) return;
  const rows = [...dead.body.data, ...pending.body.data].map(deliveryRow);
  if (rows.length === 0) rows.push(make("li", "note", "Nothing waits, and nothing was given up."));
  byId("delivery-list").replaceChildren(...rows);
  const given = dead.body.data.length;
  const many = (list) => `${list.data.length}${list.next_cursor ? " or more" : ""}`;
  put(byId("deliveries-text"), [
    given && `${many(dead.body)} given up: waiting for you.`,
    pending.body.data.length && `${many(pending.body)} waiting: tried again without you.`,
  ].filter(Boolean).join(" "));
  reveal(byId("replay-all"), given > 1, byId("deliveries-title"));
}

function deliveryRow(delivery) {
  const dead = delivery.status === "dead";
  const row = make("li", "delivery");
  const words = make("div", "delivery-words");
  const name = make("p", "delivery-name", delivery.event);
  name.id = `delivery-${delivery.id}`;
  if (dead) name.append(" ", make("span", "mark bad", "given up"));
  const from = delivery.session ? known(delivery.session)?.label || "a deleted account" : "the box";
  const when = delivery.queued_at ? moment(delivery.queued_at) : "";
  const tries = count(delivery.attempts, "attempt", "attempts");
  words.append(name, make("p", "note", [from, when, tries].filter(Boolean).join(" · ")));
  if (delivery.last_error) words.append(make("p", "delivery-error", deliveryError(delivery.last_error)));
  const next = !dead && delivery.attempts > 0 && delivery.next_at;
  if (next) words.append(make("p", "note", `Next try ${moment(next)}`));
  row.append(words);
  if (!dead) return row;
  const button = make("button", "quiet", "Replay");
  button.type = "button";
  button.setAttribute("aria-describedby", name.id);
  button.addEventListener("click", () => replayOne(delivery.id, button));
  row.append(button);
  return row;
}

/** The box's technical words, and plain ones where there are some. */
function deliveryError(error) {
  const words = String(error || "no answer");
  const status = /\b([345]\d\d)\b/.exec(words)?.[1];
  const plain = status === "404" ? "nothing is at this address"
    : status === "401" || status === "403" ? "the program does not let the box in"
      : status && status[0] === "5" ? "the program has trouble of its own"
        : /refused/i.test(words) ? "nobody listens at this address"
          : /timed? ?out|timeout/i.test(words) ? "no answer came in time"
            : /dns|resolve|lookup|name/i.test(words) ? "the name of the host is not known" : "";
  return plain ? `${words} – ${plain}` : words;
}

/** What gets through goes away by itself, unless somebody has the focus in the list. */
function refreshDeliveries() {
  const dialog = byId("deliveries");
  const busy = byId("replay-all").disabled || byId("delivery-list").contains(document.activeElement);
  if (deliveriesOf && dialog.open && !busy && !document.hidden) listDeliveries();
}

async function replayOne(id, button) {
  button.disabled = true;
  const outcome = await wish("POST", `webhooks/${deliveriesOf.id}/deliveries/${id}/replay`);
  byId("deliveries-title").focus();
  await afterReplay(outcome, "It is tried again now.");
}

async function replayAll() {
  const button = byId("replay-all");
  button.disabled = true;
  const outcome = await wish("POST", `webhooks/${deliveriesOf.id}/replay`);
  button.disabled = false;
  byId("deliveries-title").focus();
  const many = outcome.body?.replayed ?? 0;
  await afterReplay(outcome, `${count(many, "delivery is", "deliveries are")} tried again now.`);
}

async function afterReplay(outcome, words) {
  // Somebody else may have been quicker.
  const done = outcome.ok || outcome.code === 404;
  if (done) speak(words);
  if (deliveriesOf) await listDeliveries();
  if (!done) refuse(byId("deliveries"), outcome.why);
  loadWebhooks();
}

setInterval(refreshDeliveries, DELIVERIES_MS);
byId("replay-all").addEventListener("click", replayAll);
byId("deliveries").addEventListener("close", () => { deliveriesOf = null; });
