//! A box under traffic is backed up, ends, and goes on elsewhere.

use std::fs;

use pairbox::backup::envelope::unseal;
use pairbox::secret::Secret;
use pairbox::store::Store;
use pairbox_rig::linking::{self, PATIENCE, until};
use pairbox_rig::lossless::{OWNER, Stage, number};
use pairbox_rig::power::{PoweredBox, Socket};
use pairbox_rig::tally::{self, Tally};
use pairbox_sim::{Event, Group};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PASSPHRASE, Ran, block_on, program, run, text};

/// People who write.
const CHATS: usize = 3;

/// A stage, its box, and what people have written so far.
struct Traffic {
    stage: Stage,
    tally: Tally,
    session: String,
    written: [usize; CHATS],
    away: TempDir,
}

impl Traffic {
    fn begun() -> (Self, PoweredBox) {
        let program = vec![env!("CARGO_BIN_EXE_pairbox").to_owned()];
        let stage = Stage::set(program, CHATS, "pace_per_minute = 0").unwrap();
        stage.socket.record.secret(PASSPHRASE);
        let tally = Tally::start(0).unwrap();
        let (powered, session) = stage.linked(&tally.url()).unwrap();
        let away = tempfile::tempdir().unwrap();
        fs::write(away.path().join("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        let traffic = Self {
            stage,
            tally,
            session,
            written: [0; CHATS],
            away,
        };
        (traffic, powered)
    }

    /// Each writes so many more.
    fn write(&mut self, each: usize) {
        for _ in 0..each {
            for chat in 0..CHATS {
                let said = tally::text(chat, self.written[chat]);
                self.stage.contacts[chat].send_text(OWNER, &said);
                self.written[chat] += 1;
            }
        }
    }

    fn all_taken(&self, powered: &PoweredBox) {
        let all = self.written.iter().sum();
        let taken = self.tally.wait(all, PATIENCE);
        taken.unwrap_or_else(|late| panic!("{late}\n{}", powered.log().join("\n")));
    }

    /// The box writes to everybody, and each reads it once. `count` makes the texts different.
    fn answer(&self, powered: &PoweredBox, count: usize) {
        for chat in 0..CHATS {
            let said = format!("answer {count} to {chat}");
            self.send(powered, &format!("+{}", number(chat)), &said);
            let read = self.stage.contacts[chat].wait_message(PATIENCE);
            let read = read.unwrap_or_else(|late| panic!("{late}\n{}", powered.log().join("\n")));
            assert_eq!(read.text(), Some(said.as_str()));
        }
    }

    fn send(&self, powered: &PoweredBox, to: &str, said: &str) {
        let path = format!("/api/v1/sessions/{}/messages", self.session);
        let body = json!({"to": to, "type": "text", "text": said}).to_string();
        until(|| {
            let reply = powered.ask("POST", &path, Some(&body))?;
            Ok(matches!(reply.code, 202).then_some(()))
        })
        .unwrap();
    }

    fn file(&self) -> String {
        text(&self.away.path().join("box.age")).to_owned()
    }

    fn passphrase(&self) -> String {
        text(&self.away.path().join("passphrase")).to_owned()
    }

    /// Backs the box up while it runs.
    fn back_up(&self, powered: &PoweredBox) -> String {
        let (file, passphrase) = (self.file(), self.passphrase());
        let mut command = program(&["backup", &file, "--passphrase-file", &passphrase]);
        command.args(["--socket", text(powered.control())]);
        Ran::of(command.output().unwrap()).done()
    }

    /// Another box of which nothing is there yet; the backup is put on it.
    fn restore(&self) -> Socket {
        let here = &self.stage.socket;
        let socket = Socket {
            program: here.program.clone(),
            folder: self.away.path().to_owned(),
            endpoint: here.endpoint.clone(),
            version_url: here.version_url.clone(),
            hardware: None,
            extra: here.extra.clone(),
            record: here.record.clone(),
        };
        let config = socket.configure().unwrap();
        let ran = run(&[
            "restore",
            &self.file(),
            "--force",
            "--passphrase-file",
            &self.passphrase(),
            "--config",
            text(&config),
        ]);
        let said = ran.done();
        assert!(said.contains("…1111"), "{said}");
        assert!(!said.contains(OWNER), "{said}");
        socket
    }

    /// What people could not read of what the box wrote.
    fn unreadable(&self, from: usize) -> Vec<Event> {
        let events = self.stage.service.events();
        let events = events.into_iter().skip(from);
        events
            .filter(|event| matches!(event, Event::Unreadable { .. }))
            .collect()
    }

    fn retries(&self, from: usize) -> usize {
        let events = self.stage.service.events();
        let events = events.into_iter().skip(from);
        events
            .filter(|event| matches!(event, Event::RetryAsked { .. }))
            .count()
    }
}

#[test]
fn a_backup_under_traffic_goes_on_elsewhere() {
    let (mut traffic, powered) = Traffic::begun();
    traffic.write(10);
    traffic.all_taken(&powered);
    let said = std::thread::scope(|threads| {
        let backup = threads.spawn(|| traffic.back_up(&powered));
        // People do not wait for it: these come while the copy is made, and after it.
        for n in 10..40 {
            for chat in 0..CHATS {
                traffic.stage.contacts[chat].send_text(OWNER, &tally::text(chat, n));
            }
            let taken = traffic.tally.wait(n * CHATS, PATIENCE);
            taken.unwrap_or_else(|late| panic!("{late}\n{}", powered.log().join("\n")));
        }
        backup.join().unwrap()
    });
    traffic.written = [40; CHATS];
    assert!(
        said.contains("1 account (") && said.contains("…1111"),
        "{said}"
    );
    assert!(!said.contains(OWNER), "{said}");
    traffic.all_taken(&powered);
    assert!(
        !traffic
            .stage
            .socket
            .folder
            .join("state/backup.part")
            .exists()
    );
    drop(powered.cut().unwrap());

    assert!(rows(&traffic.stage.socket, "sessions") > 0);
    let other = traffic.restore();
    assert_eq!(rows(&other, "sessions"), 0, "a ratchet that was set back");
    assert_eq!(rows(&other, "sender_key_devices"), 0);
    let before = traffic.stage.service.events().len();
    let powered = other.power_on().unwrap();
    linking::working(&powered, &traffic.session).unwrap();
    traffic.write(1);
    traffic.all_taken(&powered);
    let retries = traffic.retries(before);
    traffic.answer(&powered, 1);
    traffic.write(2);
    traffic.all_taken(&powered);
    assert_eq!(traffic.unreadable(before), [], "people could not read it");
    let paired = traffic.stage.service.events();
    let scans = paired
        .iter()
        .filter(|event| matches!(event, Event::Paired { .. }));
    assert_eq!(scans.count(), 1, "one scan, on the old box");
    let sum = traffic.tally.sum();
    assert_eq!(sum.wrong, Vec::<String>::new());
    figure!(
        "backup: {} messages on both boxes, {} posted twice, {retries} asked for again after the restore",
        sum.messages,
        sum.duplicates
    );
    powered.switch_off().unwrap();
}

#[test]
fn it_goes_on_although_everybody_went_on_after_the_backup() {
    let (mut traffic, powered) = Traffic::begun();
    let members: Vec<String> = (0..CHATS).map(number).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).chain([OWNER]).collect();
    let group = traffic.stage.service.group("Neighbours", false, &members);
    traffic.write(3);
    traffic.all_taken(&powered);
    traffic.answer(&powered, 1);
    in_group(&traffic, &powered, &group, "before");
    traffic.back_up(&powered);
    // Ratchets turn in both directions, several times, in the group too.
    for round in 2..5 {
        traffic.answer(&powered, round);
        traffic.answer(&powered, round + 100);
        in_group(&traffic, &powered, &group, &format!("round {round}"));
        traffic.write(2);
        traffic.all_taken(&powered);
    }
    drop(powered.cut().unwrap());

