//! What goes wrong on demand, and what a client makes of it (the table of WhatsApp's stream errors
//! and failures, as whatsapp-rust 0.7.0 reads it).

use std::time::Duration;

use pairbox_sim::{Event as Seen, Failure, Fault, Options, Pattern, Portal, Service, StreamError};
use whatsapp_rust::types::events::Event;

use crate::companion::{ALICE, Companion, DEADLINE, NUMBER, backend, linked};

/// The client's event for a stream error after which it stays away.
fn ends(error: StreamError, wanted: fn(&Event) -> bool) {
    let service = Service::start(Options::default()).unwrap();
    let mut companion = linked(&service, &backend());
    service.stream_error(error);
    companion.wait(|event| wanted(event).then_some(()));
    companion.wait_ended();
}

#[test]
fn stream_errors_that_end_a_client() {
    let logged_out = |event: &Event| matches!(event, Event::LoggedOut(out) if !out.on_connect);
    let replaced = |event: &Event| matches!(event, Event::StreamReplaced(_));
    ends(StreamError::Unauthorized, logged_out);
    ends(StreamError::DeviceGone, logged_out);
    ends(StreamError::DeviceRemoved, logged_out);
    ends(StreamError::Conflict, replaced);
    ends(StreamError::Replaced, replaced);
}

#[test]
fn stream_errors_after_which_a_client_comes_back() {
    let service = Service::start(Options::default()).unwrap();
    let mut companion = linked(&service, &backend());
    for error in [StreamError::Restart, StreamError::Unavailable] {
        let mut cursor = service.cursor();
        service.stream_error(error);
        let handshake = |event: &Seen| matches!(event, Seen::Handshake { .. });
        let handshake = cursor.wait(DEADLINE, handshake);
        assert!(
            matches!(
                handshake,
                Ok(Seen::Handshake {
                    pattern: Pattern::Ik,
                    ..
                })
            ),
            "{error:?}"
        );
        companion.wait_connected();
    }
}

#[test]
fn a_rate_limited_client_is_told_and_loses_its_connection() {
    let service = Service::start(Options::default()).unwrap();
    let mut companion = linked(&service, &backend());
    service.stream_error(StreamError::RateLimited);
    // It comes back too, but not before some ten seconds: nothing to wait for here.
    companion.wait(|event| matches!(event, Event::Disconnected(_)).then_some(()));
}

/// The client's event for a failed login; whether it then gives up.
fn fails(failure: Failure, gives_up: bool, wanted: fn(&Event) -> bool) {
    let service = Service::start(Options::default()).unwrap();
    let backend = backend();
    linked(&service, &backend).stop();
    service.set_fault(Fault::Login(failure));
    let mut companion = Companion::start(&service, &backend);
    companion.wait(|event| wanted(event).then_some(()));
    if gives_up {
        companion.wait_ended();
    } else {
        service.clear_faults();
        companion.wait_connected();
    }
}

#[test]
fn login_failures() {
    let logged_out = |event: &Event| matches!(event, Event::LoggedOut(out) if out.on_connect);
    fails(Failure::LoggedOut, true, logged_out);
    fails(Failure::Locked, true, logged_out);
    let ban = Failure::TemporaryBan {
        code: 101,
        expire: Duration::from_secs(3600),
    };
    fails(ban, true, |event| match event {
        Event::TemporaryBan(ban) => ban.expire.num_seconds() == 3600,
        _ => false,
    });
    fails(Failure::ClientOutdated, true, |event| {
        matches!(event, Event::ClientOutdated(_))
    });
    fails(Failure::Unavailable, false, |event| {
        matches!(event, Event::ConnectFailure(_))
    });
}

#[test]
fn a_stalled_service_answers_late_but_loses_nothing() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    // A first text sets up the session, which takes questions and answers.
    companion.send_text(ALICE, "hello");
    alice.wait_text(DEADLINE).unwrap();
    service.set_fault(Fault::Stall);
    let id = companion.send_text(ALICE, "into the silence");
    alice.send_text(NUMBER, "not yet");
    let sent = |event: &Seen| matches!(event, Seen::Sent { id: of, .. } if *of == id);
    assert!(!service.events().iter().any(sent), "it was not even read");
    service.clear_faults();
    assert_eq!(alice.wait_text(DEADLINE).unwrap().id, id);
    assert_eq!(companion.wait_text().1, "not yet");
}

#[test]
fn a_stalled_connection_can_still_be_cut() {
    let service = Service::start(Options::default()).unwrap();
    let mut companion = linked(&service, &backend());
    service.set_fault(Fault::Stall);
    service.reset_all();
    companion.wait(|event| matches!(event, Event::Disconnected(_)).then_some(()));
    service.clear_faults();
    companion.wait_connected();
}

#[test]
fn a_refusing_service_takes_clients_again_later() {
    let service = Service::start(Options::default()).unwrap();
    let mut companion = linked(&service, &backend());
    service.set_fault(Fault::Refuse);
    service.reset_all();
    companion.wait(|event| matches!(event, Event::Disconnected(_)).then_some(()));
    let refused = |event: &Seen| matches!(event, Seen::TurnedAway);
    service.wait(DEADLINE, refused).unwrap();
    service.clear_faults();
    companion.wait_connected();
}

#[test]
fn a_slow_service_still_links() {
    let service = Service::start(Options::default()).unwrap();
    service.set_fault(Fault::Slow(Duration::from_millis(40)));
    linked(&service, &backend());
}

#[test]
fn the_version_can_be_looked_up() {
    let service = Service::start(Options::default()).unwrap();
    let parsed = whatsapp_rust::version::parse_sw_js(&get(&service.version_url()));
    assert_eq!(parsed, Some((2, 3000, Options::default().client_revision)));
    service.set_fault(Fault::NoVersion);
    assert!(get(&service.version_url()).starts_with("HTTP/1.1 503 "));
}

#[test]
fn a_portal_answers_in_the_services_place() {
    let service = Service::start(Options::default()).unwrap();
    let backend = backend();
    linked(&service, &backend).stop();
    service.set_fault(Fault::Portal(Portal::Page));
    let page = get(&service.version_url());
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    assert!(page.contains("<html") || page.contains("<!DOCTYPE"));
    service.set_fault(Fault::Portal(Portal::Redirect));
    let redirect = get(&service.url().replace("ws://", "http://"));
    assert!(
        redirect.starts_with("HTTP/1.1 302 "),
        "the later one counts"
    );
    assert!(redirect.contains("\r\nLocation: http://"));
    let mut companion = Companion::start(&service, &backend);
    for _ in 0..3 {
        let answered = |event: &Seen| matches!(event, Seen::PortalAnswered);
        service.wait(DEADLINE, answered).unwrap();
    }
    let opened = |event: &Seen| matches!(event, Seen::ConnectionOpened { .. });
    assert_eq!(service.events().into_iter().filter(opened).count(), 2);
    service.clear_faults();
    companion.wait_connected();
}

#[test]
fn a_reason_that_says_nothing_ends_a_client() {
    fails(Failure::Other(499), true, |event| {
        matches!(event, Event::ConnectFailure(_))
    });
}

/// A plain HTTP/1.1 GET: the whole answer.
fn get(url: &str) -> String {
    use std::io::{Read as _, Write as _};
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
