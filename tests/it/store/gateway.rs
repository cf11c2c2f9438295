//! What the owner decided, who wrote, and what a message causes: policies, routes, webhooks, requests,
//! people, files.

use pairbox::account::AccountRecord;
use pairbox::limits::{MEDIA_KEPT, MEDIA_KEPT_MAX};
use pairbox::message::address::{Chat, Person};
use pairbox::message::content::{Content, Media, MediaKind, Remote};
use pairbox::message::inbound::Inbound;
use pairbox::message::policy::{DmPolicy, Policy};
use pairbox::message::route::{Route, Routes};
use pairbox::message::webhook::WebhookId;
use pairbox::store::{Store, StoreError};
use pairbox::time::UnixMillis;
use whatsapp_rust::traits::LidPnMappingEntry;

use super::disk::Disk;
use super::outbox::event;
use super::words::{
    ANNA, NOW, around, id, inbound, inbound_of, later, me, outbound, person, ring, ring_ids,
    take_in, take_texts, webhook,
};
use super::{ONE, TWO, block_on, fresh, open};

fn pairing() -> Policy {
    Policy {
        dm: DmPolicy::Pairing,
        ..Policy::default()
    }
}

fn route(name: &str, webhook: WebhookId) -> Route {
    Route {
        name: name.into(),
        webhook,
        matches: None,
    }
}

async fn two_accounts(store: &Store) {
    store.ensure_first_account("box").await.unwrap();
    let record = AccountRecord {
        label: "b".into(),
        ..AccountRecord::default()
    };
    store.save_record(TWO, record).await.unwrap();
}

#[test]
fn what_the_owner_decided_is_published_and_comes_back() {
    let disk = Disk::new();
    let store = open(&disk);
    let settings = store.settings();
    block_on(async {
        two_accounts(&store).await;
        store.put_policy(ONE, pairing()).await.unwrap();
        let first = store.add_webhook(webhook("first")).await.unwrap();
        let second = store.add_webhook(webhook("second")).await.unwrap();
        assert_eq!((first, second), (WebhookId(1), WebhookId(2)));
        let routes = Routes {
            routes: vec![route("sales", first), route("help", second)],
            default: Some("Help".into()),
            ..Routes::default()
        };
        store.put_routes(TWO, routes.clone()).await.unwrap();
        let mut changed = webhook("second");
        changed.enabled = false;
        changed.sessions = Some(vec![TWO]);
        changed.old_secret = Some((changed.secret.clone(), later(1)));
        assert!(store.put_webhook(second, changed.clone()).await.unwrap());
        assert!(!store.put_webhook(WebhookId(3), webhook("x")).await.unwrap());
        let said = settings.borrow().clone();
        assert_eq!(said.policies[&ONE], pairing());
        assert_eq!(said.routes[&TWO], routes);
        assert_eq!(said.webhooks[&second], changed);
        store.close().await;
        let store = open(&disk);
        assert_eq!(*store.settings().borrow().clone(), *said);
        // A webhook that goes takes the routes that led to it along.
        assert!(store.delete_webhook(second).await.unwrap());
        assert!(!store.delete_webhook(second).await.unwrap());
        let left = store.settings().borrow().routes[&TWO].clone();
        assert_eq!(left.routes, [route("sales", first)]);
        assert_eq!(left.default, None);
        // Its number is nobody's any more.
        let third = store.add_webhook(webhook("third")).await.unwrap();
        assert_eq!(third, WebhookId(3));
    });
}

#[test]
fn a_link_is_taken_from_whoever_had_it() {
    let (store, _) = fresh();
    block_on(async {
        two_accounts(&store).await;
        let id = store.add_webhook(webhook("w")).await.unwrap();
        let link = Routes {
            link: Some(id),
            ..Routes::default()
        };
        store.put_routes(ONE, link.clone()).await.unwrap();
        store.put_routes(TWO, link.clone()).await.unwrap();
        let links = || {
            let settings = store.settings().borrow().clone();
            [ONE, TWO].map(|account| settings.routes[&account].link)
        };
        assert_eq!(links(), [None, Some(id)]);
        store.put_routes(TWO, link).await.unwrap();
        assert_eq!(links(), [None, Some(id)]);
        store.delete_webhook(id).await.unwrap();
        assert_eq!(links(), [None, None]);
    });
}

