//! The real machine behind the desk, with links that follow a script.
//!
//! The loop is the program's own in small: a step, its effects, the snapshot, the answers. What links,
//! store and WhatsApp would say comes from the script, at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pairbox::account::{AccountId, AccountRecord, Epoch};
use pairbox::event::{Effect, Event, LinkEvent, LinkedAs, PanelEvent, StoreEvent, StoredAccount};
use pairbox::machine::Appliance;
use pairbox::message::address::{Chat, Person};
use pairbox::message::content::Content;
use pairbox::message::inbound::Inbound;
use pairbox::secret::Secret;
use pairbox::snapshot::PanelHealth;
use pairbox::time::UnixMillis;
use pairbox::web::Door;
use pairbox::web::answer::{Desk, Outcome, Sent};
use pairbox::web::reply::Reply;
use pairbox::web::route::{Head, route};
use tokio::sync::watch;

use super::{Ends, Keys, PHONE, QR_TEXT, SECOND};

/// A code to type that strangers must never see.
pub const TYPED: &str = "WXYZ7788";

/// What a message in the ring says, and whom it is from: for nobody without `read`.
pub const KEPT_TEXT: &str = "words between friends";
pub const KEPT_FROM: &str = "4477009001";

/// What a link of an account says once it is started: its number of start counts from 1.
pub type Script = Box<dyn FnMut(AccountId, u64) -> Vec<LinkEvent> + Send>;

/// A desk with the real machine behind it; no socket.
pub struct Office {
    pub desk: Desk,
    pub keys: Keys,
    pub snapshots: watch::Receiver<Arc<pairbox::snapshot::Snapshot>>,
    _folder: tempfile::TempDir,
}

impl Office {
    /// Two accounts: the first never linked, the second linked and enabled.
    pub fn open(script: Script) -> Self {
        let (context, ends) = super::context();
        let desk = Desk::new(context, 7);
        let (keys, snapshots) = (ends.keys.clone(), ends.snapshots.subscribe());
        let folder = run(ends, script);
        let office = Self {
            desk,
            keys,
            snapshots,
            _folder: folder,
        };
        office.wait(|snapshot| snapshot.accounts.len() == 2);
        office
    }

    /// Keeps a message of somebody's in the ring of the account that is linked.
    pub fn keep_a_message(&self, id: &str) {
        let backstage = self.desk.context.backstage.as_ref().unwrap();
        let sender: Person = format!("{KEPT_FROM}55@s.whatsapp.net").parse().unwrap();
        let inbound = Inbound {
            id: id.parse().unwrap(),
            chat: Chat::Person(sender.clone()),
            sender,
            from_me: false,
            name: Some("Lee".into()),
            group_name: None,
            at: UnixMillis(1_772_348_709_000),
            offline: false,
            content: Content::Text {
                text: KEPT_TEXT.into(),
            },
            mentioned: Vec::new(),
            quoted: None,
        };
        let taken = backstage.gateway.take_in(SECOND, None, vec![inbound]);
        backstage.runtime.block_on(taken).unwrap();
    }

    /// Waits until a snapshot is as wanted.
    pub fn wait(&self, wanted: impl Fn(&pairbox::snapshot::Snapshot) -> bool) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let mut snapshots = self.snapshots.clone();
        let waited = runtime.block_on(async {
            tokio::time::timeout(Duration::from_secs(20), snapshots.wait_for(|it| wanted(it)))
                .await
                .is_ok()
        });
        assert!(waited, "{:?}", self.snapshots.borrow());
    }

    /// A request through the router and the desk; streams are answered by what they would begin with.
    pub fn ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        door: Door,
    ) -> Reply {
        let head = Head {
            method,
            target,
            headers,
        };
        let found = route(&head, self.desk.names());
        match found.map(|route| {
            self.desk.attend(
                &route,
                Sent {
                    head: &head,
                    body,
                    file: None,
                },
                door,
            )
        }) {
            Err(problem) => problem.into(),
            Ok(Outcome::Reply(reply)) => reply,
            Ok(Outcome::File(file)) => file.reply,
            Ok(Outcome::Stream(..)) => Reply::new(200, "text/event-stream", Vec::new()),
        }
    }
}

