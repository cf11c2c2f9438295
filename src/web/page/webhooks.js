// Webhooks: what is told to whom, and how it goes. Asked for while they can be seen; those who may only
// look see no paths and no buttons, and tokens for some accounts see none at all.

const WEBHOOKS_MS = 4000; // between two looks
const BEHIND_MS = 60000; // what waits longer than this waits for the program
const TEST_TRIES = 60; // looks at what became of a test, one a second

const hooks = new Map(); // webhook id -> row
let webhooks = null; // the last answer
let webhooksAt = -Infinity;
let webhooksLoading = false;
let webhooksRefused = false; // a token for some accounts is not for webhooks

function drawWebhooks() {
  const section = byId("webhooks");
  const there = may("read") && !webhooksRefused;
  reveal(section, there, byId("accounts"));
  if (!may("read")) {
    showWebhooks([]);
    webhooks = null;
    webhooksAt = -Infinity;
    webhooksRefused = false;
  }
  if (!there) return;
  reveal(byId("add-webhook"), may("admin") && !silent(), byId("webhooks"));
  const due = performance.now() - webhooksAt > WEBHOOKS_MS * 0.9;
  if (due && !webhooksLoading && !silent() && (!webhooks || seen(section))) loadWebhooks();
  for (const webhook of webhooks || []) drawHook(hooks.get(webhook.id), webhook);
}

async function loadWebhooks() {
  webhooksLoading = true;
  webhooksAt = performance.now();
  const outcome = await wish("GET", "webhooks");
  webhooksLoading = false;
  if (!may("read")) return;
  webhooksRefused = outcome.code === 403;
  say(byId("webhooks-refusal"), outcome.why);
  if (outcome.ok) showWebhooks(outcome.body.data);
}

function showWebhooks(told) {
  webhooks = told;
  const list = byId("hooks");
  for (const [id, row] of hooks) {
    if (told.some((one) => one.id === id)) continue;
    if (row.contains(document.activeElement)) byId("webhooks").focus();
    row.remove();
    hooks.delete(id);
  }
  told.forEach((webhook, place) => {
    if (!hooks.has(webhook.id)) hooks.set(webhook.id, newHook(webhook.id));
    const row = hooks.get(webhook.id);
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] || null);
    drawHook(row, webhook);
  });
}

function newHook(id) {
  const row = byId("hook").content.cloneNode(true).querySelector(".hook");
  const name = row.querySelector(".hook-name");
  name.id = `hook-${id}`;
  row.querySelector(".more").setAttribute("aria-labelledby", name.id);
  for (const button of row.querySelectorAll("button")) {
    button.setAttribute("aria-describedby", name.id);
    button.addEventListener("click", () => pressHook(row, id, button.dataset.hook));
  }
  return row;
}

