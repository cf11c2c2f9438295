//! What waits for companions: stanzas are kept until the companion acknowledged them.
//!
//! A stanza that was sent and not acknowledged is sent again, the same bytes, after the next login.
//! The backlog is announced, begun with a primer, and continued as the companion asks for it; the
//! offline marker comes when all of it was sent.

use std::collections::BTreeMap;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::state::{Role, State};
use crate::event_log::{Conn, Event};
use crate::party::Address;
use crate::stanza::{self, SERVER, Stanza, parent};

/// How many waiting stanzas the service sends before it is asked for them.
const PRIMER: usize = 5;

/// The stanzas one companion has not acknowledged.
///
/// Tens of thousands may wait: whatever is done with one of them takes a few steps only.
#[derive(Default)]
pub(crate) struct Queue {
    /// By the order of their coming.
    waiting: BTreeMap<u64, Waiting>,
    /// Where a stanza stands, by id; ids may stand twice.
    places: BTreeMap<String, Vec<u64>>,
    came: u64,
    /// The first that was not sent since the companion logged in.
    next: u64,
    /// How many of the announced backlog are still to be sent, and how many were announced.
    backlog: Option<(usize, usize)>,
}

struct Waiting {
    class: &'static str,
    id: String,
    node: Node,
    /// It was sent, on this connection or an earlier one.
    sent: bool,
}

impl Queue {
    /// What has not been acknowledged, as (class, id).
    pub(crate) fn waiting(&self) -> Vec<(String, String)> {
        self.waiting
            .values()
            .map(|waiting| (waiting.class.to_owned(), waiting.id.clone()))
            .collect()
    }

    /// The backlog is announced anew.
    pub(crate) fn new_login(&mut self) {
        self.backlog = None;
        self.next = 0;
    }

    fn push(&mut self, class: &'static str, id: &str, node: Node) {
        let place = self.came;
        self.came += 1;
        let waiting = Waiting {
            class,
            id: id.to_owned(),
            node,
            sent: false,
        };
        self.waiting.insert(place, waiting);
        self.places.entry(id.to_owned()).or_default().push(place);
    }

    /// Takes off what was acknowledged, if it was ever sent.
    fn acknowledged(&mut self, class: &str, id: &str) {
        let Some(places) = self.places.get_mut(id) else {
            return;
        };
        places.retain(|place| {
            let known = self.waiting.get(place);
            let done = known.is_some_and(|waiting| waiting.sent && waiting.class == class);
            if done {
                self.waiting.remove(place);
            }
            !done
        });
        if places.is_empty() {
            self.places.remove(id);
        }
    }

    /// The next that is to be sent, and whether it was sent before.
    fn send_next(&mut self) -> Option<(&Waiting, bool)> {
        let (place, waiting) = self.waiting.range_mut(self.next..).next()?;
        self.next = place + 1;
        let again = std::mem::replace(&mut waiting.sent, true);
        Some((waiting, again))
    }
}

impl State {
    /// Queues a stanza for a companion and sends it if the companion is there.
    pub(crate) fn deliver(&mut self, to: &Address, class: &'static str, id: &str, node: Node) {
        let Some(device) = self.device(to) else {
            return;
        };
        device.queue.push(class, id, node);
        self.flush(to);
    }

    /// Sends what is new to a companion that is ready for it.
    fn flush(&mut self, to: &Address) {
        let Some(conn) = self.device(to).and_then(|device| device.conn) else {
            return;
        };
        if self.is_ready(conn) {
            self.send_waiting(to, conn, usize::MAX, false);
        }
    }

    fn is_ready(&self, conn: Conn) -> bool {
        let role = self
            .connections
            .get(&conn)
            .map(|connection| &connection.role);
        matches!(role, Some(Role::Device { ready: true, .. }))
    }

