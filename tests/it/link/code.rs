//! Codes to type on the phone: asked for, typed, refused, ended.

use pairbox::event::LinkEvent;
use pairbox_sim::{CodeError, CodeRefusal, Event as Seen, Fault};

use super::scene::{OWNER, PATIENCE, Scene};

fn is_ended(event: &LinkEvent) -> bool {
    matches!(event, LinkEvent::TypedCodeEnded { .. })
}

fn is_refused(event: &LinkEvent) -> bool {
    matches!(event, LinkEvent::TypedCodeRefused { .. })
}

#[test]
fn a_code_is_asked_for_typed_and_pairs() {
    let scene = Scene::set();
    let mut running = scene.start();
    // At once: the socket is not even open.
    running.link.request_code(OWNER.parse().unwrap());
    let (code, lifetime) = running.wait("a code", |event| match event {
        LinkEvent::TypedCode { code, lifetime } => Some((code.expose().to_owned(), *lifetime)),
        _ => None,
    });
    assert_eq!(code.len(), 8);
    assert!(lifetime.as_secs() > 100, "{lifetime:?}");
    scene.phone.type_code(&code).unwrap();
    let (phone, lid, push_name) = running.wait("connected", |event| match event {
        LinkEvent::Connected {
            phone,
            lid,
            push_name,
        } => Some((phone.clone(), lid.clone(), push_name.clone())),
        _ => None,
    });
    assert_eq!(phone, Some(OWNER.parse().unwrap()));
    assert!(lid.is_some_and(|lid| lid.ends_with("@lid") && !lid.contains(':')));
    assert_eq!(push_name.as_deref(), Some("Owner"));
    assert!(running.said(|event| matches!(event, LinkEvent::Paired { .. })));
    // The 515 that follows pairing takes the socket, not the code: it had done its work.
    assert!(!running.said(is_ended));
    assert!(!running.said(is_refused));
}

#[test]
fn a_qr_is_up_beside_the_code_and_either_pairs() {
    let scene = Scene::set();
    let mut running = scene.start();
    let qr = running.wait_qr();
    running.link.request_code(OWNER.parse().unwrap());
    running.wait_code();
    scene.phone.scan(&qr).unwrap();
    running.wait_connected();
}

#[test]
fn a_refused_code_says_whether_it_was_asked_for_too_often() {
    let scene = Scene::set();
    let mut running = scene.start();
    running.wait_qr();
    for (refusal, wanted) in [
        (CodeRefusal::RateOverlimit, true),
        (CodeRefusal::BadRequest, true),
        (CodeRefusal::NotAvailable, false),
    ] {
        scene.service.clear_faults();
        scene.service.set_fault(Fault::Code(refusal));
        running.link.request_code(OWNER.parse().unwrap());
        let throttled = running.wait("refused", |event| match event {
            LinkEvent::TypedCodeRefused { throttled, .. } => Some(*throttled),
            _ => None,
        });
        assert_eq!(throttled, wanted, "{refusal:?}");
    }
    scene.service.clear_faults();
    running.link.request_code(OWNER.parse().unwrap());
    let code = running.wait_code();
    scene.phone.type_code(&code).unwrap();
    running.wait_connected();
    assert!(!running.said(is_ended));
}

#[test]
fn three_wrong_attempts_end_a_code() {
    let scene = Scene::set();
    let mut running = scene.start();
    running.link.request_code(OWNER.parse().unwrap());
    let code = running.wait_code();
    let wrong = if code.starts_with('A') { "B" } else { "A" }.to_owned() + &code[1..];
    for _ in 0..3 {
        let typed = scene.phone.type_code(&wrong);
        assert!(matches!(typed, Err(CodeError::Wrong)));
    }
    running.wait_for(is_ended);
    running.link.request_code(OWNER.parse().unwrap());
    let code = running.wait_code();
    scene.phone.type_code(&code).unwrap();
    running.wait_connected();
}

#[test]
fn the_second_code_takes_the_place_of_the_first() {
    let scene = Scene::set();
    let mut running = scene.start();
    running.link.request_code(OWNER.parse().unwrap());
    let first = running.wait_code();
    running.link.request_code(OWNER.parse().unwrap());
    let second = running.wait_code();
    assert_ne!(first, second);
    assert!(matches!(
        scene.phone.type_code(&first),
        Err(CodeError::Wrong)
    ));
    scene.phone.type_code(&second).unwrap();
    running.wait_connected();
    assert!(!running.said(is_refused));
}

#[test]
fn a_code_ends_with_its_connection() {
    let scene = Scene::set();
    let mut running = scene.start();
    running.link.request_code(OWNER.parse().unwrap());
    running.wait_code();
    scene.service.reset_all();
    running.wait_for(is_ended);
    // The next connection can have one again.
    let registered = |event: &Seen| matches!(event, Seen::Registered { .. });
    let mut again = scene.service.cursor();
    if !scene.service.events().iter().any(registered) {
        again.wait(PATIENCE, registered).unwrap();
    }
    running.link.request_code(OWNER.parse().unwrap());
    let code = running.wait_code();
    scene.phone.type_code(&code).unwrap();
    running.wait_connected();
}

#[test]
fn a_linked_account_gets_no_code() {
    let scene = Scene::set();
    let mut running = scene.paired();
    running.link.request_code(OWNER.parse().unwrap());
    running.wait_for(is_refused);
}

#[test]
fn a_stop_does_not_wait_for_a_code() {
    let scene = Scene::set();
    scene.service.set_fault(Fault::Stall);
    let running = scene.start();
    running.link.request_code(OWNER.parse().unwrap());
    let said = running.stop();
    assert!(
        !said
            .iter()
            .any(|event| matches!(event, LinkEvent::TypedCode { .. }))
    );
    assert_eq!(said.last(), Some(&LinkEvent::Ended));
}
