//! The last step after all tests: looks for secrets in every log that any box left behind
//! ([`crate::record`]), at whatever level it logged.
//!
//! Two ways, because each finds what the other cannot: the very texts the tests knew (a QR, a code, a
//! token, a number), and shapes that no log may have, whoever wrote them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Logs that have to be there: fewer mean that the search looked in the wrong place.
const LOGS_MIN: usize = 30;

/// A secret that is at least so long is looked for in the logs of all tests; a shorter one (a code of
/// six digits) could stand in somebody else's log by chance, and is looked for in its own.
const LONG: usize = 10;

/// What the search saw.
#[derive(Debug)]
pub struct Searched {
    /// Logs.
    pub logs: usize,
    /// Their lines.
    pub lines: usize,
    /// Different texts that were looked for.
    pub secrets: usize,
    /// File, number of the line, and what is wrong with it, without the secret itself.
    pub found: Vec<String>,
}

/// Searches that folder.
///
/// # Errors
/// It cannot be read, or holds too little to be it.
pub fn search(folder: &Path) -> Result<Searched> {
    let mut logs = Vec::new();
    let mut everywhere = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "log") {
            let own = secrets_of(&path)?;
            everywhere.extend(own.iter().filter(|it| it.len() >= LONG).cloned());
            logs.push((path, own));
        }
    }
    ensure!(
        logs.len() >= LOGS_MIN,
        "{} holds {} logs: run the tests first",
        folder.display(),
        logs.len()
    );
    everywhere.sort();
    everywhere.dedup();
    ensure!(!everywhere.is_empty(), "no test told its secrets");
    let mut searched = Searched {
        logs: logs.len(),
        lines: 0,
        secrets: everywhere.len(),
        found: Vec::new(),
    };
    for (path, own) in &logs {
        let text = fs::read(path)?;
        let text = String::from_utf8_lossy(&text);
        for (at, line) in text.lines().enumerate() {
            searched.lines += 1;
            let known = everywhere
                .iter()
                .chain(own)
                .any(|it| line.contains(it.as_str()));
            let wrong = if known {
                Some("a secret of a test")
            } else {
                shape(line)
            };
            if let Some(wrong) = wrong {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                searched.found.push(format!("{file}:{}: {wrong}", at + 1));
            }
        }
    }
    Ok(searched)
}

fn secrets_of(log: &Path) -> Result<Vec<String>> {
    let file: PathBuf = log.with_extension("secrets");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// What no line may have, whatever the tests knew.
fn shape(line: &str) -> Option<&'static str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    for word in line.split(|c| !is_word(c)).filter(|word| !word.is_empty()) {
        let wrong = shape_of(word);
        if wrong.is_some() {
            return wrong;
        }
    }
    line.contains(" 2@").then_some("the beginning of a QR text")
}

fn shape_of(word: &str) -> Option<&'static str> {
    if word.starts_with("pbx_") && word.len() > 12 {
        return Some("a token");
    }
    let digits = word.trim_start_matches('+');
    // Longer ones are times in microseconds and the like; no number of a phone has more than 15.
    if (10..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("a number as long as a phone's");
    }
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    let mixed =
        has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    if word.len() >= 43 && mixed {
        return Some("as long and as mixed as a key");
    }
    // The alphabet of pairing codes has no 0, I, O and U.
    let letters = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";
    let code = |half: &str| {
        half.len() == 4
            && half.chars().all(|c| letters.contains(c))
            && half.chars().any(|c| c.is_ascii_uppercase())
    };
    let halves = word.split_once('-');
    if halves.is_some_and(|(first, second)| code(first) && code(second)) {
        return Some("a code to type");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_seen_and_plain_words_are_not() {
        for wrong in [
            "info: linked 15550001111",
            "debug: to 15550001111@s.whatsapp.net",
            "warn: ABCD-1E34 is the code",
            "info: token pbx_0123456789abcdef",
            "info: key q7Qab1/q7Qab1/q7Qab1/q7Qab1/q7Qab1/q7Qab1/q7Q=",
            "info: qr 2@x,y",
        ] {
            assert!(shape(wrong).is_some(), "{wrong}");
        }
        for fine in [
            "info: account 1: working → reconnecting",
            "info: page at http://127.0.0.1:45123/ (…1111)",
            "warn: I2C-1 is OPEN-LOOP at GPIO-17, 2026-11-21 12:00:00",
            "info: WhatsApp's current version is 2.3000.1023456789",
        ] {
            let word = fine.contains("1023456789");
            assert_eq!(shape(fine).is_some(), word, "{fine}");
        }
    }

    #[test]
    fn what_a_test_knew_is_found_in_its_log_and_in_others() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: String, text: &str| fs::write(folder.path().join(name), text).unwrap();
        for n in 0..LOGS_MIN {
            put(format!("t{n}.log"), "info: all is well\n");
            put(format!("t{n}.secrets"), "");
        }
        put("t1.secrets".into(), "a long secret\n482913\n");
        put(
            "t2.log".into(),
            "info: all is well\ninfo: a long secret\ninfo: 482913\n",
        );
        put("t1.log".into(), "info: 482913\n");
        let searched = search(folder.path()).unwrap();
        let mut found = searched.found;
        found.sort();
        assert_eq!(
            found,
            [
                "t1.log:1: a secret of a test",
                "t2.log:2: a secret of a test"
            ]
        );
        assert!(search(Path::new("/nowhere")).is_err());
    }
}
