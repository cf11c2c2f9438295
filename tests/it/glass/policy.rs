//! The panel's policy over hours: what it costs, what it notices, and what it heals.

use std::time::Duration;

use embedded_hal::delay::DelayNs;
use pairbox::event::{Event, PanelEvent};
use pairbox::inbox::Inbox;
use pairbox::limits;
use pairbox::panel::glass::Glass;
use pairbox::panel::ssd168x::{self, Epaper};
use pairbox::panel::ssd1306::{ADDRESS, Oled};
use pairbox::panel::{Opener, paper, wire};
use pairbox::snapshot::{Light, Snapshot, Status};
use pairbox::time::Mono;
use pairbox_chips::{Cable, PaperModule, RefreshKind, SpiCable};

use super::life::Life;
use super::modules::{ALL, Module};
use super::scenes;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// What the issue allows for the way from a panel that was put back to the right picture.
const RIGHT_WITHIN: Duration = Duration::from_secs(5);

/// A picture that never moves by itself, except that it wanders.
fn stopped(light: Light) -> Snapshot {
    let mut snapshot = scenes::snapshot(Status::Stopped);
    snapshot.light = light;
    snapshot
}

fn other() -> Snapshot {
    scenes::snapshot(Status::LoggedOut)
}

fn oleds() -> impl Iterator<Item = Module> {
    ALL.into_iter().filter(|module| !module.is_paper())
}

fn papers() -> impl Iterator<Item = Module> {
    ALL.into_iter().filter(|module| module.is_paper())
}

#[test]
fn a_dark_panel_costs_nothing_and_is_set_up_anew_when_it_is_woken() {
    for (module, length) in oleds().flat_map(|module| [(module, HOUR), (module, SECOND)]) {
        let mut life = Life::start(module, stopped(Light::Bright));
        life.show(stopped(Light::Off));
        assert!(life.wires.picture().is_dark());
        let turns = life.turns;
        let (bytes, _) = life.cost_of(|life| life.pass(length));
        assert_eq!((bytes, life.turns - turns), (0, 0), "{module:?}");
        // It lost its supply meanwhile, and nobody could notice.
        life.wires.unplug();
        life.wires.replug();
        life.wires.keep_pictures();
        life.show(stopped(Light::Dim));
        assert_eq!(life.wires.picture(), life.truth(), "{module:?}");
        for seen in life.wires.kept_pictures() {
            assert!(seen.is_dark() || seen == life.truth(), "{module:?}\n{seen}");
        }
        assert_eq!(life.said(), [PanelEvent::Attached]);
        assert_eq!(life.wires.violations(), []);
    }
}

#[test]
fn a_lit_panel_that_stands_still_costs_nothing_between_two_minutes() {
    for module in oleds().filter(|module| *module != Module::Hat) {
        let mut life = Life::start(module, stopped(Light::Bright));
        for _ in 0..5 {
            let (bytes, _) = life.cost_of(|life| life.pass(59 * SECOND));
            assert_eq!(bytes, 0, "{module:?}");
            life.wires.keep_pictures();
            let before = life.wires.picture();
            let (bytes, _) = life.cost_of(|life| life.pass(SECOND));
            let [width, height] = [life.truth().width(), life.truth().height()];
            let whole = u64::from(width * height / 8);
            assert!((whole..whole + 200).contains(&bytes), "{module:?}: {bytes}");
            assert_eq!(life.wires.picture(), life.truth());
            // Old above, new below while it is written, never dark.
            for seen in life.wires.kept_pictures() {
                assert!(!seen.is_dark() || before.is_dark(), "{module:?} flickers");
            }
        }
        assert_eq!(life.wires.violations(), []);
    }
}

#[test]
fn an_hour_takes_few_turns() {
    for module in ALL {
        let mut life = Life::start(module, stopped(Light::Bright));
        life.pass(HOUR);
        // SPI has no other way to notice anything.
        let turns_max = if module == Module::Hat { 1000 } else { 70 };
        assert!(life.turns <= turns_max, "{module:?}: {} turns", life.turns);
        assert_eq!(life.said(), [PanelEvent::Attached], "health is told once");
    }
}

#[test]
fn a_loose_contact_between_two_messages_heals() {
    for module in oleds() {
        let mut life = Life::start(module, stopped(Light::Bright));
        life.pass(SECOND);
        life.wires.unplug();
        life.wires.replug();
        assert!(life.wires.picture().is_dark());
        let within = if module == Module::Hat {
            RIGHT_WITHIN
        } else {
            limits::PANEL_RENEW
        };
        life.pass(within);
        assert_eq!(life.wires.picture(), life.truth(), "{module:?}");
        assert_eq!(life.said(), [PanelEvent::Attached], "no transfer failed");
        assert_eq!(life.wires.violations(), []);
    }
}

