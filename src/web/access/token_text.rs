//! The text of a token: how one is made by chance, and how it is recognised by its digest.
//!
//! `pbx_` and 43 characters of base64url: 256 bits. The prefix makes one easy to find where it should not
//! be. The text itself is shown once and kept nowhere; with that much chance in it, one round of SHA-256
//! is as good as a slow digest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::store::StoredToken;

/// What every token begins with.
const PREFIX: &str = "pbx_";

/// Bytes of chance in one.
const CHANCE: usize = 32;

/// Characters of one: the prefix, and base64 of the chance without padding.
const LENGTH: usize = PREFIX.len() + (CHANCE * 8).div_ceil(6);

/// A new token and its digest; `None` when the system gives no random numbers.
pub(super) fn make() -> Option<(Secret, [u8; 32])> {
    let mut chance = Zeroizing::new([0; CHANCE]);
    getrandom::fill(&mut *chance).ok()?;
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(*chance));
    let digest = digest(&text);
    Some((Secret::new(text), digest))
}

/// The token of that text. The time it takes tells nothing about the digests, nor which one it was.
pub(super) fn find<'t>(tokens: &'t [StoredToken], text: &str) -> Option<&'t StoredToken> {
    if text.len() != LENGTH || !text.starts_with(PREFIX) {
        return None;
    }
    let digest = digest(text);
    let mut found = u64::MAX;
    for (place, token) in (0..).zip(tokens) {
        let same: Choice = token.is.digest.ct_eq(&digest);
        found.conditional_assign(&place, same);
    }
    tokens.get(usize::try_from(found).ok()?)
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Life, NewToken};
    use crate::token::TokenId;

    fn stored(id: u32, digest: [u8; 32]) -> StoredToken {
        StoredToken {
            id: TokenId(id),
            is: NewToken {
                name: "test".into(),
                scopes: Vec::new(),
                accounts: None,
                created_at: None,
                life: Life::Endless,
                browser: false,
                digest,
            },
        }
    }

    #[test]
    fn a_token_is_found_by_its_text_only() {
        let made: Vec<_> = (0..5).map(|_| make().unwrap()).collect();
        let ids = (1..).zip(&made);
        let tokens: Vec<_> = ids.map(|(id, (_, digest))| stored(id, *digest)).collect();
        for (id, (text, _)) in (1..).zip(&made) {
            let text = text.expose();
            assert_eq!((text.len(), LENGTH), (47, 47));
            assert_eq!(find(&tokens, text).unwrap().id, TokenId(id));
            assert!(find(&tokens, &text[..46]).is_none());
            assert!(find(&tokens, &format!("{text}A")).is_none());
            assert!(find(&tokens, &text.replace("pbx_", "PBX_")).is_none());
            assert!(find(&[], text).is_none());
        }
        let other = make().unwrap();
        assert!(find(&tokens, other.0.expose()).is_none());
    }
}
