//! Everything the service refuses, one test each. The offender is the hand-written client.

use pairbox_sim::{Event, Options, Refusal, ScanError, Service};
use wacore::libsignal::protocol::KeyPair;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::consts::WA_CONN_HEADER;
use waproto::whatsapp::client_payload::DevicePairingRegistrationData;

use crate::companion::{ALICE, DEADLINE, NUMBER};
use crate::raw::{self, Keys, ORIGIN, Raw, Socket};
use crate::signal::first_message;

/// Spoils an orderly registration.
type Spoil = fn(&mut DevicePairingRegistrationData);

fn service() -> Service {
    Service::start(Options::default()).unwrap()
}

/// Waits for exactly that refusal.
fn expect(service: &Service, wanted: &Refusal) {
    let refused = service.wait(DEADLINE, |event| matches!(event, Event::Refused { .. }));
    match refused.unwrap() {
        Event::Refused { why, .. } => assert_eq!(why, *wanted),
        _ => unreachable!(),
    }
}

fn failure(raw: &mut Raw) -> String {
    let failure = raw.next_named("failure");
    assert_eq!(raw.next(), None, "the service closes after a failure");
    failure.attrs.get("reason").unwrap().to_string()
}

fn error_code(iq: &wacore_binary::Node) -> String {
    let error = iq.get_optional_child("error").expect("an error");
    error.attrs.get("code").unwrap().to_string()
}

#[test]
fn a_missing_or_foreign_origin() {
    let service = service();
    for origin in [
        None,
        Some("https://example.org"),
        Some("http://web.whatsapp.com"),
    ] {
        assert_eq!(Socket::connect(&service.url(), origin).err(), Some(403));
        expect(&service, &Refusal::Origin);
    }
    assert!(Socket::connect(&service.url(), Some(ORIGIN)).is_ok());
}

#[test]
fn another_path() {
    let service = service();
    let url = service.url().replace("/ws/chat", "/ws/other");
    assert_eq!(Socket::connect(&url, Some(ORIGIN)).err(), Some(404));
    expect(&service, &Refusal::Upgrade("another path"));
}

#[test]
fn an_unsupported_prologue() {
    let service = service();
    let [w, a, magic, dictionary] = WA_CONN_HEADER;
    for (prologue, why) in [
        ([b'X', b'A', magic, dictionary], "it does not say WA"),
        (
            [w, a, magic, dictionary - 1],
            "another version of protocol or dictionary",
        ),
        (
            [w, a, magic - 1, dictionary],
            "another version of protocol or dictionary",
        ),
    ] {
        let mut socket = Socket::open(&service);
        socket.put(&prologue);
        assert_eq!(socket.frame(), None, "closed");
        expect(&service, &Refusal::Prologue(why));
    }
}

#[test]
fn text_messages_and_frames_too_long_for_a_handshake() {
    let service = service();
    let mut socket = Socket::open(&service);
    socket.put_text("hello");
    assert_eq!(socket.frame(), None, "closed");
    expect(&service, &Refusal::TextMessage);

    let mut socket = Socket::open(&service);
    socket.put(&WA_CONN_HEADER);
    socket.put(&[0xff, 0xff, 0xff]);
    assert_eq!(socket.frame(), None, "closed");
    expect(
        &service,
        &Refusal::Handshake("a frame too long for a handshake"),
    );
}

#[test]
fn handshakes_that_are_none() {
    let service = service();
    for (body, why) in [
        (vec![0xff], "not a handshake message"),
        (vec![], "no client hello"),
        (
            vec![0x12, 0x03, 0x0a, 0x01, 0x07],
            "the ephemeral key is missing or not 32 bytes",
        ),
    ] {
        let mut socket = Socket::open(&service);
        socket.put(&WA_CONN_HEADER);
        socket.put(&raw::framed(&body));
        assert_eq!(socket.frame(), None, "closed");
        expect(&service, &Refusal::Handshake(why));
    }
}

#[test]
fn a_registration_whose_signed_pre_key_is_not_signed_by_its_identity() {
    let service = service();
    let keys = Keys::generate();
    let mut payload = keys.registration();
    let other = Keys::generate();
    let data = payload.device_pairing_data.as_option_mut().unwrap();
    data.e_skey_sig = Some(raw::sign(
        &other.identity,
        &raw::typed(&raw::raw_key(&keys.signed)),
    ));
    let mut raw = Raw::connect(&service, &keys, &payload);
    assert_eq!(failure(&mut raw), "400");
    expect(&service, &Refusal::SignedPreKey);
}

