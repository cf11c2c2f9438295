//! Manners that whatsapp-rust does not have and other clients do: nothing in the service may assume
//! one library.

use pairbox_sim::{Event, Options, Service};
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::consts::WA_CONN_HEADER;

use crate::companion::{ALICE, DEADLINE, NUMBER};
use crate::raw::{self, Keys, Raw, Socket, node};

fn child(tag: &'static str) -> Node {
    NodeBuilder::new(tag).build()
}

fn attr(node: &Node, path: &[&str], key: &str) -> String {
    let node = node.get_optional_child_by_tag(path).unwrap();
    node.attrs.get(key).unwrap().to_string()
}

#[test]
fn a_client_may_say_where_it_was_routed_before() {
    let service = Service::start(Options::default()).unwrap();
    let keys = Keys::generate();
    let mut socket = Socket::open(&service);
    let intro = [b"ED\x00\x01\x00\x00\x03abc".as_slice(), &WA_CONN_HEADER].concat();
    socket.put(&intro);
    let mut raw = socket.greet(&service, &keys, &keys.registration());
    assert!(
        raw.next_named("iq")
            .get_optional_child("pair-device")
            .is_some()
    );
}

#[test]
fn the_stream_may_come_in_any_pieces() {
    let service = Service::start(Options::default()).unwrap();
    let keys = Keys::generate();
    let mut socket = Socket::open(&service);
    socket.in_pieces_of = Some(1);
    socket.put(&WA_CONN_HEADER);
    let mut raw = socket.greet(&service, &keys, &keys.registration());
    assert!(
        raw.next_named("iq")
            .get_optional_child("pair-device")
            .is_some()
    );
}

#[test]
fn a_code_of_four_fields_links() {
    let service = Service::start(Options::default()).unwrap();
    // `link` scans four fields, leaves the account's key out of its proof and logs in passively.
    let (mut raw, ..) = raw::linked(&service, NUMBER);
    let ping = raw.ask_get("w:p", Some(child("ping")));
    assert!(raw::has(&ping, "type", "result"));
}

#[test]
fn keys_are_counted_and_digested() {
    let service = Service::start(Options::default()).unwrap();
    let (mut raw, keys, _) = raw::linked(&service, NUMBER);
    let count = raw.ask_get("encrypt", Some(child("count")));
    // Five were left, and the phone used one for its first message.
    assert_eq!(attr(&count, &["count"], "value"), "4");
    let digest = raw.ask_get("encrypt", Some(child("digest")));
    let digest = digest.get_optional_child("digest").unwrap();
    let identity = digest.get_optional_child("identity").unwrap();
    assert_eq!(
        identity,
        &raw::bytes("identity", raw::raw_key(&keys.identity))
    );
    assert_eq!(
        digest
            .get_optional_child("list")
            .unwrap()
            .children()
            .unwrap()
            .len(),
        4
    );
}

#[test]
fn keepalives_are_answered_before_login_too() {
    let service = Service::start(Options::default()).unwrap();
    let (mut raw, _) = Raw::register(&service, &Keys::generate());
    for content in [None, Some(child("ping"))] {
        let pong = raw.ask_get("w:p", content);
        assert!(raw::has(&pong, "type", "result"));
    }
    let alive = |event: &Event| matches!(event, Event::KeptAlive { .. });
    service.wait(DEADLINE, alive).unwrap();
}

#[test]
fn settings_have_the_children_clients_look_for() {
    let service = Service::start(Options::default()).unwrap();
    let (mut raw, ..) = raw::linked(&service, NUMBER);
    for (xmlns, content, wanted) in [
        ("abt", "props", "props"),
        ("w", "props", "props"),
        ("blocklist", "", "list"),
        ("privacy", "privacy", "privacy"),
    ] {
        let content = (!content.is_empty()).then(|| child(content));
        let answer = raw.ask_get(xmlns, content);
        assert!(answer.get_optional_child(wanted).is_some(), "{xmlns}");
    }
    let answer = raw.ask_get("w:something:new", Some(child("else")));
    assert_eq!(attr(&answer, &["error"], "code"), "501", "never silence");
}

#[test]
fn users_are_found_by_hidden_number_as_well() {
    let service = Service::start(Options::default()).unwrap();
    let _alice = service.contact(ALICE, "Alice");
    let (mut raw, ..) = raw::linked(&service, NUMBER);
    let query = |user: Node| {
        let devices = NodeBuilder::new("devices").attr("version", "2").build();
        let lid = NodeBuilder::new("lid").build();
        let usync = NodeBuilder::new("usync")
            .attr("sid", "s1")
            .attr("mode", "query");
        Some(
            usync
                .children([node("query", [devices, lid]), node("list", [user])])
                .build(),
        )
    };
    let user = |jid: &str| {
        let jid: pairbox_sim::Jid = jid.parse().unwrap();
        NodeBuilder::new("user").attr("jid", jid).build()
    };
    let answer = raw.ask_get("usync", query(user("15550002222@s.whatsapp.net")));
    let path = ["usync", "list", "user", "lid"];
    let lid = attr(&answer, &path, "val");
    assert!(lid.ends_with("@lid"));
    let fetched = node("key", [user(&lid)]);
    let answer = raw.ask_get("encrypt", Some(fetched));
    let found = answer.get_optional_child_by_tag(&["list", "user"]).unwrap();
    for part in ["registration", "type", "identity", "key", "skey"] {
        assert!(found.get_optional_child(part).is_some(), "{part}");
    }
    assert_eq!(
        attr(&answer, &["list", "user"], "jid"),
        lid,
        "as it was asked"
    );
    let answer = raw.ask_get(
        "encrypt",
        Some(node("key", [user("19990000000@s.whatsapp.net")])),
    );
    assert_eq!(attr(&answer, &["list", "user", "error"], "code"), "406");
}

#[test]
fn the_first_frame_can_be_held_back() {
    let service = Service::start(Options {
        first_frame_delay: std::time::Duration::from_millis(300),
        ..Options::default()
    })
    .unwrap();
    raw::linked(&service, NUMBER);
}
