//! Linking an account over the API alone: start, read the code, scan it. For runs in which nobody looks at
//! the panel.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use pairbox_sim::Phone;
use serde_json::Value;

use crate::power::PoweredBox;

/// How long a step may take.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Links the first account of a box to a phone. Returns its name on the wire.
pub fn first(powered: &PoweredBox, phone: &Phone) -> Result<String> {
    let (code, said) = powered.post(&powered.path(1, "start")?, "{}")?;
    ensure!(code < 300, "start: {code} {said}");
    let session = powered.session(1)?;
    scan(powered, &session, phone)?;
    Ok(session)
}

/// Adds an account and links it to a phone. Returns its name on the wire.
pub fn another(powered: &PoweredBox, label: &str, phone: &Phone) -> Result<String> {
    let body = serde_json::json!({"label": label, "start": true}).to_string();
    let (code, said) = powered.post("/api/v1/sessions", &body)?;
    ensure!(code == 201, "add: {code} {said}");
    let session: Value = serde_json::from_str(&said)?;
    let session = session["id"].as_str().context("a session without an id")?;
    scan(powered, session, phone)?;
    Ok(session.to_owned())
}

fn scan(powered: &PoweredBox, session: &str, phone: &Phone) -> Result<()> {
    let text = code(powered, session)?;
    for part in text.split(',').skip(1).take(3) {
        powered.secret(part);
    }
    phone
        .scan(&text)
        .map_err(|error| anyhow!("the phone says: {error}"))?;
    working(powered, session)
}

/// Waits until an account works.
pub fn working(powered: &PoweredBox, session: &str) -> Result<()> {
    let path = format!("/api/v1/sessions/{session}");
    let look = || -> Result<Option<()>> {
        let account: Value = serde_json::from_str(&powered.get(&path)?)?;
        Ok((account["status"] == "working").then_some(()))
    };
    until(look).with_context(|| format!("{session} does not work"))
}

/// The code to scan.
fn code(powered: &PoweredBox, session: &str) -> Result<String> {
    let path = format!("/api/v1/sessions/{session}/qr?format=raw");
    until(|| {
        let reply = powered.ask("GET", &path, None)?;
        let text = reply.text()?.trim().to_owned();
        match reply.code {
            200 => Ok(Some(text)),
            // It starts; or the log was quicker than the state.
            202 | 409 => Ok(None),
            code => bail!("no code: {code} {text}"),
        }
    })
}

/// Looks again and again until there is something.
#[allow(clippy::disallowed_methods, reason = "a deadline on the real process")]
pub fn until<T>(mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
