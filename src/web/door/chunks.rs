//! The chunked encoding (RFC 9112, 7.1), read as strictly as it is written: sizes in plain hex, no
//! extensions, no trailers, CRLF everywhere. Pure.
//!
//! Browsers and the common clients send it like this. Extensions and trailers mean nothing here, and
//! readers that disagree about them are how requests are smuggled.

use super::head::{bad, too_long};
use crate::limits::HTTP_BODY_MAX;
use crate::web::problem::Problem;

/// Hex digits of a size: more than [`HTTP_BODY_MAX`] needs.
const DIGITS_MAX: usize = 8;

/// A body in the making.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Chunks {
    pub body: Vec<u8>,
}

/// What the bytes so far tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// The body is whole; so many of the bytes were used.
    Whole(usize),
    /// More is needed; so many were used.
    More(usize),
}

impl Chunks {
    /// Takes whole chunks from the start of `bytes`. What is not used has to come again, with more.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Progress, Problem> {
        let mut used = 0;
        loop {
            let rest = &bytes[used..];
            let Some(line) = rest.iter().position(|byte| *byte == b'\n') else {
                // A size and its CR.
                return if rest.len() <= DIGITS_MAX + 1 {
                    Ok(Progress::More(used))
                } else {
                    Err(malformed())
                };
            };
            let size = size(&rest[..line])?;
            if self.body.len() + size > HTTP_BODY_MAX {
                return Err(too_long());
            }
            let start = line + 1;
            let Some(chunk) = rest.get(start..start + size + 2) else {
                return Ok(Progress::More(used));
            };
            let (data, ending) = chunk.split_at(size);
            if ending != b"\r\n" {
                return Err(malformed());
            }
            used += start + size + 2;
            if size == 0 {
                return Ok(Progress::Whole(used));
            }
            self.body.extend_from_slice(data);
        }
    }
}

/// The same for a body that is used as it comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Flow {
    /// A size is to come.
    #[default]
    Size,
    /// So many bytes of a chunk are.
    Data(usize),
    /// The line's end after a chunk is.
    Ending,
    /// The line's end after the last one is.
    Last,
}

/// What the first of the bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// So many are the body's.
    Data(usize),
    /// So many are between.
    Between(usize),
    /// So many are the end.
    End(usize),
    /// That cannot be told without more.
    More,
}

impl Flow {
    /// Tells what comes first in `bytes`, which has to be taken away then.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Piece, Problem> {
        match *self {
            Self::Size => match bytes.iter().position(|byte| *byte == b'\n') {
                None if bytes.len() <= DIGITS_MAX + 1 => Ok(Piece::More),
                None => Err(malformed()),
                Some(line) => {
                    *self = match size(&bytes[..line])? {
                        0 => Self::Last,
                        size => Self::Data(size),
                    };
                    Ok(Piece::Between(line + 1))
                }
            },
            Self::Data(_) if bytes.is_empty() => Ok(Piece::More),
            Self::Data(left) => {
                let length = left.min(bytes.len());
                *self = match left - length {
                    0 => Self::Ending,
                    left => Self::Data(left),
                };
                Ok(Piece::Data(length))
            }
            Self::Ending | Self::Last => match bytes {
                [b'\r', b'\n', ..] if *self == Self::Last => Ok(Piece::End(2)),
                [b'\r', b'\n', ..] => {
                    *self = Self::Size;
                    Ok(Piece::Between(2))
                }
                [] | [b'\r'] => Ok(Piece::More),
                _ => Err(malformed()),
            },
        }
    }
}

fn size(line: &[u8]) -> Result<usize, Problem> {
    let digits = line.strip_suffix(b"\r").ok_or_else(malformed)?;
    let plain =
        (1..=DIGITS_MAX).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| plain);
    let size = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let size = size.ok_or_else(malformed)?;
    usize::try_from(size).map_err(|_| too_long())
}

fn malformed() -> Problem {
    bad("The chunks of the body are malformed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together_however_they_come() {
        let wire = b"4\r\nWiki\r\n5\r\npedia\r\nB\r\n in\r\nchunks\r\n0\r\n\r\nnext";
        for step in 1..wire.len() {
            let (mut chunks, mut waiting, mut whole) = (Chunks::default(), Vec::new(), false);
            for piece in wire.chunks(step) {
                waiting.extend_from_slice(piece);
                if whole {
                    continue;
                }
                match chunks.take(&waiting).unwrap() {
                    Progress::Whole(used) => {
                        waiting.drain(..used);
                        whole = true;
                    }
                    Progress::More(used) => {
                        waiting.drain(..used);
                    }
                }
            }
            assert!(whole);
            assert_eq!(chunks.body, b"Wikipedia in\r\nchunks");
            assert_eq!(waiting, b"next");
        }
    }

    #[test]
    fn chunks_are_used_as_they_come() {
        let wire = b"4\r\nWiki\r\n5\r\npedia\r\nB\r\n in\r\nchunks\r\n0\r\n\r\nnext";
        for step in 1..wire.len() {
            let (mut flow, mut waiting, mut body) = (Flow::default(), Vec::new(), Vec::new());
            let mut whole = false;
            for piece in wire.chunks(step) {
                waiting.extend_from_slice(piece);
                while !whole {
                    match flow.next(&waiting).unwrap() {
                        Piece::Data(length) => body.extend(waiting.drain(..length)),
                        Piece::Between(length) => drop(waiting.drain(..length)),
                        Piece::End(length) => {
                            waiting.drain(..length);
                            whole = true;
                        }
                        Piece::More => break,
                    }
                }
            }
            assert!(whole);
            assert_eq!(body, b"Wikipedia in\r\nchunks");
            assert_eq!(waiting, b"next");
        }
        for wire in [
            "4\nWiki",
            "0\r\nTrailer: 1\r\n\r\n",
            "1\r\nabc",
            "4444444444444",
        ] {
            let (mut flow, mut waiting) = (Flow::default(), wire.as_bytes().to_vec());
            let refused = loop {
                match flow.next(&waiting) {
                    Ok(Piece::Data(length) | Piece::Between(length)) => {
                        drop(waiting.drain(..length));
                    }
                    Ok(Piece::End(_) | Piece::More) => break false,
                    Err(problem) => break problem.status == 400,
                }
            };
            assert!(refused, "{wire:?}");
        }
    }

    #[test]
    fn what_is_not_plain_is_refused() {
        for wire in [
            "4\nWiki\r\n",
            "4;a=b\r\nWiki\r\n",
            "+4\r\nWiki\r\n",
            " 4\r\nWiki\r\n",
            "0x4\r\nWiki\r\n",
            "\r\nWiki\r\n",
            "000000004\r\nWiki\r\n",
            "4\r\nWikipedia\r\n",
            "0\r\nTrailer: 1\r\n\r\n",
            "4444444444444",
        ] {
            let problem = Chunks::default().take(wire.as_bytes()).unwrap_err();
            assert_eq!(problem.status, 400, "{wire:?}");
        }
    }

    #[test]
    fn too_much_is_refused_by_its_promise() {
        for wire in ["10001\r\n", "ffffffff\r\n"] {
            let problem = Chunks::default().take(wire.as_bytes()).unwrap_err();
            assert_eq!(problem.status, 413, "{wire:?}");
        }
        let mut chunks = Chunks::default();
        let most = format!("{HTTP_BODY_MAX:x}\r\n{}\r\n", "x".repeat(HTTP_BODY_MAX));
        assert_eq!(chunks.take(most.as_bytes()), Ok(Progress::More(most.len())));
        assert_eq!(chunks.take(b"1\r\nx\r\n").unwrap_err().status, 413);
    }
}
