//! Tokens as an administrator makes, lists and takes them back; and where their text must not be.

use pairbox::account::AccountId;
use pairbox::limits::TOKENS_MAX;
use pairbox::store::StoredToken;
use pairbox::token::{Caller, Scope, TokenId};
use serde_json::json;

use super::entrance::{Entrance, TWO, body, ids};
use crate::store::disk::Fault;

#[test]
fn a_token_is_said_once_and_listed_without_it() {
    let box_ = Entrance::open();
    let two = ids().name(TWO);
    let asked = json!({
        "name": "  till  ", "scopes": ["send", "read", "send"], "sessions": [two], "expires_in_s": 60,
    });
    let reply = box_.desk.create(asked.to_string().as_bytes()).unwrap();
    assert_eq!(reply.status, 201);
    let made = body(&reply);
    let text = made["secret"].as_str().unwrap();
    assert!(
        text.starts_with("pbx_") && text.len() == 47,
        "{}",
        text.len()
    );
    let list = box_.desk.list(&Caller::Console).unwrap();
    let said = body(&list);
    assert_eq!(said["data"][0], made["token"]);
    assert_eq!(said["next_cursor"], json!(null));
    let token = &said["data"][0];
    assert_eq!(token["id"], "tok_1");
    assert_eq!(token["name"], "till");
    assert_eq!(token["scopes"], json!(["read", "send"]));
    assert_eq!(token["sessions"], json!([two]));
    assert_eq!(
        (&token["kind"], &token["own"]),
        (&json!("token"), &json!(false))
    );
    assert!(token["created_at"].is_string() && token["expires_at"].is_string());
    // It allows what it says, and no more.
    let who = box_.caller_at(None, "GET", &[]);
    assert_eq!(who, Ok(Caller::Stranger));
    let now = pairbox::clock::Clock::start().now().wall;
    let who = box_.caller_at(now, "GET", &[("X-Api-Key", text)]).unwrap();
    assert!(who.may(Scope::Read, Some(TWO)) && who.may(Scope::Send, Some(TWO)));
    for (scope, account) in [
        (Scope::Control, Some(TWO)),
        (Scope::Admin, Some(TWO)),
        (Scope::Read, Some(AccountId::FIRST)),
        (Scope::Read, None),
    ] {
        assert!(!who.may(scope, account), "{scope:?} {account:?}");
    }
    // Nowhere but in that one answer.
    let stored: Vec<StoredToken> = box_.store.tokens().borrow().to_vec();
    let debug = format!("{stored:?} {who:?}");
    let listed = String::from_utf8_lossy(&list.body).into_owned();
    let digest = sha256_text(&stored[0].is.digest);
    for shown in [&debug, &listed] {
        assert!(!shown.contains(text) && !shown.contains(&digest));
    }
    let bytes = box_.disk.bytes();
    assert!(
        !bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    );
}

#[test]
fn a_token_taken_back_is_good_for_nothing() {
    let box_ = Entrance::open();
    let token = box_.token(&json!({"name": "a", "scopes": ["read"]}));
    box_.bearer(&token).unwrap();
    assert_eq!(box_.desk.revoke(TokenId(1)).unwrap().status, 204);
    assert_eq!(box_.bearer(&token).unwrap_err().code, "bad_token");
    let again = box_.desk.revoke(TokenId(1)).unwrap_err();
    assert_eq!((again.status, again.code), (404, "unknown_token"));
}

#[test]
fn what_is_wrong_with_a_body_is_said_by_its_name() {
    let box_ = Entrance::open();
    let other_box = pairbox::ulid::SessionIds::new(pairbox::ulid::Ulid::from_bits(77));
    let foreign = other_box.name(AccountId::FIRST);
    let third = ids().name(AccountId(3));
    let first = ids().name(AccountId::FIRST);
    let ok = |more: serde_json::Value| {
        let mut body = json!({"name": "a", "scopes": ["read"]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body.to_string()
    };
    for (sent, status, code) in [
        ("nonsense".to_owned(), 400, "bad_json"),
        ("[]".to_owned(), 422, "bad_field"),
        ("{}".to_owned(), 422, "bad_body"),
        (ok(json!({"name": ""})), 422, "bad_name"),
        (ok(json!({"name": "x".repeat(41)})), 422, "bad_name"),
        (ok(json!({"name": "a\u{7}"})), 422, "bad_name"),
        (ok(json!({"scopes": []})), 422, "bad_scopes"),
        (ok(json!({"scopes": ["root"]})), 422, "bad_scopes"),
        (ok(json!({"scopes": "read"})), 422, "bad_body"),
        (ok(json!({"sessions": []})), 422, "bad_sessions"),
        (ok(json!({"sessions": ["ses_1"]})), 422, "bad_sessions"),
        (ok(json!({"sessions": [foreign]})), 422, "bad_sessions"),
        (ok(json!({"sessions": [third]})), 422, "bad_sessions"),
        (
            ok(json!({"scopes": ["admin"], "sessions": [first]})),
            422,
            "bad_sessions",
        ),
        (ok(json!({"expires_in_s": 0})), 422, "bad_expiry"),
        (ok(json!({"expires_in_s": u64::MAX})), 422, "bad_expiry"),
        (ok(json!({"expires_in_s": -5})), 422, "bad_body"),
        (ok(json!({"expires": "never"})), 422, "unknown_field"),
    ] {
        let problem = box_.desk.create(sent.as_bytes()).unwrap_err();
        assert_eq!((problem.status, problem.code), (status, code), "{sent}");
    }
    let typo = box_.desk.create(ok(json!({"scope": ["read"]})).as_bytes());
    assert!(typo.unwrap_err().detail.contains("`scope`"));
    assert!(box_.store.tokens().borrow().is_empty());
}

#[test]
fn there_is_an_end_to_tokens() {
    let box_ = Entrance::open();
    for number in 0..TOKENS_MAX {
        box_.token(&json!({"name": number.to_string(), "scopes": ["read"]}));
    }
    let more = br#"{"name":"one more","scopes":["read"]}"#;
    let problem = box_.desk.create(more).unwrap_err();
    assert_eq!((problem.status, problem.code), (507, "token_cap"));
    box_.desk.revoke(TokenId(5)).unwrap();
    box_.desk.create(more).unwrap();
}

#[test]
fn a_disk_that_takes_nothing_makes_no_token_and_takes_none_back() {
    let box_ = Entrance::open();
    let token = box_.token(&json!({"name": "a", "scopes": ["read"]}));
    box_.disk.fail(Some(Fault::Full(0)));
    let problem = box_
        .desk
        .create(br#"{"name":"b","scopes":["read"]}"#)
        .unwrap_err();
    assert_eq!((problem.status, problem.code), (503, "store"));
    let problem = box_.desk.revoke(TokenId(1)).unwrap_err();
    assert_eq!((problem.status, problem.code), (503, "store"));
    // It was not taken back, and that was said; checking it needs no disk.
    box_.bearer(&token).unwrap();
    box_.disk.fail(None);
    box_.desk.revoke(TokenId(1)).unwrap();
    box_.bearer(&token).unwrap_err();
}

fn sha256_text(digest: &[u8]) -> String {
    use std::fmt::Write as _;
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
