//! Carries out what the machine asks for: starts and stops links, writes to the store.
//!
//! Nothing is decided here, and nothing is waited for: every result comes back as an event. Store
//! writes of the machine go through one task, so that they happen in the order they were asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use log::{debug, error, info, warn};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::account::{AccountId, AccountRecord, Epoch};
use crate::clock::Clock;
use crate::config::WhatsApp;
use crate::event::{Effect, Event, LinkEvent, StoreEvent};
use crate::gateway::Gateway;
use crate::inbox::Inbox;
use crate::secret::Secret;
use crate::snapshot::StoreHealth;
use crate::store::{Store, StoreError};
use crate::ticket::Tickets;
use crate::time::UnixMillis;
use crate::whatsapp::link::{Link, LinkParts};
use crate::whatsapp::version::Versions;

/// Where the links that run are published.
pub type Links = watch::Sender<Arc<BTreeMap<AccountId, Link>>>;

enum Write {
    Record(AccountId, AccountRecord),
    Wipe(AccountId),
    Delete(AccountId),
    ResetTokens,
    ForgetRestored,
}

/// The executor.
pub struct Effects {
    whatsapp: WhatsApp,
    store: Store,
    gateway: Gateway,
    versions: Arc<Versions>,
    inbox: Inbox,
    tickets: Tickets,
    clock: Clock,
    links: Links,
    tasks: JoinSet<(AccountId, Epoch, bool)>,
    writes: mpsc::UnboundedSender<Write>,
    writer: JoinHandle<()>,
}

impl Effects {
    /// An executor without links.
    #[must_use]
    #[allow(
        clippy::too_many_arguments,
        reason = "each is a part of its own, named where it is made"
    )]
    pub fn new(
        whatsapp: WhatsApp,
        store: Store,
        gateway: Gateway,
        versions: Arc<Versions>,
        inbox: Inbox,
        tickets: Tickets,
        clock: Clock,
        links: Links,
    ) -> Self {
        let (writes, queue) = mpsc::unbounded_channel();
        let writer = tokio::spawn(write(store.clone(), gateway.clone(), inbox.clone(), queue));
        Self {
            whatsapp,
            store,
            gateway,
            versions,
            inbox,
            tickets,
            clock,
            links,
            tasks: JoinSet::new(),
            writes,
            writer,
        }
    }

    /// Starts carrying out `effect`; its result comes as an event.
    pub fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::StartLink {
                account,
                epoch,
                label,
            } => self.start(account, epoch, label),
            Effect::StopLink { account, epoch } => self.with_link(account, epoch, Link::stop),
            Effect::Unlink { account, epoch } => self.with_link(account, epoch, Link::unlink),
            Effect::WipeAuth { account } => self.write(Write::Wipe(account)),
            Effect::SaveRecord { account, record } => self.write(Write::Record(account, record)),
            Effect::DeleteAccount { account } => self.write(Write::Delete(account)),
            Effect::RequestCode {
                account,
                epoch,
                phone,
            } => self.with_link(account, epoch, |link| link.request_code(phone.clone())),
            Effect::Answer { ticket, answer } => self.tickets.call(ticket, answer),
            Effect::ResetTokens => self.write(Write::ResetTokens),
            Effect::ForgetRestored => self.write(Write::ForgetRestored),
            Effect::Decide {
                account,
                code,
                approve,
            } => self.decide(account, code, approve),
        }
    }

    /// Waits until some link's task has ended; for ever when none runs. A task that died without
    /// its last word gets it here, or the machine would wait for ever.
    pub async fn link_ended(&mut self) {
        let Some(ended) = self.tasks.join_next_with_id().await else {
            return std::future::pending().await;
        };
        match ended {
            Ok((_, (account, epoch, said_goodbye))) => {
                self.forget(account, epoch);
                if !said_goodbye {
                    error!("the link of account {account} broke down; it counts as ended");
                    let event = Event::Link {
                        account,
                        epoch,
                        event: LinkEvent::Ended,
                    };
                    // The loop that asks is the one that would make room: never wait here.
                    if let Err(error) = self.inbox.try_send(event) {
                        error!("the end of a link was not told: {error}");
                    }
                }
            }
            Err(died) => error!("a link's watcher died: {died}"),
        }
    }

    /// Waits for the last writes.
    pub async fn finish(self) {
        drop(self.writes);
        if let Err(died) = self.writer.await {
            error!("the writer died: {died}");
        }
    }

    fn start(&mut self, account: AccountId, epoch: Epoch, label: String) {
        let (link, task) = Link::start(LinkParts {
            account,
            epoch,
            label,
            endpoint: self.whatsapp.endpoint.clone(),
            pre_keys: usize::from(self.whatsapp.pre_keys),
            store: self.store.clone(),
            gateway: self.gateway.clone(),
            versions: Arc::clone(&self.versions),
            clock: self.clock,
            phone_seen: self.phone_seen(account),
            inbox: self.inbox.clone(),
        });
        self.tasks
            .spawn(async move { (account, epoch, task.await.is_ok()) });
        self.links.send_modify(|links| {
            Arc::make_mut(links).insert(account, link);
        });
    }

    /// What the store knows of the owner's phone: the link asks it for a sign of life after a while.
    fn phone_seen(&self, account: AccountId) -> Option<UnixMillis> {
        let accounts = match self.store.accounts() {
            Ok(accounts) => accounts,
            Err(error) => {
                debug!("when the phone was last seen could not be read: {error}");
                return None;
            }
        };
        let stored = accounts.into_iter().find(|stored| stored.id == account)?;
        stored.record.phone_seen
    }

    /// The gateway tells who waits then; somebody who does not any more is nobody's loss.
    fn decide(&self, account: AccountId, code: Secret, approve: bool) {
        let gateway = self.gateway.clone();
        tokio::spawn(async move {
            if let Err(problem) = gateway.decide(account, code.expose(), approve).await {
                warn!("account {account}: nobody was let in or sent away: {problem}");
            }
        });
    }

    fn forget(&mut self, account: AccountId, epoch: Epoch) {
        self.links.send_modify(|links| {
            if links
                .get(&account)
                .is_some_and(|link| link.epoch() == epoch)
            {
                Arc::make_mut(links).remove(&account);
            }
        });
    }

    fn with_link(&self, account: AccountId, epoch: Epoch, act: impl Fn(&Link)) {
        match self.links.borrow().get(&account) {
            Some(link) if link.epoch() == epoch => act(link),
            // It ended by itself, and its last word is on the way.
            _ => debug!("account {account} has no link {} any more", epoch.0),
        }
    }

    fn write(&self, write: Write) {
        // The writer ends only in `finish`, which takes `self`.
        if self.writes.send(write).is_err() {
            error!("the writer is gone");
        }
    }
}

