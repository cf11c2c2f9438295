//! Every bound in the program, with its reason.
//!
//! Timeouts, queue lengths, sizes and counts that are ours to choose. Constants of a datasheet or of
//! the protocol stand beside the code that needs them, with their source.

mod backup;
mod identity;
mod link;
mod messages;
mod outgoing;
mod streams;
mod wear;
mod webhooks;

use std::time::Duration;

pub use self::backup::*;
pub use self::identity::*;
pub use self::link::*;
pub use self::messages::*;
pub use self::outgoing::*;
pub use self::streams::*;
pub use self::wear::*;
pub use self::webhooks::*;

/// Events waiting for the machine. A step takes microseconds; a full queue means a storm, and its
/// sender is told (buttons and polls drop, people's wishes get an error).
pub const EVENT_QUEUE: usize = 256;

/// How often the live socket is looked at while the account is not online (DESIGN.md: failed attempts
/// emit no event).
pub const SOCKET_POLL: Duration = Duration::from_secs(1);

/// The same while it is online: a socket that opens, closes or breaks is looked at at once, so this is
/// only how finely silence is measured (the service is pinged every 15 to 30 s). Each look wakes the
/// processor of a box that is otherwise asleep.
pub const SOCKET_POLL_ONLINE: Duration = Duration::from_secs(10);

/// A socket that has not come about after this long is given up. Below the library's own 20 s, which
/// would leave nobody to say which step hung.
pub const DIAL: Duration = Duration::from_secs(18);

/// One that has not come about after this long is told as slow, with the step that hangs: people are
/// told why it takes long after [`STARTING_SLOW`].
pub const DIAL_SLOW: Duration = Duration::from_secs(6);

/// One of several addresses of the service may take this long, so that the next gets its turn: an
/// IPv6 route that leads nowhere is common.
pub const DIAL_ADDRESS: Duration = Duration::from_secs(6);

/// Look-ups of the service's name at once: half of [`BLOCKING_THREADS`], so that a name service that
/// hangs leaves threads for the codes to type and for the store.
pub const LOOK_UPS: usize = 2;

/// A code to type needs a socket first: one that has not come about after this long is not waited for
/// any longer. Longer than [`DIAL`] with a second attempt, shorter than a person's patience.
pub const CODE_SOCKET: Duration = Duration::from_secs(30);

/// A link says that a message came or went at most this often.
pub const MESSAGE_TOLD: Duration = Duration::from_secs(1);

/// It says that the owner's phone gave a sign of life at most this often, and no sign counts that is
/// older than this: what waited at the service for a box that was away tells nothing of today.
pub const PHONE_TOLD: Duration = Duration::from_secs(3600);

/// A phone that gave no sign of life for so long is asked for one: well before the warnings that begin
/// after ten days, and too seldom to be noticed.
pub const PHONE_ASKED_AFTER: Duration = Duration::from_secs(3 * 24 * 3600);

/// It is asked again this often while it stays silent.
pub const PHONE_ASKED_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Without any network, somebody may be plugging it in: it is looked for this often.
pub const NETWORK_POLL: Duration = Duration::from_secs(2);

/// Where the kernel does not tell that the wall clock was set, it is looked at this often until it is.
pub const CLOCK_POLL: Duration = Duration::from_secs(5);

/// After this long in `starting`, panel and page say why, and the link is built anew, once: what
/// people are told to do elsewhere (press connect again) is done for them.
pub const STARTING_SLOW: Duration = Duration::from_secs(10);

/// After that, a link without a QR or a login for so long is built anew, each time after a longer
/// wait: a handshake over a slow network may take 40 s (20 s each for the socket and the keys).
pub const STARTING_REBUILD: Duration = Duration::from_secs(90);

/// Between the starts of two accounts when the box boots: one handshake at a time on a small board.
pub const BOOT_STAGGER: Duration = Duration::from_secs(1);

/// The next QR arrives at the very end of its predecessor's life. For this long the old one may
/// stand for it, so that the glass does not flash between two codes; then it is gone.
pub const QR_GRACE: Duration = Duration::from_millis(500);

/// A passkey that was not confirmed after this long is not coming (a pairing code lives as long).
pub const PASSKEY_WAIT: Duration = Duration::from_secs(180);

/// A code to type lives no longer, whatever lifetime it came with (the library's own limit).
pub const TYPED_LIFETIME_MAX: Duration = Duration::from_secs(180);

