//! The passkey step that stands before some accounts' linking.
//!
//! No public source confirms the wire form: it is what whatsapp-rust 0.7.0 reads
//! (`passkey/flow.rs`), which was written against the web client. When the real service asks (for
//! which accounts, before or after the phone has signed) is not known either; here it asks where
//! `pair-success` would follow. The step itself is not played: the companions under test have no
//! passkey to give.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::faults::Fault;
use super::state::State;
use crate::clock;
use crate::event_log::{Conn, Event};
use crate::keys;
use crate::stanza::{SERVER, holding};

/// What a browser would be given to sign (`PublicKeyCredentialRequestOptions`, as JSON).
const OPTIONS: &str = r#"{"challenge":"c2ltdWxhdGVk","rpId":"whatsapp.com","timeout":60000,"allowCredentials":[],"userVerification":"required"}"#;

impl State {
    /// Asks an unlinked companion for a passkey instead of linking it.
    pub(crate) fn ask_passkey(&mut self, conn: Conn) {
        let untold = self.faults.borrow().has(Fault::PasskeyUntold);
        let options = (!untold).then(|| holding("passkey_request_options", OPTIONS));
        let id = self.stanza_id();
        let Some(registration) = self.registration(conn) else {
            return;
        };
        // Nothing was linked: the same code may be scanned again.
        for reference in &mut registration.refs {
            reference.used = false;
        }
        self.send(conn, notification(id, "passkey_prologue_request", options));
        self.event(Event::PasskeyAsked { conn });
    }

    /// The second step, as if the companion had sent its passkey.
    pub(crate) fn continue_passkey(&mut self, conn: Conn) {
        let id = self.stanza_id();
        let identity = holding("primary_ephemeral_identity", keys::random::<64>());
        self.send(conn, notification(id, "crsc_continuation", Some(identity)));
    }
}

fn notification(id: String, kind: &'static str, child: Option<Node>) -> Node {
    NodeBuilder::new("notification")
        .attr("from", SERVER)
        .attr("type", kind)
        .attr("id", id)
        .attr("t", clock::unix_seconds())
        .children(child)
        .build()
}
