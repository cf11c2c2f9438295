//! What goes out next: one story each, and everything at once against the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pairbox::limits::{SEND_ACK, SEND_ATTEMPTS, SEND_RETRY, SENDS_IN_FLIGHT};
use pairbox::message::address::MessageId;
use pairbox::message::pacing::Pace;
use pairbox::message::sender::{Outcome, Parcel, SendQueue, Step};
use pairbox::time::{Mono, Now, UnixMillis};
use proptest::prelude::*;

const UNPACED: Pace = Pace {
    per_minute: 0,
    burst: 1,
};
const WALL: u64 = 1_800_000_000_000;

fn at(millis: u64) -> Now {
    Now {
        mono: Mono(Duration::from_millis(millis)),
        wall: Some(UnixMillis(WALL + millis)),
    }
}

fn id(number: u64) -> MessageId {
    format!("M{number}").parse().unwrap()
}

fn parcel(number: u64, lane: &str, life_ms: u64) -> Parcel {
    Parcel {
        id: id(number),
        lane: lane.to_owned(),
        expires_at: UnixMillis(WALL + life_ms),
        attempts: 0,
    }
}

const DAY: u64 = 24 * 3600 * 1000;

fn online(parcels: &[(u64, &str)]) -> SendQueue {
    let mut queue = SendQueue::new(UNPACED);
    for (number, lane) in parcels {
        queue.add(*number, parcel(*number, lane, DAY));
    }
    queue.set_online(true);
    queue
}

fn wait(step: &Step) -> Option<u64> {
    match step {
        Step::Wait(until) => until.map(|until| u64::try_from(until.0.as_millis()).unwrap()),
        step => panic!("{step:?}"),
    }
}

#[test]
fn a_chat_waits_for_the_server_and_no_chat_for_another() {
    let mut queue = online(&[(1, "a"), (2, "a"), (3, "b")]);
    assert_eq!(queue.next(at(0)), Step::Send(id(1)));
    assert_eq!(queue.next(at(0)), Step::Send(id(3)));
    assert_eq!(
        wait(&queue.next(at(0))),
        Some(DAY),
        "only time can end the second"
    );
    queue.attempted(&id(1), &Outcome::Written, at(5).mono);
    assert!(
        matches!(queue.next(at(5)), Step::Wait(_)),
        "written is not acknowledged"
    );
    assert!(queue.done(&id(1)));
    assert_eq!(queue.next(at(6)), Step::Send(id(2)));
}

#[test]
fn so_many_at_once_and_no_more() {
    let lanes: Vec<String> = (0..9).map(|lane| lane.to_string()).collect();
    let parcels: Vec<(u64, &str)> = (0..).zip(lanes.iter().map(String::as_str)).collect();
    let mut queue = online(&parcels);
    let mut sent = 0;
    while let Step::Send(_) = queue.next(at(0)) {
        sent += 1;
    }
    assert_eq!(sent, SENDS_IN_FLIGHT);
}

#[test]
fn nothing_goes_while_offline_and_everything_again_afterwards() {
    let mut queue = online(&[(1, "a"), (2, "b")]);
    assert_eq!(queue.next(at(0)), Step::Send(id(1)));
    assert_eq!(queue.next(at(0)), Step::Send(id(2)));
    queue.attempted(&id(1), &Outcome::Written, at(1).mono);
    queue.set_online(false);
    // Written to a socket that was gone already, as far as anybody knows.
    queue.attempted(&id(2), &Outcome::Written, at(2).mono);
    assert_eq!(wait(&queue.next(at(2))), Some(DAY));
    queue.set_online(true);
    assert_eq!(queue.next(at(3)), Step::Send(id(1)), "the same again");
    assert_eq!(queue.next(at(3)), Step::Send(id(2)));
}

#[test]
fn an_acknowledgement_that_does_not_come_sends_it_again() {
    let ack = u64::try_from(SEND_ACK.as_millis()).unwrap();
    let mut queue = online(&[(1, "a")]);
    assert_eq!(queue.next(at(0)), Step::Send(id(1)));
    queue.attempted(&id(1), &Outcome::Written, at(0).mono);
    assert_eq!(wait(&queue.next(at(0))), Some(ack));
    let retry = wait(&queue.next(at(ack))).unwrap();
    assert_eq!(retry, ack + u64::try_from(SEND_RETRY.as_millis()).unwrap());
    assert_eq!(queue.next(at(retry)), Step::Send(id(1)));
    // The server was only slow: its word for the first time is as good.
    assert!(queue.done(&id(1)));
    assert!(!queue.attempted(&id(1), &Outcome::Trouble, at(retry).mono));
    assert_eq!(wait(&queue.next(at(retry))), None);
}

