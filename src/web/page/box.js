// Talking to the box: the one poll, wishes, and pictures. Keeps the last answer and when it came, and
// nothing else; what is shown is a function of these and of the time (`draw`).

const MOVING_MS = 1000; // between two questions while something moves
const CALM_MS = 3000; // while nothing does
const PATIENCE_MS = 5000; // for one answer
const WISH_MS = 70000; // for a wish: WhatsApp may have to agree to it first
const SILENT_AFTER_MS = 5000; // without an answer, and the page says so

let status = null; // the last answer
let statusAt = 0; // when it came
let heardAt = performance.now();
let failing = false;
let tag = "";
let timer = 0;

const TOKEN_KEY = "pairbox-token"; // a pasted one, for this tab only
let pasted = sessionStorage.getItem(TOKEN_KEY) || "";

function keepPasted(token) {
  pasted = token;
  if (token) sessionStorage.setItem(TOKEN_KEY, token);
  else sessionStorage.removeItem(TOKEN_KEY);
  tag = "";
}

function ask(method, path, { body, headers = {}, patience = PATIENCE_MS } = {}) {
  if (pasted) headers.Authorization = `Bearer ${pasted}`;
  if (method !== "GET") headers["Content-Type"] = "application/json";
  return fetch(path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(patience),
  });
}

/**
 * Wishes for something: `{ok, code, body, why, problem, retryMs}`. `why` is for people, in the box's
 * words where it had any.
 */
async function wish(method, path, body) {
  let answer;
  try {
    answer = await ask(method, `/api/v1/${path}`, { body, patience: WISH_MS });
  } catch {
    return { ok: false, code: 0, body: null, problem: "", why: NO_ANSWER, retryMs: 0 };
  }
  const reply = await answer.json().catch(() => null);
  return {
    ok: answer.ok,
    code: answer.status,
    body: reply,
    problem: answer.ok ? "" : reply?.code || "",
    why: answer.ok ? "" : reply?.detail || reply?.title || `The box answered with ${answer.status}.`,
    retryMs: 1000 * (Number(answer.headers.get("Retry-After")) || 0),
  };
}

async function poll() {
  clearTimeout(timer);
  try {
    const answer = await ask("GET", "/api/v1/status", { headers: tag ? { "If-None-Match": tag } : {} });
    if (answer.status === 200) {
      const told = await answer.json();
      announce(told);
      status = told;
      statusAt = performance.now();
      tag = answer.headers.get("ETag") || "";
      panelAt = -Infinity;
    }
    // A pasted token that was taken back, or ran out: go on as a stranger. (The box forgives cookies.)
    if (answer.status === 401 && pasted) {
      keepPasted("");
      return poll();
    }
    failing = !(answer.ok || answer.status === 304);
    if (!failing) heardAt = performance.now();
  } catch {
    failing = true;
  }
  draw();
  again();
  return undefined;
}

/** Somebody else may have asked meanwhile: there is one next time, not two. */
function again() {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(poll, failing || moving() ? MOVING_MS : CALM_MS);
}

function silent() {
  return failing && performance.now() - heardAt > SILENT_AFTER_MS;
}

function moving() {
  return !status || status.hold || status.access.code_shown || status.shutting_down
    || status.sessions.some((session) => MOVING.includes(session.status));
}

/** Whether the one who looks may do what needs this scope. The box decides; this only hides buttons. */
function may(scope) {
  if (!status) return false;
  const caller = status.caller;
  return caller.kind === "console" || caller.scopes.includes("admin") || caller.scopes.includes(scope);
}

function stranger() {
  return status.caller.kind === "stranger";
}

/** Loads a picture into an image: 200 when it is there, else why not. The last one is given back. */
async function show(image, path) {
  let url = "";
  try {
    const answer = await ask("GET", path);
    if (answer.status !== 200) return answer.status;
    const picture = await answer.blob();
    // How many dots wide: a drawing says it in its text, a photograph is as wide as it is.
    const drawn = picture.type.startsWith("image/svg") && /viewBox="0 0 (\d+)/.exec(await picture.text());
    url = URL.createObjectURL(picture);
    const before = image.src;
    image.src = url;
    await image.decode();
    image.dataset.dots = drawn ? drawn[1] : image.naturalWidth;
    if (before) URL.revokeObjectURL(before);
    return 200;
  } catch {
    // Not there, then: the next look tries again.
    if (url && image.src === url) forget(image);
    return 0;
  }
}

/** A code is a credential: it does not stay in the page. */
function forget(image) {
  if (image.src) URL.revokeObjectURL(image.src);
  image.removeAttribute("src");
}
