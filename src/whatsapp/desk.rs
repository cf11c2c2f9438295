//! Where a link's messages pass: what came in goes to the gateway, by whatever way the library tells it;
//! what is known of groups, timers and messages under way is at hand.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use log::{info, warn};
use whatsapp_rust::wacore::stanza::groups::GroupNotificationAction as Action;
use whatsapp_rust::wacore::types::events::{self, InboundMessage, UndecryptableMessage};
use whatsapp_rust::{Client, Jid};

use crate::account::AccountId;
use crate::clock::Clock;
use crate::gateway::Gateway;
use crate::limits;
use crate::message::address::{Chat, MessageId, Person};
use crate::message::inbound::{Inbound, Receipt, ReceiptState};
use crate::message::policy::Refusal;
use crate::store::StoreError;
use crate::time::Mono;
use crate::whatsapp::groups::Groups;
use crate::whatsapp::inbound::{Heard, heard, unreadable};
use crate::whatsapp::receipt::{self, Verdict};
use crate::whatsapp::unread::Unread;
use crate::whatsapp::{content, people};

/// The desk of a link.
pub struct Desk {
    /// Whose.
    pub account: AccountId,
    /// Who takes messages in.
    pub gateway: Gateway,
    /// Names and timers.
    pub groups: Arc<Groups>,
    clock: Clock,
    unread: Mutex<Unread>,
    /// Messages that went out lately, and the chat as whoever sent them calls it.
    dispatched: Mutex<VecDeque<(MessageId, Chat)>>,
}

/// The account by every name the client knows.
#[must_use]
pub fn me(client: &Client) -> Option<Person> {
    let (pn, lid) = (client.pn(), client.lid());
    match pn {
        Some(pn) => people::person_of(&pn, lid.as_ref()),
        None => people::person(&lid?),
    }
}

/// The same person by every name the library has a mapping for; it has them in memory.
pub async fn resolved(client: &Client, person: Person) -> Person {
    if matches!(person, Person::Both(..)) {
        return person;
    }
    // A mapping that cannot be read is none: the store looks once more before it decides.
    let Ok(Some(entry)) = client.get_lid_pn_entry(&people::jid(&person)).await else {
        return person;
    };
    let (phone, lid) = (Jid::pn(&*entry.phone_number), Jid::lid(&*entry.lid));
    match people::person_of(&phone, Some(&lid)) {
        Some(both) => people::joined(person, &both),
        None => person,
    }
}

async fn resolved_chat(client: &Client, chat: Chat) -> Chat {
    match chat {
        Chat::Person(person) => Chat::Person(resolved(client, person).await),
        group @ Chat::Group(_) => group,
    }
}

impl Desk {
    /// A desk that knows nothing yet.
    #[must_use]
    pub fn new(account: AccountId, gateway: Gateway, clock: Clock) -> Self {
        Self {
            account,
            gateway,
            groups: Arc::default(),
            clock,
            unread: Mutex::default(),
            dispatched: Mutex::default(),
        }
    }

    /// Takes messages in. They are durable when it returns.
    ///
    /// # Errors
    /// [`StoreError`]: none was taken.
    pub async fn take_in(
        &self,
        client: &Arc<Client>,
        batch: &[InboundMessage],
    ) -> Result<(), StoreError> {
        let me = me(client);
        let mut messages = Vec::with_capacity(batch.len());
        let mut refused = 0;
        for item in batch {
            if let Some(timer) = content::timer(&item.message) {
                self.groups.set_timer(&item.info.source.chat, timer);
            }
            match heard(&item.message, &item.info, me.as_ref()) {
                Heard::Message(message) => messages.push(self.completed(client, *message).await),
                Heard::NoChat => refused += 1,
                Heard::Nothing => {}
            }
        }
        let came: Vec<_> = messages
            .iter()
            .map(|message| (message.id.clone(), message.sender.clone()))
            .collect();
        if !messages.is_empty() {
            self.gateway.take_in(self.account, me, messages).await?;
        }
        for _ in 0..refused {
            self.gateway.refused(self.account, Refusal::NotAChat);
        }
        let mut unread = self.unread();
        for (id, sender) in came {
            if unread.came(&id, &sender) {
                info!(
                    "account {}: a message could be read after all",
                    self.account
                );
            }
        }
        Ok(())
    }

    /// A message with what the library knows of its people, and the name of its group.
    async fn completed(&self, client: &Arc<Client>, mut message: Inbound) -> Inbound {
        message.sender = resolved(client, message.sender).await;
        message.chat = resolved_chat(client, message.chat).await;
        for person in &mut message.mentioned {
            *person = resolved(client, person.clone()).await;
        }
        if let Some(quoted) = &mut message.quoted {
            quoted.sender = resolved(client, quoted.sender.clone()).await;
        }
        if let Chat::Group(group) = &message.chat {
            message.group_name = self.groups.name(client, group).await;
        }
        message
    }

