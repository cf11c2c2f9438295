//! Which account is meant: from what somebody typed to a session. Pure.

use std::fmt::Write as _;

use thiserror::Error;

use super::session::Session;

/// Why it is not clear which account is meant. Lists what there is.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum AccountError {
    /// The box has none.
    #[error("the box has no account")]
    None,
    /// Nobody said which, and there are several.
    #[error("which account?{0}")]
    Unsaid(String),
    /// There is none like that.
    #[error("no account {asked:?}; there is:{there}")]
    Unknown {
        /// What was typed.
        asked: String,
        /// What there is, one line each.
        there: String,
    },
    /// Several begin like that.
    #[error("{asked:?} could be any of:{there}")]
    Ambiguous {
        /// What was typed.
        asked: String,
        /// Which ones, one line each.
        there: String,
    },
}

/// The place in `sessions` of the account that `asked` means: its label; its session id; its number as
/// shown by `pairbox accounts`, from 1; its label in another case; or the start of one label only. With
/// nothing said, the only one there is.
///
/// # Errors
/// [`AccountError`].
pub fn find(sessions: &[Session], asked: Option<&str>) -> Result<usize, AccountError> {
    if sessions.is_empty() {
        return Err(AccountError::None);
    }
    let all = 0..sessions.len();
    let Some(asked) = asked.map(str::trim) else {
        return match sessions.len() {
            1 => Ok(0),
            _ => Err(AccountError::Unsaid(list(sessions, all))),
        };
    };
    let exact = |session: &Session| session.label == asked || session.id == asked;
    if let Some(at) = sessions.iter().position(exact) {
        return Ok(at);
    }
    // No sign and no leading zero: as the list shows them.
    let number = asked
        .parse()
        .ok()
        .filter(|n: &usize| n.to_string() == asked);
    if let Some(number) = number.filter(|number| (1..=sessions.len()).contains(number)) {
        return Ok(number - 1);
    }
    let lower = asked.to_lowercase();
    let same = |session: &Session| session.label.to_lowercase() == lower;
    if let Some(at) = the_only(sessions, same) {
        return Ok(at);
    }
    let begins =
        |session: &Session| !lower.is_empty() && session.label.to_lowercase().starts_with(&lower);
    if let Some(at) = the_only(sessions, begins) {
        return Ok(at);
    }
    let asked = asked.to_owned();
    let alike: Vec<usize> = all.clone().filter(|at| begins(&sessions[*at])).collect();
    Err(if alike.is_empty() {
        let there = list(sessions, all);
        AccountError::Unknown { asked, there }
    } else {
        let there = list(sessions, alike);
        AccountError::Ambiguous { asked, there }
    })
}

fn the_only(sessions: &[Session], is: impl Fn(&Session) -> bool) -> Option<usize> {
    let mut places = (0..sessions.len()).filter(|at| is(&sessions[*at]));
    places.next().filter(|_| places.next().is_none())
}

fn list(sessions: &[Session], which: impl IntoIterator<Item = usize>) -> String {
    which.into_iter().fold(String::new(), |mut text, at| {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {}  {}", at + 1, sessions[at].label);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(labels: &[&str]) -> Vec<Session> {
        let named = |(at, label): (usize, &&str)| Session {
            id: format!("ses_{at}X"),
            label: (*label).to_owned(),
            ..Session::default()
        };
        labels.iter().enumerate().map(named).collect()
    }

    #[test]
    fn every_way_to_say_it() {
        let box_of = sessions(&["Shop", "shop 2", "Bakery", "3", "ŁÓDŹ"]);
        let at = |asked| find(&box_of, Some(asked));
        assert_eq!(at("Shop"), Ok(0));
        assert_eq!(at("ses_2X"), Ok(2));
        assert_eq!(at("2"), Ok(1));
        assert_eq!(at("3"), Ok(3), "a label goes before a number");
        assert_eq!(
            at("shop"),
            Ok(0),
            "the whole label goes before the start of one"
        );
        assert_eq!(at("bak"), Ok(2));
        assert_eq!(at("SHOP 2"), Ok(1));
        assert_eq!(at("łó"), Ok(4));
        assert_eq!(at(" Bakery "), Ok(2));
    }

    #[test]
    fn nothing_said_is_enough_for_one() {
        assert_eq!(find(&sessions(&["shop"]), None), Ok(0));
        assert_eq!(find(&[], None), Err(AccountError::None));
        assert_eq!(find(&[], Some("1")), Err(AccountError::None));
        let told = find(&sessions(&["a", "b"]), None).unwrap_err().to_string();
        assert_eq!(told, "which account?\n  1  a\n  2  b");
    }

    #[test]
    fn what_is_not_clear_is_listed() {
        let box_of = sessions(&["shop", "Shopping", "bakery"]);
        let told = |asked| find(&box_of, Some(asked)).unwrap_err().to_string();
        assert_eq!(
            told("sho"),
            "\"sho\" could be any of:\n  1  shop\n  2  Shopping"
        );
        for unknown in ["kitchen", "", "0", "4", "01", "+1", "ses_9X"] {
            let told = told(unknown);
            assert!(told.starts_with("no account"), "{told}");
            assert!(
                told.ends_with("\n  1  shop\n  2  Shopping\n  3  bakery"),
                "{told}"
            );
        }
    }
}
