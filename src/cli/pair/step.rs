//! How far pairing is, and what that looks like: from a session to a step, from a step to lines. Pure.

use crate::cli::ink::{Ink, Tone, left, printable};
use crate::cli::picture::Picture;
use crate::cli::session::Session;

/// How far pairing is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing is there yet to be paired with.
    Waiting {
        /// What it waits for, if that is known.
        why: Option<String>,
    },
    /// A QR is up.
    Scan {
        /// Which one of this run, from 1.
        seq: u32,
        /// How many are still to come.
        remaining: Option<u32>,
        /// Milliseconds it is good for.
        left: u64,
    },
    /// A code to type is up.
    Type {
        /// `ABCD-1234`
        code: String,
        /// Milliseconds it is good for.
        left: u64,
    },
    /// WhatsApp wants a passkey.
    Passkey {
        /// What to do.
        advice: String,
        /// A code to compare, once there is one.
        code: Option<String>,
    },
    /// The phone agreed; the account logs in.
    Linking,
    /// It is linked.
    Paired,
    /// It came to nothing: why, and what to do.
    Ended(String),
}

/// How the code is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// A QR to scan.
    Scan,
    /// A code to type. `seen`: it was up before.
    Type {
        /// Whether there was one already.
        seen: bool,
    },
}

/// How far this session is.
#[must_use]
pub fn step(session: &Session, way: Way) -> Step {
    match session.status.as_str() {
        "working" | "reconnecting" if session.linked => Step::Paired,
        "starting" if session.status_text.starts_with("Linking") => Step::Linking,
        "scan_qr_code" => code(session, way),
        "passkey_required" => Step::Passkey {
            advice: advice(session, "Confirm it on the phone."),
            code: session.pairing.as_ref().and_then(|p| p.code.clone()),
        },
        "failed" => Step::Ended(match session.reason.as_deref() {
            Some("qr_exhausted") => {
                "nobody scanned in time; `pairbox pair` shows new codes".to_owned()
            }
            _ => format!(
                "{}. {}",
                session.status_text,
                advice(session, "See `pairbox status`.")
            ),
        }),
        // Switched off meanwhile; what is only not switched on yet is still wanted.
        "stopped" | "logged_out" if !session.enabled => {
            Step::Ended("the account was stopped meanwhile".to_owned())
        }
        _ => Step::Waiting {
            why: session.detail.clone().or_else(|| session.advice.clone()),
        },
    }
}

fn code(session: &Session, way: Way) -> Step {
    let pairing = session.pairing.clone().unwrap_or_default();
    match (way, pairing.code, pairing.seq) {
        (Way::Type { .. }, Some(code), _) => Step::Type {
            code,
            left: pairing.code_expires_in_ms.unwrap_or(0),
        },
        (Way::Type { seen: true }, None, _) => Step::Ended(
            "the code was not typed in time, or wrong; `pairbox pair --phone` asks for another"
                .to_owned(),
        ),
        (Way::Scan, _, Some(seq)) => Step::Scan {
            seq,
            remaining: pairing.remaining,
            left: pairing.expires_in_ms.unwrap_or(0),
        },
        _ => Step::Waiting { why: None },
    }
}

fn advice(session: &Session, otherwise: &str) -> String {
    let advice = session.advice.clone();
    advice.unwrap_or_else(|| otherwise.to_owned())
}

