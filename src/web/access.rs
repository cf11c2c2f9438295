//! Who asks, and how one gets to be somebody: API tokens, cookies, and codes read off the panel.
//!
//! What a request carries is found in `credential`, tokens are made and recognised in `token_text`, bodies
//! are read and written in `bodies`, getting in by standing at the box is in `presence`. What somebody may
//! do is decided by [`Caller::may`], in one place, by the router's table.
//!
//! Decisions:
//!
//! * **A check costs no disk.** The store holds all tokens in memory and publishes every change; a
//!   text that does not look like a token is not even digested. Guessing 256 bits is hopeless, so nobody
//!   is counted, slowed down or locked out for wrong tokens: a counter would be a way to lock the owner
//!   out.
//! * **Codes on the panel can be guessed**, so the machine counts tries and pauses. Somebody on the LAN can
//!   keep that pause going, and that is all they can do: tokens and browsers that are in stay in, the
//!   buttons work, and whoever has a shell on the box gets a token over the control socket, which no
//!   pause concerns.
//! * **A token that ends needs a clock to end by.** While the clock is not set, such a token is refused
//!   (`clock_not_set`): a box that was switched off and kept from the time would otherwise honour it for
//!   ever. A browser let in during that time gets a token that ends with the program.
//! * **A cookie that is no longer good is as good as none**: a browser sends it whether it wants or not,
//!   and must still see the page. A token that a program sends on purpose is refused aloud (401).
//! * **A cookie acts only for our own page.** Whatever changes something has to come with the browser's
//!   word that it comes from there (`Origin` or `Sec-Fetch-Site`).

mod bodies;
mod credential;
mod presence;
mod token_text;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use self::bodies::{Created, NewTokenBody, TokenList, TokenView};
use self::credential::Credential;
pub use super::door::Door;
use super::guard;
use super::problem::Problem;
use super::reply::Reply;
use super::route::Head;
use crate::clock::Clock;
use crate::inbox::Inbox;
use crate::snapshot::Snapshot;
use crate::store::{Life, NewToken, Store, StoreError, StoredToken, Tokens};
use crate::ticket::Tickets;
use crate::time::{Now, UnixMillis};
use crate::token::{Caller, Grant, TokenId};
use crate::ulid::SessionIds;

/// What an [`AccessDesk`] is made of.
pub struct AccessParts {
    /// Where tokens are kept; `None`: nowhere, and there are none (the store cannot be used).
    pub store: Option<Store>,
    /// The names of the box's accounts.
    pub sessions: SessionIds,
    /// The read model: what is on the panel.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Where wishes go.
    pub inbox: Inbox,
    /// Where the answers to wishes come from.
    pub tickets: Tickets,
    /// Time.
    pub clock: Clock,
}

/// Where everybody who asks is looked up, and where tokens are made and taken back. Its methods block
/// for as long as the machine and the disk take, up to [`crate::limits::ACCESS_ANSWER`] each: they are
/// for the page's threads.
pub struct AccessDesk {
    parts: AccessParts,
    tokens: watch::Receiver<Tokens>,
}

impl AccessDesk {
    /// A desk.
    #[must_use]
    pub fn new(parts: AccessParts) -> Self {
        let none = || watch::channel(Tokens::default()).1;
        let tokens = parts.store.as_ref().map_or_else(none, Store::tokens);
        Self { parts, tokens }
    }

    /// Who sends a request with this head.
    ///
    /// # Errors
    /// 400 `two_credentials`, 401 `bad_token`, 401 `clock_not_set`, 403 `cross_site`.
    pub fn caller(&self, head: &Head<'_>, door: Door, now: Now) -> Result<Caller, Problem> {
        if door == Door::Control {
            return Ok(Caller::Console);
        }
        let sent = credential::of(head)?;
        let tokens = self.tokens.borrow().clone();
        let by_cookie = sent.cookies.iter().find_map(|text| {
            let token = token_text::find(&tokens, text)?;
            (standing(token, now.wall) == Standing::Good).then_some(token)
        });
        match (sent.explicit, by_cookie) {
            (None, None) => Ok(Caller::Stranger),
            (None, Some(token)) => by_browser(head, token),
            (Some(explicit), by_cookie) => {
                let token = self::explicit(&tokens, explicit, now.wall)?;
                match by_cookie {
                    Some(other) if other.id != token.id => Err(credential::two()),
                    _ => Ok(Caller::Holder(grant(token))),
                }
            }
        }
    }

    /// `GET /api/v1/tokens`: all of them, and which one is the caller's own.
    ///
    /// # Errors
    /// None now; room for some.
    pub fn list(&self, caller: &Caller) -> Result<Reply, Problem> {
        let own = match caller {
            Caller::Holder(grant) => Some(grant.token),
            Caller::Stranger | Caller::Console => None,
        };
        let tokens = self.tokens.borrow().clone();
        let now = self.parts.clock.now().wall;
        let ended = |token: &&StoredToken| standing(token, now) != Standing::Ended;
        let views = tokens
            .iter()
            .filter(ended)
            .map(|token| self.view(token, own));
        let list = TokenList::of(views.collect());
        Ok(Reply::json(200, &list))
    }

