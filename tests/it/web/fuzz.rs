//! A hundred thousand requests, valid, broken and in between, against router and desk with the real
//! machine behind them, and some thousands of them through the socket.
//!
//! What must hold: no panic; no status of the five hundreds but the documented ones; every error is
//! problem+json with a code of the table; and nothing that a caller without `read` gets holds a number, an
//! identity, a QR's text, a code to type or a code for the page. The seed is printed;
//! `PAIRBOX_FUZZ_SEED` and `PAIRBOX_FUZZ_REQUESTS` repeat a run or make a longer one.

mod maker;

use std::collections::BTreeMap;
use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::event::LinkEvent;
use pairbox::secret::Secret;
use pairbox::snapshot::Status;
use pairbox::web::Door;
use pairbox::web::reply::Reply;
use pairbox::web::route::table::operations;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use self::maker::{Asked, Maker};
use super::rig::checks::{Bare, NEVER_DONE, hold_bare};
use super::rig::living::{KEPT_FROM, KEPT_TEXT, Office, Script, TYPED, connected, qr};
use super::rig::{self, PHONE, QR_TEXT, Rig, SECOND, ids};

const SEED: u64 = 0x5eed_0004;
const REQUESTS: usize = 100_000;
const OVER_SOCKETS: usize = 3_000;

fn number_of(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Links that do anything: most log in or show a QR, some meet every fault there is.
fn moody(seed: u64) -> Script {
    let mut chance = StdRng::seed_from_u64(seed);
    Box::new(move |account: AccountId, _nth| {
        let mut said = if account == SECOND || chance.random_bool(0.3) {
            vec![connected()]
        } else {
            vec![qr()]
        };
        let why = || format!("secret words about {PHONE}");
        let more = [
            LinkEvent::Paired {
                phone: Some(PHONE.parse().unwrap()),
            },
            LinkEvent::PairFailed { why: why() },
            LinkEvent::QrExhausted,
            LinkEvent::Dropped { why: why() },
            LinkEvent::LoggedOut { why: why() },
            LinkEvent::Replaced,
            LinkEvent::Outdated,
            LinkEvent::Locked,
            LinkEvent::Banned {
                lasts: Some(Duration::from_secs(3600)),
            },
            LinkEvent::PasskeyRequired,
            LinkEvent::PasskeyCode {
                code: Secret::new(TYPED.into()),
            },
            LinkEvent::Refused { why: why() },
            LinkEvent::Ended,
        ];
        if chance.random_bool(0.3) {
            said.push(more.choose(&mut chance).unwrap().clone());
        }
        said
    })
}

/// What must hold of an answer.
fn judge(asked: &Asked, reply: &Reply, up: Option<&str>) {
    let words = || {
        format!(
            "{asked:?} → {} {}",
            reply.status,
            String::from_utf8_lossy(&reply.body)
        )
    };
    assert!(
        reply.status < 500 || matches!(reply.status, 502 | 503 | 507),
        "{}",
        words()
    );
    hold_bare(
        &asked.method,
        &asked.target,
        &Bare {
            status: reply.status,
            content_type: if reply.body.is_empty() && reply.status < 400 {
                ""
            } else {
                reply.content_type
            },
            allow: reply.headers.iter().any(|(name, _)| *name == "Allow"),
            body: &reply.body,
        },
    );
    if !asked.reads {
        let heads = reply.headers.iter().map(|(_, value)| value.as_str());
        let said: String = heads
            .chain([&*String::from_utf8_lossy(&reply.body)])
            .collect();
        let dashed = format!("{}-{}", &TYPED[..4], &TYPED[4..]);
        for secret in [
            PHONE,
            &PHONE[4..],
            QR_TEXT,
            "secret-reference",
            "secret-noise-key",
            "secret words",
            TYPED,
            &dashed,
            "4@lid",
            "4@s.whats",
            "Kim",
            KEPT_TEXT,
            KEPT_FROM,
            "\"whsec_",
        ] {
            assert!(!said.contains(secret), "{secret} in {}", words());
        }
        if let Some(code) = up {
            assert!(!said.contains(code), "the access code in {}", words());
        }
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "one run, and what must hold of it")]
fn a_hundred_thousand_requests() {
    let seed = number_of("PAIRBOX_FUZZ_SEED", SEED);
    let most = usize::try_from(number_of("PAIRBOX_FUZZ_REQUESTS", REQUESTS as u64)).unwrap();
    let office = Office::open(moody(seed));
    office.keep_a_message("3EB0KEPT");
    let mut maker = Maker::new(seed, office.keys.clone());
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    let mut worked: BTreeMap<&str, usize> = BTreeMap::new();
    let mut waits = 0;
    let mut answered = 0;
    while answered < most {
        maker.live = office
            .snapshots
            .borrow()
            .accounts
            .iter()
            .map(|it| it.id)
            .collect();
        let asked = maker.next();
        // A code is waited for half a minute where no QR is up: twice is enough.
        let idle = office.snapshots.borrow().accounts.iter().any(|it| {
            let scans = matches!(it.status, Status::ScanQrCode(_));
            !it.linked && !scans && asked.target.contains(&ids().name(it.id))
        });
        if idle && asked.target.contains("/pairing-code") {
            waits += 1;
            if waits > 2 {
                continue;
            }
        }
        let headers: Vec<(&str, &str)> = asked
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let before = office.snapshots.borrow().access.clone();
        let reply = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            office.ask(
                &asked.method,
                &asked.target,
                &headers,
                &asked.body,
                asked.door,
            )
        }))
        .unwrap_or_else(|_| panic!("request {answered} of seed {seed:#x}: {asked:?}"));
        judge(
            &asked,
            &reply,
            before.as_ref().map(|access| access.code.expose()),
        );
        answered += 1;
        *statuses.entry(reply.status).or_default() += 1;
        if reply.status < 300
            && let Some(row) = rig::checks::row(&asked.method, &asked.target)
        {
            *worked.entry(row.id).or_default() += 1;
        }
    }
    figure!("fuzz: seed {seed:#x}, {answered} requests, by status {statuses:?}");
    if most >= REQUESTS {
        // It got everywhere, not only as far as the first refusal.
        for row in operations().filter(|row| !NEVER_DONE.contains(&row.id)) {
            assert!(
                worked.contains_key(row.id),
                "{} never worked: {worked:?}",
                row.id
            );
        }
    }
}