async fn write(
    store: Store,
    gateway: Gateway,
    inbox: Inbox,
    mut queue: mpsc::UnboundedReceiver<Write>,
) {
    let mut health = store.health();
    // What a person decided while the disk took nothing: it is kept as soon as it does.
    let mut unsaved = BTreeMap::new();
    loop {
        let write = tokio::select! {
            biased;
            write = queue.recv() => match write {
                Some(write) => write,
                None => break,
            },
            (account, record) = next_unsaved(&mut health, &unsaved) => Write::Record(account, record),
        };
        let (account, answer) = match write {
            Write::Record(account, record) => {
                let saved = store.save_record(account, record.clone()).await;
                if saved.as_ref().is_err_and(|error| error.health().is_some()) {
                    unsaved.insert(account, record);
                } else {
                    unsaved.remove(&account);
                }
                (account, saved.err().map(|error| save_failed(&error)))
            }
            Write::Wipe(account) => {
                let answer = match store.wipe_auth(account).await {
                    Ok(failed) => {
                        gateway.failed_all(account, failed).await;
                        StoreEvent::AuthWiped
                    }
                    Err(error) => wipe_failed(&error),
                };
                (account, Some(answer))
            }
            Write::Delete(account) => {
                unsaved.remove(&account);
                let files = gateway.spooled_of(account);
                let answer = match store.delete_account(account).await {
                    Ok(()) => {
                        gateway.forget_files(account, files).await;
                        StoreEvent::Deleted
                    }
                    Err(error) => delete_failed(&error),
                };
                (account, Some(answer))
            }
            Write::ForgetRestored => {
                if let Err(error) = store.forget_restored().await {
                    warn!(
                        "that the store was restored is told again after the next start: {error}"
                    );
                }
                continue;
            }
            Write::ResetTokens => {
                match store.reset_tokens().await {
                    Ok(()) => info!("all API tokens were taken back"),
                    Err(error) => error!("tokens are taken back for this run only: {error}"),
                }
                continue;
            }
        };
        if let Some(event) = answer {
            // When the loop has ended nobody listens; what is queued is still written.
            let _ = inbox.send(Event::Store { account, event }).await;
        }
    }
}

/// Waits for something to save and a disk that takes it.
async fn next_unsaved(
    health: &mut watch::Receiver<StoreHealth>,
    unsaved: &BTreeMap<AccountId, AccountRecord>,
) -> (AccountId, AccountRecord) {
    if let Some((account, record)) = unsaved.first_key_value()
        && health
            .wait_for(|health| *health == StoreHealth::Well)
            .await
            .is_ok()
    {
        return (*account, record.clone());
    }
    std::future::pending().await
}

fn save_failed(error: &StoreError) -> StoreEvent {
    let why = error.to_string();
    StoreEvent::SaveFailed { why }
}

fn delete_failed(error: &StoreError) -> StoreEvent {
    let why = error.to_string();
    StoreEvent::DeleteFailed { why }
}

fn wipe_failed(error: &StoreError) -> StoreEvent {
    let why = error.to_string();
    StoreEvent::WipeFailed { why }
}
