//! Files that people send: told with their size and hash, had by their URL.

use pairbox_sim::{Attachment, Fault, FileKind, MediaFault};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::stand::{NAME, Stand};

const KINDS: [(FileKind, &str, &str); 6] = [
    (FileKind::Image, "image", "image/jpeg"),
    (FileKind::Video, "video", "video/mp4"),
    (FileKind::Audio, "audio", "audio/mpeg"),
    (FileKind::Voice, "voice", "audio/ogg; codecs=opus"),
    (FileKind::Document, "document", "application/pdf"),
    (FileKind::Sticker, "sticker", "image/webp"),
];

fn path(url: &str) -> &str {
    let at = url.find("/api/").unwrap_or_else(|| panic!("{url}"));
    &url[at..]
}

#[test]
fn files_of_every_kind_are_told_and_had() {
    let stand = Stand::set();
    for (kind, word, mimetype) in KINDS {
        let bytes: Vec<u8> = (0..40_000_u32)
            .map(|at| (at % 251).to_le_bytes()[0])
            .collect();
        let file = Attachment::new(kind, mimetype, bytes.clone())
            .caption("look")
            .filename("bill.pdf")
            .seconds(7);
        let post = stand.hear(&stand.alice, stand.alice.attach(&file));
        assert_eq!(post.event(), "message");
        let payload = post.payload();
        assert_eq!(payload["message_type"], word);
        assert_eq!(payload["display_name"], NAME);
        let captioned = matches!(kind, FileKind::Image | FileKind::Video | FileKind::Document);
        assert_eq!(
            payload["text"],
            json!(captioned.then_some("look")),
            "{word}"
        );
        let media = &payload["media"];
        assert_eq!(media["mimetype"], mimetype);
        assert_eq!(media["size"], 40_000);
        let hash = Sha256::digest(&bytes);
        let hex = hash
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert_eq!(media["sha256"], hex.as_str(), "{media}");
        if kind == FileKind::Document {
            assert_eq!(media["filename"], "bill.pdf");
        }
        if matches!(kind, FileKind::Video | FileKind::Audio | FileKind::Voice) {
            assert_eq!(media["seconds"], 7);
        }
        let url = media["url"].as_str().unwrap();
        let reply = stand.powered().ask("GET", path(url), None).unwrap();
        assert_eq!(reply.code, 200, "{word}: {}", stand.last_words());
        assert!(reply.body == bytes, "{word}: {} bytes", reply.body.len());
        // A stranger on the network gets nothing.
        let reply = stand.powered().get_lan(path(url), None).unwrap();
        assert_eq!(reply.code, 401);
    }
}

#[test]
fn files_that_cannot_be_had_are_a_problem_and_no_file() {
    let stand = Stand::set();
    for fault in [
        MediaFault::Gone,
        MediaFault::NotFound,
        MediaFault::CutOff,
        MediaFault::WrongBytes,
    ] {
        let file = Attachment::new(FileKind::Image, "image/png", vec![7; 5000]);
        let post = stand.hear(&stand.alice, stand.alice.attach(&file));
        let url = post.payload()["media"]["url"].as_str().unwrap().to_owned();
        stand.stage.service.set_fault(Fault::Media(fault));
        let reply = stand.powered().ask("GET", path(&url), None).unwrap();
        assert!(reply.code >= 400, "{fault:?}: {}", reply.code);
        stand.stage.service.clear_faults();
        // The message stays what it was, and the file can be had once the server has it.
        let reply = stand.powered().ask("GET", path(&url), None).unwrap();
        assert!(
            reply.code == 200 && reply.body == vec![7; 5000],
            "{fault:?}: {}",
            reply.code
        );
    }
}
