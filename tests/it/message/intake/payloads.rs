//! What is told of a message, field by field.

use pairbox::message::content::{Card, Content, Location, Media, MediaKind, Quoted, Remote};
use pairbox::message::policy::{DmPolicy, Policy};
use serde_json::{Value, json};

use super::desk::{Desk, alice, bob, by_lid, direct, in_group, me, session, text};

fn told(desk: &Desk, inbound: &pairbox::message::inbound::Inbound) -> Value {
    desk.hand_in(inbound).events[0].0.payload.0.clone()
}

fn direct_payload(kind: &str) -> Value {
    json!({
        "from_number": "+15550002222",
        "to_number": "+15550001111",
        "text": null,
        "message_type": kind,
        "direction": "inbound",
        "whatsapp_message_id": "3A0000000000000001",
        "is_group": false,
        "display_name": "Somebody",
        "date_received": "2026-01-01T00:00:00.000Z",
        "sender_lid": "900000000000002@lid",
        "chat_id": "15550002222@s.whatsapp.net",
        "mentioned": [],
        "route": null,
    })
}

fn with(mut payload: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!() };
    payload.as_object_mut().unwrap().extend(more);
    payload
}

#[test]
fn a_text() {
    let desk = Desk::new();
    let expected = with(direct_payload("text"), json!({"text": "hello"}));
    assert_eq!(told(&desk, &direct(&alice(), text("hello"))), expected);
    // Somebody whose number is not known has none.
    let hidden = told(&desk, &direct(&by_lid(&alice()), text("hello")));
    assert_eq!(hidden["from_number"], Value::Null);
    assert_eq!(hidden["chat_id"], "900000000000002@lid");
}

#[test]
fn in_a_group() {
    let mut inbound = in_group(&alice(), text("@15550001111 hello"));
    inbound.mentioned = vec![me(), by_lid(&bob())];
    inbound.quoted = Some(Quoted {
        id: "3A77".parse().unwrap(),
        sender: bob(),
        text: Some("before".into()),
    });
    let expected = with(
        direct_payload("text"),
        json!({
            "text": "@15550001111 hello",
            "is_group": true,
            "chat_id": "120363000000000001@g.us",
            "group_jid": "120363000000000001@g.us",
            "group_name": "Helpers",
            "participant": "+15550002222",
            "participant_jid": "15550002222@s.whatsapp.net",
            "mentioned": ["15550001111@s.whatsapp.net", "900000000000003@lid"],
            "quoted": {
                "whatsapp_message_id": "3A77",
                "participant": "+15550003333",
                "participant_jid": "15550003333@s.whatsapp.net",
                "text": "before",
            },
        }),
    );
    assert_eq!(told(&Desk::new(), &inbound), expected);
}

#[test]
fn a_file() {
    let media = Media {
        kind: MediaKind::Document,
        mimetype: "application/pdf".into(),
        size: 1234,
        sha256: "ab".repeat(32),
        caption: Some("the invoice".into()),
        filename: Some("invoice.pdf".into()),
        seconds: None,
        remote: Some(Remote {
            direct_path: "/v/secret-path".into(),
            media_key: "secret-key".into(),
            enc_sha256: "secret-hash".into(),
        }),
    };
    let mut desk = Desk::new();
    let inbound = direct(&alice(), Content::Media(media));
    let event = desk.hand_in(&inbound).events[0].0.clone();
    let payload = event.payload.0;
    let path = |page: &str| {
        let session = session();
        format!("{page}/api/v1/sessions/{session}/media/evt_{}", event.id)
    };
    let expected = with(
        direct_payload("document"),
        json!({
            "text": "the invoice",
            "media": {
                "url": path("http://192.168.1.20:8080"),
                "mimetype": "application/pdf",
                "size": 1234,
                "sha256": "ab".repeat(32),
                "filename": "invoice.pdf",
            },
        }),
    );
    assert_eq!(payload, expected);
    assert!(!payload.to_string().contains("secret"));
    // While the box does not know where it is, the path is all there is to say.
    desk.page = None;
    let url = told(&desk, &inbound)["media"]["url"].clone();
    assert!(
        url.as_str().unwrap().starts_with("/api/v1/sessions/ses_"),
        "{url}"
    );
}

#[test]
fn the_other_kinds() {
    let target = || "3A77".parse().unwrap();
    let place = Location {
        latitude: 52.5,
        longitude: 13.25,
        name: Some("Café".into()),
        address: None,
    };
    let card = Card {
        name: "Mia".into(),
        vcard: "BEGIN:VCARD".into(),
    };
    for (content, kind, more) in [
        (
            Content::Location(place),
            "location",
            json!({"location": {"latitude": 52.5, "longitude": 13.25, "name": "Café"}}),
        ),
        (
            Content::Contact { cards: vec![card] },
            "contact",
            json!({"contacts": [{"name": "Mia", "vcard": "BEGIN:VCARD"}]}),
        ),
        (
            Content::Reaction {
                target: target(),
                emoji: "👍".into(),
            },
            "reaction",
            json!({"reaction": {"emoji": "👍", "target": "3A77"}}),
        ),
        (
            Content::Edit {
                target: target(),
                text: "better".into(),
            },
            "edit",
            json!({"text": "better", "edited": {"target": "3A77"}}),
        ),
        (
            Content::Revoke { target: target() },
            "revoke",
            json!({"revoked": {"target": "3A77"}}),
        ),
        (
            Content::Other {
                what: "poll_creation".into(),
            },
            "other",
            json!({"other": {"type": "poll_creation"}}),
        ),
    ] {
        let payload = told(&Desk::new(), &direct(&alice(), content));
        assert_eq!(payload, with(direct_payload(kind), more));
    }
}

#[test]
fn a_refusal_says_who_and_why_and_not_what() {
    let policy = Policy {
        dm: DmPolicy::Allowlist,
        ..Policy::default()
    };
    let decision = Desk::new()
        .policy(policy)
        .hand_in(&direct(&alice(), text("my secret")));
    let mut expected = with(direct_payload("text"), json!({"reason": "not_allowed"}));
    for not_told in ["text", "mentioned", "route"] {
        expected.as_object_mut().unwrap().remove(not_told);
    }
    assert_eq!(decision.events[0].0.payload.0, expected);
    assert!(!format!("{decision:?}").contains("secret"));
    assert!(!format!("{decision:?}").contains("15550002222"));
}
