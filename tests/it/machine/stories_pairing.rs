//! Stories of pairing: the life of a code, the scan, the passkey.

use std::time::Duration;

use pairbox::event::{Event, LinkEvent};
use pairbox::fault::Fault;
use pairbox::limits;
use pairbox::secret::Secret;
use pairbox::snapshot::Status;

use super::bench::{Bench, alive, connected, millis, paired, qr, secs, why};

#[test]
fn from_the_press_to_connected() {
    let mut bench = Bench::pairing();
    bench.link(alive(false, true, 0));
    bench.link(qr("one", 60));
    let Status::ScanQrCode(pairing) = bench.status() else {
        panic!("{:?}", bench.status());
    };
    let shown = pairing.qr.unwrap();
    assert_eq!(shown.seq, 1);
    assert_eq!(shown.code.expose(), "one");
    assert_eq!(shown.expires_at(), bench.now + secs(60));
    bench.pass(secs(60));
    bench.link(qr("two", 20));
    assert!(matches!(bench.status(), Status::ScanQrCode(p) if p.qr.as_ref().unwrap().seq == 2));
    bench.link(paired());
    assert!(matches!(
        bench.status(),
        Status::Starting {
            pairing_done: true,
            slow: None
        }
    ));
    assert!(bench.view().linked);
    // A code and an end that crossed the scan must not cover it.
    bench.link(qr("three", 20));
    bench.link(LinkEvent::QrExhausted);
    assert_eq!(bench.word(), "starting");
    // The stream restarts: offline for a moment is no loss.
    bench.link(alive(false, false, 0));
    assert_eq!(bench.word(), "starting");
    bench.link(connected());
    assert_eq!(bench.word(), "working");
    assert_eq!(bench.view().phone.unwrap().last4(), "2222");
    assert_eq!(bench.asked(), ["save"], "the phone that scanned");
}

#[test]
fn an_expired_code_is_gone_and_the_next_one_goes_on_counting() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.pass(secs(60));
    // The next code is on its way: the glass does not flash in between.
    assert_eq!(bench.shown_code().as_deref(), Some("one"));
    bench.pass(limits::QR_GRACE);
    assert_eq!(bench.shown_code(), None);
    assert_eq!(bench.word(), "starting");
    bench.link(qr("two", 20));
    assert!(matches!(bench.status(), Status::ScanQrCode(p) if p.qr.as_ref().unwrap().seq == 2));
}

#[test]
fn a_code_expires_also_when_an_event_is_quicker_than_the_timer() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.now = bench.now + secs(61);
    bench.link(alive(false, true, 0));
    assert_eq!(bench.shown_code(), None);
}

#[test]
fn no_code_stays_for_ever_whatever_it_says() {
    let mut bench = Bench::pairing();
    let mut code = qr("one", 0);
    if let LinkEvent::Qr { lifetime, .. } = &mut code {
        *lifetime = Duration::MAX;
    }
    bench.link(code);
    bench.pass(limits::QR_LIFETIME_MAX + limits::QR_GRACE);
    assert_eq!(bench.shown_code(), None);
}

#[test]
fn a_code_goes_with_its_socket() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.link(alive(false, true, 0));
    assert_eq!(bench.word(), "scan_qr_code");
    bench.link(alive(false, false, 0));
    assert_eq!(bench.word(), "starting");
    // New connection, new run of codes.
    bench.link(qr("two", 60));
    assert!(matches!(bench.status(), Status::ScanQrCode(p) if p.qr.as_ref().unwrap().seq == 1));
    bench.link(LinkEvent::Dropped { why: why() });
    assert_eq!(bench.word(), "starting");
}

#[test]
fn six_codes_run_out_and_a_press_shows_a_fresh_one() {
    let mut bench = Bench::pairing();
    for n in 0..6 {
        bench.link(qr(&format!("code {n}"), if n == 0 { 60 } else { 20 }));
        bench.pass(secs(if n == 0 { 60 } else { 20 }));
    }
    bench.link(LinkEvent::QrExhausted);
    assert_eq!(bench.fault(), Some(Fault::QrExhausted));
    assert_eq!(bench.status().text(), "Press to show QR");
    bench.ended();
    bench.pass(secs(4000));
    assert_eq!(bench.fault(), Some(Fault::QrExhausted));
    bench.asked();
    bench.connect();
    assert_eq!(bench.asked(), ["start"]);
    bench.link(qr("fresh", 60));
    assert_eq!(bench.shown_code().as_deref(), Some("fresh"));
}

#[test]
fn a_press_while_a_code_is_up_shows_a_fresh_one() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.connect();
    assert_eq!(bench.shown_code(), None);
    assert_eq!(bench.word(), "starting");
    assert_eq!(bench.asked(), ["stop"]);
    // The last one of the old link comes too late.
    bench.link(qr("two", 20));
    assert_eq!(bench.shown_code(), None);
    bench.ended();
    bench.link(qr("fresh", 60));
    assert!(matches!(bench.status(), Status::ScanQrCode(p) if p.qr.as_ref().unwrap().seq == 1));
}

