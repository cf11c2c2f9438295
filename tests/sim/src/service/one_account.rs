//! What concerns the companions of one account and nobody else: their connections, and what the
//! owner does on the phone that is no message.

use wacore_binary::Jid;
use wacore_binary::builder::NodeBuilder;

use super::state::State;
use crate::clock;
use crate::event_log::{Conn, Event};
use crate::party::Address;

impl State {
    /// The connections on which the account's companions are logged in.
    pub(crate) fn conns_of(&self, number: &str) -> Vec<Conn> {
        let account = self.accounts.get(number);
        let devices = account.map(|account| account.devices.values());
        devices
            .into_iter()
            .flatten()
            .filter_map(|device| device.conn)
            .collect()
    }

    /// A companion asks the phone for something (history, a message it could not read). The phone says
    /// that the question arrived, as companions do for what the phone sends them; what a real phone
    /// then answers is not simulated.
    pub(crate) fn questioned(&mut self, number: &str, from: &Address, jid: &Jid, id: &str) {
        let Some(account) = self.accounts.get(number).filter(|_| from.number == number) else {
            return;
        };
        let receipt = NodeBuilder::new("receipt")
            .attr("from", account.jid())
            .attr("type", "peer_msg")
            .attr("id", id)
            .attr("t", clock::unix_seconds())
            .build();
        self.event(Event::PhoneAsked { by: jid.clone() });
        self.deliver(from, "receipt", id, receipt);
    }

    /// The owner reads a message on the phone: companions get the account's own read receipt, which
    /// names the chat as its recipient.
    pub(crate) fn read_on_phone(&mut self, number: &str, from: &str, id: &str) {
        let Some(account) = self.accounts.get(number) else {
            return;
        };
        let own = account.jid();
        let devices: Vec<u16> = account.devices.keys().copied().collect();
        for device in devices {
            let receipt = NodeBuilder::new("receipt")
                .attr("from", own.clone())
                .attr("recipient", Jid::pn(from))
                .attr("type", "read")
                .attr("id", id)
                .attr("t", clock::unix_seconds())
                .build();
            self.deliver(&Address::new(number, device), "receipt", id, receipt);
        }
    }
}
