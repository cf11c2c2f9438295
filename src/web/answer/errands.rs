//! Answers about the messages of a session: what came and went, what is to go, who waits.

use serde_json::{Map, Value, json};

use super::Desk;
use super::wish::nothing;
use crate::account::AccountId;
use crate::gateway::spool::Spool;
use crate::limits::{ANSWER, SEND};
use crate::message::address::{Chat, MessageId};
use crate::message::body::{self, Around};
use crate::metrics::Way;
use crate::store::{Direction, MessageFilter};
use crate::token::Scope;
use crate::web::backstage::{Backstage, not_done, not_kept};
use crate::web::door::upload::Arrived;
use crate::web::fields::Fields;
use crate::web::messages::{List, MessageBody, ReceiptBody, RequestBody};
use crate::web::problem::Problem;
use crate::web::reply::Reply;
use crate::web::route::Head;
use crate::web::route::errands::{Listing, unknown_message, unknown_request};
use crate::web::status::Eye;

/// Longest idempotency key, in characters: twice a UUID with room.
const KEY_MAX: usize = 128;

/// What came with a request.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// Its head.
    pub head: &'a Head<'a>,
    /// Its body, without a file.
    pub body: &'a [u8],
    /// A file that came with it.
    pub file: Option<&'a Arrived>,
}

impl Desk {
    /// The gateway, if the store can be used.
    pub(super) fn backstage(&self) -> Result<&Backstage, Problem> {
        let backstage = self.context.backstage.as_ref();
        backstage.ok_or_else(|| Problem::new(503, "store", "The storage cannot be used."))
    }

    pub(super) fn list_messages(
        &self,
        id: AccountId,
        listing: &Listing,
        eye: &Eye<'_>,
    ) -> Result<Reply, Problem> {
        let filter = MessageFilter {
            direction: listing.direction.map(|way| match way {
                Way::Inbound => Direction::Inbound,
                Way::Outbound => Direction::Outbound,
            }),
            chat: listing.chat.clone(),
            cursor: listing.cursor,
            limit: listing.limit,
        };
        let found = self.backstage()?.store.messages(id, filter);
        let found = found.map_err(|error| not_kept(&error))?;
        let last = found.last().map(|message| message.place);
        let bodies = found.into_iter();
        let bodies = bodies.map(|message| MessageBody::of(message, id, eye.ids));
        Ok(Reply::json(
            200,
            &List::of(bodies.collect(), listing.limit, last),
        ))
    }

    pub(super) fn show_message(
        &self,
        id: AccountId,
        message: &MessageId,
        eye: &Eye<'_>,
    ) -> Result<Reply, Problem> {
        let found = self.backstage()?.store.message(id, message);
        let found = found.map_err(|error| not_kept(&error))?;
        let message = found.ok_or_else(unknown_message)?;
        Ok(Reply::json(200, &MessageBody::of(message, id, eye.ids)))
    }

    /// Where files wait that are to be sent.
    ///
    /// # Errors
    /// 503 `store`: the store cannot be used.
    pub fn spool(&self) -> Result<Spool, Problem> {
        Ok(self.backstage()?.gateway.spool().clone())
    }

    pub(super) fn send_message(&self, id: AccountId, sent: Sent<'_>) -> Result<Reply, Problem> {
        let backstage = self.backstage()?;
        let around = Around {
            account: id,
            to: None,
            reply: false,
            idempotency_key: idempotency_key(sent.head)?,
            file: sent
                .file
                .map(|file| (file.name().0.to_owned(), file.name().1)),
        };
        let fields: Map<String, Value> = Fields::object(sent.body)?.into_map();
        let spool = backstage.gateway.spool();
        let mut keep = |bytes: &[u8]| spool.keep(bytes).ok().map(|kept| kept.file);
        let wish = body::read(&fields, around, &mut keep)?;
        // From here on it is the gateway's, whatever comes of it.
        sent.file.inspect(|file| file.is_taken());
        let receipt = backstage.wait(SEND, backstage.gateway.send(wish))??;
        Ok(Reply::json(202, &ReceiptBody::from(receipt)))
    }

    pub(super) fn typing(&self, id: AccountId, chat: &Chat, body: &[u8]) -> Result<Reply, Problem> {
        let fields = Fields::parse(body, &["on"])?;
        let on = fields.flag("on")?.unwrap_or(true);
        let backstage = self.backstage()?;
        backstage.wait(ANSWER, backstage.gateway.typing(id, chat, on))??;
        Ok(Reply::json(200, &json!({})))
    }

    pub(super) fn mark_read(
        &self,
        id: AccountId,
        chat: &Chat,
        body: &[u8],
    ) -> Result<Reply, Problem> {
        let fields = Fields::parse(body, &["ids"])?;
        let ids = fields.texts("ids")?.unwrap_or_default();
        let ids: Result<Vec<MessageId>, _> = ids.into_iter().map(str::parse).collect();
        let ids = ids.map_err(|_| {
            Problem::new(
                422,
                "bad_message",
                "`ids` has to be a list of messages' ids.",
            )
        })?;
        let backstage = self.backstage()?;
        backstage.wait(ANSWER, backstage.gateway.mark_read(id, chat, &ids))??;
        Ok(Reply::json(200, &json!({})))
    }

    pub(super) fn list_requests(&self, id: AccountId, eye: &Eye<'_>) -> Result<Reply, Problem> {
        let approves = eye.caller.may(Scope::Admin, Some(id));
        let waiting = match eye.now.wall {
            Some(now) => self.backstage()?.store.requests(id, now),
            // Nobody can be asked to wait for an hour without a clock.
            None => Ok(Vec::new()),
        };
        let waiting = waiting.map_err(|error| not_kept(&error))?;
        let list = List {
            data: waiting
                .into_iter()
                .map(|request| RequestBody::of(request, approves))
                .collect(),
            next_cursor: None,
        };
        Ok(Reply::json(200, &list))
    }

    pub(super) fn decide(
        &self,
        id: AccountId,
        (code, approve): (&str, bool),
        body: &[u8],
    ) -> Result<Reply, Problem> {
        nothing(body)?;
        let backstage = self.backstage()?;
        let decided = backstage.wait(ANSWER, backstage.gateway.decide(id, code, approve))?;
        let decided = decided.map_err(|problem| {
            let gone = Problem::new(
                410,
                "request_expired",
                "The request ran out: they may ask again.",
            );
            not_done(&problem, unknown_request(), gone)
        })?;
        Ok(Reply::json(200, &RequestBody::of(decided, true)))
    }
}

/// `Idempotency-Key`: visible ASCII, as it is.
fn idempotency_key(head: &Head<'_>) -> Result<Option<String>, Problem> {
    let Some(key) = head.header("Idempotency-Key")? else {
        return Ok(None);
    };
    let fits = (1..=KEY_MAX).contains(&key.len());
    if !fits || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let detail = format!("`Idempotency-Key` has 1 to {KEY_MAX} visible characters.");
        return Err(Problem::new(422, "bad_key", detail));
    }
    Ok(Some(key.to_owned()))
}