#[test]
fn a_panel_pulled_in_mid_transfer_is_right_again_soon_after_it_is_back() {
    for module in ALL {
        for after in [0, 1, 3, 30, 90, 500, 4090, 20_000] {
            for away in [100, 2900].map(Duration::from_millis) {
                let mut life = Life::start(module, stopped(Light::Bright));
                life.pass(10 * SECOND);
                life.wires.unplug_after(after);
                life.show(other());
                // What a short message does not reach, the hand does.
                life.wires.unplug();
                life.wires.unplug_after(usize::MAX);
                life.pass(away);
                let what = format!("{module:?}, pulled after {after} bytes for {away:?}");
                life.wires.replug();
                let back_at = life.now();
                life.pass(RIGHT_WITHIN);
                assert!(life.now().since(back_at) <= RIGHT_WITHIN, "{what}");
                let told = life.said().len() > 1;
                // Where nothing failed, nothing could be told: it heals like any loose contact.
                if told || module == Module::Hat {
                    assert_eq!(life.wires.picture(), life.truth(), "{what}");
                } else {
                    life.pass(limits::PANEL_RENEW);
                    assert!(
                        module.is_paper() || life.wires.picture() == life.truth(),
                        "{what}"
                    );
                }
                assert_eq!(life.wires.violations(), [], "{what}");
            }
        }
    }
}

#[test]
fn a_loss_is_told_once_however_long_it_lasts() {
    for module in ALL.into_iter().filter(|module| *module != Module::Hat) {
        let mut life = Life::idle(module, stopped(Light::Bright));
        life.wires.unplug();
        life.show(stopped(Light::Bright));
        life.pass(if module.is_paper() { 20 * SECOND } else { HOUR });
        let said = life.said();
        assert!(
            matches!(said.as_slice(), [PanelEvent::Lost { .. }]),
            "{module:?}: {said:?}"
        );
        life.wires.replug();
        let back_at = life.now();
        life.pass(RIGHT_WITHIN);
        assert!(life.now().since(back_at) <= RIGHT_WITHIN, "{module:?}");
        assert_eq!(life.said(), [PanelEvent::Attached], "{module:?}");
        assert_eq!(life.wires.picture(), life.truth(), "{module:?}");
    }
}

#[test]
fn a_report_that_found_the_queue_full_is_repeated() {
    let mut life = Life::idle(ALL[0], stopped(Light::Off));
    let (inbox, mut events) = Inbox::new();
    while inbox.try_send(Event::NetworkUp).is_ok() {}
    life.glass = Glass::new(life.module.opener(&life.wires), inbox);
    life.show(stopped(Light::Off));
    while events.try_recv().is_ok() {}
    life.pass(limits::PANEL_RETRY);
    let attached = Event::Panel(PanelEvent::Attached);
    assert_eq!(events.try_recv(), Ok(attached));
}

#[test]
fn a_stuck_busy_line_is_a_lost_panel_until_it_lets_go() {
    for module in papers() {
        let mut life = Life::start(module, stopped(Light::Bright));
        life.wires.spi().stick_busy(true);
        life.show(other());
        let said = life.said();
        let [PanelEvent::Attached, PanelEvent::Lost { why }] = said.as_slice() else {
            panic!("{module:?}: {said:?}");
        };
        assert!(why.contains("BUSY stuck high"), "{why}");
        life.pass(Duration::from_secs(300));
        assert!(
            life.turns > 50,
            "it is tried again and again: {}",
            life.turns
        );
        life.wires.spi().stick_busy(false);
        life.pass(RIGHT_WITHIN + 2 * SECOND);
        assert_eq!(life.wires.picture(), life.truth(), "{module:?}");
        assert_eq!(life.said(), [PanelEvent::Attached]);
        // It came back by a short refresh, and a thorough one follows by itself.
        life.pass(paper::INTERVAL);
        let kinds: Vec<RefreshKind> = life
            .wires
            .spi()
            .refreshes()
            .iter()
            .map(|r| r.kind)
            .collect();
        let last = &kinds[kinds.len() - 2..];
        assert_eq!(last, [RefreshKind::Fast, RefreshKind::Full], "{module:?}");
    }
}

