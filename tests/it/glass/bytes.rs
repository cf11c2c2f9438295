//! What pictures cost: bytes and time on each panel's bus, and refreshes of e-paper, against the limits.

use std::time::Duration;

use pairbox::fault::Fault;
use pairbox::panel::pages::{Costs, Pages, plan};
use pairbox::panel::paper;
use pairbox::secret::Secret;
use pairbox::snapshot::{Light, Pairing, Snapshot, Status};
use pairbox::time::Mono;
use pairbox::view::{self, Frame, Geometry};
use pairbox_chips::{PaperModule, RefreshKind};

use super::life::Life;
use super::modules::{ALL, Module};
use super::scenes;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The first code, put up `at`; the next ones are others.
fn code(number: u64, at: Mono) -> Snapshot {
    let mut snapshot = scenes::snapshot(scenes::pairing(239));
    if let Status::ScanQrCode(Pairing {
        qr: Some(pairing), ..
    }) = &mut snapshot.accounts[0].status
    {
        let text = scenes::payload(239);
        let (head, tail) = text.split_at(100 + usize::try_from(number).unwrap());
        pairing.code = Secret::new(format!("{tail}{head}"));
        pairing.shown_at = at;
        pairing.lifetime = Duration::from_secs(if number == 0 { 60 } else { 20 });
    }
    snapshot
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Another code in the place of this one, a moment later.
fn next_code(number: u64) -> Snapshot {
    let mut next = code(number, Mono::START);
    if let Status::ScanQrCode(Pairing {
        qr: Some(pairing), ..
    }) = &mut next.accounts[0].status
    {
        pairing.lifetime = MINUTE;
    }
    next
}

/// Bytes of the smallest window of one of its RAMs outside of which these frames are all the same: lines
/// by byte columns, as the controller counts them.
fn window(module: Module, frames: &[Frame]) -> u64 {
    let Geometry { width, height } = frames[0].geometry();
    let lies_on_its_side = module != Module::Paper(PaperModule::Waveshare4in2V2);
    let (mut columns, mut lines) = (Vec::new(), Vec::new());
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        if frames
            .iter()
            .any(|frame| frame.is_lit(x, y) != frames[0].is_lit(x, y))
        {
            let (across, down) = if lies_on_its_side { (y, x) } else { (x, y) };
            columns.push(across / 8);
            lines.push(down);
        }
    }
    let length = |all: &[u32]| u64::from(all.iter().max().unwrap() - all.iter().min().unwrap() + 1);
    length(&columns) * length(&lines)
}

/// E-paper: one code after the other, between which it sleeps. What changed is in both of its RAMs.
fn change_codes_on_paper(life: &mut Life) {
    let module = life.module;
    let drawn = |life: &Life| view::draw(&life.snapshot, module.format(), life.now());
    let mut frames = vec![drawn(life)];
    for number in 1..4 {
        life.pass(20 * SECOND);
        let (change, time) = life.cost_of(|life| life.show(next_code(number)));
        frames.push(drawn(life));
        assert_eq!(life.wires.picture(), life.truth(), "{module:?}");
        // With ping-pong one RAM still lacks the change before.
        let window = window(module, &frames[frames.len().saturating_sub(3)..]);
        figure!(
            "  {module:?}: QR change {change} ({:.1} ms), {window} changed in each of two RAMs: {} permille",
            ms(time),
            change * 1000 / (2 * window)
        );
        assert!(change * 10 <= 2 * window * 11, "{module:?}: {change}");
    }
    assert!(life.refreshes().1 >= 3, "all partial");
    assert_eq!(life.wires.violations(), []);
}

#[test]
fn bytes_on_the_bus() {
    figure!("bytes and time on the bus:");
    for module in ALL {
        let mut life = Life::idle(module, code(0, Mono::START));
        let (first, first_time) = life.cost_of(|life| life.show(code(0, Mono::START)));
        if module.is_paper() {
            figure!(
                "  {module:?}: first frame {first} ({:.1} ms)",
                ms(first_time)
            );
            change_codes_on_paper(&mut life);
            continue;
        }
        // Away from full seconds, so that only the code changes.
        life.until(Mono(Duration::from_millis(5_500)));
        let before = view::draw(&life.snapshot, module.format(), life.now());
        let (change, change_time) = life.cost_of(|life| life.show(next_code(1)));
        let after = view::draw(&life.snapshot, module.format(), life.now());
        figure!(
            "  {module:?}: first frame {first} ({:.1} ms), QR change {change} ({:.1} ms)",
            ms(first_time),
            ms(change_time)
        );
        let geometry = module.format().geometry;
        let [before, after] = [before, after].map(|frame| Pages::of(&frame, geometry));
        let free = Costs {
            run: 0,
            spans_pages: false,
        };
        let mut pages: Vec<usize> = plan(&before, &after, free)
            .into_iter()
            .map(|run| run.pages.start)
            .collect();
        pages.dedup();
        let whole = pages.len() as u64 * u64::from(geometry.width);
        assert!(
            change * 10 <= whole * 11,
            "{module:?}: {change} for pages of {whole}"
        );

        life.until(Mono(6 * SECOND + Duration::from_millis(500)));
        let (tick, tick_time) = life.cost_of(|life| life.pass(SECOND));
        let mut still = Life::start(module, scenes::snapshot(Status::Stopped));
        let (lit, _) = still.cost_of(|life| life.pass(59 * SECOND));
        let (shift, shift_time) = still.cost_of(|life| life.pass(SECOND));
        let mut dark = still.snapshot.clone();
        dark.light = Light::Off;
        still.show(dark);
        let (idle, _) = still.cost_of(|life| life.pass(MINUTE));
        figure!(
            "    countdown tick {tick} ({:.1} ms); idle minute: dark {idle}, lit {lit} and its shift {shift} ({:.1} ms)",
            ms(tick_time),
            ms(shift_time)
        );
        assert_eq!(idle, 0, "{module:?}");
        assert!(lit == 0 || module == Module::Hat, "{module:?}: {lit}");
        // What does not answer is written 15 times a minute: 60 ms of its bus at 2 MHz.
        assert!(lit < 20_000, "{module:?}: {lit}");
        assert_eq!(life.wires.violations(), []);
        assert_eq!(still.wires.violations(), []);
    }
}

