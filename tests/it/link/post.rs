//! Messages through a real link: what contacts write comes in, what the box writes arrives, and what
//! they say of it is heard.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use pairbox::account::E164;
use pairbox::journal::{Happening, Kind, What};
use pairbox::message::address::{Chat, MessageId, Person};
use pairbox::message::content::{Content, Location, Media, MediaKind, Quoted};
use pairbox::message::outbound::{Draft, Outbound, Progress};
use pairbox::store::{KeptMessage, MessageFilter};
use pairbox::whatsapp::dispatch::DispatchError;
use pairbox::whatsapp::media::FetchError;
use pairbox_sim::{
    Appears, Attachment, Contact, Content as Read, Event as Seen, Fault, FileKind, Manner,
    MediaFault, Target, compose,
};

use super::scene::{ACCOUNT, ALICE, OWNER, PATIENCE, Running, Scene};

const BOB: &str = "15550003333";

/// A line that hears everything the journal is told.
fn listen(scene: &Scene) -> (Receiver<Arc<Happening>>, impl Drop + use<>) {
    let (tell, told) = channel();
    let tell = Box::new(move |it: &Arc<Happening>| tell.send(Arc::clone(it)).is_ok());
    let (_, subscription) = scene.journal.listen(None, tell);
    (told, subscription)
}

/// The next thing of that kind that is told.
fn next(told: &Receiver<Arc<Happening>>, kind: Kind) -> serde_json::Value {
    loop {
        let happening = told.recv_timeout(PATIENCE).unwrap();
        if let What::Told(event, _) = &happening.what
            && event.kind == kind
        {
            return event.payload.0.clone();
        }
    }
}

impl Scene {
    /// Waits until the companion has told the service that it has the message: then it is durable.
    fn wait_taken(&self, id: &str) -> KeptMessage {
        self.service
            .wait(
                PATIENCE,
                |event| matches!(event, Seen::Receipt { id: of, .. } if of == id),
            )
            .unwrap();
        let kept = self
            .store
            .messages(ACCOUNT, MessageFilter::newest(50))
            .unwrap();
        kept.into_iter().find(|it| it.id.as_str() == id).unwrap()
    }

    pub fn outbound(&self, id: &str, chat: &str, content: Draft) -> Outbound {
        let now = self.clock.now().wall.unwrap();
        Outbound {
            id: id.parse().unwrap(),
            chat: chat.parse().unwrap(),
            content,
            quoted: None,
            mentions: Vec::new(),
            typing: false,
            queued_at: now,
            expires_at: pairbox::time::UnixMillis(now.0 + 3_600_000),
            attempts: 0,
            reply: false,
        }
    }

    /// Keeps it as queued, so that what becomes of it is noted, and sends it.
    fn send(&self, running: &Running<'_>, outbound: &Outbound, file: Option<PathBuf>) {
        self.runtime.block_on(async {
            let now = outbound.queued_at;
            let queued = self.store.queue(ACCOUNT, vec![outbound.clone()], None, now);
            queued.await.unwrap();
            running.link.dispatch(outbound, file).await.unwrap();
        });
    }
}

pub fn text(body: &str) -> Draft {
    let text = body.to_owned();
    Draft::Text { text }
}

fn jid(number: &str) -> String {
    format!("{number}@s.whatsapp.net")
}

fn attach(alice: &Contact, kind: FileKind, bytes: &[u8]) -> pairbox_sim::wa::Message {
    alice.attach(&Attachment::new(kind, "image/png", bytes).caption("look"))
}

#[test]
fn whatever_alice_writes_comes_in() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let running = scene.paired();
    let first = alice.send_text(OWNER, "hello");
    let kept = scene.wait_taken(&first);
    assert_eq!(
        kept.content,
        Content::Text {
            text: "hello".to_owned()
        }
    );
    assert_eq!(kept.chat.id(), jid(ALICE));
    let chat = OWNER_JID.parse().unwrap();
    let own = Target::own(alice.jid(), &first);
    let target: MessageId = first.parse().unwrap();
    for (message, wanted) in [
        (
            compose::reaction(&chat, &own, "👍"),
            Content::Reaction {
                target: target.clone(),
                emoji: "👍".to_owned(),
            },
        ),
        (
            compose::edit(&chat, &own, compose::text("hello there")),
            Content::Edit {
                target: target.clone(),
                text: "hello there".to_owned(),
            },
        ),
        (compose::revoke(&chat, &own), Content::Revoke { target }),
        (
            compose::location(1.5, 2.5, "here", "a street"),
            Content::Location(Location {
                latitude: 1.5,
                longitude: 2.5,
                name: Some("here".to_owned()),
                address: Some("a street".to_owned()),
            }),
        ),
    ] {
        let id = alice.send(OWNER, message);
        assert_eq!(scene.wait_taken(&id).content, wanted);
    }
    running.stop();
}

const OWNER_JID: &str = "15550001111@s.whatsapp.net";

