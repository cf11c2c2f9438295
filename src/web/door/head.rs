//! From bytes to the head of a request, or why it is none. Pure.
//!
//! `httparse` reads the syntax; here stands what we refuse beyond it. Two readers that disagree about
//! where a request ends are how one is smuggled past the first of them, so everything that could be
//! read in two ways is refused: what passes is written anew for `tiny_http`, in one way.

use httparse::{EMPTY_HEADER, Error, Request, Status};

use crate::limits::{HTTP_BODY_MAX, HTTP_HEAD_MAX, HTTP_HEADERS_MAX};
use crate::web::problem::Problem;
use crate::web::route::operation::{Body, Method, Operation};
use crate::web::route::rows;

/// The head of a request that passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    pub method: String,
    pub target: String,
    /// In order, without those that are about this connection only.
    pub headers: Vec<(String, String)>,
    pub body: Framing,
    /// What separates the parts, when the body brings a file to an operation that takes one.
    pub boundary: Option<String>,
    /// The connection may be used for another request.
    pub keeps: bool,
    /// The client waits for a word before it sends the body.
    pub expects: bool,
}

/// How long the body is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Framing {
    /// So many bytes: at most [`HTTP_BODY_MAX`], unless it brings a file.
    Length(usize),
    /// As the chunks tell.
    Chunked,
}

/// Headers that are about one connection (RFC 9110, 7.6.1) or about how its body is sent. `Upgrade`
/// goes on when it is asked for in earnest.
const OF_THE_CONNECTION: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers that are ours, inside.
const OURS: &str = "x-pairbox-";

/// Finds the head at the start of `bytes`: it, and its length. `None` while its end is missing.
pub(super) fn read(bytes: &[u8]) -> Result<Option<(Asked, usize)>, Problem> {
    // Also what comes from another protocol, like a TLS greeting, which never ends like a head.
    if bytes
        .first()
        .is_some_and(|first| !first.is_ascii_uppercase())
    {
        return Err(bad("The request does not begin with a method."));
    }
    let Some(length) = end(bytes) else {
        return if bytes.len() < HTTP_HEAD_MAX {
            Ok(None)
        } else {
            Err(too_large())
        };
    };
    if length > HTTP_HEAD_MAX {
        return Err(too_large());
    }
    let head = &bytes[..length];
    well_formed(head)?;
    let mut headers = [EMPTY_HEADER; HTTP_HEADERS_MAX];
    let mut request = Request::new(&mut headers);
    match request.parse(head) {
        Ok(Status::Complete(_)) => asked(&request).map(|asked| Some((asked, length))),
        Ok(Status::Partial) => Err(bad("The head ends in the middle.")),
        Err(Error::TooManyHeaders) => Err(too_large()),
        Err(Error::Version) if names_a_version(head) => Err(Problem::new(
            505,
            "http_version",
            "Only HTTP/1.1 and HTTP/1.0 are spoken here.",
        )),
        Err(Error::HeaderName | Error::HeaderValue | Error::NewLine) => {
            Err(bad("A header is malformed."))
        }
        Err(Error::Status | Error::Token | Error::Version) => {
            Err(bad("The request line is malformed."))
        }
    }
}

/// Whether the request line is one of HTTP, of whatever version.
fn names_a_version(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or(head);
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    words.len() == 3 && words[2].starts_with(b"HTTP/")
}

/// Where the head ends: after its first empty line.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut lines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    lines.find_map(|(at, _)| {
        let before = &bytes[..at];
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        before.ends_with(b"\n").then_some(at + 1)
    })
}

/// Lines end in CRLF and nothing else; all of it is printable ASCII, with spaces and tabs. `tiny_http`
/// would close the connection over anything else without a word.
fn well_formed(head: &[u8]) -> Result<(), Problem> {
    let mut last = 0;
    for &byte in head {
        match byte {
            b'\n' if last != b'\r' => return Err(bad("Lines of a head end in CRLF.")),
            b'\n' => {}
            _ if last == b'\r' => return Err(bad("A carriage return stands alone in the head.")),
            b'\r' | b'\t' | b' '..=b'~' => {}
            _ => return Err(bad("The head is not printable ASCII.")),
        }
        last = byte;
    }
    Ok(())
}