/// A code to type is asked for again by itself, after its connection was lost, while the person who
/// wanted it may still stand there: as long as the first code would have lived.
pub const TYPED_WISH: Duration = Duration::from_secs(180);

/// So many times at most: WhatsApp throttles numbers that ask often.
pub const TYPED_AGAIN: u32 = 3;

/// A code to type that has not come after this long is not coming (the library waits as long).
pub const TYPED_ANSWER: Duration = Duration::from_secs(30);

/// Times a code to type can be asked for, for one account, within [`TYPED_ASKS_WITHIN`] (PEERS.md 4).
pub const TYPED_ASKS: usize = 3;

/// See [`TYPED_ASKS`].
pub const TYPED_ASKS_WITHIN: Duration = Duration::from_secs(600);

/// Askers that wait for the same code at once: each is a request that holds a worker.
pub const TYPED_WAITERS: usize = 8;

/// What keeps a link from starting (no clock, a disk that takes no writes) is looked at this often:
/// its end is told by an event, too, but nobody hangs because one got lost.
pub const HELD_LOOK: Duration = Duration::from_secs(1);

/// A login from which nothing at all came for so long is dead, even when TCP looks open (DESIGN.md
/// rule 8). The library pings after 15 to 30 s without a frame, so two of its intervals are 60 s; while
/// a request of its own is unanswered it does not ping, and half a minute more covers most of those.
pub const SILENCE: Duration = Duration::from_secs(2 * 30 + 30);

/// Days without a sign of life of the owner's phone that are worth a word (DESIGN.md rule 10).
pub const PHONE_SILENT_DAYS: u64 = 10;

/// And that are urgent: about two days are left.
pub const PHONE_URGENT_DAYS: u64 = 12;

/// The longest wait between two attempts to reconnect, before the jitter (DESIGN.md rule 3).
pub const RECONNECT_WAIT_MAX: Duration = Duration::from_secs(900);

/// A login that held this long ends a series of waits (DESIGN.md rule 3).
pub const RECONNECT_STABLE: Duration = Duration::from_secs(30);

/// A ban is asked about no sooner than this, however short the service says it is.
pub const BAN_WAIT_MIN: Duration = Duration::from_secs(60);

/// Nor later than this, however long: beyond it the number is a mistake, and timers must not overflow.
pub const BAN_WAIT_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// No QR stays up longer, whatever lifetime it came with (the service gives 60 s and less).
pub const QR_LIFETIME_MAX: Duration = Duration::from_secs(300);

/// Longest technical reason kept for people, in characters: it may come from the service.
pub const WHY_CHARS: usize = 200;

/// A link that has not ended this long after it was told to is waited for no more by shutdown.
pub const LINK_STOP: Duration = Duration::from_secs(12);

/// A panel that does not answer is opened anew this often: each try costs an unanswered byte, and one
/// that may have two addresses needs two.
pub const PANEL_RETRY: Duration = Duration::from_secs(1);

/// A lit OLED is set up anew this often, on the full minute of the process's clock, when its picture
/// wanders anyway: a loose contact takes its settings and its picture away without a failed transfer,
/// and nobody would see why it stays dark.
pub const PANEL_RENEW: Duration = Duration::from_secs(60);

/// The same for an OLED on SPI, where every transfer succeeds and none tells that the panel was pulled
/// out: 4 ms of its bus, so that it shows the truth 5 s after it was put back. It is also the step in
/// which the contrast of a code changes.
pub const PANEL_RENEW_BLIND: Duration = Duration::from_secs(4);

/// Dim the glass after this long without a button or a state change (HARDWARE.md 1.5).
pub const PANEL_DIM: Duration = Duration::from_secs(60);

/// Switch it off after this long (HARDWARE.md 1.5).
pub const PANEL_OFF: Duration = Duration::from_secs(120);

/// Somebody who touched the box is taken to stand before it for this long: a slow panel shows them
/// changes at once instead of gathering them.
pub const ATTENDED: Duration = Duration::from_secs(60);

/// A level must be stable this long to count (mechanical buttons bounce for up to 20 ms).
pub const DEBOUNCE: Duration = Duration::from_millis(30);

/// What the kernel is asked to swallow on a button's line: nothing. It could, but then a line that
/// chatters tells no edges at all: its interrupts go on unseen and unlimited, and each time it rests
/// for a moment that looks like a clean press. The machine debounces ([`DEBOUNCE`]), and a storm that
/// is seen is ended at the line.
pub const KERNEL_DEBOUNCE: Option<Duration> = None;

