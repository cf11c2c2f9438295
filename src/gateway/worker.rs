//! Works the send queue of one account.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use log::{info, warn};
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::{sleep, sleep_until, timeout};

use super::Gateway;
use super::sender::Bell;
use crate::account::{AccountId, Epoch};
use crate::limits;
use crate::message::address::MessageId;
use crate::message::outbound::{Draft, Outbound, Progress};
use crate::message::sender::{Outcome, Parcel, SendQueue, Step};
use crate::metrics::Way;
use crate::snapshot::{Status, StoreHealth};
use crate::store::StoreError;
use crate::time::Mono;
use crate::whatsapp::dispatch::DispatchError;
use crate::whatsapp::link::Link;

/// One login of an account: which start of its link, and since when it is online.
type Login = (Epoch, Mono);

/// The worker of an account.
pub(super) struct Worker {
    gateway: Gateway,
    account: AccountId,
    bell: Arc<Bell>,
    queue: SendQueue,
    messages: BTreeMap<MessageId, Outbound>,
    login: Option<Login>,
    flights: JoinSet<Outcome>,
    in_hand: BTreeMap<Id, MessageId>,
}

impl Worker {
    pub(super) fn new(gateway: Gateway, account: AccountId, bell: Arc<Bell>) -> Self {
        let queue = SendQueue::new(gateway.outgoing().pace);
        Self {
            gateway,
            account,
            bell,
            queue,
            messages: BTreeMap::new(),
            login: None,
            flights: JoinSet::new(),
            in_hand: BTreeMap::new(),
        }
    }

    /// Works until it is dropped.
    pub(super) async fn work(mut self) {
        let mut snapshots = self.gateway.parts().snapshots.clone();
        let mut links = self.gateway.parts().links.clone();
        let mut look = true;
        loop {
            let news = self.bell.news();
            for (id, progress) in news.done {
                self.done(&id, &progress);
            }
            // Another login may be another identity: what is still to be sent, the rows say.
            look |= self.look_online();
            if look || news.queued {
                look = false;
                if let Err(error) = self.load() {
                    self.trouble(&error).await;
                    look = true;
                }
            }
            match self.queue.next(self.gateway.parts().clock.now()) {
                Step::Send(id) => self.send(&id),
                Step::GiveUp { id, code } => self.give_up(&id, code).await,
                Step::Wait(until) => {
                    self.wait(until, &mut snapshots, &mut links).await;
                }
            }
        }
    }

