//! Rules about the source tree itself: sizes, first lines, and what the pure modules may import.
//!
//! Each rule is a function from a file's text to a complaint, tested on a bad example of its own, so
//! that a rule that stops biting is noticed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines a file may have. Past it a room wants a wall.
const LINES_MAX: usize = 500;

/// Pure files and folders: time, chance and the world come in as arguments.
const PURE: &[&str] = &[
    "src/account.rs",
    "src/board/header.rs",
    "src/board/rules.rs",
    "src/check.rs",
    "src/cli/account.rs",
    "src/cli/ink.rs",
    "src/cli/pair/step.rs",
    "src/cli/picture.rs",
    "src/cli/session.rs",
    "src/cli/show.rs",
    "src/event.rs",
    "src/event/",
    "src/fault.rs",
    "src/journal/happening.rs",
    "src/limits.rs",
    "src/limits/",
    "src/limits/",
    "src/machine.rs",
    "src/machine/",
    "src/message.rs",
    "src/message/",
    "src/metrics/exposition.rs",
    "src/metrics/press.rs",
    "src/snapshot.rs",
    "src/time.rs",
    "src/token.rs",
    "src/ulid.rs",
    "src/view.rs",
    "src/view/",
    "src/web/fields.rs",
    "src/web/openapi.rs",
    "src/web/problem.rs",
    "src/web/problem/",
    "src/web/door/chunks.rs",
    "src/web/door/head.rs",
    "src/web/route.rs",
    "src/web/route/",
    "src/web/status.rs",
    "src/web/status/",
    "src/whatsapp/compose.rs",
    "src/whatsapp/content.rs",
    "src/whatsapp/content/",
    "src/whatsapp/inbound.rs",
    "src/whatsapp/people.rs",
    "src/whatsapp/receipt.rs",
    "src/whatsapp/translate.rs",
    "src/whatsapp/unread.rs",
];

/// What no pure file may name.
const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "std::io",
    "std::net",
    "std::thread",
    "std::process",
    "std::env",
    "std::sync::Mutex",
    "Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "rand::",
    "getrandom",
    "log::",
    "redb",
    "rppal",
    "ssd1306",
    "linux_embedded_hal",
    "embedded_hal",
    "tiny_http",
    "crate::clock",
    "crate::store",
    "crate::panel",
];

/// Names that say nothing about what may be put there.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "manager", "misc",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("src"), root().join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with("node_modules") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 20, "the tree was not found");
    files
}

fn too_long(text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LINES_MAX).then(|| format!("has {lines} lines; {LINES_MAX} is the most"))
}

fn without_opening(text: &str) -> Option<String> {
    (!text.starts_with("//! "))
        .then(|| "does not open with `//!` lines that say what belongs there".to_owned())
}

fn nameless(path: &str) -> Option<String> {
    let stem = Path::new(path).file_stem()?.to_str()?;
    let folders = Path::new(path).parent()?.components();
    let folders = folders.filter_map(|part| part.as_os_str().to_str());
    folders
        .chain([stem])
        .find(|part| EMPTY_NAMES.contains(part))
        .map(|part| format!("`{part}` says nothing about what may be put there"))
}

/// Comments, and the tests at the end of a file, may speak of anything.
fn impure(text: &str) -> Option<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    code.lines().enumerate().find_map(|(at, line)| {
        let line = line.split("//").next().unwrap_or(line);
        let word = IMPURE.iter().find(|word| names(line, word))?;
        Some(format!("line {}: `{word}` in a pure file", at + 1))
    })
}

/// Whether a word begins there: `errand::` is not `rand::`.
fn names(line: &str, word: &str) -> bool {
    let goes_on = |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    line.match_indices(word)
        .any(|(at, _)| !goes_on(&line[..at]))
}

fn complaints(rule: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    rust_files()
        .iter()
        .filter_map(|(path, text)| rule(path, text).map(|why| format!("{path} {why}")))
        .collect()
}

#[test]
fn no_file_is_too_long() {
    assert!(too_long(&"x\n".repeat(LINES_MAX + 1)).is_some());
    assert_eq!(complaints(|_, text| too_long(text)), Vec::<String>::new());
}

#[test]
fn every_file_says_what_belongs_in_it() {
    assert!(without_opening("use std::fs;\n").is_some());
    assert_eq!(
        complaints(|_, text| without_opening(text)),
        Vec::<String>::new()
    );
}

#[test]
fn every_name_says_something() {
    assert!(nameless("src/web/utils.rs").is_some());
    assert!(nameless("src/common/x.rs").is_some());
    assert_eq!(complaints(|path, _| nameless(path)), Vec::<String>::new());
}

#[test]
fn the_pure_modules_are_pure() {
    assert!(impure("use std::time::Instant;").is_some());
    assert!(impure("// Instant is not used here\n").is_none());
    assert!(impure("Errand::List").is_none() && impure("let n = rand::random();").is_some());
    let pure = |path: &str| PURE.iter().any(|pure| path.starts_with(pure));
    let found = rust_files().iter().filter(|(path, _)| pure(path)).count();
    assert!(
        found > 10,
        "the list of pure files matches only {found} files"
    );
    assert_eq!(
        complaints(|path, text| if pure(path) { impure(text) } else { None }),
        Vec::<String>::new()
    );
}

/// The certificate check can be compiled out for tests. Nothing that is shipped may have that: the
/// feature must be unreachable from the package's ordinary dependencies.
#[test]
fn no_release_skips_the_certificate_chain() {
    let features = |edges: &str| {
        let tree = Command::new(env!("CARGO"))
            .current_dir(root())
            .args([
                "tree",
                "--offline",
                "--locked",
                "-p",
                "pairbox",
                "-e",
                edges,
            ])
            .output()
            .unwrap();
        assert!(
            tree.status.success(),
            "{}",
            String::from_utf8_lossy(&tree.stderr)
        );
        String::from_utf8(tree.stdout).unwrap()
    };
    let shipped = features("features,normal,build");
    assert!(
        shipped.contains("whatsapp-rust"),
        "the tree is not what was expected"
    );
    assert!(
        !shipped.contains("danger"),
        "a danger feature is on in ordinary builds"
    );
    assert!(
        !shipped.contains("pairbox feature \"bench\""),
        "the bench feature is on by default"
    );
    // The same question asked about the tests must say yes, or the check is blind.
    assert!(features("features,normal,dev").contains("danger-skip-cert-chain-verify"));
}

/// Paths of somebody's machine have no place in the tree.
#[test]
fn the_tree_names_no_machine() {
    let private = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/fa", "rm/"),
    ];
    let named = complaints(|_, text| {
        private
            .iter()
            .find(|path| text.contains(**path))
            .map(|path| format!("names {path}"))
    });
    assert_eq!(named, Vec::<String>::new());
}