/// What is said about a step in words, without its picture.
#[must_use]
pub fn words(step: &Step, session: &Session) -> Vec<String> {
    let mut lines = match step {
        Step::Waiting { why } => {
            let why = why.iter().map(|why| printable(why));
            let waiting = "Waiting for a code from WhatsApp…".to_owned();
            [waiting].into_iter().chain(why).collect()
        }
        Step::Scan {
            seq,
            remaining,
            left: ms,
        } => {
            let more = match remaining {
                Some(0) => ", the last one".to_owned(),
                Some(more) => format!(", {more} to come"),
                None => String::new(),
            };
            vec![
                "WhatsApp, Settings, Linked devices, Link a device".to_owned(),
                format!("Code {seq}: {} left{more}", left(*ms)),
            ]
        }
        Step::Type { code, left: ms } => vec![
            printable(code),
            "WhatsApp, Settings, Linked devices, Link a device,".to_owned(),
            "Link with phone number instead".to_owned(),
            format!("{} left", left(*ms)),
        ],
        Step::Passkey { advice, code } => {
            let code = code.iter().map(|code| printable(code));
            let asked = "WhatsApp asks for a passkey.".to_owned();
            let advice = [asked, printable(advice)];
            advice.into_iter().chain(code).collect()
        }
        Step::Linking => vec!["The phone agreed. Linking…".to_owned()],
        Step::Paired => {
            let number = session.last4().map(|last4| format!(": …{last4}"));
            let number = number.unwrap_or_default();
            vec![format!("{} is linked{number}", printable(&session.label))]
        }
        Step::Ended(why) => vec![printable(why)],
    };
    lines.extend(refused(step, session));
    lines
}

/// The last scan came to nothing, but the code stands.
fn refused(step: &Step, session: &Session) -> Option<String> {
    let error = session.last_error.as_ref()?;
    let up = matches!(step, Step::Scan { .. } | Step::Type { .. });
    if !up || error.code != "pair_rejected" {
        return None;
    }
    let why = error.message.as_deref().unwrap_or("no reason is known");
    Some(format!("The last try was refused: {}", printable(why)))
}

/// A step on a screen of `size` columns and rows: the picture, if it fits, and the words.
#[must_use]
pub fn face(
    step: &Step,
    session: &Session,
    qr: Option<&Picture>,
    ink: Ink,
    size: (u32, u32),
) -> Vec<String> {
    let words = words(step, session);
    let heading = ink.paint(
        Tone::Strong,
        &format!("Linking {}", printable(&session.label)),
    );
    let mut lines = match (step, qr) {
        (Step::Scan { .. }, Some(qr)) => {
            let (columns, rows) = qr.size();
            // The words and the way out stay below it.
            let rows = rows + u32::try_from(words.len()).unwrap_or(0) + 1;
            if columns <= size.0 && rows <= size.1 {
                // Its two colours are not decoration: without them nobody can read it.
                let mut lines = qr.dark_on_light(Ink::Colour);
                lines.extend(words);
                lines.push(ink.paint(Tone::Faint, LEAVE));
                return lines;
            }
            vec![
                heading,
                String::new(),
                format!(
                    "This window is too small for the code: {columns} columns and {rows} rows are \
                     needed, it has {} and {}.",
                    size.0, size.1
                ),
                "Make it larger or its type smaller, look at the panel or the page,".to_owned(),
                "or use a code to type: pairbox pair --phone NUMBER".to_owned(),
                String::new(),
            ]
        }
        (Step::Type { code, .. }, _) => {
            let picture = Picture::words(&printable(code));
            let mut lines = vec![heading, String::new()];
            if picture.size().0 <= size.0 {
                lines.extend(picture.drawn());
                lines.push(String::new());
            }
            lines
        }
        _ => vec![heading, String::new()],
    };
    lines.extend(words);
    lines.push(String::new());
    lines.push(ink.paint(Tone::Faint, LEAVE));
    lines
}

const LEAVE: &str = "Ctrl-C ends this; pairing goes on until `pairbox stop`.";

#[cfg(test)]
mod tests {
    use super::*;

    fn session(json: &str) -> Session {
        serde_json::from_str(json).unwrap()
    }

