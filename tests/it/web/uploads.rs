//! Files that come with a message, as multipart: taken as they come, and never left behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use pairbox::limits::HTTP_UPLOADS;
use pairbox::snapshot::Status;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::rig::{MEDIA_MAX_MB, Rig, mine};

const DEADLINE: Duration = Duration::from_secs(20);
const TO: &str = "120363043211234567@g.us";

fn ready() -> Rig {
    let rig = Rig::start();
    rig.publish_away();
    rig
}

fn part(name: &str, value: &str) -> String {
    format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(name: &str, bytes: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: image/png\r\n\r\n{bytes}\r\n"
    )
}

/// A body as a program would send it.
fn whole(bytes: &str) -> String {
    format!(
        "{}{}{}--x--\r\n",
        part("to", TO),
        part("type", "image"),
        file("a.png", bytes)
    )
}

fn head(rig: &Rig, key: &str, length: usize) -> String {
    format!(
        "POST {} HTTP/1.1\r\nHost: localhost:{}\r\nX-Api-Key: {key}\r\nContent-Length: {length}\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\n\r\n",
        mine("messages"),
        rig.address.port()
    )
}

fn connect(rig: &Rig) -> TcpStream {
    let stream = TcpStream::connect(rig.address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    // It may be cut off while it is still sending.
    let _ = stream.read_to_string(&mut text);
    text
}

fn exchange(rig: &Rig, bytes: &[u8]) -> String {
    let mut stream = connect(rig);
    let _ = stream.write_all(bytes);
    answer(stream)
}

fn sends(rig: &Rig, body: &str) -> String {
    let head = head(rig, &rig.keys.send, body.len());
    exchange(rig, format!("{head}{body}").as_bytes())
}

/// Waits until the spool holds so many files.
#[allow(clippy::disallowed_methods, reason = "a deadline on real files")]
fn settles(rig: &Rig, files: usize) {
    let until = Instant::now() + DEADLINE;
    while rig.spooled().len() != files {
        assert!(Instant::now() < until, "{:?}", rig.spooled());
        std::thread::yield_now();
    }
}

#[test]
fn a_file_is_taken_and_its_texts_are_fields() {
    let rig = ready();
    let said = sends(&rig, &whole("picture"));
    assert!(said.starts_with("HTTP/1.1 202"), "{said}");
    let files = rig.spooled();
    assert_eq!(files.len(), 1);
    let path = rig.spool.join(&files[0]);
    assert_eq!(std::fs::read(&path).unwrap(), b"picture");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let message = rig.get(&mine("messages?direction=outbound")).json()["data"][0].clone();
    assert_eq!(message["type"], "image");
    assert_eq!(message["media"]["mimetype"], "image/png");
    assert_eq!(message["media"]["size"], 7);
    // Larger than a body without a file may be, and in chunks.
    let large = whole(&"z".repeat(300_000));
    let mut chunked =
        head(&rig, &rig.keys.send, 0).replace("Content-Length: 0", "Transfer-Encoding: chunked");
    for piece in large.as_bytes().chunks(70_000) {
        let text = std::str::from_utf8(piece).unwrap();
        write!(chunked, "{:x}\r\n{text}\r\n", piece.len()).unwrap();
    }
    let said = exchange(&rig, (chunked + "0\r\n\r\n").as_bytes());
    assert!(said.starts_with("HTTP/1.1 202"), "{said}");
    settles(&rig, 2);
    // Nor is a file needed, where texts say it all.
    let text = format!("{}{}--x--\r\n", part("to", TO), part("text", "hello"));
    assert!(sends(&rig, &text).starts_with("HTTP/1.1 202"));
}

#[test]
fn what_is_not_as_it_should_be_leaves_nothing() {
    let rig = ready();
    let fields = format!("{}{}", part("to", TO), part("type", "image"));
    let picture = file("a.png", "picture");
    let cases = [
        (format!("{fields}{picture}"), 400),
        (format!("{fields}{picture}--y--\r\n"), 400),
        (fields.clone() + &picture + &picture + "--x--\r\n", 400),
        (format!("{fields}{}--x--\r\n", file("a.png", "")), 400),
        ("no boundary at all".to_owned(), 400),
        (String::new(), 400),
        (format!("{}{picture}--x--\r\n", part("type", "image")), 422),
        (format!("{fields}--x--\r\n"), 422),
        (
            format!("{fields}{picture}{}--x--\r\n", part("colour", "red")),
            422,
        ),
        (format!("{fields}{picture}{}--x--\r\n", part("to", TO)), 400),
        (
            format!("{fields}{picture}{}--x--\r\n", part("url", "http://a")),
            422,
        ),
        (
            format!(
                "{}{}{picture}--x--\r\n",
                part("to", TO),
                part("type", "text")
            ),
            422,
        ),
        (
            format!(
                "{fields}{picture}{}--x--\r\n",
                part("caption", &"c".repeat(70_000))
            ),
            413,
        ),
        (
            format!("{fields}{}--x--\r\n", file("a.png", &"z".repeat(2_000_001))),
            413,
        ),
        (fields.clone() + "--x\r\n\r\nno name\r\n--x--\r\n", 400),
    ];
    for (body, status) in cases {
        let said = sends(&rig, &body);
        let short: String = body.chars().take(300).collect();
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status}")),
            "{short}: {said}"
        );
        settles(&rig, 0);
    }
    // More than can be is refused by its promise.
    let most = usize::try_from(MEDIA_MAX_MB).unwrap() * 1_000_000;
    let promise = head(&rig, &rig.keys.send, most + 70_000);
    assert!(exchange(&rig, promise.as_bytes()).starts_with("HTTP/1.1 413"));
    // Names with paths name no file of ours.
    let body = format!(
        "{fields}{}--x--\r\n",
        file("../../../tmp/evil.png", "picture")
    );
    assert!(sends(&rig, &body).starts_with("HTTP/1.1 202"));
    let message = rig.get(&mine("messages?direction=outbound")).json()["data"][0].clone();
    assert!(!message.to_string().contains("tmp"), "{message}");
}

