//! One run of the library's client for one account: built, run, ended.
//!
//! A link owns its client and translates. It decides nothing: it starts when it is created, stops
//! when told, and says everything as events of its epoch, [`LinkEvent::Ended`] last. The library
//! reconnects by itself while the link lives, but failed attempts emit no event, so the live socket
//! is looked at once a second as well.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use log::debug;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, timeout};
use whatsapp_rust::prelude::{Bot, BotHandle};
use whatsapp_rust::wacore::store::DevicePropsOverride;
use whatsapp_rust::wacore::types::events::{Event as LibraryEvent, EventHandler, EventInterest};
use whatsapp_rust::waproto::whatsapp::device_props::PlatformType;
use whatsapp_rust::{CacheConfig, CacheEntryConfig, Client, anyhow, async_trait};

use crate::account::{AccountId, Epoch};
use crate::event::{Event, LinkEvent};
use crate::fault::{Obstacle, Trouble};
use crate::inbox::Inbox;
use crate::limits;
use crate::store::Store;
use crate::whatsapp::receive::CommitFirst;
use crate::whatsapp::runtime::YieldingTokio;
use crate::whatsapp::send::{self, SendProblem, SendRequest, Sent};
use crate::whatsapp::translate::{INTEREST, Identity, translate};
use crate::whatsapp::transport::{Endpoint, LastFailure};
use crate::whatsapp::version::Versions;

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
    /// Which client version to tell.
    pub versions: Arc<Versions>,
    /// Where events go.
    pub inbox: Inbox,
}

/// What a running link can be told.
#[derive(Debug)]
enum Command {
    Stop,
    Unlink,
    Send(SendRequest, oneshot::Sender<Result<Sent, SendProblem>>),
}

/// The handle of a running link.
#[derive(Clone, Debug)]
pub struct Link {
    epoch: Epoch,
    commands: mpsc::Sender<Command>,
}

impl Link {
    /// Starts it on the current runtime.
    #[must_use]
    pub fn start(parts: LinkParts) -> (Self, JoinHandle<()>) {
        let (commands, receiver) = mpsc::channel(limits::LINK_COMMANDS);
        let epoch = parts.epoch;
        let task = tokio::spawn(run(parts, receiver));
        (Self { epoch, commands }, task)
    }

    /// Which start it is.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Ends it: everything it holds is flushed first.
    pub fn stop(&self) {
        self.tell(Command::Stop);
    }

    /// Tells WhatsApp that this device is no longer wanted, then ends it.
    pub fn unlink(&self) {
        self.tell(Command::Unlink);
    }

    /// Sends a text and waits until it is encrypted, recorded and written to the socket.
    ///
    /// # Errors
    /// [`SendProblem`]; nothing was sent.
    pub async fn send(&self, request: SendRequest) -> Result<Sent, SendProblem> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Send(request, reply))
            .await
            .map_err(|_| SendProblem::NotWorking)?;
        answer.await.map_err(|_| SendProblem::NotWorking)?
    }

    fn tell(&self, command: Command) {
        // A link that no longer listens has ended or is ending, which is what was asked for. A full
        // queue would take as many sends in flight; the channel has room for the two words above.
        if let Err(error) = self.commands.try_send(command) {
            debug!("link {} takes no command: {error}", self.epoch.0);
        }
    }
}

/// Puts the library's events into our channel: synchronous, so that their order holds.
struct Tap(mpsc::UnboundedSender<Arc<LibraryEvent>>);

impl EventHandler for Tap {
    fn handle_event(&self, event: Arc<LibraryEvent>) {
        // The receiver goes away only with the link.
        let _ = self.0.send(event);
    }

    fn interest(&self) -> EventInterest {
        EventInterest::of(INTEREST)
    }
}

/// Media and version look-ups of the library: not used, so that nothing leaves the box unasked.
struct NoHttp;

#[async_trait]
impl whatsapp_rust::http::HttpClient for NoHttp {
    async fn execute(
        &self,
        request: whatsapp_rust::http::HttpRequest,
    ) -> anyhow::Result<whatsapp_rust::http::HttpResponse> {
        Err(anyhow::anyhow!("no request goes to {}", request.url))
    }
}

/// The voice of a link: tags what it says.
struct Voice {
    account: AccountId,
    epoch: Epoch,
    inbox: Inbox,
}

impl Voice {
    fn tag(&self, event: LinkEvent) -> Event {
        Event::Link {
            account: self.account,
            epoch: self.epoch,
            event,
        }
    }

    /// For what must not get lost. When the loop has ended there is nobody left to tell.
    async fn say(&self, event: LinkEvent) {
        let _ = self.inbox.send(self.tag(event)).await;
    }

    /// For what the next poll repeats anyway.
    fn mention(&self, event: LinkEvent) {
        if let Err(error) = self.inbox.try_send(self.tag(event)) {
            debug!("a poll of link {} was not taken: {error}", self.epoch.0);
        }
    }
}

async fn run(parts: LinkParts, mut commands: mpsc::Receiver<Command>) {
    let voice = Voice {
        account: parts.account,
        epoch: parts.epoch,
        inbox: parts.inbox.clone(),
    };
    let (tap, events) = mpsc::unbounded_channel();
    let failure = LastFailure::default();
    match build_unless_told(&parts, tap, failure.clone(), &mut commands).await {
        None => {}
        Some(Ok(bot)) => {
            let running = Running {
                client: bot.client(),
                store: parts.store,
                account: parts.account,
                versions: parts.versions,
                failure,
                voice: &voice,
            };
            running.drive(bot.spawn(), commands, events).await;
        }
        Some(Err(error)) => {
            let why = format!("{error:#}");
            voice.say(LinkEvent::StartFailed { why }).await;
        }
    }
    voice.say(LinkEvent::Ended).await;
}