#[test]
fn trouble_is_tried_again_longer_and_longer_and_then_given_up() {
    let mut queue = online(&[(1, "a"), (2, "a")]);
    let (mut now, mut waits) = (0, Vec::new());
    for _ in 0..SEND_ATTEMPTS {
        assert_eq!(queue.next(at(now)), Step::Send(id(1)));
        assert!(queue.attempted(&id(1), &Outcome::Trouble, at(now).mono));
        if let Step::Wait(Some(until)) = queue.next(at(now)) {
            waits.push(until.since(at(now).mono).as_secs());
            now = u64::try_from(until.0.as_millis()).unwrap();
        }
    }
    assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60]);
    let (id_1, code) = (id(1), "send_failed");
    assert_eq!(queue.next(at(now)), Step::GiveUp { id: id_1, code });
    queue.done(&id(1));
    assert_eq!(queue.next(at(now)), Step::Send(id(2)), "the chat goes on");
}

#[test]
fn a_missing_connection_is_no_attempt() {
    let mut queue = online(&[(1, "a")]);
    for round in 0..u64::from(SEND_ATTEMPTS) * 3 {
        let now = at(round * 2000);
        assert_eq!(queue.next(now), Step::Send(id(1)));
        assert!(!queue.attempted(&id(1), &Outcome::NotConnected, now.mono));
    }
}

#[test]
fn a_refusal_is_final() {
    let mut queue = online(&[(1, "a")]);
    assert_eq!(queue.next(at(0)), Step::Send(id(1)));
    queue.attempted(&id(1), &Outcome::Refused("not_on_whatsapp"), at(0).mono);
    let code = "not_on_whatsapp";
    assert_eq!(queue.next(at(0)), Step::GiveUp { id: id(1), code });
}

#[test]
fn what_waited_too_long_fails_and_what_is_on_its_way_does_not() {
    let mut queue = SendQueue::new(UNPACED);
    queue.add(1, parcel(1, "a", 1000));
    queue.add(2, parcel(2, "a", 1000));
    assert_eq!(wait(&queue.next(at(0))), Some(1000), "offline as well");
    queue.set_online(true);
    assert_eq!(queue.next(at(500)), Step::Send(id(1)));
    let expired = Step::GiveUp {
        id: id(2),
        code: "expired",
    };
    assert_eq!(queue.next(at(1000)), expired);
    queue.done(&id(2));
    // Without a clock nobody knows.
    queue.add(3, parcel(3, "b", 1));
    let unset = Now {
        wall: None,
        ..at(2000)
    };
    assert_eq!(queue.next(unset), Step::Send(id(3)));
}

#[test]
fn places_are_used_again_and_ids_are_not() {
    let mut queue = online(&[(0, "a")]);
    assert_eq!(queue.next(at(0)), Step::Send(id(0)));
    // It was acknowledged, its row is gone, and another message has its place.
    queue.add(0, parcel(7, "a", DAY));
    assert_eq!(queue.len(), 1);
    assert!(!queue.attempted(&id(0), &Outcome::Trouble, at(1).mono));
    assert_eq!(queue.next(at(1)), Step::Send(id(7)));
    queue.retain(&BTreeSet::new());
    assert!(queue.is_empty());
}

#[test]
fn the_pace_is_kept_over_all_chats() {
    let mut queue = SendQueue::new(Pace {
        per_minute: 60,
        burst: 2,
    });
    for number in 0..4 {
        queue.add(number, parcel(number, &number.to_string(), DAY));
    }
    queue.set_online(true);
    assert_eq!(queue.next(at(0)), Step::Send(id(0)));
    assert_eq!(queue.next(at(0)), Step::Send(id(1)));
    assert_eq!(wait(&queue.next(at(0))), Some(1000));
    assert_eq!(queue.next(at(1000)), Step::Send(id(2)));
    assert_eq!(wait(&queue.next(at(1000))), Some(2000));
}

