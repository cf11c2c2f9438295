//! A whatsapp-rust client on loopback, wrapped for synchronous tests.
//!
//! Its HTTP client goes to loopback only, without TLS. It skips the check of the
//! certificate chain, whose root is compiled into the library.

use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use pairbox_sim::{Service, wa};
use wacore::store::InMemoryBackend;
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::transport::TokioWebSocketTransportFactory;
use whatsapp_rust::types::events::{Event, EventHandler};
use whatsapp_rust::types::message::MessageInfo;
use whatsapp_rust::{Client, Jid, TokioRuntime, async_trait};

/// Long enough for a busy machine; no test passes by waiting it out.
pub const DEADLINE: Duration = Duration::from_secs(60);
pub const NUMBER: &str = "15550001111";
pub const ALICE: &str = "15550002222";

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
});

struct LoopbackHttp;

#[async_trait]
impl HttpClient for LoopbackHttp {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let place = request.url.strip_prefix("https://127.0.0.1:");
        let place = place.with_context(|| format!("not on loopback: {}", request.url))?;
        let (port, path) = place.split_once('/').context("no path")?;
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port.parse()?)).await?;
        let body = request.body.unwrap_or_default();
        let head = format!(
            "{} /{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {}\r\n\r\n",
            request.method,
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let body = answer.split_off(end.context("no head")? + 4);
        let head = String::from_utf8(answer)?;
        let status_code = head.get(9..12).context("no status")?.parse()?;
        let length = head.split("Content-Length: ").nth(1);
        let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        anyhow::ensure!(length == Some(body.len()), "the body is cut off");
        Ok(HttpResponse { status_code, body })
    }
}

#[derive(Default)]
struct Heard {
    events: Mutex<Vec<Arc<Event>>>,
    changed: Condvar,
}

struct Listener(Arc<Heard>);

impl EventHandler for Listener {
    fn handle_event(&self, event: Arc<Event>) {
        self.0.events.lock().unwrap().push(event);
        self.0.changed.notify_all();
    }
}

/// A message that came in, and what its stanza said of it.
pub struct Came {
    pub message: Arc<wa::Message>,
    pub info: Arc<MessageInfo>,
}

/// One client. Dropping it aborts it, as a killed process would be.
pub struct Companion {
    bot: BotHandle,
    heard: Arc<Heard>,
    next: usize,
}

/// What a client keeps on disk.
pub fn backend() -> Arc<InMemoryBackend> {
    Arc::new(InMemoryBackend::new())
}

impl Companion {
    pub fn start(service: &Service, backend: &Arc<InMemoryBackend>) -> Self {
        Self::start_at(&service.url(), backend)
    }

    pub fn start_at(url: &str, backend: &Arc<InMemoryBackend>) -> Self {
        Self::build(url, backend, None)
    }

    /// Asks for a code to type at once.
    pub fn start_with_code(service: &Service, backend: &Arc<InMemoryBackend>) -> Self {
        let options = PairCodeOptions {
            phone_number: NUMBER.to_owned(),
            ..Default::default()
        };
        Self::build(&service.url(), backend, Some(options))
    }

    fn build(url: &str, backend: &Arc<InMemoryBackend>, code: Option<PairCodeOptions>) -> Self {
        let heard = Arc::new(Heard::default());
        let transport = TokioWebSocketTransportFactory::new().with_url(url);
        let mut builder = Bot::builder()
            .with_backend_arc(Arc::<InMemoryBackend>::clone(backend))
            .with_transport_factory(transport)
            .with_http_client(LoopbackHttp)
            .with_runtime(TokioRuntime)
            .with_version((2, 3000, 1))
            .with_wanted_pre_key_count(30)
            .skip_history_sync()
            .with_event_handler(Listener(Arc::clone(&heard)));
        if let Some(options) = code {
            builder = builder.with_pair_code(options);
        }
        let bot = RUNTIME.block_on(builder.build()).unwrap();
        let _inside = RUNTIME.enter();
        let bot = bot.spawn();
        Self {
            bot,
            heard,
            next: 0,
        }
    }