fn asked(request: &Request<'_, '_>) -> Result<Asked, Problem> {
    let (Some(method), Some(target)) = (request.method, request.path) else {
        return Err(bad("The request line is malformed."));
    };
    let is_1_1 = request.version == Some(1);
    let mut headers = Vec::with_capacity(request.headers.len());
    for header in &*request.headers {
        let value = std::str::from_utf8(header.value)
            .map_err(|_| bad("A header is not text."))?
            .trim_matches([' ', '\t']);
        headers.push((header.name, value));
    }
    let all = |name: &str| -> Vec<&str> {
        let named = headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| *value).collect()
    };
    let body = framing(&all("Content-Length"), &all("Transfer-Encoding"), is_1_1)?;
    let boundary = boundary(method, target, &all("Content-Type"));
    if boundary.is_none() && matches!(body, Framing::Length(length) if length > HTTP_BODY_MAX) {
        return Err(too_long());
    }
    let expects = match all("Expect")[..] {
        [] => false,
        [value] if value.eq_ignore_ascii_case("100-continue") => is_1_1,
        _ => {
            return Err(Problem::new(
                417,
                "expectation_failed",
                "Only `Expect: 100-continue` can be met.",
            ));
        }
    };
    let connection = all("Connection");
    let says = |word: &str| {
        let mut words = connection.iter().flat_map(|value| value.split(','));
        words.any(|one| one.trim().eq_ignore_ascii_case(word))
    };
    let upgrades = says("upgrade") && is_1_1;
    let keeps = is_1_1 && !says("close") && !upgrades;
    let passes = |name: &str| {
        let name = name.to_ascii_lowercase();
        let stays = OF_THE_CONNECTION.contains(&name.as_str()) || name.starts_with(OURS);
        !stays || (name == "upgrade" && upgrades)
    };
    let passing = headers.iter().filter(|(name, _)| passes(name));
    Ok(Asked {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: passing
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body,
        boundary,
        keeps,
        expects,
    })
}

/// The boundary of a multipart body, where one is taken.
fn boundary(method: &str, target: &str, content_types: &[&str]) -> Option<String> {
    let [content_type] = content_types else {
        return None;
    };
    let path = target.split('?').next().unwrap_or_default();
    let method = Method::of(method);
    let takes = |row: &&'static Operation| {
        Some(row.method) == method && matches!(row.body, Body::JsonOrFile(..))
    };
    rows(path).find(takes)?;
    multer::parse_boundary(content_type).ok()
}

/// How the body ends (RFC 9112, 6.3), without the cases in which two readers may differ.
fn framing(lengths: &[&str], encodings: &[&str], is_1_1: bool) -> Result<Framing, Problem> {
    match (lengths, encodings) {
        ([], []) => Ok(Framing::Length(0)),
        ([length], []) => {
            let plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            if !plain {
                return Err(bad("`Content-Length` is not a number."));
            }
            // So many digits that they are no number any more are too many bytes as well.
            let length: usize = length.parse().unwrap_or(usize::MAX);
            Ok(Framing::Length(length))
        }
        ([], [encoding]) if encoding.eq_ignore_ascii_case("chunked") && is_1_1 => {
            Ok(Framing::Chunked)
        }
        ([], [_]) => Err(bad("`chunked` is the only transfer encoding.")),
        _ => Err(bad("The request tells its length in more than one way.")),
    }
}

/// What cannot be read, or could be read in two ways.
pub(super) fn bad(detail: &'static str) -> Problem {
    Problem::new(400, "bad_request", detail)
}

/// A body larger than [`HTTP_BODY_MAX`].
pub(super) fn too_long() -> Problem {
    let detail = format!("A body has at most {HTTP_BODY_MAX} bytes.");
    Problem::new(413, "too_long", detail)
}

