//! Requests of clients (`<iq>`), by namespace and content, and all other stanzas they send.
//!
//! What the service does not simulate is answered with 501: a client that waits for an answer would
//! wait long, and whatsapp-rust sends no keepalive while it waits.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::faults::StreamError;
use super::state::{Role, State};
use crate::bundle::SignedKey;
use crate::event_log::{Conn, Event, RemovedBy};
use crate::party::Address;
use crate::refusal::Refusal;
use crate::stanza::{self, SERVER, Stanza, error_child, parent};

/// One request.
struct Request<'a> {
    conn: Conn,
    id: String,
    iq: &'a Node,
    /// Who asks, if logged in.
    from: Option<Address>,
}

impl State {
    /// A client sent a stanza.
    pub(crate) fn stanza(&mut self, conn: Conn, node: &Node) {
        if matches!(
            self.connections
                .get(&conn)
                .map(|connection| &connection.role),
            None | Some(Role::Ending)
        ) {
            return;
        }
        match node.tag.as_ref() {
            "iq" => self.iq(conn, node),
            "message" => self.message(conn, node),
            "receipt" => self.receipt(conn, node),
            "ack" => self.acked(conn, node),
            "presence" => self.presence(conn, node),
            "ib" => {
                if let Some(batch) = node.child("offline_batch") {
                    let count = batch.number("count").unwrap_or(0);
                    self.continue_backlog(conn, usize::try_from(count).unwrap_or(usize::MAX));
                }
            }
            "" => self.malformed(conn, "a stanza without a name"),
            // Typing notices, telemetry and the like: nothing follows from them.
            _ => {}
        }
    }

    /// A client sent something no client may send.
    pub(crate) fn malformed(&mut self, conn: Conn, what: &'static str) {
        self.refused(conn, Refusal::Stanza(what));
        self.stream_error(conn, StreamError::NotWellFormed);
    }

    fn iq(&mut self, conn: Conn, iq: &Node) {
        let Some(id) = iq.text("id") else {
            self.malformed(conn, "an iq without an id");
            return;
        };
        let request = Request {
            conn,
            id,
            iq,
            from: self.logged_in(conn),
        };
        match iq.text("type").as_deref() {
            Some("get" | "set") => self.request(&request),
            Some("result" | "error") => self.answered(&request),
            _ => self.malformed(conn, "an iq of an unknown type"),
        }
    }

    /// A client answered a request of the service.
    fn answered(&mut self, request: &Request<'_>) {
        if self.pings.remove(&request.id) {
            self.event(Event::Ponged { conn: request.conn });
        } else {
            self.pairing_answered(request.conn, request.iq);
        }
    }

    fn request(&mut self, request: &Request<'_>) {
        let xmlns = request.iq.text("xmlns").unwrap_or_default();
        let first = request.iq.each().next();
        let content = first.map(|node| node.tag.as_ref()).unwrap_or_default();
        match (xmlns.as_str(), content) {
            ("w:p" | "urn:xmpp:ping", _) => {
                self.event(Event::KeptAlive { conn: request.conn });
                self.reply(request, []);
            }
            ("md", "link_code_companion_reg") => {
                if let Some(first) = first {
                    self.link_code(request.conn, &request.id, first);
                }
            }
            _ => self.device_request(request, &xmlns, content, first),
        }
    }

    /// A request of a device that is logged in.
    fn device_request(
        &mut self,
        request: &Request<'_>,
        xmlns: &str,
        content: &str,
        first: Option<&Node>,
    ) {
        let Some(from) = &request.from else {
            self.refused(request.conn, Refusal::NotLoggedIn);
            self.reply_error(request, 401, "not-authorized");
            return;
        };
        let set = request.iq.is("type", "set");
        match (xmlns, content, first) {
            ("encrypt", ..) => self.encrypt(request, from, content),
            ("passive", "active", _) => {
                self.reply(request, []);
                self.activate(request.conn, from);
            }
            ("usync", "usync", Some(usync)) => self.usync(request.conn, &request.id, usync),
            ("w:g2", ..) => self.ask_groups(request.conn, &request.id, from, request.iq),
            ("w:m", "media_conn", _) => self.reply(request, [self.media_conn()]),
            ("w:sync:app:state", "sync", Some(sync)) => {
                self.sync_app_state(request.conn, &request.id, sync);
            }
            ("md", "remove-companion-device", Some(removed)) => {
                self.reply(request, []);
                let removed = removed.jid("jid").and_then(|jid| self.resolve(&jid));
                // A companion may only take itself off.
                if removed.is_none_or(|removed| &removed == from) {
                    self.remove_device(from, RemovedBy::Companion);
                }
            }
            ("abt" | "w", "props", _) => {
                let props = NodeBuilder::new("props")
                    .attr("protocol", 1_u8)
                    .attr("ab_key", "sim")
                    .attr("hash", "sim")
                    .attr("refresh", 86_400_u32)
                    .attr("refresh_id", 1_u8);
                self.reply(request, [props.build()]);
            }
            ("blocklist", ..) if !set => {
                let list = NodeBuilder::new("list").attr("dhash", "sim").build();
                self.reply(request, [list]);
            }
            ("privacy", ..) if !set => self.reply(request, [privacy()]),
            ("privacy" | "passive" | "urn:xmpp:whatsapp:dirty", ..) => self.reply(request, []),
            _ => self.reply_error(request, 501, "feature-not-implemented"),
        }
    }