/// A batch is judged by what was decided a moment before it in the same commit.
#[test]
fn a_policy_counts_from_the_moment_it_is_kept() {
    let disk = Disk::new();
    let store = open(&disk);
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        disk.close_gate();
        let mut blocker = Box::pin(store.save_record(ONE, AccountRecord::default()));
        assert!(whatsapp_rust::futures::poll!(&mut blocker).is_pending());
        disk.wait_for_sync();
        let policy = Policy {
            dm: DmPolicy::Disabled,
            ..Policy::default()
        };
        let mut put = Box::pin(store.put_policy(ONE, policy));
        assert!(whatsapp_rust::futures::poll!(&mut put).is_pending());
        let mut taken = Box::pin(take_in(&store, ONE, vec![inbound("1")]));
        assert!(whatsapp_rust::futures::poll!(&mut taken).is_pending());
        disk.open_gate();
        blocker.await.unwrap();
        put.await.unwrap();
        let taken = taken.await.unwrap();
        assert!(taken.decided[0].1.refused.is_some());
    });
}

#[test]
fn a_message_waits_for_its_webhooks_in_the_commit_that_keeps_it() {
    let (store, _) = fresh();
    block_on(async {
        two_accounts(&store).await;
        let all = store.add_webhook(webhook("all")).await.unwrap();
        let mut of_two = webhook("two");
        of_two.sessions = Some(vec![TWO]);
        store.add_webhook(of_two).await.unwrap();
        let before = store.counters().commits;
        let batch = vec![
            inbound("1"),
            inbound_of("2", "15550003333@s.whatsapp.net"),
            inbound("3"),
        ];
        let taken = take_in(&store, ONE, batch.clone()).await.unwrap();
        assert_eq!(store.counters().commits, before + 1);
        assert_eq!(taken.enqueued, store.places(all).unwrap());
        assert_eq!(taken.enqueued.len(), 3);
        assert_eq!(taken.enqueued[0].lane, taken.enqueued[2].lane);
        let delivery = store.delivery(taken.enqueued[1].id).unwrap().unwrap();
        assert_eq!(delivery.event, taken.decided[1].1.events[0].0.id);
        assert_eq!(
            delivery.body,
            format!("{{\"id\":\"evt_{}\"}}", delivery.event)
        );
        assert_eq!(ring(&store, ONE)[1].event, Some(delivery.event));
        // The same again: nothing.
        let again = take_in(&store, ONE, batch).await.unwrap();
        assert_eq!(again, pairbox::store::Taken::default());
        assert_eq!(store.counters().commits, before + 1);
    });
}

#[test]
fn what_was_refused_once_is_not_refused_again() {
    let (store, _) = fresh();
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        let policy = Policy {
            dm: DmPolicy::Disabled,
            ..Policy::default()
        };
        store.put_policy(ONE, policy).await.unwrap();
        assert_eq!(take_texts(&store, ONE, &["1"]).await, 1);
        assert!(ring_ids(&store, ONE).is_empty());
        store.put_policy(ONE, Policy::default()).await.unwrap();
        assert_eq!(take_texts(&store, ONE, &["1"]).await, 0);
        assert_eq!(take_texts(&store, ONE, &["2"]).await, 1);
        assert_eq!(ring_ids(&store, ONE), ["2"]);
        assert_eq!(store.message(ONE, &id("1")).unwrap(), None);
    });
}

const LID: &str = "98765432100@lid";

fn mapping() -> LidPnMappingEntry {
    LidPnMappingEntry {
        lid: "98765432100".into(),
        phone_number: "15550002222".into(),
        created_at: 1,
        updated_at: 2,
        learning_source: "usync".into(),
    }
}

#[test]
fn a_person_is_one_by_either_name_also_in_what_came_before() {
    let (store, b) = fresh();
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        let hidden = inbound_of("1", LID);
        take_in(&store, ONE, vec![hidden.clone()]).await.unwrap();
        let known = store.acquaintance(ONE, &person(LID)).unwrap().unwrap();
        assert_eq!(known.person, person(LID));
        b.put_lid_mapping(&mapping()).await.unwrap();
        // The service delivers again, by the other name.
        let again = take_in(&store, ONE, vec![inbound_of("1", ANNA)])
            .await
            .unwrap();
        assert!(again.decided.is_empty());
        let both = store.resolve(ONE, person(ANNA)).unwrap();
        assert_eq!(
            both,
            Person::new(both.phone().cloned(), both.lid().cloned()).unwrap()
        );
        assert!(both.is(&person(LID)) && both.is(&person(ANNA)));
        let taken = take_in(&store, ONE, vec![inbound_of("2", ANNA)])
            .await
            .unwrap();
        assert_eq!(taken.decided[0].0.sender, both);
        assert_eq!(taken.decided[0].0.chat, Chat::Person(both.clone()));
        for name in [LID, ANNA] {
            let known = store.acquaintance(ONE, &person(name)).unwrap().unwrap();
            assert_eq!(known.person, both);
        }
        // One row, and one that leads there.
        let rows = store.all_rows().unwrap();
        assert_eq!(
            rows.keys()
                .filter(|(table, _)| table == "acquaintances")
                .count(),
            2
        );
        // What the library knew goes with the identity; who wrote stays one person.
        store.wipe_auth(ONE).await.unwrap();
        assert_eq!(store.resolve(ONE, person(LID)).unwrap(), both);
        let known = store.acquaintance(ONE, &person(LID)).unwrap().unwrap();
        assert_eq!(known.person, both);
        assert_eq!(store.resolve(TWO, person(LID)).unwrap(), person(LID));
    });
}