    /// The companion is ready for its backlog (it said it is active).
    pub(crate) fn begin_backlog(&mut self, conn: Conn) {
        let Some(address) = self.logged_in(conn) else {
            return;
        };
        if self.is_ready(conn) {
            return;
        }
        let Some(device) = self.device(&address) else {
            return;
        };
        let total = device.queue.waiting.len();
        device.queue.backlog = Some((total, total));
        let count = |class: &str| {
            let same = |waiting: &&Waiting| waiting.class == class;
            device.queue.waiting.values().filter(same).count()
        };
        if total > 0 {
            let preview = NodeBuilder::new("offline_preview")
                .attr("count", total)
                .attr("message", count("message"))
                .attr("notification", count("notification"))
                .attr("receipt", count("receipt"))
                .attr("appdata", 0_u8)
                .build();
            self.send(conn, ib(preview));
        }
        self.continue_backlog(conn, PRIMER);
    }

    /// Sends up to `count` more of the backlog, and the marker when it is done.
    pub(crate) fn continue_backlog(&mut self, conn: Conn, count: usize) {
        let Some(address) = self.logged_in(conn) else {
            return;
        };
        let Some((left, total)) = self
            .device(&address)
            .and_then(|device| device.queue.backlog)
        else {
            return;
        };
        let now = left.min(count);
        self.send_waiting(&address, conn, now, true);
        let Some(device) = self.device(&address) else {
            return;
        };
        device.queue.backlog = Some((left - now, total));
        if left > now {
            return;
        }
        device.queue.backlog = None;
        if let Some(Role::Device { ready, .. }) = self
            .connections
            .get_mut(&conn)
            .map(|connection| &mut connection.role)
        {
            *ready = true;
        }
        self.send(
            conn,
            ib(NodeBuilder::new("offline").attr("count", total).build()),
        );
        let jid = wacore_binary::Jid::pn_device(address.number.as_str(), address.device);
        self.event(Event::Ready {
            conn,
            jid,
            offline: total,
        });
        self.flush(&address);
    }

    /// Sends up to `count` stanzas that were not sent on this connection yet.
    fn send_waiting(&mut self, to: &Address, conn: Conn, count: usize, offline: bool) {
        let jid = wacore_binary::Jid::pn_device(to.number.as_str(), to.device);
        for _ in 0..count {
            let Some((waiting, again)) =
                self.device(to).and_then(|device| device.queue.send_next())
            else {
                return;
            };
            let mut node = waiting.node.clone();
            if offline {
                node.attrs.insert("offline", "0");
            }
            let event = Event::Delivered {
                conn,
                jid: jid.clone(),
                class: waiting.class.to_owned(),
                id: waiting.id.clone(),
                again,
            };
            self.send(conn, node);
            self.event(event);
        }
    }

    /// A companion sent `<ack>`.
    pub(crate) fn acked(&mut self, conn: Conn, ack: &Node) {
        let (Some(address), Some(class), Some(id)) =
            (self.logged_in(conn), ack.text("class"), ack.text("id"))
        else {
            return;
        };
        let Some(device) = self.device(&address) else {
            return;
        };
        device.queue.acknowledged(&class, &id);
        let jid = wacore_binary::Jid::pn_device(address.number.as_str(), address.device);
        self.event(Event::Acked { jid, class, id });
    }

    /// A companion sent `<receipt>`: for one message, or for a list of them.
    pub(crate) fn receipt(&mut self, conn: Conn, receipt: &Node) {
        let (Some(address), Some(first)) = (self.logged_in(conn), receipt.text("id")) else {
            return;
        };
        let kind = receipt.text("type").unwrap_or_default();
        let listed = receipt
            .child("list")
            .map(|list| {
                list.each()
                    .filter_map(|item| item.text("id"))
                    .collect::<Vec<_>>()
            })
            .unwrap_or_default();
        let jid = wacore_binary::Jid::pn_device(address.number.as_str(), address.device);
        for id in std::iter::once(first).chain(listed) {
            let Some(device) = self.device(&address) else {
                return;
            };
            device.queue.acknowledged("message", &id);
            if kind == "retry" {
                self.retry(&address, receipt, &id);
            } else {
                self.event(Event::Receipt {
                    jid: jid.clone(),
                    id,
                    kind: kind.clone(),
                });
            }
        }
        self.send(conn, stanza::ack("receipt", receipt));
    }
}

fn ib(child: Node) -> Node {
    let mut ib = parent("ib", [child]);
    ib.attrs.insert("from", SERVER);
    ib
}
