//! Messages out of order, twice, unreadable, and those that came while the box was away.

use std::collections::BTreeMap;

use pairbox_rig::lossless::OWNER;
use pairbox_sim::{Event, Letter, Order, compose};

use super::stand::{PATIENCE, Stand};

#[test]
fn messages_that_overtook_each_other_are_all_told() {
    let stand = Stand::set();
    stand.wait_message(&stand.alice.send_text(OWNER, "begin"));
    stand.alice.hold();
    let texts: Vec<String> = (0..6).map(|nth| format!("number {nth}")).collect();
    let ids: Vec<String> = texts
        .iter()
        .map(|text| stand.alice.send_text(OWNER, text))
        .collect();
    stand.alice.release(Order::Backwards);
    for (id, text) in ids.iter().zip(&texts) {
        assert_eq!(stand.wait_message(id).payload()["text"], text.as_str());
    }
}

#[test]
fn a_message_that_comes_twice_is_told_once() {
    let stand = Stand::set();
    let id = stand.alice.send_text(OWNER, "once");
    let event = stand.wait_message(&id).envelope["id"].clone();
    let mut cursor = stand.stage.service.cursor();
    // The same bytes, and the same message encrypted anew.
    stand.alice.send_again(&id);
    let again = |seen: &Event| matches!(seen, Event::Receipt { id: of, .. } if *of == id);
    cursor.wait(PATIENCE, again).unwrap();
    stand.alice.send_as(&id, OWNER, compose::text("once"));
    cursor.wait(PATIENCE, again).unwrap();
    // What comes after it comes after it.
    let post = stand.hear(&stand.alice, compose::text("the end"));
    assert_ne!(post.envelope["id"], event);
    let rest = stand.receiver.take_all();
    assert!(rest.is_empty(), "{rest:?}");
}

#[test]
fn an_unreadable_message_is_asked_for_until_it_can_be_read() {
    let stand = Stand::set();
    stand.wait_message(&stand.alice.send_text(OWNER, "clear"));
    stand.alice.spoil(2);
    let id = stand.alice.send_text(OWNER, "blurred");
    assert_eq!(stand.wait_message(&id).payload()["text"], "blurred");
    let events = stand.stage.service.events();
    let asked = |event: &&Event| matches!(event, Event::RetryAsked { id: of, .. } if *of == id);
    assert_eq!(events.iter().filter(asked).count(), 2);
    // One that never heals is never told, and stops nothing.
    stand.alice.spoil(u32::MAX);
    let lost = stand.alice.send_text(OWNER, "never");
    let mut cursor = stand.stage.service.cursor();
    let given_up =
        |event: &Event| matches!(event, Event::RetryAsked { id: of, count: 5, .. } if *of == lost);
    let _ = cursor.wait(PATIENCE / 4, given_up);
    stand.alice.spoil(0);
    stand.hear(&stand.bob, compose::text("and I?"));
    let told =
        |post: &pairbox_rig::receiver::Post| post.payload()["whatsapp_message_id"] == lost.as_str();
    assert!(!stand.receiver.take_all().iter().any(told));
}

#[test]
fn hundreds_that_came_while_the_box_was_away_are_told_in_order() {
    const EACH: usize = 150;
    let mut stand = Stand::set();
    stand.wait_message(&stand.alice.send_text(OWNER, "begin"));
    stand.powered.take().unwrap().cut().unwrap();
    let people = [stand.alice.number(), stand.bob.number()];
    let letters = (0..2 * EACH).map(|nth| Letter {
        from: people[nth % 2].to_owned(),
        to: OWNER.to_owned(),
        message: compose::text(&format!("{nth}")),
    });
    let ids = stand.stage.service.post(letters);
    stand.power_on();
    let mut names = BTreeMap::new();
    let mut last = [None, None];
    while names.len() < ids.len() {
        let post = stand.receiver.wait_event(PATIENCE, "message").unwrap();
        // The first one may come once more: the plug was pulled just after it was posted.
        let Ok(nth) = post.payload()["text"].as_str().unwrap().parse::<usize>() else {
            continue;
        };
        assert_eq!(post.payload()["whatsapp_message_id"], ids[nth].as_str());
        let name = post.envelope["id"].clone();
        if names.insert(nth, name).is_none() {
            assert!(last[nth % 2] < Some(nth), "{nth} after {last:?}");
            last[nth % 2] = Some(nth);
        }
    }
    stand.wait_acknowledged(&ids);
    // Cut off again: what was acknowledged does not come from WhatsApp again, and what was on its way to
    // the receiver comes under the same name.
    let mut cursor = stand.stage.service.cursor();
    stand.power_cut();
    let end = stand.hear(&stand.alice, compose::text("the end"));
    for post in stand.receiver.take_all() {
        let nth: usize = post.payload()["text"].as_str().unwrap().parse().unwrap();
        assert_eq!(post.envelope["id"], names[&nth]);
    }
    let end = end.payload()["whatsapp_message_id"].as_str().unwrap();
    let ready = |event: &Event| matches!(event, Event::Ready { .. });
    cursor.wait(PATIENCE, ready).unwrap();
    let again = stand.stage.service.events();
    let again = again.iter().filter(
        |event| matches!(event, Event::Delivered { again: true, id, .. } if id != end && ids.contains(id)),
    );
    assert_eq!(again.count(), 0);
}
