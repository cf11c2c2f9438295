//! What must hold at every step: nothing in the console, no request to anywhere else, and a page that
//! everybody can use.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::visit::Visit;

/// Refusals that the walk asks for on purpose, or that lose a race with the box by right: Chromium
/// writes each into the console.
const ASKED_FOR: [(&str, &str); 8] = [
    ("/api/v1/access ", "status of 403"),
    ("/pairing-code ", "status of 422"),
    ("/qr?", "status of 409"),
    ("/webhooks ", "status of 422"),
    ("/policy ", "status of 422"),
    ("/messages ", "status of 422"),
    ("/routes ", "status of 422"),
    // Nobody answers while the box stands still, which the walk makes it do.
    ("/api/v1/status ", "net::ERR"),
];

/// Nothing was written into the console, and nothing was asked of anybody but the box.
pub fn quiet(visit: &Visit<'_>) -> Result<()> {
    for line in visit.browser.log("browser")? {
        let words = line["message"].as_str().unwrap_or_default();
        let asked_for = ASKED_FOR
            .iter()
            .any(|(what, how)| words.contains(what) && words.contains(how));
        ensure!(asked_for, "the console says: {words}");
    }
    let mut asked = 0;
    for line in visit.browser.log("performance")? {
        let Ok(line) = serde_json::from_str::<Value>(line["message"].as_str().unwrap_or_default())
        else {
            continue;
        };
        let message = &line["message"];
        if message["method"] != "Network.requestWillBeSent" {
            continue;
        }
        let url = message["params"]["request"]["url"]
            .as_str()
            .unwrap_or_default();
        let own = format!("{}/", visit.origin());
        let within = [own.as_str(), "data:", "blob:"];
        ensure!(
            within.iter().any(|start| url.starts_with(start)),
            "asked of somebody else: {url}"
        );
        asked += 1;
    }
    visit.count_requests(asked);
    Ok(())
}

/// A page that everybody can use: by axe-core where it is here, and by a few rules of our own.
pub fn usable(visit: &Visit<'_>, axe: Option<&str>, step: &str) -> Result<()> {
    let own = visit.browser.run(OWN_RULES)?;
    ensure!(own == json!([]), "{step}: {own}");
    let Some(axe) = axe else { return Ok(()) };
    visit
        .browser
        .run(&format!("if (!window.axe) {{ {axe} }} return null"))?;
    let found = visit.browser.run_async(AXE)?;
    ensure!(found == json!([]), "{step}: axe-core says: {found:#}");
    Ok(())
}

/// Serious and critical findings, in short.
const AXE: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then((results) => done(results.violations
      .filter((found) => ['serious', 'critical'].includes(found.impact))
      .map((found) => ({
        rule: found.id,
        help: found.help,
        where: found.nodes.map((node) => `${node.html} ${node.any.map((a) => a.message)}`).slice(0, 4),
      }))), (error) => done([String(error)]));
";

/// Everything that can be operated has a name and is large enough for a thumb; fields have labels; no two
/// things have the same id.
const OWN_RULES: &str = "
    const wrong = [];
    const seen = (element) => element.checkVisibility({ visibilityProperty: true });
    const top = document.querySelector('dialog[open]');
    for (const element of document.querySelectorAll('button, input, select, textarea')) {
      if (!seen(element) || (top && !element.closest('dialog[open]'))) continue;
      const what = element.outerHTML.slice(0, 120);
      const label = element.labels?.length || element.getAttribute('aria-label');
      if (!(element.tagName === 'BUTTON' ? element.textContent.trim() : label)) wrong.push(`no name: ${what}`);
      const target = ['radio', 'checkbox'].includes(element.type) ? element.closest('label') : element;
      const { width, height } = target.getBoundingClientRect();
      if (width < 44 || height < 43.5) wrong.push(`${width} x ${height} px: ${what}`);
    }
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`twice: ${id}`);
    for (const dialog of document.querySelectorAll('dialog[open]')) {
      if (!document.getElementById(dialog.getAttribute('aria-labelledby'))?.textContent) wrong.push('a dialog without a title');
    }
    return wrong;
";
