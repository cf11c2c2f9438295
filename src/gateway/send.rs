//! Taking a wish to send something: checked, given its id, and durable before the asker hears of it.

use std::collections::BTreeMap;

use log::info;
use serde::{Deserialize, Serialize};

use super::Gateway;
use super::spool::Held;
use crate::account::{AccountId, CountryPrefix};
use crate::limits;
use crate::message::address::{Chat, MessageId, Person};
use crate::message::fingerprint;
use crate::message::outbound::Outbound;
use crate::message::pacing;
use crate::message::wish::{MediaSource, SendProblem, SendReceipt, SendWish, WishContent};
use crate::snapshot::Status;
use crate::store::{Direction, Idempotency, MessageFilter, Queued, StoreError};
use crate::time::UnixMillis;
use crate::whatsapp::dispatch::DispatchError;

/// How an account stands, as far as sending is concerned.
pub(super) struct Standing {
    /// The country code for numbers that come without one.
    pub prefix: Option<CountryPrefix>,
    /// Who it is, as far as that is known.
    pub me: Option<Person>,
    /// It is online.
    pub working: bool,
}

/// The answer to a key, as it is kept.
#[derive(Serialize, Deserialize)]
struct Answer {
    parts: Vec<MessageId>,
    cold: bool,
}

/// What a wish became.
pub(super) struct Ready {
    /// The messages, at least one.
    pub messages: Vec<Outbound>,
    /// Its recipient did not write for long, or ever.
    pub cold: bool,
}

impl Gateway {
    /// Takes a message to be sent. When it returns, the message waits in the queue of its account, and no
    /// power cut loses it. A file in the spool belongs to the gateway from here on, whatever comes of it.
    ///
    /// # Errors
    /// [`SendProblem`]; nothing is queued.
    pub async fn send(&self, wish: SendWish) -> Result<SendReceipt, SendProblem> {
        let account = wish.account;
        let mut held = self.hold(&wish.content);
        let key = wish.idempotency_key.as_deref().map(fingerprint::of_key);
        let body = fingerprint::fingerprint(&wish);
        let now = self.set_time()?;
        if let Some(key) = key
            && let Some((before, answer)) = self
                .parts()
                .store
                .answered(account, &key, now)
                .map_err(storage)?
        {
            if before != body {
                return Err(SendProblem::IdempotencyConflict);
            }
            return self.answered(account, &answer);
        }
        self.room_for(account)?;
        let mut seed = [0; 16];
        getrandom::fill(&mut seed).map_err(|_| SendProblem::Busy("no random numbers"))?;
        let ready = self.ready(wish, &seed, now, &mut held).await?;
        let parts: Vec<MessageId> = ready.messages.iter().map(|it| it.id.clone()).collect();
        let kind = ready
            .messages
            .first()
            .map_or("text", |it| it.content.word());
        let answer = Answer {
            parts: parts.clone(),
            cold: ready.cold,
        };
        let idempotency = key.map(|key_hash| Idempotency {
            key_hash,
            body_hash: body,
            // Texts and numbers: this cannot fail, and an empty answer would be told as a conflict.
            answer: serde_json::to_string(&answer).unwrap_or_default(),
        });
        let queue = self
            .parts()
            .store
            .queue(account, ready.messages, idempotency, now);
        match queue.await.map_err(storage)? {
            Queued::New => {}
            Queued::Same(answer) => return self.answered(account, &answer),
            Queued::Conflict => return Err(SendProblem::IdempotencyConflict),
        }
        held.keep();
        self.wake_sender();
        info!(
            "account {account}: {kind} queued ({} messages)",
            parts.len()
        );
        receipt(parts, "queued", ready.cold)
    }

    /// The messages that wish would become, for whoever queues them in a transaction of their own. The
    /// same seed gives the same ids; an idempotency key is of no account. Wake the sender afterwards.
    ///
    /// # Errors
    /// [`SendProblem`].
    pub async fn prepare(&self, wish: SendWish, seed: &[u8]) -> Result<Vec<Outbound>, SendProblem> {
        let mut held = self.hold(&wish.content);
        let now = self.set_time()?;
        self.room_for(wish.account)?;
        let ready = self.ready(wish, seed, now, &mut held).await?;
        held.keep();
        Ok(ready.messages)
    }

    /// Shows "typing…" in a chat for some seconds, or takes it back.
    ///
    /// # Errors
    /// [`SendProblem::NotWorking`].
    pub async fn typing(
        &self,
        account: AccountId,
        chat: &Chat,
        on: bool,
    ) -> Result<(), SendProblem> {
        let link = self.link(account).ok_or(SendProblem::NotWorking)?;
        link.typing(chat, on).await.map_err(in_our_words)
    }

