//! What the service knows, behind one lock: accounts, connections, faults in force.
//!
//! Everything here is synchronous. Connection tasks and the control handles lock, call, and unlock;
//! what is to be sent goes into the outboxes of connections and is written by their tasks. Events
//! are logged under the same lock, so the log's order is the order of the facts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use wacore_binary::{Jid, Node};

use super::account::{Account, Device};
use super::certs::Authority;
use super::faults::{Faults, StreamError};
use super::groups::GroupRecord;
use super::link_code::LinkCodes;
use super::media::Media;
use super::pairing::Registration;
use crate::event_log::{Conn, Event, EventLog};
use crate::options::Options;
use crate::party::Address;
use crate::refusal::Refusal;

/// What a connection's task is to write, in order.
pub(crate) enum Outgoing {
    /// One stanza.
    Node(Node),
    /// A clean end of the WebSocket.
    Close,
}

/// How a connection is cut without regard to what waits to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// A WebSocket close.
    Close,
    /// A TCP reset.
    Reset,
}

/// A connection as the service sees it.
pub(crate) struct Connection {
    pub(crate) outbox: mpsc::UnboundedSender<Outgoing>,
    pub(crate) cut: mpsc::UnboundedSender<Cut>,
    pub(crate) role: Role,
}

/// Who is at the other end.
pub(crate) enum Role {
    /// Not known yet.
    Greeting,
    /// A companion without an account.
    Unlinked(Box<Registration>),
    /// A linked device. `ready` once what waited for it was sent.
    Device { address: Address, ready: bool },
    /// Nobody any more: the last stanza of this connection is on its way.
    Ending,
}

/// All of it.
pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) log: Arc<EventLog>,
    pub(crate) authority: Authority,
    pub(crate) faults: watch::Sender<Faults>,
    pub(crate) accounts: BTreeMap<String, Account>,
    /// Accounts' numbers by hidden number.
    lids: BTreeMap<String, String>,
    /// By address.
    pub(crate) groups: BTreeMap<String, GroupRecord>,
    pub(crate) media: Media,
    /// The codes with which the next messages of companions are refused.
    pub(crate) nacks: VecDeque<u16>,
    /// Where the service listens.
    pub(crate) address: SocketAddr,
    pub(crate) connections: BTreeMap<Conn, Connection>,
    pub(crate) codes: LinkCodes,
    /// Ids of pings that were not answered.
    pub(crate) pings: BTreeSet<String>,
    runtime: Handle,
    connections_made: u64,
    stanzas_made: u64,
}

impl State {
    pub(crate) fn new(
        options: Options,
        address: SocketAddr,
        log: Arc<EventLog>,
        faults: watch::Sender<Faults>,
        runtime: Handle,
    ) -> Self {
        Self {
            options,
            log,
            authority: Authority::generate(),
            faults,
            accounts: BTreeMap::new(),
            lids: BTreeMap::new(),
            groups: BTreeMap::new(),
            media: Media::new(),
            nacks: VecDeque::new(),
            address,
            connections: BTreeMap::new(),
            codes: LinkCodes::default(),
            pings: BTreeSet::new(),
            runtime,
            connections_made: 0,
            stanzas_made: 0,
        }
    }

    /// Logs an event.
    pub(crate) fn event(&self, event: Event) {
        self.log.push(event);
    }

    /// Logs a refusal.
    pub(crate) fn refused(&self, conn: Conn, why: Refusal) {
        self.log.push(Event::Refused {
            conn: Some(conn),
            why,
        });
    }

    /// The account with that number, made if there is none.
    pub(crate) fn account(&mut self, number: &str, name: &str) {
        if self.accounts.contains_key(number) {
            return;
        }
        let lid = format!("{}", 900_000_000_000_001_u64 + self.accounts.len() as u64);
        self.lids.insert(lid.clone(), number.to_owned());
        self.accounts
            .insert(number.to_owned(), Account::new(number, name, lid));
    }

