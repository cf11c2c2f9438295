//! Backup, restore and reset, with the real program.
//!
//! `moved` is the whole way: a box under traffic is backed up, its twin goes on from the backup without a
//! scan and reads and writes what comes next. `failing` is everything that must change nothing: wrong
//! passphrases, damaged files, full disks, a service that runs, a power cut at each step. `reset` takes a
//! box back to how it came.

mod failing;
mod moved;
mod reset;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use pairbox::store::Store;
use tempfile::TempDir;

/// The passphrase of all backups here. It must be in no log and in no list of processes.
const PASSPHRASE: &str = "tangerine-harbour-1977";

/// How a run of the program went.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// It ended well; what it printed.
    fn done(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }
}

/// The program with these arguments, and nothing around it that says where a box is.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pairbox"));
    command
        .args(arguments)
        .env_remove("PAIRBOX_SOCKET")
        .env_remove("RUNTIME_DIRECTORY")
        .env_remove("STATE_DIRECTORY")
        .stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Ran {
    Ran::of(program(arguments).output().unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn block_on<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(what)
}

/// A folder with a box that does not run, and a file with the passphrase.
struct Still {
    folder: TempDir,
}

impl Still {
    /// A box whose first account has that name.
    fn named(label: &str) -> Self {
        let still = Self::empty();
        block_on(async {
            let store = Store::open(&still.database()).unwrap();
            store.ensure_first_account(label).await.unwrap();
            store.close().await;
        });
        still
    }

    /// A box that never ran.
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("passphrase"), PASSPHRASE).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn state(&self) -> PathBuf {
        self.path("state")
    }

    fn database(&self) -> PathBuf {
        self.path("state/pairbox.redb")
    }

    /// The name of its first account.
    fn label(&self) -> String {
        label(&self.database())
    }

    /// The program, told of this box and of the passphrase.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = program(words);
        command
            .args(["--state-dir", text(&self.state())])
            .args(["--passphrase-file", text(&self.path("passphrase"))]);
        command
    }

    fn run(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).output().unwrap())
    }

    /// A backup of it.
    fn backed_up(&self) -> PathBuf {
        let file = self.path("box.age");
        self.run(&["backup", text(&file)]).done();
        file
    }

    /// What is in the state directory.
    fn files(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.state()) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

/// The name of the first account of a store; all of the store is checked on the way.
fn label(database: &Path) -> String {
    block_on(async {
        let store = Store::open(database).unwrap();
        let label = store.accounts().unwrap()[0].record.label.clone();
        store.close().await;
        label
    })
}
