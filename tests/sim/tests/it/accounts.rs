//! What befalls one account only, and many accounts in one service.

use pairbox_sim::{Event as Seen, Failure, Options, Service, StreamError};
use whatsapp_rust::types::events::Event;
use whatsapp_rust::types::presence::ReceiptType;

use crate::companion::{ALICE, Companion, DEADLINE, NUMBER, backend, linked};

const OTHER: &str = "15550003333";

/// A second account, linked as well.
fn neighbour(service: &Service) -> Companion {
    let phone = service.phone(OTHER, "Neighbour");
    let mut companion = Companion::start(service, &backend());
    phone.scan(&companion.wait_qr()).unwrap();
    companion.wait_connected();
    companion
}

#[test]
fn one_accounts_troubles_leave_the_other_alone() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let backend = backend();
    let mut unlucky = linked(&service, &backend);
    let mut lucky = neighbour(&service);
    let phone = service.phone(NUMBER, "Owner");

    phone.fail_logins(Some(Failure::LoggedOut));
    phone.stream_error(StreamError::Restart);
    unlucky.wait(|event| matches!(event, Event::LoggedOut(_)).then_some(()));
    unlucky.wait_ended();
    let mut unlucky = Companion::start(&service, &backend);
    unlucky.wait(|event| matches!(event, Event::LoggedOut(_)).then_some(()));
    alice.send_text(OTHER, "still there?");
    assert_eq!(lucky.wait_text().1, "still there?");

    phone.fail_logins(None);
    let mut unlucky = Companion::start(&service, &backend);
    unlucky.wait_connected();
    phone.reset_all();
    unlucky.wait(|event| matches!(event, Event::Disconnected(_)).then_some(()));
    unlucky.wait_connected();
    assert!(!lucky.heard(|event| matches!(event, Event::Disconnected(_))));
}

#[test]
fn a_silenced_account_hears_nothing_and_gets_no_login() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let backend = backend();
    let silenced = linked(&service, &backend);
    let mut other = neighbour(&service);
    let phone = service.phone(NUMBER, "Owner");
    phone.silence(true);
    alice.send_text(NUMBER, "lost for now");
    alice.send_text(OTHER, "not lost");
    assert_eq!(other.wait_text().1, "not lost");
    let text = |event: &Event| match event {
        // The first message is the phone's: its app-state keys.
        Event::Messages(batch) => batch.iter().any(|it| it.message.conversation.is_some()),
        _ => false,
    };
    assert!(!silenced.heard(text));
    // A new login is taken and not answered.
    let mut from_here = service.cursor();
    let again = Companion::start(&service, &backend);
    from_here
        .wait(DEADLINE, |event| matches!(event, Seen::LoggedIn { .. }))
        .unwrap();
    assert!(!again.heard(|event| matches!(event, Event::Connected(_))));
    // That login put an end to the first one, whenever it is told; a later one hears everything.
    drop((again, silenced));
    phone.silence(false);
    let mut back = Companion::start(&service, &backend);
    back.wait(|event| text(event).then_some(()));
}

#[test]
fn what_the_owner_reads_on_the_phone_is_told() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    let phone = service.phone(NUMBER, "Owner");
    let id = alice.send_text(NUMBER, "hello");
    companion.wait_text();
    phone.read(ALICE, &id);
    let (sender, kind) = companion.wait(|event| match event {
        Event::Receipt(receipt) => Some((receipt.source.sender.clone(), receipt.r#type.clone())),
        _ => None,
    });
    assert_eq!((sender.user.as_str(), sender.device), (NUMBER, 0));
    assert_eq!(kind, ReceiptType::Read);
}

#[test]
fn fifty_phones_link_fifty_companions() {
    let service = Service::start(Options::default()).unwrap();
    let pairs: Vec<_> = (0..50)
        .map(|nth| {
            let phone = service.phone(&format!("1555100{nth:04}"), "Owner");
            (phone, Companion::start(&service, &backend()))
        })
        .collect();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(phone, mut companion)| {
            phone.scan(&companion.wait_qr()).unwrap();
            (phone, companion)
        })
        .collect();
    for (phone, mut companion) in pairs {
        companion.wait_connected();
        assert_eq!(phone.devices().len(), 1);
    }
}
