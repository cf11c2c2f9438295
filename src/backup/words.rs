//! What backup, restore and reset say: from what was found to text. Pure.

use std::fmt::Write as _;

use serde::Serialize;

use super::envelope::About;
use crate::cli::ink::printable;

/// An account, as far as it is shown: of its number four digits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Kept {
    /// Its name.
    pub label: String,
    /// The end of its number; `None`: not linked.
    pub last4: Option<String>,
}

/// Why a box must not be there twice. Said before every restore.
pub const WHY: &str = "\
Two boxes with the same keys destroy each other:
  - Each message moves the keys on, on one of the two. The other one cannot read what comes
    next, and contacts drop what it sends, because it uses numbers a second time.
  - WhatsApp lets one of them in and throws the other one out, again and again, and may
    unlink the account for it.
So the box this backup is of must be off for good, or reset (`pairbox reset`).

What is not in the backup stays with that box: messages it received since then are not delivered
again. What waited to be sent when the backup was made is not sent again, it has been; what waited
for webhooks is posted again, under the names it had. Tokens, webhooks and settings are those of
then: what was taken back since is good again.
";

/// The accounts in a line.
#[must_use]
pub fn accounts(all: &[Kept]) -> String {
    let each = all.iter().map(|one| match &one.last4 {
        Some(last4) => format!("{} …{last4}", printable(&one.label)),
        None => format!("{}, not linked", printable(&one.label)),
    });
    let each: Vec<String> = each.collect();
    let s = if all.len() == 1 { "" } else { "s" };
    format!("{} account{s} ({})", all.len(), each.join("; "))
}

/// A backup was made.
#[must_use]
pub fn made(name: &str, all: &[Kept], bytes: u64) -> String {
    format!(
        "{name}: {}, {}, encrypted.\n\
         Without its passphrase it is worth nothing. `pairbox restore` takes it to a box; this one \
         must be off then.\n",
        accounts(all),
        size(bytes)
    )
}

/// What is in a backup, and what it means to restore it.
#[must_use]
pub fn before(name: &str, about: &About, all: &[Kept]) -> String {
    format!(
        "{name}: {}, made {} by pairbox {}.\n\n{WHY}",
        accounts(all),
        printable(&about.made_at),
        printable(&about.version)
    )
}

/// A backup is in place. `kept`: where the store is that was there.
#[must_use]
pub fn restored(all: &[Kept], kept: Option<&str>) -> String {
    let mut text = format!(
        "\nRestored: {}. The first message of each contact may come a moment later: its keys are \
         agreed on anew.\n",
        accounts(all)
    );
    if let Some(kept) = kept {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "The store that was there is kept, with its keys: remove it when all is well: rm '{kept}'"
        );
    }
    text.push_str("Start the service: systemctl start pairbox\n");
    text
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Vec<Kept> {
        vec![
            Kept {
                label: "Shop".into(),
                last4: Some("1111".into()),
            },
            Kept {
                label: "Bakery\u{7}".into(),
                last4: None,
            },
        ]
    }

    #[test]
    fn accounts_show_four_digits_and_no_control_characters() {
        let text = accounts(&two());
        assert!(text.starts_with("2 accounts (Shop …1111; Bakery"), "{text}");
        assert!(text.ends_with(", not linked)"), "{text}");
        assert!(!text.contains('\u{7}'), "{text}");
        assert!(accounts(&two()[..1]).starts_with("1 account ("));
    }

    #[test]
    fn what_a_restore_says() {
        let about = About {
            made_at: "2026-03-01T07:05:09.250Z".into(),
            version: "0.1.0".into(),
        };
        let text = before("box.age", &about, &two()[..1]);
        assert!(
            text.starts_with(
                "box.age: 1 account (Shop …1111), made 2026-03-01T07:05:09.250Z by pairbox 0.1.0.\n\n\
                 Two boxes with the same keys destroy each other:\n"
            ),
            "{text}"
        );
        let text = restored(&two()[..1], Some("/s/pairbox.redb.before-restore"));
        assert!(
            text.contains("rm '/s/pairbox.redb.before-restore'"),
            "{text}"
        );
        assert!(!restored(&two(), None).contains("rm "));
    }

    #[test]
    fn sizes() {
        assert_eq!(size(1), "1 kB");
        assert_eq!(size(999_999), "1000 kB");
        assert_eq!(size(1_250_000), "1.2 MB");
    }
}
