//! One run of the library's client for one account: built, run, ended.
//!
//! A link owns its client and translates. It decides nothing: it starts when it is created, stops
//! when told, and says everything as events of its epoch, [`LinkEvent::Ended`] last. The library
//! reconnects by itself while the link lives, but failed attempts emit no event, so the live socket
//! is looked at as well: once a second, and seldom while all is well.

mod build;
mod handle;
mod typed_code;

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use log::debug;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use whatsapp_rust::prelude::{Bot, BotHandle};
use whatsapp_rust::wacore::types::events::Event as LibraryEvent;
use whatsapp_rust::{Client, anyhow};

use crate::account::{AccountId, E164, Epoch};
use crate::clock::Clock;
use crate::event::LinkEvent;
use crate::gateway::Gateway;
use crate::inbox::Inbox;
use crate::limits;
use crate::snapshot::StoreHealth;
use crate::store::Store;
use crate::time::UnixMillis;
use crate::whatsapp::desk::Desk;
use crate::whatsapp::dispatch::Outward;
use crate::whatsapp::http::Hosts;
use crate::whatsapp::mail;
use crate::whatsapp::phone::{self, Question};
use crate::whatsapp::traffic::Traffic;
use crate::whatsapp::translate::{Identity, translate};
use crate::whatsapp::transport::{Endpoint, LastFailure};
use crate::whatsapp::version::Versions;
use crate::whatsapp::voice::Voice;
pub use handle::Link;
use handle::{Command, Work};
use typed_code::TypedCode;

/// Everything a link needs.
pub struct LinkParts {
    /// Whose link it is.
    pub account: AccountId,
    /// Which start.
    pub epoch: Epoch,
    /// The device's name on the phone (used when pairing only).
    pub label: String,
    /// The service's WebSocket.
    pub endpoint: String,
    /// One-time pre-keys to keep at the service (5 to 65535).
    pub pre_keys: usize,
    /// Keys and messages.
    pub store: Store,
    /// Who takes messages in.
    pub gateway: Gateway,
    /// Which client version to tell.
    pub versions: Arc<Versions>,
    /// Time.
    pub clock: Clock,
    /// When the owner's phone was last heard of, if that is known.
    pub phone_seen: Option<UnixMillis>,
    /// Where events go.
    pub inbox: Inbox,
}

/// What a link hears from below.
enum Said {
    /// From the library.
    Library(Arc<LibraryEvent>),
    /// A request for a code to type came to nothing before the library was asked.
    NoCode {
        /// Which one.
        request: u64,
        /// The reason in technical words.
        why: String,
    },
}

async fn run(parts: LinkParts, mut commands: mpsc::Receiver<Command>) {
    let voice = Voice::new(parts.account, parts.epoch, parts.inbox.clone(), parts.clock);
    let voice = Arc::new(voice);
    let (tap, events) = mpsc::unbounded_channel();
    let failure = LastFailure::default();
    let traffic = Traffic::default();
    let endpoint = Endpoint::new(
        &parts.endpoint,
        parts.clock,
        failure.clone(),
        traffic.clone(),
    );
    let desk = Desk::new(parts.account, parts.gateway.clone(), parts.clock);
    let desk = Arc::new(desk);
    let (post, letters) = mpsc::unbounded_channel();
    let taps = (tap.clone(), post);
    let hosts = Hosts::default();
    let building = build::build(
        &parts,
        endpoint,
        Arc::clone(&desk),
        Arc::clone(&voice),
        hosts.clone(),
        taps,
    );
    match unless_told(building, &mut commands).await {
        None => {}
        Some((Ok(bot), code)) => {
            let mut running = Running {
                client: bot.client(),
                question: Question::new(parts.phone_seen),
                store: parts.store,
                versions: parts.versions,
                failure,
                traffic,
                code: TypedCode::default(),
                tap,
                voice: Arc::clone(&voice),
                outward: Outward {
                    client: bot.client(),
                    desk: Arc::clone(&desk),
                    hosts,
                    uploads: Arc::default(),
                    voice: Arc::clone(&voice),
                },
            };
            let (end, ended) = oneshot::channel();
            let mail = mail::run(desk, bot.client(), parts.clock, letters, ended);
            let mail = tokio::spawn(mail);
            let handle = bot.spawn();
            if let Some(phone) = code {
                running.request_code(&phone);
            }
            running.drive(handle, commands, events).await;
            drop(end);
            if timeout(limits::LINK_STOP, mail).await.is_err() {
                debug!("the mail of link {} was not seen to", parts.epoch.0);
            }
        }
        Some((Err(error), _)) => {
            let why = format!("{error:#}");
            voice.say(LinkEvent::StartFailed { why }).await;
        }
    }
    voice.say_goodbye().await;
}