/// A line whose edges are not told is looked at this often (HARDWARE.md 4.3).
pub const BUTTON_POLL: Duration = Duration::from_millis(200);

/// Every other line is looked at this often: a chip that was removed says so only when it is asked,
/// and an edge may get lost.
pub const BUTTON_LOOK: Duration = Duration::from_secs(5);

/// A line that is gone or taken is tried again this often.
pub const BUTTON_RETRY: Duration = Duration::from_secs(5);

/// Edges of one line that pass at once: the worst switch makes a few dozen in one press, and five
/// lines together must leave room in the queue ([`EVENT_QUEUE`]).
pub const STORM_BURST: u32 = 40;

/// Edges of one line that pass for long: twenty presses a second, which no finger makes.
pub const STORM_EDGES_A_SECOND: u32 = 40;

/// A line that chatters is not listened to for so long.
pub const STORM_MUTE: Duration = Duration::from_secs(1);

/// Doubled each time it still chatters, up to this.
pub const STORM_MUTE_MAX: Duration = Duration::from_secs(60);

/// After that it must be calm for so long before it counts again.
pub const STORM_TRIAL: Duration = Duration::from_secs(1);

/// Edges that end such a trial: a person may press the button during it.
pub const STORM_TRIAL_EDGES: u32 = 20;

/// The next storm after so long is the first one again.
pub const STORM_FORGOTTEN: Duration = Duration::from_secs(300);

/// Holding disconnect this long logs out (DESIGN.md, Buttons).
pub const HOLD_LOGOUT: Duration = Duration::from_secs(5);

/// Holding connect this long adds an account (DESIGN.md, Buttons).
pub const HOLD_ADD_ACCOUNT: Duration = Duration::from_secs(3);

/// Holding both this long takes back the API tokens (DESIGN.md, Buttons).
pub const HOLD_RESET_TOKENS: Duration = Duration::from_secs(10);

/// A hold shows its bar only after this long, so that a short press does not flash one.
pub const HOLD_BAR_AFTER: Duration = Duration::from_millis(600);

/// A line down for longer is no finger: it is held by a thing or shorted, and ignored until it
/// comes up. Three times the longest hold.
pub const STUCK: Duration = Duration::from_secs(30);

/// Edges without a pause of [`DEBOUNCE`] between any two of them that a contact may make: more is a
/// broken line, not a bounce. Switches make a few dozen at worst; mains hum on a line that hangs in
/// the air reaches it in a second, before any hold is complete.
pub const BURST_EDGES: u32 = 100;

/// With several accounts, a panel nobody touched for this long shows all of them.
pub const OVERVIEW_AFTER: Duration = Duration::from_secs(15);

/// Accounts a box holds. Each needs a link with its buffers and keys in 512 MB of memory, and a line
/// of the overview.
pub const ACCOUNTS_MAX: usize = 50;

/// An access code on the panel is good for so long: time to walk to the page's screen and type it.
pub const ACCESS_CODE: Duration = Duration::from_secs(60);

/// A code that has more left than this is not replaced by the next who asks: who has read it can type
/// it, whatever others on the network ask for.
pub const ACCESS_CODE_KEPT: Duration = Duration::from_secs(30);

/// Wrong guesses in a row, over all codes, before none is taken for [`ACCESS_LOCK`] (API.md).
pub const ACCESS_TRIES: u32 = 5;

/// How long that is (API.md): a million codes last for about six years of guessing.
pub const ACCESS_LOCK: Duration = Duration::from_secs(15 * 60);

/// Codes that may go up unused within [`ACCESS_LOCK`]: whoever asks for more keeps the panel busy and
/// bright. A button on the box makes it start anew.
pub const ACCESS_CODES_UNUSED: usize = 5;

/// How often the box looks which address it has on the network: routers give out new ones.
pub const ADDRESS_POLL: Duration = Duration::from_secs(30);

/// Webhooks there may be: each has a line of its own, and four posts under way.
pub const WEBHOOKS_MAX: usize = 16;

/// A file that has to be fetched from WhatsApp first has to be here by then: below [`HTTP_ANSWER`].
pub const MEDIA_WAIT: Duration = Duration::from_secs(80);

/// Files that are handed out at once: each holds a thread for as long as its client takes, and one of
/// [`HTTP_PLACES`].
pub const HTTP_DOWNLOADS: usize = 4;

/// Files that are taken in at once: each is a few buffers and a file on the disk.
pub const HTTP_UPLOADS: usize = 4;