/** What people call it, else where it is. */
function hookName(webhook) {
  return webhook.name || webhook.url.replace(/^https?:\/\//, "").replace(/[/?].*$/, "");
}

function drawHook(row, webhook) {
  const part = (name) => row.querySelector(`.${name}`);
  const fact = (name, text) => put(row.querySelector(`[data-fact=${name}]`), text);
  const queue = webhook.queue || {};
  const [mood, word] = hookMood(webhook, queue);
  row.dataset.mood = mood;
  put(part("hook-name"), hookName(webhook));
  put(part("badge-text"), word);
  put(part("hook-url"), webhook.url);
  const whose = webhook.sessions?.map((id) => known(id)?.label || "a deleted account").join(", ");
  put(part("hook-hears"), `Hears ${hears(webhook.events)} · ${whose || "all accounts"}`);
  say(part("warning"), hookWarning(webhook, queue));
  fact("pending", (queue.pending || 0).toLocaleString());
  fact("oldest", queue.oldest_at ? `${span(Date.now() - Date.parse(queue.oldest_at))}` : "–");
  fact("dead", (queue.dead || 0).toLocaleString());
  fact("dropped", (queue.dropped || 0).toLocaleString());
  row.querySelector("[data-fact=dead]").parentElement.dataset.bad = String(queue.dead > 0);
  row.querySelector("[data-fact=dropped]").parentElement.dataset.bad = String(queue.dropped > 0);
  put(row.querySelector("[data-hook=switch]"), webhook.enabled ? "Switch off" : "Switch on");
  reveal(part("more"), may("admin") && !silent(), part("hook-name"));
}

function hookMood(webhook, queue) {
  if (!webhook.enabled) return webhook.disabled_reason ? ["bad", "Switched off"] : ["off", "Off"];
  if (queue.pending && Date.now() - Date.parse(queue.oldest_at) > BEHIND_MS) return ["bad", "Behind"];
  return queue.pending ? ["busy", "Delivering"] : ["ok", "On"];
}

function hookWarning(webhook, queue) {
  if (!webhook.enabled && webhook.disabled_reason) {
    return webhook.disabled_reason === "gone"
      ? "The program answered that it is gone for good (410). What comes in waits. Switch it on when it is back."
      : `The box switched it off: ${webhook.disabled_reason.replaceAll("_", " ")}.`;
  }
  return queue.dropped ? "Too much waited for too long: the oldest deliveries were dropped, and are lost for this program." : "";
}

function webhookKnown(id) {
  return webhooks?.find((webhook) => webhook.id === id);
}

function pressHook(row, id, deed) {
  const webhook = webhookKnown(id);
  if (!webhook || row.dataset.waiting) return;
  switch (deed) {
    case "deliveries": openDeliveries(webhook); break;
    case "edit": openWebhook(webhook); break;
    case "test": testHook(row, webhook); break;
    case "secret": openNewSecret(webhook); break;
    case "switch": switchHook(row, webhook); break;
    default: openDeleteHook(webhook);
  }
}

/** While the box works on a wish for a row, its buttons wait. */
async function during(row, work) {
  row.dataset.waiting = "true";
  row.setAttribute("aria-busy", "true");
  say(row.querySelector(".refusal"), "");
  const outcome = await work();
  delete row.dataset.waiting;
  row.removeAttribute("aria-busy");
  say(row.querySelector(".refusal"), outcome.why);
  return outcome;
}

/** A test goes the way of every event; what became of it is seen by whether it still waits. */
async function testHook(row, webhook) {
  const tell = (state, words) => {
    row.querySelector(".hook-result").dataset.state = state;
    put(row.querySelector(".hook-result"), words);
  };
  tell("", "A test is on its way…");
  const outcome = await during(row, () => wish("POST", `webhooks/${webhook.id}/test`));
  if (!outcome.ok) return tell("", "");
  const { event } = outcome.body;
  row.dataset.test = event; // another press ends following this one
  for (let look = 0; look < TEST_TRIES && row.dataset.test === event; look += 1) {
    const waits = await waiting(webhook.id, event);
    if (waits === undefined) return tell("ok", "The test arrived.");
    if (waits?.status === "dead") return tell("bad", `The test was refused: ${deliveryError(waits.last_error)}.`);
    if (waits?.attempts) tell("bad", `The test did not arrive: ${deliveryError(waits.last_error)}. It is tried again.`);
    await new Promise((done) => setTimeout(done, 1000));
  }
  return undefined;
}

/** The delivery of this event; undefined when it does not wait any more, null when nobody knows. */
async function waiting(id, event) {
  let cursor = "";
  do {
    const outcome = await wish("GET", `webhooks/${id}/deliveries?limit=200${cursor}`);
    if (!outcome.ok) return null;
    const found = outcome.body.data.find((one) => one.event_id === event);
    if (found) return found;
    cursor = outcome.body.next_cursor && `&cursor=${encodeURIComponent(outcome.body.next_cursor)}`;
  } while (cursor);
  return undefined;
}

async function switchHook(row, webhook) {
  const enabled = !webhook.enabled;
  const outcome = await during(row, () => wish("PATCH", `webhooks/${webhook.id}`, { enabled }));
  await loadWebhooks();
  if (outcome.ok) speak(`${hookName(webhook)} is ${enabled ? "on" : "off"}.`);
}

function openDeleteHook(webhook) {
  const waits = webhook.queue?.pending || 0;
  confirm({
    title: `Delete “${hookName(webhook)}”?`,
    text: [
      "It hears nothing any more.",
      waits && `${count(waits, "delivery that waits is", "deliveries that wait are")} lost.`,
      "Routes that lead to it lead nowhere.",
    ].filter(Boolean).join(" "),
    verb: "Delete",
  }, async () => {
    const outcome = await wish("DELETE", `webhooks/${webhook.id}`);
    if (!outcome.ok && outcome.code !== 404) return outcome.why;
    await loadWebhooks();
    byId("confirm").close();
    byId("webhooks").focus();
    speak(`${hookName(webhook)}: deleted.`);
    return "";
  });
}
