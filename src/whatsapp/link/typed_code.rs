//! A code to type on the phone, from the request to its end.
//!
//! The library answers in events, as it does for QR codes. It says the same word when no code comes
//! about and when one that is up has failed, and nothing when a code dies with its socket; here the
//! three are told apart. Of two requests only the later one is answered.

use std::sync::Arc;

use tokio::sync::mpsc;
use whatsapp_rust::Client;
use whatsapp_rust::pair_code::PairCodeOptions;

use super::Said;
use crate::account::E164;
use crate::event::LinkEvent;
use crate::limits;

/// What the service is told of this box: it takes names of operating systems only, and the label of
/// the box, which is what phones show, is none.
const SYSTEM: &str = "Linux";

/// Whether a code is up.
#[derive(Debug, Default)]
pub(super) struct TypedCode {
    up: bool,
    /// Counts requests: answers to an older one are not for anybody.
    asked: u64,
}

impl TypedCode {
    /// Asks for one; a code that is up is taken back.
    pub(super) fn request(
        &mut self,
        client: &Arc<Client>,
        phone: &E164,
        tap: mpsc::UnboundedSender<Said>,
    ) {
        self.up = false;
        self.asked += 1;
        let request = self.asked;
        let client = Arc::clone(client);
        let options = PairCodeOptions {
            phone_number: phone.digits().to_owned(),
            display_os: Some(SYSTEM.to_owned()),
            ..PairCodeOptions::default()
        };
        // On its own task: a stop must work at once. It ends with the client: every step of it fails
        // once that is shut down.
        tokio::spawn(async move {
            client.cancel_pair_code().await;
            let refused = |why: String| {
                // The link may have ended.
                let _ = tap.send(Said::NoCode { request, why });
            };
            if client.is_logged_in() {
                refused("the account is linked".to_owned());
            } else if let Err(error) = client.wait_for_socket(limits::CODE_SOCKET).await {
                refused(format!("no connection: {error}"));
            } else {
                // The library's own events answer: they carry the code's lifetime, and how the
                // service refused it.
                let _ = client.pair_with_code(options).await;
            }
        });
    }

    /// What the library said, as it is meant.
    pub(super) fn hear(&mut self, event: LinkEvent) -> LinkEvent {
        match event {
            LinkEvent::TypedCode { .. } => self.up = true,
            LinkEvent::TypedCodeRefused { why, .. } if self.up => {
                self.up = false;
                return LinkEvent::TypedCodeEnded { why };
            }
            LinkEvent::TypedCodeEnded { .. } | LinkEvent::Paired { .. } => self.up = false,
            _ => {}
        }
        event
    }

    /// No code came about, before the library was even asked.
    pub(super) fn none(&mut self, request: u64, why: String) -> Option<LinkEvent> {
        let throttled = false;
        (request == self.asked).then_some(LinkEvent::TypedCodeRefused { why, throttled })
    }

    /// The socket is closed, and with it ends what was up on it.
    pub(super) fn lost(&mut self) -> Option<LinkEvent> {
        std::mem::take(&mut self.up).then(|| LinkEvent::TypedCodeEnded {
            why: "the connection it was for is gone".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::secret::Secret;

    fn up() -> LinkEvent {
        LinkEvent::TypedCode {
            code: Secret::new("ABCD1234".to_owned()),
            lifetime: Duration::from_secs(180),
        }
    }

    fn refused() -> LinkEvent {
        LinkEvent::TypedCodeRefused {
            why: "no".to_owned(),
            throttled: true,
        }
    }

    fn ended() -> LinkEvent {
        LinkEvent::TypedCodeEnded {
            why: "no".to_owned(),
        }
    }

    #[test]
    fn the_same_word_refuses_a_code_or_ends_it() {
        let mut code = TypedCode::default();
        assert_eq!(code.hear(refused()), refused());
        assert_eq!(code.hear(up()), up());
        assert_eq!(code.hear(refused()), ended());
        assert_eq!(code.hear(refused()), refused());
    }

    #[test]
    fn a_code_dies_with_its_socket_once() {
        let mut code = TypedCode::default();
        assert_eq!(code.lost(), None);
        code.hear(up());
        assert!(matches!(
            code.lost(),
            Some(LinkEvent::TypedCodeEnded { .. })
        ));
        assert_eq!(code.lost(), None);
        code.hear(up());
        code.hear(LinkEvent::Paired { phone: None });
        assert_eq!(code.lost(), None, "it has done its work");
    }
}
