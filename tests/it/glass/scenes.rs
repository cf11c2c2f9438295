//! One snapshot for every screen and variant of it, with the name of its picture.

mod gateway;

use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::fault::{Fault, Obstacle, Trouble};
use pairbox::secret::Secret;
use pairbox::snapshot::{
    AccessCode, AccountView, Hold, HoldAction, Light, Pairing, PanelHealth, PhoneSilent, QrCode,
    Restored, Snapshot, Status, StoreHealth, TypedCode,
};
use pairbox::time::{Mono, UnixMillis};
use pairbox::view::Format;

/// A snapshot and the moment at which it is drawn.
pub struct Scene {
    /// The file name of its golden picture.
    pub name: &'static str,
    pub snapshot: Snapshot,
    pub now: Mono,
}

/// Every panel there is a board for, with the folder of its pictures.
pub const PANELS: [(&str, Format); 6] = [
    ("128x32", Format::oled(128, 32)),
    ("128x64", Format::OLED_128X64),
    ("128x128", Format::oled(128, 128)),
    ("250x122", Format::paper(250, 122)),
    ("264x176", Format::paper(264, 176)),
    ("400x300", Format::paper(400, 300)),
];

/// When all scenes begin: a full number of minutes, so that the picture stands in its home position.
pub const BEGIN: Mono = Mono(Duration::from_secs(240));

