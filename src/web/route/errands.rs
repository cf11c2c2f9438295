//! What can be asked about messages, and about webhooks: words, and how they are read from path and
//! query. Pure.

use super::Asked;
use super::query::{self, parameter};
use crate::account::E164;
use crate::message::address::{Chat, MessageId, Person};
use crate::message::webhook::WebhookId;
use crate::metrics::Way;
use crate::ulid::Ulid;
use crate::web::problem::Problem;

/// What can be asked about the messages of one session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Matter {
    /// Its messages, the newest first.
    List(Listing),
    /// One of them.
    Show(MessageId),
    /// A message to somebody.
    Send,
    /// "typing…" in a chat.
    Typing(Chat),
    /// The messages of a chat were seen.
    MarkRead(Chat),
    /// Who may write.
    Policy,
    /// Who may write from now on.
    SetPolicy,
    /// Where messages go.
    Routes,
    /// Where they go from now on.
    SetRoutes,
    /// Who waits for approval.
    Requests,
    /// Lets the one with this code in, or sends them away.
    Decide {
        /// The code.
        code: String,
        /// In.
        approve: bool,
    },
    /// The file of a message, by the name of its event.
    Media(Ulid),
}

/// Which messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Which way they went; `None`: both.
    pub direction: Option<Way>,
    /// Of which chat; `None`: of all.
    pub chat: Option<Chat>,
    /// Older than this place.
    pub cursor: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// What can be asked about one webhook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hook {
    /// What it is.
    Show,
    /// Other settings.
    Change,
    /// Forget it, and what waits for it.
    Delete,
    /// Post something to it.
    Test,
    /// What waits for it, or was given up.
    Deliveries {
        /// Only those that were given up, or only those that were not.
        dead: Option<bool>,
        /// After this place.
        cursor: Option<u64>,
        /// At most so many.
        limit: usize,
    },
    /// Post this one again.
    Replay(u64),
    /// Post all again that were given up.
    ReplayAll,
}

/// Longest code of somebody who waits that is looked up.
const CODE_MAX: usize = 16;

impl Asked<'_> {
    /// The message in the path.
    pub(super) fn message(&self) -> Result<MessageId, Problem> {
        let id = self.named("{mid}").parse();
        id.map_err(|_| unknown_message())
    }

    /// The chat in the path: an address, or a number. `%40` is the `@` that some clients write so.
    pub(super) fn chat(&self) -> Result<Chat, Problem> {
        chat(self.named("{jid}"))
    }

    /// The code in the path, as it is typed: letters of either case, with a dash or without.
    pub(super) fn code(&self) -> Result<String, Problem> {
        let sent = self.named("{code}");
        let code: String = sent.chars().filter(|it| *it != '-').collect();
        let plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if code.is_empty() || code.len() > CODE_MAX || !plain {
            return Err(unknown_request());
        }
        Ok(code.to_ascii_uppercase())
    }

    /// The event in the path.
    pub(super) fn event(&self) -> Result<Ulid, Problem> {
        let name = self.named("{event}").strip_prefix("evt_");
        name.and_then(|name| name.parse().ok()).ok_or_else(no_media)
    }

    /// The webhook in the path.
    pub(super) fn webhook(&self) -> Result<WebhookId, Problem> {
        let id = self.named("{webhook}").parse();
        id.map_err(|_| unknown_webhook())
    }

    /// The delivery in the path: `dlv_` and its place.
    pub(super) fn delivery(&self) -> Result<u64, Problem> {
        let place = self.named("{delivery}").strip_prefix("dlv_");
        place.and_then(number).ok_or_else(unknown_delivery)
    }

    /// `?direction=&chat=&cursor=&limit=`
    pub(super) fn listing(&self) -> Result<Listing, Problem> {
        let direction = match parameter(self.query, "direction") {
            None => None,
            Some("inbound") => Some(Way::Inbound),
            Some("outbound") => Some(Way::Outbound),
            Some(_) => {
                let detail = "`direction` is one of: inbound, outbound.";
                return Err(Problem::new(422, "bad_direction", detail));
            }
        };
        Ok(Listing {
            direction,
            chat: parameter(self.query, "chat").map(chat).transpose()?,
            cursor: self.cursor()?,
            limit: query::limit(self.query)?,
        })
    }

    /// `?status=&cursor=&limit=`
    pub(super) fn deliveries(&self) -> Result<Hook, Problem> {
        let dead = match parameter(self.query, "status") {
            None => None,
            Some("pending") => Some(false),
            Some("dead") => Some(true),
            Some(_) => {
                let detail = "`status` is one of: pending, dead.";
                return Err(Problem::new(422, "bad_status", detail));
            }
        };
        Ok(Hook::Deliveries {
            dead,
            cursor: self.cursor()?,
            limit: query::limit(self.query)?,
        })
    }

    fn cursor(&self) -> Result<Option<u64>, Problem> {
        let cursor = parameter(self.query, "cursor").map(number);
        match cursor {
            None => Ok(None),
            Some(Some(place)) => Ok(Some(place)),
            Some(None) => {
                let detail = "`cursor` is what `next_cursor` of an earlier answer said.";
                Err(Problem::new(422, "bad_cursor", detail))
            }
        }
    }
}

/// Digits only: no sign.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn chat(sent: &str) -> Result<Chat, Problem> {
    let sent = sent.replace("%40", "@");
    let by_number = || Some(Chat::Person(Person::Phone(sent.parse::<E164>().ok()?)));
    sent.parse().ok().or_else(by_number).ok_or_else(|| {
        let detail =
            "A chat is named …@s.whatsapp.net, …@lid, …@g.us, or by a number with country code.";
        Problem::new(422, "bad_chat", detail)
    })
}

/// There is no such message in the ring.
#[must_use]
pub fn unknown_message() -> Problem {
    Problem::new(404, "unknown_message", "There is no such message.")
}

/// Nobody who waits has that code.
#[must_use]
pub fn unknown_request() -> Problem {
    Problem::new(404, "unknown_request", "Nobody waits with this code.")
}

/// There is no such webhook.
#[must_use]
pub fn unknown_webhook() -> Problem {
    Problem::new(404, "unknown_webhook", "There is no such webhook.")
}

/// There is no such delivery.
#[must_use]
pub fn unknown_delivery() -> Problem {
    Problem::new(404, "unknown_delivery", "There is no such delivery.")
}

/// There is no file of that name.
#[must_use]
pub fn no_media() -> Problem {
    Problem::new(404, "no_media", "There is no file of this name.")
}
