//! The SPI cable between a board and a panel: data and clock, and the lines beside them, as one shared
//! handle that can be pulled out, put back, watched and waited for.
//!
//! Clones are the same cable. A driver gets [`SpiCable::spi`], the pins and the delay; a process that is
//! emulated system call by system call gets [`SpiCable::spi_write`], [`SpiCable::set_line`] and
//! [`SpiCable::line_level`]: the former are thin clothes around the latter. SPI answers nothing: bytes to
//! a panel that is not there vanish without an error.

mod end;
mod pins;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::oled::{OledModule, OledState};
use crate::picture::Picture;
use crate::ssd168x::{PaperModule, PingPong, Refresh, RefreshKind};
use crate::stats::Stats;
use crate::violation::Violation;
use crate::watch::{Sight, TimedOut, Watched};
use end::{Device, End};

pub use pins::{InputLine, OutputLine, Spi};

/// The lines beside the bus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// Data (high) or command (low); driven by the board.
    Dc,
    /// Resets the controller while low; driven by the board, pulled up on the module.
    Reset,
    /// Switches the panel's supply on e-paper HATs (high: on); driven by the board, pulled down. OLEDs
    /// have none.
    Power,
    /// High while e-paper is at work; driven by the panel, pulled down on the board. OLEDs have none.
    Busy,
}

/// A transfer failed, as `EIO` of the kernel's driver would say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("input/output error on the SPI bus")]
pub struct SpiFault;

/// A cable with a module at its end.
#[derive(Clone)]
pub struct SpiCable(Arc<Watched<End>>);

impl SpiCable {
    /// A cable with a fresh OLED module, plugged in and powered.
    #[must_use]
    pub fn oled(module: OledModule) -> Self {
        Self(Arc::new(Watched::new(End::new(Device::oled(module)))))
    }

    /// A cable with an e-paper, plugged in. Its power line is low until somebody drives it.
    #[must_use]
    pub fn paper(module: PaperModule) -> Self {
        Self(Arc::new(Watched::new(End::new(Device::paper(module)))))
    }

    /// For e-paper whose supply no line switches.
    pub fn always_powered(&self) {
        self.set_line(Line::Power, true);
    }

    /// E-paper whose display mode 2 does this to its RAM without being told. Before the first picture.
    pub fn program(&self, ping_pong: PingPong) {
        self.0.look().program(ping_pong);
    }

    /// A person looks at the module turned anticlockwise by so many quarters of a turn: e-paper that
    /// lies on its side, because the driver turns pictures clockwise by as many. OLEDs are modelled the
    /// way up they lie, the HAT's too: no mounting for them. Before the first picture.
    pub fn mount(&self, quarters: u32) {
        self.0.look().quarters = quarters;
    }

    /// Another bus clock, in hertz (8 MHz unless told otherwise).
    pub fn set_hz(&self, hz: u32) {
        self.0.look().hz = hz;
    }

    /// Another time to live in. Before the first transaction.
    pub fn run_on(&self, clock: Clock) {
        self.0.look().clock = clock;
    }

