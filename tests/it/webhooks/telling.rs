//! What webhooks are told that is no message: who subscribes hears it, in the streams' own words.

use pairbox::account::AccountId;
use pairbox::event::{Button, Edge, Event, GatewayEvent};
use pairbox::journal::Kind;
use pairbox::message::policy::Request;
use pairbox::snapshot::{AccountView, Snapshot, Status};
use pairbox::time::{Mono, Now, UnixMillis};

use super::receiver::{Answer, Receiver};
use super::rig::{Rig, chat};

fn now() -> Now {
    Now {
        mono: Mono::START,
        wall: Some(Rig::gateway_now()),
    }
}

/// The first account gets another status.
fn becomes(rig: &Rig, status: Status) {
    let mut account = AccountView::blank(AccountId::FIRST, "x");
    let before = Snapshot {
        accounts: vec![account.clone()],
        ..Snapshot::blank()
    };
    account.status = status;
    let after = Snapshot {
        accounts: vec![account],
        ..Snapshot::blank()
    };
    rig.journal.note(now(), &before, &after);
}

#[test]
fn state_and_buttons_are_told_to_those_who_subscribe() {
    let (all, some, messages) = (
        Receiver::willing(),
        Receiver::willing(),
        Receiver::willing(),
    );
    let rig = Rig::new();
    rig.webhook(&all.url(), &["*"]);
    rig.webhook(&some.url(), &["session.*"]);
    rig.webhook(&messages.url(), &["message"]);
    becomes(&rig, Status::Working);
    rig.journal.edge(
        now(),
        Edge {
            button: Button::Connect,
            pressed: true,
            at: Mono::START,
        },
    );
    let heard = all.wait_taken(2);
    let kinds: Vec<_> = heard
        .iter()
        .map(|it| it.envelope["event"].clone())
        .collect();
    assert!(kinds.contains(&"session.status".into()) && kinds.contains(&"device.button".into()));
    let told = some.wait_taken(1).remove(0);
    assert_eq!(told.envelope["payload"]["status"], "working");
    // The streams' own words, and their name of it.
    let recent = rig.journal.recent(AccountId::FIRST, 1).remove(0);
    assert_eq!(told.id(), recent.name());
    rig.tell(&chat(1), 1);
    assert_eq!(messages.wait_taken(1).len(), 1);
    assert_eq!(some.heard().len(), 1);
}

#[test]
fn a_test_is_posted_to_whoever_is_named() {
    let receiver = Receiver::willing();
    let rig = Rig::new();
    let hook = rig.webhook(&receiver.url(), &["group.update"]);
    let name = rig
        .runtime
        .block_on(rig.gateway.test_webhook(hook))
        .unwrap();
    let heard = receiver.wait_taken(1).remove(0);
    assert_eq!(heard.envelope["event"], "test");
    assert_eq!(heard.id(), format!("evt_{name}"));
    let nobody = pairbox::message::webhook::WebhookId(77);
    assert!(
        rig.runtime
            .block_on(rig.gateway.test_webhook(nobody))
            .is_err()
    );
    // It is no kind that anybody could ask for.
    assert!("test".parse::<Kind>().is_err());
}

#[test]
fn a_group_that_changes_is_told() {
    let receiver = Receiver::willing();
    let rig = Rig::new();
    rig.webhook(&receiver.url(), &["group.update"]);
    let group = "120363041234567890@g.us".parse().unwrap();
    rig.runtime.block_on(rig.gateway.group_changed(
        AccountId::FIRST,
        group,
        Some("Family".into()),
        "subject",
    ));
    let heard = receiver.wait_taken(1).remove(0);
    assert_eq!(heard.envelope["payload"]["group_name"], "Family");
    assert_eq!(heard.envelope["payload"]["change"], "subject");
    assert_eq!(heard.envelope["me"]["push_name"], "Me");
}

#[test]
fn streams_and_webhooks_hear_the_same_words() {
    use pairbox::message::envelope::envelope;
    let receiver = Receiver::new(|_| Answer::Status(200));
    let rig = Rig::new();
    rig.webhook(&receiver.url(), &["message"]);
    let (told, stream) = std::sync::mpsc::channel();
    let listener = Box::new(move |happening: &std::sync::Arc<_>| {
        told.send(std::sync::Arc::clone(happening)).is_ok()
    });
    let (_, _subscription) = rig.journal.listen(None, listener);
    rig.tell(&chat(3), 3);
    let happening = stream.recv_timeout(super::receiver::DEADLINE).unwrap();
    let in_stream = envelope(&happening, super::rig::ids(&rig.store), Mono::START).unwrap();
    let posted = receiver.wait_taken(1).remove(0);
    assert_eq!(posted.envelope, in_stream);
    assert_eq!(posted.envelope["me"]["id"], "15550001234@s.whatsapp.net");
    assert_eq!(posted.envelope["timestamp"], 1_800_000_000_003_u64);
}

#[test]
fn nobody_waits_under_a_code_that_is_not_there() {
    let mut rig = Rig::new();
    let decided: Result<Request, _> =
        rig.runtime
            .block_on(rig.gateway.decide(AccountId::FIRST, "ABCDEFGH", true));
    assert!(decided.is_err());
    // At the start the machine is told who waits: nobody.
    let told = rig.hears(|event| matches!(event, Event::Gateway(GatewayEvent::Requests { .. })));
    let Event::Gateway(GatewayEvent::Requests { waiting, .. }) = told else {
        unreachable!()
    };
    assert!(waiting.is_empty());
    let _ = UnixMillis(0);
}
