//! The root of trust that is pinned in the shipped program, exchanged for the simulated service's.
//!
//! The check itself stays on: the program verifies the simulated service's chain of certificates with
//! the code that verifies the real one's, against another 32 bytes. Here this is done in a copy of the
//! program's file, for programs that do not run as processes of this machine's kind; the board that does
//! not exist (`tests/fakeboard`) does it in the memory of a running one.

use std::fs;
use std::io;
use std::path::Path;

/// What to look for, and what to put in its place.
#[derive(Clone, Copy, Debug)]
pub struct Swap {
    /// The public key that was built in.
    pub built_in: [u8; 32],
    /// The one to trust instead.
    pub instead: [u8; 32],
}

/// Why a program trusts what it did before.
#[derive(Debug, thiserror::Error)]
pub enum NotSwapped {
    /// The file, or the memory of the process, cannot be looked at or written.
    #[error("{0}")]
    Unreadable(String),
    /// The compiler may have split the constant.
    #[error("the built-in key is not in the program's constants; was it built differently?")]
    NotFound,
    /// More than one place: which one is used cannot be known.
    #[error("the built-in key is in the program's constants {0} times")]
    Ambiguous(usize),
}

impl Swap {
    /// From WhatsApp's own root to this one, such as a simulated service's.
    #[must_use]
    pub fn towards(instead: [u8; 32]) -> Self {
        Self {
            built_in: wacore_noise::WA_CERT_PUB_KEY,
            instead,
        }
    }

    /// Where in these bytes the built-in key begins.
    pub fn places(&self, bytes: &[u8]) -> impl Iterator<Item = usize> {
        let windows = bytes.windows(self.built_in.len()).enumerate();
        windows.filter_map(|(at, window)| (window == self.built_in).then_some(at))
    }
}

/// The one place that was found.
pub fn only<T: Copy>(places: &[T]) -> Result<T, NotSwapped> {
    match *places {
        [place] => Ok(place),
        [] => Err(NotSwapped::NotFound),
        _ => Err(NotSwapped::Ambiguous(places.len())),
    }
}

/// Writes a copy of `program` to `out` that trusts the other root; with the rights of the original, so
/// that it can be run. The copy has the same size, and differs in nothing else.
pub fn swap_in_file(program: &Path, swap: &Swap, out: &Path) -> Result<(), NotSwapped> {
    let failed = |path: &Path, error: io::Error| {
        NotSwapped::Unreadable(format!("{}: {error}", path.display()))
    };
    let mut bytes = fs::read(program).map_err(|error| failed(program, error))?;
    let places: Vec<usize> = swap.places(&bytes).collect();
    let at = only(&places)?;
    bytes[at..at + swap.instead.len()].copy_from_slice(&swap.instead);
    let rights = fs::metadata(program).map_err(|error| failed(program, error))?;
    fs::write(out, bytes).map_err(|error| failed(out, error))?;
    fs::set_permissions(out, rights.permissions()).map_err(|error| failed(out, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    const SWAP: Swap = Swap {
        built_in: [7; 32],
        instead: [9; 32],
    };

    /// A program that has the key in it so many times.
    fn program(folder: &Path, times: usize) -> PathBuf {
        let mut bytes = b"\x7fELF".to_vec();
        for _ in 0..times {
            bytes.extend([7; 32]);
            bytes.extend(b"between");
        }
        let path = folder.join("program");
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn the_copy_differs_in_the_key_alone_and_can_be_run() {
        let folder = tempfile::tempdir().unwrap();
        let (program, out) = (program(folder.path(), 1), folder.path().join("out"));
        swap_in_file(&program, &SWAP, &out).unwrap();
        let mut wanted = fs::read(&program).unwrap();
        wanted[4..36].fill(9);
        assert_eq!(fs::read(&out).unwrap(), wanted);
        let mode = fs::metadata(&out).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }

    #[test]
    fn a_key_that_is_not_there_once_leaves_no_copy() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let twice = swap_in_file(&program(folder.path(), 2), &SWAP, &out);
        assert!(matches!(twice, Err(NotSwapped::Ambiguous(2))), "{twice:?}");
        let never = swap_in_file(&program(folder.path(), 0), &SWAP, &out);
        assert!(matches!(never, Err(NotSwapped::NotFound)), "{never:?}");
        assert!(!out.exists());
    }

    #[test]
    fn an_error_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("absent");
        let error = swap_in_file(&absent, &SWAP, &folder.path().join("out")).unwrap_err();
        assert!(error.to_string().contains("absent"), "{error}");
    }
}
