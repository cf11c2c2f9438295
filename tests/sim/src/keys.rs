//! Curve25519 keys in the shapes the wire uses: 32 raw bytes, and 33 with the leading type byte 5
//! inside what is signed.
//!
//! Nothing here keeps a key; types that hold private keys do not derive `Debug`.

use rand::Rng as _;
use wacore::libsignal::protocol::{KeyPair, PrivateKey, PublicKey};

/// The type byte of a Curve25519 ("Djb") public key in Signal's encoding.
pub(crate) const KEY_TYPE: u8 = 5;

/// A public key as it stands in stanzas.
pub(crate) type Key = [u8; 32];

/// An `XEdDSA` signature.
pub(crate) type Signature = [u8; 64];

/// A new random key pair.
pub(crate) fn generate() -> KeyPair {
    KeyPair::generate(&mut rand::rng())
}

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// The 32 bytes of a public key.
pub(crate) fn raw(key: &PublicKey) -> Key {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(key.public_key_bytes());
    bytes
}

/// The public key in 32 bytes.
pub(crate) fn public(key: &Key) -> PublicKey {
    #[allow(clippy::expect_used, reason = "only the length can be wrong")]
    PublicKey::from_djb_public_key_bytes(key).expect("32 bytes are a key")
}

/// The key with its type byte in front, as signatures cover it.
pub(crate) fn typed(key: &Key) -> [u8; 33] {
    let mut bytes = [KEY_TYPE; 33];
    bytes[1..].copy_from_slice(key);
    bytes
}

/// Signs the concatenation of `parts`.
pub(crate) fn sign(key: &PrivateKey, parts: &[&[u8]]) -> Signature {
    #[allow(clippy::expect_used, reason = "signing with a whole key cannot fail")]
    key.calculate_signature(&parts.concat(), &mut rand::rng())
        .expect("a key signs")
}

/// Whether `signature` is `key`'s signature over the concatenation of `parts`.
pub(crate) fn verify(key: &Key, parts: &[&[u8]], signature: &[u8]) -> bool {
    signature.len() == 64 && public(key).verify_signature(&parts.concat(), signature)
}

/// The X25519 secret of two keys.
pub(crate) fn agree(own: &PrivateKey, other: &Key) -> [u8; 32] {
    #[allow(clippy::expect_used, reason = "two whole keys always agree")]
    own.calculate_agreement(&public(other))
        .expect("two keys agree")
}
