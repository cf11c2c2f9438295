//! What proves to a receiver that a request is this box's: the headers of Standard Webhooks and WAHA's.
//!
//! Standard Webhooks (standardwebhooks.com, 1.0): `HMAC-SHA256("{id}.{s}.{body}")` in base64, one for
//! each secret that is good. WAHA (waha.devlike.pro, how-to/events): `HMAC-SHA512(body)` in hexadecimal,
//! keyed with the text of the secret as it was shown; there is room for one, so that is the new secret's.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};

use super::envelope;
use super::webhook::Webhook;
use crate::secret::Secret;
use crate::time::UnixMillis;
use crate::ulid::Ulid;

/// What a secret begins with; the rest is the key in base64.
const PREFIX: &str = "whsec_";

/// The headers of a request with that body, at that time. The same event has the same id in every
/// attempt; time and signatures are of the attempt.
#[must_use]
pub fn headers(
    webhook: &Webhook,
    event: Ulid,
    now: UnixMillis,
    body: &str,
) -> Vec<(&'static str, String)> {
    let id = envelope::name(event);
    let seconds = (now.0 / 1000).to_string();
    let old = webhook.old_secret.as_ref();
    let secrets = [&webhook.secret]
        .into_iter()
        .chain(old.filter(|(_, until)| now < *until).map(|(old, _)| old));
    let signatures = secrets.map(|secret| standard(secret, &id, &seconds, body));
    vec![
        (
            "webhook-signature",
            signatures.collect::<Vec<_>>().join(" "),
        ),
        ("webhook-timestamp", seconds),
        ("x-webhook-request-id", id.clone()),
        ("x-webhook-timestamp", now.0.to_string()),
        ("x-webhook-hmac", waha(webhook.secret.expose(), body)),
        ("x-webhook-hmac-algorithm", "sha512".to_owned()),
        ("webhook-id", id),
    ]
}

/// `v1,` and the signature.
fn standard(secret: &Secret, id: &str, seconds: &str, body: &str) -> String {
    let text = secret.expose();
    // A secret that is no base64 is its own key: people bring theirs from elsewhere.
    let key = text
        .strip_prefix(PREFIX)
        .and_then(|key| STANDARD.decode(key).ok())
        .unwrap_or_else(|| text.as_bytes().to_vec());
    let mac = mac::<Hmac<Sha256>>(&key, &[id, ".", seconds, ".", body]);
    format!("v1,{}", STANDARD.encode(mac))
}

/// WAHA's signature of a body.
#[must_use]
pub fn waha(key: &str, body: &str) -> String {
    let mac = mac::<Hmac<Sha512>>(key.as_bytes(), &[body]);
    mac.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&str]) -> Vec<u8> {
    // HMAC takes keys of any length (RFC 2104), so this is never the other way.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().to_vec()
}
