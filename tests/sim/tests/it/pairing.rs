//! Linking by QR code and by typed code: the good way, and each way a phone or a companion says no.

use pairbox_sim::{
    CodeError, CodeRefusal, Event as Seen, Fault, Options, Pattern, ScanError, Service,
};
use whatsapp_rust::pair_code::PairCodeRejection;
use whatsapp_rust::types::events::Event;

use crate::companion::{Companion, DEADLINE, NUMBER, backend};
use crate::raw::{Keys, Raw};

fn service() -> Service {
    Service::start(Options::default()).unwrap()
}

#[test]
fn a_scanned_code_links_and_the_companion_connects() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start(&service, &backend());

    let qr = companion.wait_qr();
    assert_eq!(qr.len(), 239, "as long as a real one");
    let jid = phone.scan(&qr).unwrap();
    assert_eq!(jid.to_string(), "15550001111:1@s.whatsapp.net");
    companion.wait(|event| matches!(event, Event::PairSuccess(_)).then_some(()));
    companion.wait_connected();
    assert_eq!(
        companion.push_name(),
        "Owner",
        "learned over app-state sync"
    );
    assert_eq!(phone.devices(), [jid]);

    // In this order: the log is one line of facts.
    for wanted in [
        |event: &Seen| matches!(event, Seen::ConnectionOpened { .. }),
        |event: &Seen| {
            matches!(
                event,
                Seen::Handshake {
                    pattern: Pattern::Xx,
                    ..
                }
            )
        },
        |event: &Seen| matches!(event, Seen::Registered { .. }),
        |event: &Seen| matches!(event, Seen::QrRefsSent { refs: 6, .. }),
        |event: &Seen| matches!(event, Seen::Paired { .. }),
        |event: &Seen| matches!(event, Seen::StreamErrorSent { kind: "515", .. }),
        |event: &Seen| {
            matches!(
                event,
                Seen::Handshake {
                    pattern: Pattern::Xx,
                    ..
                }
            )
        },
        |event: &Seen| matches!(event, Seen::LoggedIn { .. }),
        |event: &Seen| matches!(event, Seen::Ready { .. }),
        |event: &Seen| matches!(event, Seen::AppStateServed { .. }),
    ] {
        service.wait(DEADLINE, wanted).unwrap();
    }
}

#[test]
fn the_name_can_come_with_the_link_itself() {
    let options = Options {
        business_name: true,
        ..Options::default()
    };
    let service = Service::start(options).unwrap();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start(&service, &backend());
    phone.scan(&companion.wait_qr()).unwrap();
    let name = companion.wait(|event| match event {
        Event::PairSuccess(paired) => Some(paired.business_name.clone()),
        _ => None,
    });
    assert_eq!(name, "Owner");
}

#[test]
fn a_phone_checks_every_field() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let keys = Keys::generate();
    let (_raw, refs) = Raw::register(&service, &keys);
    assert_eq!(refs.len(), 6);
    assert!(
        refs.iter()
            .all(|text| text.len() == 102 && text.starts_with("2@"))
    );
    let good = keys.qr(&refs[0], 5);
    let with = |nth: usize, field: &str| {
        let mut fields: Vec<&str> = good.split(',').collect();
        fields[nth] = field;
        phone.scan(&fields.join(",")).unwrap_err().to_string()
    };
    assert_eq!(
        phone.scan("hello").unwrap_err().to_string(),
        ScanError::Fields(1).to_string()
    );
    assert_eq!(with(0, "2@made up"), ScanError::UnknownRef.to_string());
    for (nth, name) in [(1, "noise"), (2, "identity"), (3, "secret")] {
        assert_eq!(
            with(nth, "not base64!"),
            ScanError::Base64(name).to_string()
        );
        let short = ScanError::KeyLength {
            field: name,
            bytes: 3,
        };
        assert_eq!(with(nth, "AAAA"), short.to_string());
    }
    let other = Keys::generate().qr(&refs[0], 5);
    let other: Vec<&str> = other.split(',').collect();
    assert_eq!(with(1, other[1]), ScanError::Foreign("noise").to_string());
    assert_eq!(
        with(2, other[2]),
        ScanError::Foreign("identity").to_string()
    );
    for kind in ["0", "10", "x", ""] {
        assert_eq!(with(4, kind), ScanError::ClientType.to_string());
    }
    assert!(phone.devices().is_empty());
}