    /// Waits until there may be something to do.
    async fn wait<A, B>(
        &mut self,
        until: Option<Mono>,
        snapshots: &mut watch::Receiver<A>,
        links: &mut watch::Receiver<B>,
    ) {
        let at = until.map(|until| self.gateway.parts().clock.instant(until));
        let timer = async {
            match at {
                Some(at) => sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.bell.rung.notified() => {}
            Ok(()) = snapshots.changed() => {}
            Ok(()) = links.changed() => {}
            Some(ended) = self.flights.join_next_with_id() => {
                let (task, outcome) = match ended {
                    Ok((task, outcome)) => (task, outcome),
                    Err(died) => {
                        warn!("account {}: a send broke down: {died}", self.account);
                        (died.id(), Outcome::Trouble)
                    }
                };
                self.attempted(task, &outcome).await;
            }
            () = timer => {}
        }
    }

    /// What the store has is what is to be sent.
    fn load(&mut self) -> Result<(), StoreError> {
        let rows = self.gateway.parts().store.send_queue(self.account)?;
        let ids: BTreeSet<MessageId> = rows.iter().map(|(_, row)| row.id.clone()).collect();
        self.queue.retain(&ids);
        let spool = self.gateway.spool();
        self.messages.retain(|id, message| {
            let stays = ids.contains(id);
            if let Some(file) = message.content.spooled().filter(|_| !stays) {
                spool.remove(file);
            }
            stays
        });
        for (place, message) in rows {
            self.queue.add(
                place,
                Parcel {
                    id: message.id.clone(),
                    lane: message.chat.id(),
                    expires_at: message.expires_at,
                    attempts: message.attempts,
                },
            );
            self.messages.insert(message.id.clone(), message);
        }
        Ok(())
    }

    /// Whether the account is online, and whether it is another login than before: what was written to
    /// the socket of another one goes again. Says whether it is.
    fn look_online(&mut self) -> bool {
        let parts = self.gateway.parts();
        let since = {
            let snapshot = parts.snapshots.borrow();
            let view = snapshot.accounts.iter().find(|it| it.id == self.account);
            let working = view.filter(|view| view.status == Status::Working);
            working.map(|view| view.since)
        };
        let link = self.gateway.link(self.account);
        let login = link.zip(since).map(|(link, since)| (link.epoch(), since));
        let another = login != self.login;
        if another {
            self.login = login;
            self.queue.set_online(false);
        }
        self.queue.set_online(login.is_some());
        another
    }

    fn send(&mut self, id: &MessageId) {
        let Some(message) = self.messages.get(id).cloned() else {
            // Queue and messages are filled and emptied together.
            return warn!("account {}: a message to send is gone", self.account);
        };
        let gateway = self.gateway.clone();
        let account = self.account;
        let flight = self.flights.spawn(async move {
            let Some(link) = gateway.link(account) else {
                return Outcome::NotConnected;
            };
            fly(&gateway, account, &link, &message).await
        });
        self.in_hand.insert(flight.id(), id.clone());
    }

    async fn attempted(&mut self, task: Id, outcome: &Outcome) {
        let Some(id) = self.in_hand.remove(&task) else {
            return;
        };
        let parts = self.gateway.parts();
        if !self.queue.attempted(&id, outcome, parts.clock.mono()) {
            return;
        }
        if let Err(error) = parts.store.attempted(self.account, &id).await {
            warn!(
                "account {}: an attempt was not counted: {error}",
                self.account
            );
        }
    }

    async fn give_up(&mut self, id: &MessageId, code: &'static str) {
        let failed = Progress::Failed {
            code: code.to_owned(),
        };
        let chat = self.messages.get(id).map(|message| message.chat.clone());
        let ids = std::slice::from_ref(id);
        let noted = self
            .gateway
            .note(self.account, ids, chat.as_ref(), failed.clone());
        match noted.await {
            Ok(()) => {
                info!("account {}: a message was given up: {code}", self.account);
                self.done(id, &failed);
            }
            Err(StoreError::Deleted) => self.done(id, &failed),
            Err(error) => self.trouble(&error).await,
        }
    }

    /// A message is not waited for any more; its file goes.
    fn done(&mut self, id: &MessageId, progress: &Progress) {
        self.queue.done(id);
        let Some(message) = self.messages.remove(id) else {
            return;
        };
        if !matches!(progress, Progress::Failed { .. }) {
            let kind = message.content.word();
            let metrics = &self.gateway.parts().metrics;
            metrics.message(self.account, Way::Outbound, kind);
        }
        if let Draft::Media { spooled, .. } = &message.content {
            self.gateway.spool().remove(spooled);
        }
    }

    /// The disk is tried again when it is well, or after a while.
    async fn trouble(&self, error: &StoreError) {
        warn!("account {}: the send queue: {error}", self.account);
        let mut disk = self.gateway.parts().store.health();
        // Not at once, for the error may say nothing of the disk.
        sleep(limits::SEND_LOOK_AGAIN).await;
        let well = disk.wait_for(|disk| *disk == StoreHealth::Well);
        let _ = timeout(limits::SEND_RETRY_MAX, well).await;
    }
}

/// One attempt.
async fn fly(gateway: &Gateway, account: AccountId, link: &Link, message: &Outbound) -> Outcome {
    let mut patience = limits::SEND_TEXT;
    let file = match &message.content {
        Draft::Media { spooled, .. } => {
            let path = gateway.spool().path(spooled);
            if !path.is_file() {
                return Outcome::Refused("media_lost");
            }
            patience = limits::SEND_FILE;
            Some(path)
        }
        _ => None,
    };
    if message.typing {
        type_for_a_while(link, message).await;
    }
    let kind = message.content.word();
    match timeout(patience, link.dispatch(message, file)).await {
        Ok(Ok(())) => Outcome::Written,
        Ok(Err(DispatchError::NotConnected)) => Outcome::NotConnected,
        Ok(Err(DispatchError::NotOnWhatsApp)) => Outcome::Refused("not_on_whatsapp"),
        Ok(Err(DispatchError::Refused { why })) => {
            warn!("account {account}: {kind} was refused: {why}");
            Outcome::Refused("refused")
        }
        Ok(Err(DispatchError::Trouble { why })) => {
            warn!("account {account}: {kind} was not sent, it goes again: {why}");
            Outcome::Trouble
        }
        Err(_late) => {
            warn!("account {account}: {kind} took too long, it goes again");
            Outcome::Trouble
        }
    }
}

/// Shows "typing…" for as long as somebody would type, within reason.
async fn type_for_a_while(link: &Link, message: &Outbound) {
    let characters = match &message.content {
        Draft::Text { text } => text.chars().count(),
        _ => 0,
    };
    let characters = u32::try_from(characters).unwrap_or(u32::MAX);
    let pause = limits::TYPING_A_CHARACTER.saturating_mul(characters);
    // Whoever does not see it misses nothing.
    if link.typing(&message.chat, true).await.is_ok() {
        sleep(pause.clamp(limits::TYPING_MIN, limits::TYPING_MAX)).await;
    }
}
