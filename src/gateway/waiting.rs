//! Who waits for approval: told to the machine, and decided by whoever may.

use std::time::Duration;

use log::{info, warn};

use super::Gateway;
use super::telling::GatewayProblem;
use crate::account::AccountId;
use crate::event::{Event, GatewayEvent};
use crate::message::policy::Request;
use crate::secret::Secret;
use crate::snapshot::Waiting;
use crate::time::Now;

/// Characters of a name that are shown: what a panel takes, and then some.
const NAME_CHARS: usize = 32;

impl Gateway {
    /// Lets somebody in who waits for approval, or sends them away. Everybody who looks at the list is
    /// told.
    ///
    /// # Errors
    /// [`GatewayProblem`]
    pub async fn decide(
        &self,
        account: AccountId,
        code: &str,
        approve: bool,
    ) -> Result<Request, GatewayProblem> {
        let parts = self.parts();
        let now = parts.clock.now().wall.ok_or(GatewayProblem::NoClock)?;
        let decided = parts.store.decide(account, code, approve, now).await?;
        let request = decided.ok_or(GatewayProblem::NotFound)?;
        self.tell_requests(account).await;
        if request.expires_at <= now {
            return Err(GatewayProblem::Gone);
        }
        let what = if approve { "approved" } else { "denied" };
        let who = request
            .person
            .phone()
            .map_or("its number is hidden", |it| it.last4());
        info!("account {account}: somebody who waited was {what} ({who})");
        Ok(request)
    }

    /// Tells the machine who waits at an account.
    pub(super) async fn tell_requests(&self, account: AccountId) {
        // What is read last is told last.
        let _one_at_a_time = self.0.requests.lock().await;
        let parts = self.parts();
        let now = parts.clock.now();
        let Some(wall) = now.wall else {
            // Nobody can say yet what ran out; it is told when the clock is set.
            return;
        };
        match parts.store.requests(account, wall) {
            Ok(requests) => {
                let waiting = requests.iter().map(|it| waiting(it, now)).collect();
                let event = Event::Gateway(GatewayEvent::Requests { account, waiting });
                // At the end of the process nobody listens.
                let _ = parts.inbox.send(event).await;
            }
            Err(error) => warn!("account {account}: who waits could not be read: {error}"),
        }
    }

    /// Tells the machine who waited when the process began.
    pub(super) async fn tell_all_requests(&self) {
        match self.parts().store.accounts() {
            Ok(accounts) => {
                for account in accounts {
                    self.tell_requests(account.id).await;
                }
            }
            Err(error) => warn!("who waits could not be read: {error}"),
        }
    }
}

/// A request as panel and page show it.
fn waiting(request: &Request, now: Now) -> Waiting {
    let wall = now.wall.map_or(0, |wall| wall.0);
    let left = Duration::from_millis(request.expires_at.0.saturating_sub(wall));
    let name = request.name.as_ref();
    Waiting {
        code: Secret::new(request.code.clone()),
        name: name.map(|name| name.chars().take(NAME_CHARS).collect()),
        last4: request.person.phone().map(|phone| phone.last4().to_owned()),
        expires_at: now.mono + left,
    }
}