#[test]
fn a_code_works_once_and_only_for_a_while() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start(&service, &backend());
    let qr = companion.wait_qr();
    phone.scan(&qr).unwrap();
    // The companion's pairing connection may be gone by now, and its references with it.
    let again = phone.scan(&qr);
    assert!(matches!(
        again,
        Err(ScanError::RefUsed | ScanError::UnknownRef)
    ));

    let keys = Keys::generate();
    let (mut raw, refs) = Raw::register(&service, &keys);
    service.expire_refs();
    let expired = phone.scan(&keys.qr(&refs[0], 5));
    assert!(matches!(expired, Err(ScanError::RefExpired)));

    // While the companion has not answered, nobody else can take it.
    service.offer_refs(2);
    let offer = raw.next_named("iq");
    let offer = offer.get_optional_child("pair-device").unwrap();
    let fresh = offer.children().unwrap()[1].content_as_string().unwrap();
    let (scanner, qr) = (phone.clone(), keys.qr(&fresh, 5));
    let text = qr.clone();
    let scan = std::thread::spawn(move || scanner.scan(&text));
    raw.next_named("iq");
    assert!(matches!(phone.scan(&qr), Err(ScanError::RefUsed)));
    drop(raw);
    assert!(matches!(scan.join().unwrap(), Err(ScanError::Gone)));
}

#[test]
fn a_photographed_deep_link_links_as_well() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start(&service, &backend());
    let link = format!(
        "https://wa.me/settings/linked_devices#{}",
        companion.wait_qr()
    );
    phone.scan(&link).unwrap();
}

#[test]
fn an_account_has_room_for_four_companions() {
    let service = service();
    for _ in 0..4 {
        crate::raw::link(&service, NUMBER);
    }
    let keys = Keys::generate();
    let (_raw, refs) = Raw::register(&service, &keys);
    let phone = service.phone(NUMBER, "Owner");
    let fifth = phone.scan(&keys.qr(&refs[0], 5));
    assert!(matches!(fifth, Err(ScanError::TooManyDevices)));
}

/// The companion refuses a scan; the same QR code then links.
fn refused(wanted: &str, scan: impl FnOnce(&Service, &str) -> ScanError) {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start(&service, &backend());
    let qr = companion.wait_qr();
    match scan(&service, &qr) {
        ScanError::ClientRefused { code: 401, text } => assert_eq!(text, wanted),
        other => panic!("{other}"),
    }
    companion.wait(|event| matches!(event, Event::PairError(_)).then_some(()));
    service.clear_faults();
    phone.scan(&qr).unwrap();
    companion.wait_connected();
}

#[test]
fn a_companion_refuses_a_wrong_secret() {
    refused("hmac-mismatch", |service, qr| {
        let mut fields: Vec<String> = qr.split(',').map(str::to_owned).collect();
        let other = Keys::generate().qr("", 4);
        fields[3] = other.split(',').next_back().unwrap().to_owned();
        let phone = service.phone(NUMBER, "Owner");
        phone.scan(&fields.join(",")).unwrap_err()
    });
}

#[test]
fn a_companion_refuses_a_wrong_proof() {
    refused("hmac-mismatch", |service, qr| {
        service.set_fault(Fault::BadHmac);
        service.phone(NUMBER, "Owner").scan(qr).unwrap_err()
    });
}

#[test]
fn a_companion_refuses_a_wrong_account_signature() {
    refused("signature-mismatch", |service, qr| {
        service.set_fault(Fault::BadAccountSignature);
        service.phone(NUMBER, "Owner").scan(qr).unwrap_err()
    });
}

