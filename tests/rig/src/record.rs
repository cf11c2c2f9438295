//! What is kept of a box's runs: every line it logged, and beside it the texts that must not be in it.
//!
//! A file for each run, `<name>-<pid>.log`, and a `.secrets` of the same name with one text a line, in
//! `target/logs`: when all tests are through, one search looks for all secrets in all logs.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};

/// The record of one bench. Cheap to clone; all clones are the same.
#[derive(Clone, Debug)]
pub struct Record {
    name: String,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default, Debug)]
struct Kept {
    secrets: Vec<String>,
    /// The files that hold them: one for each run so far.
    files: Vec<PathBuf>,
}

/// Where the logs of all tests end up.
#[must_use]
pub fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    target.unwrap_or(beside).join("logs")
}

impl Record {
    /// Under that name: letters, digits, dots, dashes; anything else becomes a dash.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let tame = |c: char| {
            if c.is_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        };
        Self {
            name: name.replace("::", ".").chars().map(tame).collect(),
            kept: Arc::default(),
        }
    }

    /// Under the name of the test that runs on this thread, or of the program where none does.
    #[must_use]
    pub fn of_this_test() -> Self {
        let thread = std::thread::current();
        match thread.name() {
            Some(name) if name != "main" => Self::new(name),
            _ => Self::new("bench"),
        }
    }

    /// A text that must not be in any log of this bench, in earlier lines neither. It is one line:
    /// the lines of a longer one are kept one by one.
    pub fn secret(&self, text: &str) {
        let mut kept = self.kept();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if !kept.secrets.iter().any(|secret| secret == line) {
                kept.secrets.push(line.to_owned());
                for file in &kept.files {
                    // The folder was there when the run began; whoever removes it loses the record.
                    let _ = append(file, line);
                }
            }
        }
    }

    /// The text of a QR, and each of its keys: the reference and the client's kind are none.
    pub fn secret_qr(&self, text: &str) {
        self.secret(text);
        for part in text.split(',').skip(1).take(3) {
            self.secret(part);
        }
    }

    /// All of them so far.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.kept().secrets.clone()
    }

    /// Opens the log of a run, and puts down what is secret already.
    pub(crate) fn open(&self, process: u32) -> Result<File> {
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let log = folder.join(format!("{}-{process}.log", self.name));
        let secrets = log.with_extension("secrets");
        let mut kept = self.kept();
        let mut text = kept.secrets.join("\n");
        text.extend((!text.is_empty()).then_some('\n'));
        fs::write(&secrets, text)?;
        kept.files.push(secrets);
        File::create(&log).with_context(|| log.display().to_string())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn append(file: &Path, line: &str) -> std::io::Result<()> {
    let mut file = File::options().append(true).open(file)?;
    writeln!(file, "{line}")
}