#[test]
fn registrations_with_missing_or_odd_parts() {
    let service = service();
    let keys = Keys::generate();
    let spoils: [(Spoil, &str); 5] = [
        (
            |data| data.e_ident = None,
            "a key is missing or has the wrong length",
        ),
        (
            |data| data.e_regid = Some(vec![1]),
            "a key is missing or has the wrong length",
        ),
        (
            |data| data.e_keytype = Some(vec![6]),
            "the key type is not 5",
        ),
        (
            |data| data.build_hash = None,
            "the build hash is not an MD5",
        ),
        (
            |data| data.device_props = Some(vec![0xff]),
            "the device properties do not decode",
        ),
    ];
    for (spoil, why) in spoils {
        let mut payload = keys.registration();
        spoil(payload.device_pairing_data.as_option_mut().unwrap());
        let mut raw = Raw::connect(&service, &keys, &payload);
        assert_eq!(failure(&mut raw), "400");
        expect(&service, &Refusal::Payload(why));
    }
}

#[test]
fn a_login_of_a_device_that_is_not_linked() {
    let service = service();
    let (keys, mut jid) = raw::link(&service, NUMBER);
    jid.device = 7;
    let mut raw = Raw::connect(&service, &keys, &raw::login(&jid));
    assert_eq!(failure(&mut raw), "401");
    expect(&service, &Refusal::UnknownDevice);
}

#[test]
fn a_login_with_another_noise_key_than_registered() {
    let service = service();
    let (keys, jid) = raw::link(&service, NUMBER);
    let thief = Keys::generate();
    let mut raw = Raw::connect(&service, &thief, &raw::login(&jid));
    assert_eq!(failure(&mut raw), "401");
    expect(&service, &Refusal::NoiseKey);
    // The rightful one is still let in.
    let mut raw = Raw::connect(&service, &keys, &raw::login(&jid));
    raw.next_named("success");
}

#[test]
fn a_companion_that_signs_wrongly() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let keys = Keys::generate();
    let (mut raw, refs) = Raw::register(&service, &keys);
    let (scanner, qr) = (phone.clone(), keys.qr(&refs[0], 5));
    let scan = std::thread::spawn(move || scanner.scan(&qr));
    let success = raw.next_named("iq");
    raw.prove(&success, &keys, &Keys::generate().identity);
    assert!(matches!(
        scan.join().unwrap(),
        Err(ScanError::DeviceSignature)
    ));
    expect(&service, &Refusal::DeviceSignature);
    assert!(phone.devices().is_empty(), "nothing was linked");
    assert!(raw::has(&raw.next_named("stream:error"), "code", "401"));
}

#[test]
fn a_frame_that_does_not_decrypt() {
    let service = service();
    let keys = Keys::generate();
    let (mut raw, _) = Raw::register(&service, &keys);
    raw.send_frame(&[7; 40]);
    assert_eq!(raw.next(), None, "closed");
    expect(&service, &Refusal::Frame);
}

#[test]
fn stanzas_that_are_none() {
    let service = service();
    for (plain, why) in [
        (vec![], "it does not unpack"),
        (vec![2, 1, 2, 3], "it does not unpack"),
        (vec![0, 0xf8], "it is not a binary node"),
        (
            wacore_binary::marshal::marshal(&NodeBuilder::new("iq").attr("type", "get").build())
                .unwrap(),
            "an iq without an id",
        ),
        (
            wacore_binary::marshal::marshal(&NodeBuilder::new("iq").attr("id", "1").build())
                .unwrap(),
            "an iq of an unknown type",
        ),
    ] {
        let (mut raw, _) = Raw::register(&service, &Keys::generate());
        raw.send_plain(&plain);
        let error = raw.next_named("stream:error");
        assert!(error.get_optional_child("xml-not-well-formed").is_some());
        assert_eq!(raw.next(), None, "closed");
        expect(&service, &Refusal::Stanza(why));
    }
}

#[test]
fn requests_before_login() {
    let service = service();
    let (mut raw, _) = Raw::register(&service, &Keys::generate());
    let answer = raw.ask_get("blocklist", None);
    assert_eq!(error_code(&answer), "401");
    expect(&service, &Refusal::NotLoggedIn);
}

#[test]
fn uploads_of_keys_that_are_not_in_order() {
    let service = service();
    let (mut raw, keys, _) = raw::linked(&service, NUMBER);
    let other = Keys::generate();

    let answer = raw.ask(other.upload(&[20]));
    assert_eq!(error_code(&answer), "406");
    expect(
        &service,
        &Refusal::PreKeys("the identity is not the registered one"),
    );

    let mut forged = keys.clone();
    forged.identity = KeyPair::new(keys.identity.public_key, other.identity.private_key);
    let answer = raw.ask(forged.upload(&[20]));
    assert_eq!(error_code(&answer), "406");
    expect(&service, &Refusal::SignedPreKey);

    let answer = raw.ask(keys.upload(&[20, 20]));
    assert_eq!(error_code(&answer), "406");
    expect(
        &service,
        &Refusal::PreKeys("an id stands twice in one upload"),
    );
}

