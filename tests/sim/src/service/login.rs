//! What happens when a handshake is complete: registration of an unlinked companion, or the login
//! of a linked device.
//!
//! A device must come with the Noise key it registered. A second login of the same device takes the
//! place of the first, which is told so.

use wacore_binary::Jid;
use wacore_binary::builder::NodeBuilder;

use super::faults::{Failure, StreamError};
use super::handshake::Greeted;
use super::state::{Role, State};
use crate::clock;
use crate::event_log::{Conn, Event, RemovedBy};
use crate::keys::Key;
use crate::party::Address;
use crate::refusal::Refusal;

impl State {
    /// A handshake is complete.
    pub(crate) fn greeted(&mut self, conn: Conn, greeted: &Greeted) {
        self.event(Event::Handshake {
            conn,
            pattern: greeted.pattern,
        });
        let payload = &greeted.payload;
        if payload.user_agent.as_option().is_none() {
            self.refused(conn, Refusal::Payload("no user agent"));
            self.fail_login(conn, Failure::BadRequest);
        } else if let Some(data) = payload.device_pairing_data.as_option() {
            self.register(conn, greeted.client, data);
        } else if let Some(number) = payload.username {
            let device = payload
                .device
                .and_then(|device| u16::try_from(device).ok())
                .unwrap_or(0);
            let address = Address::new(&number.to_string(), device);
            self.log_in(conn, &address, &greeted.client);
        } else {
            self.refused(conn, Refusal::Payload("neither registration nor login"));
            self.fail_login(conn, Failure::BadRequest);
        }
    }

    fn log_in(&mut self, conn: Conn, address: &Address, noise: &Key) {
        let failure = self.faults.borrow().login(&address.number);
        if let Some(failure) = failure {
            self.fail_login(conn, failure);
            return;
        }
        let Some(device) = self.device(address) else {
            self.refused(conn, Refusal::UnknownDevice);
            self.fail_login(conn, Failure::LoggedOut);
            return;
        };
        if device.noise != *noise {
            self.refused(conn, Refusal::NoiseKey);
            self.fail_login(conn, Failure::LoggedOut);
            return;
        }
        device.queue.new_login();
        if let Some(before) = device.conn.replace(conn) {
            self.stream_error(before, StreamError::Replaced);
        }
        let Some(account) = self.accounts.get(&address.number) else {
            return;
        };
        let success = NodeBuilder::new("success")
            .attr("t", clock::unix_seconds())
            .attr("lid", Jid::lid_device(account.lid.as_str(), address.device))
            .attr("display_name", account.name.as_str())
            .attr("location", "sim")
            .attr("props", "1")
            .build();
        let jid = account.device_jid(address.device);
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.role = Role::Device {
                address: address.clone(),
                ready: false,
            };
        }
        self.send(conn, success);
        self.event(Event::LoggedIn { conn, jid });
    }

    /// Answers a login (or a registration) with a failure and closes.
    pub(crate) fn fail_login(&mut self, conn: Conn, failure: Failure) {
        self.event(Event::LoginFailed {
            conn,
            reason: failure.reason(),
        });
        self.end(conn, failure.node());
    }

    /// A device is unlinked: forgotten, and told so if it is there.
    pub(crate) fn remove_device(&mut self, address: &Address, by: RemovedBy) -> bool {
        let Some(account) = self.accounts.get_mut(&address.number) else {
            return false;
        };
        let Some(device) = account.devices.remove(&address.device) else {
            return false;
        };
        let jid = account.device_jid(address.device);
        self.event(Event::DeviceRemoved { jid, by });
        if let Some(conn) = device.conn {
            match by {
                RemovedBy::Phone => self.stream_error(conn, StreamError::DeviceRemoved),
                // It was just answered, and whatsapp-rust 0.7.0 takes a stream error before the
                // answer that precedes it: leave it the time for that.
                RemovedBy::Companion => self.stream_error_after(
                    self.options.restart_delay,
                    conn,
                    StreamError::DeviceRemoved,
                ),
            }
        }
        true
    }
}
