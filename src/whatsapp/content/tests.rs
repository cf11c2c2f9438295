//! Every kind of message, and that nothing anybody can send loses a text or breaks the reading.

use proptest::prelude::*;
use whatsapp_rust::buffa::MessageField;
use whatsapp_rust::waproto::codec::{message_decode, message_to_vec};
use whatsapp_rust::waproto::whatsapp::message as wam;

use super::*;

fn key(id: &str) -> MessageField<wa::MessageKey> {
    MessageField::some(wa::MessageKey {
        id: Some(id.to_owned()),
        ..wa::MessageKey::default()
    })
}

fn text_message(text: &str) -> wa::Message {
    wa::Message {
        conversation: Some(text.to_owned()),
        ..wa::Message::default()
    }
}

#[allow(clippy::unnecessary_wraps, reason = "compared with what is")]
fn said(text: &str) -> Option<Content> {
    let text = text.to_owned();
    Some(Content::Text { text })
}

fn protocol(kind: ProtocolType, edited: Option<wa::Message>) -> wa::Message {
    wa::Message {
        protocol_message: MessageField::some(wam::ProtocolMessage {
            key: key("3A01"),
            r#type: Some(kind),
            edited_message: edited.into(),
            ..wam::ProtocolMessage::default()
        }),
        ..wa::Message::default()
    }
}

fn image() -> wa::Message {
    wa::Message {
        image_message: MessageField::some(wam::ImageMessage {
            mimetype: Some("image/png".to_owned()),
            caption: Some("look".to_owned()),
            file_length: Some(7),
            file_sha256: Some(vec![0xab; 32]),
            direct_path: Some("/v/1".to_owned()),
            media_key: Some(vec![1; 32]),
            file_enc_sha256: Some(vec![2; 32]),
            context_info: MessageField::some(wa::ContextInfo {
                mentioned_jid: vec!["15550001111@s.whatsapp.net".to_owned(), "?".to_owned()],
                stanza_id: Some("3A09".to_owned()),
                participant: Some("900000000002222:3@lid".to_owned()),
                quoted_message: MessageField::some(text_message("before")),
                expiration: Some(86_400),
                ..wa::ContextInfo::default()
            }),
            ..wam::ImageMessage::default()
        }),
        ..wa::Message::default()
    }
}

#[test]
fn a_picture_with_everything() {
    let message = image();
    let Some(Content::Media(media)) = content(&message) else {
        panic!("a file")
    };
    assert_eq!(media.kind, MediaKind::Image);
    assert_eq!(media.mimetype, "image/png");
    assert_eq!(media.caption.as_deref(), Some("look"));
    assert_eq!((media.size, media.sha256), (7, "ab".repeat(32)));
    assert_eq!(media.remote.unwrap().direct_path, "/v/1");
    let mentioned = mentioned(&message);
    assert_eq!(
        mentioned,
        people::named("15550001111@s.whatsapp.net")
            .into_iter()
            .collect::<Vec<_>>()
    );
    let quoted = quoted(&message, None).unwrap();
    assert_eq!(quoted.sender.jid(), "900000000002222@lid");
    assert_eq!(quoted.text.as_deref(), Some("before"));
    assert_eq!(timer(&message), Some(86_400));
    assert_eq!(timer(&text_message("x")), Some(0));
}

