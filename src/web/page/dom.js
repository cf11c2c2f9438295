// Small things every part of the page does to the document. Remote text only ever gets in as text.

const byId = (id) => document.getElementById(id);

/** Sets a text only when it differs, and hides what has none: screen readers speak about changes alone. */
function say(element, text) {
  const words = text || "";
  element.hidden = !words;
  if (element.textContent !== words) element.textContent = words;
}

/** The same for what must not disappear. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with a class and a text. */
function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Shows or hides; what had the focus hands it to `heir` first. */
function reveal(element, there, heir) {
  if (element.hidden === !there) return;
  const focused = element.contains(document.activeElement);
  element.hidden = !there;
  if (focused && !there && heir) heir.focus();
}

/** Tells screen readers; the same words twice are spoken twice. */
function speak(text) {
  const spoken = byId("spoken");
  spoken.textContent = "";
  requestAnimationFrame(() => { spoken.textContent = text; });
}

/** Gives every dot of a picture the same number of device pixels, where there is room for two. */
function fitDots(picture) {
  picture.style.width = "";
  const { dots } = picture.dataset;
  const scale = Math.floor(picture.clientWidth * devicePixelRatio / dots);
  if (scale >= 2) picture.style.width = `${scale * dots / devicePixelRatio}px`;
}
