// Dialogs about accounts, and what all dialogs share: how they open, close, wait for the box and show
// its refusals. Updates of the page behind them do not touch them.

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) dialog.close();
  });
}

/** What `work` answers when all is well and the dialog stays open. */
const STAY = Symbol("stay");

/**
 * Opens a dialog with an empty form; `work` answers with a refusal to show, `{field, why}` if it belongs to
 * a field, or nothing when done.
 */
function open(id, work) {
  const dialog = byId(id);
  const form = dialog.querySelector("form");
  forgiveAll(dialog);
  if (form) {
    form.reset();
    form.onsubmit = (event) => {
      event.preventDefault();
      submit(dialog, work);
    };
  }
  refuse(dialog, "");
  dialog.showModal();
  return dialog;
}

function refuse(dialog, why) {
  const refusal = dialog.querySelector(".refusal[role=alert]");
  if (refusal) say(refusal, why);
}

async function submit(dialog, work) {
  const button = dialog.querySelector("[type=submit]");
  if (button.disabled) return;
  button.disabled = true;
  dialog.setAttribute("aria-busy", "true");
  refuse(dialog, "");
  forgiveAll(dialog);
  const why = await work(dialog);
  button.disabled = false;
  dialog.removeAttribute("aria-busy");
  if (!dialog.open) return;
  if (why === STAY) {
    // A disabled button loses the focus.
    button.focus();
  } else if (why?.field) {
    blame(why.field, why.why);
    // A group of choices has none itself: the one that is chosen.
    const at = why.field.querySelector("input:checked") || why.field;
    at.focus({ preventScroll: true });
    at.scrollIntoView({ block: "center" });
  } else if (why) {
    refuse(dialog, why);
    // Where it can be mended.
    const field = [...dialog.querySelectorAll("input")].find((input) => input.checkVisibility() && !input.disabled);
    (field || button).focus();
  } else {
    dialog.close();
  }
}

/** Asks before something that cannot be taken back. The way out has the focus. */
function confirm({ title, text, verb, danger = true }, work) {
  const dialog = open("confirm", work);
  put(byId("confirm-title"), title);
  put(byId("confirm-text"), text);
  const button = byId("confirm-do");
  put(button, verb);
  button.className = danger ? "danger" : "primary";
  dialog.querySelector("[data-close]").focus();
}

/** Where the focus goes when what had opened a dialog is gone. */
function focusCard(id) {
  const card = cards.get(id);
  if (card) card.querySelector(".label").focus();
}

function openLogout(session) {
  confirm({
    title: `Log out “${session.label}”?`,
    text: "The box disappears from the phone's linked devices, and its keys are wiped. Name and settings stay. To use it again, a phone has to be linked anew.",
    verb: "Log out",
  }, async () => {
    const outcome = await wish("POST", `sessions/${session.id}/logout`);
    if (!outcome.ok) return outcome.why;
    await poll();
    byId("confirm").close();
    focusCard(session.id);
    return "";
  });
}

function openDelete(session) {
  confirm({
    title: `Delete “${session.label}”?`,
    text: session.linked
      ? "The account is unlinked from the phone, and everything this box keeps of it is wiped. The chats on the phone stay."
      : "Everything this box keeps of this account is wiped.",
    verb: "Delete",
  }, async () => {
    const outcome = await wish("DELETE", `sessions/${session.id}`);
    if (!outcome.ok && outcome.code !== 404) return outcome.why;
    await poll();
    byId("confirm").close();
    byId("accounts").focus();
    speak(`${session.label}: deleted.`);
    return "";
  });
}

function openRename(session) {
  const before = session.country_prefix ? `+${session.country_prefix}` : "";
  const dialog = open("rename", async () => {
    const label = byId("rename-label").value.trim();
    const prefix = byId("rename-prefix").value.trim();
    if (!label) return "An account needs a name.";
    const change = {};
    if (label !== session.label) change.label = label;
    if (prefix !== before) change.country_prefix = prefix || null;
    if (Object.keys(change).length === 0) return "";
    const outcome = await wish("PATCH", `sessions/${session.id}`, change);
    if (outcome.ok) await poll();
    return outcome.why;
  });
  put(byId("rename-title"), `Rename “${session.label}”`);
  byId("rename-label").value = session.label;
  byId("rename-prefix").value = before;
  byId("rename-label").select();
  return dialog;
}

function openPair(session) {
  open("pair", async (dialog) => {
    const phone = byId("pair-phone").value.trim();
    if (!phone) return "Which number does the phone have?";
    const outcome = await wish("POST", `sessions/${session.id}/pairing-code`, { phone });
    if (!outcome.ok) return outcome.why;
    await poll();
    dialog.close();
    focusCard(session.id);
    return "";
  });
  byId("pair-phone").focus();
}

function openAdd() {
  open("add-account", async (dialog) => {
    const form = dialog.querySelector("form");
    const way = form.way.value;
    const body = { start: way === "qr" };
    const label = byId("add-label").value.trim();
    const phone = byId("add-phone").value.trim();
    if (label) body.label = label;
    if (way === "code") {
      if (!phone) return "Which number does the phone have?";
      body.phone = phone;
      body.start = true;
    }
    const outcome = await wish("POST", "sessions", body);
    if (!outcome.ok) return outcome.why;
    await poll();
    dialog.close();
    const card = cards.get(outcome.body.id);
    if (card) {
      card.scrollIntoView({ block: "nearest" });
      card.querySelector(".label").focus();
    }
    return "";
  });
  addWay();
  byId("add-label").focus();
}

function addWay() {
  const form = byId("add-account").querySelector("form");
  byId("add-by-code").hidden = form.way.value !== "code";
}

byId("add").addEventListener("click", openAdd);
byId("add-account").addEventListener("change", addWay);
