//! Stories of what stands between the box and WhatsApp: no clock, a sick disk, silence, the network.

use pairbox::account::AccountId;
use pairbox::event::{Event, Intent, LinkEvent, StoreEvent};
use pairbox::fault::{Fault, Obstacle, Trouble};
use pairbox::limits::{BOOT_STAGGER, HELD_LOOK, SILENCE, STARTING_SLOW};
use pairbox::snapshot::{PanelHealth, Status, StoreHealth};

use super::bench::{Bench, ME, alive, connected, millis, qr, quiet, secs, stored, why};

fn trouble(bench: &Bench) -> Option<Trouble> {
    match bench.status() {
        Status::Starting { slow, .. } => slow,
        Status::Reconnecting { trouble, .. } => trouble,
        other => panic!("{other:?}"),
    }
}

fn obstacle(bench: &Bench) -> Option<Obstacle> {
    trouble(bench).map(|trouble| trouble.obstacle)
}

fn clockless(enabled: bool, linked: bool) -> Bench {
    let accounts = vec![stored(ME, enabled, linked)];
    Bench::boot_with_clock(accounts, PanelHealth::Attached, false)
}

#[test]
fn without_a_clock_nothing_starts_and_the_reason_shows_at_once() {
    for by_event in [true, false] {
        for at_boot in [true, false] {
            let mut bench = clockless(at_boot, at_boot);
            if !at_boot {
                bench.connect();
            }
            assert_eq!(bench.word(), "starting");
            assert_eq!(obstacle(&bench), Some(Obstacle::Clock));
            bench.pass(secs(3600));
            assert!(!bench.asked().contains(&"start"));
            assert_eq!(obstacle(&bench), Some(Obstacle::Clock));
            bench.wall = true;
            if by_event {
                bench.send(Event::ClockSet);
            } else {
                // The event got lost.
                bench.pass(HELD_LOOK);
            }
            assert_eq!(bench.asked(), ["start"]);
            assert_eq!(trouble(&bench), None, "the ten seconds count from here");
            bench.pass(STARTING_SLOW - HELD_LOOK);
            assert_eq!(trouble(&bench), None);
        }
    }
}

#[test]
fn a_person_can_stop_what_waits_for_the_clock() {
    let mut bench = clockless(true, true);
    bench.disconnect();
    assert_eq!(bench.word(), "stopped");
    bench.wall = true;
    bench.send(Event::ClockSet);
    bench.pass(secs(60));
    assert_eq!(bench.asked(), ["save"]);
    let mut bench = clockless(true, true);
    bench.send(Event::Shutdown);
    assert!(bench.machine.is_drained());
}

#[test]
fn what_waited_for_the_clock_starts_one_after_the_other() {
    let accounts = (1..=4)
        .map(|id| stored(AccountId(id), true, true))
        .collect();
    let mut bench = Bench::boot_with_clock(accounts, PanelHealth::Attached, false);
    bench.pass(secs(600));
    bench.wall = true;
    bench.send(Event::ClockSet);
    assert_eq!(bench.asked(), ["start"]);
    for _ in 1..4 {
        bench.pass(BOOT_STAGGER - millis(1));
        assert_eq!(bench.asked(), [""; 0]);
        bench.pass(millis(1));
        assert_eq!(bench.asked(), ["start"]);
    }
}

#[test]
fn a_reconnect_waits_for_the_clock_too() {
    let mut bench = Bench::working();
    bench.wall = false;
    bench.ended();
    assert_eq!(bench.word(), "reconnecting");
    bench.pass(secs(60));
    assert_eq!(obstacle(&bench), Some(Obstacle::Clock));
    assert_eq!(bench.asked(), [""; 0]);
    bench.wall = true;
    bench.pass(HELD_LOOK);
    assert_eq!(bench.asked(), ["start"]);
}

#[test]
fn a_sick_disk_holds_a_pairing_and_nothing_else() {
    for (health, why) in [
        (StoreHealth::Full, "the disk is full"),
        (StoreHealth::ReadOnly, "the disk is read-only"),
        (StoreHealth::Failing { why: why() }, "because"),
    ] {
        let mut bench = Bench::new(false, false);
        bench.send(Event::Disk(health.clone()));
        assert_eq!(bench.snapshot().store, health);
        bench.connect();
        assert_eq!(bench.asked(), ["save"]);
        let obstacle = Obstacle::Disk;
        let why = why.to_owned();
        assert_eq!(trouble(&bench), Some(Trouble { obstacle, why }));
        bench.pass(secs(3600));
        assert_eq!(bench.asked(), [""; 0]);
        bench.send(Event::Disk(StoreHealth::Well));
        assert_eq!(bench.asked(), ["start"]);
        assert_eq!(bench.snapshot().store, StoreHealth::Well);
        // One that runs is left alone, whatever becomes of the disk.
        bench.link(qr("one", 60));
        bench.send(Event::Disk(health.clone()));
        assert_eq!(bench.shown_code().as_deref(), Some("one"));
        let mut bench = Bench::working();
        bench.send(Event::Disk(health));
        bench.pass(secs(60));
        assert_eq!(bench.word(), "working");
        bench.ended();
        bench.pass(secs(2));
        assert_eq!(bench.asked(), ["start"]);
    }
}

#[test]
fn a_sick_disk_holds_the_wipe_before_a_pairing() {
    let mut bench = Bench::working();
    bench.link(LinkEvent::LoggedOut { why: why() });
    bench.ended();
    bench.send(Event::Disk(StoreHealth::Full));
    bench.asked();
    bench.connect();
    assert_eq!(obstacle(&bench), Some(Obstacle::Disk));
    assert_eq!(bench.asked(), [""; 0]);
    bench.send(Event::Disk(StoreHealth::Well));
    assert_eq!(bench.asked(), ["wipe"]);
    bench.store(StoreEvent::AuthWiped);
    assert_eq!(bench.asked(), ["start"]);
}