/// Some of a file that is taken in has to come within this time: a phone that changes networks.
pub const HTTP_UPLOAD_STALL: Duration = Duration::from_secs(30);

/// All of it has to be there after this time: 100 MB at 220 kbit/s.
pub const HTTP_UPLOAD_TIME: Duration = Duration::from_secs(60 * 60);

/// Bytes of a multipart body that its parser may hold without getting further, as in the head of a part:
/// twice what it takes in one go (128 reads of 16 KiB, tokio's budget for a task).
pub const HTTP_UPLOAD_HELD: usize = 4 * 1024 * 1024;

/// What is around a file in a multipart body, its text fields included, in bytes: as much as a body without
/// a file may have.
pub const HTTP_UPLOAD_AROUND: u64 = HTTP_BODY_MAX as u64;

/// Threads that answer HTTP.
pub const HTTP_WORKERS: usize = 2;

/// Largest request body of the page.
pub const HTTP_BODY_MAX: usize = 64 * 1024;

/// Requests that change something and are being answered at once: they wait for the machine or for
/// WhatsApp, each in a thread of its own, so that the page goes on. The next one is told to come back.
pub const HTTP_SENDS: usize = 8;

/// Requests handed to the workers and not answered yet: those of [`HTTP_SENDS`], and a few for each
/// worker. A worker takes a millisecond; beyond that people are told to come back at once.
pub const HTTP_PLACES: usize = HTTP_SENDS + 8;

/// Connections from the network at once. A browser makes up to six; each costs at most its head, its
/// body and its answer ([`HTTP_ANSWER_BUFFER`]), some 340 KiB.
pub const HTTP_CONNECTIONS: usize = 128;

/// Connections of one address: five browsers' worth, and a quarter of all, so that one host cannot
/// take every place.
pub const HTTP_CONNECTIONS_A_PEER: usize = 32;

/// When every place is taken, nobody who came within so long gives way: time for a request to arrive.
/// It bounds how fast a crowd can push others out, and each waits for it once at most.
pub const HTTP_GRACE: Duration = Duration::from_millis(250);

/// Connections that wait in the kernel until they are let in.
pub const HTTP_BACKLOG: i32 = 1024;

/// Connections to the control socket at once.
pub const HTTP_CONTROL_CONNECTIONS: usize = 16;

/// Open files kept for everything but connections: links, database, buttons, panel, and what a
/// request costs inside.
pub const HTTP_FILES_KEPT: usize = 192;

/// Largest head of a request: browsers send one or two KiB, cookies included.
pub const HTTP_HEAD_MAX: usize = 16 * 1024;

/// Headers of a request: browsers send about fifteen.
pub const HTTP_HEADERS_MAX: usize = 64;

/// The whole head has to be there after this long, however it is dealt out.
pub const HTTP_HEAD_TIME: Duration = Duration::from_secs(10);

/// The whole body has to be there this long after its head: [`HTTP_BODY_MAX`] at 26 kbit/s.
pub const HTTP_BODY_TIME: Duration = Duration::from_secs(20);

/// A connection with nothing asked is kept this long for the browser's next question: longer than
/// the pause between two looks of the page.
pub const HTTP_IDLE: Duration = Duration::from_secs(15);

/// Questions on one connection; after so many the browser makes a new one.
pub const HTTP_REQUESTS_A_CONNECTION: u32 = 1000;

/// An answer that has not begun by then is not coming: above every wait of ours ([`SEND`]) and the 75 s
/// that WhatsApp's library waits for one.
pub const HTTP_ANSWER: Duration = Duration::from_secs(90);

/// If an answer has not begun after this long, it is looked whether the workers' door still opens.
pub const HTTP_LOOK: Duration = Duration::from_secs(2);

/// What of an answer is taken from its worker without waiting for the client: more than the page and
/// the status of [`ACCOUNTS_MAX`] accounts, so that no stranger can hold a worker.
pub const HTTP_ANSWER_BUFFER: usize = 256 * 1024;

/// Largest head of an answer of our own.
pub const HTTP_ANSWER_HEAD_MAX: usize = 8 * 1024;

/// A client that takes nothing for this long is dropped.
pub const HTTP_STALL: Duration = Duration::from_secs(10);

/// A large answer has to be taken at this many bytes a second, beyond [`HTTP_STALL`].
pub const HTTP_TAKE_A_SECOND: usize = 16 * 1024;

