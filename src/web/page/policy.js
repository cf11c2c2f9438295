// Who may write to an account, and what they notice. The words in the form say what each choice does;
// a warning stands where a choice answers strangers.

const POLICY_FIELDS = {
  allow_from: "policy-allow", group_allow_from: "policy-groups", ack_reaction: "policy-ack",
  require_mention: "policy-mention", read_receipts: "policy-receipts", self_chat: "policy-self",
};

async function openPolicy(session, card) {
  const outcome = await wish("GET", `sessions/${session.id}/policy`);
  say(card.querySelector(".facts > .refusal"), outcome.why);
  if (!outcome.ok) return;
  const before = outcome.body;
  const dialog = open("policy", () => savePolicy(session, before));
  put(byId("policy-title"), `Who may write to “${session.label}”`);
  for (const name of ["dm", "groups", "cold_send"]) choose(dialog, name, before[name]);
  byId("policy-allow").value = (before.allow_from || []).join("\n");
  byId("policy-groups").value = (before.group_allow_from || []).join("\n");
  byId("policy-ack").value = before.ack_reaction || "";
  byId("policy-mention").checked = before.require_mention;
  byId("policy-receipts").checked = before.read_receipts;
  byId("policy-self").checked = before.self_chat;
  drawPolicy();
  dialog.scrollTop = 0;
  dialog.querySelector("[name=dm]:checked").focus();
}

function policyWritten() {
  const form = byId("policy").querySelector("form");
  return {
    dm: chosen(form, "dm"),
    allow_from: lines(byId("policy-allow")),
    groups: chosen(form, "groups"),
    group_allow_from: lines(byId("policy-groups")),
    require_mention: byId("policy-mention").checked,
    ack_reaction: byId("policy-ack").value.trim() || null,
    read_receipts: byId("policy-receipts").checked,
    self_chat: byId("policy-self").checked,
    cold_send: chosen(form, "cold_send"),
  };
}

/** What the choices mean together. */
function drawPolicy() {
  const policy = policyWritten();
  const everybody = policy.dm === "open" || (policy.dm !== "disabled" && policy.allow_from.includes("*"));
  byId("policy-people").hidden = !["pairing", "allowlist"].includes(policy.dm);
  byId("policy-group-list").hidden = policy.groups !== "allowlist";
  byId("policy-mention-row").hidden = policy.groups === "disabled";
  say(byId("policy-dm-warning"), {
    pairing: everybody ? "The star lets everybody in: nobody will be asked to wait."
      : "This answers strangers: whoever finds the number is sent one message with a code, "
        + "and so learns that something listens here.",
    allowlist: everybody ? "The star lets everybody in, as if no list were there."
      : policy.allow_from.length === 0 && "The list is empty: nobody may write.",
  }[policy.dm]);
  const signs = [policy.read_receipts && "blue ticks", policy.ack_reaction && "a reaction"].filter(Boolean).join(" and ");
  const where = [everybody && "whoever writes", policy.groups === "open" && "every group"].filter(Boolean).join(", and ");
  say(byId("policy-sign-warning"), signs && where
    && `This answers strangers: ${where} gets ${signs}, and so learns that something listens here.`);
  say(byId("policy-cold-warning"), policy.cold_send === "off"
    && "Accounts that write to many strangers are blocked by WhatsApp, for good. Nothing here holds a program back.");
}

async function savePolicy(session, before) {
  const outcome = await wish("PUT", `sessions/${session.id}/policy`, { ...before, ...policyWritten() });
  if (outcome.ok) speak(`${session.label}: saved.`);
  return placed(outcome, (name) => {
    const field = name.replace(/[[.].*$/, "");
    return byId(POLICY_FIELDS[field]) || byId("policy").querySelector(`fieldset[data-field=${CSS.escape(field)}]`);
  });
}

byId("policy").addEventListener("input", drawPolicy);
