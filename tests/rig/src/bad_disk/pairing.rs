//! A disk that fails at one change of a first start, or of a pairing.

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use super::stand::{Stand, Watch, check_log, status, until, with_log};
use super::{Case, Outcome};
use crate::linking;
use crate::power::PoweredBox;

/// Changes of a first start.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the stand is taken down here"
)]
pub(super) fn count_start(stand: Stand) -> Result<u64> {
    stand.disk("count")?;
    let powered = stand.socket.power_on()?;
    let changes = stand.quiet();
    powered.cut()?;
    Ok(changes)
}

/// Changes of a pairing, until nothing more is written.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the stand is taken down here"
)]
pub(super) fn count(stand: Stand) -> Result<u64> {
    let powered = stand.socket.power_on()?;
    stand.quiet();
    stand.disk("count")?;
    linking::first(&powered, &stand.phone)?;
    Ok(stand.quiet())
}

/// A first start that meets it. Afterwards the box is linked, as if nothing had been.
pub(super) fn fail_start(stand: Stand, case: Case) -> Result<Outcome> {
    stand.disk(&case.trouble.word(case.at))?;
    let powered = stand.socket.power_on()?;
    let mut watch = Watch::of(case);
    let watched = until("a box that can be linked", || {
        watch.look(&stand, &powered)?;
        let status = status(&powered)?;
        let ready =
            status["store"]["status"] == "well" && status["sessions"][0]["status"] == "stopped";
        Ok((ready && (watch.struck() || stand.counted().changes < case.at)).then_some(()))
    });
    with_log(&powered, watched)?;
    // The page may have been given back and taken anew meanwhile, at another port: by the control socket.
    let linked = link(&stand, &powered, &mut watch);
    with_log(&powered, linked)?;
    let outcome = watch.recovered(&powered);
    finish(stand, powered, outcome?)
}

/// A pairing that meets it.
pub(super) fn fail(stand: Stand, case: Case) -> Result<Outcome> {
    let powered = stand.socket.power_on()?;
    stand.disk(&case.trouble.word(case.at))?;
    let mut watch = Watch::of(case);
    let linked = link(&stand, &powered, &mut watch);
    with_log(&powered, linked)?;
    if !watch.struck() {
        // It comes with what is written after the account works, or not at all.
        stand.quiet();
        watch.look(&stand, &powered)?;
        stand.disk("")?;
    }
    let outcome = watch.recovered(&powered);
    let outcome = with_log(&powered, outcome)?;
    finish(stand, powered, outcome)
}

/// A person who wants the account linked: presses, scans what is shown, looks.
fn link(stand: &Stand, powered: &PoweredBox, watch: &mut Watch) -> Result<()> {
    let mut scanned = String::new();
    let mut pressed = false;
    let mut idle = 0;
    until("the account works", || {
        watch.look(stand, powered)?;
        let status = status(powered)?;
        let session = &status["sessions"][0];
        match session["status"].as_str().unwrap_or_default() {
            "working" => return Ok(Some(())),
            "scan_qr_code" => scan(stand, powered, session, &mut scanned, watch)?,
            "stopped" | "logged_out" if !pressed => {
                pressed = press(powered, session)?;
            }
            "stopped" | "failed" | "logged_out" if well_again(watch, &status) => {
                // Not what happens by itself in a moment.
                idle += 1;
                if idle > PATIENT_LOOKS && press(powered, session)? {
                    watch.outcome.presses += 1;
                    idle = 0;
                }
            }
            _ => idle = 0,
        }
        Ok(None)
    })
}

/// So many looks, some seconds, a person waits before pressing again.
const PATIENT_LOOKS: u32 = 100;

fn well_again(watch: &Watch, status: &Value) -> bool {
    watch.struck() && status["store"]["status"] == "well"
}

fn press(powered: &PoweredBox, session: &Value) -> Result<bool> {
    let id = session["id"]
        .as_str()
        .context("an account without a name")?;
    let (code, _) = powered.post(&format!("/api/v1/sessions/{id}/start"), "{}")?;
    Ok(code < 300)
}

/// Scans a code that was not scanned before. The phone may say that nothing came of it.
fn scan(
    stand: &Stand,
    powered: &PoweredBox,
    session: &Value,
    scanned: &mut String,
    watch: &mut Watch,
) -> Result<()> {
    let id = session["id"]
        .as_str()
        .context("an account without a name")?;
    let reply = powered.ask("GET", &format!("/api/v1/sessions/{id}/qr?format=raw"), None)?;
    if reply.code != 200 {
        return Ok(());
    }
    let text = reply.text()?.trim().to_owned();
    if text == *scanned {
        return Ok(());
    }
    for part in text.split(',').skip(1).take(3) {
        powered.secret(part);
    }
    watch.outcome.scans += 1;
    // What the phone says is not what counts: its list of devices is.
    let _ = stand.phone.scan(&text);
    *scanned = text;
    Ok(())
}

/// The phone and the box agree, a text comes through, and the identity outlives a power cut.
#[allow(
    clippy::needless_pass_by_value,
    reason = "the stand is taken down here"
)]
fn finish(stand: Stand, powered: PoweredBox, outcome: Outcome) -> Result<Outcome> {
    let devices = stand.phone.devices();
    ensure!(
        devices.len() == 1,
        "the phone lists {} devices after {outcome:?}",
        devices.len()
    );
    check_log(&powered.cut()?)?;
    let powered = stand.socket.power_on()?;
    let told = linking::working(&powered, &powered.session(1)?);
    with_log(&powered, told.context("after a power cut"))?;
    ensure!(
        stand.phone.devices() == devices,
        "another device after a power cut"
    );
    let id = powered.session(1)?;
    let body = serde_json::json!({
        "to": format!("+{}", stand.contact.number()), "type": "text", "text": "linked",
    });
    let path = format!("/api/v1/sessions/{id}/messages");
    let (code, said) = powered.post(&path, &body.to_string())?;
    ensure!(code == 202, "the box answered {code}: {said}");
    let read = stand.contact.wait_text(super::stand::PATIENCE);
    let read = read.map_err(|late| anyhow!("nobody read a text: {late}"));
    with_log(&powered, read)?;
    Ok(outcome)
}
