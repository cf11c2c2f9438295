//! Texts in both directions over real Signal sessions, and what happens to them when the companion
//! is away or does not acknowledge.

use pairbox_sim::{Options, Service};

use crate::companion::{ALICE, DEADLINE, NUMBER, backend, linked};

#[test]
fn texts_go_both_ways() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());

    alice.send_text(NUMBER, "hi");
    assert_eq!(companion.wait_text(), (ALICE.to_owned(), "hi".to_owned()));

    let id = companion.send_text(ALICE, "hello yourself");
    let text = alice.wait_text(DEADLINE).unwrap();
    assert_eq!((text.id, text.body.as_str()), (id, "hello yourself"));
    assert_eq!(text.from.to_string(), "15550001111:1@s.whatsapp.net");
}
