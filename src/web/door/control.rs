//! The control socket: a file whose permissions say who administers the box.
//!
//! Mode 0660, so that its owner and its group can open it; the group is `pairbox` where there is one
//! and we may give it away, else our own. A leftover of a run that was cut off is replaced; one that
//! answers belongs to a service that runs.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::Gid;
use thiserror::Error;

/// Who may open the socket.
const MODE: u32 = 0o660;

/// The group that may, where it exists.
const GROUP: &str = "pairbox";

/// Why there is no control socket.
#[derive(Debug, Error)]
pub enum ControlError {
    /// Somebody answers there.
    #[error("the control socket {} is in use: another pairbox runs already ([http] control)", .0.display())]
    InUse(PathBuf),
    /// Something else is there.
    #[error("{} is in the way of the control socket and is none ([http] control)", .0.display())]
    NotASocket(PathBuf),
    /// Anything else.
    #[error("the control socket {path} cannot be made ([http] control): {error}", path = .0.display(), error = .1)]
    Other(PathBuf, io::Error),
}

/// A control socket that is bound and not served yet.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Takes the path.
    ///
    /// # Errors
    /// [`ControlError`], which names the path.
    pub fn bind(path: &Path) -> Result<Self, ControlError> {
        let other = |error| ControlError::Other(path.to_owned(), error);
        match fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => {
                return Err(ControlError::NotASocket(path.to_owned()));
            }
            Ok(_) => match UnixStream::connect(path) {
                Ok(_) => return Err(ControlError::InUse(path.to_owned())),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    fs::remove_file(path).map_err(other)?;
                }
                Err(error) => return Err(other(error)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(other(error)),
        }
        let listener = UnixListener::bind(path).map_err(other)?;
        if let Some(group) = group_id(GROUP)
            // Under the unit it has it already, and the unit's filter of system calls refuses to give
            // away anything at all.
            && fs::metadata(path).map_err(other)?.gid() != group.as_raw()
            && let Err(error) = rustix::fs::chown(path, None, Some(group))
        {
            log::warn!("the group {GROUP} cannot be given the control socket: {error}");
        }
        fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(other)?;
        Ok(Self {
            listener,
            path: path.to_owned(),
        })
    }

    /// The socket on the runtime that was entered, and its path.
    pub(super) fn into_tokio(self) -> io::Result<(tokio::net::UnixListener, PathBuf)> {
        self.listener.set_nonblocking(true)?;
        let listener = tokio::net::UnixListener::from_std(self.listener)?;
        Ok((listener, self.path))
    }
}

/// The number of a group of this machine.
fn group_id(name: &str) -> Option<Gid> {
    group_in(&fs::read_to_string("/etc/group").ok()?, name)
}

fn group_in(groups: &str, name: &str) -> Option<Gid> {
    let mut lines = groups.lines().map(|line| line.split(':'));
    let mut fields = lines.find(|fields| fields.clone().next() == Some(name))?;
    fields.nth(2)?.parse().ok().map(Gid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leftover_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        drop(ControlSocket::bind(&path).unwrap());
        assert!(path.exists(), "dropped like in a power cut");
        let living = ControlSocket::bind(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        let error = ControlSocket::bind(&path).unwrap_err();
        assert!(matches!(error, ControlError::InUse(_)), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()));
        drop(living);
    }

    #[test]
    fn what_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("precious");
        fs::write(&path, "data").unwrap();
        let error = ControlSocket::bind(&path).unwrap_err();
        assert!(matches!(error, ControlError::NotASocket(_)), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "data");
    }

    #[test]
    fn a_group_is_found_by_its_whole_name() {
        let groups = "root:x:0:\npairboxer:x:7:\npairbox:x:123:kim,lee\n";
        assert_eq!(group_in(groups, "pairbox"), Some(Gid::from_raw(123)));
        assert_eq!(group_in(groups, "pair"), None);
    }
}
