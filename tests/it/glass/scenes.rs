//! One snapshot for every screen and variant of it, with the name of its picture.

use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::fault::Fault;
use pairbox::secret::Secret;
use pairbox::snapshot::{
    AccountView, Hold, HoldAction, Light, Pairing, PanelHealth, Snapshot, Status,
};
use pairbox::time::Mono;

/// A snapshot and the moment at which it is drawn.
pub struct Scene {
    /// The file name of its golden picture.
    pub name: &'static str,
    pub snapshot: Snapshot,
    pub now: Mono,
}

/// When all scenes begin: a full number of minutes, so that the picture stands in its home position.
pub const BEGIN: Mono = Mono(Duration::from_secs(240));

/// A box with one linked account called "Shop".
pub fn snapshot(status: Status) -> Snapshot {
    Snapshot {
        seq: 1,
        selected: AccountId::FIRST,
        accounts: vec![AccountView {
            id: AccountId::FIRST,
            label: "Shop".into(),
            status,
            enabled: true,
            linked: true,
            phone: Some("15550001111".parse().unwrap()),
            push_name: None,
            since: BEGIN,
            since_wall: None,
            last_error: None,
        }],
        overview: false,
        page: None,
        attended: true,
        hold: None,
        stuck: Vec::new(),
        panel: PanelHealth::Attached,
        light: Light::Bright,
        shutting_down: false,
    }
}

/// A text as long and as random-looking as today's pairing texts, or of another length.
pub fn payload(length: usize) -> String {
    const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = length as u64 + 1;
    let mut text = String::from("2@");
    while text.len() < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.push(char::from(BASE64[(state >> 58) as usize]));
    }
    text.truncate(length);
    text
}

pub fn pairing(length: usize) -> Status {
    Status::ScanQrCode(Pairing {
        code: Secret::new(payload(length)),
        seq: 1,
        shown_at: BEGIN,
        lifetime: Duration::from_secs(60),
        typed: None,
    })
}

fn after(millis: u64) -> Mono {
    BEGIN + Duration::from_millis(millis)
}

fn fault(name: &'static str, fault: Fault, retry_s: Option<u64>) -> Scene {
    let retry_at = retry_s.map(|seconds| after(seconds * 1000));
    scene(name, Status::Failed { fault, retry_at }, 0)
}

fn scene(name: &'static str, status: Status, millis: u64) -> Scene {
    Scene {
        name,
        snapshot: snapshot(status),
        now: after(millis),
    }
}

impl Scene {
    fn with(mut self, change: impl FnOnce(&mut Snapshot)) -> Self {
        change(&mut self.snapshot);
        self
    }
}

fn starting(slow: Option<&str>, pairing_done: bool) -> Status {
    Status::Starting {
        pairing_done,
        slow: slow.map(str::to_owned),
    }
}

/// Every picture that has a golden.
pub fn all() -> Vec<Scene> {
    let unlinked = |snapshot: &mut Snapshot| {
        snapshot.accounts[0].linked = false;
        snapshot.accounts[0].phone = None;
    };
    let hold = |snapshot: &mut Snapshot| {
        let needs = Duration::from_secs(5);
        snapshot.hold = Some(Hold {
            action: HoldAction::Logout,
            began: BEGIN,
            needs,
        });
    };
    let label = |label: &'static str| {
        move |snapshot: &mut Snapshot| snapshot.accounts[0].label = label.into()
    };
    let slow = "cannot look up web.whatsapp.com: no network (is the cable plugged in?)";
    let reconnecting = |attempt, next_at| Status::Reconnecting { attempt, next_at };
    let mut scenes = vec![
        scene("starting", starting(None, false), 1000),
        scene("starting-slow", starting(Some(slow), false), 12_000),
        scene("linking", starting(None, true), 500),
        scene("qr", pairing(239), 0),
        scene("qr-late", pairing(239), 45_000),
        scene("qr-url", pairing(277), 10_000),
        scene("qr-short", pairing(180), 10_000),
        scene("qr-too-big", pairing(400), 0),
        scene("passkey", Status::PasskeyRequired, 0),
        scene("connected", Status::Working, 0),
        scene("connected-beat", Status::Working, 1000),
        scene("connected-moved", Status::Working, 180_000),
        scene("connected-long-name", Status::Working, 0)
            .with(label("Warehouse north, second floor")),
        scene("connected-foreign-name", Status::Working, 0).with(label("Café 店铺 “Zoë”…")),
        scene("connected-unknown-number", Status::Working, 0).with(|s| s.accounts[0].phone = None),
        scene("reconnecting", reconnecting(0, None), 3000),
        scene(
            "reconnecting-waiting",
            reconnecting(4, Some(after(13_000))),
            1000,
        ),
        scene("stopped", Status::Stopped, 0),
        scene("stopped-unlinked", Status::Stopped, 0).with(unlinked),
        scene("logged-out", Status::LoggedOut, 0).with(unlinked),
        scene("hold", Status::Working, 2500).with(hold),
        scene("hold-over-qr", pairing(239), 4900).with(hold),
        scene("dim", Status::Working, 0).with(|s| s.light = Light::Dim),
        scene("off", Status::Working, 0).with(|s| s.light = Light::Off),
        scene("shutting-down", pairing(239), 0).with(|s| s.shutting_down = true),
    ];
    scenes.extend([
        fault("fault-qr-exhausted", Fault::QrExhausted, None),
        fault("fault-stream-replaced", Fault::StreamReplaced, None),
        fault("fault-client-outdated", Fault::ClientOutdated, Some(3600)),
        fault("fault-account-locked", Fault::AccountLocked, Some(300)),
        fault(
            "fault-temporary-ban",
            Fault::TemporaryBan { until: None },
            Some(7 * 3600),
        ),
        fault(
            "fault-temporary-ban-ends",
            Fault::TemporaryBan { until: None },
            Some(42),
        ),
        fault("fault-passkey", Fault::Passkey, None),
        fault("fault-refused", Fault::Refused, None),
        fault("fault-store", Fault::Store, None),
    ]);
    scenes
}

/// One of [`all`].
pub fn named(name: &str) -> Scene {
    let scene = all().into_iter().find(|scene| scene.name == name);
    scene.unwrap_or_else(|| panic!("there is no scene {name}"))
}