    /// Keys: uploads, the weekly rotation, counts, digests and fetches.
    fn encrypt(&mut self, request: &Request<'_>, from: &Address, content: &str) {
        if content == "key" {
            self.fetch_keys(request);
            return;
        }
        let Some(device) = self.device(from) else {
            return;
        };
        match content {
            "count" => {
                let left = device.published.one_time.len();
                let count = NodeBuilder::new("count").attr("value", left).build();
                self.reply(request, [count]);
            }
            "digest" => {
                let digest = parent("digest", device.published.digest());
                self.reply(request, [digest]);
            }
            "rotate" => {
                let identity = device.published.identity;
                let signed = request
                    .iq
                    .child("rotate")
                    .and_then(|rotate| rotate.child("skey"))
                    .and_then(SignedKey::read)
                    .filter(|signed| signed.is_signed_by(&identity));
                if let Some(signed) = signed {
                    device.published.signed = signed;
                    self.reply(request, []);
                } else {
                    self.refused(request.conn, Refusal::SignedPreKey);
                    self.reply_error(request, 406, "not-acceptable");
                }
            }
            _ if request.iq.is("type", "set") => match device.published.upload(request.iq) {
                Ok(keys) => {
                    device.uploaded = true;
                    self.reply(request, []);
                    let jid = wacore_binary::Jid::pn_device(from.number.as_str(), from.device);
                    self.event(Event::PreKeysUploaded { jid, keys });
                    self.share_keys_once(from);
                }
                Err(why) => {
                    self.refused(request.conn, why);
                    self.reply_error(request, 406, "not-acceptable");
                }
            },
            _ => self.reply_error(request, 501, "feature-not-implemented"),
        }
    }

    fn fetch_keys(&mut self, request: &Request<'_>) {
        let users: Vec<Node> = request
            .iq
            .child("key")
            .into_iter()
            .flat_map(Stanza::each)
            .filter_map(|user| user.jid("jid"))
            .map(|jid| {
                let bundle = self
                    .resolve(&jid)
                    .and_then(|address| Some((self.take_bundle(&address)?, address)));
                let user = NodeBuilder::new("user").attr("jid", jid);
                let Some((bundle, address)) = bundle else {
                    return user.children([error_child(406, "not-acceptable")]).build();
                };
                let mut nodes = bundle.nodes();
                if let Some(device) = self.device(&address) {
                    let identity = device.signed_identity.as_slice();
                    nodes.push(stanza::holding("device-identity", identity));
                }
                user.children(nodes).build()
            })
            .collect();
        self.reply(request, [parent("list", users)]);
    }

    /// The device takes part from now on: what waited for it is sent.
    fn activate(&mut self, conn: Conn, from: &Address) {
        self.share_keys_once(from);
        self.begin_backlog(conn);
    }

    /// The phone gives a new companion the app-state keys, as soon as it left one-time keys.
    fn share_keys_once(&mut self, to: &Address) {
        if let Some(device) = self.device(to)
            && device.uploaded
            && !device.keys_shared
        {
            device.keys_shared = true;
            self.share_keys(to);
        }
    }

    fn presence(&mut self, conn: Conn, presence: &Node) {
        if let Some(from) = self.logged_in(conn) {
            self.event(Event::Presence {
                jid: wacore_binary::Jid::pn_device(from.number.as_str(), from.device),
                available: !presence.is("type", "unavailable"),
                name: presence.text("name").unwrap_or_default(),
            });
        }
    }

    /// Pings every client.
    pub(crate) fn ping(&mut self) {
        let conns: Vec<Conn> = self.connections.keys().copied().collect();
        for conn in conns {
            let id = self.stanza_id();
            let ping = NodeBuilder::new("iq")
                .attr("from", SERVER)
                .attr("type", "get")
                .attr("id", id.as_str())
                .attr("xmlns", "urn:xmpp:ping")
                .build();
            self.pings.insert(id);
            self.send(conn, ping);
        }
    }

    fn reply(&self, request: &Request<'_>, children: impl IntoIterator<Item = Node>) {
        self.send(request.conn, stanza::result(&request.id, children));
    }

    fn reply_error(&self, request: &Request<'_>, code: u16, text: &'static str) {
        self.send(request.conn, stanza::error(&request.id, code, text));
    }
}

/// Everybody may see everything.
fn privacy() -> Node {
    let names = [
        "readreceipts",
        "last",
        "online",
        "profile",
        "status",
        "groupadd",
        "calladd",
    ];
    parent(
        "privacy",
        names.map(|name| {
            NodeBuilder::new("category")
                .attr("name", name)
                .attr("value", "all")
                .build()
        }),
    )
}
