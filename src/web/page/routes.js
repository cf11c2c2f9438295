// Where the messages of an account go: to all, to one webhook, or by routes that are tried in order.

let routeWebhooks = []; // to choose from, while the dialog is open

async function openRoutes(session, card) {
  const [routes, webhooks] = await Promise.all([
    wish("GET", `sessions/${session.id}/routes`), wish("GET", "webhooks"),
  ]);
  say(card.querySelector(".facts > .refusal"), routes.why || webhooks.why);
  if (!routes.ok || !webhooks.ok) return;
  routeWebhooks = webhooks.body.data;
  const dialog = open("routes", () => saveRoutes(session));
  put(byId("routes-title"), `Routes of “${session.label}”`);
  const none = routeWebhooks.length === 0;
  byId("routes-none").hidden = !none;
  byId("routes-way").disabled = none;
  dialog.querySelector("[type=submit]").disabled = none;
  fillRoutes(dialog, routes.body);
  dialog.scrollTop = 0;
  (none ? dialog.querySelector("[data-close]") : dialog.querySelector("[name=way]:checked")).focus();
}

function fillRoutes(dialog, told) {
  choose(dialog, "way", told.link ? "link" : told.routes.length > 0 ? "routes" : "all");
  offer(byId("routes-link-to"), routeWebhooks.map((one) => [one.id, hookName(one)]), told.link);
  byId("route-list").replaceChildren(...told.routes.map(routeRow));
  byId("routes-sticky").value = String(Math.round(told.sticky_ttl / 6) / 10);
  byId("routes-default").dataset.chosen = told.default || "";
  if (told.routes.length === 0) byId("route-list").append(routeRow({ name: "", webhook: routeWebhooks[0]?.id }));
  drawRoutes();
}

/** Choices of a list; the one that was chosen stays so, even if it is not among them any more. */
function offer(select, choices, current) {
  const known = choices.some(([value]) => value === current);
  if (current && !known) choices.push([current, `${current} (deleted)`]);
  select.replaceChildren(...choices.map(([value, words]) => {
    const option = make("option", "", words);
    option.value = value;
    return option;
  }));
  if (current) select.value = current;
}

function routeRow(route) {
  const row = byId("route").content.cloneNode(true).querySelector(".route");
  const part = (name) => row.querySelector(`[data-name=${name}]`);
  offer(part("webhook"), routeWebhooks.map((one) => [one.id, hookName(one)]), route.webhook);
  const match = route.match || {};
  part("name").value = route.name;
  for (const name of ["from", "group", "text"]) part(name).value = [match[name] || []].flat().join(", ");
  complaints += 1;
  for (const field of row.querySelectorAll("[data-name]")) {
    field.id = `route-${complaints}-${field.dataset.name}`;
    field.previousElementSibling.htmlFor = field.id;
  }
  row.querySelector("h3").id = `route-${complaints}`;
  for (const button of row.querySelectorAll("button")) {
    button.setAttribute("aria-describedby", `route-${complaints}`);
    button.addEventListener("click", () => moveRoute(row, button));
  }
  return row;
}

function moveRoute(row, button) {
  const deed = button.dataset.route;
  const heir = row.nextElementSibling || row.previousElementSibling;
  if (deed === "up") row.previousElementSibling.before(row);
  else if (deed === "down") row.nextElementSibling.after(row);
  else row.remove();
  drawRoutes();
  if (deed === "remove") (heir?.querySelector("h3") || byId("add-route")).focus();
  else {
    (button.disabled ? row.querySelector("h3") : button).focus();
    speak(row.querySelector("h3").textContent);
  }
}

function drawRoutes() {
  const way = chosen(byId("routes"), "way");
  byId("routes-link").hidden = way !== "link";
  byId("routes-table").hidden = way !== "routes";
  const rows = [...byId("route-list").children];
  rows.forEach((row, place) => {
    const name = row.querySelector("[data-name=name]").value.trim();
    put(row.querySelector("h3"), `${place + 1}. ${name || "New route"}`);
    row.querySelector("[data-route=up]").disabled = place === 0;
    row.querySelector("[data-route=down]").disabled = place === rows.length - 1;
  });
  const fallback = byId("routes-default");
  const names = rows.map((row) => row.querySelector("[data-name=name]").value.trim()).filter(Boolean);
  const now = fallback.dataset.chosen;
  offer(fallback, [["", "nobody"], ...names.map((name) => [name, name])]);
  fallback.value = names.find((name) => name.toLowerCase() === now.toLowerCase()) || "";
}

function routesWritten() {
  const way = chosen(byId("routes"), "way");
  const sticky = Math.round(Number(byId("routes-sticky").value.replace(",", ".")) * 60);
  const body = { default: null, sticky_ttl: sticky, routes: [], link: null };
  if (way === "link") return { ...body, link: byId("routes-link-to").value };
  if (way === "all") return body;
  const routes = [...byId("route-list").children].map((row) => {
    const part = (name) => row.querySelector(`[data-name=${name}]`);
    const match = {};
    for (const name of ["from", "group"]) {
      const some = lines(part(name));
      if (some.length) match[name] = some.length === 1 ? some[0] : some;
    }
    if (part("text").value.trim()) match.text = part("text").value.trim();
    const route = { name: part("name").value.trim(), webhook: part("webhook").value };
    if (Object.keys(match).length > 0) route.match = match;
    return route;
  });
  return { ...body, default: byId("routes-default").value || null, routes };
}

async function saveRoutes(session) {
  const body = routesWritten();
  if (!Number.isFinite(body.sticky_ttl) || body.sticky_ttl < 0) {
    return { field: byId("routes-sticky"), why: "So many minutes, as a number." };
  }
  const unnamed = body.routes.findIndex((route) => !route.name);
  if (unnamed >= 0) return { field: routeField(unnamed, "name"), why: "A route needs a name." };
  const outcome = await wish("PUT", `sessions/${session.id}/routes`, body);
  if (outcome.ok) speak(`${session.label}: saved.`);
  return placed(outcome, (name) => {
    // routes[1].match.text, as the box counts them.
    const route = /^routes[[.](\d+)\]?(?:\.match)?\.([a-z]+)/.exec(name);
    if (route) return routeField(Number(route[1]), route[2]);
    return { default: byId("routes-default"), sticky_ttl: byId("routes-sticky"), link: byId("routes-link-to") }[name];
  });
}

function routeField(place, name) {
  return byId("route-list").children[place]?.querySelector(`[data-name=${CSS.escape(name)}]`);
}

byId("routes").addEventListener("input", (event) => {
  if (event.target.id === "routes-default") event.target.dataset.chosen = event.target.value;
  drawRoutes();
});
byId("add-route").addEventListener("click", () => {
  const row = routeRow({ name: "", webhook: routeWebhooks[0]?.id });
  byId("route-list").append(row);
  drawRoutes();
  row.querySelector("[data-name=name]").focus();
});
