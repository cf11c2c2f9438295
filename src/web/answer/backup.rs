//! A copy of the store for `pairbox backup`. It holds every key in the clear, so it goes over the control
//! socket, a file on this machine, and never over the network, whatever token is shown there.

use std::sync::TryLockError;

use super::{Desk, FileReply};
use crate::backup::copy::{CopyError, make};
use crate::backup::place::Place;
use crate::daemon;
use crate::token::Caller;
use crate::web::problem::Problem;
use crate::web::reply::Reply;

impl Desk {
    pub(super) fn backup(&self, caller: &Caller) -> Result<FileReply, Problem> {
        if *caller != Caller::Console {
            return Err(Problem::new(
                403,
                "console_only",
                "A backup is taken on the box itself, with `pairbox backup`: it holds all keys.",
            ));
        }
        let backstage = self.backstage()?;
        let _one = match backstage.copying.try_lock() {
            Ok(one) => one,
            // Whoever died there left a file that is made anew.
            Err(TryLockError::Poisoned(one)) => one.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let problem = Problem::new(503, "busy", "A backup is being made already.");
                return Err(problem.retry_after_s(5));
            }
        };
        let place = Place::of(daemon::database_in(backstage.gateway.state_dir()));
        let (file, length) = make(&backstage.store, &place).map_err(|error| no_copy(&error))?;
        log::info!("a copy of the store is handed out for a backup: {length} bytes");
        Ok(FileReply {
            reply: Reply::new(200, "", Vec::new()),
            media_type: "application/octet-stream".to_owned(),
            file,
            length,
        })
    }
}

fn no_copy(error: &CopyError) -> Problem {
    log::warn!("no copy for a backup: {error}");
    Problem::new(
        507,
        "no_copy",
        format!("There is no copy of the store: {error}."),
    )
}
