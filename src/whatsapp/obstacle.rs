//! What a failed connection means for people. Pure.
//!
//! Reads the typed errors of [`super::dial`], and the TLS and WebSocket errors below them; nothing
//! here parses a text.

use std::error::Error;
use std::io;

use rustls::CertificateError;
use tokio_websockets::upgrade;

use crate::fault::Obstacle;
use crate::whatsapp::dial::{DialError, DialStep, says_little};

/// What the box knows of its own state when a connection fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Surroundings {
    /// Some address of the box leads out of it.
    pub routed: bool,
    /// The wall clock is set: certificates can be judged.
    pub clock_set: bool,
}

/// What stands in the way, by the error and everything it was caused by.
#[must_use]
pub fn obstacle(error: &(dyn Error + 'static), around: Surroundings) -> Obstacle {
    chain(error)
        .find_map(|cause| judge(cause, around))
        .unwrap_or(Obstacle::NoAnswer)
}

/// The first error of the chain that says something settles it.
fn judge(cause: &(dyn Error + 'static), around: Surroundings) -> Option<Obstacle> {
    if let Some(dial) = cause.downcast_ref() {
        return match dial {
            DialError::Lookup { .. }
            | DialError::NoAddress(_)
            | DialError::TooLong(DialStep::Lookup) => Some(if around.routed {
                Obstacle::Dns
            } else {
                // Without a network every look-up fails.
                Obstacle::NoNetwork
            }),
            // Its cause tells.
            _ => None,
        };
    }
    if let Some(upgrade::Error::DidNotSwitchProtocols(status)) = cause.downcast_ref() {
        return Some(answer(*status));
    }
    if let Some(tls) = cause.downcast_ref() {
        return Some(self::tls(tls, around));
    }
    let io: &io::Error = cause.downcast_ref()?;
    says_little(io).then_some(Obstacle::NoNetwork)
}

/// An HTTP answer in place of the WebSocket: a login page says 200, the way to it 3xx, and 511 was
/// made for it (RFC 6585). Other numbers are the service's or a proxy's.
fn answer(status: u16) -> Obstacle {
    match status {
        200 | 300..400 | 511 => Obstacle::Portal,
        _ => Obstacle::NoAnswer,
    }
}

fn tls(error: &rustls::Error, around: Surroundings) -> Obstacle {
    match error {
        rustls::Error::InvalidCertificate(_) if !around.clock_set => Obstacle::Clock,
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Obstacle::Clock,
            // Another name, an unknown issuer, a signature that is none: not WhatsApp's.
            _ => Obstacle::Portal,
        },
        // Plain text where TLS belongs.
        rustls::Error::InvalidMessage(_) => Obstacle::Portal,
        _ => Obstacle::NoAnswer,
    }
}

/// The error and its causes.
fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> + 'a {
    std::iter::successors(Some(error), |error| cause(*error))
}

/// An I/O error that wraps another one names the wrapped one's cause as its own, so it is opened here.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Surroundings = Surroundings {
        routed: true,
        clock_set: true,
    };

    fn connect(kind: io::ErrorKind) -> DialError {
        DialError::Connect(kind.into())
    }

    fn certificate(error: CertificateError) -> DialError {
        let tls = rustls::Error::InvalidCertificate(error);
        DialError::Tls(io::Error::other(tls).into())
    }

    #[test]
    fn a_certificate_is_judged_by_a_clock_that_is_set_only() {
        let unset = Surroundings {
            clock_set: false,
            ..WELL
        };
        for (error, wanted) in [
            (CertificateError::NotValidForName, Obstacle::Portal),
            (CertificateError::UnknownIssuer, Obstacle::Portal),
            (CertificateError::Expired, Obstacle::Clock),
            (CertificateError::NotValidYet, Obstacle::Clock),
        ] {
            assert_eq!(obstacle(&certificate(error.clone()), WELL), wanted);
            assert_eq!(obstacle(&certificate(error), unset), Obstacle::Clock);
        }
    }

    #[test]
    fn no_way_is_no_network_and_no_answer_is_no_answer() {
        for (kind, wanted) in [
            (io::ErrorKind::NetworkUnreachable, Obstacle::NoNetwork),
            (io::ErrorKind::HostUnreachable, Obstacle::NoNetwork),
            (io::ErrorKind::ConnectionRefused, Obstacle::NoAnswer),
            (io::ErrorKind::TimedOut, Obstacle::NoAnswer),
        ] {
            assert_eq!(obstacle(&connect(kind), WELL), wanted, "{kind}");
        }
    }

    #[test]
    fn a_lookup_without_a_network_is_the_networks_fault() {
        let offline = Surroundings {
            routed: false,
            ..WELL
        };
        let slow = DialError::TooLong(DialStep::Lookup);
        assert_eq!(obstacle(&slow, WELL), Obstacle::Dns);
        assert_eq!(obstacle(&slow, offline), Obstacle::NoNetwork);
        let slow = DialError::TooLong(DialStep::Connect);
        assert_eq!(obstacle(&slow, WELL), Obstacle::NoAnswer);
    }

    #[test]
    fn a_login_page_is_told_from_a_service_that_is_busy() {
        let answers = [(200, Obstacle::Portal), (302, Obstacle::Portal)];
        let others = [(403, Obstacle::NoAnswer), (503, Obstacle::NoAnswer)];
        for (status, wanted) in answers.into_iter().chain(others) {
            let error = upgrade::Error::DidNotSwitchProtocols(status);
            let error = DialError::Upgrade(error.into());
            assert_eq!(obstacle(&error, WELL), wanted, "{status}");
        }
    }
}
