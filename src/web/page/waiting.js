// Somebody waits for approval: a dock at the lower edge that stays over the page, so that it is not
// overlooked and nothing jumps when it comes.

const SETTLE_MS = 700; // buttons that just appeared under a finger do nothing yet

const askers = new Map(); // session id and code -> row
let folded = false;

function drawWaiting(age) {
  const all = status.sessions.flatMap((session) => (session.waiting || [])
    .filter((one) => one.expires_in_ms > age)
    .map((one) => ({ ...one, session, key: `${session.id} ${one.code || one.last4}` })));
  const keys = all.map((one) => one.key);
  let focused = false;
  for (const [key, row] of askers) {
    if (keys.includes(key)) continue;
    focused ||= row.contains(document.activeElement);
    row.remove();
    askers.delete(key);
  }
  for (const one of all) {
    if (!askers.has(one.key)) welcomeAsker(one);
    drawAsker(askers.get(one.key), one, age);
  }
  const dock = byId("dock");
  const there = all.length > 0;
  put(byId("dock-title"), all.length > 1 ? `${all.length} people wait` : "Somebody waits");
  focused ||= !there && dock.contains(document.activeElement);
  dock.hidden = !there;
  byId("askers").hidden = folded;
  document.body.style.setProperty("--dock", there ? `${dock.offsetHeight}px` : "0px");
  // What had the focus is gone: it goes to who waits next, or back to the page.
  if (focused) (byId("askers").querySelector("button:not(:disabled)") || byId("accounts")).focus();
  if (!there) foldDock(false);
}

function welcomeAsker(one) {
  const row = byId("asker").content.cloneNode(true).querySelector(".asker");
  askers.set(one.key, row);
  row.querySelector(".asker-who").id = `asker-${one.session.id}-${one.code}`;
  for (const button of row.querySelectorAll("button")) {
    button.setAttribute("aria-describedby", row.querySelector(".asker-who").id);
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, SETTLE_MS);
    button.addEventListener("click", () => judge(row, one, button.dataset.verdict));
  }
  byId("askers").append(row);
  foldDock(false);
  speak(`${asker(one)} wrote to ${one.session.label} and waits for approval.`);
}

/** Name and the last four digits, as far as they are known. */
function asker(one) {
  const digits = one.last4 ? `…${one.last4}` : "";
  if (one.name && digits) return `${one.name} (${digits})`;
  return one.name || (digits ? `Number ${digits}` : "Somebody whose number is hidden");
}

function drawAsker(row, one, age) {
  const who = row.querySelector(".asker-who");
  if (who.dataset.drawn !== asker(one) + one.session.label) {
    who.dataset.drawn = asker(one) + one.session.label;
    who.replaceChildren(make("b", "", asker(one)), ` wrote to ${one.session.label} and waits for approval`);
  }
  put(row.querySelector(".asker-code"), one.code ? `${one.code.slice(0, 4)}-${one.code.slice(4)}` : "");
  row.querySelector(".asker-how").hidden = !one.code;
  put(row.querySelector(".asker-left"), `${span(one.expires_in_ms - age)} left`);
  row.querySelector(".asker-buttons").hidden = !may("admin") || silent();
}

async function judge(row, one, verdict) {
  const buttons = [...row.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  say(row.querySelector(".refusal"), "");
  const outcome = await wish("POST", `sessions/${one.session.id}/pairing-requests/${one.code}/${verdict}`);
  // Somebody else may have been quicker, or the hour is over.
  const over = outcome.code === 404 || outcome.code === 410;
  if (outcome.ok) speak(verdict === "approve" ? `${asker(one)} may write now.` : `${asker(one)} was denied.`);
  else if (over) speak("This request is over.");
  else say(row.querySelector(".refusal"), outcome.why);
  for (const button of buttons) button.disabled = false;
  await poll();
}

function foldDock(fold) {
  folded = fold;
  byId("askers").hidden = fold;
  put(byId("dock-fold"), fold ? "Show" : "Later");
  byId("dock-fold").setAttribute("aria-expanded", String(!fold));
}

byId("dock-fold").addEventListener("click", () => {
  foldDock(!folded);
  draw();
});