    assert!(rows(&traffic.stage.socket, "sessions") > 0);
    let other = traffic.restore();
    assert_eq!(rows(&other, "sessions"), 0, "a ratchet that was set back");
    assert_eq!(rows(&other, "sender_key_devices"), 0);
    let before = traffic.stage.service.events().len();
    let powered = other.power_on().unwrap();
    linking::working(&powered, &traffic.session).unwrap();
    // The box speaks first: nothing of theirs helped it to new sessions.
    traffic.answer(&powered, 7);
    in_group(&traffic, &powered, &group, "after");
    traffic.write(1);
    traffic.all_taken(&powered);
    traffic.answer(&powered, 8);
    traffic.write(1);
    traffic.all_taken(&powered);
    assert_eq!(traffic.unreadable(before), [], "people could not read it");
    assert_eq!(traffic.tally.sum().wrong, Vec::<String>::new());
    figure!(
        "backup: after both sides went on, {} messages were asked for again",
        traffic.retries(before)
    );
    powered.switch_off().unwrap();
}

/// Why a restore takes the ratchets out: put back as they were, they use keys a second time, and people
/// cannot read what the box writes.
#[test]
fn a_store_that_is_put_back_as_it_was_is_not_understood() {
    let (mut traffic, powered) = Traffic::begun();
    traffic.write(1);
    traffic.all_taken(&powered);
    traffic.answer(&powered, 0);
    traffic.back_up(&powered);
    // Beyond what the library skips after a crash: it reserves 64 keys at a time.
    for n in 1..=70 {
        traffic.answer(&powered, n);
    }
    drop(powered.cut().unwrap());
    let other = traffic.restore();
    let sealed = fs::File::open(traffic.file()).unwrap();
    let mut plain = fs::File::create(other.folder.join("state/pairbox.redb")).unwrap();
    let passphrase = Secret::new(PASSPHRASE.to_owned());
    unseal(sealed, &passphrase, &mut plain).unwrap();
    let before = traffic.stage.service.events().len();
    let powered = other.power_on().unwrap();
    linking::working(&powered, &traffic.session).unwrap();
    for chat in 0..CHATS {
        traffic.send(&powered, &format!("+{}", number(chat)), "once more");
    }
    let not_read = until(|| Ok(Some(traffic.unreadable(before)).filter(|all| !all.is_empty())));
    figure!(
        "backup: with the ratchets of then: {:?}",
        not_read.unwrap()[0]
    );
    powered.switch_off().unwrap();
}

