//! What receivers do, and what becomes of the deliveries: every class of status, no answer, half an
//! answer, and the order of each chat through all of it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use pairbox::event::{Event, GatewayEvent};
use pairbox::gateway::post::Post;
use pairbox::message::retry::ATTEMPTS;
use pairbox::message::webhook::{DeliveryId, WebhookId};
use pairbox::metrics::Lines;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::receiver::{Answer, Heard, Raw, Receiver, taken};
use super::rig::{FAST, Rig, chat, impatient};

/// So fast that all attempts of a delivery are over in a second.
const VERY_FAST: u32 = 200_000;

#[test]
fn what_is_refused_is_given_up_at_once_and_the_chat_goes_on() {
    for status in [400, 401, 403, 404, 413, 422, 451] {
        let receiver = Receiver::new(move |heard| match heard.number() {
            1 => Answer::Status(status),
            _ => Answer::Status(204),
        });
        let rig = Rig::new();
        let hook = rig.webhook(&receiver.url(), &["*"]);
        rig.tell(&chat(1), 1);
        rig.tell(&chat(1), 2);
        receiver.wait_taken(1);
        rig.wait_line(hook, |line| line.pending == 0 && line.dead == 1);
        assert_eq!(receiver.heard().len(), 2, "{status}");
        let dead = rig.dead(hook);
        assert_eq!(
            dead[0].last_error.as_deref(),
            Some(&*format!("answered {status}"))
        );
        assert_eq!(dead[0].attempts, 1);
    }
}

#[test]
fn what_may_come_right_is_tried_again_before_the_rest_of_its_chat() {
    for status in [302, 307, 408, 425, 429, 500, 502, 503, 504, 599] {
        let failures = Mutex::new(2);
        let receiver = Receiver::new(move |_| {
            let mut left = failures.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return Answer::Header(status, "Location", "http://127.0.0.1:1/elsewhere");
            }
            Answer::Status(200)
        });
        let rig = Rig::new();
        let hook = rig.webhook(&receiver.url(), &["message"]);
        rig.tell(&chat(1), 1);
        rig.tell(&chat(1), 2);
        receiver.wait_taken(2);
        let numbers: Vec<_> = receiver.heard().iter().map(Heard::number).collect();
        assert_eq!(numbers, [1, 1, 1, 2], "{status}");
        rig.wait_line(hook, |line| line.pending == 0 && line.dead == 0);
    }
}

#[test]
fn after_eleven_attempts_it_is_given_up_and_a_person_can_have_it_posted_again() {
    let receiver = Receiver::new(|_| Answer::Status(500));
    let rig = Rig::with(VERY_FAST, Post::default());
    let hook = rig.webhook(&receiver.url(), &["message"]);
    rig.tell(&chat(1), 1);
    rig.wait_line(hook, |line| line.dead == 1);
    let dead = rig.dead(hook).remove(0);
    assert_eq!(dead.attempts, ATTEMPTS);
    assert_eq!(dead.last_error.as_deref(), Some("answered 500"));
    // Questions whether it is back come beside them.
    assert!(receiver.heard().len() >= 11);
    receiver.now(|_| Answer::Status(200));
    rig.runtime.block_on(rig.gateway.replay(dead.id)).unwrap();
    let heard = receiver.wait_taken(1);
    assert!(heard.iter().all(|it| it.id() == heard[0].id()));
    rig.wait_line(hook, |line| line.pending == 0 && line.dead == 0);
    let nothing = DeliveryId {
        webhook: hook,
        place: 99,
    };
    assert!(rig.runtime.block_on(rig.gateway.replay(nothing)).is_err());
}

#[test]
fn a_receiver_that_is_gone_is_switched_off_and_others_are_told() {
    let gone = Receiver::new(|_| Answer::Status(410));
    let other = Receiver::willing();
    let mut rig = Rig::new();
    let off = rig.webhook(&gone.url(), &["message"]);
    rig.webhook(&other.url(), &["webhook.disabled"]);
    rig.tell(&chat(1), 1);
    let told = other.wait_for(1).remove(0);
    assert_eq!(told.envelope["event"], "webhook.disabled");
    assert_eq!(told.envelope["payload"]["webhook"], off.to_string());
    assert_eq!(told.envelope["payload"]["reason"], "gone");
    let hook = rig.store.settings().borrow().webhooks[&off].clone();
    assert!(!hook.enabled);
    assert_eq!(hook.disabled_reason.as_deref(), Some("gone"));
    rig.hears(|event| matches!(event, Event::Gateway(GatewayEvent::Outbox(health)) if health.disabled == 1));
    // A person says that it is there again: what was given up can be had.
    gone.now(|_| Answer::Status(200));
    rig.change(off, |hook| {
        hook.enabled = true;
        hook.disabled_reason = None;
    });
    let dead = rig.dead(off).remove(0);
    rig.runtime.block_on(rig.gateway.replay(dead.id)).unwrap();
    gone.wait_taken(1);
}

