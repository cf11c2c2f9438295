//! The panel thread on the simulated chip: first frame, changes, loss and return, the end.

use std::sync::Arc;
use std::thread::JoinHandle;

use pairbox::clock::Clock;
use pairbox::event::{Event, PanelEvent};
use pairbox::inbox::Inbox;
use pairbox::panel::ssd1306::{ADDRESS, Oled};
use pairbox::panel::{self, Panel, Refresh};
use pairbox::snapshot::{Pairing, Snapshot, Status};
use pairbox::view::{self, Format};
use pairbox_chips::{Cable, qr_check};
use tokio::sync::{mpsc, watch};

use super::{DEADLINE, as_picture, scenes};

/// A running panel thread and everything around it.
struct Rig {
    cable: Cable,
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: mpsc::Receiver<Event>,
    clock: Clock,
    thread: JoinHandle<()>,
}

impl Rig {
    fn start(cable: &Cable, first: Snapshot) -> Self {
        let (inbox, events) = Inbox::new();
        let (snapshots, receiver) = watch::channel(Arc::new(first));
        let clock = Clock::start();
        let bus = cable.clone();
        let open = move || {
            let panel = Oled::new(bus.clone(), ADDRESS, "bench");
            Ok(Box::new(panel) as Box<dyn Panel>)
        };
        let thread = panel::spawn(open, receiver, inbox, clock).unwrap();
        Self {
            cable: cable.clone(),
            snapshots,
            events,
            clock,
            thread,
        }
    }

    /// Publishes a snapshot and waits until the glass shows it.
    fn show(&self, snapshot: &Snapshot) {
        self.snapshots.send_replace(Arc::new(snapshot.clone()));
        self.wait_for(snapshot);
    }

    fn wait_for(&self, snapshot: &Snapshot) {
        let wanted = as_picture(&view::draw(
            snapshot,
            Format::OLED_128X64,
            self.clock.mono(),
        ));
        self.cable
            .wait_picture(DEADLINE, "the snapshot", |seen| *seen == wanted)
            .unwrap();
    }

    fn next_event(&mut self) -> PanelEvent {
        let wait = async { tokio::time::timeout(DEADLINE, self.events.recv()).await };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        match runtime
            .block_on(wait)
            .expect("the panel says something in time")
        {
            Some(Event::Panel(event)) => event,
            other => panic!("not from the panel: {other:?}"),
        }
    }

    /// Ends the thread the way the process ends, and checks what it leaves behind.
    fn end(self) {
        let last = Arc::clone(&self.snapshots.borrow());
        self.show(&Snapshot {
            shutting_down: true,
            ..Snapshot::clone(&last)
        });
        drop(self.snapshots);
        self.thread.join().unwrap();
        assert!(self.cable.picture().is_dark(), "the glass is left dark");
        assert_eq!(self.cable.violations(), []);
    }
}

fn stopped() -> Snapshot {
    scenes::snapshot(Status::Stopped)
}

/// A code that is fresh on a clock that was just started.
fn code() -> Snapshot {
    let mut snapshot = scenes::snapshot(scenes::pairing(239));
    if let Status::ScanQrCode(Pairing {
        qr: Some(pairing), ..
    }) = &mut snapshot.accounts[0].status
    {
        pairing.shown_at = pairbox::time::Mono::START;
        pairing.lifetime = std::time::Duration::from_secs(60 * 60);
    }
    snapshot
}

#[test]
fn the_first_snapshot_is_drawn_at_once_and_every_other_too() {
    let cable = Cable::new(ADDRESS);
    let mut rig = Rig::start(&cable, stopped());
    rig.wait_for(&stopped());
    assert_eq!(rig.next_event(), PanelEvent::Attached);
    rig.show(&scenes::snapshot(Status::LoggedOut));
    rig.show(&code());
    assert_eq!(
        qr_check::read_qr(&cable.picture()).unwrap(),
        scenes::payload(239)
    );
    rig.show(&stopped());
    rig.end();
}

#[test]
fn snapshots_that_look_alike_cost_no_byte() {
    let cable = Cable::new(ADDRESS);
    let rig = Rig::start(&cable, stopped());
    rig.wait_for(&stopped());
    // The wire is silent from here on until a picture differs, however often the snapshot changes.
    let mut last = stopped();
    for seq in 2..200 {
        last.seq = seq;
        rig.snapshots.send_replace(Arc::new(last.clone()));
    }
    rig.show(&scenes::snapshot(Status::LoggedOut));
    let bytes = cable.stats().bytes;
    rig.end();

    let direct = Cable::new(ADDRESS);
    let mut panel = Oled::new(direct.clone(), ADDRESS, "bench");
    for snapshot in [stopped(), scenes::snapshot(Status::LoggedOut)] {
        let frame = view::draw(&snapshot, Format::OLED_128X64, scenes::BEGIN);
        panel.show(&frame, Refresh::Partial).unwrap();
    }
    assert_eq!(bytes, direct.stats().bytes);
}

#[test]
fn a_panel_pulled_out_and_put_back_shows_the_truth_again() {
    let cable = Cable::new(ADDRESS);
    let mut rig = Rig::start(&cable, code());
    rig.wait_for(&code());
    assert_eq!(rig.next_event(), PanelEvent::Attached);

    cable.unplug();
    rig.snapshots.send_replace(Arc::new(stopped()));
    let PanelEvent::Lost { why } = rig.next_event() else {
        panic!("the loss is not reported");
    };
    assert!(why.contains("bench address 0x3c"), "{why}");

    cable.keep_pictures();
    cable.replug();
    rig.wait_for(&stopped());
    assert_eq!(rig.next_event(), PanelEvent::Attached);
    let truth = as_picture(&view::draw(
        &stopped(),
        Format::OLED_128X64,
        rig.clock.mono(),
    ));
    for seen in cable.kept_pictures() {
        assert!(
            seen.is_dark() || seen == truth,
            "neither noise nor an old code is seen\n{seen}"
        );
    }
    rig.end();
}

#[test]
fn a_panel_that_was_never_there_is_found_later() {
    let cable = Cable::new(ADDRESS);
    cable.unplug();
    let mut rig = Rig::start(&cable, stopped());
    assert!(matches!(rig.next_event(), PanelEvent::Lost { .. }));
    // Nothing is published any more: it is tried again all by itself.
    cable.replug();
    rig.wait_for(&stopped());
    assert_eq!(rig.next_event(), PanelEvent::Attached);
    rig.end();
}

#[test]
fn the_glass_is_cleared_when_the_publisher_just_goes_away() {
    let cable = Cable::new(ADDRESS);
    let rig = Rig::start(&cable, code());
    rig.wait_for(&code());
    drop(rig.snapshots);
    rig.thread.join().unwrap();
    assert!(cable.picture().is_dark());
}

#[test]
fn a_code_on_a_panel_with_a_loose_contact_is_cleared_at_the_end() {
    let cable = Cable::new(ADDRESS);
    let mut rig = Rig::start(&cable, code());
    rig.wait_for(&code());
    assert_eq!(rig.next_event(), PanelEvent::Attached);
    // One transfer fails, but the panel keeps its supply and its picture.
    cable.fail_next();
    rig.snapshots.send_replace(Arc::new(stopped()));
    assert!(matches!(rig.next_event(), PanelEvent::Lost { .. }));
    assert!(!cable.picture().is_dark());
    rig.end();
}