/// What may happen.
#[derive(Clone, Debug)]
enum Act {
    Add(u8, u32),
    Online(bool),
    /// The attempt that is under way the longest ends like this.
    End(Outcome),
    /// The server has one of those that were written.
    Ack(usize),
    Later(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0_u8..4, 1_u32..200_000).prop_map(|(lane, life)| Act::Add(lane, life)),
        1 => any::<bool>().prop_map(Act::Online),
        4 => Just(Act::End(Outcome::Written)),
        1 => Just(Act::End(Outcome::NotConnected)),
        1 => Just(Act::End(Outcome::Trouble)),
        1 => Just(Act::End(Outcome::Refused("refused"))),
        3 => any::<usize>().prop_map(Act::Ack),
        2 => (0_u64..30_000).prop_map(Act::Later),
    ]
}

/// What is known of the messages, kept by somebody naive.
#[derive(Default)]
struct Ledger {
    lanes: BTreeMap<u8, Vec<u64>>,
    in_hand: Vec<u64>,
    written: Vec<u64>,
    gone: BTreeSet<u64>,
}

impl Ledger {
    fn lane_of(&self, number: u64) -> u8 {
        let mut lanes = self.lanes.iter();
        *lanes.find(|(_, all)| all.contains(&number)).unwrap().0
    }

    fn number(id: &MessageId) -> u64 {
        id.as_str()[1..].parse().unwrap()
    }

    fn done(&mut self, queue: &mut SendQueue, number: u64) {
        assert!(queue.done(&id(number)));
        self.gone.insert(number);
        self.written.retain(|it| *it != number);
        self.in_hand.retain(|it| *it != number);
    }

    /// Takes every step there is now, each against the rules.
    fn steps(&mut self, queue: &mut SendQueue, is_online: bool, now: u64) -> Option<u64> {
        loop {
            match queue.next(at(now)) {
                Step::Send(id) => {
                    let number = Self::number(&id);
                    assert!(is_online, "nothing goes while offline");
                    assert!(!self.in_hand.contains(&number), "not twice at once");
                    // Acknowledgements that did not come are known by their second coming.
                    self.written.retain(|it| *it != number);
                    let lane = self.lane_of(number);
                    let before = self.lanes[&lane].iter().take_while(|it| **it != number);
                    for earlier in before {
                        assert!(self.gone.contains(earlier), "{earlier} before {number}");
                    }
                    self.in_hand.push(number);
                    assert!(self.in_hand.len() <= SENDS_IN_FLIGHT);
                }
                Step::GiveUp { id, .. } => {
                    let number = Self::number(&id);
                    assert!(!self.in_hand.contains(&number));
                    self.done(queue, number);
                }
                Step::Wait(until) => {
                    let until = until
                        .map(|until| u64::try_from(until.0.as_micros().div_ceil(1000)).unwrap());
                    assert!(
                        until.is_none_or(|until| until > now),
                        "no waiting for the past"
                    );
                    return until;
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_rules_hold_and_all_ends(acts in proptest::collection::vec(act(), 0..200)) {
        let mut queue = SendQueue::new(Pace { per_minute: 300, burst: 3 });
        let mut ledger = Ledger::default();
        let (mut now, mut is_online, mut number) = (0, false, 0);
        for act in acts {
            match act {
                Act::Add(lane, life) => {
                    queue.add(number, parcel(number, &lane.to_string(), now + u64::from(life)));
                    ledger.lanes.entry(lane).or_default().push(number);
                    number += 1;
                }
                Act::Online(online) => {
                    is_online = online;
                    queue.set_online(online);
                }
                Act::End(outcome) if !ledger.in_hand.is_empty() => {
                    let ended = ledger.in_hand.remove(0);
                    queue.attempted(&id(ended), &outcome, at(now).mono);
                    if outcome == Outcome::Written {
                        ledger.written.push(ended);
                    }
                }
                Act::Ack(which) if !ledger.written.is_empty() => {
                    let acked = ledger.written[which % ledger.written.len()];
                    ledger.done(&mut queue, acked);
                }
                Act::Later(millis) => now += millis,
                Act::End(_) | Act::Ack(_) => {}
            }
            ledger.steps(&mut queue, is_online, now);
        }
        // From here on everything works: all that is left goes, and nobody waits for nothing.
        queue.set_online(true);
        for _ in 0..number * 4 + 50 {
            let until = ledger.steps(&mut queue, true, now);
            for ended in std::mem::take(&mut ledger.in_hand) {
                queue.attempted(&id(ended), &Outcome::Written, at(now).mono);
                ledger.written.push(ended);
            }
            for acked in std::mem::take(&mut ledger.written) {
                ledger.done(&mut queue, acked);
            }
            now = until.unwrap_or(now).max(now);
        }
        prop_assert!(queue.is_empty());
        prop_assert_eq!(u64::try_from(ledger.gone.len()).unwrap(), number);
    }
}
