// Access tokens: who has one, taking one back, making one. For administrators.

async function openTokens() {
  open("tokens");
  byId("token-list").replaceChildren(make("li", "note", "Asking the box…"));
  await listTokens();
}

async function listTokens() {
  const outcome = await wish("GET", "tokens");
  refuse(byId("tokens"), outcome.why);
  if (!outcome.ok) return;
  byId("token-list").replaceChildren(...outcome.body.data.map(tokenRow));
  if (outcome.body.data.length === 0) byId("token-list").append(make("li", "note", "There are none."));
}

function tokenRow(token) {
  const row = make("li", "token");
  const words = make("div", "token-words");
  const name = make("p", "token-name", token.name || token.id);
  name.id = `name-${token.id}`;
  if (token.own) name.append(" ", make("span", "mark", "this browser"));
  words.append(name, make("p", "note", allowed(token)), make("p", "note", lives(token)));
  const button = make("button", "quiet", "Take back");
  button.type = "button";
  button.setAttribute("aria-describedby", name.id);
  button.addEventListener("click", () => revoke(token));
  row.append(words, button);
  return row;
}

function allowed(token) {
  const accounts = token.sessions
    ? token.sessions.map((id) => known(id)?.label || "a deleted account").join(", ")
    : "all accounts";
  return `${token.scopes.join(", ")} · ${accounts}`;
}

function lives(token) {
  const made = token.created_at ? `made ${moment(token.created_at)}` : "";
  const ends = token.until_restart ? "ends when the box restarts"
    : token.expires_at ? `ends ${moment(token.expires_at)}` : "does not end";
  return [made, ends].filter(Boolean).join(" · ");
}

function revoke(token) {
  confirm({
    title: `Take back “${token.name || token.id}”?`,
    text: "Whoever uses this token loses access at once.",
    verb: "Take back",
  }, async () => {
    const outcome = await wish("DELETE", `tokens/${token.id}`);
    if (!outcome.ok && outcome.code !== 404) return outcome.why;
    byId("confirm").close();
    await poll();
    // It may have been our own.
    if (may("admin")) await listTokens();
    else byId("tokens").close();
    byId("make-token").focus();
    return "";
  });
}

function openTokenForm() {
  const some = byId("token-some");
  some.replaceChildren(...status.sessions.map((session) => {
    const label = make("label", "choice");
    const box = make("input");
    Object.assign(box, { type: "checkbox", name: "session", value: session.id });
    label.append(box, ` ${session.label}`);
    return label;
  }));
  open("token-form", createToken);
  some.hidden = true;
  byId("token-name").focus();
}

async function createToken(dialog) {
  const form = dialog.querySelector("form");
  const ticked = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
  const body = { name: byId("token-name").value.trim(), scopes: ticked("scope") };
  if (!body.name) return "What is it for? The name says it later.";
  if (body.scopes.length === 0) return "It may do nothing, as it stands.";
  if (form.which.value === "some") {
    body.sessions = ticked("session");
    if (body.sessions.length === 0) return "With which accounts?";
  }
  const seconds = Number(byId("token-expiry").value);
  if (seconds) body.expires_in_s = seconds;
  const outcome = await wish("POST", "tokens", body);
  if (!outcome.ok) return outcome.why;
  dialog.close();
  byId("token-text").value = outcome.body.secret;
  open("token-made");
  byId("token-text").select();
  listTokens();
  return "";
}

byId("open-tokens").addEventListener("click", openTokens);
byId("make-token").addEventListener("click", openTokenForm);
byId("copy-token").addEventListener("click", () => copy(byId("token-text"), byId("copy-token")));
byId("token-form").addEventListener("change", () => {
  byId("token-some").hidden = byId("token-form").querySelector("form").which.value !== "some";
});
byId("token-made").addEventListener("close", () => {
  byId("token-text").value = "";
  put(byId("copy-token"), "Copy");
});
