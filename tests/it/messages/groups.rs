//! Groups: what is written in them by number and by hidden number, and what is said of them.

use pairbox_rig::lossless::OWNER;
use pairbox_sim::compose;
use serde_json::json;

use super::stand::{PATIENCE, Stand};

#[test]
fn what_members_write_names_group_and_member() {
    let stand = Stand::set();
    for hidden in [false, true] {
        let members = [stand.alice.number(), stand.bob.number(), OWNER];
        let group = stand.stage.service.group("Allotments", hidden, &members);
        for (nth, member) in [&stand.alice, &stand.bob, &stand.alice]
            .into_iter()
            .enumerate()
        {
            let text = format!("to all {nth}");
            let id = member.send(
                group.address(),
                compose::mention(&text, &[stand.phone.jid()]),
            );
            let post = stand.wait_message(&id);
            let payload = post.payload();
            assert_eq!(post.event(), "message");
            assert_eq!(payload["text"], text.as_str());
            assert_eq!(payload["is_group"], true);
            assert_eq!(payload["group_jid"], group.address());
            assert_eq!(payload["chat_id"], group.address());
            assert_eq!(payload["group_name"], "Allotments");
            let number = format!("+{}", member.number());
            assert_eq!(payload["from_number"], number.as_str());
            assert_eq!(payload["participant"], number.as_str());
            assert_eq!(payload["sender_lid"], member.lid().to_string());
            let names = [member.jid().to_string(), member.lid().to_string()];
            let jid = payload["participant_jid"].as_str().unwrap();
            assert!(names.iter().any(|name| name == jid), "{jid}");
            assert_eq!(payload["mentioned"].as_array().map(Vec::len), Some(1));
        }
        group.set_subject(stand.alice.number(), "Gardens");
        let told = |post: &pairbox_rig::receiver::Post| post.event() == "group.update";
        stand.receiver.wait(PATIENCE, told).unwrap();
        let id = stand.alice.send_text(group.address(), "under another name");
        assert_eq!(stand.wait_message(&id).payload()["group_name"], "Gardens");
    }
}

#[test]
fn the_account_writes_in_a_group_and_every_member_reads_it() {
    let stand = Stand::set();
    for hidden in [false, true] {
        let members = [stand.alice.number(), stand.bob.number(), OWNER];
        let group = stand.stage.service.group("Allotments", hidden, &members);
        for round in 0..2 {
            let text = format!("from the box {round}");
            let body = json!({"to": group.address(), "type": "text", "text": text});
            let id = stand.send(&body);
            for member in [&stand.alice, &stand.bob] {
                let read = member.wait_message(PATIENCE).unwrap();
                assert_eq!(
                    (read.id.as_str(), read.text()),
                    (id.as_str(), Some(text.as_str()))
                );
                assert_eq!(read.group.as_ref(), Some(group.jid()));
            }
        }
    }
}

#[test]
fn an_unreadable_group_message_is_asked_for_and_told_once() {
    let stand = Stand::set();
    let members = [stand.alice.number(), OWNER];
    let group = stand.stage.service.group("Two", true, &members);
    stand.wait_message(&stand.alice.send_text(group.address(), "clear"));
    stand.alice.spoil(1);
    let id = stand.alice.send_text(group.address(), "blurred");
    let post = stand.wait_message(&id);
    assert_eq!(post.payload()["text"], "blurred");
    assert_eq!(post.payload()["group_jid"], group.address());
}
