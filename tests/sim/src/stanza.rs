//! Reading and writing binary nodes: short accessors over `wacore_binary::Node`, and the stanza
//! shapes that recur (IQ results and errors, acks).
//!
//! Readers take whatever a client may legally send: a byte string that happens to be a dictionary
//! token decodes as text, JIDs come as text or structured, `id` may be any text.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeContent, NodeValue};

use crate::clock;

/// The service's own address.
pub(crate) const SERVER: &str = "s.whatsapp.net";

/// Short accessors.
pub(crate) trait Stanza {
    /// An attribute as text.
    fn text(&self, key: &str) -> Option<String>;
    /// An attribute as a number.
    fn number(&self, key: &str) -> Option<u64> {
        self.text(key)?.parse().ok()
    }
    /// An attribute as an address.
    fn jid(&self, key: &str) -> Option<Jid>;
    /// Whether an attribute is exactly `value`.
    fn is(&self, key: &str, value: &str) -> bool {
        self.text(key).as_deref() == Some(value)
    }
    /// The first child of that name.
    fn child(&self, tag: &str) -> Option<&Node>;
    /// All children.
    fn each(&self) -> std::slice::Iter<'_, Node>;
    /// The content, if it is bytes (or text).
    fn bytes(&self) -> Option<&[u8]>;
    /// The content, if it is exactly `N` bytes.
    fn exactly<const N: usize>(&self) -> Option<[u8; N]> {
        self.bytes()?.try_into().ok()
    }
    /// The content of the first child of that name.
    fn child_bytes(&self, tag: &str) -> Option<&[u8]> {
        self.child(tag)?.bytes()
    }
}

impl Stanza for Node {
    fn text(&self, key: &str) -> Option<String> {
        self.attrs.get(key).map(|value| value.as_str().into_owned())
    }

    fn jid(&self, key: &str) -> Option<Jid> {
        self.attrs.get(key).and_then(NodeValue::to_jid)
    }

    fn child(&self, tag: &str) -> Option<&Node> {
        self.get_optional_child(tag)
    }

    fn each(&self) -> std::slice::Iter<'_, Node> {
        self.children().unwrap_or_default().iter()
    }

    fn bytes(&self) -> Option<&[u8]> {
        match self.content.as_ref()? {
            NodeContent::Bytes(bytes) => Some(bytes),
            NodeContent::String(text) => Some(text.as_bytes()),
            NodeContent::Nodes(_) => None,
        }
    }
}

/// An element without attributes and content.
pub(crate) fn empty(tag: &'static str) -> Node {
    NodeBuilder::new(tag).build()
}

/// An element that holds bytes.
pub(crate) fn holding(tag: &'static str, bytes: impl Into<Vec<u8>>) -> Node {
    NodeBuilder::new(tag).bytes(bytes).build()
}

/// An element that holds children.
pub(crate) fn parent(tag: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    NodeBuilder::new(tag).children(children).build()
}

/// `<iq type="result">` for the request with that id.
pub(crate) fn result(id: &str, children: impl IntoIterator<Item = Node>) -> Node {
    let children: Vec<Node> = children.into_iter().collect();
    let iq = NodeBuilder::new("iq")
        .attr("from", SERVER)
        .attr("type", "result")
        .attr("id", id)
        .attr("t", clock::unix_seconds());
    if children.is_empty() {
        iq.build()
    } else {
        iq.children(children).build()
    }
}

/// `<iq type="error">` for the request with that id.
pub(crate) fn error(id: &str, code: u16, text: &'static str) -> Node {
    NodeBuilder::new("iq")
        .attr("from", SERVER)
        .attr("type", "error")
        .attr("id", id)
        .children([error_child(code, text)])
        .build()
}

/// The `<error>` element of an IQ or of one user within it.
pub(crate) fn error_child(code: u16, text: &'static str) -> Node {
    NodeBuilder::new("error")
        .attr("code", code)
        .attr("text", text)
        .build()
}

/// `<ack>` for a stanza of that class.
pub(crate) fn ack(class: &'static str, stanza: &Node) -> Node {
    let mut ack = NodeBuilder::new("ack")
        .attr("class", class)
        .attr("t", clock::unix_seconds());
    if let Some(id) = stanza.text("id") {
        ack = ack.attr("id", id);
    }
    if let Some(to) = stanza.attrs.get("to") {
        ack = ack.attr("from", to.clone());
    }
    if class != "message"
        && let Some(kind) = stanza.text("type")
    {
        ack = ack.attr("type", kind);
    }
    ack.build()
}