fn papers() -> impl Iterator<Item = Module> {
    [
        PaperModule::Waveshare2in13V4,
        PaperModule::Waveshare2in7V2,
        PaperModule::Waveshare4in2V2,
    ]
    .into_iter()
    .map(Module::Paper)
}

fn starting(pairing_done: bool) -> Snapshot {
    scenes::snapshot(Status::Starting {
        pairing_done,
        slow: None,
    })
}

/// How long its glass worked, in all.
fn at_work(life: &Life) -> Duration {
    life.wires
        .spi()
        .refreshes()
        .iter()
        .map(|done| done.took)
        .sum()
}

/// Checks the limits over everything that happened; nobody stood there if `alone`.
fn check(life: &Life, alone: bool) {
    let refreshes = life.wires.spi().refreshes();
    let mut partials = 0;
    for pair in refreshes.windows(2) {
        let apart = pair[1].at.saturating_sub(pair[0].at);
        assert!(!alone || apart >= paper::INTERVAL, "{apart:?} apart");
        assert!(apart <= paper::DAILY + MINUTE);
    }
    for refresh in refreshes {
        partials = if refresh.kind == RefreshKind::Full {
            0
        } else {
            partials + 1
        };
        assert!(partials <= paper::PARTIALS_MAX, "shadows add up");
    }
    assert!(life.wires.spi().is_asleep(), "it sleeps");
    assert_eq!(life.wires.violations(), []);
}

#[test]
fn refreshes_of_a_pairing() {
    figure!("refreshes of e-paper, full and partial:");
    for module in papers() {
        // Press, six codes, and nobody scans.
        let mut life = Life::start(module, scenes::snapshot(Status::Stopped));
        life.pass(10 * SECOND);
        life.show(starting(false));
        life.pass(3 * SECOND);
        for number in 0..6 {
            let at = life.now();
            life.show(code(number, at));
            assert_eq!(life.wires.picture(), life.truth(), "code {number}");
            let lifetime = if number == 0 { 60 } else { 20 };
            life.until(at + lifetime * SECOND);
        }
        let exhausted = Status::Failed {
            fault: Fault::QrExhausted,
            retry_at: None,
        };
        life.show(scenes::snapshot(exhausted));
        assert_eq!(life.wires.picture(), life.truth(), "no code stays");
        let last = life.wires.spi().refreshes().last().map(|done| done.kind);
        assert_eq!(last, Some(RefreshKind::Full), "nor its shadow");
        let (full, partial) = life.refreshes();
        figure!(
            "  {module:?}: six codes {full} and {partial}, {:?} at work",
            at_work(&life)
        );
        assert_eq!(
            (full, partial),
            (3, 6),
            "start, first code, end; starting, five codes"
        );
        check(&life, false);

        // Press, a scan, connected.
        let mut life = Life::start(module, scenes::snapshot(Status::Stopped));
        life.show(starting(false));
        life.show(code(0, life.now()));
        life.pass(15 * SECOND);
        life.show(starting(true));
        life.pass(3 * SECOND);
        life.show(scenes::snapshot(Status::Working));
        assert_eq!(life.wires.picture(), life.truth());
        let (full, partial) = life.refreshes();
        figure!(
            "  {module:?}: scanned {full} and {partial}, {:?} at work",
            at_work(&life)
        );
        assert_eq!((full, partial), (3, 2));
        check(&life, false);
    }
}

#[test]
fn refreshes_of_a_connected_day() {
    for module in papers() {
        let alone = |status| {
            let mut snapshot = scenes::snapshot(status);
            snapshot.attended = false;
            snapshot
        };
        let mut life = Life::start(module, alone(Status::Working));
        let (full, partial) = life.refreshes();
        // Two days; on the second the network goes for 40 s every hour, and once for an hour.
        life.pass(24 * 60 * MINUTE);
        let quiet = life.refreshes();
        let (quiet_full, quiet_partial) = (quiet.0 - full, quiet.1 - partial);
        for hour in 0..24 {
            life.pass(59 * MINUTE);
            let reconnecting = Status::Reconnecting {
                attempt: 3,
                next_at: Some(life.now() + 20 * SECOND),
                trouble: None,
            };
            life.show(alone(reconnecting));
            life.pass(if hour == 12 { 60 * MINUTE } else { 40 * SECOND });
            life.show(alone(Status::Working));
            life.pass(20 * SECOND);
        }
        life.pass(paper::INTERVAL);
        assert_eq!(life.wires.picture(), life.truth());
        let (full, partial) = life.refreshes();
        figure!(
            "  {module:?}: a quiet day {quiet_full} and {quiet_partial}; then one with 24 outages {} and {}, {:?} at work in both",
            full - quiet.0,
            partial - quiet.1,
            at_work(&life)
        );
        // The picture says since when, in hours.
        assert!(quiet_full >= 1 && quiet_full + quiet_partial <= 24);
        check(&life, true);
    }
}
