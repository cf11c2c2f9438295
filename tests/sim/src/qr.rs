//! Reading the text of a pairing QR code the way a phone does.
//!
//! `ref,noise,identity,adv secret,client type`: standard base64 with padding, 32 bytes each; the
//! last field is absent in older clients. A deep link may stand in front. Checks that need the
//! service (is the reference live, are these the registered keys) are made by the scan itself.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::keys::Key;
use crate::phone::ScanError;

/// What newer clients put in front, so that a phone's camera opens WhatsApp.
const DEEP_LINK: &str = "https://wa.me/settings/linked_devices#";

/// Codes of the client types phones know: browsers and desktops 1 to 9, Android d, e and f.
const CLIENT_TYPES: &str = "123456789def";

/// The fields of a QR code. Holds a secret: no `Debug`.
pub(crate) struct Qr {
    pub(crate) reference: String,
    pub(crate) noise: Key,
    pub(crate) identity: Key,
    pub(crate) adv_secret: [u8; 32],
}

impl Qr {
    /// Reads `text`.
    pub(crate) fn parse(text: &str) -> Result<Self, ScanError> {
        let text = text.strip_prefix(DEEP_LINK).unwrap_or(text);
        let fields: Vec<&str> = text.split(',').collect();
        let (reference, noise, identity, secret, client) = match fields[..] {
            [reference, noise, identity, secret] => (reference, noise, identity, secret, None),
            [reference, noise, identity, secret, client] => {
                (reference, noise, identity, secret, Some(client))
            }
            _ => return Err(ScanError::Fields(fields.len())),
        };
        if let Some(client) = client
            && (client.len() != 1 || !CLIENT_TYPES.contains(client))
        {
            return Err(ScanError::ClientType);
        }
        Ok(Self {
            reference: reference.to_owned(),
            noise: key("noise", noise)?,
            identity: key("identity", identity)?,
            adv_secret: key("secret", secret)?,
        })
    }
}

fn key(field: &'static str, text: &str) -> Result<[u8; 32], ScanError> {
    let bytes = BASE64_STANDARD
        .decode(text)
        .map_err(|_| ScanError::Base64(field))?;
    <[u8; 32]>::try_from(bytes).map_err(|bytes| ScanError::KeyLength {
        field,
        bytes: bytes.len(),
    })
}