#[test]
fn the_other_kinds_of_files() {
    let audio = |ptt| wa::Message {
        audio_message: MessageField::some(wam::AudioMessage {
            ptt,
            seconds: Some(4),
            ..wam::AudioMessage::default()
        }),
        ..wa::Message::default()
    };
    let document = wa::Message {
        document_message: MessageField::some(wam::DocumentMessage {
            file_name: Some("bill.pdf".to_owned()),
            mimetype: Some("application/pdf\r\nSet-Cookie: x".to_owned()),
            ..wam::DocumentMessage::default()
        }),
        ..wa::Message::default()
    };
    let sticker = wa::Message {
        sticker_message: MessageField::some(wam::StickerMessage::default()),
        ..wa::Message::default()
    };
    let film = wa::Message {
        ptv_message: MessageField::some(wam::VideoMessage::default()),
        ..wa::Message::default()
    };
    for (message, kind) in [
        (audio(None), MediaKind::Audio),
        (audio(Some(true)), MediaKind::Voice),
        (document, MediaKind::Document),
        (sticker, MediaKind::Sticker),
        (film, MediaKind::Video),
    ] {
        let Some(Content::Media(media)) = content(&message) else {
            panic!("a file: {kind:?}")
        };
        assert_eq!(media.kind, kind);
        assert_eq!(media.remote, None, "nobody knows where it is");
        assert!(!media.mimetype.contains('\n'));
        if kind == MediaKind::Document {
            assert_eq!(media.filename.as_deref(), Some("bill.pdf"));
            assert_eq!(media.mimetype, "application/octet-stream");
        }
    }
}

#[test]
fn messages_about_messages() {
    let target: MessageId = "3A01".parse().unwrap();
    assert_eq!(
        content(&protocol(ProtocolType::REVOKE, None)),
        Some(Content::Revoke {
            target: target.clone()
        })
    );
    let edit = |text: &str| {
        let (target, text) = (target.clone(), text.to_owned());
        Some(Content::Edit { target, text })
    };
    let edited = protocol(ProtocolType::MESSAGE_EDIT, Some(text_message("better")));
    assert_eq!(content(&edited), edit("better"));
    let caption = protocol(ProtocolType::MESSAGE_EDIT, Some(image()));
    assert_eq!(content(&caption), edit("look"));
    // As phones send it: in an envelope.
    let wrapped = wa::Message {
        edited_message: MessageField::some(wam::FutureProofMessage {
            message: MessageField::some(edited),
        }),
        ..wa::Message::default()
    };
    assert_eq!(content(&wrapped), edit("better"));
    let reaction = wa::Message {
        reaction_message: MessageField::some(wam::ReactionMessage {
            key: key("3A01"),
            text: Some("👍".to_owned()),
            ..wam::ReactionMessage::default()
        }),
        ..wa::Message::default()
    };
    let emoji = "👍".to_owned();
    assert_eq!(
        content(&reaction),
        Some(Content::Reaction { target, emoji })
    );
}

#[test]
fn places_that_are_nowhere_are_no_places() {
    let at = |latitude, longitude| wa::Message {
        location_message: MessageField::some(wam::LocationMessage {
            degrees_latitude: Some(latitude),
            degrees_longitude: Some(longitude),
            name: Some("here".to_owned()),
            ..wam::LocationMessage::default()
        }),
        ..wa::Message::default()
    };
    let Some(Content::Location(place)) = content(&at(52.5, -13.4)) else {
        panic!("a place")
    };
    assert_eq!(place.name.as_deref(), Some("here"));
    let nowhere = Some(Content::Other {
        what: "location".to_owned(),
    });
    for (latitude, longitude) in [(f64::NAN, 0.0), (0.0, f64::INFINITY), (91.0, 0.0)] {
        assert_eq!(content(&at(latitude, longitude)), nowhere);
    }
}

#[test]
fn cards_choices_and_what_has_no_word() {
    let card = |name: &str| wam::ContactMessage {
        display_name: Some(name.to_owned()),
        vcard: Some("BEGIN:VCARD".to_owned()),
        ..wam::ContactMessage::default()
    };
    let cards = wa::Message {
        contacts_array_message: MessageField::some(wam::ContactsArrayMessage {
            contacts: vec![card("Alice"), card("Bob")],
            ..wam::ContactsArrayMessage::default()
        }),
        ..wa::Message::default()
    };
    assert!(matches!(content(&cards), Some(Content::Contact { cards }) if cards.len() == 2));
    let chosen = wa::Message {
        list_response_message: MessageField::some(wam::ListResponseMessage {
            title: Some("Yes, please".to_owned()),
            ..wam::ListResponseMessage::default()
        }),
        ..wa::Message::default()
    };
    assert_eq!(content(&chosen), said("Yes, please"));
    let poll = wa::Message {
        poll_creation_message_v3: MessageField::some(wam::PollCreationMessage::default()),
        ..wa::Message::default()
    };
    let other = |what: &str| {
        Some(Content::Other {
            what: what.to_owned(),
        })
    };
    assert_eq!(content(&poll), other("poll_creation"));
    assert_eq!(content(&wa::Message::default()), other("unknown"));
}