    const SCAN: &str = r#"{"label":"shop","status":"scan_qr_code","status_text":"Scan to pair","enabled":true,
        "pairing":{"method":"qr","seq":2,"remaining":4,"expires_in_ms":19001}}"#;
    const TYPE: &str = r#"{"label":"shop","status":"scan_qr_code","status_text":"Enter code","enabled":true,
        "pairing":{"method":"code","seq":2,"remaining":4,"expires_in_ms":19001,"code":"ABCD-1234",
        "code_expires_in_ms":170000}}"#;

    #[test]
    fn every_state_is_a_step() {
        let of = |json: &str| step(&session(json), Way::Scan);
        assert_eq!(
            of(SCAN),
            Step::Scan {
                seq: 2,
                remaining: Some(4),
                left: 19_001
            }
        );
        assert_eq!(of(r#"{"status":"working","linked":true}"#), Step::Paired);
        assert_eq!(
            of(r#"{"status":"starting","status_text":"Linking…"}"#),
            Step::Linking
        );
        assert_eq!(
            of(r#"{"status":"starting","status_text":"Starting…","detail":"no route"}"#),
            Step::Waiting {
                why: Some("no route".into())
            }
        );
        for (json, told) in [
            (r#"{"status":"failed","reason":"qr_exhausted"}"#, "in time"),
            (
                r#"{"status":"failed","reason":"refused","status_text":"WhatsApp refused","advice":"Try."}"#,
                "WhatsApp refused. Try.",
            ),
            (r#"{"status":"stopped","enabled":false}"#, "stopped"),
            (r#"{"status":"logged_out","enabled":false}"#, "stopped"),
        ] {
            assert!(
                matches!(of(json), Step::Ended(why) if why.contains(told)),
                "{json}"
            );
        }
        // Asked for, and not begun yet.
        assert_eq!(
            of(r#"{"status":"logged_out","enabled":true}"#),
            Step::Waiting { why: None }
        );
        let passkey = of(r#"{"status":"passkey_required","advice":"Look at the phone."}"#);
        assert!(matches!(passkey, Step::Passkey { advice, .. } if advice == "Look at the phone."));
    }

    #[test]
    fn a_typed_code_is_waited_for_and_missed() {
        let of = |json: &str, seen| step(&session(json), Way::Type { seen });
        let typed = Step::Type {
            code: "ABCD-1234".into(),
            left: 170_000,
        };
        assert_eq!(of(TYPE, false), typed);
        assert_eq!(of(TYPE, true), typed);
        assert_eq!(of(SCAN, false), Step::Waiting { why: None });
        assert!(matches!(of(SCAN, true), Step::Ended(_)));
    }

    #[test]
    fn a_code_that_does_not_fit_is_not_torn() {
        let scan = session(SCAN);
        let step = step(&scan, Way::Scan);
        let qr = Picture::qr(&"x".repeat(239)).unwrap();
        let face = |size| face(&step, &scan, Some(&qr), Ink::Plain, size);
        let lines = face((65, 36));
        assert_eq!(lines.len(), 36, "{lines:#?}");
        assert!(lines[33].contains("Linked devices"));
        assert_eq!(lines[34], "Code 2: 20 s left, 4 to come");
        for small in [(64, 36), (65, 35), (80, 24)] {
            let lines = face(small);
            assert!(lines[2].contains("too small"), "{lines:#?}");
            assert!(!lines.concat().contains('█'));
            assert!(lines.concat().contains("--phone"));
        }
    }

    #[test]
    fn a_code_to_type_is_large_where_there_is_room() {
        let typed = session(TYPE);
        let step = step(&typed, Way::Type { seen: true });
        let face = |size| face(&step, &typed, None, Ink::Plain, size);
        assert!(face((80, 24)).concat().contains('█'));
        let narrow = face((40, 24));
        assert!(!narrow.concat().contains('█'));
        assert!(narrow.iter().any(|line| line == "ABCD-1234"), "{narrow:#?}");
        assert!(
            narrow.iter().any(|line| line == "170 s left"),
            "{narrow:#?}"
        );
    }

    #[test]
    fn a_refused_scan_is_told_while_the_code_stands() {
        let mut scan = session(SCAN);
        scan.last_error = serde_json::from_str(
            r#"{"code":"pair_rejected","message":"signature-mismatch","ago_ms":1}"#,
        )
        .unwrap();
        let told = words(&step(&scan, Way::Scan), &scan).join("\n");
        assert!(told.contains("refused: signature-mismatch"), "{told}");
        scan.status = "working".into();
        scan.linked = true;
        let told = words(&step(&scan, Way::Scan), &scan).join("\n");
        assert!(!told.contains("refused"), "{told}");
    }
}