/// How many rows a table has in the store of a box that is off.
fn rows(socket: &Socket, table: &str) -> usize {
    let store = Store::open(&socket.folder.join("state/pairbox.redb")).unwrap();
    let rows = store.all_rows().unwrap();
    block_on(store.close());
    rows.keys().filter(|(name, _)| name == table).count()
}

/// The box writes to the group, and everybody in it reads it.
fn in_group(traffic: &Traffic, powered: &PoweredBox, group: &Group, said: &str) {
    let said = format!("to all: {said}");
    traffic.send(powered, &group.jid().to_string(), &said);
    for contact in &traffic.stage.contacts {
        let read = contact.wait_message(PATIENCE);
        let read = read.unwrap_or_else(|late| panic!("{late}\n{}", powered.log().join("\n")));
        assert_eq!(read.text(), Some(said.as_str()));
    }
}

#[test]
fn only_who_is_on_the_box_gets_a_copy() {
    let (traffic, powered) = Traffic::begun();
    let body = json!({"name": "all", "scopes": ["admin"]}).to_string();
    let made: Value = powered
        .ask("POST", "/api/v1/tokens", Some(&body))
        .unwrap()
        .json()
        .unwrap();
    let token = made["secret"].as_str().unwrap();
    powered.secret(token);
    let reply = powered.get_lan("/api/v1/backup", Some(token)).unwrap();
    assert_eq!(reply.code, 403);
    assert_eq!(reply.json().unwrap()["code"], "console_only");
    assert_eq!(powered.get_lan("/api/v1/backup", None).unwrap().code, 401);
    let copy = powered.ask("GET", "/api/v1/backup", None).unwrap();
    assert!(copy.code == 200 && copy.body.starts_with(b"redb"));
    // A restore beside the service that runs is refused.
    traffic.back_up(&powered);
    let config = traffic.stage.socket.configure().unwrap();
    let words = [
        "restore",
        &traffic.file(),
        "--force",
        "--config",
        text(&config),
    ];
    let ran = run(&[&words[..], &["--passphrase-file", &traffic.passphrase()]].concat());
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.err,
        "pairbox: the service is running: systemctl stop pairbox\n"
    );
    powered.switch_off().unwrap();
}
