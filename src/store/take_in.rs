//! Messages that come in: one transaction for a batch, in which each is looked up, decided about, and
//! everything is done that was decided.
//!
//! What it costs is said in the tests (`tests/it/store/wear.rs`). A message that was taken for one
//! webhook changes two tables, the ring and the outbox, at the end of each; the person is remembered
//! anew once an hour.

use std::fmt;
use std::sync::Arc;

use super::error::Result;
use super::kept::KeptMessage;
use super::outbox::Place;
use super::ring::{self, Ring};
use super::rows::Tx;
use super::{Store, box_names, caps, media, outbox, people, requests, send_queue, settings};
use crate::account::AccountId;
use crate::message::address::{MessageId, Person};
use crate::message::content::Content;
use crate::message::event::NewEvent;
use crate::message::inbound::Inbound;
use crate::message::intake::{self, Decision, Facts, Settings};
use crate::message::policy::Request;
use crate::message::webhook::DeliveryId;
use crate::time::UnixMillis;
use crate::ulid::{SessionIds, Ulid};

/// Makes the envelope of an event, as it is posted.
pub type Envelope = Arc<dyn Fn(&NewEvent) -> String + Send + Sync>;

/// What is known around a batch of messages.
#[derive(Clone)]
pub struct Around {
    /// The time.
    pub now: UnixMillis,
    /// Where the page is, as `http://192.168.1.20:8080`.
    pub page: Option<String>,
    /// Made by chance, one for each message.
    pub chances: Vec<[u8; 16]>,
    /// Makes the bodies for webhooks.
    pub envelope: Envelope,
}

impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Around")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// What became of a batch.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Taken {
    /// The messages that were new, with everything that is known of their people, and what became of
    /// each.
    pub decided: Vec<(Inbound, Decision)>,
    /// What waits to be posted.
    pub enqueued: Vec<Place>,
    /// What had to make room.
    pub dropped: Vec<DeliveryId>,
    /// Something waits to be sent.
    pub queued: bool,
}

/// What does not change while a batch is taken in.
struct Batch<'b> {
    account: AccountId,
    me: &'b Person,
    around: &'b Around,
    box_id: Ulid,
    session: String,
    settings: &'b Settings,
}

impl Store {
    /// Takes messages in. When it returns, they and everything they cause are durable; messages that came
    /// in before change nothing.
    ///
    /// # Errors
    /// [`super::StoreError`]: then all or nothing of it is there, and they have to come again.
    pub async fn take_in(
        &self,
        account: AccountId,
        me: Person,
        batch: Vec<Inbound>,
        around: Around,
    ) -> Result<Taken> {
        let shared = Arc::clone(&self.shared);
        let most = self.outbox_caps();
        let taken = self.write(move |tx| {
            ring::refuse_deleted(tx, account.0)?;
            let settings = if tx.touched_settings() {
                Arc::new(settings::load_changed(tx)?)
            } else {
                // Nobody else writes: what is published is what is in the file.
                Arc::clone(&shared.settings.borrow())
            };
            let box_id = box_names::box_id(tx)?;
            let context = Batch {
                account,
                me: &people::resolve(tx, account.0, me.clone())?,
                around: &around,
                box_id,
                session: SessionIds::new(box_id).name(account),
                settings: &settings,
            };
            let mut taken = take_all(tx, &context, &batch)?;
            if !taken.enqueued.is_empty() {
                taken.dropped = caps::enforce(tx, most, around.now)?;
            }
            Ok(taken)
        });
        let taken = taken.await;
        if taken.is_err() {
            // What cannot be taken in is not lost with the next power cut either.
            let _ = self.flush_pending().await;
        }
        taken
    }
}

