//! E-paper with an SSD1680 (122x250 and 176x264) or SSD1683 (400x300) on SPI: Waveshare's 2.13" V4,
//! 2.7" V2 and 4.2" V2.
//!
//! The panel sleeps between two refreshes, so each begins with a hardware reset and every register set
//! anew. Its RAM outlives that, as long as it keeps its supply: a partial refresh sends what changed.
//!
//! That goes to both RAMs. Display mode 2 drives the pixels in which they differ, and which of them holds
//! what afterwards is settled by "RAM Ping-Pong" (0x37, F\[6\]), whose other bits name the waveforms that
//! are mode 2's and come with the glass: they cannot be read back on a board without MISO, so the
//! register cannot be written either. The datasheets say that ping-pong is off; the drivers that people
//! use on these glasses do not agree (`GxEPD2` writes 0x24 once more on the 2.13" and both RAMs on
//! the 4.2"; zephyrproject-rtos/zephyr#112902 had to write 0x26). Both RAMs, wherever the last two pictures
//! differ from this one, is right with it and without.
//!
//! Names are those of the command tables in the Solomon Systech datasheets (section 7); the
//! sequences are those of the vendor's examples (waveshareteam/e-Paper: `epd2in13_V4.py`,
//! `epd2in7_V2.py`, `epd4in2_V2.py`). `epd-waveshare`, the crate, knows only earlier revisions of these
//! panels and waits for BUSY for ever (HARDWARE.md 2.1). When to refresh is [`super::paper`]'s business.

use std::time::Duration;

use display_interface::{DataFormat, DisplayError, WriteOnlyDataCommand};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};

use super::window::Window;
use super::wire::{Trouble, Wired};
use super::{Panel, PanelError, Refresh};
use crate::view::{Format, Frame, Geometry, Glow};

/// Driver Output Control; gate lines less one (two bytes, low first) and the scan order follow.
const GATES: u8 = 0x01;
/// Deep Sleep Mode.
const DEEP_SLEEP: u8 = 0x10;
/// Mode 1 of it: "Retain RAM data but cannot access the RAM"; only a hardware reset ends it.
const DEEP_SLEEP_1: u8 = 0x01;
/// Data Entry Mode.
const ENTRY: u8 = 0x11;
/// Rows from the top, bytes from the left.
const ENTRY_DOWN_RIGHT: u8 = 0x03;
/// SW RESET: everything but deep sleep and the two RAMs.
const SOFTWARE_RESET: u8 = 0x12;
/// Temperature Sensor Control.
const SENSOR: u8 = 0x18;
/// The sensor inside: the waveform depends on it.
const SENSOR_INSIDE: u8 = 0x80;
/// Write to temperature register, in sixteenths of a degree Celsius, twelve bits from the top.
const TEMPERATURE: u8 = 0x1a;
/// Master Activation.
const ACTIVATE: u8 = 0x20;
/// Display Update Control 1; two bytes follow: how the RAMs are read, and the sources in use.
const UPDATE_FROM: u8 = 0x21;
/// Display Update Control 2: what an activation does.
const UPDATE: u8 = 0x22;
/// Clock and high voltage on, temperature and waveform of mode 1 loaded, display, all off.
const UPDATE_FULL: u8 = 0xf7;
/// The same with mode 2: only pixels in which the two RAMs differ are driven.
const UPDATE_PARTIAL: u8 = 0xff;
/// The temperature and its waveform of mode 1 loaded.
const LOAD_MEASURED: u8 = 0xb1;
/// The waveform of mode 1 loaded for the temperature that was written.
const LOAD_TOLD: u8 = 0x91;
/// Clock and high voltage on, display in mode 1 with the waveform that is loaded, all off.
const UPDATE_FAST: u8 = 0xc7;
/// Write RAM (Black White): what is to be seen.
const RAM_NEW: u8 = 0x24;
/// Write RAM (RED): in mode 2, what was seen before.
const RAM_OLD: u8 = 0x26;
/// Border Waveform Control.
const BORDER: u8 = 0x3c;
/// The border turns white with waveform 1.
const BORDER_WHITE: u8 = 0x05;
/// The border is left alone, as white as it is: for partial refreshes.
const BORDER_KEPT: u8 = 0x80;
/// Set RAM X-address Start / End position, in bytes.
const WINDOW_X: u8 = 0x44;
/// Set RAM Y-address Start / End position, two bytes each, low first.
const WINDOW_Y: u8 = 0x45;
/// Set RAM X address counter.
const COUNTER_X: u8 = 0x4e;
/// Set RAM Y address counter, low byte first.
const COUNTER_Y: u8 = 0x4f;