    /// Whose address that is, by number or by hidden number.
    pub(crate) fn resolve(&self, jid: &Jid) -> Option<Address> {
        let account = if jid.is_lid() {
            self.accounts.get(self.lids.get(jid.user.as_str())?)?
        } else {
            self.accounts.get(jid.user.as_str())?
        };
        Some(Address::new(&account.number, jid.device))
    }

    pub(crate) fn device(&mut self, address: &Address) -> Option<&mut Device> {
        self.accounts
            .get_mut(&address.number)?
            .devices
            .get_mut(&address.device)
    }

    /// The device logged in on that connection.
    pub(crate) fn logged_in(&self, conn: Conn) -> Option<Address> {
        match &self.connections.get(&conn)?.role {
            Role::Device { address, .. } => Some(address.clone()),
            _ => None,
        }
    }

    /// The unlinked companion on that connection.
    pub(crate) fn registration(&mut self, conn: Conn) -> Option<&mut Registration> {
        match &mut self.connections.get_mut(&conn)?.role {
            Role::Unlinked(registration) => Some(registration),
            _ => None,
        }
    }

    /// A fresh id for a stanza of the service.
    pub(crate) fn stanza_id(&mut self) -> String {
        self.stanzas_made += 1;
        format!("SIM{}", self.stanzas_made)
    }

    /// Hands a stanza to a connection's task.
    pub(crate) fn send(&self, conn: Conn, node: Node) {
        self.put(conn, Outgoing::Node(node));
    }

    /// Ends a connection with a last stanza.
    pub(crate) fn end(&mut self, conn: Conn, last: Node) {
        self.put(conn, Outgoing::Node(last));
        self.put(conn, Outgoing::Close);
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.role = Role::Ending;
        }
    }

    /// Sends a stream error; closes as the real service does after it.
    pub(crate) fn stream_error(&mut self, conn: Conn, error: StreamError) {
        self.event(Event::StreamErrorSent {
            conn,
            kind: error.name(),
        });
        self.unseat(conn);
        self.end(conn, error.node());
    }

    /// The same, later.
    pub(crate) fn stream_error_after(&self, delay: Duration, conn: Conn, error: StreamError) {
        let Some(connection) = self.connections.get(&conn) else {
            return;
        };
        let outbox = connection.outbox.clone();
        let log = Arc::clone(&self.log);
        self.runtime.spawn(async move {
            tokio::time::sleep(delay).await;
            log.push(Event::StreamErrorSent {
                conn,
                kind: error.name(),
            });
            // Fails only if the connection is gone, which is fine.
            let _ = outbox.send(Outgoing::Node(error.node()));
            let _ = outbox.send(Outgoing::Close);
        });
    }

    /// Cuts a connection without a word.
    pub(crate) fn cut(&mut self, conn: Conn, cut: Cut) {
        self.unseat(conn);
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.role = Role::Ending;
            // Fails only if the connection's task is just ending.
            let _ = connection.cut.send(cut);
        }
    }

    fn put(&self, conn: Conn, outgoing: Outgoing) {
        if let Some(connection) = self.connections.get(&conn) {
            // Fails only if the connection's task is just ending.
            let _ = connection.outbox.send(outgoing);
        }
    }

    /// A WebSocket was accepted.
    pub(crate) fn opened(
        &mut self,
        outbox: mpsc::UnboundedSender<Outgoing>,
        cut: mpsc::UnboundedSender<Cut>,
    ) -> Conn {
        self.connections_made += 1;
        let conn = Conn(self.connections_made);
        self.connections.insert(
            conn,
            Connection {
                outbox,
                cut,
                role: Role::Greeting,
            },
        );
        self.event(Event::ConnectionOpened { conn });
        conn
    }

    /// Its task has ended.
    pub(crate) fn closed(&mut self, conn: Conn) {
        self.unseat(conn);
        self.connections.remove(&conn);
        self.codes.forget(conn);
        self.event(Event::Closed { conn });
    }

    /// Its device is not logged in there any more.
    pub(crate) fn unseat(&mut self, conn: Conn) {
        if let Some(address) = self.logged_in(conn)
            && let Some(device) = self.device(&address)
            && device.conn == Some(conn)
        {
            device.conn = None;
        }
    }
}
