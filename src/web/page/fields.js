// Fields and what is wrong with them: the box's refusals are put where they can be mended.

let complaints = 0; // each gets an id of its own

/** Puts a complaint below a field, for eyes and screen readers, until somebody changes the field. */
function blame(field, why) {
  forgive(field);
  const said = make("p", "refusal", why);
  complaints += 1;
  said.id = `complaint-${complaints}`;
  said.dataset.complaint = "";
  // After the hint that belongs to the field, and outside of what stands in one line with it.
  let last = field.closest(".with-unit") || field;
  if (last.nextElementSibling?.matches(".hint")) last = last.nextElementSibling;
  if (field.matches("fieldset")) field.append(said);
  else last.after(said);
  const before = field.getAttribute("aria-describedby");
  field.setAttribute("aria-describedby", [before, said.id].filter(Boolean).join(" "));
  if (!field.matches("fieldset")) field.setAttribute("aria-invalid", "true");
  field.addEventListener("input", () => forgive(field), { once: true });
}

function forgive(field) {
  const ids = (field.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
  const mine = ids.filter((id) => byId(id)?.dataset.complaint !== undefined);
  if (mine.length === 0) return;
  for (const id of mine) byId(id).remove();
  const rest = ids.filter((id) => !mine.includes(id));
  if (rest.length) field.setAttribute("aria-describedby", rest.join(" "));
  else field.removeAttribute("aria-describedby");
  field.removeAttribute("aria-invalid");
}

function forgiveAll(dialog) {
  for (const field of dialog.querySelectorAll("[aria-describedby*=complaint]")) forgive(field);
}

/**
 * A refusal as a dialog takes it: `{field, why}` when the box named a field that `find` knows, else its
 * words. The box names a field between backticks, as `routes[2].match.text`.
 */
function placed(outcome, find) {
  if (outcome.ok) return "";
  const named = /`([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+(?:\[\d+\])?)*)`/.exec(outcome.why)?.[1];
  const field = named && find(named);
  return field ? { field, why: beside(outcome.why) } : outcome.why;
}

/** The box's words, put beside the field they name: without its name, but with the line of a list. */
function beside(why) {
  const [, name, colon, rest] = /^`([^`]+)`(:?)\s*(.*)$/s.exec(why) || [];
  if (!rest) return why;
  const words = `${colon ? "" : "it "}${rest.replaceAll("`", "")}`;
  const line = /\[(\d+)\]$/.exec(name);
  return line ? `Line ${Number(line[1]) + 1}: ${words}` : words[0].toUpperCase() + words.slice(1);
}

/** Lines of a text area, without the empty ones. */
function lines(field) {
  return field.value.split(/[\n,;]/).map((line) => line.trim()).filter(Boolean);
}

/** Which of a group of choices is chosen. */
function chosen(form, name) {
  return form.querySelector(`[name=${name}]:checked`)?.value;
}

function choose(form, name, value) {
  const choice = form.querySelector(`[name=${name}][value="${value}"]`);
  if (choice) choice.checked = true;
}

/** A box to tick, with its words. */
function tick(name, value, words, ticked) {
  const label = make("label", "choice");
  const box = make("input");
  Object.assign(box, { type: "checkbox", name, value, checked: ticked });
  label.append(box, ` ${words}`);
  return label;
}

/** The clipboard of browsers is for HTTPS only; the older way works on a LAN too. */
async function copy(text, button) {
  text.select();
  let done = false;
  try {
    await navigator.clipboard.writeText(text.value);
    done = true;
  } catch {
    done = document.execCommand("copy");
  }
  put(button, done ? "Copied" : "Press Ctrl-C");
  speak(done ? "Copied." : "It is selected. Press Control C to copy.");
}
