// Getting in and out: a code read off the panel, or a token made on the box and pasted here.

let codeEnds = 0; // when the code on the panel ends; 0: none was asked for
let lockEnds = 0; // when codes are taken again
let byToken = false;
let signInTimer = 0;

function openSignIn() {
  open("sign-in-dialog", (dialog) => (byToken ? signInByToken(dialog) : signInByCode(dialog)));
  clearInterval(signInTimer);
  signInTimer = setInterval(drawSignIn, 500);
  way(!status.access.panel);
  if (!byToken) showCode();
}

function way(token) {
  byToken = token;
  const panel = status.access.panel;
  byId("by-code").hidden = token;
  byId("by-token").hidden = !token;
  say(byId("token-why"), !panel && "This box has no panel that could show a code at the moment.");
  byId("other-way").hidden = !panel;
  put(byId("other-way"), token ? "Use the code on the panel instead" : "Use a token instead");
  refuse(byId("sign-in-dialog"), "");
  drawSignIn();
  byId(token ? "access-token" : "access-code").focus();
}

async function showCode() {
  if (performance.now() < lockEnds) return;
  byId("new-code").disabled = true;
  const outcome = await wish("POST", "access/code");
  byId("new-code").disabled = false;
  if (outcome.ok) {
    codeEnds = performance.now() + outcome.body.expires_in_ms;
    refuse(byId("sign-in-dialog"), "");
  } else if (outcome.problem === "no_panel") {
    way(true);
  } else {
    locked(outcome);
    refuse(byId("sign-in-dialog"), outcome.why);
  }
  drawSignIn();
  if (!byToken && byId("sign-in-dialog").open) byId("access-code").focus();
  poll();
}

function locked(outcome) {
  if (outcome.code !== 429) return;
  lockEnds = performance.now() + (outcome.retryMs || 60000);
  codeEnds = 0;
}

function drawSignIn() {
  if (!byId("sign-in-dialog").open) {
    clearInterval(signInTimer);
    return;
  }
  const now = performance.now();
  const waits = now < lockEnds;
  const left = codeEnds - now;
  byId("access-code").disabled = waits;
  byId("sign-in-do").disabled = waits && !byToken;
  byId("new-code").hidden = byToken || waits || left > 0;
  say(byId("access-left"), waits ? `Too many wrong codes. The next one in ${clock(lockEnds - now)}.`
    : left > 0 ? `Look at the box. The code stands there for another ${clock(left)}.`
      : codeEnds > 0 ? "The code has gone from the panel." : "");
}

async function signInByCode(dialog) {
  const input = byId("access-code");
  const code = input.value.replaceAll(/\s/g, "");
  if (!/^[0-9]{6}$/.test(code)) return "The code has six digits.";
  const outcome = await wish("POST", "access", { code });
  if (!outcome.ok) {
    locked(outcome);
    input.select();
    drawSignIn();
    return outcome.why;
  }
  codeEnds = 0;
  keepPasted("");
  return welcome(dialog);
}

async function signInByToken(dialog) {
  const token = byId("access-token").value.trim();
  if (!token) return "Paste a token.";
  const before = pasted;
  keepPasted(token);
  let answer;
  try {
    answer = await ask("GET", "/api/v1/status");
  } catch {
    keepPasted(before);
    return NO_ANSWER;
  }
  if (!answer.ok) {
    keepPasted(before);
    const reply = await answer.json().catch(() => null);
    return reply?.detail || "The box does not know this token.";
  }
  return welcome(dialog);
}

async function welcome(dialog) {
  tag = "";
  await poll();
  dialog.close();
  byId("accounts").focus();
  speak("Signed in.");
  return "";
}

async function signOut() {
  // A pasted token may be in use elsewhere: it is forgotten here and stays good.
  const why = pasted ? "" : (await wish("DELETE", "access")).why;
  if (why) return why;
  keepPasted("");
  await poll();
  byId("confirm").close();
  byId("accounts").focus();
  speak("Signed out.");
  return "";
}

byId("sign-in").addEventListener("click", openSignIn);
byId("new-code").addEventListener("click", showCode);
byId("other-way").addEventListener("click", () => {
  way(!byToken);
  if (!byToken && codeEnds < performance.now()) showCode();
});
byId("sign-out").addEventListener("click", () => confirm({
  title: "Sign out?",
  text: pasted
    ? "This browser forgets the token. The token itself stays good until it is taken back."
    : "This browser loses its access. To come back, you need a new code from the panel.",
  verb: "Sign out",
  danger: false,
}, signOut));