/// Waits for the client to be built, and gives the phone a code was asked for meanwhile; `None` when
/// the link is told to end first. Building may wait for the network (a box that never had a client
/// version asks for one), and a stop does not wait for that.
async fn unless_told(
    building: impl Future<Output = anyhow::Result<Bot>>,
    commands: &mut mpsc::Receiver<Command>,
) -> Option<(anyhow::Result<Bot>, Option<E164>)> {
    let mut building = pin!(building);
    let mut code = None;
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(Command::RequestCode(phone)) => code = Some(phone),
                // Dropped, which is an answer.
                Some(Command::Outward(_)) => {}
                Some(Command::Stop | Command::Unlink) | None => return None,
            },
            built = &mut building => return Some((built, code)),
        }
    }
}

struct Running {
    client: Arc<Client>,
    store: Store,
    versions: Arc<Versions>,
    failure: LastFailure,
    traffic: Traffic,
    code: TypedCode,
    question: Question,
    tap: mpsc::UnboundedSender<Said>,
    voice: Arc<Voice>,
    outward: Outward,
}

impl Running {
    /// Until the client ends by itself or is told to.
    async fn drive(
        &mut self,
        mut handle: BotHandle,
        mut commands: mpsc::Receiver<Command>,
        mut events: mpsc::UnboundedReceiver<Said>,
    ) {
        let mut look = Instant::now();
        loop {
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::RequestCode(phone)) => self.request_code(&phone),
                    Some(Command::Outward(Work(work))) => work(self.outward.clone()),
                    Some(Command::Unlink) => {
                        self.end(handle, true).await;
                        break;
                    }
                    // All handles gone: the daemon has ended.
                    Some(Command::Stop) | None => {
                        self.end(handle, false).await;
                        break;
                    }
                },
                Some(said) = events.recv() => self.hear(said).await,
                // The library learns of it at about the same time: looked at a moment later.
                () = self.traffic.changed() => look = look.min(next_look(limits::SOCKET_POLL)),
                () = sleep_until(look) => {
                    if self.has_given_up_saving().await {
                        let why = "the identity could not be saved".to_owned();
                        self.voice.say(LinkEvent::Dropped { why }).await;
                        self.end(handle, false).await;
                        break;
                    }
                    look = next_look(self.look().await);
                }
                () = &mut handle => break,
            }
        }
        // What the client said last still counts: a logout, an exhausted QR.
        while let Ok(said) = events.try_recv() {
            self.hear(said).await;
        }
    }

    /// The library gives up saving for good after some failures: another link has to be made. But not before
    /// everything is on the disk after all, because a new link knows of the identity only what is there.
    async fn has_given_up_saving(&self) -> bool {
        let saver = self.client.persistence_manager();
        saver.is_saver_halted()
            && *self.store.health().borrow() == StoreHealth::Well
            && saver.flush().await.is_ok()
    }

    async fn hear(&mut self, said: Said) {
        let event = match said {
            Said::Library(event) => self.understand(&event),
            Said::NoCode { request, why } => self.code.none(request, why),
        };
        let Some(event) = event else {
            return;
        };
        let lost = match &event {
            LinkEvent::Connected { .. } => {
                self.stay_passive();
                self.outward.desk.groups.ask_all(&self.client);
                None
            }
            LinkEvent::Outdated => {
                self.versions.distrust();
                None
            }
            LinkEvent::Dropped { .. } => self.code.lost(),
            _ => None,
        };
        self.voice.say(event).await;
        if let Some(lost) = lost {
            self.voice.say(lost).await;
        }
    }

    fn understand(&mut self, event: &LibraryEvent) -> Option<LinkEvent> {
        if let LibraryEvent::Receipt(receipt) = event {
            let own = [self.client.pn(), self.client.lid()];
            let wall = self.voice.wall();
            if phone::receipted(receipt, own, wall) {
                self.voice.phone_seen();
            }
            return None;
        }
        let identity = || Identity {
            phone: self.client.pn().and_then(|jid| jid.user.parse().ok()),
            lid: self.client.lid().map(|jid| jid.to_non_ad().to_string()),
            push_name: Some(self.client.push_name()).filter(|name| !name.is_empty()),
        };
        Some(self.code.hear(translate(event, identity)?))
    }

    fn request_code(&mut self, phone: &E164) {
        self.code.request(&self.client, phone, self.tap.clone());
    }

    /// Says "unavailable" after each login, or the phone would stop notifying its owner.
    fn stay_passive(&self) {
        let client = Arc::clone(&self.client);
        tokio::spawn(async move {
            if let Err(error) = client.presence().set_unavailable().await {
                debug!("presence was not set: {error}");
            }
        });
    }

    /// Says how the live socket is. Returns after how long to look again.
    async fn look(&mut self) -> Duration {
        let socket = self.client.is_connected();
        let online = socket && self.client.is_logged_in();
        self.voice.mention(LinkEvent::Alive {
            online,
            socket,
            failures: self.client.stats().reconnect_errors,
            quiet: self.traffic.quiet(),
            trouble: self.failure.get(),
        });
        if !socket && let Some(lost) = self.code.lost() {
            self.voice.say(lost).await;
        }
        if !online {
            return limits::SOCKET_POLL;
        }
        self.question.seen(self.voice.phone_seen_at());
        if self.question.is_due(self.voice.wall()) {
            self.ask_phone();
        }
        limits::SOCKET_POLL_ONLINE
    }

    /// On its own task: a key may have to be fetched first.
    fn ask_phone(&self) {
        let client = Arc::clone(&self.client);
        let store = self.store.clone();
        let account = self.voice.account();
        tokio::spawn(async move {
            match phone::ask(&client, &store, account).await {
                Ok(true) => debug!("account {account}: the phone was asked for a sign of life"),
                Ok(false) => debug!("account {account}: nothing to ask the phone for"),
                Err(error) => debug!("account {account}: the phone could not be asked: {error:#}"),
            }
        });
    }

    /// Shuts the client down, or drops it when it does not come to an end.
    async fn end(&self, handle: BotHandle, unlink: bool) {
        let client = Arc::clone(&self.client);
        let goodbye = async move {
            if unlink {
                client.logout().await;
            }
            handle.shutdown().await;
        };
        if timeout(limits::LINK_STOP, goodbye).await.is_err() {
            debug!(
                "link {} was dropped: it did not end in time",
                self.voice.epoch().0
            );
        }
    }
}

/// When to look again: at the same moments for all links, so that fifty of them wake the processor
/// as often as one.
fn next_look(every: Duration) -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    let now = Instant::now();
    let start = *START.get_or_init(|| now);
    let gone = now.saturating_duration_since(start).as_millis();
    let every = every.as_millis().max(1);
    // At most one period: far below the 64 bits of milliseconds.
    let rest = u64::try_from(every - gone % every).unwrap_or(u64::MAX);
    now + Duration::from_millis(rest)
}