#[test]
fn a_link_that_could_not_be_built_is_tried_again_when_the_disk_is_well() {
    for linked in [true, false] {
        let mut bench = Bench::new(true, linked);
        bench.connect();
        bench.link(LinkEvent::StartFailed { why: why() });
        bench.ended();
        bench.asked();
        assert_eq!(bench.fault(), Some(Fault::Store));
        bench.send(Event::Disk(StoreHealth::ReadOnly));
        bench.pass(secs(3600));
        assert_eq!(bench.asked(), [""; 0]);
        bench.send(Event::Disk(StoreHealth::Well));
        assert_eq!(bench.asked(), ["start"]);
        assert_eq!(bench.view().linked, linked, "the identity is the same");
    }
    // Not what somebody switched off, nor what only a person may wipe.
    let mut bench = Bench::new(false, true);
    bench.log_out();
    bench.store(StoreEvent::WipeFailed { why: why() });
    bench.send(Event::Disk(StoreHealth::Well));
    assert_eq!(bench.fault(), Some(Fault::Store));
    let mut bench = Bench::working();
    bench.link(LinkEvent::Replaced);
    bench.ended();
    bench.send(Event::Disk(StoreHealth::Well));
    assert_eq!(bench.fault(), Some(Fault::StreamReplaced));
    let mut bench = Bench::new(true, true);
    bench.link(LinkEvent::StartFailed { why: why() });
    bench.send(Event::Shutdown);
    bench.ended();
    bench.send(Event::Disk(StoreHealth::Well));
    assert!(bench.machine.is_drained());
}

#[test]
fn a_silent_login_is_none_and_is_built_anew_at_once() {
    let mut bench = Bench::working();
    bench.link(quiet(SILENCE.as_secs()));
    assert_eq!(bench.word(), "working");
    bench.link(quiet(SILENCE.as_secs() + 1));
    assert_eq!(bench.word(), "reconnecting");
    assert_eq!(obstacle(&bench), Some(Obstacle::Silence));
    assert_eq!(bench.error(), Some("connection_lost"));
    assert_eq!(bench.asked(), ["stop"]);
    bench.ended();
    assert_eq!(bench.asked(), ["start"], "without a wait");
    assert_eq!(obstacle(&bench), Some(Obstacle::Silence));
    bench.link(connected());
    assert_eq!(bench.word(), "working");
    // A login that is being waited for has a time of its own.
    let mut bench = Bench::pairing();
    bench.link(qr("one", 300));
    bench.link(LinkEvent::Alive {
        online: false,
        socket: true,
        failures: 0,
        quiet: SILENCE * 2,
        trouble: None,
    });
    assert_eq!(bench.shown_code().as_deref(), Some("one"));
}

#[test]
fn a_silence_ends_a_series_of_waits_like_any_loss() {
    let mut bench = Bench::working();
    for _ in 0..9 {
        bench.ended();
        bench.pass(secs(60));
    }
    bench.link(connected());
    bench.pass(secs(100));
    bench.link(quiet(SILENCE.as_secs() + 1));
    bench.ended();
    bench.ended();
    assert!(
        matches!(bench.status(), Status::Reconnecting { attempt: 0, .. }),
        "{:?}",
        bench.status()
    );
}

#[test]
fn a_reconnect_says_what_is_in_the_way() {
    let no = |obstacle| LinkEvent::Alive {
        online: false,
        socket: false,
        failures: 1,
        quiet: secs(0),
        trouble: Some(Trouble {
            obstacle,
            why: why(),
        }),
    };
    let mut bench = Bench::working();
    for each in [Obstacle::NoNetwork, Obstacle::Dns, Obstacle::Portal] {
        bench.link(no(each));
        assert_eq!(obstacle(&bench), Some(each));
    }
    // Also while our own wait runs, and when the next attempt is.
    bench.ended();
    assert_eq!(obstacle(&bench), Some(Obstacle::Portal));
    assert!(matches!(
        bench.status(),
        Status::Reconnecting {
            next_at: Some(_),
            ..
        }
    ));
    // And in starting, after its ten seconds.
    let mut bench = Bench::new(true, true);
    bench.link(no(Obstacle::Dns));
    assert_eq!(obstacle(&bench), None);
    bench.pass(STARTING_SLOW);
    assert_eq!(obstacle(&bench), Some(Obstacle::Dns));
}

#[test]
fn a_slow_start_restarts_once_but_not_under_a_code_or_a_scan() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.pass(secs(61));
    assert_eq!(bench.word(), "starting");
    bench.pass(STARTING_SLOW * 2);
    assert_eq!(bench.asked(), [""; 0], "that connection is live");
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.link(super::bench::paired());
    bench.pass(STARTING_SLOW * 2);
    assert_eq!(bench.asked(), ["save"], "the phone is at it");
    // A fresh start has its own.
    let mut bench = Bench::pairing();
    for _ in 0..2 {
        bench.link(alive(false, true, 0));
        bench.pass(STARTING_SLOW);
        bench.ended();
        assert_eq!(bench.asked(), ["stop", "start"]);
        bench.pass(STARTING_SLOW);
        assert_eq!(bench.asked(), [""; 0]);
        bench.intent(Intent::Restart(ME));
        bench.ended();
        bench.asked();
    }
}