#[test]
fn who_asks_waits_until_somebody_decides() {
    let (store, _) = fresh();
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        store.put_policy(ONE, pairing()).await.unwrap();
        let asks = |who: &str, chance: u8, now: UnixMillis| {
            let mut around = around(now);
            around.chances = vec![[chance; 16]];
            let name = format!("ask{chance}");
            store.take_in(ONE, me(), vec![inbound_of(&name, who)], around)
        };
        let taken = asks(LID, 1, NOW).await.unwrap();
        assert!(taken.queued, "they are told their code");
        let request = taken.decided[0].1.request.clone().unwrap();
        assert_eq!(
            store.requests(ONE, NOW).unwrap(),
            std::slice::from_ref(&request)
        );
        assert_eq!(store.send_queue(ONE).unwrap().len(), 1);
        // Deny somebody else, approve them; capital letters do not matter.
        let other = asks("15550003333@s.whatsapp.net", 2, NOW).await.unwrap();
        let other = other.decided[0].1.request.clone().unwrap();
        let denied = store.decide(ONE, &other.code, false, NOW).await.unwrap();
        assert_eq!(denied, Some(other.clone()));
        assert_eq!(
            store.decide(ONE, &other.code, true, NOW).await.unwrap(),
            None
        );
        assert_eq!(
            store.decide(TWO, &request.code, true, NOW).await.unwrap(),
            None
        );
        let code = request.code.to_ascii_lowercase();
        let approved = store.decide(ONE, &code, true, NOW).await.unwrap();
        assert_eq!(approved, Some(request));
        assert!(store.requests(ONE, NOW).unwrap().is_empty());
        assert_eq!(store.settings().borrow().policies[&ONE].allow_from, [LID]);
        let taken = take_in(&store, ONE, vec![inbound_of("hello", LID)])
            .await
            .unwrap();
        assert_eq!(taken.decided[0].1.refused, None);
        // One that ran out is told, and does nothing.
        let late = asks("15550004444@s.whatsapp.net", 3, NOW).await.unwrap();
        let late = late.decided[0].1.request.clone().unwrap();
        assert!(store.requests(ONE, late.expires_at).unwrap().is_empty());
        let decided = store.decide(ONE, &late.code, true, late.expires_at).await;
        assert_eq!(decided.unwrap(), Some(late));
        assert_eq!(store.settings().borrow().policies[&ONE].allow_from, [LID]);
    });
}

fn file(name: &str, at: UnixMillis) -> Inbound {
    Inbound {
        at,
        content: Content::Media(Media {
            kind: MediaKind::Image,
            mimetype: "image/jpeg".into(),
            size: 9,
            sha256: "00".into(),
            caption: Some("look".into()),
            filename: None,
            seconds: None,
            remote: Some(Remote {
                direct_path: "/v/1".into(),
                media_key: "a2V5".into(),
                enc_sha256: "c2hh".into(),
            }),
        }),
        ..inbound(name)
    }
}

