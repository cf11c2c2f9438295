//! The page: one HTML file with its style and script inside, so that it works on a LAN without the
//! internet, and a content security policy that lets nothing else run.
//!
//! The page knows nothing that `GET /api/v1/status` does not tell it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The file itself.
pub const HTML: &str = include_str!("page.html");

/// The policy for [`HTML`]: exactly its own style and script by their hashes, pictures and requests
/// from where it came, and nothing from or for anybody else.
#[must_use]
pub fn content_security_policy() -> String {
    let style = hash(between(HTML, "<style>", "</style>"));
    let script = hash(between(HTML, "<script>", "</script>"));
    format!(
        "default-src 'none'; style-src {style}; script-src {script}; img-src 'self' data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// The text between two marks; empty if one is missing, which the browser then refuses to run.
fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    text.split_once(open)
        .and_then(|(_, rest)| rest.split_once(close))
        .map_or("", |(inside, _)| inside)
}