/// Builds the client; `None` when the link is told to end first. Building may wait for the network
/// (a box that never had a client version asks for one), and a stop does not wait for that.
async fn build_unless_told(
    parts: &LinkParts,
    tap: mpsc::UnboundedSender<Arc<LibraryEvent>>,
    failure: LastFailure,
    commands: &mut mpsc::Receiver<Command>,
) -> Option<anyhow::Result<Bot>> {
    let mut building = pin!(build(parts, tap, failure));
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(Command::Send(_, reply)) => {
                    // The asker may have given up waiting.
                    let _ = reply.send(Err(SendProblem::NotWorking));
                }
                Some(Command::Stop | Command::Unlink) | None => return None,
            },
            built = &mut building => return Some(built),
        }
    }
}

async fn build(
    parts: &LinkParts,
    tap: mpsc::UnboundedSender<Arc<LibraryEvent>>,
    failure: LastFailure,
) -> anyhow::Result<Bot> {
    let version = parts.versions.current().await;
    let props = DevicePropsOverride::new()
        .with_os(parts.label.clone())
        .with_platform_type(PlatformType::CHROME);
    let bot = Bot::builder()
        .with_backend_arc(parts.store.backend(parts.account))
        .with_transport_factory(Endpoint::new(&parts.endpoint, failure))
        .with_http_client(NoHttp)
        .with_runtime(YieldingTokio)
        .with_version(version)
        .with_device_props(props)
        .with_wanted_pre_key_count(parts.pre_keys)
        .with_cache_config(small_caches())
        .with_inbound_durability_hook(CommitFirst::new(parts.store.clone(), parts.account))
        .with_event_handler(Tap(tap))
        .skip_history_sync()
        .build()
        .await?;
    Ok(bot)
}

/// The library's caches at a size for 512 MB boards: they are caps, not allocations.
fn small_caches() -> CacheConfig {
    let hour = Some(Duration::from_secs(3600));
    let five_minutes = Some(Duration::from_secs(300));
    CacheConfig {
        group_cache: CacheEntryConfig::new(hour, 32),
        // Must exceed the largest group that is written to.
        device_registry_cache: CacheEntryConfig::new(hour, 1100),
        // Above zero the copy for resends is written in the background, off the sending path.
        recent_messages: CacheEntryConfig::new(five_minutes, 32),
        message_retry_counts: CacheEntryConfig::new(hour, 200),
        undecryptable_dispatched: CacheEntryConfig::new(five_minutes, 200),
        sender_key_devices_cache: CacheEntryConfig::new(hour, 64),
        resend_rate_limiter_capacity: 256,
        seed_msg_secrets_from_history: false,
        ..CacheConfig::default()
    }
}

struct Running<'a> {
    client: Arc<Client>,
    store: Store,
    account: AccountId,
    versions: Arc<Versions>,
    failure: LastFailure,
    voice: &'a Voice,
}

impl Running<'_> {
    /// Until the client ends by itself or is told to.
    async fn drive(
        &self,
        mut handle: BotHandle,
        mut commands: mpsc::Receiver<Command>,
        mut events: mpsc::UnboundedReceiver<Arc<LibraryEvent>>,
    ) {
        let mut poll = tokio::time::interval(limits::SOCKET_POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::Send(request, reply)) => self.send(request, reply),
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
                Some(event) = events.recv() => self.tell(&event).await,
                _ = poll.tick() => {
                    if self.client.persistence_manager().is_saver_halted() {
                        // The library has given up saving, for good: the next link tries again.
                        let why = "the identity could not be saved".to_owned();
                        self.voice.say(LinkEvent::Dropped { why }).await;
                        self.end(handle, false).await;
                        break;
                    }
                    self.look();
                }
                () = &mut handle => break,
            }
        }
        // What the client said last still counts: a logout, an exhausted QR.
        while let Ok(event) = events.try_recv() {
            self.tell(&event).await;
        }
    }

    async fn tell(&self, event: &LibraryEvent) {
        let identity = || Identity {
            phone: self.client.pn().and_then(|jid| jid.user.parse().ok()),
            push_name: Some(self.client.push_name()).filter(|name| !name.is_empty()),
        };
        let Some(event) = translate(event, identity) else {
            return;
        };
        match event {
            LinkEvent::Connected { .. } => self.stay_passive(),
            LinkEvent::Outdated => self.versions.distrust(),
            _ => {}
        }
        self.voice.say(event).await;
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

    fn look(&self) {
        let socket = self.client.is_connected();
        self.voice.mention(LinkEvent::Alive {
            online: socket && self.client.is_logged_in(),
            socket,
            failures: self.client.stats().reconnect_errors,
            quiet: Duration::ZERO,
            trouble: self.failure.get().map(|why| Trouble {
                obstacle: Obstacle::NoAnswer,
                why,
            }),
        });
    }

    fn send(&self, request: SendRequest, reply: oneshot::Sender<Result<Sent, SendProblem>>) {
        let client = Arc::clone(&self.client);
        let store = self.store.clone();
        let account = self.account;
        // On its own task: a send may wait for keys while a stop must work at once.
        tokio::spawn(async move {
            // The asker may have given up waiting.
            let _ = reply.send(send::text(&client, &store, account, request).await);
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
                self.voice.epoch.0
            );
        }
    }
}