fn take_all(tx: &Tx, batch: &Batch<'_>, messages: &[Inbound]) -> Result<Taken> {
    let account = batch.account.0;
    let mut ring = Ring::load(tx, account)?;
    let mut waiting = requests::load(tx, account)?;
    let mut taken = Taken::default();
    for (number, inbound) in messages.iter().enumerate() {
        let inbound = resolve(tx, account, inbound.clone())?;
        if ring.holds(tx, &inbound)? {
            continue;
        }
        let sender = people::row_of(tx, account, &inbound.sender)?;
        let chances = &batch.around.chances;
        let target = target(&inbound.content);
        let facts = Facts {
            box_id: batch.box_id,
            account: batch.account,
            me: batch.me,
            settings: batch.settings,
            sender: sender.as_ref(),
            requests: &waiting,
            target_kept: match target {
                Some(target) if inbound.chat.group().is_some() => ring::shows(tx, account, target)?,
                _ => false,
            },
            now: batch.around.now,
            chance: chances.get(number).copied().unwrap_or_default(),
            page: batch.around.page.as_deref(),
            session: &batch.session,
        };
        let decision = intake::decide(&facts, &inbound);
        apply(
            tx,
            batch,
            &mut ring,
            &mut waiting,
            &inbound,
            &decision,
            &mut taken,
        )?;
        taken.decided.push((inbound, decision));
    }
    ring.trim(tx)?;
    Ok(taken)
}

/// The message a message is about.
fn target(content: &Content) -> Option<&MessageId> {
    match content {
        Content::Reaction { target, .. }
        | Content::Edit { target, .. }
        | Content::Revoke { target } => Some(target),
        _ => None,
    }
}

/// Does what was decided about one message.
fn apply(
    tx: &Tx,
    batch: &Batch<'_>,
    ring: &mut Ring,
    waiting: &mut Vec<Request>,
    inbound: &Inbound,
    decision: &Decision,
    taken: &mut Taken,
) -> Result<()> {
    let (account, now) = (batch.account.0, batch.around.now);
    let event = decision.events.first().map(|(event, _)| event.id);
    if decision.keep {
        ring.append(tx, kept(inbound, event))?;
        if let (Content::Media(file), Some(event)) = (&inbound.content, event)
            && file.remote.is_some()
        {
            media::keep(tx, account, event, file, now)?;
        }
    } else {
        ring.pass(tx, inbound)?;
    }
    for (event, to) in &decision.events {
        if !to.is_empty() {
            let body = (batch.around.envelope)(event);
            let places = outbox::enqueue(tx, event, to, &body, now)?;
            taken.enqueued.extend(places);
        }
    }
    if let Some(known) = &decision.acquaintance {
        people::remember(tx, account, known)?;
    }
    if let Some(request) = &decision.request {
        requests::keep(tx, account, waiting, request.clone(), now)?;
    }
    taken.queued |= send_queue::append_to(tx, account, ring, &decision.say)?;
    Ok(())
}

/// The message with everything that is known of its people.
fn resolve(tx: &Tx, account: u32, mut inbound: Inbound) -> Result<Inbound> {
    inbound.chat = people::resolve_chat(tx, account, inbound.chat)?;
    inbound.sender = people::resolve(tx, account, inbound.sender)?;
    for person in &mut inbound.mentioned {
        *person = people::resolve(tx, account, person.clone())?;
    }
    if let Some(quoted) = &mut inbound.quoted {
        quoted.sender = people::resolve(tx, account, quoted.sender.clone())?;
    }
    Ok(inbound)
}

/// The message as the ring keeps it.
fn kept(inbound: &Inbound, event: Option<Ulid>) -> KeptMessage {
    let inbound = inbound.clone();
    let mut content = inbound.content;
    if let Content::Media(file) = &mut content {
        file.remote = None;
    }
    KeptMessage {
        place: 0,
        id: inbound.id,
        chat: inbound.chat,
        sender: (!inbound.from_me).then_some(inbound.sender),
        from_me: inbound.from_me,
        name: inbound.name,
        group_name: inbound.group_name,
        at: inbound.at,
        content,
        quoted: inbound.quoted,
        progress: None,
        progress_at: None,
        event,
    }
}