#[test]
fn a_person_is_one_by_every_name_they_write_under() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let running = scene.paired();
    for appears in [
        Appears::NumberWithHidden,
        Appears::HiddenWithNumber,
        Appears::Hidden,
    ] {
        alice.appears(appears);
        let kept = scene.wait_taken(&alice.send_text(OWNER, "it is me"));
        let sender = kept.sender.unwrap();
        assert!(
            sender.phone().is_some() && sender.lid().is_some(),
            "{appears:?}"
        );
        assert_eq!(kept.chat.id(), jid(ALICE), "{appears:?}");
    }
    running.stop();
}

#[test]
fn what_the_owner_writes_on_the_phone_belongs_to_the_chat() {
    let scene = Scene::set();
    let _alice = scene.service.contact(ALICE, "Alice");
    let running = scene.paired();
    let kept = scene.wait_taken(&scene.phone.send_text(ALICE, "from my phone"));
    assert!(kept.from_me);
    assert_eq!(kept.chat.id(), jid(ALICE));
    running.stop();
}

#[test]
fn groups_have_names_and_their_people_too() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let running = scene.paired();
    let (told, _listening) = listen(&scene);
    for hidden in [false, true] {
        let group = scene.service.group("Friends", hidden, &[OWNER, ALICE]);
        let kept = scene.wait_taken(&alice.send_text(group.address(), "hello all"));
        assert_eq!(
            kept.group_name.as_deref(),
            Some("Friends"),
            "hidden: {hidden}"
        );
        assert_eq!(kept.sender.unwrap().jid(), jid(ALICE), "hidden: {hidden}");
        group.set_subject(ALICE, "Best friends");
        while next(&told, Kind::GroupUpdate)["change"] != "subject" {}
        let kept = scene.wait_taken(&alice.send_text(group.address(), "again"));
        assert_eq!(kept.group_name.as_deref(), Some("Best friends"));
    }
    running.stop();
}

#[test]
fn files_come_within_their_cap() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let running = scene.paired();
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let kept = scene.wait_taken(&alice.send(OWNER, attach(&alice, FileKind::Image, &bytes)));
    let Content::Media(shown) = &kept.content else {
        panic!("a file: {kept:?}")
    };
    assert_eq!(shown.caption.as_deref(), Some("look"));
    assert_eq!(shown.remote, None, "keys are not shown");
    let media = scene
        .store
        .media(ACCOUNT, kept.event.unwrap())
        .unwrap()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("file");
    let fetch = |media: &Media, max| {
        let fetched = running.link.fetch(media, to.clone(), max);
        scene.runtime.block_on(fetched)
    };
    assert_eq!(fetch(&media, 1_000_000).unwrap(), 200_000);
    assert_eq!(std::fs::read(&to).unwrap(), bytes);
    assert!(matches!(
        fetch(&media, 199_999),
        Err(FetchError::TooLarge { .. })
    ));
    // One that lies about its size.
    let small = Media {
        size: 10,
        ..media.clone()
    };
    assert!(matches!(
        fetch(&small, 1_000),
        Err(FetchError::TooLarge { .. })
    ));
    assert_eq!(std::fs::read(&to).unwrap(), b"");
    scene.service.set_fault(Fault::Media(MediaFault::Gone));
    assert!(matches!(fetch(&media, 1_000_000), Err(FetchError::Gone)));
    scene.service.clear_faults();
    scene
        .service
        .set_fault(Fault::Media(MediaFault::WrongBytes));
    assert!(matches!(
        fetch(&media, 1_000_000),
        Err(FetchError::Trouble { .. })
    ));
    assert_eq!(
        std::fs::read(&to).unwrap(),
        b"",
        "nothing of what does not check out"
    );
    scene.service.clear_faults();
    running.stop();
}

#[test]
fn everything_goes_out_and_arrives() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let running = scene.paired();
    let asked = alice.send_text(OWNER, "well?");
    scene.wait_taken(&asked);
    let mut answer = scene.outbound("3EB0000001", &jid(ALICE), text("yes"));
    answer.quoted = Some(Quoted {
        id: asked.parse().unwrap(),
        sender: jid(ALICE).parse().unwrap(),
        text: Some("well?".to_owned()),
    });
    scene.send(&running, &answer, None);
    let read = alice.wait_message(PATIENCE).unwrap();
    assert_eq!((read.text(), &*read.id), (Some("yes"), "3EB0000001"));
    assert_eq!(read.quoted, Some(asked.clone()));

    let emoji = "👀".to_owned();
    let sender = Some(jid(ALICE).parse().unwrap());
    let target = asked.parse().unwrap();
    let react = Draft::Reaction {
        target,
        sender,
        emoji,
    };
    scene.send(
        &running,
        &scene.outbound("3EB0000002", &jid(ALICE), react),
        None,
    );
    let read = alice.wait_message(PATIENCE).unwrap();
    assert!(matches!(read.content, Read::Reaction { ref id, from_me: false, .. } if *id == asked));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let bytes: Vec<u8> = (0..100_001_u32).map(|n| (n % 253) as u8).collect();
    std::fs::write(&file, &bytes).unwrap();
    for (number, kind) in MediaKind::ALL.into_iter().enumerate() {
        let media = Draft::Media {
            kind,
            spooled: "file".to_owned(),
            mimetype: "image/webp".to_owned(),
            size: bytes.len() as u64,
            caption: None,
            filename: Some("name.bin".to_owned()),
        };
        let outbound = scene.outbound(&format!("3EB00001{number:02}"), &jid(ALICE), media);
        scene.send(&running, &outbound, Some(file.clone()));
        let read = alice.wait_message(PATIENCE).unwrap();
        assert_eq!(
            read.file(),
            Some(&bytes[..]),
            "{kind:?}: {:?}",
            read.content
        );
    }
    running.stop();
}

