//! A wrapper that keeps credentials out of logs: QR texts, pairing codes, tokens.
//!
//! Nothing but [`Secret`] belongs here. `Debug` prints a placeholder, there is no `Display`, and
//! the memory is cleared when the last owner lets go.

use std::fmt;

use zeroize::Zeroizing;

/// A text that must not be printed. Ask for it by name: [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text in.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself: for the glass, the authorised page and the phone, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        assert_eq!(
            format!("{:?}", Secret::new("2@abc,def".into())),
            "Secret(…)"
        );
    }
}
