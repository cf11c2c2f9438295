//! The cable and its faults, whatever is at its end.

use std::time::Duration;

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal::spi::{Operation, SpiDevice};

use super::{Line, SpiCable, SpiFault};
use crate::clock::Clock;
use crate::oled::OledModule;
use crate::picture::Picture;
use crate::ssd168x::PaperModule;
use crate::violation::Violation;

const PAPER: PaperModule = PaperModule::Waveshare2in13V4;

fn command(cable: &SpiCable, bytes: &[u8]) {
    cable.set_line(Line::Dc, false);
    cable.spi_write(bytes).unwrap();
}

fn data(cable: &SpiCable, bytes: &[u8]) -> Result<(), SpiFault> {
    cable.set_line(Line::Dc, true);
    cable.spi_write(bytes)
}

/// A lit OLED with dark memory and its pointer at the first column of glass.
fn lit_oled() -> SpiCable {
    let cable = SpiCable::oled(OledModule::Sh1106);
    for page in 0..8 {
        command(&cable, &[0xb0 | page, 0x00, 0x10]);
        data(&cable, &[0; 132]).unwrap();
    }
    command(&cable, &[0xb0, 0x02, 0x10, 0xaf]);
    cable
}

/// E-paper in the middle of a full refresh to white.
fn refreshing_paper(clock: Clock) -> SpiCable {
    let cable = SpiCable::paper(PAPER);
    cable.run_on(clock);
    let (mut spi, mut delay) = (cable.spi(), cable.delay());
    cable.power().set_high().unwrap();
    let mut reset = cable.reset();
    reset.set_low().unwrap();
    delay.delay_ms(10);
    reset.set_high().unwrap();
    delay.delay_ms(20);
    let mut write = |is_data: bool, bytes: &[u8]| {
        cable.dc().set_state(is_data.into()).unwrap();
        spi.write(bytes).unwrap();
    };
    write(false, &[0x21]);
    write(true, &[0x00, 0x80]);
    write(false, &[0x44]);
    write(true, &[0, 15]);
    write(false, &[0x45]);
    write(true, &[0, 0, 249, 0]);
    write(false, &[0x24]);
    write(true, &[0xff; 16 * 250]);
    write(false, &[0x22]);
    write(true, &[0xf7]);
    write(false, &[0x20]);
    cable
}

#[test]
fn a_driver_sees_the_same_cable_as_a_system_call() {
    let cable = lit_oled();
    let (mut spi, mut dc) = (cable.spi(), cable.dc());
    dc.set_high().unwrap();
    let mut read = [7; 2];
    spi.transaction(&mut [
        Operation::Write(&[0x01]),
        Operation::Write(&[0x03]),
        Operation::DelayNs(500),
    ])
    .unwrap();
    dc.set_low().unwrap();
    spi.write(&[0xe3]).unwrap();
    spi.transfer(&mut read, &[0xe3, 0xe3]).unwrap();
    assert_eq!(read, [0, 0], "there is no wire back");
    assert!(!cable.line_level(Line::Dc));
    let picture = cable.picture();
    assert!(picture.lit(0, 0) && picture.lit(1, 1) && picture.lit_count() == 3);
    assert_eq!(cable.violations(), []);
}

#[test]
fn an_unplugged_panel_takes_bytes_without_a_word_and_busy_floats_low() {
    let cable = refreshing_paper(Clock::simulated());
    assert!(cable.busy().is_high().unwrap());
    cable.unplug();
    assert!(cable.busy().is_low().unwrap());
    let before = cable.stats();
    data(&cable, &[1, 2, 3]).unwrap();
    assert_eq!(cable.stats().bytes, before.bytes + 3);
    assert_eq!(cable.stats().ram_bytes, before.ram_bytes);
    cable.replug();
    // It was in the middle of something; that is not the driver's mistake.
    data(&cable, &[1, 2, 3]).unwrap();
    assert_eq!(cable.violations(), []);
    assert!(cable.busy().is_low().unwrap());
}

#[test]
fn an_oled_that_was_pulled_is_dark_and_forgets() {
    let cable = lit_oled();
    command(&cable, &[0xa5]);
    assert_eq!(cable.picture().lit_count(), 128 * 64);
    cable.unplug();
    assert!(cable.picture().is_dark());
    command(&cable, &[0xaf]);
    cable.replug();
    assert!(cable.picture().is_dark(), "it did not hear that");
    assert!(!cable.chip().unwrap().is_on());
    assert_eq!(cable.violations(), []);
}