/// A box with one linked account called "Shop".
pub fn snapshot(status: Status) -> Snapshot {
    Snapshot {
        seq: 1,
        selected: AccountId::FIRST,
        accounts: vec![AccountView {
            status,
            enabled: true,
            linked: true,
            phone: Some("15550001111".parse().unwrap()),
            since: BEGIN,
            ..AccountView::blank(AccountId::FIRST, "Shop")
        }],
        attended: true,
        panel: PanelHealth::Attached,
        ..Snapshot::blank()
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
        qr: Some(QrCode {
            code: Secret::new(payload(length)),
            seq: 1,
            shown_at: BEGIN,
            lifetime: Duration::from_secs(60),
        }),
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

fn starting(slow: Option<Obstacle>, pairing_done: bool) -> Status {
    Status::Starting {
        pairing_done,
        slow: slow.map(trouble),
    }
}

/// What stands in the way, with words as the link has them.
pub fn trouble(obstacle: Obstacle) -> Trouble {
    let why = match obstacle {
        Obstacle::Clock => "the system clock says 1970, and no time server answered yet",
        Obstacle::NoNetwork => "no route to any network (is the cable plugged in?)",
        Obstacle::Dns => "cannot look up web.whatsapp.com: temporary failure in name resolution",
        Obstacle::Portal => "TLS: the certificate is for login.hotel.example, not web.whatsapp.com",
        Obstacle::NoAnswer => "connecting to web.whatsapp.com: timed out after 10 s",
        Obstacle::Silence => "no frame for 45 s",
        Obstacle::Disk => "No space left on device (os error 28)",
    };
    Trouble {
        obstacle,
        why: why.to_owned(),
    }
}

/// 2026-03-01 07:05:09 UTC.
const WALL: UnixMillis = UnixMillis(1_772_348_709_000);

fn on_the_wall(snapshot: &mut Snapshot) {
    snapshot.accounts[0].since_wall = Some(WALL);
}

fn unlinked(snapshot: &mut Snapshot) {
    snapshot.accounts[0].linked = false;
    snapshot.accounts[0].phone = None;
}

fn holding(action: HoldAction, seconds: u64) -> impl FnOnce(&mut Snapshot) {
    move |snapshot| {
        snapshot.hold = Some(Hold {
            action,
            began: BEGIN,
            needs: Duration::from_secs(seconds),
        });
    }
}

fn typed(snapshot: &mut Snapshot) {
    let Status::ScanQrCode(pairing) = &mut snapshot.accounts[0].status else {
        panic!("no code is up");
    };
    pairing.typed = Some(TypedCode {
        code: Secret::new("WZYX1234".into()),
        expires_at: BEGIN + Duration::from_secs(160),
    });
}

/// The codes to scan have run out, or never were: what is left is to type.
fn typed_alone(snapshot: &mut Snapshot) {
    typed(snapshot);
    if let Status::ScanQrCode(pairing) = &mut snapshot.accounts[0].status {
        pairing.qr = None;
    }
}

/// Somebody asked on the page to be let in.
fn access(snapshot: &mut Snapshot) {
    snapshot.access = Some(AccessCode {
        code: Secret::new("407193".into()),
        expires_at: BEGIN + Duration::from_secs(60),
    });
}

fn silent(days: u64) -> impl FnOnce(&mut Snapshot) {
    move |snapshot| {
        let urgent = days >= 12;
        snapshot.accounts[0].phone_silent = Some(PhoneSilent { days, urgent });
    }
}

fn store(health: StoreHealth) -> impl FnOnce(&mut Snapshot) {
    move |snapshot| snapshot.store = health
}

/// A box whose store was damaged and came back from its identity copy.
fn restored(snapshot: &mut Snapshot) {
    snapshot.restored = Some(Restored { at: None });
}

/// A box that could not open its store.
fn nothing_known(snapshot: &mut Snapshot) {
    unlinked(snapshot);
    snapshot.accounts[0].label = "Account 1".into();
    let why = "pairbox.redb: the file is damaged".to_owned();
    snapshot.store = StoreHealth::Failing { why };
}

fn page(snapshot: &mut Snapshot) {
    snapshot.page = Some("192.168.1.20:8080".into());
}

fn label(label: &'static str) -> impl FnOnce(&mut Snapshot) {
    move |snapshot| snapshot.accounts[0].label = label.into()
}

/// As many accounts, of which the `selected`th (from 1) is the one there was.
pub fn among(selected: u32, count: u32) -> impl FnOnce(&mut Snapshot) {
    move |snapshot| {
        let own = snapshot.accounts[0].clone();
        let other = |id: u32| {
            let (label, status) = match id % 6 {
                1 => ("Warehouse north, second floor", Status::Working),
                2 => ("Café Zoë", reconnecting(4, Some(after(9000)))),
                3 => ("店铺", Status::Stopped),
                4 => ("Front desk", starting(None, false)),
                5 => ("Kitchen", failed(Fault::StreamReplaced, None)),
                _ => ("Deliveries", Status::LoggedOut),
            };
            AccountView {
                id: AccountId(id),
                label: label.into(),
                status,
                ..own.clone()
            }
        };
        snapshot.accounts = (1..=count).map(other).collect();
        snapshot.selected = AccountId(selected);
        snapshot.accounts[selected as usize - 1] = AccountView {
            id: AccountId(selected),
            ..own
        };
    }
}

fn overview(attended: bool) -> impl FnOnce(&mut Snapshot) {
    move |snapshot| {
        snapshot.overview = true;
        snapshot.attended = attended;
    }
}

fn reconnecting(attempt: u32, next_at: Option<Mono>) -> Status {
    Status::Reconnecting {
        attempt,
        next_at,
        trouble: None,
    }
}

fn hindered(obstacle: Obstacle) -> Status {
    Status::Reconnecting {
        attempt: 4,
        next_at: Some(after(13_000)),
        trouble: Some(trouble(obstacle)),
    }
}

fn passkey(code: bool) -> Status {
    Status::PasskeyRequired {
        code: code.then(|| Secret::new("K7PQ-93XW".into())),
    }
}

fn failed(fault: Fault, retry_at: Option<Mono>) -> Status {
    Status::Failed { fault, retry_at }
}

/// Every picture that has a golden.
pub fn all() -> Vec<Scene> {
    let mut scenes = one_account();
    scenes.extend(codes());
    scenes.extend(obstacles());
    scenes.extend(storage());
    scenes.extend(faults());
    scenes.extend(several());
    scenes.extend(gateway::all());
    scenes
}

fn one_account() -> Vec<Scene> {
    let waiting = reconnecting(4, Some(after(13_000)));
    vec![
        scene("starting", starting(None, false), 1000),
        scene("linking", starting(None, true), 500),
        scene("passkey", passkey(false), 0),
        scene("passkey-page", passkey(false), 0).with(page),
        scene("passkey-code", passkey(true), 0),
        scene("phone-silent", Status::Working, 7_500_000)
            .with(silent(11))
            .with(on_the_wall),
        scene("phone-silent-urgent", Status::Working, 7_500_000).with(silent(12)),
        scene("phone-silent-long-name", Status::Working, 0)
            .with(silent(13))
            .with(label("Warehouse north, second floor")),
        scene("connected", Status::Working, 7_500_000).with(on_the_wall),
        scene("connected-beat", Status::Working, 1000),
        scene("connected-moved", Status::Working, 180_000).with(on_the_wall),
        scene("connected-for-days", Status::Working, 260_000_000),
        scene("connected-long-name", Status::Working, 7_500_000)
            .with(label("Warehouse north, second floor")),
        scene("connected-one-word", Status::Working, 7_500_000)
            .with(label("Donaudampfschifffahrtsges")),
        scene("connected-foreign-name", Status::Working, 0).with(label("Café 店铺 “Zoë”…")),
        scene("connected-unreadable-name", Status::Working, 0).with(label("店铺 🎉")),
        scene("connected-unknown-number", Status::Working, 0).with(|s| s.accounts[0].phone = None),
        scene("reconnecting", reconnecting(0, None), 3000).with(on_the_wall),
        scene("reconnecting-waiting", waiting, 1000),
        scene("stopped", Status::Stopped, 0),
        scene("stopped-unlinked", Status::Stopped, 0).with(unlinked),
        scene("logged-out", Status::LoggedOut, 0).with(unlinked),
        scene("hold", Status::Working, 2500).with(holding(HoldAction::Logout, 5)),
        scene("hold-add", Status::Working, 2000).with(holding(HoldAction::AddAccount, 3)),
        scene("hold-reset", Status::Working, 1000).with(holding(HoldAction::ResetTokens, 10)),
        scene("dim", Status::Working, 0).with(|s| s.light = Light::Dim),
        scene("off", Status::Working, 0).with(|s| s.light = Light::Off),
        scene("shutting-down", pairing(239), 0).with(|s| s.shutting_down = true),
    ]
}

fn codes() -> Vec<Scene> {
    vec![
        scene("qr", pairing(239), 0).with(page),
        scene("qr-late", pairing(239), 45_000),
        scene("qr-url", pairing(277), 10_000),
        scene("qr-short", pairing(180), 10_000),
        scene("qr-too-big", pairing(400), 0),
        scene("qr-too-big-page", pairing(400), 0).with(page),
        scene("qr-several", pairing(239), 0)
            .with(page)
            .with(among(2, 3)),
        scene("typed", pairing(239), 0).with(typed),
        scene("typed-late", pairing(239), 153_000).with(typed),
        scene("typed-several", pairing(239), 70_000)
            .with(typed)
            .with(among(2, 3)),
        scene("typed-alone", pairing(239), 0).with(typed_alone),
        scene("access", Status::Working, 18_000).with(access),
        scene("access-over-qr", pairing(239), 55_000)
            .with(page)
            .with(access),
        scene("access-over-overview", Status::Working, 0)
            .with(among(2, 3))
            .with(overview(true))
            .with(access),
        scene("access-dark", Status::Working, 0)
            .with(|s| s.light = Light::Off)
            .with(access),
        scene("hold-over-access", Status::Working, 2500)
            .with(access)
            .with(holding(HoldAction::Logout, 5)),
        scene("hold-over-qr", pairing(239), 4900).with(holding(HoldAction::Logout, 5)),
    ]
}

fn obstacles() -> Vec<Scene> {
    let slow = |name, obstacle| scene(name, starting(Some(obstacle), false), 12_000);
    let lost = |name, obstacle| scene(name, hindered(obstacle), 1000).with(on_the_wall);
    vec![
        slow("starting-clock", Obstacle::Clock),
        slow("starting-no-network", Obstacle::NoNetwork),
        slow("starting-dns", Obstacle::Dns),
        slow("starting-portal", Obstacle::Portal),
        slow("starting-slow", Obstacle::NoAnswer),
        lost("reconnecting-no-network", Obstacle::NoNetwork),
        lost("reconnecting-portal", Obstacle::Portal),
        lost("reconnecting-silence", Obstacle::Silence).with(among(2, 3)),
        lost("reconnecting-disk", Obstacle::Disk).with(store(StoreHealth::Full)),
    ]
}

fn storage() -> Vec<Scene> {
    let failing = || StoreHealth::Failing {
        why: "Input/output error (os error 5)".into(),
    };
    vec![
        scene("store-full", Status::Working, 7_500_000)
            .with(store(StoreHealth::Full))
            .with(on_the_wall),
        scene("store-failing-silent", Status::Working, 7_500_000)
            .with(store(failing()))
            .with(silent(12)),
        scene("store-restored", Status::Working, 7_500_000).with(restored),
        scene("store-restored-stopped", Status::Stopped, 0).with(restored),
        scene("store-read-only-stopped", Status::Stopped, 0).with(store(StoreHealth::ReadOnly)),
        scene("store-full-many", passkey(false), 0)
            .with(among(12, 50))
            .with(store(StoreHealth::Full)),
        scene("store-never-opened", failed(Fault::Store, None), 0).with(nothing_known),
    ]
}

fn several() -> Vec<Scene> {
    let ban = failed(Fault::TemporaryBan { until: None }, Some(after(25_200_000)));
    vec![
        scene("several-connected", Status::Working, 7_500_000).with(among(2, 3)),
        scene("several-fault", failed(Fault::StreamReplaced, None), 0).with(among(3, 3)),
        scene("several-ban", ban, 0)
            .with(on_the_wall)
            .with(among(1, 3)),
        scene("several-passkey", passkey(false), 0).with(among(2, 3)),
        scene("several-stopped", Status::Stopped, 0).with(among(12, 12)),
        scene("overview", Status::Working, 0)
            .with(among(2, 3))
            .with(overview(true)),
        scene("overview-many", Status::Working, 0)
            .with(among(10, 12))
            .with(overview(true)),
        scene("overview-turning", passkey(false), 5000)
            .with(among(1, 12))
            .with(overview(false)),
        scene("overview-fifty", Status::Working, 0)
            .with(among(47, 50))
            .with(overview(true)),
    ]
}

fn faults() -> Vec<Scene> {
    let ban = Fault::TemporaryBan { until: None };
    let end = |seconds: u64| Fault::TemporaryBan {
        until: Some(after(seconds * 1000)),
    };
    vec![
        fault("fault-ban-until", end(26 * 3600), Some(26 * 3600)).with(on_the_wall),
        fault("fault-ban-for", end(26 * 3600), Some(26 * 3600)),
        fault("fault-qr-exhausted", Fault::QrExhausted, None),
        fault("fault-stream-replaced", Fault::StreamReplaced, None),
        fault("fault-client-outdated", Fault::ClientOutdated, Some(3600)),
        fault("fault-account-locked", Fault::AccountLocked, Some(300)).with(on_the_wall),
        fault("fault-temporary-ban", ban, Some(7 * 3600)).with(on_the_wall),
        fault("fault-temporary-ban-ends", ban, Some(42)),
        fault("fault-passkey", Fault::Passkey, None),
        fault("fault-refused", Fault::Refused, None),
        fault("fault-store", Fault::Store, None),
    ]
}

/// One of [`all`].
pub fn named(name: &str) -> Scene {
    let scene = all().into_iter().find(|scene| scene.name == name);
    scene.unwrap_or_else(|| panic!("there is no scene {name}"))
}
