//! What links report: messages that came in, and how far those that went out are.

use std::collections::BTreeMap;
use std::sync::Arc;

use log::{debug, info, warn};
use serde_json::json;

use super::Gateway;
use crate::account::AccountId;
use crate::journal::Kind;
use crate::message::address::{Chat, GroupJid, MessageId, Person};
use crate::message::envelope;
use crate::message::event::{NewEvent, Payload};
use crate::message::inbound::{Inbound, Receipt, ReceiptState};
use crate::message::outbound::Progress;
use crate::message::policy::Refusal;
use crate::metrics::Way;
use crate::store::{Around, StoreError, Taken};

impl Gateway {
    /// Takes messages in. When it returns, they and everything they cause are durable, and WhatsApp may
    /// be told so; taking the same message in again does nothing. `me` is who the account is, as the
    /// link knows better than anybody right after pairing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was taken, WhatsApp must deliver again.
    pub async fn take_in(
        &self,
        account: AccountId,
        me: Option<Person>,
        batch: Vec<Inbound>,
    ) -> Result<(), StoreError> {
        let Some(newest) = batch.iter().map(|inbound| inbound.at).max() else {
            return Ok(());
        };
        let parts = self.parts();
        let me = me.or_else(|| self.person(account));
        let me = me.ok_or(StoreError::Wiped)?;
        let chances = batch.iter().map(|_| chance()).collect::<Result<_, _>>()?;
        let (envelope_me, ids) = (self.me(account), parts.ids);
        let page = parts.snapshots.borrow().page.clone();
        let around = Around {
            // No link runs before the clock is set; one that was unset since has the service's time.
            now: parts.clock.now().wall.unwrap_or(newest),
            page: page.map(|page| format!("http://{page}")),
            chances,
            envelope: Arc::new(move |event| {
                envelope::told(event, envelope_me.as_ref(), ids).to_string()
            }),
        };
        let taken = parts.store.take_in(account, me, batch, around).await;
        let taken = taken.inspect_err(|_| self.doubt_lines())?;
        self.took(account, taken);
        Ok(())
    }

    /// Everything that has to happen after messages were taken, and is not durable.
    fn took(&self, account: AccountId, taken: Taken) {
        self.place(&taken.enqueued, &taken.dropped);
        if taken.queued {
            self.wake_sender();
        }
        let parts = self.parts();
        let (now, me) = (parts.clock.now(), self.me(account));
        let mut requests = false;
        let mut read: BTreeMap<(Chat, Option<Person>), Vec<MessageId>> = BTreeMap::new();
        for (inbound, decision) in taken.decided {
            if let Some(reason) = decision.refused {
                parts.metrics.denied(reason);
                let sender = inbound
                    .sender
                    .phone()
                    .map_or("its number is hidden", |it| it.last4());
                info!(
                    "account {account}: a message was refused: {} ({sender})",
                    reason.code()
                );
            } else if decision.keep && !inbound.from_me {
                let kind = inbound.content.word();
                parts.metrics.message(account, Way::Inbound, kind);
                debug!("account {account}: a message came in: {kind}");
            }
            for (event, _) in decision.events {
                parts.journal.tell(now, event, me.clone());
            }
            requests |= decision.request.is_some();
            if decision.mark_read {
                let group = inbound.chat.group().is_some();
                let sender = Some(inbound.sender).filter(|_| group);
                read.entry((inbound.chat, sender))
                    .or_default()
                    .push(inbound.id);
            }
        }
        if requests {
            let gateway = self.clone();
            tokio::spawn(async move { gateway.tell_requests(account).await });
        }
        if !read.is_empty()
            && let Some(link) = self.link(account)
        {
            tokio::spawn(async move {
                for ((chat, sender), ids) in read {
                    if let Err(error) = link.mark_read(&chat, sender.as_ref(), &ids).await {
                        debug!("account {account}: messages were not marked as read: {error}");
                    }
                }
            });
        }
    }

    /// Who an account is, by all that is known.
    fn person(&self, account: AccountId) -> Option<Person> {
        let known = {
            let snapshot = self.parts().snapshots.borrow();
            let view = snapshot.accounts.iter().find(|it| it.id == account);
            let lid = view.and_then(|it| it.lid.as_ref()?.parse::<Person>().ok());
            let phone = view.and_then(|it| it.phone.clone());
            Person::new(phone, lid.and_then(|it| it.lid().cloned()))
        };
        known.or_else(|| {
            // It was paired a moment ago, and the machine has not heard of it yet.
            let accounts = self.parts().store.accounts().ok()?;
            let stored = accounts.into_iter().find(|it| it.id == account)?;
            stored.linked?.phone.map(Person::Phone)
        })
    }

    /// Something that came in and is no message of a chat: counted and logged, not kept.
    pub fn refused(&self, account: AccountId, why: Refusal) {
        self.parts().metrics.denied(why);
        info!(
            "account {account}: something that came in was refused: {}",
            why.code()
        );
    }

    /// A message we sent got further.
    pub async fn receipt(&self, account: AccountId, receipt: Receipt) {
        let progress = match receipt.state {
            ReceiptState::Server => Progress::Sent,
            ReceiptState::Delivered => Progress::Delivered,
            ReceiptState::Read => Progress::Read,
        };
        self.progressed(account, &receipt.ids, Some(&receipt.chat), progress)
            .await;
    }

    /// WhatsApp's server refused a message we sent, with a code of its own (463: may not write to this
    /// person first; 479: too much).
    pub async fn nack(&self, account: AccountId, id: MessageId, code: u16) {
        warn!("account {account}: WhatsApp refused a message with code {code}");
        let word = match code {
            463 => "cold_send_refused",
            479 => "too_many_sent",
            _ => "refused",
        };
        let progress = Progress::Failed {
            code: word.to_owned(),
        };
        self.progressed(account, &[id], None, progress).await;
    }

    /// A group the account is in is another: its name, who is in it. `change` is the payload's word for
    /// what changed (`subject`, `participants`…).
    pub async fn group_changed(
        &self,
        account: AccountId,
        group: GroupJid,
        name: Option<String>,
        change: &'static str,
    ) {
        let payload = json!({
            "group_jid": group.as_str(),
            "group_name": name,
            "chat_id": group.as_str(),
            "change": change,
        });
        let event = NewEvent {
            id: self.new_name(),
            kind: Kind::GroupUpdate,
            account: Some(account),
            at: self.parts().clock.now().wall,
            lane: group.as_str().to_owned(),
            payload: Payload(payload),
        };
        if let Err(error) = self.tell(event).await {
            warn!("account {account}: a change of a group waits for no webhook: {error}");
        }
    }
}

/// Numbers for codes and ids.
fn chance() -> Result<[u8; 16], StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::NoChance)?;
    Ok(bytes)
}
