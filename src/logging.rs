//! The log: plain lines on standard error, with nothing secret in them.
//!
//! Our own lines are written with care (numbers as `…1234`, secrets behind [`crate::secret::Secret`]),
//! but libraries are not: whatsapp-rust prints numbers at `debug` and pairing codes at `info`.
//! So libraries are held at `warn` whatever is asked for, and every line passes [`scrub`].

use std::io::Write;

use log::LevelFilter;

/// Installs the logger. Called once, by `main`; a second call changes nothing.
pub fn start(level: LevelFilter) {
    let started = builder(level).try_init();
    // Already installed (tests start several): the first one stands.
    drop(started);
}

/// Ours from `level` on, libraries from `warn` on.
fn builder(level: LevelFilter) -> env_logger::Builder {
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(level.min(LevelFilter::Warn))
        .filter_module("pairbox", level)
        .format(|out, record| {
            let line = format!(
                "{}: {}",
                record.level().as_str().to_lowercase(),
                record.args()
            );
            writeln!(out, "{}", scrub(&line))
        });
    builder
}

/// Digits in a row that may be a phone number: shown by their last four.
const NUMBER_MIN: usize = 7;

/// Base64 characters in a row that may be a key or a QR text: not shown.
const KEY_MIN: usize = 40;

/// Letters a URL's path may have: longer ones are those of files, whose names and tokens open them.
const PATH_MAX: usize = 24;

/// `line` with phone numbers cut to their last four digits, and keys and the paths of URLs cut out.
///
/// A run of seven digits or more counts as a number unless letters touch it; forty characters of
/// base64 in a row count as a key. Of a URL with a long path, or a query, the host remains.
#[must_use]
pub fn scrub(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut run = String::new();
    for c in without_paths(line).chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=') {
            run.push(c);
        } else {
            push_run(&mut out, &run);
            run.clear();
            out.push(c);
        }
    }
    push_run(&mut out, &run);
    out
}

fn without_paths(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, url) = rest.split_at(at + 3);
        out.push_str(before);
        let ends = |c: char| c.is_whitespace() || "\"'<>()".contains(c);
        let (url, behind) = url.split_at(url.find(ends).unwrap_or(url.len()));
        let (host, path) = url.split_once('/').unwrap_or((url, ""));
        // Before an `@` stand a name and a password.
        out.push_str(host.rsplit_once('@').map_or(host, |(_, host)| host));
        if path.len() > PATH_MAX || path.contains('?') {
            out.push_str("/…");
        } else {
            out.push_str(&url[host.len()..]);
        }
        rest = behind;
    }
    out + rest
}

fn push_run(out: &mut String, run: &str) {
    let digits = run.trim_start_matches('+');
    if digits.len() >= NUMBER_MIN && digits.bytes().all(|b| b.is_ascii_digit()) {
        out.push('…');
        // ASCII digits only: any cut is on a boundary.
        out.push_str(&digits[digits.len() - 4..]);
    } else if run.len() >= KEY_MIN && looks_random(run) {
        out.push_str("[key]");
    } else {
        out.push_str(run);
    }
}

/// Tells a key from a long path: a key of this length has capitals, small letters and digits.
fn looks_random(run: &str) -> bool {
    let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use log::{Level, Record};

    use super::*;

    #[test]
    fn a_code_that_the_library_prints_is_printed_at_no_level() {
        for level in LevelFilter::iter() {
            let logger = builder(level).build();
            // As whatsapp-rust 0.7.0 does (pair_code.rs), and as it might do elsewhere.
            for target in ["Client/PairCode", "whatsapp_rust::bot", "wacore::pair_code"] {
                for at in [Level::Info, Level::Debug, Level::Trace] {
                    let record = Record::builder().target(target).level(at).build();
                    assert!(!logger.matches(&record), "{target} at {at} with {level}");
                }
            }
            let ours = Record::builder()
                .target("pairbox::whatsapp::link")
                .level(Level::Info)
                .build();
            assert_eq!(logger.matches(&ours), level >= LevelFilter::Info);
        }
    }

    #[test]
    fn numbers_keep_four_digits() {
        assert_eq!(
            scrub("to 15550001111:3@s.whatsapp.net"),
            "to …1111:3@s.whatsapp.net"
        );
        assert_eq!(scrub("call +4917012345678!"), "call …5678!");
        assert_eq!(scrub("port 65535, 2026-11-21"), "port 65535, 2026-11-21");
    }

    #[test]
    fn keys_are_cut_out() {
        let qr = format!("qr 2@{},{}=,x", "Ab1/".repeat(25), "q7Q".repeat(15));
        assert_eq!(scrub(&qr), "qr 2@[key],[key],x");
    }

    #[test]
    fn of_the_url_of_a_file_the_host_remains() {
        let file = "https://mmg.whatsapp.net/v/t62.7118-24/sWzHQ1-_M?auth=FxF46oI0dGQU&token=q-7_Q";
        let line = format!("warn: failed at {file}: gone (http://a:b@box:1/x?y=z), {file}");
        assert_eq!(
            scrub(&line),
            "warn: failed at https://mmg.whatsapp.net/… gone (http://box:1/…), \
             https://mmg.whatsapp.net/…"
        );
    }

    #[test]
    fn ordinary_lines_stay() {
        let path = "/home/somebody/with/a/long/name/state/pairbox/store";
        assert_eq!(scrub(path), path);
        let line = "info: page at http://127.0.0.1:8080/ (…1111), état élevé";
        assert_eq!(scrub(line), line);
    }
}
