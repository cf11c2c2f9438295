//! What must hold of somebody who waits and stands on the glass.

use pairbox::snapshot::{Light, PanelHealth, Snapshot, Status, Waiting};
use pairbox::time::Mono;

/// What is wrong with who is shown, if anything is.
pub fn wrong(snapshot: &Snapshot) -> Option<&'static str> {
    let caller = snapshot.caller.as_ref()?;
    let account = snapshot.accounts.iter().find(|it| it.id == caller.account);
    let well = snapshot.overview || snapshot.current().status == Status::Working;
    let covers = snapshot.access.is_some() || snapshot.hold.is_some() || !well;
    match () {
        () if !account.is_some_and(|it| it.waiting.contains(&caller.who)) => {
            Some("somebody is shown who does not wait")
        }
        () if covers => Some("somebody is shown over something that must not be covered"),
        () if snapshot.light == Light::Off || snapshot.shutting_down => {
            Some("somebody is shown on a dark glass")
        }
        () if snapshot.panel != PanelHealth::Attached => Some("shown without a glass"),
        () => None,
    }
}

/// Whether those who are told to wait are those that wait.
pub fn are(expected: &[(String, Mono)], told: &[Waiting], now: Mono) -> bool {
    let told = told.iter();
    let told = told.map(|who| (who.code.expose().to_owned(), who.expires_at));
    let expected = expected.iter().filter(|(_, ends)| *ends > now);
    told.eq(expected.cloned())
}