/// What links mostly do: those that are linked log in, the others show a QR.
pub fn plain(account: AccountId, _nth: u64) -> Vec<LinkEvent> {
    if account == SECOND {
        vec![connected()]
    } else {
        vec![qr()]
    }
}

pub fn connected() -> LinkEvent {
    LinkEvent::Connected {
        phone: Some(PHONE.parse().unwrap()),
        lid: Some("98765432101234@lid".into()),
        push_name: Some("Kim".into()),
    }
}

pub fn qr() -> LinkEvent {
    LinkEvent::Qr {
        code: Secret::new(QR_TEXT.into()),
        lifetime: Duration::from_secs(60),
    }
}

fn stored(id: AccountId, label: &str, linked: bool) -> StoredAccount {
    StoredAccount {
        id,
        record: AccountRecord {
            label: label.into(),
            enabled: linked,
            ..AccountRecord::default()
        },
        linked: linked.then(|| LinkedAs {
            phone: Some(PHONE.parse().unwrap()),
        }),
    }
}

/// The machine's thread. It ends with the last sender of its inbox.
fn run(mut ends: Ends, mut script: Script) -> tempfile::TempDir {
    let folder = std::mem::replace(&mut ends.folder, tempfile::tempdir().unwrap());
    let accounts = vec![
        stored(AccountId::FIRST, "shop", false),
        stored(SECOND, "office", true),
    ];
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let clock = ends.clock;
        let mut appliance = Appliance::new(accounts, PanelHealth::Attached, clock.now())
            .numbering_from(AccountId(3));
        let mut queue: VecDeque<Event> = VecDeque::from([Event::Panel(PanelEvent::Attached)]);
        let mut starts = 0;
        loop {
            let mut answers = Vec::new();
            while let Some(effect) = appliance.poll_effect() {
                if let Effect::StartLink { .. } = &effect {
                    starts += 1;
                }
                match effect {
                    Effect::Answer { ticket, answer } => answers.push((ticket, answer)),
                    effect => queue.extend(world(effect, starts, &mut script)),
                }
            }
            let (before, after) = (ends.snapshots.borrow().clone(), appliance.snapshot());
            ends.journal.note(clock.now(), &before, &after);
            ends.metrics.changed(&before, &after);
            ends.snapshots.send_replace(after);
            ends.pulse.beat(clock.mono());
            for (ticket, answer) in answers {
                ends.tickets.call(ticket, answer);
            }
            if let Some(event) = queue.pop_front() {
                appliance.handle(clock.now(), event);
                continue;
            }
            let due = appliance
                .poll_timeout()
                .map_or(Duration::from_secs(60), |(at, _)| at.since(clock.mono()));
            match runtime.block_on(async { tokio::time::timeout(due, ends.events.recv()).await }) {
                Ok(Some(event)) => appliance.handle(clock.now(), event),
                Ok(None) => break,
                Err(_due) => appliance.handle_timeout(clock.now()),
            }
        }
    });
    folder
}

/// What comes of an effect.
#[allow(
    clippy::needless_pass_by_value,
    reason = "an effect is carried out once"
)]
fn world(effect: Effect, starts: u64, script: &mut Script) -> Vec<Event> {
    let link = |account, epoch: Epoch, event| Event::Link {
        account,
        epoch,
        event,
    };
    let store = |account, event| Event::Store { account, event };
    match effect {
        Effect::StartLink { account, epoch, .. } => script(account, starts)
            .into_iter()
            .map(|event| link(account, epoch, event))
            .collect(),
        Effect::StopLink { account, epoch } | Effect::Unlink { account, epoch } => {
            vec![link(account, epoch, LinkEvent::Ended)]
        }
        Effect::WipeAuth { account } => vec![store(account, StoreEvent::AuthWiped)],
        Effect::DeleteAccount { account } => vec![store(account, StoreEvent::Deleted)],
        Effect::RequestCode { account, epoch, .. } => vec![link(
            account,
            epoch,
            LinkEvent::TypedCode {
                code: Secret::new(TYPED.into()),
                lifetime: Duration::from_secs(180),
            },
        )],
        Effect::SaveRecord { .. }
        | Effect::Answer { .. }
        | Effect::Decide { .. }
        | Effect::ForgetRestored
        | Effect::ResetTokens => Vec::new(),
    }
}
