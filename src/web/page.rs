//! The page: one self-contained HTML document, so that it works on a LAN without the internet, and
//! a content security policy that lets nothing else run.
//!
//! Its parts are files of their own (`page/`) and put together once. The page knows nothing that the
//! API does not tell it: what a stranger may not see is left out there, not here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const HTML: &str = include_str!("page/page.html");
const DIALOGS: &str = include_str!("page/dialogs.html");
const GATEWAY: &str = include_str!("page/gateway.html");

const STYLES: [&str; 5] = [
    include_str!("page/ground.css"),
    include_str!("page/cards.css"),
    include_str!("page/dialogs.css"),
    include_str!("page/messages.css"),
    include_str!("page/webhooks.css"),
];

/// In the order in which they need each other.
const SCRIPTS: [&str; 20] = [
    include_str!("page/words.js"),
    include_str!("page/gateway-words.js"),
    include_str!("page/dom.js"),
    include_str!("page/fields.js"),
    include_str!("page/box.js"),
    include_str!("page/cards.js"),
    include_str!("page/pairing.js"),
    include_str!("page/dialogs.js"),
    include_str!("page/signin.js"),
    include_str!("page/tokens.js"),
    include_str!("page/messages.js"),
    include_str!("page/send.js"),
    include_str!("page/policy.js"),
    include_str!("page/routes.js"),
    include_str!("page/waiting.js"),
    include_str!("page/outbox.js"),
    include_str!("page/webhooks.js"),
    include_str!("page/webhook-form.js"),
    include_str!("page/deliveries.js"),
    include_str!("page/main.js"),
];

/// The document and its policy.
pub(super) struct Page {
    /// The document as it is sent.
    pub html: String,
    /// Its own style and script by their hashes, pictures it was given by where it came from,
    /// requests to there, and nothing from or for anybody else.
    pub content_security_policy: String,
}

impl Page {
    /// Puts the parts together.
    pub fn assemble() -> Self {
        let (style, script) = (STYLES.concat(), SCRIPTS.concat());
        Self {
            html: HTML
                .replace("<!-- dialogs.html -->", DIALOGS)
                .replace("<!-- gateway.html -->", GATEWAY)
                .replace("/* page.css */", &style)
                .replace("// page.js", &script),
            content_security_policy: format!(
                "default-src 'none'; style-src {}; script-src {}; img-src 'self' blob: data:; \
                 connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                hash(&style),
                hash(&script)
            ),
        }
    }
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}