#[test]
fn nothing_is_read_of_those_who_may_not_send() {
    let rig = ready();
    for (key, status) in [
        (&rig.keys.read, 403),
        (&rig.keys.second, 403),
        (&"pbx_no".to_owned(), 401),
    ] {
        let head =
            head(&rig, key, 1_000_000).replace("Connection", "Expect: 100-continue\r\nConnection");
        let said = exchange(&rig, head.as_bytes());
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{said}");
    }
    // A page of another site cannot use a browser's cookie for it.
    let head = head(&rig, &rig.keys.send, 10).replace(
        "X-Api-Key: ",
        "Origin: http://evil.example\r\nCookie: pairbox=",
    );
    assert!(exchange(&rig, head.as_bytes()).starts_with("HTTP/1.1 403"));
    // Nor is multipart taken where no file is.
    let head = self::head(&rig, &rig.keys.admin, 2).replace("/messages", "/stop");
    assert!(exchange(&rig, format!("{head}{{}}").as_bytes()).starts_with("HTTP/1.1 415"));
    let head = self::head(&rig, &rig.keys.admin, 2_000_000).replace("/messages", "/stop");
    assert!(exchange(&rig, head.as_bytes()).starts_with("HTTP/1.1 413"));
    assert!(rig.spooled().is_empty());
}

#[test]
fn those_who_go_away_leave_no_file_and_give_back_their_place() {
    let rig = ready();
    let begun = format!(
        "{}{}{}{}",
        head(&rig, &rig.keys.send, 1_000_000),
        part("to", TO),
        part("type", "image"),
        file("a.png", &"z".repeat(400_000))
    );
    let held: Vec<TcpStream> = (0..HTTP_UPLOADS)
        .map(|nth| {
            let mut stream = connect(&rig);
            stream.write_all(begun.as_bytes()).unwrap();
            settles(&rig, nth + 1);
            stream
        })
        .collect();
    let said = sends(&rig, &whole("picture"));
    assert!(said.starts_with("HTTP/1.1 503"), "{said}");
    assert!(said.contains("too_many_uploads"), "{said}");
    // The page is there for everybody else.
    assert_eq!(rig.get("/api/v1/status").status(), 200);
    drop(held);
    settles(&rig, 0);
    assert!(sends(&rig, &whole("picture")).starts_with("HTTP/1.1 202"));
    // A file that came whole and cannot be sent goes, too.
    rig.publish(Status::Stopped);
    assert!(sends(&rig, &whole("picture")).starts_with("HTTP/1.1 409"));
    settles(&rig, 1);
}

#[test]
fn bodies_that_were_mangled_are_answered_and_leave_nothing() {
    let rig = ready();
    let mut chance = StdRng::seed_from_u64(0x5eed_0005);
    let (mut taken, mut statuses) = (0, BTreeMap::<String, usize>::new());
    for nth in 0..400 {
        let mut body = whole("picture").into_bytes();
        for _ in 0..chance.random_range(0..4) {
            if body.len() < 2 {
                break;
            }
            let at = chance.random_range(0..body.len());
            match chance.random_range(0..5) {
                0 => body[at] = chance.random(),
                1 => body.insert(at, b"\r\n-:;\"="[at % 7]),
                2 => drop(body.remove(at)),
                3 => body.truncate(at.max(1)),
                _ => body.extend_from_within(at..),
            }
        }
        let mut bytes = head(&rig, &rig.keys.send, body.len()).into_bytes();
        bytes.extend(&body);
        let said = exchange(&rig, &bytes);
        let status = said.split(' ').nth(1).unwrap_or_default().to_owned();
        let fits = ["202", "400", "404", "413", "422"].contains(&status.as_str());
        assert!(fits, "{nth}: {}: {said}", String::from_utf8_lossy(&body));
        if status == "202" {
            taken = rig.spooled().len();
        } else {
            // What was refused goes, a moment after the answer.
            settles(&rig, taken);
        }
        *statuses.entry(status).or_default() += 1;
    }
    assert!(statuses.len() > 2, "{statuses:?}");
    figure!("multipart: 400 mangled bodies, by status {statuses:?}");
}