    /// The time this cable lives in.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.0.look().clock.clone()
    }

    /// The bus, for a driver.
    #[must_use]
    pub fn spi(&self) -> Spi {
        Spi(self.clone())
    }

    /// The data/command line, for a driver.
    #[must_use]
    pub fn dc(&self) -> OutputLine {
        OutputLine::new(self.clone(), Line::Dc)
    }

    /// The reset line, for a driver.
    #[must_use]
    pub fn reset(&self) -> OutputLine {
        OutputLine::new(self.clone(), Line::Reset)
    }

    /// The power line, for a driver.
    #[must_use]
    pub fn power(&self) -> OutputLine {
        OutputLine::new(self.clone(), Line::Power)
    }

    /// The BUSY line, for a driver.
    #[must_use]
    pub fn busy(&self) -> InputLine {
        InputLine::new(self.clone(), Line::Busy)
    }

    /// A delay in the time of [`Self::clock`], for a driver. (It is a `DelayNs`.)
    #[must_use]
    pub fn delay(&self) -> Clock {
        self.clock()
    }

    /// One transfer, from chip select to its end.
    ///
    /// # Errors
    /// Only after [`Self::fail_next`].
    pub fn spi_write(&self, bytes: &[u8]) -> Result<(), SpiFault> {
        self.0.change(|end| end.transfer(bytes))
    }

    /// The board drives a line. (Driving BUSY has no effect.)
    pub fn set_line(&self, line: Line, high: bool) {
        self.0.change(|end| end.set_line(line, high));
    }

    /// The level of a line.
    #[must_use]
    pub fn line_level(&self, line: Line) -> bool {
        // To look is to let time have its effect: a refresh may be over, which others wait for.
        self.0.change(|end| end.line_level(line))
    }

    /// Pulls the panel out: an OLED goes dark, e-paper keeps its picture, and BUSY is low.
    pub fn unplug(&self) {
        self.0.change(|end| end.set_plugged(false));
    }

    /// Pulls the panel out as soon as `bytes` more bytes were sent.
    pub fn unplug_after(&self, bytes: usize) {
        self.0.look().unplug_after = Some(bytes);
    }

    /// Puts the panel back: its registers are reset, its RAM holds noise.
    pub fn replug(&self) {
        self.0.change(|end| end.set_plugged(true));
    }

    /// Lets the next transfer of more than one byte break off with an error after half of its bytes.
    pub fn fail_next(&self) {
        self.0.look().fail_next = true;
    }

    /// Holds BUSY high whatever the chip does, or lets it go.
    pub fn stick_busy(&self, stuck: bool) {
        self.0.change(|end| end.stuck_busy = stuck.then_some(true));
    }

    /// Holds BUSY low whatever the chip does, as a cut wire would, or lets it go.
    pub fn cut_busy(&self, cut: bool) {
        self.0.change(|end| end.stuck_busy = cut.then_some(false));
    }

    /// What a person sees now. On e-paper lit is white.
    #[must_use]
    pub fn picture(&self) -> Picture {
        self.0.look().picture()
    }

    /// What the registers of an OLED say; `None` for e-paper.
    #[must_use]
    pub fn chip(&self) -> Option<OledState> {
        self.0.look().oled_state()
    }

    /// What went over the wire so far, whether or not anybody was there.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.look().stats
    }

    /// Everything the chip would not have understood so far. A test of the appliance ends with this
    /// being empty.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.0.look().violations()
    }

    /// Every refresh that was begun, oldest first; none for an OLED.
    #[must_use]
    pub fn refreshes(&self) -> Vec<Refresh> {
        self.0.look().refreshes().to_vec()
    }

    /// How many partial refreshes there were since the last other one: what ghosts add up with.
    #[must_use]
    pub fn partials_since_full(&self) -> usize {
        let refreshes = self.refreshes();
        let partials = refreshes.iter().rev();
        partials
            .take_while(|refresh| refresh.kind == RefreshKind::Partial)
            .count()
    }

    /// The border waveform register of e-paper (0x3C); `None` for an OLED.
    #[must_use]
    pub fn border(&self) -> Option<u8> {
        self.0.look().border()
    }

    /// Whether e-paper is in deep sleep.
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        self.0.look().is_asleep()
    }

    /// Whether e-paper has its high voltages on, which wear it out when they stay.
    #[must_use]
    pub fn is_driven(&self) -> bool {
        self.0.look().is_driven()
    }

    /// Waits, in real time, until the glass shows something for which `is_it` holds; `wanted` names it
    /// for the error.
    ///
    /// # Errors
    /// [`TimedOut`] after `within`, with the last picture.
    pub fn wait_picture(
        &self,
        within: Duration,
        wanted: &str,
        is_it: impl FnMut(&Picture) -> bool,
    ) -> Result<Picture, TimedOut> {
        self.0.wait_picture(within, wanted, is_it)
    }

    /// From now on every different picture is kept, transfer by transfer.
    pub fn keep_pictures(&self) {
        self.0.keep_pictures();
    }

    /// The pictures kept since [`Self::keep_pictures`], oldest first.
    #[must_use]
    pub fn kept_pictures(&self) -> Vec<Picture> {
        self.0.kept_pictures()
    }
}
