//! The library's events, in our words. Pure.
//!
//! Service texts are passed on for people to read and are never parsed. Events with no meaning for
//! an account's state are not subscribed to: see [`INTEREST`].

use whatsapp_rust::pair_code::PairCodeRejection;
use whatsapp_rust::wacore::net::DisconnectReason;
use whatsapp_rust::wacore::types::events::{ConnectFailureReason, Event, EventKind, LoggedOut};

use crate::account::E164;
use crate::event::LinkEvent;
use crate::secret::Secret;

/// The only events the library builds for us. Everything else costs memory and says nothing about
/// the state of the account.
pub const INTEREST: &[EventKind] = &[
    EventKind::Connected,
    EventKind::Disconnected,
    EventKind::PairSuccess,
    EventKind::PairError,
    EventKind::LoggedOut,
    EventKind::PairingQrCode,
    EventKind::PairingQrCodesExhausted,
    EventKind::ClientOutdated,
    EventKind::StreamReplaced,
    EventKind::TemporaryBan,
    EventKind::ConnectFailure,
    EventKind::PairingCode,
    EventKind::PairingCodeRefresh,
    EventKind::PairingCodeError,
    EventKind::PairPasskeyRequest,
    EventKind::PairPasskeyConfirmation,
    EventKind::PairPasskeyError,
    // No state of the account: signs of life of the owner's phone (see `phone`).
    EventKind::Receipt,
];

/// Who we are, as the client knows at the time of an event.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Our number.
    pub phone: Option<E164>,
    /// Our hidden number (`…@lid`).
    pub lid: Option<String>,
    /// The owner's name.
    pub push_name: Option<String>,
}

/// What `event` means for the account; `None` when it means nothing for its state.
#[must_use]
pub fn translate(event: &Event, identity: impl FnOnce() -> Identity) -> Option<LinkEvent> {
    match event {
        Event::PairingQrCode(qr) => Some(LinkEvent::Qr {
            code: Secret::new(qr.code.clone()),
            lifetime: qr.timeout,
        }),
        Event::PairingQrCodesExhausted(_) => Some(LinkEvent::QrExhausted),
        Event::PairSuccess(success) => Some(LinkEvent::Paired {
            phone: success.id.user.parse().ok(),
        }),
        Event::PairError(error) => Some(LinkEvent::PairFailed {
            why: error.error.clone(),
        }),
        Event::Connected(_) => {
            let Identity {
                phone,
                lid,
                push_name,
            } = identity();
            Some(LinkEvent::Connected {
                phone,
                lid,
                push_name,
            })
        }
        Event::Disconnected(lost) => Some(LinkEvent::Dropped {
            why: disconnect_words(&lost.reason),
        }),
        Event::LoggedOut(out) => Some(logged_out(out)),
        Event::StreamReplaced(_) => Some(LinkEvent::Replaced),
        Event::ClientOutdated(_) => Some(LinkEvent::Outdated),
        Event::TemporaryBan(ban) => Some(LinkEvent::Banned {
            lasts: ban.expire.to_std().ok(),
        }),
        Event::PairPasskeyRequest(_) => Some(LinkEvent::PasskeyRequired),
        // Comes only once the passkey was given, which this box never does by itself.
        Event::PairPasskeyConfirmation(confirmation) => Some(LinkEvent::PasskeyCode {
            code: Secret::new(confirmation.code.clone()),
        }),
        // Before an answer: the service did not say what is to be signed. After it, or what the
        // service took for one: the rest of the step failed. The socket stays up either way.
        Event::PairPasskeyError(error) => Some(LinkEvent::PasskeyFailed {
            why: error.error.clone(),
        }),
        Event::PairingCode(code) => Some(LinkEvent::TypedCode {
            code: Secret::new(code.code.clone()),
            lifetime: code.timeout,
        }),
        Event::PairingCodeError(error) => Some(LinkEvent::TypedCodeRefused {
            why: error.error.clone(),
            throttled: error.rejection.is_some_and(PairCodeRejection::is_throttled),
        }),
        Event::PairingCodeRefresh(refresh) => Some(LinkEvent::TypedCodeEnded {
            why: if refresh.force_manual {
                "WhatsApp wants another code".to_owned()
            } else {
                "the code was typed wrongly, or not confirmed in time".to_owned()
            },
        }),
        Event::ConnectFailure(failure) => {
            Some(connect_failure(failure.reason, failure.message.as_deref()))
        }
        _ => None,
    }
}