    /// Marks messages of a chat as read; with none named, all of the ring that came in there.
    ///
    /// # Errors
    /// [`SendProblem::NotWorking`], [`SendProblem::UnknownMessage`].
    pub async fn mark_read(
        &self,
        account: AccountId,
        chat: &Chat,
        ids: &[MessageId],
    ) -> Result<(), SendProblem> {
        let link = self.link(account).ok_or(SendProblem::NotWorking)?;
        let filter = MessageFilter {
            direction: Some(Direction::Inbound),
            chat: Some(chat.clone()),
            ..MessageFilter::newest(limits::MESSAGE_RING)
        };
        let kept = self.parts().store.messages(account, filter);
        let kept = kept.map_err(storage)?;
        let mut by_sender = BTreeMap::<Option<Person>, Vec<MessageId>>::new();
        for message in kept {
            if ids.is_empty() || ids.contains(&message.id) {
                by_sender
                    .entry(message.sender)
                    .or_default()
                    .push(message.id);
            }
        }
        let found: usize = by_sender.values().map(Vec::len).sum();
        if found < ids.len() {
            return Err(SendProblem::UnknownMessage);
        }
        for (sender, ids) in by_sender {
            // In a conversation with one person the chat says who wrote.
            let sender = sender.filter(|_| chat.group().is_some());
            let marked = link.mark_read(chat, sender.as_ref(), &ids).await;
            marked.map_err(in_our_words)?;
        }
        Ok(())
    }

    /// How an account stands.
    ///
    /// # Errors
    /// [`SendProblem::NotWorking`]: nothing can be queued for it.
    pub(super) fn standing(&self, account: AccountId) -> Result<Standing, SendProblem> {
        let snapshot = self.parts().snapshots.borrow();
        let view = snapshot.accounts.iter().find(|view| view.id == account);
        let view = view.ok_or(SendProblem::NotWorking)?;
        let may_wait = match view.status {
            Status::Working => true,
            // It will be back by itself.
            Status::Starting { .. } | Status::Reconnecting { .. } => view.linked,
            Status::Stopped
            | Status::ScanQrCode(_)
            | Status::PasskeyRequired { .. }
            | Status::Failed { .. }
            | Status::LoggedOut => false,
        };
        if !may_wait {
            return Err(SendProblem::NotWorking);
        }
        let lid = view.lid.as_ref().and_then(|lid| lid.parse::<Person>().ok());
        let lid = lid.and_then(|person| person.lid().cloned());
        Ok(Standing {
            prefix: view.country_prefix.clone(),
            me: Person::new(view.phone.clone(), lid),
            working: view.status == Status::Working,
        })
    }

    /// The time of day: without it nothing can be given one.
    fn set_time(&self) -> Result<UnixMillis, SendProblem> {
        let wall = self.parts().clock.now().wall;
        wall.ok_or(SendProblem::Busy("its clock is not set"))
    }

    fn room_for(&self, account: AccountId) -> Result<(), SendProblem> {
        let waiting = self.parts().store.send_queue_length(account);
        if waiting.map_err(storage)? < limits::SEND_QUEUE {
            return Ok(());
        }
        Err(SendProblem::PacingLimited {
            retry_after: pacing::room_in(self.outgoing().pace),
        })
    }

    /// The file of a wish, if it is in the spool: gone unless it is kept.
    fn hold(&self, content: &WishContent) -> Held {
        let mut held = Held::nothing(self.spool());
        if let WishContent::Media {
            source: MediaSource::Spooled { file, .. },
            ..
        } = content
        {
            held.take(file);
        }
        held
    }

    /// The first answer again, and how far its message is by now.
    fn answered(&self, account: AccountId, answer: &str) -> Result<SendReceipt, SendProblem> {
        let answer: Answer =
            serde_json::from_str(answer).map_err(|_| SendProblem::IdempotencyConflict)?;
        let first = answer.parts.first();
        let kept = first.and_then(|id| self.parts().store.message(account, id).ok().flatten());
        let progress = kept.and_then(|kept| kept.progress);
        let status = progress.map_or("queued", |progress| progress.word());
        receipt(answer.parts, status, answer.cold)
    }
}

fn receipt(
    parts: Vec<MessageId>,
    status: &'static str,
    cold: bool,
) -> Result<SendReceipt, SendProblem> {
    // There is a first one: a text without a sign is refused.
    let id = parts.first().cloned();
    Ok(SendReceipt {
        id: id.ok_or(SendProblem::BadText("there is nothing to send"))?,
        parts,
        status,
        cold,
    })
}

pub(super) fn storage(error: StoreError) -> SendProblem {
    match error {
        StoreError::Deleted => SendProblem::NotWorking,
        error => SendProblem::Storage(error.to_string()),
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` is handed"
)]
fn in_our_words(error: DispatchError) -> SendProblem {
    match error {
        DispatchError::NotConnected => SendProblem::NotWorking,
        DispatchError::NotOnWhatsApp => SendProblem::NotOnWhatsApp,
        DispatchError::Refused { .. } => SendProblem::Busy("WhatsApp refused"),
        DispatchError::Trouble { .. } => SendProblem::Busy("WhatsApp did not answer"),
    }
}
