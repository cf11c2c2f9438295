//! Other people's code verifies what we sign.

use pairbox::clock::Clock;
use pairbox::message::signature;
use pairbox::message::webhook::Webhook;
use pairbox::secret::Secret;
use pairbox::time::UnixMillis;
use pairbox::ulid::Ulid;
use proptest::prelude::*;
use standardwebhooks::Webhook as Verifier;

use super::receiver::Receiver;
use super::rig::{Rig, SECRET, chat};

const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn webhook(secret: &str, old: Option<(&str, u64)>) -> Webhook {
    Webhook {
        url: String::new(),
        name: None,
        events: Vec::new(),
        sessions: None,
        secret: Secret::new(secret.into()),
        old_secret: old.map(|(old, until)| (Secret::new(old.into()), UnixMillis(until))),
        headers: Vec::new(),
        enabled: true,
        disabled_reason: None,
        created_at: None,
    }
}

/// The package refuses times that are far from now.
fn now() -> UnixMillis {
    Clock::start().now().wall.unwrap()
}

/// Verified by the crate, as a receiver would.
fn verifies(secret: &str, headers: &[(&'static str, String)], body: &str) -> bool {
    let mut map = ureq::http::HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    let verifier = Verifier::new(secret).unwrap();
    verifier.verify(body.as_bytes(), &map).is_ok()
}

#[test]
fn the_vector_that_waha_publishes() {
    let body = r#"{"event":"message","session":"default","engine":"WEBJS"}"#;
    let wanted = "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8\
                  097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89";
    assert_eq!(signature::waha("my-secret-key", body), wanted);
    let headers = signature::headers(
        &webhook("my-secret-key", None),
        Ulid::from_bits(1),
        UnixMillis(1_800_000_000_123),
        body,
    );
    let get = |name: &str| {
        headers
            .iter()
            .find(|(it, _)| *it == name)
            .unwrap()
            .1
            .as_str()
    };
    assert_eq!(get("x-webhook-hmac"), wanted);
    assert_eq!(get("x-webhook-hmac-algorithm"), "sha512");
    assert_eq!(get("x-webhook-timestamp"), "1800000000123");
    assert_eq!(get("webhook-timestamp"), "1800000000");
    assert_eq!(get("x-webhook-request-id"), get("webhook-id"));
    assert_eq!(get("webhook-id"), "evt_00000000000000000000000001");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_standard_package_verifies_every_body(body in ".{0,400}", bits: u128) {
        let webhook = webhook(SECRET, None);
        let headers = signature::headers(&webhook, Ulid::from_bits(bits), now(), &body);
        prop_assert!(verifies(SECRET, &headers, &body));
        prop_assert!(!verifies(OTHER, &headers, &body));
        let other = body + " ";
        prop_assert!(!verifies(SECRET, &headers, &other));
    }
}

#[test]
fn both_secrets_sign_until_the_old_one_ends() {
    let now = now();
    let at = |until| {
        let webhook = webhook(OTHER, Some((SECRET, until)));
        signature::headers(&webhook, Ulid::from_bits(9), now, "{}")
    };
    for secret in [SECRET, OTHER] {
        assert!(verifies(secret, &at(now.0 + 1), "{}"));
    }
    assert!(!verifies(SECRET, &at(now.0), "{}"));
    assert!(verifies(OTHER, &at(now.0), "{}"));
}

#[test]
fn what_a_receiver_hears_is_signed_both_ways_and_bears_the_headers() {
    let receiver = Receiver::willing();
    let rig = Rig::new();
    rig.webhook(&receiver.url(), &["message"]);
    let id = rig.tell(&chat(1), 1);
    let heard = receiver.wait_for(1).remove(0);
    let mut headers = ureq::http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, heard.headers[name].parse().unwrap());
    }
    // With the timestamp, as a receiver has to.
    let verifier = Verifier::new(SECRET).unwrap();
    verifier.verify(heard.body.as_bytes(), &headers).unwrap();
    let hmac = &heard.headers["x-webhook-hmac"];
    assert_eq!(*hmac, signature::waha(SECRET, &heard.body));
    assert_eq!(heard.headers["webhook-id"], format!("evt_{id}"));
    assert_eq!(heard.id(), format!("evt_{id}"));
    assert_eq!(heard.headers["content-type"], "application/json");
    assert_eq!(heard.headers["x-mine"], "yes");
    assert_eq!(
        heard.headers["user-agent"],
        concat!("pairbox/", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(heard.path, "/hook");
}