#[test]
fn a_transfer_breaks_off_half_way_once() {
    let cable = lit_oled();
    cable.fail_next();
    assert_eq!(data(&cable, &[0x01; 8]), Err(SpiFault));
    assert_eq!(cable.picture().lit_count(), 4);
    data(&cable, &[0x01; 4]).unwrap();
    assert_eq!(cable.picture().lit_count(), 8);
    assert_eq!(cable.violations(), []);
}

#[test]
fn a_cable_can_be_pulled_between_two_bytes() {
    let cable = lit_oled();
    cable.keep_pictures();
    cable.unplug_after(5);
    data(&cable, &[0x01; 3]).unwrap();
    assert_eq!(cable.picture().lit_count(), 3);
    data(&cable, &[0x01; 3]).unwrap();
    assert!(cable.picture().is_dark());
    cable.replug();
    data(&cable, &[0x01; 30]).unwrap();
    assert_eq!(cable.stats().ram_bytes, 8 * 132 + 5 + 30);
    let lit: Vec<_> = cable
        .kept_pictures()
        .iter()
        .map(Picture::lit_count)
        .collect();
    assert_eq!(lit, [0, 3, 0]);
}

#[test]
fn busy_can_be_stuck_and_cut() {
    let cable = SpiCable::paper(PAPER);
    cable.stick_busy(true);
    assert!(cable.line_level(Line::Busy));
    cable.unplug();
    assert!(cable.line_level(Line::Busy), "a short outside the panel");
    cable.stick_busy(false);
    assert!(!cable.line_level(Line::Busy));
    let cable = refreshing_paper(Clock::simulated());
    cable.cut_busy(true);
    assert!(!cable.line_level(Line::Busy));
    cable.cut_busy(false);
    assert!(cable.line_level(Line::Busy));
}

#[test]
fn time_on_the_bus_is_eight_bits_a_byte() {
    let cable = lit_oled();
    cable.set_hz(1_000_000);
    let (before, start) = (cable.stats(), cable.clock().now());
    data(&cable, &[0; 100]).unwrap();
    let spent = cable.stats().since(before);
    assert_eq!(spent.bus_time, Duration::from_micros(800));
    assert_eq!(cable.clock().since(start), Duration::from_micros(800));
    assert_eq!(spent.transactions, 1);
}

#[test]
fn a_reset_pulse_has_a_length() {
    let cable = lit_oled();
    cable.set_line(Line::Reset, false);
    command(&cable, &[0xaf]);
    cable.delay().delay_us(20);
    cable.set_line(Line::Reset, true);
    assert_eq!(cable.violations(), [Violation::InReset]);
    cable.set_line(Line::Reset, false);
    cable.set_line(Line::Reset, true);
    assert_eq!(
        cable.violations()[1..],
        [Violation::ShortReset(Duration::ZERO)]
    );
}

#[test]
fn a_mounted_module_is_seen_turned() {
    let cable = SpiCable::paper(PAPER);
    let upright = cable.picture();
    for quarters in [1, 2, 3] {
        cable.mount(quarters);
        let seen = cable.picture();
        assert_eq!(seen, upright.turned(quarters));
        assert_eq!(seen.turned(4 - quarters), upright);
    }
    cable.mount(1);
    assert_eq!(
        (cable.picture().width(), cable.picture().height()),
        (250, 122)
    );
}

#[test]
fn on_a_real_clock_busy_lasts_and_the_picture_comes_by_itself() {
    // 2 s of refresh, forty times as fast.
    let cable = refreshing_paper(Clock::real(40));
    let white = |picture: &Picture| picture.lit_count() == 122 * 250;
    assert!(cable.line_level(Line::Busy) && !white(&cable.picture()));
    cable
        .wait_picture(Duration::from_secs(10), "white", white)
        .unwrap();
    assert!(!cable.line_level(Line::Busy));
    let now = cable.clock().now();
    let in_time = Duration::from_secs(2)..Duration::from_secs(100);
    assert!(in_time.contains(&now), "{now:?}");
}

#[test]
fn waiting_for_what_never_comes_ends_with_the_last_picture() {
    let cable = lit_oled();
    let error = cable
        .wait_picture(Duration::from_millis(20), "a cat", |_| false)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the panel never showed a cat")
    );
}