    /// `POST /api/v1/tokens`: makes one, and says it this once.
    ///
    /// # Errors
    /// 422 for a wrong body, 409 `clock_not_set`, 507 `token_cap`, 503 `store`.
    pub fn create(&self, body: &[u8]) -> Result<Reply, Problem> {
        let wanted = NewTokenBody::parse(body, self.parts.sessions)?;
        self.know_accounts(&wanted)?;
        let now = self.parts.clock.now().wall;
        let life = match (wanted.lasts, now) {
            (None, _) => Life::Endless,
            (Some(lasts), Some(now)) => Life::Until(after(now, lasts)),
            (Some(_), None) => return Err(clock_not_set(409)),
        };
        let token = NewToken {
            name: wanted.name,
            scopes: wanted.scopes,
            accounts: wanted.accounts,
            created_at: now,
            life,
            browser: false,
            digest: [0; 32],
        };
        let (text, token) = self.keep(token)?;
        let body = Created {
            token: self.view(&token, None),
            secret: text.expose(),
        };
        Ok(Reply::json(201, &body))
    }

    /// `DELETE /api/v1/tokens/{tok_N}`: takes one back.
    ///
    /// # Errors
    /// 404 `unknown_token`, 503 `store`.
    pub fn revoke(&self, token: TokenId) -> Result<Reply, Problem> {
        if self.remove(token)? {
            Ok(Reply::new(204, "application/json", Vec::new()))
        } else {
            Err(Problem::new(
                404,
                "unknown_token",
                "There is no such token.",
            ))
        }
    }

    /// Makes the text of a token and keeps the token.
    fn keep(&self, mut token: NewToken) -> Result<(crate::secret::Secret, StoredToken), Problem> {
        let store = self.store()?;
        let (text, digest) = token_text::make()
            .ok_or_else(|| Problem::new(503, "no_chance", "The system gives no random numbers."))?;
        token.digest = digest;
        let added = store.add_token(token.clone(), self.parts.clock.now().wall);
        let id = waiting::wait(added)
            .ok_or_else(too_slow)?
            .map_err(|error| not_kept(&error))?
            .ok_or_else(|| {
                Problem::new(
                    507,
                    "token_cap",
                    "This box holds no more tokens. Take one back first.",
                )
            })?;
        Ok((text, StoredToken { id, is: token }))
    }

    fn remove(&self, token: TokenId) -> Result<bool, Problem> {
        waiting::wait(self.store()?.remove_token(token))
            .ok_or_else(too_slow)?
            .map_err(|error| not_kept(&error))
    }

    fn store(&self) -> Result<&Store, Problem> {
        let store = self.parts.store.as_ref();
        store.ok_or_else(|| Problem::new(503, "store", "The storage cannot be used."))
    }

    fn know_accounts(&self, wanted: &NewTokenBody) -> Result<(), Problem> {
        let snapshot = self.parts.snapshots.borrow().clone();
        let known = |id| snapshot.accounts.iter().any(|account| account.id == id);
        match wanted.accounts.iter().flatten().find(|id| !known(**id)) {
            None => Ok(()),
            Some(_) => Err(bodies::unknown_session()),
        }
    }

    fn view<'a>(&self, token: &'a StoredToken, own: Option<TokenId>) -> TokenView<'a> {
        TokenView::of(token, self.parts.sessions, own == Some(token.id))
    }
}

/// A token that was sent on purpose: it is good, or the request is refused.
fn explicit<'t>(
    tokens: &'t [StoredToken],
    credential: Credential<'_>,
    now: Option<UnixMillis>,
) -> Result<&'t StoredToken, Problem> {
    let token = token_text::find(tokens, credential.text).ok_or_else(bad_token)?;
    match standing(token, now) {
        Standing::Good => Ok(token),
        Standing::Ended => Err(bad_token()),
        Standing::Unknown => Err(clock_not_set(401)),
    }
}

/// A browser, if the request comes from our own page. One that another page makes it send, and that
/// changes nothing, is answered as a stranger's.
fn by_browser(head: &Head<'_>, token: &StoredToken) -> Result<Caller, Problem> {
    let looks = matches!(head.method, "GET" | "HEAD");
    match guard::own_page(head, looks) {
        Ok(()) => Ok(Caller::Holder(grant(token))),
        Err(_) if looks => Ok(Caller::Stranger),
        Err(problem) => Err(problem),
    }
}

/// Whether a token is good at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Good,
    Ended,
    /// It ends, and nobody knows what time it is.
    Unknown,
}

fn standing(token: &StoredToken, now: Option<UnixMillis>) -> Standing {
    match (token.is.life, now) {
        (Life::Endless | Life::ThisRun, _) => Standing::Good,
        (Life::Until(end), Some(now)) if now < end => Standing::Good,
        (Life::Until(_), Some(_)) => Standing::Ended,
        (Life::Until(_), None) => Standing::Unknown,
    }
}

fn grant(token: &StoredToken) -> Grant {
    Grant {
        token: token.id,
        scopes: token.is.scopes.clone(),
        accounts: token.is.accounts.clone(),
        expires_at: match token.is.life {
            Life::Until(end) => Some(end),
            Life::Endless | Life::ThisRun => None,
        },
    }
}

fn after(now: UnixMillis, time: Duration) -> UnixMillis {
    let time_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    UnixMillis(now.0.saturating_add(time_ms))
}

fn bad_token() -> Problem {
    Problem::new(
        401,
        "bad_token",
        "This token is not, or no longer, good for this box.",
    )
}

fn clock_not_set(status: u16) -> Problem {
    Problem::new(
        status,
        "clock_not_set",
        "The clock of this box is not set, so nobody can say when a token ends. Tokens without an end \
         work.",
    )
}

fn not_kept(error: &StoreError) -> Problem {
    Problem::new(503, "store", format!("Nothing was changed: {error}."))
}

fn too_slow() -> Problem {
    Problem::new(503, "busy", "It took too long; look whether it was done.").retry_after_s(1)
}