/// After a refusal so much of what is still coming is read, for so long, so that the refusal arrives:
/// a connection closed over unread bytes takes its last words with it. Half a file may be on its way.
pub const HTTP_LINGER_BYTES: usize = 64 * 1024 * 1024;

/// See [`HTTP_LINGER_BYTES`].
pub const HTTP_LINGER: Duration = Duration::from_secs(1);

/// How long is waited before a listener that failed is used again (too many open files).
pub const HTTP_KNOCK: Duration = Duration::from_millis(200);

/// When the page ends, requests under way are answered for this long.
pub const HTTP_FAREWELL: Duration = Duration::from_secs(2);

/// The event loop shows that it lives at least this often, also when nothing happens.
pub const PULSE_EVERY: Duration = Duration::from_secs(5);

/// A loop that has not beaten for this long stands still: no more pings for the watchdog of the
/// unit (60 s), and `/livez` says so. Far above [`PULSE_EVERY`]: an SD card can take seconds.
pub const PULSE_STALE: Duration = Duration::from_secs(30);

/// Blocking threads of the runtime: four for name look-ups, PBKDF2 and the version fetch, and one for
/// each request to a webhook under way ([`COURIER_FLIGHTS`]), so that receivers that hang hold up nothing
/// else. Threads are made when they are needed and end when they were idle for ten seconds.
pub const BLOCKING_THREADS: usize = 4 + COURIER_FLIGHTS;

/// Cache of the database, in bytes: the default of the library is far too large for 512 MB boards.
pub const STORE_CACHE: usize = 2 * 1024 * 1024;

/// While the disk takes no writes, a small one is tried this often: a person who made room sees it
/// within seconds, and a worn card gets few writes more.
pub const STORE_PROBE: Duration = Duration::from_secs(5);

/// How often a look into the store is tried, each time after the store was opened anew: a disk that takes
/// the file and yet does not give what is in it will not do so the next time either.
pub const STORE_LOOKS: u32 = 5;

/// A store that could not be opened at the start is tried again this often.
pub const STORE_RETRY: Duration = Duration::from_secs(5);

/// API tokens a box holds, browsers that signed in included. Each request is compared with all of
/// them.
pub const TOKENS_MAX: usize = 32;

/// Longest name of a token, in characters: a line of a list.
pub const TOKEN_NAME_CHARS: usize = 40;

/// A browser that was let in by a code on the panel stays in for so long.
pub const BROWSER_TOKEN_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// A token cannot be made to last longer than this, unless for ever: beyond it the number is a mistake.
pub const TOKEN_LIFE_MAX: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The machine's answer to a wish is waited for this long by a request: a step takes microseconds, an
/// SD card seconds.
pub const ANSWER: Duration = Duration::from_secs(5);

/// The same for wishes that WhatsApp is told of first: logging out and deleting ([`LINK_STOP`]).
pub const ANSWER_LONG: Duration = Duration::from_secs(20);

/// The same for a code to type on the phone: a connection may have to be made, and WhatsApp asked.
pub const ANSWER_PAIRING_CODE: Duration = Duration::from_secs(35);

/// An answer of the machine or the disk is waited for this long by a request about access.
pub const ACCESS_ANSWER: Duration = Duration::from_secs(5);

/// Requests waiting for the store writer.
pub const STORE_QUEUE: usize = 1024;

/// Commands waiting for a link: sends in flight beside a stop.
pub const LINK_COMMANDS: usize = 32;

/// Longest label of an account, in characters: the phone's list of linked devices cuts longer ones.
pub const LABEL_CHARS: usize = 25;

/// The process ends this long after it was asked to at the latest, ended links or not. Above
/// [`LINK_STOP`], below systemd's default of 90 s.
pub const SHUTDOWN: Duration = Duration::from_secs(15);

/// The command line waits this long for what the service only has to look up.
pub const CONSOLE_LOOK: Duration = Duration::from_secs(10);

/// And this long for what it has to do first, above the 90 s after which the door gives up: unlinking
/// and a code to type take an answer of WhatsApp's.
pub const CONSOLE_DEED: Duration = Duration::from_secs(100);

/// Longest answer, and longest line of a stream, that the command line takes, in bytes: some hundred
/// accounts or a thousand events.
pub const CONSOLE_BODY: u64 = 4 * 1024 * 1024;

/// How often `pairbox pair` looks at the account: a countdown in seconds does not stumble.
pub const CONSOLE_WATCH: Duration = Duration::from_millis(500);
