//! `pairbox reset`: the box as it came. While the service runs its accounts are unlinked, so that the
//! phones forget the box; when it is stopped, everything it kept is removed. Two steps, because nobody
//! may take the files away under a service that writes them.

use std::fs;
use std::io::{self, BufRead, IsTerminal};
use std::path::Path;

use super::BackupError;
use super::place::{self, IDENTITY, Place};
use super::target::sync_folder;
use crate::args::backup::ResetOptions;
use crate::cli::Failure;
use crate::cli::client::Client;
use crate::cli::ink::printable;
use crate::cli::session::Overview;

/// The word to type.
const WORD: &str = "reset";

/// What the service and we make in the state directory, beside the store; all of theirs begin so. The
/// copy of the identity is first: it must not outlive the store, which would be made anew of it.
const OURS: [&str; 7] = [
    IDENTITY,
    "identity.",
    "pairbox.redb",
    "backup.part",
    "restore.part",
    "schema",
    "media",
];

/// Resets the box, as far as it can be done now.
///
/// # Errors
/// [`BackupError`]; doing it again goes on.
pub fn reset(options: &ResetOptions) -> Result<(), BackupError> {
    let place = Place::find(&options.whose)?;
    if let Some(socket) = place::service(&options.whose)? {
        confirmed(
            options.yes,
            "Every account is unlinked; its phone has to scan a code again.",
        )?;
        let untold = unlink(&Client::new(socket))?;
        return Err(BackupError::StillRunning { untold });
    }
    let held = place.hold();
    let held = held.map_err(|error| BackupError::io(place.database(), error))?;
    let _held = held.ok_or(BackupError::Running)?;
    confirmed(
        options.yes,
        &format!(
            "Everything in {} is removed: accounts, messages, tokens, settings of the page.",
            place.folder().display()
        ),
    )?;
    let removed = remove_all(place.folder());
    removed.map_err(|error| BackupError::io(place.folder(), error))?;
    println!(
        "The box is as it came; its configuration file stays. Phones that were not told still list it \
         under Linked devices: remove it there.\nStart the service: systemctl start pairbox"
    );
    Ok(())
}

/// Unlinks every account that is linked; the labels of those of which WhatsApp could not be told.
fn unlink(client: &Client) -> Result<Vec<String>, Failure> {
    let overview: Overview = client.get("/api/v1/status")?.read()?;
    let mut untold = Vec::new();
    for session in overview.sessions.iter().filter(|session| session.linked) {
        let online = session.status == "working";
        let path = format!("/api/v1/sessions/{}/logout", session.id);
        let label = printable(&session.label);
        match client.post(&path, None) {
            Ok(_) if online => println!("{label} is unlinked."),
            Ok(_) => untold.push(label),
            // One account that cannot be unlinked keeps no other one.
            Err(error) => {
                eprintln!("pairbox: {label}: {error}");
                untold.push(label);
            }
        }
    }
    Ok(untold)
}

/// Removes what is ours, and nothing else: a state directory that was set to somewhere else by mistake
/// keeps what is there.
///
/// # Errors
/// The file system refuses; what could be removed is.
fn remove_all(folder: &Path) -> io::Result<()> {
    for ours in OURS {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if !is_ours(&entry.file_name().to_string_lossy(), ours) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
    }
    sync_folder(&folder.join(WORD))
}

/// Whether a name is one of those that `ours` stands for.
fn is_ours(name: &str, ours: &str) -> bool {
    match ours {
        "schema" | "media" => name == ours,
        _ => name.starts_with(ours),
    }
}

/// Has the word typed, unless it is meant already.
fn confirmed(yes: bool, what: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let input = io::stdin();
    if !(input.is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::Unconfirmed);
    }
    eprint!("{what}\nThis cannot be undone. Type `{WORD}` if it is meant: ");
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    if answer.trim() == WORD {
        Ok(())
    } else {
        Err(Failure::Declined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let ours = [
            "pairbox.redb",
            "pairbox.redb.before-restore",
            "pairbox.redb.damaged-1",
            "identity.redb",
            "identity.redb.new",
            "restore.part",
            "schema",
        ];
        let others = ["notes.txt", "schema.sql", "media.zip", "pairbox.toml"];
        for name in ours.iter().chain(&others) {
            fs::write(at(name), "x").unwrap();
        }
        fs::create_dir_all(at("media/spool")).unwrap();
        fs::create_dir(at("photos")).unwrap();
        remove_all(folder.path()).unwrap();
        let left = fs::read_dir(folder.path()).unwrap();
        let mut left: Vec<_> = left
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(
            left,
            [
                "media.zip",
                "notes.txt",
                "pairbox.toml",
                "photos",
                "schema.sql"
            ]
        );
        remove_all(&at("not-there")).unwrap();
    }
}
