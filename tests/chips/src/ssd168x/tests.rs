//! E-paper against its datasheet: how to talk to it; the tests are in the files beside.

mod memory;
mod refreshes;
mod refusals;

use std::time::Duration;

use super::PaperModule;
use crate::spi_cable::{Line, SpiCable};

/// A command with its parameters.
fn send(cable: &SpiCable, command: u8, parameters: &[u8]) {
    cable.set_line(Line::Dc, false);
    cable.spi_write(&[command]).unwrap();
    if !parameters.is_empty() {
        cable.set_line(Line::Dc, true);
        cable.spi_write(parameters).unwrap();
    }
}

/// Lets time pass until BUSY is low, and says how much did.
fn settle(cable: &SpiCable) -> Duration {
    let (clock, start) = (cable.clock(), cable.clock().now());
    while cable.line_level(Line::Busy) {
        clock.wait(Duration::from_millis(1));
        assert!(clock.since(start) < Duration::from_secs(10), "BUSY stuck");
    }
    clock.since(start)
}

fn reset(cable: &SpiCable) {
    cable.set_line(Line::Reset, false);
    cable.clock().wait(Duration::from_millis(2));
    cable.set_line(Line::Reset, true);
    cable.clock().wait(Duration::from_millis(20));
}

/// Bytes a line and lines of a module's glass.
fn shape(module: PaperModule) -> (u8, u16) {
    let (width, height) = module.size();
    (
        u8::try_from(width.div_ceil(8)).unwrap(),
        u16::try_from(height).unwrap(),
    )
}

/// From power-up to a chip that waits for a picture, as the flow of SSD1680 section 9.1 has it.
fn ready(module: PaperModule) -> SpiCable {
    let cable = SpiCable::paper(module);
    cable.always_powered();
    set_up(&cable, module);
    cable
}

fn set_up(cable: &SpiCable, module: PaperModule) {
    let (bytes, lines) = shape(module);
    let [low, high] = (lines - 1).to_le_bytes();
    reset(cable);
    send(cable, 0x12, &[]);
    settle(cable);
    send(cable, 0x01, &[low, high, 0x00]);
    send(cable, 0x11, &[0x03]);
    send(cable, 0x44, &[0, bytes - 1]);
    send(cable, 0x45, &[0, 0, low, high]);
    send(cable, 0x4e, &[0]);
    send(cable, 0x4f, &[0, 0]);
    if module == PaperModule::Waveshare2in13V4 {
        send(cable, 0x21, &[0x00, 0x80]);
    }
}

/// Fills a plane with what `white` says about each pixel.
fn write(cable: &SpiCable, plane: u8, module: PaperModule, white: impl Fn(u32, u32) -> bool) {
    let (bytes, lines) = shape(module);
    let mut data = Vec::new();
    for y in 0..u32::from(lines) {
        for x in 0..u32::from(bytes) {
            let bits = (0..8).map(|bit| white(x * 8 + bit, y));
            data.push(bits.fold(0, |byte, bit| byte << 1 | u8::from(bit)));
        }
    }
    send(cable, plane, &data);
}

fn refresh(cable: &SpiCable, sequence: u8) -> Duration {
    send(cable, 0x22, &[sequence]);
    send(cable, 0x20, &[]);
    settle(cable)
}

const ALL: [PaperModule; 3] = [
    PaperModule::Waveshare2in13V4,
    PaperModule::Waveshare2in7V2,
    PaperModule::Waveshare4in2V2,
];

const SMALL: PaperModule = PaperModule::Waveshare2in13V4;
