//! `/livez` and `/readyz`: for whoever watches over the service. Neither says anything about anybody.

use super::Desk;
use crate::fault::Fault;
use crate::limits::PULSE_STALE;
use crate::snapshot::{AccountView, Snapshot, Status, StoreHealth};
use crate::web::problem::Problem;
use crate::web::reply::Reply;

impl Desk {
    /// The service is well when its loops go round and its store takes writes, whatever WhatsApp does.
    pub(super) fn livez(&self, snapshot: &Snapshot) -> Result<Reply, Problem> {
        let now = self.context.clock.mono();
        if let Some(name) = self.context.vitals.stalled(now, PULSE_STALE) {
            let detail = format!("The {name} stands still.");
            return Err(Problem::new(503, "stalled", detail));
        }
        match snapshot.store {
            StoreHealth::Well => Ok(ok()),
            StoreHealth::Full | StoreHealth::ReadOnly | StoreHealth::Failing { .. } => Err(
                Problem::new(503, "store_failing", "The store takes no writes."),
            ),
        }
    }

    /// Ready when it is well, and every account that should be online is, or rightly waits for a person.
    pub(super) fn readyz(&self, snapshot: &Snapshot) -> Result<Reply, Problem> {
        self.livez(snapshot)?;
        if snapshot.accounts.iter().all(is_ready) {
            Ok(ok())
        } else {
            Err(Problem::new(
                503,
                "not_ready",
                "A session that should be online is not, and no person is waited for.",
            ))
        }
    }
}

/// Which states are as they should be. Those that wait for a person do so rightly when only a person can
/// go on: something to scan, type or confirm; a link that was removed or is used elsewhere; an account
/// that was never linked, and rests until somebody asks (DESIGN.md rule 2). A refusal, a ban, a lock, an
/// old version or a broken store is nothing to be left alone.
fn is_ready(account: &AccountView) -> bool {
    if !account.enabled {
        return true;
    }
    match &account.status {
        Status::Working
        | Status::ScanQrCode(_)
        | Status::PasskeyRequired { .. }
        | Status::LoggedOut => true,
        Status::Stopped => !account.linked,
        Status::Starting { .. } | Status::Reconnecting { .. } => false,
        Status::Failed { fault, .. } => match fault {
            Fault::QrExhausted | Fault::StreamReplaced | Fault::Passkey => true,
            Fault::ClientOutdated
            | Fault::AccountLocked
            | Fault::TemporaryBan { .. }
            | Fault::Refused
            | Fault::Store => false,
        },
    }
}

fn ok() -> Reply {
    Reply::new(200, "text/plain; charset=utf-8", b"ok\n".into())
}