/// A 403 is the account being locked, not this device being unlinked.
fn logged_out(out: &LoggedOut) -> LinkEvent {
    if out.reason == ConnectFailureReason::AccountLocked {
        return LinkEvent::Locked;
    }
    let why = match (&out.raw, out.on_connect) {
        (None, _) => "this box logged out".to_owned(),
        (Some(_), true) => format!("login refused ({:?})", out.reason),
        (Some(_), false) => "removed on the phone".to_owned(),
    };
    LinkEvent::LoggedOut { why }
}

/// The library goes on by itself after some failures and gives up after the others.
fn connect_failure(reason: ConnectFailureReason, message: Option<&str>) -> LinkEvent {
    let why = match message {
        Some(message) => format!("{reason:?}: {message}"),
        None => format!("{reason:?}"),
    };
    if reason.should_reconnect() {
        LinkEvent::Dropped { why }
    } else if reason == ConnectFailureReason::TempBanned {
        LinkEvent::Banned { lasts: None }
    } else {
        LinkEvent::Refused { why }
    }
}

fn disconnect_words(reason: &DisconnectReason) -> String {
    match reason {
        DisconnectReason::StreamEnded => "the service closed the connection".to_owned(),
        DisconnectReason::ServerClose { code, .. } => match code {
            Some(code) => format!("the service closed the connection ({code})"),
            None => "the service closed the connection".to_owned(),
        },
        DisconnectReason::ReadError(error) => format!("the connection broke: {error}"),
        DisconnectReason::Unknown => "the connection was lost".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::wacore::types::events::{
        ConnectFailure, Disconnected, PairingQrCode, PairingQrCodesExhausted,
    };

    use super::*;

    fn words(event: &Event) -> Option<LinkEvent> {
        translate(event, Identity::default)
    }

    #[test]
    fn a_qr_keeps_its_lifetime_and_hides_its_text() {
        let lifetime = std::time::Duration::from_secs(60);
        let event = Event::PairingQrCode(
            PairingQrCode::builder()
                .code("2@x,y".into())
                .timeout(lifetime)
                .build(),
        );
        let Some(said) = words(&event) else {
            panic!("a QR means something")
        };
        assert!(!format!("{said:?}").contains("2@x"));
        assert_eq!(
            said,
            LinkEvent::Qr {
                code: Secret::new("2@x,y".into()),
                lifetime
            }
        );
    }

    #[test]
    fn exhaustion_is_its_own_event() {
        let event = PairingQrCodesExhausted::builder()
            .disconnected(true)
            .build();
        assert_eq!(
            words(&Event::PairingQrCodesExhausted(event)),
            Some(LinkEvent::QrExhausted)
        );
    }

    #[test]
    fn a_locked_account_is_not_unlinked() {
        let locked = LoggedOut::builder()
            .on_connect(true)
            .reason(ConnectFailureReason::AccountLocked)
            .build();
        assert_eq!(words(&Event::LoggedOut(locked)), Some(LinkEvent::Locked));
        let gone = LoggedOut::builder()
            .on_connect(false)
            .reason(ConnectFailureReason::LoggedOut)
            .build();
        assert!(matches!(
            words(&Event::LoggedOut(gone)),
            Some(LinkEvent::LoggedOut { .. })
        ));
    }

    #[test]
    fn failures_the_library_retries_are_drops() {
        let retried = ConnectFailure::builder()
            .reason(ConnectFailureReason::ServiceUnavailable)
            .build();
        assert!(matches!(
            words(&Event::ConnectFailure(retried)),
            Some(LinkEvent::Dropped { .. })
        ));
        let fatal = ConnectFailure::builder()
            .reason(ConnectFailureReason::Generic)
            .build();
        assert!(matches!(
            words(&Event::ConnectFailure(fatal)),
            Some(LinkEvent::Refused { .. })
        ));
    }

    #[test]
    fn close_codes_are_shown() {
        let reason = DisconnectReason::ServerClose {
            code: Some(1011),
            reason: String::new(),
        };
        let event = Event::Disconnected(Disconnected::builder().reason(reason).build());
        let Some(LinkEvent::Dropped { why }) = words(&event) else {
            panic!("a loss is a drop")
        };
        assert!(why.contains("1011"), "{why}");
    }
}
