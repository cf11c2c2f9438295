//! `GET …/qr`: there exactly while it can be scanned, in five forms, each read by somebody else's reader.

use std::time::Duration;

use pairbox::fault::Fault;
use pairbox::snapshot::{Pairing, QrCode, Status};

use super::rig::{Answer, LOCAL, QR_TEXT, Rig, mine, scan};

#[test]
fn the_qr_is_there_exactly_while_it_can_be_scanned() {
    let rig = Rig::start();
    let ask = |status: Status| {
        rig.publish(status);
        rig.get(&mine("qr"))
    };
    let qr = ask(scan());
    assert_eq!(qr.status(), 200);
    assert_eq!(qr.header("content-type"), "application/json");
    assert_eq!(qr.header("cache-control"), "no-store");
    let body = qr.json();
    assert_eq!(body["code"], QR_TEXT);
    assert_eq!((&body["seq"], &body["remaining"]), (&2.into(), &4.into()));

    let Status::ScanQrCode(fresh) = scan() else {
        unreachable!()
    };
    let expired = ask(Status::ScanQrCode(Pairing {
        qr: fresh.qr.map(|qr| QrCode {
            lifetime: Duration::ZERO,
            ..qr
        }),
        ..fresh
    }));
    assert_eq!(expired.status(), 202);
    let starting = ask(Status::Starting {
        pairing_done: false,
        slow: None,
    });
    assert_eq!(
        (starting.status(), starting.header("retry-after")),
        (202, "1")
    );
    assert_eq!(starting.json()["status"], "starting");

    ask(Status::Working).assert_problem(409, "already_working");
    ask(Status::Stopped).assert_problem(409, "not_pairing");
    ask(Status::Failed {
        fault: Fault::QrExhausted,
        retry_at: None,
    })
    .assert_problem(410, "qr_exhausted");
    rig.get(&mine("qr?format=gif"))
        .assert_problem(422, "unknown_format");
}

#[test]
fn each_form_is_the_same_code() {
    let rig = Rig::start();
    rig.publish(scan());
    let get = |form: &str| rig.get(&mine(&format!("qr?format={form}")));
    assert_eq!(get("raw").text, QR_TEXT);
    assert_eq!(get("json").json()["code"], QR_TEXT);

    let png = get("png");
    assert_eq!(png.header("content-type"), "image/png");
    let mut reader = png::Decoder::new(std::io::Cursor::new(&png.bytes[..]))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let stride = info.line_size;
    let (width, side) = (info.width as usize, info.width as usize);
    assert!(side >= 300, "{side} pixels are hard to scan from a screen");
    let light = |x: usize, y: usize| pixels[y * stride + x / 8] >> (7 - x % 8) & 1 == 1;
    assert_eq!(read(width, side, light), QR_TEXT);
    // Four modules of paper, and then the corner of a finder.
    let quiet = (0..side).find(|at| !light(*at, *at)).unwrap();
    let scale = (quiet..side).take_while(|x| !light(*x, quiet)).count() / 7;
    assert_eq!(quiet, 4 * scale);

    let text = get("ascii");
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    let lines: Vec<Vec<char>> = text
        .text
        .lines()
        .map(|line| line.chars().collect())
        .collect();
    let side = lines[0].len();
    let light = |x: usize, y: usize| match lines[y / 4 / 2][x / 4] {
        '█' => true,
        '▀' => (y / 4).is_multiple_of(2),
        '▄' => y / 4 % 2 == 1,
        _ => false,
    };
    assert_eq!(read(side * 4, side * 4, light), QR_TEXT);
    assert!(
        lines[..2].iter().flatten().all(|c| *c == '█'),
        "no quiet zone"
    );

    let svg = get("svg");
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert!(
        svg.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    assert!(svg.text.starts_with("<svg") && !svg.text.contains("secret"));
}

/// What an independent reader makes of it.
fn read(width: usize, height: usize, light: impl Fn(usize, usize) -> bool) -> String {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        if light(x, y) { 255 } else { 0 }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[test]
fn accept_chooses_when_the_query_does_not() {
    let rig = Rig::start();
    rig.publish(scan());
    let kind = |accept: &str, query: &str| {
        let path = mine(&format!("qr{query}"));
        let answer: Answer = rig.ask_with("GET", &path, &[("Accept", accept)], "");
        assert_eq!(answer.status(), 200);
        answer.header("content-type").to_owned()
    };
    for (accept, query, wanted) in [
        ("*/*", "", "application/json"),
        ("image/png", "", "image/png"),
        ("image/svg+xml", "", "image/svg+xml"),
        (
            "image/avif,image/webp,image/*,*/*;q=0.8",
            "",
            "image/svg+xml",
        ),
        ("text/plain", "", "text/plain; charset=utf-8"),
        (
            "image/png;q=0.1, application/json;q=0.9",
            "",
            "application/json",
        ),
        ("image/png;q=0", "", "application/json"),
        ("image/png;q=NaN, ;;q=,", "", "application/json"),
        ("text/html", "", "application/json"),
        ("image/png", "?format=json", "application/json"),
    ] {
        assert_eq!(kind(accept, query), wanted, "{accept} {query}");
    }
}

#[test]
fn a_code_that_fits_no_qr_is_a_problem_without_the_code() {
    let rig = Rig::with(LOCAL, |context| context.qr.svg = |_| None);
    rig.publish(scan());
    let answer = rig.get(&mine("qr?format=svg"));
    answer.assert_problem(500, "qr_too_long");
    assert!(!answer.text.contains("secret"));
}
