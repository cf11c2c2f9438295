//! Linking by QR code, from the first connection to a name learned over app-state sync.

use pairbox_sim::{Event as Seen, Options, Pattern, Service};
use whatsapp_rust::types::events::Event;

use crate::companion::{Companion, DEADLINE, NUMBER, backend};

#[test]
fn a_scanned_code_links_and_the_companion_connects() {
    let service = Service::start(Options::default()).unwrap();
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
    assert_eq!(phone.devices(), [jid.clone()]);

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
