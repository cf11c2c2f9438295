//! Every type of message a program can send, as the person reads it, and how far it is told to be.

use pairbox_sim::{Content, Fault, FileKind, Manner, compose};
use serde_json::{Value, json};

use super::stand::{PATIENCE, Stand};

impl Stand {
    /// Sends; what Alice reads of it.
    fn read(&self, body: &Value) -> pairbox_sim::Received {
        let id = self.send(body);
        let read = self.alice.wait_message(PATIENCE);
        let read = read.unwrap_or_else(|_| panic!("{body}\n{}", self.last_words()));
        assert_eq!(read.id, id);
        read
    }

    /// Waits until the webhook hears that a message got so far.
    fn wait_status(&self, id: &str, status: &str) -> Value {
        let post = self.receiver.wait(PATIENCE, |post| {
            let payload = post.payload();
            payload["whatsapp_message_id"] == id && payload["status"] == status
        });
        post.unwrap_or_else(|late| panic!("{late}\n{}", self.last_words()))
            .envelope
    }
}

#[test]
fn what_programs_send_is_read() {
    let stand = Stand::set();
    let to = format!("+{}", stand.alice.number());
    let first = stand.hear(&stand.alice, compose::text("a question"));
    let first = first.payload()["whatsapp_message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let read = stand.read(&json!({"to": to, "type": "text", "text": "an answer"}));
    assert_eq!(read.text(), Some("an answer"));
    let body = json!({"to": to, "type": "text", "text": "to that", "quoted": first});
    let read = stand.read(&body);
    assert_eq!(
        (read.text(), read.quoted.as_deref()),
        (Some("to that"), Some(first.as_str()))
    );
    let body = json!({"to": to, "type": "text", "text": "@you", "mentions": [to]});
    assert_eq!(stand.read(&body).mentions.len(), 1);
    let place = json!({"latitude": 1.5, "longitude": 2.5, "name": "There"});
    let read = stand.read(&with_type(&to, "location", &place));
    assert!(
        matches!(read.content, Content::Location { latitude, longitude, .. } if (latitude - 1.5).abs() + (longitude - 2.5).abs() < 1e-9)
    );
    let read = stand.read(&with_type(
        &to,
        "reaction",
        &json!({"message": first, "emoji": "\u{1f44d}"}),
    ));
    assert!(
        matches!(&read.content, Content::Reaction { emoji, id, .. } if emoji == "\u{1f44d}" && *id == first)
    );
}

fn with_type(to: &str, kind: &str, more: &Value) -> Value {
    super::stand::with(json!({"to": to, "type": kind}), more)
}

#[test]
fn files_programs_send_are_opened() {
    let stand = Stand::set();
    let to = format!("+{}", stand.alice.number());
    // "some bytes" in base64.
    let data = "c29tZSBieXRlcw==";
    for (kind, word, mimetype) in [
        (FileKind::Image, "image", "image/jpeg"),
        (FileKind::Video, "video", "video/mp4"),
        (FileKind::Audio, "audio", "audio/mpeg"),
        (FileKind::Voice, "voice", "audio/ogg; codecs=opus"),
        (FileKind::Document, "document", "application/pdf"),
        (FileKind::Sticker, "sticker", "image/webp"),
    ] {
        let body = with_type(&to, word, &json!({"data": data, "mimetype": mimetype}));
        let read = stand.read(&body);
        assert_eq!(
            read.file(),
            Some(b"some bytes".as_slice()),
            "{word}: {:?}",
            read.content
        );
        assert!(
            matches!(read.content, Content::File { kind: is, .. } if is == kind),
            "{word}"
        );
    }
}

#[test]
fn how_far_a_message_is() {
    let stand = Stand::set();
    let to = format!("+{}", stand.alice.number());
    stand.alice.behaves(Manner::Read);
    let id = stand.send(&json!({"to": to, "type": "text", "text": "hello"}));
    stand.wait_status(&id, "delivered");
    stand.wait_status(&id, "read");
    let kept = stand.ask(
        "GET",
        &stand.path(&format!("messages/{id}")),
        &Value::Null,
        200,
    );
    assert_eq!(kept["status"], "read", "{kept}");
    // Refused by the service, with its reason.
    stand.stage.service.nack_next(1, 463);
    let id = stand.send(&json!({"to": to, "type": "text", "text": "refused"}));
    let told = stand
        .receiver
        .wait_event(PATIENCE, "message.failed")
        .unwrap();
    assert_eq!(
        told.payload()["whatsapp_message_id"],
        id.as_str(),
        "{}",
        told.body
    );
}

#[test]
fn a_message_the_service_never_acknowledged_is_sent_again_and_read_once() {
    let stand = Stand::set();
    let to = format!("+{}", stand.alice.number());
    stand.hear(&stand.alice, compose::text("hello"));
    stand.stage.service.set_fault(Fault::LoseAcks);
    let id = stand.send(&json!({"to": to, "type": "text", "text": "did you hear?"}));
    let read = stand.alice.wait_message(PATIENCE).unwrap();
    assert_eq!(read.id, id);
    stand.stage.service.clear_faults();
    stand.stage.service.reset_all();
    stand.wait_status(&id, "delivered");
    stand.stage.service.set_fault(Fault::LoseMessages);
    let id = stand.send(&json!({"to": to, "type": "text", "text": "and now?"}));
    let mut cursor = stand.stage.service.cursor();
    let lost = |event: &pairbox_sim::Event| matches!(event, pairbox_sim::Event::Lost { .. });
    let _ = cursor.wait(PATIENCE / 8, lost);
    stand.stage.service.clear_faults();
    stand.stage.service.reset_all();
    let read = stand.alice.wait_message(PATIENCE).unwrap();
    assert_eq!(
        (read.id.as_str(), read.text()),
        (id.as_str(), Some("and now?"))
    );
    assert!(stand.alice.take_messages().is_empty());
}
