//! A person is one person by number and by hidden number.

use pairbox_rig::lossless::OWNER;
use pairbox_sim::{Appears, compose};
use serde_json::json;

use super::stand::{PATIENCE, Stand};

#[test]
fn whoever_appears_under_another_address_is_still_the_same() {
    let stand = Stand::set();
    let alice = &stand.alice;
    let mut chats = Vec::new();
    for appears in [
        Appears::NumberWithHidden,
        Appears::Hidden,
        Appears::HiddenWithNumber,
        Appears::Number,
        Appears::Hidden,
    ] {
        alice.appears(appears);
        let post = stand.hear(alice, compose::text("it is me"));
        let payload = post.payload();
        assert_eq!(
            payload["from_number"],
            format!("+{}", alice.number()),
            "{appears:?}"
        );
        assert_eq!(
            payload["sender_lid"],
            alice.lid().to_string(),
            "{appears:?}"
        );
        chats.push(payload["chat_id"].clone());
    }
    chats.dedup();
    assert_eq!(chats.len(), 1, "one chat: {chats:?}");
}

#[test]
fn a_number_on_the_list_lets_in_who_comes_by_hidden_number() {
    let number = |at: usize| pairbox_rig::lossless::number(at);
    let policy = json!({"dm": "allowlist", "allow_from": [format!("+{}", number(0))]});
    let stand = Stand::set_with(&policy);
    stand.alice.appears(Appears::HiddenWithNumber);
    let post = stand.hear(&stand.alice, compose::text("let me in"));
    assert_eq!(post.event(), "message");
    stand.bob.appears(Appears::HiddenWithNumber);
    let id = stand.bob.send_text(OWNER, "me too");
    let denied = stand
        .receiver
        .wait_event(PATIENCE, "policy.denied")
        .unwrap();
    assert_eq!(denied.payload()["reason"], "not_allowed");
    assert_eq!(denied.payload()["whatsapp_message_id"], id.as_str());
    assert!(!denied.body.contains("me too"), "what it said is not told");
}