#[test]
fn a_stuck_busy_line_does_not_keep_the_process_from_ending() {
    for module in papers() {
        let mut life = Life::start(module, stopped(Light::Bright));
        life.wires.spi().stick_busy(true);
        let begun = life.now();
        // The end comes while the thread waits for a refresh.
        life.show(other());
        let now = life.now();
        life.glass.part(now);
        let took = life.wires.now().since(begun);
        assert!(took < limits::SHUTDOWN, "{module:?}: {took:?}");
    }
}

/// Its other address is the next one to be tried, and nobody answers there.
#[test]
fn a_code_goes_from_a_panel_that_was_lost_right_before_the_end() {
    let cable = Cable::new(ADDRESS);
    let bus = cable.clone();
    let mut addresses = [ADDRESS, ADDRESS + 1].into_iter().cycle();
    let open: Opener = Box::new(move || {
        let address = addresses.next().unwrap_or(ADDRESS);
        Ok(Box::new(Oled::new(bus.clone(), address, "bench")))
    });
    let (inbox, _events) = Inbox::new();
    let mut glass = Glass::new(open, inbox);
    glass.turn(&scenes::snapshot(scenes::pairing(239)), scenes::BEGIN);
    cable.fail_next();
    glass.turn(&scenes::snapshot(scenes::pairing(230)), scenes::BEGIN);
    assert!(!cable.picture().is_dark(), "the first code still stands");
    glass.part(scenes::BEGIN);
    assert!(cable.picture().is_dark(), "{}", cable.picture());
}

/// A delay after which BUSY sticks: the panel begins to work and never ends.
struct Sticks {
    cable: SpiCable,
    at: Duration,
}

impl DelayNs for Sticks {
    fn delay_ns(&mut self, ns: u32) {
        self.cable.clock().wait(Duration::from_nanos(u64::from(ns)));
        self.cable.stick_busy(self.cable.clock().now() >= self.at);
    }
}

#[test]
fn a_panel_that_never_ends_its_work_does_not_either() {
    let cable = SpiCable::paper(PaperModule::Waveshare2in13V4);
    let bus = cable.clone();
    let open: Opener = Box::new(move || {
        bus.stick_busy(false);
        let lines = ssd168x::Lines {
            power: Some(bus.power()),
            reset: bus.reset(),
            busy: bus.busy(),
        };
        let delay = Sticks {
            cable: bus.clone(),
            at: bus.clock().now() + SECOND,
        };
        let wired = wire::spi(bus.spi(), bus.dc(), "bench");
        let module = ssd168x::Module::SSD1680_122X250;
        Ok(Box::new(Epaper::new(wired, lines, delay, module)))
    });
    let (inbox, _events) = Inbox::new();
    let mut glass = Glass::new(open, inbox);
    glass.turn(&other(), Mono::START);
    glass.part(Mono(cable.clock().now()));
    let took = cable.clock().now();
    assert!(took > 9 * SECOND && took < limits::SHUTDOWN, "{took:?}");
}

#[test]
fn what_stays_is_dark_or_says_goodbye_whatever_was_shown() {
    for module in ALL {
        for light in [Light::Bright, Light::Off] {
            let mut life = Life::start(module, scenes::snapshot(scenes::pairing(239)));
            life.show(stopped(light));
            let now = life.now();
            life.glass.part(now);
            let seen = life.wires.picture();
            let parting = pairbox::view::parting(module.format());
            assert_eq!(seen, super::as_picture(&parting), "{module:?}");
            assert!(!module.is_paper() || life.wires.spi().is_asleep());
            assert_eq!(life.wires.violations(), [], "{module:?}");
        }
    }
}

#[test]
fn paper_waits_for_nobody_and_lets_nobody_wait() {
    for module in papers() {
        let mut life = Life::start(module, stopped(Light::Bright));
        let mut unattended = other();
        unattended.attended = false;
        life.show(unattended.clone());
        assert_eq!(life.refreshes(), (1, 0));
        life.pass(paper::INTERVAL);
        assert_eq!(life.refreshes(), (1, 1));
        assert_eq!(life.wires.picture(), life.truth());
        life.show(stopped(Light::Bright));
        assert_eq!(life.refreshes(), (1, 2), "somebody stands there");
        assert_eq!(life.wires.picture(), life.truth());
    }
    // Its picture costs nothing while it stands.
    let mut life = Life::start(Module::Paper(PaperModule::Waveshare4in2V2), other());
    let (bytes, _) = life.cost_of(|life| life.pass(23 * HOUR));
    assert_eq!(bytes, 0);
}