    /// A message is there and cannot be read.
    pub async fn unreadable(&self, client: &Arc<Client>, it: &UndecryptableMessage) {
        let me = me(client);
        // The library asks for it again, except where nobody has it for us.
        let hopeless = it.unavailable_type.is_unrecoverable_fanout();
        let what = match (hopeless, &it.unavailable_type) {
            (true, events::UnavailableType::ViewOnce) => "view_once",
            _ => "unreadable",
        };
        let hidden = matches!(it.decrypt_fail_mode, events::DecryptFailMode::Hide);
        info!(
            "account {}: a message could not be read{}",
            self.account,
            if hopeless {
                ""
            } else {
                "; it is asked for again"
            }
        );
        // What is hidden when it fails (receipts of polls and the like) is nothing people miss.
        let Some(message) = unreadable(&it.info, me.as_ref(), what).filter(|_| !hidden) else {
            return;
        };
        let message = self.completed(client, message).await;
        let tell = if hopeless {
            Some(message)
        } else {
            self.unread().add(self.clock.mono(), message)
        };
        self.tell(client, tell.into_iter().collect()).await;
    }

    /// When the next message counts as unreadable.
    #[must_use]
    pub fn due(&self) -> Option<Mono> {
        self.unread().due()
    }

    /// Tells those that have been waited for long enough.
    pub async fn tell_overdue(&self, client: &Client) {
        let overdue = self.unread().overdue(self.clock.mono());
        self.tell(client, overdue).await;
    }

    /// Tells all that are still waited for: the link ends.
    pub async fn tell_all(&self, client: &Client) {
        let all = self.unread().all();
        self.tell(client, all).await;
    }

    async fn tell(&self, client: &Client, messages: Vec<Inbound>) {
        if messages.is_empty() {
            return;
        }
        let count = messages.len();
        let told = self.gateway.take_in(self.account, me(client), messages);
        match told.await {
            Ok(()) => info!("account {}: {count} messages stay unread", self.account),
            Err(error) => warn!(
                "account {}: {count} messages stay unread, and that could not be kept: {error}",
                self.account
            ),
        }
    }

    /// The time that message of ours went out, and where.
    pub fn dispatched(&self, id: MessageId, chat: Chat) {
        let mut dispatched = self.sent();
        if dispatched.len() >= limits::DISPATCHED_KNOWN {
            dispatched.pop_front();
        }
        dispatched.push_back((id, chat));
    }

    /// A receipt of a person's device, in our words.
    pub async fn receipt(&self, client: &Client, heard: &events::Receipt) -> Option<Receipt> {
        let mut receipt = receipt::receipt(heard, me(client).as_ref())?;
        receipt.chat = resolved_chat(client, receipt.chat).await;
        if let Some(by) = receipt.by {
            receipt.by = Some(resolved(client, by).await);
        }
        Some(receipt)
    }

    /// The server's word on a message of ours; a refusal is told at once.
    pub async fn verdict(&self, client: &Client, ack: &events::ServerAck) -> Option<Receipt> {
        let (id, verdict) = receipt::verdict(ack)?;
        if let Verdict::Refused(code) = verdict {
            self.gateway.nack(self.account, id, code).await;
            return None;
        }
        let ours = self.sent().iter().find(|(sent, _)| *sent == id).cloned();
        let chat = match ours {
            Some((_, chat)) => chat,
            None => {
                resolved_chat(client, ack.from.as_ref()?.to_non_ad_string().parse().ok()?).await
            }
        };
        Some(Receipt {
            chat,
            ids: vec![id],
            by: None,
            state: ReceiptState::Server,
        })
    }

    /// A group is another.
    pub async fn group(&self, update: &events::GroupUpdate) {
        let jid = &update.group_jid;
        let Some(group) = people::group(jid) else {
            return;
        };
        let mut name = None;
        let change = match &update.action {
            Action::Subject { subject, .. } => {
                name = Some(subject.clone());
                self.groups.set_name(jid, subject.clone());
                "subject"
            }
            Action::Ephemeral { expiration, .. } => {
                self.groups.set_timer(jid, *expiration);
                "timer"
            }
            Action::Description { .. } => "description",
            Action::Add { .. } | Action::Remove { .. } | Action::Modify { .. } => "participants",
            Action::Promote { .. } | Action::Demote { .. } => "admins",
            Action::Create { .. } => "created",
            Action::Delete { .. } => {
                self.groups.forget(&group);
                "deleted"
            }
            _ => "settings",
        };
        self.gateway
            .group_changed(self.account, group, name, change)
            .await;
    }

    fn unread(&self) -> MutexGuard<'_, Unread> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sent(&self) -> MutexGuard<'_, VecDeque<(MessageId, Chat)>> {
        self.dispatched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