#[test]
fn what_waits_for_one_that_is_off_goes_on_waiting() {
    let receiver = Receiver::willing();
    let rig = Rig::new();
    let hook = rig.webhook(&receiver.url(), &["message"]);
    rig.change(hook, |hook| hook.enabled = false);
    for number in 0..5 {
        rig.tell(&chat(number % 2), number);
    }
    rig.wait_line(hook, |line| line.pending == 5);
    assert!(receiver.heard().is_empty());
    rig.change(hook, |hook| hook.enabled = true);
    receiver.wait_taken(5);
}

#[test]
fn a_receiver_says_when_to_come_back() {
    let mut first = true;
    let receiver = Receiver::new(move |_| {
        if std::mem::take(&mut first) {
            return Answer::Header(429, "Retry-After", "86400");
        }
        Answer::Status(200)
    });
    // A day is 864 ms; the schedule alone would say 0.05.
    let rig = Rig::with(100_000, Post::default());
    let hook = rig.webhook(&receiver.url(), &["message"]);
    rig.tell(&chat(1), 1);
    receiver.wait_for(1);
    let waiting = rig.wait_pending(hook, |it| it.attempts == 1);
    let wait = waiting.next_at.0 - waiting.queued_at.0;
    assert!((860..60_000).contains(&wait), "{wait} ms");
    // Another chat is not posted either: the receiver asked for it, not the chat.
    rig.tell(&chat(2), 2);
    receiver.wait_taken(2);
    let next = waiting.next_at;
    assert!(Rig::gateway_now() >= next);
}

#[test]
fn late_cut_huge_and_broken_answers() {
    // No answer in time.
    let hangs = Receiver::new(|_| Answer::Hang);
    let rig = Rig::with(FAST, impatient());
    let hook = rig.webhook(&hangs.url(), &["message"]);
    rig.tell(&chat(1), 1);
    let waiting = rig.wait_pending(hook, |it| it.attempts > 0);
    let why = waiting.last_error.unwrap();
    assert!(why.starts_with("no answer in time"), "{why}");
    hangs.now(|_| Answer::Status(200));
    hangs.wait_taken(1);

    // No connection.
    let rig = Rig::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let hook = rig.webhook(&format!("http://{nobody}/"), &["message"]);
    rig.tell(&chat(1), 1);
    let why = rig
        .wait_pending(hook, |it| it.attempts > 0)
        .last_error
        .unwrap();
    assert!(why.starts_with("connection: "), "{why}");

    // A reset, and something that is no HTTP.
    for bytes in [Vec::new(), b"220 mail.example.org ESMTP\r\n".to_vec()] {
        let raw = Raw::new(bytes);
        let rig = Rig::new();
        let hook = rig.webhook(&raw.url(), &["message"]);
        rig.tell(&chat(1), 1);
        let waiting = rig.wait_pending(hook, |it| it.attempts > 0);
        assert!(!waiting.last_error.unwrap().is_empty());
    }

    // Taken is taken, however much is said after it, and even if that is cut.
    let mut huge = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n".to_vec();
    huge.extend(vec![b'x'; 300 * 1024]);
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"reply\":".to_vec();
    for bytes in [huge, cut] {
        let raw = Raw::new(bytes);
        let rig = Rig::new();
        let hook = rig.webhook(&raw.url(), &["message"]);
        rig.tell(&chat(1), 1);
        rig.wait_line(hook, |line| line.pending == 0 && line.dead == 0);
        assert_eq!(*raw.count.lock().unwrap(), 1);
    }
}