fn too_large() -> Problem {
    let detail =
        format!("A head has at most {HTTP_HEAD_MAX} bytes and {HTTP_HEADERS_MAX} headers.");
    Problem::new(431, "head_too_large", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(head: &str) -> Result<Asked, u16> {
        match read(head.as_bytes()) {
            Ok(Some((asked, length))) => {
                assert_eq!(length, head.len());
                Ok(asked)
            }
            Ok(None) => panic!("{head:?} has no end"),
            Err(problem) => Err(problem.status),
        }
    }

    fn with(headers: &str) -> Result<Asked, u16> {
        whole(&format!("POST /x HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n"))
    }

    #[test]
    fn a_head_is_read_once_it_is_there() {
        let head = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\nCookie: \t1 \r\n\r\nGET /";
        for end in 0..head.len() - 5 {
            assert_eq!(read(&head[..end]), Ok(None), "{end}");
        }
        let (asked, length) = read(head).unwrap().unwrap();
        assert_eq!(length, head.len() - 5);
        assert_eq!((&*asked.method, &*asked.target), ("GET", "/a?b=c"));
        let headers = [("Host", "x"), ("Cookie", "1")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(asked.headers, headers);
        assert_eq!((asked.body, asked.keeps), (Framing::Length(0), true));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for headers in [
            "Content-Length: 1\r\nContent-Length: 1",
            "Content-Length: 1\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding:\u{b}chunked",
            "Transfer-Encoding : chunked",
            "Content-Length: +1",
            "Content-Length: 0x1",
            "Content-Length: 1, 1",
            "Content-Length: -1",
            "Content-Length:",
            "X: a\r\n folded",
            "X: a\r\n\tfolded",
            "X: a\nY: b",
            "X: a\rY: b",
            "X\u{0}: a",
            "X: \u{0}",
            "X: \u{7f}",
            "X: ä",
            "X Y: a",
            ": a",
            "no colon",
        ] {
            assert_eq!(with(headers), Err(400), "{headers:?}");
        }
        for line in [
            "GET  / HTTP/1.1",
            "GET /a b HTTP/1.1",
            "GET /\u{e4} HTTP/1.1",
            "GET / HTTP/1.1 ",
            "GET / http/1.1",
            "GET /",
            "get / HTTP/1.1",
            "\u{16}\u{3}\u{1}",
            " GET / HTTP/1.1",
            "\r\nGET / HTTP/1.1",
        ] {
            let head = format!("{line}\r\nHost: a\r\n\r\n");
            assert_eq!(whole(&head), Err(400), "{line:?}");
        }
        assert_eq!(whole("GET / HTTP/1.1\nHost: a\n\n"), Err(400));
        assert_eq!(whole("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), Err(505));
        let chunked = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(whole(chunked), Err(400));
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_read() {
        let most = HTTP_BODY_MAX.to_string();
        let asked = with(&format!("Content-Length: {most}")).unwrap();
        assert_eq!(asked.body, Framing::Length(HTTP_BODY_MAX));
        for length in ["65537", "99999999999999999999999999"] {
            assert_eq!(with(&format!("Content-Length: {length}")), Err(413));
        }
        let many = "X: 1\r\n".repeat(HTTP_HEADERS_MAX) + "Y: 1";
        assert_eq!(with(&many), Err(431));
        let endless = format!("GET /{}", "a".repeat(HTTP_HEAD_MAX));
        assert_eq!(read(endless.as_bytes()).unwrap_err().status, 431);
        assert_eq!(read(&endless.as_bytes()[..HTTP_HEAD_MAX - 1]), Ok(None));
    }

    #[test]
    fn what_is_about_the_connection_stays_here() {
        let asked = with(
            "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nX-Pairbox-Door: forged\r\n\
             x-pairbox-anything: 1\r\nTE: trailers\r\nKeep-Alive: 5\r\nExpect: 100-Continue\r\n\
             Content-Length: 3",
        )
        .unwrap();
        let names: Vec<&str> = asked.headers.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["Host", "Upgrade"]);
        assert!(asked.expects && !asked.keeps);
        assert_eq!(with("Expect: 200-ok"), Err(417));
        // An upgrade nobody asked for on this connection is none.
        assert_eq!(with("Upgrade: websocket").unwrap().headers.len(), 1);
        assert!(!with("Connection: Close").unwrap().keeps);
        assert!(!whole("GET / HTTP/1.0\r\nHost: a\r\n\r\n").unwrap().keeps);
    }
}
