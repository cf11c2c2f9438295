//! Who is posted next, beside a model that a child could follow: whatever receivers do, the order of each
//! lane holds, no lane is posted twice at once, the bounds hold, and everything ends delivered, dead or
//! dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pairbox::limits::{COURIER_BREAKER, COURIER_FLIGHTS, COURIER_LANES, PROBE_WAIT_MAX};
use pairbox::message::courier::{Courier, Verdict};
use pairbox::message::retry::{ATTEMPTS, Outcome};
use pairbox::message::webhook::{DeliveryId, WebhookId};
use pairbox::time::UnixMillis;
use proptest::prelude::*;

const START: UnixMillis = UnixMillis(1_800_000_000_000);

fn id(webhook: u32, place: u64) -> DeliveryId {
    DeliveryId {
        webhook: WebhookId(webhook),
        place,
    }
}

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    /// Something is put into a lane of a webhook.
    Put { webhook: u32, lane: u8 },
    /// One of those in flight lands.
    Land { which: usize, how: u8, chance: u64 },
    /// Time passes.
    Pass { seconds: u64 },
    /// One that waits is dropped.
    Drop { which: usize },
    /// A webhook is switched on or off.
    Switch { webhook: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0u32..3, 0u8..6).prop_map(|(webhook, lane)| Step::Put { webhook, lane }),
        6 => (any::<usize>(), any::<u8>(), any::<u64>())
            .prop_map(|(which, how, chance)| Step::Land { which, how, chance }),
        3 => (0u64..200_000).prop_map(|seconds| Step::Pass { seconds }),
        1 => any::<usize>().prop_map(|which| Step::Drop { which }),
        1 => (0u32..3).prop_map(|webhook| Step::Switch { webhook }),
    ]
}

/// What is known of a delivery.
#[derive(Clone, Debug)]
struct Known {
    lane: u8,
    attempts: u32,
}

/// The model: all that waits, by webhook and place, and what is in flight.
struct World {
    courier: Courier,
    now: UnixMillis,
    waiting: BTreeMap<DeliveryId, Known>,
    flying: BTreeSet<DeliveryId>,
    enabled: BTreeMap<WebhookId, bool>,
    ended: BTreeSet<DeliveryId>,
    next: u64,
}

impl World {
    fn new() -> Self {
        let enabled: BTreeMap<_, _> = (0..3).map(|it| (WebhookId(it), true)).collect();
        let mut courier = Courier::new(1);
        courier.set_webhooks(&enabled);
        Self {
            courier,
            now: START,
            waiting: BTreeMap::new(),
            flying: BTreeSet::new(),
            enabled,
            ended: BTreeSet::new(),
            next: 1,
        }
    }

    fn put(&mut self, webhook: u32, lane: u8) {
        let id = id(webhook, self.next);
        self.next += 1;
        self.courier.put(id, &lane.to_string(), 0, self.now);
        // Twice is once.
        self.courier.put(id, &lane.to_string(), 0, self.now);
        self.waiting.insert(id, Known { lane, attempts: 0 });
    }

    /// Starts all that may start, and looks at each.
    fn start(&mut self) {
        while let Some(id) = self.courier.poll(self.now) {
            let known = &self.waiting[&id];
            assert!(self.enabled[&id.webhook], "posted to one that is off");
            let same_lane = |other: &&DeliveryId| {
                other.webhook == id.webhook && self.waiting[other].lane == known.lane
            };
            assert!(
                !self.flying.iter().any(|it| same_lane(&it)),
                "two of a lane"
            );
            let first = self.waiting.keys().find(|it| same_lane(it)).unwrap();
            assert_eq!(*first, id, "not the first of its lane");
            assert!(self.flying.insert(id));
            assert!(self.flying.len() <= COURIER_FLIGHTS);
            let of_webhook = self.flying.iter().filter(|it| it.webhook == id.webhook);
            assert!(of_webhook.count() <= COURIER_LANES);
        }
        assert_eq!(self.courier.in_flight(), self.flying.len());
    }

    fn land(&mut self, id: DeliveryId, outcome: Outcome, chance: u64) {
        let verdict = self.courier.judge(id, outcome, self.now, chance).unwrap();
        self.courier.settle(id, outcome, verdict, self.now);
        self.flying.remove(&id);
        match verdict {
            Verdict::Delivered | Verdict::GivenUp | Verdict::GivenUpAndOff => {
                if verdict == Verdict::GivenUp
                    && matches!(outcome, Outcome::Later(_) | Outcome::Away)
                {
                    assert_eq!(self.waiting[&id].attempts + 1, ATTEMPTS);
                }
                if verdict == Verdict::GivenUpAndOff {
                    self.enabled.insert(id.webhook, false);
                }
                self.waiting.remove(&id);
                assert!(self.ended.insert(id), "ended twice");
            }
            Verdict::PutOff { attempts, next_at } => {
                let known = self.waiting.get_mut(&id).unwrap();
                assert_eq!(attempts, known.attempts + 1);
                assert!(next_at > self.now);
                known.attempts = attempts;
            }
            Verdict::NotYet => {}
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Put { webhook, lane } => self.put(webhook, lane),
            Step::Land { which, how, chance } => {
                let Some(id) = nth(&self.flying, which) else {
                    return;
                };
                let outcome = match how {
                    0..100 => Outcome::Delivered,
                    100..160 => Outcome::Later(None),
                    160..220 => Outcome::Away,
                    220..235 => Outcome::Later(Some(Duration::from_secs(chance % 200_000))),
                    235..252 => Outcome::Refused,
                    _ => Outcome::Gone,
                };
                self.land(id, outcome, chance);
            }
            Step::Pass { seconds } => self.now.0 += seconds * 1000,
            Step::Drop { which } => {
                let idle: BTreeSet<_> = self.waiting.keys().copied().collect();
                let idle = &idle - &self.flying;
                if let Some(id) = nth(&idle, which) {
                    self.courier.forget(id);
                    self.waiting.remove(&id);
                    self.ended.insert(id);
                }
            }
            Step::Switch { webhook } => {
                let enabled = self.enabled.get_mut(&WebhookId(webhook)).unwrap();
                *enabled = !*enabled;
                self.courier.set_webhooks(&self.enabled);
            }
        }
    }

