//! Files: left at the media server by contacts and by companions, fetched by both.

#![allow(clippy::default_trait_access, reason = "the types' names are far away")]

use std::time::Duration;

use pairbox_sim::{
    Attachment, Content, Event as Seen, Fault, FileKind, MediaFault, Options, Service,
};
use whatsapp_rust::download::{Downloadable, MediaType};
use whatsapp_rust::media::{self, AudioOptions, DocumentOptions, ImageOptions};

use crate::companion::{ALICE, Companion, DEADLINE, NUMBER, backend, linked};

fn fetch(companion: &Companion, file: &dyn Downloadable) -> Option<Vec<u8>> {
    companion.with(async |client| client.download(file).await.ok())
}

#[test]
fn a_companion_fetches_what_contacts_send() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    for kind in [
        FileKind::Image,
        FileKind::Video,
        FileKind::Audio,
        FileKind::Voice,
        FileKind::Document,
        FileKind::Sticker,
    ] {
        let bytes: Vec<u8> = (0..70_000_u32).map(|at| at.to_le_bytes()[0]).collect();
        let file = Attachment::new(kind, "application/x-some", bytes.clone()).caption("look");
        alice.send(NUMBER, alice.attach(&file));
        let came = companion.wait_message();
        let message = &came.message;
        let fetched = match kind {
            FileKind::Image => fetch(&companion, &*message.image_message),
            FileKind::Video => fetch(&companion, &*message.video_message),
            FileKind::Audio | FileKind::Voice => fetch(&companion, &*message.audio_message),
            FileKind::Document => fetch(&companion, &*message.document_message),
            FileKind::Sticker => fetch(&companion, &*message.sticker_message),
        };
        assert_eq!(fetched, Some(bytes), "{kind:?}");
    }
}

#[test]
fn contacts_open_what_a_companion_sends() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let companion = linked(&service, &backend());
    let upload = |kind, bytes: &[u8]| {
        let bytes = bytes.to_vec();
        companion.with(async |client| {
            client
                .upload(bytes, kind, Default::default())
                .await
                .unwrap()
        })
    };
    let image = media::image_message(
        upload(MediaType::Image, b"picture"),
        ImageOptions::default(),
    );
    let voice = AudioOptions {
        ptt: Some(true),
        duration_seconds: Some(3),
        ..Default::default()
    };
    let voice = media::audio_message(upload(MediaType::Audio, b"hm hm"), voice);
    let paper = DocumentOptions {
        file_name: Some("bill.pdf".to_owned()),
        ..Default::default()
    };
    let paper = media::document_message(upload(MediaType::Document, b"%PDF"), paper);
    for (message, kind, bytes) in [
        (image, FileKind::Image, b"picture".as_slice()),
        (voice, FileKind::Voice, b"hm hm"),
        (paper, FileKind::Document, b"%PDF"),
    ] {
        companion.send(&alice.jid(), message);
        let read = alice.wait_message(DEADLINE).unwrap();
        assert_eq!(read.file(), Some(bytes));
        assert!(matches!(read.content, Content::File { kind: is, .. } if is == kind));
    }
    let uploaded = |event: &Seen| matches!(event, Seen::Uploaded { .. });
    assert_eq!(
        service
            .events()
            .iter()
            .filter(|event| uploaded(event))
            .count(),
        3
    );
}

#[test]
fn the_media_server_fails_as_ordered() {
    let service = Service::start(Options::default()).unwrap();
    let alice = service.contact(ALICE, "Alice");
    let mut companion = linked(&service, &backend());
    let file = Attachment::new(FileKind::Image, "image/png", vec![7; 5000]);
    alice.send(NUMBER, alice.attach(&file));
    let came = companion.wait_message();
    for fault in [
        MediaFault::NotFound,
        MediaFault::Gone,
        MediaFault::CutOff,
        MediaFault::WrongBytes,
    ] {
        service.set_fault(Fault::Media(fault));
        assert_eq!(
            fetch(&companion, &*came.message.image_message),
            None,
            "{fault:?}"
        );
        service.clear_faults();
    }
    service.set_fault(Fault::Media(MediaFault::Slow(Duration::from_millis(100))));
    assert!(fetch(&companion, &*came.message.image_message).is_some());
    service.set_fault(Fault::Media(MediaFault::NoUploads));
    let failed = companion.with(async |client| {
        let upload = client.upload(vec![1], MediaType::Image, Default::default());
        upload.await.is_err()
    });
    assert!(failed);
}
