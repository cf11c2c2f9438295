//! What a link knows of its groups and of the timers of its chats: names, and how long messages last.
//!
//! WhatsApp puts neither into a message. All names are asked for once, when the link is connected or
//! when the first message of a group comes in, whichever is first; later only those of new groups, and
//! changes are told. The asking is done by a task of its own: the library's receiving waits for the
//! hook, so that the hook waits for an answer shortly, and goes on without a name when none comes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use log::debug;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use whatsapp_rust::{Client, Jid};

use crate::limits;
use crate::message::address::{Chat, GroupJid};
use crate::whatsapp::people;

/// What is known.
#[derive(Default)]
struct Known {
    names: BTreeMap<GroupJid, String>,
    /// Seconds, by the address of a chat.
    timers: BTreeMap<String, u32>,
    /// All groups were asked for.
    all_asked: bool,
    /// Groups that were asked for one by one, with the time.
    asked: BTreeMap<GroupJid, Instant>,
    /// Since when an answer is waited for.
    waiting: Option<Instant>,
}

/// Names of groups, and timers of chats.
pub struct Groups {
    known: Mutex<Known>,
    /// Counts answers.
    answers: watch::Sender<u64>,
}

impl Default for Groups {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            answers: watch::channel(0).0,
        }
    }
}

impl Groups {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of a group, as far as it is known within [`limits::GROUP_NAME`].
    pub async fn name(self: &Arc<Self>, client: &Arc<Client>, group: &GroupJid) -> Option<String> {
        let mut answers = self.answers.subscribe();
        if let Some(name) = self.known().names.get(group) {
            return Some(name.clone());
        }
        let since = self.ask(client, Some(group))?;
        // Late, or the link has ended: without a name.
        let _ = timeout_at(since + limits::GROUP_NAME, answers.changed()).await;
        self.known().names.get(group).cloned()
    }

    /// Asks for all groups, if that was not done.
    pub fn ask_all(self: &Arc<Self>, client: &Arc<Client>) {
        self.ask(client, None);
    }

    /// Asks, unless that was just done; says since when an answer is waited for.
    fn ask(self: &Arc<Self>, client: &Arc<Client>, group: Option<&GroupJid>) -> Option<Instant> {
        let now = Instant::now();
        let mut known = self.known();
        if let Some(since) = known.waiting {
            return Some(since);
        }
        let all = !known.all_asked;
        if !all {
            let group = group?;
            let asked = known.asked.get(group);
            if asked.is_some_and(|then| now - *then < limits::GROUP_ASKED_EVERY) {
                return None;
            }
            if known.asked.len() >= limits::GROUPS_KNOWN {
                known.asked.clear();
            }
            known.asked.insert(group.clone(), now);
        }
        known.all_asked = true;
        known.waiting = Some(now);
        drop(known);
        let (this, client) = (Arc::clone(self), Arc::clone(client));
        let one = group.filter(|_| !all).cloned();
        tokio::spawn(async move {
            let answered = this.fetch(&client, one.as_ref()).await;
            let mut known = this.known();
            known.waiting = None;
            known.all_asked &= answered || one.is_some();
            drop(known);
            this.answers.send_modify(|count| *count += 1);
        });
        Some(now)
    }

    /// False when WhatsApp did not answer.
    async fn fetch(&self, client: &Client, one: Option<&GroupJid>) -> bool {
        let groups = client.groups();
        let found = match one {
            None => groups
                .get_participating()
                .await
                .map(|all| all.into_values().collect()),
            Some(group) => {
                let jid = people::chat_jid(&Chat::Group(group.clone()));
                groups.get_metadata(&jid).await.map(|it| vec![it])
            }
        };
        let found: Vec<_> = match found {
            Ok(found) => found,
            Err(error) => {
                debug!("the names of groups were not told: {error}");
                return false;
            }
        };
        for group in found {
            let timer = group.ephemeral.as_ref().and_then(|it| it.expiration);
            self.set_timer(&group.id, timer.unwrap_or(0));
            self.set_name(&group.id, group.subject);
        }
        true
    }

    /// A group has that name from now on. Says which group it is.
    pub fn set_name(&self, group: &Jid, name: String) -> Option<GroupJid> {
        let group = people::group(group)?;
        let mut known = self.known();
        if known.names.len() < limits::GROUPS_KNOWN || known.names.contains_key(&group) {
            known.names.insert(group.clone(), name);
        }
        Some(group)
    }

    /// A group is no longer what it was: it will be asked for again.
    pub fn forget(&self, group: &GroupJid) {
        let mut known = self.known();
        known.names.remove(group);
        known.asked.remove(group);
    }

    /// Messages of a chat last so long from now on, in seconds; zero: for ever.
    pub fn set_timer(&self, chat: &Jid, seconds: u32) {
        let address = chat.to_non_ad_string();
        let mut known = self.known();
        if seconds == 0 {
            known.timers.remove(&address);
        } else if known.timers.len() < limits::GROUPS_KNOWN || known.timers.contains_key(&address) {
            known.timers.insert(address, seconds);
        }
    }

    /// How long messages of a chat last, in seconds, if they do not stay and that is known.
    #[must_use]
    pub fn timer(&self, chat: &Chat) -> Option<u32> {
        let known = self.known();
        let hidden = match chat {
            Chat::Person(person) => person.lid_jid(),
            Chat::Group(_) => None,
        };
        let names = [Some(chat.id()), hidden];
        let mut timers = names
            .iter()
            .flatten()
            .filter_map(|name| known.timers.get(name));
        timers.next().copied()
    }
}