#[test]
fn some_thousands_over_sockets() {
    let seed = number_of("PAIRBOX_FUZZ_SEED", SEED) + 1;
    let rig = Rig::start();
    rig.publish_two();
    let mut maker = Maker::new(seed, rig.keys.clone());
    let client = rig::client();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for _ in 0..OVER_SOCKETS {
        let mut asked = maker.next();
        // Streams go on, and a client of this kind refuses to send what is no HTTP.
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let streams = ["/events", "/ws"]
            .iter()
            .any(|noun| asked.target.starts_with(&format!("/api/v1{noun}")));
        let odd = !asked.target.starts_with('/')
            || asked.target.starts_with("//")
            || !plain(&asked.target)
            || asked
                .target
                .contains(['"', '<', '>', '\\', '^', '`', '{', '|', '}', '#']);
        if streams || odd || asked.method == "CONNECT" || asked.door == Door::Control {
            continue;
        }
        asked.headers.retain(|(name, value)| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !value.is_empty()
                && name != "Host"
        });
        let headers: Vec<(&str, &str)> = asked
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        let body = if matches!(asked.method.as_str(), "POST" | "PATCH") {
            body
        } else {
            String::new()
        };
        let answer = rig::ask(
            &client,
            rig.address,
            (&asked.method, &asked.target),
            &headers,
            &body,
        );
        let content_type = ["application/problem+json"]
            .into_iter()
            .find(|kind| answer.header("content-type") == *kind);
        let mut reply = Reply::new(
            answer.status(),
            content_type.unwrap_or(""),
            answer.bytes.clone(),
        );
        if !answer.header("allow").is_empty() {
            reply = reply.header("Allow", answer.header("allow"));
        }
        judge(&asked, &reply, None);
        *statuses.entry(answer.status()).or_default() += 1;
    }
    figure!("fuzz over sockets: seed {seed:#x}, by status {statuses:?}");
    assert_eq!(rig.ask("GET", "/api/v1/status", &[], "").status(), 200);
}
