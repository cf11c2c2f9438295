//! Strangers who knock: one code each, told once, three at a time, for an hour.

use pairbox::journal::Kind;
use pairbox::message::content::Content;
use pairbox::message::policy::{DmPolicy, Policy, Refusal, Request};
use pairbox::time::UnixMillis;

use super::desk::{Desk, NOON, alice, bob, by_lid, by_number, direct, kinds, person, said, text};

const HOUR: u64 = 3_600_000;

fn desk() -> Desk {
    Desk::new().policy(Policy {
        dm: DmPolicy::Pairing,
        ack_reaction: Some("👀".into()),
        read_receipts: true,
        ..Policy::default()
    })
}

fn stranger(number: u32) -> pairbox::message::address::Person {
    person(
        &format!("1555000{number:04}"),
        &format!("90000000000{number:04}"),
    )
}

fn knock(desk: &Desk, number: u32) -> Option<Request> {
    desk.hand_in(&direct(&stranger(number), text("hello")))
        .request
}

#[test]
fn a_stranger_gets_a_code_and_is_told_once() {
    let mut desk = desk();
    let decision = desk.hand_in(&direct(&alice(), text("hello")));
    let request = decision.request.clone().unwrap();
    assert_eq!(
        (decision.keep, decision.refused),
        (false, Some(Refusal::PairingRequired))
    );
    assert_eq!(kinds(&decision), [Kind::PolicyDenied, Kind::PairingRequest]);
    assert_eq!(request.person, alice());
    assert_eq!(request.name.as_deref(), Some("Somebody"));
    assert_eq!(request.expires_at, UnixMillis(NOON.0 + HOUR));
    let letters = |c: char| c.is_ascii_uppercase() || ('2'..='9').contains(&c);
    assert!(
        request.code.len() == 8 && request.code.chars().all(letters),
        "{}",
        request.code
    );
    assert!(!request.code.contains(['I', 'O']), "{}", request.code);
    let [greeting] = said(&decision)[..] else {
        panic!("one text");
    };
    assert!(greeting.contains(&request.code), "{greeting}");
    let told = &decision.events[1].0.payload.0;
    assert_eq!(told["code"], request.code);
    assert_eq!(told["from_number"], "+15550002222");
    // Their next ones are refused, and nothing more is said, by whatever name they come.
    desk.requests.push(request);
    for alias in [alice(), by_number(&alice()), by_lid(&alice())] {
        let again = desk.hand_in(&direct(&alias, text("hello?")));
        assert_eq!(again.refused, Some(Refusal::PairingRequired));
        assert!(again.say.is_empty() && again.request.is_none());
        assert_eq!(kinds(&again), [Kind::PolicyDenied]);
    }
}

#[test]
fn three_wait_at_a_time_for_an_hour() {
    let mut desk = desk();
    for number in 1..=3 {
        desk.chance[0] = u8::try_from(number).unwrap();
        let request = knock(&desk, number).unwrap();
        assert!(desk.requests.iter().all(|it| it.code != request.code));
        desk.requests.push(request);
    }
    let fourth = desk.hand_in(&direct(&stranger(4), text("hello")));
    assert_eq!(fourth.refused, Some(Refusal::TooManyWaiting));
    assert!(fourth.say.is_empty() && fourth.request.is_none());
    // The moment the first hour is over, the next may.
    desk.now = UnixMillis(NOON.0 + HOUR - 1);
    assert_eq!(knock(&desk, 4), None);
    desk.now = UnixMillis(NOON.0 + HOUR);
    assert!(knock(&desk, 4).is_some());
    // And so may those who waited in vain.
    assert!(knock(&desk, 1).is_some());
}

#[test]
fn two_never_wait_under_one_code() {
    let mut desk = desk();
    let first = knock(&desk, 1).unwrap();
    desk.requests.push(first.clone());
    // The same chance again.
    let second = knock(&desk, 2).unwrap();
    assert_ne!(first.code, second.code);
}

#[test]
fn whoever_says_nothing_does_not_ask() {
    let target = || "3A11".parse().unwrap();
    for content in [
        Content::Reaction {
            target: target(),
            emoji: "👍".into(),
        },
        Content::Edit {
            target: target(),
            text: "hello".into(),
        },
        Content::Revoke { target: target() },
    ] {
        let decision = desk().hand_in(&direct(&alice(), content));
        assert_eq!(decision.refused, Some(Refusal::PairingRequired));
        assert!(decision.request.is_none() && decision.say.is_empty());
    }
    let known = desk().knows(&bob(), None);
    assert!(
        known
            .hand_in(&direct(&bob(), text("hello")))
            .request
            .is_some()
    );
}
