//! The page: one self-contained HTML document, so that it works on a LAN without the internet, and
//! a content security policy that lets nothing else run.
//!
//! Its three parts are files of their own (`page/`) and put together once. The page knows nothing
//! that `GET /api/v1/status` does not tell it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const HTML: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// The document and its policy.
pub(super) struct Page {
    /// The document as it is sent.
    pub html: String,
    /// Its own style and script by their hashes, pictures and requests from where it came, and
    /// nothing from or for anybody else.
    pub content_security_policy: String,
}

impl Page {
    /// Puts the parts together.
    pub fn assemble() -> Self {
        Self {
            html: HTML
                .replace("/* page.css */", STYLE)
                .replace("// page.js", SCRIPT),
            content_security_policy: format!(
                "default-src 'none'; style-src {}; script-src {}; img-src 'self' data:; \
                 connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                hash(STYLE),
                hash(SCRIPT)
            ),
        }
    }
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}