    /// Waits for the next event that `wanted` makes something of.
    pub fn wait<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let mut found = None;
        let guard = self.heard.events.lock().unwrap();
        let (guard, _) = self
            .heard
            .changed
            .wait_timeout_while(guard, DEADLINE, |events| {
                while let Some(event) = events.get(self.next) {
                    self.next += 1;
                    found = wanted(event);
                    if found.is_some() {
                        return false;
                    }
                }
                true
            })
            .unwrap();
        let kinds: Vec<String> = guard.iter().map(|event| kind(event)).collect();
        drop(guard);
        found.unwrap_or_else(|| panic!("the client never said it; it said {kinds:?}"))
    }

    pub fn wait_connected(&mut self) {
        self.wait(|event| matches!(event, Event::Connected(_)).then_some(()));
    }

    pub fn wait_qr(&mut self) -> String {
        self.wait(|event| match event {
            Event::PairingQrCode(qr) => Some(qr.code.clone()),
            _ => None,
        })
    }

    /// The code that is to be typed on the phone.
    pub fn wait_code(&mut self) -> String {
        self.wait(|event| match event {
            Event::PairingCode(code) => Some(code.code.clone()),
            _ => None,
        })
    }

    /// The next batch of texts it was sent: sender and body of each.
    pub fn wait_texts(&mut self) -> Vec<(String, String)> {
        self.wait(|event| match event {
            Event::Messages(batch) => {
                let texts = batch.iter().filter_map(|inbound| {
                    let body = inbound.message.conversation.clone()?;
                    Some((inbound.info.source.sender.user.to_string(), body))
                });
                let texts: Vec<_> = texts.collect();
                (!texts.is_empty()).then_some(texts)
            }
            _ => None,
        })
    }

    /// The next text, which comes alone.
    pub fn wait_text(&mut self) -> (String, String) {
        let mut texts = self.wait_texts();
        assert_eq!(texts.len(), 1);
        texts.remove(0)
    }

    /// The next batch of messages of any kind.
    pub fn wait_batch(&mut self) -> Vec<Came> {
        self.wait(|event| match event {
            Event::Messages(batch) => Some(
                batch
                    .iter()
                    .map(|inbound| Came {
                        message: Arc::clone(&inbound.message),
                        info: Arc::clone(&inbound.info),
                    })
                    .collect(),
            ),
            _ => None,
        })
    }

    /// The next message, which comes alone.
    pub fn wait_message(&mut self) -> Came {
        let mut batch = self.wait_batch();
        assert_eq!(batch.len(), 1);
        batch.remove(0)
    }

    /// Sends a message of any kind. Returns its id.
    pub fn send(&self, to: &Jid, message: wa::Message) -> String {
        let client = self.bot.client();
        RUNTIME
            .block_on(client.send_message(to.clone(), message))
            .unwrap()
            .message_id
    }

    /// Does something with the client.
    pub fn with<T>(&self, work: impl AsyncFnOnce(Arc<Client>) -> T) -> T {
        RUNTIME.block_on(work(self.bot.client()))
    }

    /// Whether it was told that kind of thing so far.
    pub fn heard(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        let events = self.heard.events.lock().unwrap();
        events.iter().any(|event| wanted(event))
    }

    pub fn send_text(&self, to: &str, body: &str) -> String {
        let client = self.bot.client();
        RUNTIME
            .block_on(client.send_text(Jid::pn(to), body.to_owned()))
            .unwrap()
            .message_id
    }

    pub fn push_name(&self) -> String {
        self.bot.client().push_name()
    }

    pub fn log_out(&self) {
        let client = self.bot.client();
        RUNTIME.block_on(client.logout());
    }

    /// Stops in good order.
    pub fn stop(self) {
        RUNTIME.block_on(self.bot.shutdown());
    }

    /// Waits until its run loop has ended by itself.
    pub fn wait_ended(self) {
        RUNTIME
            .block_on(async { tokio::time::timeout(DEADLINE, self.bot).await })
            .expect("the client ends");
    }
}

/// The variant's name, without what may be secret in it.
fn kind(event: &Event) -> String {
    let text = format!("{event:?}");
    text.split(['(', ' ', '{'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// A client that is linked, connected, and has nothing left to do.
pub fn linked(service: &Service, backend: &Arc<InMemoryBackend>) -> Companion {
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start(service, backend);
    phone.scan(&companion.wait_qr()).unwrap();
    companion.wait_connected();
    companion
}