/// The vendor's reset: high, low, high, for so long (`reset` of `epd2in13_V4.py`).
const RESET_MS: [u32; 3] = [20, 2, 20];

/// BUSY is high for milliseconds after a reset.
const READY_WITHIN: Duration = Duration::from_secs(2);
/// BUSY is high within microseconds of an activation; a slow line has this long.
const BUSY_WITHIN: Duration = Duration::from_millis(100);
/// A full refresh takes 2 to 4 s (vendor's pages), and longer in the cold. HARDWARE.md 2.1 says 10.
const DONE_WITHIN: Duration = Duration::from_secs(10);
/// No refresh is quicker: a partial one takes 300 ms (vendor's pages). BUSY reads low where nobody drives
/// it.
const DONE_AFTER: Duration = Duration::from_millis(100);
/// Between two looks at BUSY, as in the vendor's `ReadBusy`.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A panel, by what its controller has to be told about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Module {
    /// Pixels as the controller counts them.
    geometry: Geometry,
    /// The parameters of [`UPDATE_FROM`] for a full and for a partial refresh.
    update_from: (u8, u8, u8),
    /// A temperature so high that its waveform is a short one (vendor: `init_fast`).
    fast: &'static [u8],
}

impl Module {
    /// 122x250 on an SSD1680, which has its glass on sources 8 to 167 (vendor: 2.13" V4).
    pub const SSD1680_122X250: Self = Self::new(122, 250, (0x00, 0x00, 0x80), &[0x64, 0x00]);
    /// 176x264 on an SSD1680, on all sources (vendor: 2.7" V2).
    pub const SSD1680_176X264: Self = Self::new(176, 264, (0x00, 0x00, 0x00), &[0x64, 0x00]);
    /// 400x300 on an SSD1683; its full refresh takes the old picture for zeros (vendor: 4.2" V2).
    pub const SSD1683_400X300: Self = Self::new(400, 300, (0x40, 0x00, 0x00), &[0x6e]);

    const fn new(width: u32, height: u32, update_from: (u8, u8, u8), fast: &'static [u8]) -> Self {
        Self {
            geometry: Geometry { width, height },
            update_from,
            fast,
        }
    }
}

/// The lines of a panel beside its bus.
pub struct Lines<O, I> {
    /// Gives the panel its supply while high, where there is one.
    pub power: Option<O>,
    /// Resets the controller while low.
    pub reset: O,
    /// High while the controller is busy.
    pub busy: I,
}

/// A panel. Not touched before the first frame.
pub struct Epaper<W, O, I, D> {
    bus: W,
    lines: Lines<O, I>,
    delay: D,
    module: Module,
    /// None before the first frame and after an error.
    shown: Option<Shown>,
    /// It was sent to deep sleep, and nothing was said to it since.
    resting: bool,
    /// BUSY was high in deep sleep once, as the datasheets say it is ("BUSY pad will keep output
    /// high"): then low means that nobody is there.
    sleeps_busy: bool,
    trouble: Trouble,
}

/// What is seen, and in both RAMs unless they lost their supply.
struct Shown {
    frame: Frame,
    /// Outside of this both RAMs hold the frame; inside, one may hold the one before it.
    unlike: Option<Window>,
}

