// Adding and changing a webhook, and its secret, which is shown once.

const MESSAGE = "message"; // what most programs want to hear of, and nothing else

const FIRST_SECRET = "Every request is signed with it, so that the program can tell that it comes from this box. "
  + "It is shown this once; keep it like a password.";

function openWebhook(webhook) {
  const dialog = open("webhook", () => saveWebhook(webhook));
  put(byId("webhook-title"), webhook ? `Edit “${hookName(webhook)}”` : "Add webhook");
  put(byId("webhook-do"), webhook ? "Save" : "Add");
  byId("webhook-url").value = webhook?.url || "";
  byId("webhook-name").value = webhook?.name || "";
  const events = webhook?.events || [MESSAGE];
  const only = (kind) => events.length === 1 && events[0] === kind;
  choose(dialog, "which", only("*") ? "all" : only(MESSAGE) ? "messages" : "some");
  byId("webhook-events").replaceChildren(...EVENT_GROUPS.map(([title, kinds]) => eventGroup(title, kinds, events)));
  choose(dialog, "whose", webhook?.sessions ? "some" : "all");
  byId("webhook-sessions").replaceChildren(...status.sessions.map((session) =>
    tick("session", session.id, session.label, Boolean(webhook?.sessions?.includes(session.id)))));
  drawWebhookForm();
  dialog.scrollTop = 0;
  byId("webhook-url").focus();
}

function eventGroup(title, kinds, events) {
  const group = make("fieldset");
  const boxes = kinds.map(([kind, words]) => tick("event", kind, words, [kind, "*"].some((one) => events.includes(one))));
  group.append(make("legend", "", title), ...boxes);
  return group;
}

function drawWebhookForm() {
  const form = byId("webhook");
  byId("webhook-events").hidden = chosen(form, "which") !== "some";
  byId("webhook-sessions").hidden = chosen(form, "whose") !== "some";
}

async function saveWebhook(webhook) {
  const dialog = byId("webhook");
  const ticked = (name) => [...dialog.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
  const url = byId("webhook-url").value.trim();
  const which = chosen(dialog, "which");
  const offered = EVENT_GROUPS.flatMap(([, kinds]) => kinds.map(([kind]) => kind));
  // What only the API can choose (as `session.*`) is kept.
  const kept = (webhook?.events || []).filter((one) => one !== "*" && !offered.includes(one));
  const events = { all: ["*"], messages: [MESSAGE] }[which] || [...ticked("event"), ...kept];
  if (events.length === 0) return { field: byId("webhook-which"), why: "It hears of nothing, as it stands." };
  const sessions = chosen(dialog, "whose") === "some" ? ticked("session") : null;
  if (sessions?.length === 0) return { field: byId("webhook-accounts"), why: "Of which accounts?" };
  const body = { url, name: byId("webhook-name").value.trim() || null, events, sessions };
  const outcome = await (webhook ? wish("PATCH", `webhooks/${webhook.id}`, body) : wish("POST", "webhooks", body));
  if (!outcome.ok) {
    return placed(outcome, (name) => ({
      url: byId("webhook-url"),
      name: byId("webhook-name"),
      events: byId("webhook-which"),
      sessions: byId("webhook-accounts"),
    })[name]);
  }
  dialog.close();
  await loadWebhooks();
  if (!webhook) showSecret(outcome.body.secret, `The secret of “${hookName(outcome.body)}”`, FIRST_SECRET);
  return "";
}

function showSecret(secret, title, why) {
  put(byId("secret-title"), title);
  put(byId("secret-why"), why);
  byId("secret-text").value = secret;
  open("secret-made");
  byId("secret-text").select();
}

function openNewSecret(webhook) {
  confirm({
    title: `A new secret for “${hookName(webhook)}”?`,
    text: "For a day, requests are signed with the old one as well, so that the program can be changed in peace. "
      + "Then the old one ends.",
    verb: "Make a new secret",
    danger: false,
  }, async () => {
    const outcome = await wish("PATCH", `webhooks/${webhook.id}`, { rotate_secret: true });
    if (!outcome.ok) return outcome.why;
    byId("confirm").close();
    const title = `The new secret of “${hookName(webhook)}”`;
    showSecret(outcome.body.secret, title, "It is shown this once. The old one is good for another day.");
    return "";
  });
}

byId("add-webhook").addEventListener("click", () => openWebhook(null));
byId("webhook").addEventListener("change", drawWebhookForm);
byId("copy-secret").addEventListener("click", () => copy(byId("secret-text"), byId("copy-secret")));
byId("secret-made").addEventListener("close", () => {
  byId("secret-text").value = "";
  put(byId("copy-secret"), "Copy");
});
