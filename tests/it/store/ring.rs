//! The ring of messages: what is kept, in what order, how long, and that nothing is kept twice.

use pairbox::limits::{MESSAGE_RING, RING_SLACK};
use pairbox::message::address::Chat;
use pairbox::message::content::Content;
use pairbox::store::{Direction, MessageFilter};

use super::disk::Disk;
use super::words::{
    NOW, around, id, inbound, inbound_of, me, outbound, person, ring, ring_ids, take_in, take_texts,
};
use super::{ONE, TWO, block_on, fresh, open};

#[test]
fn messages_come_back_newest_first() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        assert_eq!(take_texts(&store, ONE, &["1", "2"]).await, 2);
        assert_eq!(take_texts(&store, ONE, &["3"]).await, 1);
        store.close().await;
    });
    let store = open(&disk);
    assert_eq!(ring_ids(&store, ONE), ["3", "2", "1"]);
    let all = ring(&store, ONE);
    assert_eq!(all[0].content.text(), Some("the text of 3"));
    assert_eq!(all[0].sender, Some(inbound("3").sender));
    let newest = |limit| store.messages(ONE, MessageFilter::newest(limit)).unwrap();
    assert_eq!(newest(2), all[..2]);
    assert!(newest(0).is_empty());
    assert!(ring(&store, TWO).is_empty());
    assert_eq!(
        store.message(ONE, &id("2")).unwrap().as_ref(),
        Some(&all[1])
    );
    assert_eq!(store.message(ONE, &id("22")).unwrap(), None);
}

#[test]
fn a_message_is_taken_once_for_chat_sender_id_and_kind() {
    let (store, _) = fresh();
    block_on(async {
        let mut changed = inbound("1");
        changed.content = Content::Text {
            text: "the same message, read again".into(),
        };
        let twice = vec![inbound("1"), changed.clone()];
        assert_eq!(take_in(&store, ONE, twice).await.unwrap().decided.len(), 1);
        let before = store.counters();
        let again = take_in(&store, ONE, vec![changed]).await.unwrap();
        assert!(again.decided.is_empty());
        assert_eq!(store.counters().bytes_written, before.bytes_written);
        let mut group = inbound("1");
        group.chat = "120363000000000001@g.us".parse().unwrap();
        let mut other_sender = group.clone();
        other_sender.sender = person("15550003333@s.whatsapp.net");
        let mut ours = inbound("1");
        (ours.from_me, ours.sender) = (true, me());
        let mut other_kind = inbound("1");
        other_kind.content = Content::Revoke { target: id("0") };
        let different = vec![group, other_sender, ours, other_kind];
        let taken = take_in(&store, ONE, different).await.unwrap();
        assert_eq!(taken.decided.len(), 4);
        assert_eq!(take_texts(&store, TWO, &["1"]).await, 1);
        assert_eq!(ring(&store, ONE).len(), 5);
    });
}

#[test]
fn the_ring_keeps_the_last_messages_of_each_account() {
    let (store, _) = fresh();
    let ends = |account| {
        let ids = ring_ids(&store, account);
        (ids.len(), ids[0].clone(), ids[ids.len() - 1].clone())
    };
    block_on(async {
        take_texts(&store, TWO, &["other"]).await;
        for number in 0..MESSAGE_RING + 5 {
            take_texts(&store, ONE, &[&number.to_string()]).await;
        }
        let newest = (MESSAGE_RING + 4).to_string();
        assert_eq!(ends(ONE), (MESSAGE_RING, newest, "5".into()));
        // One batch longer than the ring, and what it pushed out is forgotten.
        let batch = (0..MESSAGE_RING + 50).map(|number| inbound(&format!("batch{number}")));
        take_in(&store, ONE, batch.collect()).await.unwrap();
        let newest = format!("batch{}", MESSAGE_RING + 49);
        assert_eq!(ends(ONE), (MESSAGE_RING, newest, "batch50".into()));
        assert_eq!(take_texts(&store, ONE, &["7"]).await, 1);
        let rows = store.all_rows().unwrap();
        let rows = rows.keys().filter(|(table, _)| table == "ring").count();
        assert!((MESSAGE_RING..=MESSAGE_RING + RING_SLACK + 1).contains(&rows));
    });
}

#[test]
fn the_ring_is_looked_through_by_chat_direction_and_place() {
    let (store, _) = fresh();
    let bert = "15550003333@s.whatsapp.net";
    block_on(async {
        for number in 0..4 {
            take_texts(&store, ONE, &[&format!("a{number}")]).await;
            let other = inbound_of(&format!("b{number}"), bert);
            take_in(&store, ONE, vec![other]).await.unwrap();
        }
        let mine = vec![outbound("mine")];
        store.queue(ONE, mine, None, NOW).await.unwrap();
    });
    let found = |filter: MessageFilter| -> Vec<_> {
        let found = store.messages(ONE, filter).unwrap().into_iter();
        found
            .map(|message| (message.id.as_str().to_owned(), message.place))
            .collect()
    };
    let ids = |found: Vec<(String, u64)>| found.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let all = MessageFilter::newest(100);
    let of_bert = MessageFilter {
        chat: Some(Chat::Person(person(bert))),
        ..all.clone()
    };
    assert_eq!(ids(found(of_bert.clone())), ["b3", "b2", "b1", "b0"]);
    let out = MessageFilter {
        direction: Some(Direction::Outbound),
        ..all.clone()
    };
    assert_eq!(ids(found(out)), ["mine"]);
    let first = found(MessageFilter {
        limit: 2,
        ..of_bert.clone()
    });
    let next = found(MessageFilter {
        cursor: Some(first[1].1),
        ..of_bert
    });
    assert_eq!(ids(next), ["b1", "b0"]);
}

#[test]
fn printing_a_message_shows_neither_text_nor_people() {
    let (store, _) = fresh();
    block_on(take_texts(&store, ONE, &["3EB0"]));
    let printed = format!("{:?} {:?}", ring(&store, ONE), around(NOW));
    assert!(printed.contains("3EB0"));
    for secret in ["text of", "15550002222", "2222", "Anna"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