#[test]
fn order_holds_in_each_chat_while_a_third_of_the_answers_fails() {
    let mut chance = StdRng::seed_from_u64(5);
    let receiver = Receiver::new(move |_| match chance.random_range(0..9) {
        0 => Answer::Status(500),
        1 => Answer::Status(503),
        2 => Answer::Header(429, "Retry-After", "1"),
        _ => Answer::Status(200),
    });
    let rig = Rig::new();
    let hook = rig.webhook(&receiver.url(), &["message"]);
    let mut told = BTreeMap::<String, Vec<u64>>::new();
    for number in 0..400 {
        let chat = chat(number % 7);
        rig.tell(&chat, number);
        told.entry(chat).or_default().push(number);
    }
    let heard = receiver.wait_taken(400);
    let mut arrived = BTreeMap::<String, Vec<u64>>::new();
    for one in taken(&heard) {
        arrived
            .entry(one.chat().to_owned())
            .or_default()
            .push(one.number());
    }
    assert_eq!(arrived, told);
    assert!(!receiver.crossed(), "two of one chat at once");
    rig.wait_line(hook, |line| line.pending == 0 && line.dead == 0);
    figure!("400 deliveries, a third fails: {} requests", heard.len());
}

#[test]
fn a_restart_in_the_middle_loses_nothing() {
    let mut chance = StdRng::seed_from_u64(6);
    let receiver =
        Receiver::new(move |_| Answer::Status(if chance.random_bool(0.3) { 500 } else { 200 }));
    let mut rig = Rig::new();
    let hook = rig.webhook(&receiver.url(), &["message"]);
    let mut told = BTreeMap::<String, Vec<u64>>::new();
    for number in 0..120 {
        let chat = chat(number % 5);
        rig.tell(&chat, number);
        told.entry(chat).or_default().push(number);
        if number % 20 == 19 {
            receiver.wait_taken(usize::try_from(number).unwrap() / 2);
            rig = rig.restarted();
        }
    }
    let heard = receiver.wait_taken(120);
    let mut arrived = BTreeMap::<String, Vec<u64>>::new();
    for one in taken(&heard) {
        arrived
            .entry(one.chat().to_owned())
            .or_default()
            .push(one.number());
    }
    assert_eq!(arrived, told);
    rig.wait_line(hook, |line| line.pending == 0);
    let twice = heard.iter().filter(|it| it.taken).count() - 120;
    figure!("120 deliveries, 6 restarts: {twice} taken twice");
    rig.ended();
}

#[test]
fn a_receiver_that_was_away_gets_everything_when_it_is_back() {
    let receiver = Receiver::new(|_| Answer::Status(503));
    let mut rig = Rig::new();
    let hook = rig.webhook(&receiver.url(), &["message"]);
    for number in 0..60 {
        rig.tell(&chat(number % 10), number);
    }
    rig.hears(
        |event| matches!(event, Event::Gateway(GatewayEvent::Outbox(health)) if health.failing),
    );
    let asked = receiver.heard().len();
    receiver.now(|_| Answer::Status(200));
    receiver.wait_taken(60);
    rig.wait_line(hook, |line| line.pending == 0 && line.dead == 0);
    rig.hears(|event| {
        matches!(event, Event::Gateway(GatewayEvent::Outbox(health)) if !health.failing && health.pending == 0)
    });
    figure!("away with 60 waiting: {asked} requests until it was told");
}

#[test]
fn one_that_hangs_holds_up_nobody_else() {
    let hangs = Receiver::new(|_| Answer::Hang);
    let good = Receiver::willing();
    let rig = Rig::with(FAST, Post::default());
    rig.webhook(&hangs.url(), &["message"]);
    rig.webhook(&good.url(), &["message"]);
    for number in 0..40 {
        rig.tell(&chat(number), number);
    }
    // Far within the fifteen seconds the other one is waited for.
    good.wait_taken(40);
    assert!(
        hangs.heard().len() <= 4,
        "four lanes of one webhook at most"
    );
    let lines = rig.store.lines().borrow().clone();
    assert!(Lines::of(lines.values()).pending >= 36);
}

#[test]
fn a_webhook_that_is_deleted_takes_its_line_with_it() {
    let receiver = Receiver::new(|_| Answer::Status(500));
    let other = Receiver::willing();
    let rig = Rig::new();
    let hook = rig.webhook(&receiver.url(), &["message"]);
    rig.webhook(&other.url(), &["message"]);
    rig.tell(&chat(1), 1);
    receiver.wait_for(2);
    assert!(
        rig.runtime
            .block_on(rig.store.delete_webhook(hook))
            .unwrap()
    );
    rig.tell(&chat(1), 2);
    other.wait_taken(2);
    assert!(!rig.store.lines().borrow().contains_key(&WebhookId(hook.0)));
}
