//! The socket between the front and `tiny_http`, and what is said on it beside HTTP.
//!
//! It has no name: it is made in a folder only we may enter, and folder and name are gone before
//! anything is served. We reach it through our own descriptor of it (`/proc/self/fd`), and nobody else
//! can. A name in the abstract namespace would be open to every program of the machine, and
//! `tiny_http` panics when it drops a socket without a path.
//!
//! In case somebody finds a way all the same, every request carries a secret of this run.

use std::fs::DirBuilder;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::Door;
use crate::config::StateEnvironment;
use crate::secret::Secret;

/// The header that tells the workers which door a request came through. One that a client sent never
/// comes this far.
pub(in crate::web) const DOOR_HEADER: &str = "X-Pairbox-Door";

/// The header that tells the front that an answer goes on for as long as somebody listens.
pub(in crate::web) const STREAM_HEADER: &str = "X-Pairbox-Stream";

/// The header that tells the workers of a file that came with a request and lies in the spool folder.
pub(in crate::web) const UPLOAD_HEADER: &str = "X-Pairbox-Upload";

/// The way to the workers.
#[derive(Clone, Debug)]
pub(in crate::web) struct Inner {
    /// Keeps the socket in existence.
    _socket: std::sync::Arc<OwnedFd>,
    path: PathBuf,
    secret: Secret,
}

/// Through which door a request came, and the number of its connection there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::web) struct Origin {
    pub door: Door,
    pub connection: u64,
}

impl Inner {
    /// Makes the socket in the first folder that takes one: the service's own, or one in memory. Nothing is
    /// written to a disk that may be full or read-only.
    pub fn make() -> io::Result<(Self, UnixListener)> {
        let own = StateEnvironment::of_process().runtime_directory;
        let others = ["/dev/shm".into(), "/run".into(), std::env::temp_dir()];
        let folders = own.into_iter().chain(others);
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for folder in folders {
            match Self::make_in(&folder) {
                Ok(made) => return Ok(made),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn make_in(folder: &Path) -> io::Result<(Self, UnixListener)> {
        let name = chance_hex()?;
        let private = folder.join(format!("pairbox-{name}"));
        DirBuilder::new().mode(0o700).create(&private)?;
        let path = private.join(&name);
        let made = UnixListener::bind(&path).and_then(|listener| {
            let socket = rustix::fs::open(&path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
            Ok((listener, socket))
        });
        // Best effort: an empty folder is no harm.
        let _ = std::fs::remove_file(&path);
        let _ = std::fs::remove_dir(&private);
        let (listener, socket) = made?;
        let inner = Self {
            path: format!("/proc/self/fd/{}", socket.as_raw_fd()).into(),
            _socket: std::sync::Arc::new(socket),
            secret: Secret::new(chance_hex()?),
        };
        Ok((inner, listener))
    }

    /// Where to connect.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What [`DOOR_HEADER`] says for a request of that origin.
    pub fn pass(&self, origin: Origin) -> String {
        let Origin { door, connection } = origin;
        format!("{} {} {connection}", self.secret.expose(), door.word())
    }

    /// What [`UPLOAD_HEADER`] says of a file: its name within the spool folder, and its size in bytes.
    pub fn told_of(&self, file: &str, size: u64) -> String {
        format!("{} {size} {file}", self.secret.expose())
    }

    /// The file, if the words are ours.
    pub fn upload(&self, words: &str) -> Option<(String, u64)> {
        let mut words = words.split(' ');
        let ours = words
            .next()
            .is_some_and(|word| word == self.secret.expose());
        let size = words.next()?.parse().ok()?;
        let file = words.next()?.to_owned();
        ours.then_some((file, size))
    }

    /// The origin, if the words are ours.
    pub fn origin(&self, pass: &str) -> Option<Origin> {
        let mut words = pass.split(' ');
        let ours = words
            .next()
            .is_some_and(|word| word == self.secret.expose());
        let door = words.next().and_then(Door::of_word)?;
        let connection = words.next()?.parse().ok()?;
        ours.then_some(Origin { door, connection })
    }
}

/// 128 bits by chance, in hex.
fn chance_hex() -> io::Result<String> {
    chance().map(|chance| format!("{chance:032x}"))
}

/// 128 bits by chance.
pub(in crate::web) fn chance() -> io::Result<u128> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(u128::from_ne_bytes(bytes))
}

/// The files this process may have open.
pub(super) fn open_files() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn the_socket_has_no_name_and_is_reached_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, listener) = Inner::make_in(folder.path()).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        let _client = UnixStream::connect(inner.path()).unwrap();
        listener.accept().unwrap();
        let gone = listener.local_addr().unwrap();
        assert!(UnixStream::connect(gone.as_pathname().unwrap()).is_err());
    }

    #[test]
    fn only_our_own_words_open() {
        let (inner, _listener) = Inner::make().unwrap();
        let (other, _other) = Inner::make().unwrap();
        let origin = Origin {
            door: Door::Control,
            connection: 7,
        };
        assert_eq!(inner.origin(&inner.pass(origin)), Some(origin));
        assert_eq!(inner.origin(&other.pass(origin)), None);
        for forged in ["", "control 7", " control 7"] {
            assert_eq!(inner.origin(forged), None);
        }
        assert!(!format!("{inner:?}").contains(inner.secret.expose()));
    }
}