#[test]
fn a_failed_scan_keeps_the_code_and_says_why() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    let why = "pairing crypto failed with code 401".to_owned();
    bench.link(LinkEvent::PairFailed { why });
    assert_eq!(bench.shown_code().as_deref(), Some("one"));
    let last = bench.view().last_error.unwrap();
    assert_eq!(last.code, "pair_rejected");
    assert!(last.message.contains("401"));
    bench.link(paired());
    assert_eq!(bench.error(), Some("pair_rejected"));
    bench.link(connected());
    assert_eq!(bench.error(), None);
    assert_eq!(bench.asked(), ["save"], "the phone that scanned");
}

#[test]
fn a_scan_that_crosses_the_stop_still_links() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.disconnect();
    bench.link(paired());
    bench.ended();
    assert_eq!(bench.word(), "stopped");
    assert!(bench.view().linked);
    // So the next logout has something to say to WhatsApp.
    bench.connect();
    bench.link(connected());
    bench.asked();
    bench.log_out();
    assert_eq!(bench.asked(), ["unlink", "save"]);
}

#[test]
fn a_link_that_ends_without_a_word_while_pairing_is_refused() {
    for shown in [true, false] {
        let mut bench = Bench::pairing();
        if shown {
            bench.link(qr("one", 60));
        }
        bench.ended();
        assert_eq!(bench.fault(), Some(Fault::Refused));
        bench.pass(secs(4000));
        bench.send(Event::NetworkUp);
        // Codes are not burnt while nobody looks.
        assert_eq!(bench.asked(), ["save"]);
    }
}

#[test]
fn after_the_scan_a_lost_link_is_tried_again() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.link(paired());
    bench.ended();
    assert_eq!(bench.word(), "reconnecting");
    bench.pass(secs(2));
    assert_eq!(bench.asked(), ["save", "start"]);
}

#[test]
fn a_passkey_is_waited_for_and_then_given_up() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.link(LinkEvent::PasskeyRequired);
    assert_eq!(bench.word(), "passkey_required");
    assert_eq!(bench.error(), Some("passkey"));
    bench.pass(limits::PASSKEY_WAIT - millis(1));
    bench.link(LinkEvent::PasskeyRequired);
    assert_eq!(bench.asked(), [""; 0]);
    bench.pass(millis(1));
    assert_eq!(bench.fault(), Some(Fault::Passkey));
    assert_eq!(bench.asked(), ["stop", "save"]);
}

#[test]
fn a_passkey_leads_on_or_back_or_ends() {
    let start = || {
        let mut bench = Bench::pairing();
        bench.link(qr("one", 60));
        bench.link(LinkEvent::PasskeyRequired);
        bench
    };
    for (event, word) in [
        (paired(), "starting"),
        (connected(), "working"),
        (qr("two", 20), "passkey_required"),
        (LinkEvent::PasskeyFailed { why: why() }, "failed"),
        (alive(false, false, 1), "starting"),
        (alive(false, true, 1), "passkey_required"),
        (LinkEvent::QrExhausted, "failed"),
        (LinkEvent::Ended, "failed"),
    ] {
        let mut bench = start();
        bench.link(event);
        assert_eq!(bench.word(), word);
        if word == "failed" {
            assert_eq!(bench.fault(), Some(Fault::Passkey));
        }
    }
    // A QR comes back on a connection of its own, and by a person's wish.
    let mut bench = start();
    bench.link(alive(false, false, 1));
    bench.link(qr("two", 60));
    assert!(matches!(bench.status(), Status::ScanQrCode(p) if p.qr.as_ref().unwrap().seq == 1));
    assert_eq!(bench.error(), Some("passkey"), "and it is still told why");
    let mut bench = start();
    bench.connect();
    assert_eq!(bench.asked(), ["stop"]);
    assert_eq!(bench.word(), "starting");
}

#[test]
fn a_passkey_code_is_shown_and_gives_time_once() {
    let code = |code: &str| LinkEvent::PasskeyCode {
        code: Secret::new(code.to_owned()),
    };
    let shown = |bench: &Bench| match bench.status() {
        Status::PasskeyRequired { code } => code.map(|code| code.expose().to_owned()),
        other => panic!("{other:?}"),
    };
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.link(LinkEvent::PasskeyRequired);
    assert_eq!(shown(&bench), None);
    bench.pass(limits::PASSKEY_WAIT - millis(1));
    bench.link(code("ABCD-1234"));
    bench.link(qr("two", 20));
    assert_eq!(shown(&bench).as_deref(), Some("ABCD-1234"));
    bench.pass(secs(60));
    bench.link(code("EFGH-5678"));
    assert_eq!(shown(&bench).as_deref(), Some("EFGH-5678"));
    bench.pass(limits::PASSKEY_WAIT - secs(60));
    assert_eq!(bench.fault(), Some(Fault::Passkey));
    // Its words are kept, and after the success they are no news.
    let mut bench = Bench::pairing();
    bench.link(code("ABCD-1234"));
    assert_eq!(shown(&bench).as_deref(), Some("ABCD-1234"));
    bench.link(LinkEvent::PasskeyFailed {
        why: "declined".to_owned(),
    });
    assert_eq!(bench.view().last_error.unwrap().message, "declined");
    let mut bench = Bench::pairing();
    bench.link(paired());
    bench.link(LinkEvent::PasskeyFailed { why: why() });
    assert_eq!(bench.word(), "starting");
    bench.link(connected());
    bench.link(code("ABCD-1234"));
    bench.link(LinkEvent::PasskeyFailed { why: why() });
    assert_eq!(bench.word(), "working");
}