#[test]
fn a_group_reads_what_the_box_writes() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let bob = scene.service.contact(BOB, "Bob");
    let running = scene.paired();
    for (number, hidden) in [false, true].into_iter().enumerate() {
        let group = scene.service.group("Friends", hidden, &[OWNER, ALICE, BOB]);
        let mut hello = text("hello @15550003333");
        let id = format!("3EB000020{number}");
        let mut outbound = scene.outbound(&id, group.address(), hello.clone());
        outbound.mentions = vec![jid(BOB).parse().unwrap()];
        scene.send(&running, &outbound, None);
        for contact in [&alice, &bob] {
            let read = contact.wait_message(PATIENCE).unwrap();
            assert_eq!(read.text(), Some("hello @15550003333"), "hidden: {hidden}");
            assert_eq!(read.group.as_ref(), Some(group.jid()));
            assert_eq!(read.mentions, [jid(BOB)]);
        }
        hello = Draft::Reaction {
            target: id.parse().unwrap(),
            sender: None,
            emoji: "👍".to_owned(),
        };
        let id = format!("3EB000030{number}");
        scene.send(&running, &scene.outbound(&id, group.address(), hello), None);
        let read = alice.wait_message(PATIENCE).unwrap();
        assert!(matches!(read.content, Read::Reaction { from_me: true, .. }));
        bob.wait_message(PATIENCE).unwrap();
    }
    running.stop();
}

#[test]
fn how_far_a_message_is_is_heard() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    alice.behaves(Manner::Read);
    let running = scene.paired();
    let (told, _listening) = listen(&scene);
    let outbound = scene.outbound("3EB0000401", &jid(ALICE), text("read me"));
    scene.send(&running, &outbound, None);
    while next(&told, Kind::MessageAck)["status"] != "read" {}
    let kept = scene.store.message(ACCOUNT, &outbound.id).unwrap().unwrap();
    assert_eq!(kept.progress, Some(Progress::Read));

    scene.service.nack_next(1, 463);
    let refused = scene.outbound("3EB0000402", &jid(ALICE), text("not you"));
    scene.send(&running, &refused, None);
    next(&told, Kind::MessageFailed);
    let kept = scene.store.message(ACCOUNT, &refused.id).unwrap().unwrap();
    assert!(matches!(kept.progress, Some(Progress::Failed { .. })));
    running.stop();
}

#[test]
fn numbers_are_looked_up_and_a_link_without_a_socket_says_so() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let running = scene.paired();
    let look_up = |number: &str| {
        let phone: E164 = number.parse().unwrap();
        scene.runtime.block_on(running.link.look_up(&phone))
    };
    let found = look_up(ALICE).unwrap().unwrap();
    assert!(found.is(&jid(ALICE).parse::<Person>().unwrap()));
    assert_eq!(
        found.lid().map(pairbox::message::address::Lid::digits),
        Some(&*alice.lid().user)
    );
    assert_eq!(look_up("15559999999"), Ok(None));
    let chat: Chat = jid(ALICE).parse().unwrap();
    scene
        .runtime
        .block_on(running.link.typing(&chat, true))
        .unwrap();
    let link = running.link.clone();
    running.stop();
    let late = scene.outbound("3EB0000501", &jid(ALICE), text("too late"));
    let sent = scene.runtime.block_on(link.dispatch(&late, None));
    assert_eq!(sent, Err(DispatchError::NotConnected));
}

#[test]
fn a_message_that_nobody_can_read_comes_after_all() {
    let scene = Scene::set();
    let alice = scene.service.contact(ALICE, "Alice");
    let running = scene.paired();
    scene.wait_taken(&alice.send_text(OWNER, "first"));
    alice.spoil(1);
    let spoilt = alice.send_text(OWNER, "second");
    scene
        .service
        .wait(
            PATIENCE,
            |event| matches!(event, Seen::RetryAsked { id, .. } if *id == spoilt),
        )
        .unwrap();
    let kept = scene.wait_taken(&spoilt);
    assert_eq!(
        kept.content,
        Content::Text {
            text: "second".to_owned()
        }
    );
    running.stop();
}