#[test]
fn the_keys_of_a_file_are_kept_apart_and_for_a_time() {
    let (store, _) = fresh();
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        take_in(&store, ONE, vec![file("1", NOW)]).await.unwrap();
        let kept = ring(&store, ONE).remove(0);
        let Content::Media(shown) = &kept.content else {
            panic!("a file became {:?}", kept.content)
        };
        assert_eq!(shown.remote, None);
        let found = store.media(ONE, kept.event.unwrap()).unwrap().unwrap();
        assert_eq!(found.remote.unwrap().media_key, "a2V5");
        assert_eq!(store.media(TWO, kept.event.unwrap()).unwrap(), None);
        let month = u64::try_from(MEDIA_KEPT.as_millis()).unwrap() + 1;
        let next = around(later(month));
        let batch = vec![file("2", later(month))];
        store.take_in(ONE, me(), batch, next).await.unwrap();
        assert_eq!(store.media(ONE, kept.event.unwrap()).unwrap(), None);
        let newest = ring(&store, ONE)[0].event.unwrap();
        assert!(store.media(ONE, newest).unwrap().is_some());
        // And not more than so many.
        for part in 0..=MEDIA_KEPT_MAX / 500 {
            let at = later(month + part);
            let batch = (0..500).map(|number| file(&format!("f{part}.{number}"), at));
            store
                .take_in(ONE, me(), batch.collect(), around(at))
                .await
                .unwrap();
        }
        let rows = store.all_rows().unwrap();
        let rows = rows.keys().filter(|(table, _)| table == "media").count() as u64;
        assert_eq!(rows, MEDIA_KEPT_MAX + 1, "with the row that counts them");
    });
}

#[test]
#[allow(clippy::too_many_lines, reason = "one list of what is left")]
fn a_deleted_account_leaves_nothing_in_the_gateway() {
    let (store, _) = fresh();
    block_on(async {
        store.ensure_first_account("box").await.unwrap();
        let all = store.add_webhook(webhook("all")).await.unwrap();
        let mut own = webhook("own");
        own.sessions = Some(vec![TWO]);
        let own = store.add_webhook(own).await.unwrap();
        let mut shared = webhook("shared");
        shared.sessions = Some(vec![ONE, TWO]);
        let shared = store.add_webhook(shared).await.unwrap();
        take_texts(&store, ONE, &["mine"]).await;
        let lines = store.lines().borrow().clone();
        let before = store.all_rows().unwrap();
        let record = AccountRecord::default();
        store.save_record(TWO, record).await.unwrap();
        store.put_policy(TWO, pairing()).await.unwrap();
        let routes = Routes {
            link: Some(all),
            ..Routes::default()
        };
        store.put_routes(TWO, routes).await.unwrap();
        take_texts(&store, TWO, &["asks"]).await;
        store.put_policy(TWO, Policy::default()).await.unwrap();
        take_in(&store, TWO, vec![file("1", NOW), inbound("2")])
            .await
            .unwrap();
        let key = pairbox::store::Idempotency {
            key_hash: [1; 32],
            body_hash: [2; 32],
            answer: String::new(),
        };
        store
            .queue(TWO, vec![outbound("M")], Some(key), NOW)
            .await
            .unwrap();
        let mut theirs = event(7, "");
        theirs.account = Some(TWO);
        let told = store
            .tell(theirs, vec![shared], "{}".into(), NOW)
            .await
            .unwrap();
        store.give_up(told.0[0].id, "404".into()).await.unwrap();
        let filled = store.all_rows().unwrap();
        let tables: std::collections::BTreeSet<_> = filled
            .keys()
            .filter(|key| !before.contains_key(key))
            .map(|(table, _)| &**table)
            .collect();
        for table in [
            "ring",
            "media",
            "send_queue",
            "acquaintances",
            "requests",
            "idempotency",
        ] {
            assert!(tables.contains(table), "{table}");
        }
        store.delete_account(TWO).await.unwrap();
        let after = store.all_rows().unwrap();
        let same = |table: &str| !["meta", "outbox", "webhooks"].contains(&table);
        let of = |rows: &pairbox::store::probe::AllRows| {
            let rows = rows.clone().into_iter();
            rows.filter(|((table, _), _)| same(table))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&after), of(&before));
        assert_eq!(*store.lines().borrow().clone(), *lines);
        let settings = store.settings().borrow().clone();
        assert!(settings.policies.is_empty() && settings.routes.is_empty());
        assert!(settings.webhooks[&all].enabled);
        let off = &settings.webhooks[&own];
        assert_eq!((off.enabled, off.sessions.clone()), (false, Some(vec![])));
        assert_eq!(off.disabled_reason.as_deref(), Some("account_deleted"));
        let left = &settings.webhooks[&shared];
        assert_eq!(
            (left.enabled, left.sessions.clone()),
            (true, Some(vec![ONE]))
        );
        let late = store.put_policy(TWO, Policy::default()).await;
        assert!(matches!(late, Err(StoreError::Deleted)), "{late:?}");
        let late = store.queue(TWO, vec![outbound("L")], None, NOW).await;
        assert!(matches!(late, Err(StoreError::Deleted)), "{late:?}");
    });
}