impl<W, O, I, D> Epaper<W, O, I, D>
where
    W: WriteOnlyDataCommand,
    O: OutputPin,
    I: InputPin,
    D: DelayNs,
{
    /// A panel behind this bus and these lines. Touches nothing.
    pub fn new(wired: Wired<W>, lines: Lines<O, I>, delay: D, module: Module) -> Self {
        Self {
            bus: wired.bus,
            lines,
            delay,
            module,
            shown: None,
            resting: false,
            sleeps_busy: false,
            trouble: wired.trouble,
        }
    }

    fn command(&mut self, code: u8, parameters: &[u8]) -> Result<(), PanelError> {
        let told = |error: DisplayError| self.trouble.tell(&error);
        self.bus
            .send_commands(DataFormat::U8(&[code]))
            .map_err(told)?;
        if parameters.is_empty() {
            return Ok(());
        }
        self.bus.send_data(DataFormat::U8(parameters)).map_err(told)
    }

    /// From whatever state, deep sleep included, to one that takes pictures.
    fn wake(&mut self, refresh: Refresh) -> Result<(), PanelError> {
        self.resting = false;
        let Lines { power, reset, .. } = &mut self.lines;
        let lines = || -> Result<(), O::Error> {
            if let Some(power) = power {
                power.set_high()?;
            }
            let [before, pulse, after] = RESET_MS;
            reset.set_high()?;
            self.delay.delay_ms(before);
            reset.set_low()?;
            self.delay.delay_ms(pulse);
            reset.set_high()?;
            self.delay.delay_ms(after);
            Ok(())
        };
        let mut lines = lines;
        lines().map_err(|error| self.trouble.busy(format!("its lines: {error:?}")))?;
        self.wait_until_idle(READY_WITHIN)?;
        self.command(SOFTWARE_RESET, &[])?;
        self.wait_until_idle(READY_WITHIN)?;

        let [last_row, last_row_high, ..] = (self.module.geometry.height - 1).to_le_bytes();
        let (full, partial, sources) = self.module.update_from;
        let (border, rams) = match refresh {
            Refresh::Full | Refresh::Fast => (BORDER_WHITE, full),
            Refresh::Partial => (BORDER_KEPT, partial),
        };
        self.command(GATES, &[last_row, last_row_high, 0])?;
        self.command(ENTRY, &[ENTRY_DOWN_RIGHT])?;
        self.command(BORDER, &[border])?;
        self.command(UPDATE_FROM, &[rams, sources])?;
        self.command(SENSOR, &[SENSOR_INSIDE])?;
        if refresh == Refresh::Fast {
            self.load(LOAD_MEASURED)?;
            self.command(TEMPERATURE, self.module.fast)?;
            self.load(LOAD_TOLD)?;
        }
        Ok(())
    }

    /// Has a waveform loaded: too short to see BUSY rise for certain.
    fn load(&mut self, what: u8) -> Result<(), PanelError> {
        self.command(UPDATE, &[what])?;
        self.command(ACTIVATE, &[])?;
        self.delay.delay_ms(1);
        self.wait_until_idle(READY_WITHIN).map(drop)
    }

    /// Whether it slept on since the last picture: whoever pulled it and put it back ended that, and RAM
    /// holds noise. A BUSY line that says nothing in deep sleep cannot tell.
    fn slept_on(&mut self) -> Result<bool, PanelError> {
        Ok(self.resting && self.sleeps_busy && self.is_busy()?)
    }

    /// Writes the same part of what was seen and of what is to be seen.
    fn write(&mut self, old: &Frame, new: &Frame, window: Window) -> Result<(), PanelError> {
        // Byte columns are below 50, lines below 300.
        let ((left, right), (top, bottom)) = (window.columns, window.lines);
        let [[left, ..], [right, ..]] = [left, right].map(u32::to_le_bytes);
        let [[top, top_high, ..], [bottom, bottom_high, ..]] = [top, bottom].map(u32::to_le_bytes);
        self.command(WINDOW_X, &[left, right])?;
        self.command(WINDOW_Y, &[top, top_high, bottom, bottom_high])?;
        for (ram, frame) in [(RAM_OLD, old), (RAM_NEW, new)] {
            self.command(COUNTER_X, &[left])?;
            self.command(COUNTER_Y, &[top, top_high])?;
            self.command(ram, &window.cut(frame))?;
        }
        Ok(())
    }

    fn activate(&mut self, update: u8) -> Result<(), PanelError> {
        self.command(UPDATE, &[update])?;
        self.command(ACTIVATE, &[])?;
        let mut waited = Duration::ZERO;
        while !self.is_busy()? {
            if waited >= BUSY_WITHIN {
                let why = "BUSY does not rise when it should work (is its cable in, and is it the \
                           panel the board names?)";
                return Err(self.trouble.busy(why.to_owned()));
            }
            self.delay.delay_ms(1);
            waited += Duration::from_millis(1);
        }
        let took = self.wait_until_idle(DONE_WITHIN)?;
        if took < DONE_AFTER {
            let why = format!("BUSY fell after {took:?}, in the middle of its work");
            return Err(self.trouble.busy(why));
        }
        Ok(())
    }

    /// Waits until BUSY is low, and says how long that took.
    fn wait_until_idle(&mut self, within: Duration) -> Result<Duration, PanelError> {
        let mut waited = Duration::ZERO;
        while self.is_busy()? {
            if waited >= within {
                let why = format!("BUSY stuck high for {} s", within.as_secs());
                return Err(self.trouble.busy(why));
            }
            self.delay.delay_ms(LOOK_EVERY.subsec_millis());
            waited += LOOK_EVERY;
        }
        Ok(waited)
    }

    fn is_busy(&mut self) -> Result<bool, PanelError> {
        let level = self.lines.busy.is_high();
        level.map_err(|error| self.trouble.busy(format!("BUSY cannot be read: {error:?}")))
    }
}

