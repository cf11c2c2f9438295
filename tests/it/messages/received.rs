//! Every type of message somebody can write, field by field as a webhook hears it.

use pairbox_rig::lossless::OWNER;
use pairbox_sim::compose::{self, Target};
use serde_json::{Value, json};

use super::stand::{Stand, head, with};

/// The payload is exactly that.
fn check(
    stand: &Stand,
    message: pairbox_sim::wa::Message,
    event: &str,
    kind: &str,
    more: &Value,
) -> String {
    let id = stand.alice.send(OWNER, message);
    let post = stand.wait_message(&id);
    assert_eq!(post.event(), event);
    assert_eq!(post.envelope["session"], stand.session.as_str());
    assert_eq!(post.header("webhook-id"), post.envelope["id"].as_str());
    let payload = post.payload();
    let wanted = with(head(&stand.alice, &id, kind, payload), more);
    assert_eq!(*payload, wanted, "{kind}");
    let chat = payload["chat_id"].as_str().unwrap();
    let names = [stand.alice.jid().to_string(), stand.alice.lid().to_string()];
    assert!(names.iter().any(|name| name == chat), "{chat}");
    let at = payload["date_received"].as_str().unwrap();
    assert!(at.starts_with("20") && at.ends_with('Z'), "{at}");
    id
}

#[test]
fn words_places_cards_and_what_is_said_of_other_messages() {
    let stand = Stand::set();
    let alice = &stand.alice;
    let chat = stand.phone.jid();
    let text = |text: &str| json!({"text": text});
    let first = check(
        &stand,
        compose::text("hello"),
        "message",
        "text",
        &text("hello"),
    );
    let own = Target::own(alice.jid(), &first);
    let mentioned = compose::mention("@1 look", &[alice.jid()]);
    let post = stand.hear(alice, mentioned);
    let mentioned = post.payload()["mentioned"].as_array().unwrap();
    assert_eq!(mentioned.len(), 1, "{}", post.body);
    let quoted = Target::of(alice.jid(), &first, compose::text("hello"));
    let post = stand.hear(alice, compose::quote("as I said", &quoted));
    let payload = post.payload();
    assert_eq!(payload["text"], "as I said");
    assert_eq!(payload["quoted"]["whatsapp_message_id"], first.as_str());
    assert_eq!(payload["quoted"]["text"], "hello");
    assert_eq!(
        payload["quoted"]["participant"],
        format!("+{}", alice.number())
    );
    let place =
        json!({"latitude": 52.5, "longitude": 13.25, "name": "Here", "address": "Street 1"});
    let post = stand.hear(alice, compose::location(52.5, 13.25, "Here", "Street 1"));
    assert_eq!(post.payload()["message_type"], "location");
    assert_eq!(post.payload()["location"], place);
    let vcard = "BEGIN:VCARD\nVERSION:3.0\nFN:Bob\nEND:VCARD";
    let post = stand.hear(alice, compose::card("Bob", vcard));
    assert_eq!(post.payload()["message_type"], "contact");
    assert_eq!(
        post.payload()["contacts"],
        json!([{"name": "Bob", "vcard": vcard}])
    );
    check(
        &stand,
        compose::reaction(&chat, &own, "\u{1f44d}"),
        "message.reaction",
        "reaction",
        &json!({"reaction": {"emoji": "\u{1f44d}", "target": first}}),
    );
    let edit = compose::edit(&chat, &own, compose::text("hello again"));
    let more = json!({"text": "hello again", "edited": {"target": first}});
    check(&stand, edit, "message.edited", "edit", &more);
    let more = json!({"revoked": {"target": first}});
    check(
        &stand,
        compose::revoke(&chat, &own),
        "message.revoked",
        "revoke",
        &more,
    );
}