    /// From now on all receivers answer, and time passes as the courier asks for it.
    fn drain(&mut self) {
        for enabled in self.enabled.values_mut() {
            *enabled = true;
        }
        self.courier.set_webhooks(&self.enabled);
        let mut turns = 0;
        while !self.waiting.is_empty() {
            turns += 1;
            assert!(turns < 10_000, "{} wait for ever", self.waiting.len());
            self.start();
            if let Some(id) = nth(&self.flying, 0) {
                self.land(id, Outcome::Delivered, 0);
            } else {
                let next = self
                    .courier
                    .poll_timeout()
                    .expect("something waits, and for no time");
                assert!(
                    next > self.now,
                    "asked for a time that is past, and nothing started"
                );
                self.now = next;
            }
        }
        assert_eq!(self.courier.poll_timeout(), None);
        assert_eq!(self.ended.len() as u64, self.next - 1);
    }
}

fn nth(set: &BTreeSet<DeliveryId>, which: usize) -> Option<DeliveryId> {
    set.iter().nth(which.checked_rem(set.len())?).copied()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_order_holds_and_everything_ends(steps in prop::collection::vec(step(), 0..200)) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            world.start();
        }
        world.drain();
    }
}

#[test]
fn webhooks_take_turns() {
    let mut world = World::new();
    for number in 0..40 {
        world.put(0, number);
    }
    for webhook in [1, 2] {
        for lane in 0..4 {
            world.put(webhook, lane);
        }
    }
    let first: Vec<_> = (0..6)
        .map(|_| world.courier.poll(START).unwrap().webhook.0)
        .collect();
    assert_eq!(first, [0, 1, 2, 0, 1, 2]);
}

/// Fails like that for three days. Returns how many were given up.
fn three_days(outcome: Outcome) -> usize {
    let mut world = World::new();
    for lane in 0..5 {
        world.put(0, lane);
        world.put(0, lane);
    }
    // The first five attempts fail.
    for _ in 0..COURIER_BREAKER {
        world.start();
        let id = nth(&world.flying, 0).unwrap();
        world.land(id, outcome, 100);
    }
    while let Some(id) = nth(&world.flying, 0) {
        world.land(id, outcome, 100);
    }
    assert!(world.courier.is_failing());
    // Three days: one at a time, always the oldest, no more than five minutes apart.
    let end = START.0 + 3 * 86_400_000;
    let mut dead = 0;
    let mut questions = 0;
    while world.now.0 < end {
        world.start();
        assert!(world.flying.len() <= 1);
        if let Some(id) = nth(&world.flying, 0) {
            assert_eq!(Some(&id), world.waiting.keys().next(), "the oldest asks");
            questions += 1;
            world.land(id, outcome, 100);
            dead += usize::from(!world.waiting.contains_key(&id));
        }
        let next = world.courier.poll_timeout().unwrap();
        assert!(next.0 - world.now.0 <= u64::try_from(PROBE_WAIT_MAX.as_millis()).unwrap());
        world.now = next.max(world.now);
    }
    assert!(world.waiting.values().filter(|it| it.attempts > 1).count() <= 2);
    figure!("{outcome:?} for three days: {questions} questions, {dead} given up");
    // It is back: all lanes go at once.
    world.start();
    let id = nth(&world.flying, 0).unwrap();
    world.land(id, Outcome::Delivered, 0);
    world.start();
    assert_eq!(world.flying.len(), COURIER_LANES);
    world.drain();
    dead
}

#[test]
fn a_receiver_that_fails_is_asked_by_its_oldest_and_nothing_else_gets_older() {
    // Its own attempts are those of the schedule: 47 hours.
    assert_eq!(three_days(Outcome::Later(None)), 1);
}

#[test]
fn a_receiver_that_is_away_is_asked_by_its_oldest_and_nothing_gets_older() {
    assert_eq!(three_days(Outcome::Away), 0);
}

#[test]
fn a_clock_that_was_wrong_holds_nothing_up() {
    let mut world = World::new();
    let far = UnixMillis(START.0 + 400 * 86_400_000);
    world.courier.put(id(0, 1), "a", 3, far);
    assert_eq!(world.courier.poll(START), Some(id(0, 1)));
    // A day ahead is a time like any other.
    world
        .courier
        .put(id(0, 2), "b", 3, UnixMillis(START.0 + 86_400_000));
    assert_eq!(world.courier.poll(START), None);
}

#[test]
fn a_place_that_comes_late_goes_where_it_belongs() {
    let mut world = World::new();
    world.courier.put(id(0, 5), "a", 0, START);
    world.courier.put(id(0, 4), "a", 0, START);
    assert_eq!(world.courier.poll(START), Some(id(0, 4)));
    // It is being posted: putting it in again changes nothing.
    world.courier.put(id(0, 4), "a", 0, START);
    assert_eq!(world.courier.poll(START), None);
    world.courier.vanished(id(0, 4));
    assert_eq!(world.courier.poll(START), Some(id(0, 5)));
}