#[test]
fn a_refreshed_secret_makes_the_earlier_code_useless() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start(&service, &backend());
    let old = companion.wait_qr();
    service.refresh_qr_secret();
    let new = companion.wait_qr();
    assert_eq!(
        old.split(',').next(),
        new.split(',').next(),
        "the same reference"
    );
    assert_ne!(old, new);
    assert!(matches!(
        phone.scan(&old),
        Err(ScanError::ClientRefused { code: 401, .. })
    ));
    phone.scan(&new).unwrap();
}

#[test]
fn a_client_without_references_is_done_showing_codes() {
    let service = service();
    let mut companion = Companion::start(&service, &backend());
    companion.wait_qr();
    service.offer_refs(0);
    let disconnected = companion.wait(|event| match event {
        Event::PairingQrCodesExhausted(out) => Some(out.disconnected),
        _ => None,
    });
    assert!(disconnected);
    companion.wait_ended();
}

#[test]
fn a_typed_code_links() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start_with_code(&service, &backend());
    let code = companion.wait_code();
    assert_eq!(code.len(), 8);
    // As a person types it.
    let typed = format!("{}-{}", &code[..4], &code[4..]).to_lowercase();
    let jid = phone.type_code(&typed).unwrap();
    companion.wait_connected();
    assert_eq!(phone.devices(), [jid]);
    assert_eq!(companion.push_name(), "Owner");
}

#[test]
fn a_wrong_code_does_not_link_and_the_right_one_still_does() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start_with_code(&service, &backend());
    let code = companion.wait_code();
    let wrong = if code.starts_with('A') { "B" } else { "A" }.to_owned() + &code[1..];
    assert!(matches!(phone.type_code(&wrong), Err(CodeError::Wrong)));
    assert!(phone.devices().is_empty());
    phone.type_code(&code).unwrap();
    companion.wait_connected();
}

#[test]
fn a_code_nobody_asked_for() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    assert!(matches!(
        phone.type_code("ABCD1234"),
        Err(CodeError::NotAsked)
    ));
    assert!(matches!(phone.refresh_code(), Err(CodeError::NotAsked)));
}

#[test]
fn a_companion_is_told_to_show_another_code() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start_with_code(&service, &backend());
    let code = companion.wait_code();
    phone.refresh_code().unwrap();
    companion.wait(|event| matches!(event, Event::PairingCodeRefresh(_)).then_some(()));
    assert!(matches!(phone.type_code(&code), Err(CodeError::NotAsked)));
}

/// A companion asks for a code and is refused: what it makes of it.
fn code_refused(refusal: CodeRefusal, wire: u16, throttled: bool) {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    service.set_fault(Fault::Code(refusal));
    let mut companion = Companion::start_with_code(&service, &backend());
    let rejection = companion.wait(|event| match event {
        Event::PairingCodeError(error) => Some(error.rejection),
        _ => None,
    });
    assert_eq!(
        rejection.map(PairCodeRejection::is_throttled),
        Some(throttled)
    );
    let refused =
        |event: &Seen| matches!(event, Seen::CodeRefused { reason, .. } if *reason == wire);
    service.wait(DEADLINE, refused).unwrap();
    assert!(matches!(
        phone.type_code("ABCD1234"),
        Err(CodeError::NotAsked)
    ));
}

#[test]
fn a_code_is_refused_in_the_ways_the_service_has() {
    code_refused(CodeRefusal::BadRequest, 400, true);
    code_refused(CodeRefusal::RateOverlimit, 429, true);
    code_refused(CodeRefusal::NotAvailable, 452, false);
    code_refused(CodeRefusal::Internal, 500, false);
}

#[test]
fn three_wrong_codes_end_a_code() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let mut companion = Companion::start_with_code(&service, &backend());
    let code = companion.wait_code();
    let wrong = if code.starts_with('A') { "B" } else { "A" }.to_owned() + &code[1..];
    for _ in 0..3 {
        assert!(matches!(phone.type_code(&wrong), Err(CodeError::Wrong)));
    }
    companion.wait(|event| matches!(event, Event::PairingCodeRefresh(_)).then_some(()));
    assert!(matches!(phone.type_code(&code), Err(CodeError::NotAsked)));
}