impl<W, O, I, D> Panel for Epaper<W, O, I, D>
where
    W: WriteOnlyDataCommand + Send,
    O: OutputPin + Send,
    I: InputPin + Send,
    D: DelayNs + Send,
{
    fn format(&self) -> Format {
        let Geometry { width, height } = self.module.geometry;
        Format::paper(width, height)
    }

    fn show(&mut self, frame: &Frame, refresh: Refresh) -> Result<(), PanelError> {
        let whole = Window::whole(self.module.geometry);
        let (refresh, before, window, changed) = match self.shown.take() {
            Some(shown) if refresh == Refresh::Partial => {
                let Some(changed) = Window::changed(&shown.frame, frame) else {
                    self.shown = Some(shown);
                    return Ok(());
                };
                let window = if self.slept_on()? {
                    shown.unlike.map_or(changed, |unlike| unlike.with(changed))
                } else {
                    whole
                };
                (refresh, shown.frame, window, Some(changed))
            }
            _ if refresh == Refresh::Fast => (Refresh::Fast, frame.clone(), whole, None),
            _ => (Refresh::Full, frame.clone(), whole, None),
        };
        self.wake(refresh)?;
        self.write(&before, frame, window)?;
        self.activate(match refresh {
            Refresh::Full => UPDATE_FULL,
            Refresh::Fast => UPDATE_FAST,
            Refresh::Partial => UPDATE_PARTIAL,
        })?;
        self.shown = Some(Shown {
            frame: frame.clone(),
            unlike: changed,
        });
        Ok(())
    }

    fn set_glow(&mut self, _glow: Glow) -> Result<(), PanelError> {
        Ok(())
    }

    fn rest(&mut self) -> Result<(), PanelError> {
        if self.resting {
            return Ok(());
        }
        self.command(DEEP_SLEEP, &[DEEP_SLEEP_1])?;
        self.delay.delay_ms(1);
        let busy = self.is_busy()?;
        if self.sleeps_busy && !busy {
            let why = "BUSY is low in deep sleep: it was pulled out during its last refresh";
            return Err(self.trouble.busy(why.to_owned()));
        }
        self.sleeps_busy = busy;
        self.resting = true;
        Ok(())
    }
}