#[test]
fn a_one_time_key_that_was_handed_out_and_is_uploaded_again() {
    let service = service();
    // The phone's first message to its new companion used up one key of the upload.
    let (mut raw, keys, _) = raw::linked(&service, NUMBER);
    let answer = raw.ask(keys.upload(&[1, 6]));
    assert_eq!(error_code(&answer), "406");
    expect(&service, &Refusal::PreKeyUploadedAgain(1));
    // Keys nobody was given yet may come again, as after an answer that got lost.
    let answer = raw.ask(keys.upload(&[5, 6]));
    assert!(raw::has(&answer, "type", "result"));
}

#[test]
fn a_message_with_a_one_time_key_that_was_used_before() {
    let service = service();
    let alice = service.contact(ALICE, "Alice");
    let (mut raw, keys, _) = raw::linked(&service, NUMBER);
    let jid = pairbox_sim::Jid::pn(ALICE);
    let wanted = NodeBuilder::new("user").attr("jid", jid).build();
    let fetched = raw.ask_get("encrypt", Some(raw::node("key", [wanted])));
    let user = fetched
        .get_optional_child_by_tag(&["list", "user"])
        .unwrap();

    raw.send(&first_message(&keys, ALICE, "A1", user, "once"));
    assert_eq!(alice.wait_text(DEADLINE).unwrap().body, "once");
    raw.send(&first_message(&keys, ALICE, "A2", user, "twice"));
    expect(&service, &Refusal::OneTimeKeyUsedAgain);
    // She asks for it again, with keys that were not used.
    loop {
        let receipt = raw.next_named("receipt");
        if raw::has(&receipt, "id", "A2") {
            assert!(raw::has(&receipt, "type", "retry"));
            break;
        }
    }
}

#[test]
fn a_message_without_addressee_or_content() {
    let service = service();
    for (message, why) in [
        (
            NodeBuilder::new("message").attr("id", "A1"),
            "a message without addressee or id",
        ),
        (
            NodeBuilder::new("message")
                .attr("id", "A1")
                .attr("to", pairbox_sim::Jid::pn(ALICE)),
            "a message with nothing encrypted in it",
        ),
    ] {
        let (mut raw, ..) = raw::linked(&service, NUMBER);
        raw.send(&message.build());
        raw.next_named("stream:error");
        expect(&service, &Refusal::Stanza(why));
    }
}

#[test]
fn code_requests_that_are_not_in_order() {
    let service = service();
    let phone = service.phone(NUMBER, "Owner");
    let keys = Keys::generate();
    let (mut raw, _) = Raw::register(&service, &keys);
    let request = |stage: &'static str, noise: [u8; 32]| {
        let reg = NodeBuilder::new("link_code_companion_reg")
            .attr("jid", pairbox_sim::Jid::pn(NUMBER))
            .attr("stage", stage)
            .children([
                raw::bytes("link_code_pairing_wrapped_companion_ephemeral_pub", [0; 80]),
                raw::bytes("companion_server_auth_key_pub", noise),
                raw::bytes("companion_platform_id", *b"1"),
                raw::bytes("companion_platform_display", *b"Chrome (Linux)"),
                // One client sends a zero byte here, another the digit.
                raw::bytes("link_code_pairing_nonce", *b"0"),
            ]);
        NodeBuilder::new("iq")
            .attr("xmlns", "md")
            .attr("type", "set")
            .children([reg.build()])
            .build()
    };
    let own = raw::raw_key(&keys.noise);
    let foreign = raw::raw_key(&Keys::generate().noise);
    for (stage, noise, why) in [
        (
            "companion_hello",
            foreign,
            "the Noise key is not the registered one",
        ),
        ("companion_finish", own, "nobody typed that code"),
        ("companion_goodbye", own, "an unknown stage"),
    ] {
        let answer = raw.ask(request(stage, noise));
        assert_eq!(error_code(&answer), "400");
        expect(&service, &Refusal::LinkCode(why));
    }
    assert!(phone.refresh_code().is_err(), "no code is under way");
    let answer = raw.ask(request("companion_hello", own));
    assert!(raw::has(&answer, "type", "result"));
    phone.refresh_code().unwrap();
}
