// Adding and changing a webhook, and its secret, which is shown once.

function openWebhook(webhook) {
  const dialog = open("webhook", () => saveWebhook(webhook));
  put(byId("webhook-title"), webhook ? `Edit “${hookName(webhook)}”` : "Add webhook");
  put(byId("webhook-do"), webhook ? "Save" : "Add");
  byId("webhook-url").value = webhook?.url || "";
  byId("webhook-name").value = webhook?.name || "";
  const events = webhook?.events || [MESSAGE_EVENTS];
  choose(dialog, "which", events.length === 1 && events[0] === "*" ? "all" : events.every((one) => one === MESSAGE_EVENTS) ? "messages" : "some");
  byId("webhook-events").replaceChildren(...EVENT_GROUPS.map(([title, kinds]) => eventGroup(title, kinds, events)));
  choose(dialog, "whose", webhook?.sessions ? "some" : "all");
  byId("webhook-sessions").replaceChildren(...status.sessions.map((session) =>
    tick("session", session.id, session.label, Boolean(webhook?.sessions?.includes(session.id)))));
  drawWebhookForm();
  dialog.scrollTop = 0;
  byId("webhook-url").focus();
}

const MESSAGE_EVENTS = "message";

function eventGroup(title, kinds, events) {
  const group = make("fieldset");
  group.append(make("legend", "", title), ...kinds.map(([kind, words]) => tick("event", kind, words, events.includes(kind) || events.includes("*"))));
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
  const kept = (webhook?.events || []).filter((one) => one !== "*" && !EVENT_GROUPS.some(([, kinds]) => kinds.some(([kind]) => kind === one)));
  const events = { all: ["*"], messages: [MESSAGE_EVENTS] }[which] || [...ticked("event"), ...kept];
  if (events.length === 0) return { field: byId("webhook-which"), why: "It hears of nothing, as it stands." };
  const sessions = chosen(dialog, "whose") === "some" ? ticked("session") : null;
  if (sessions?.length === 0) return { field: byId("webhook-accounts"), why: "Of which accounts?" };
  const body = { url, name: byId("webhook-name").value.trim() || null, events, sessions };
  const outcome = webhook ? await wish("PATCH", `webhooks/${webhook.id}`, body) : await wish("POST", "webhooks", body);
  if (!outcome.ok) {
    return placed(outcome, (name) => ({
      url: byId("webhook-url"), name: byId("webhook-name"), events: byId("webhook-which"), sessions: byId("webhook-accounts"),
    })[name]);
  }
  dialog.close();
  await loadWebhooks();
  if (!webhook) showSecret(outcome.body.secret, `The secret of “${hookName(outcome.body)}”`, "Every request is signed with it, so that the program can tell that it comes from this box. It is shown this once; keep it like a password.");
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
    text: "For a day, requests are signed with the old one as well, so that the program can be changed in peace. Then the old one ends.",
    verb: "Make a new secret",
    danger: false,
  }, async () => {
    const outcome = await wish("PATCH", `webhooks/${webhook.id}`, { rotate_secret: true });
    if (!outcome.ok) return outcome.why;
    byId("confirm").close();
    showSecret(outcome.body.secret, `The new secret of “${hookName(webhook)}”`, "It is shown this once. The old one is good for another day.");
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