#[test]
fn devices_among_themselves_say_nothing() {
    let keys = protocol(ProtocolType::APP_STATE_SYNC_KEY_SHARE, None);
    assert_eq!(content(&keys), None);
    let key = MessageField::some(wam::SenderKeyDistributionMessage::default());
    let group_key = wa::Message {
        sender_key_distribution_message: key.clone(),
        ..wa::Message::default()
    };
    assert_eq!(content(&group_key), None);
    let with_text = wa::Message {
        sender_key_distribution_message: key,
        ..text_message("first in this group")
    };
    assert_eq!(content(&with_text), said("first in this group"));
}

/// An envelope around a message.
type Envelope = fn(wa::Message) -> wa::Message;

macro_rules! envelope_list {
    ($($field:ident,)+) => {
        [$((|inner: wa::Message| {
            let mut outer = wa::Message::default();
            outer.$field.get_or_insert_default().message = MessageField::some(inner);
            outer
        }) as Envelope),+]
    };
}

const ENVELOPES: [Envelope; 29] = super::unwrap::envelopes!(envelope_list!());

/// What carries a text, each in another way.
fn carrier(index: u8, text: &str) -> wa::Message {
    let some = || Some(text.to_owned());
    let mut message = wa::Message::default();
    match index {
        0 => message.conversation = some(),
        1 => message.extended_text_message.get_or_insert_default().text = some(),
        2 => message.image_message.get_or_insert_default().caption = some(),
        3 => message.video_message.get_or_insert_default().caption = some(),
        4 => message.document_message.get_or_insert_default().caption = some(),
        5 => {
            message
                .template_button_reply_message
                .get_or_insert_default()
                .selected_display_text = some();
        }
        6 => message.list_response_message.get_or_insert_default().title = some(),
        7 => message.buttons_message.get_or_insert_default().content_text = some(),
        8 => {
            let form = message.interactive_message.get_or_insert_default();
            form.body.get_or_insert_default().text = some();
        }
        _ => {
            message = protocol(ProtocolType::MESSAGE_EDIT, Some(text_message(text)));
        }
    }
    message
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_lost_in_any_envelope(
        text in "\\PC{1,40}",
        index in 0u8..10,
        around in proptest::collection::vec(0..ENVELOPES.len(), 0..8),
    ) {
        let inner = carrier(index, &text);
        let message = around.iter().fold(inner, |inner, which| ENVELOPES[*which](inner));
        // As it comes: over the wire.
        let message = message_decode(&message_to_vec(&message)).unwrap();
        let content = content(&message);
        prop_assert_eq!(content.as_ref().and_then(Content::text), Some(&*text));
    }

    #[test]
    fn no_bytes_break_the_reading(
        index in 0u8..10,
        around in proptest::collection::vec(0..ENVELOPES.len(), 0..4),
        harm in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        tail in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let inner = carrier(index, "hello");
        let message = around.iter().fold(inner, |inner, which| ENVELOPES[*which](inner));
        let mut bytes = message_to_vec(&message);
        for (at, byte) in harm {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.extend(tail);
        if let Ok(message) = message_decode(&bytes) {
            let content = content(&message);
            let row = serde_json::to_string(&content).unwrap();
            prop_assert_eq!(serde_json::from_str::<Option<Content>>(&row).unwrap(), content);
            let _ = (mentioned(&message), quoted(&message, None), timer(&message));
        }
    }
}
