//! Simulated e-paper: an SSD1680 or SSD1683 and the glass it drives.
//!
//! Follows the Solomon Systech datasheets: SSD1680 revision 0.14, section 7 (commands) and 9 (operation
//! flow), SSD1683 likewise; which sources and gates the glass is on follows from the vendor's drivers
//! (waveshareteam/e-Paper, `EPD_2in13_V4.c`, `EPD_2in7_V2.c`, `EPD_4in2_V2.c`). The glass keeps its picture
//! without power. A partial refresh drives only pixels whose bits differ between the two RAM planes, so
//! whoever does not keep 0x26 true sees ghosts.

mod command;
mod execute;
mod ram;
mod refresh;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::noise::noise;
use crate::picture::Picture;
use crate::violation::Violation;
use command::{Takes, takes};
use ram::{Plane, Ram};
use refresh::{Durations, Sequence};

pub use ram::PingPong;
pub use refresh::{Refresh, RefreshKind};

/// How long BUSY is high after SWRESET. The flow of SSD1680 section 9.1 says "wait 10 ms".
const RESET_TIME: Duration = Duration::from_millis(10);

/// How long the supply has to be there before anything is sent: SSD1680 section 9.1, "wait 10 ms".
const POWER_UP_TIME: Duration = Duration::from_millis(10);

/// Which chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Controller {
    /// 176 sources, 296 gates.
    Ssd1680,
    /// 400 sources, 300 gates.
    Ssd1683,
}

/// The e-papers there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PaperModule {
    /// Waveshare 2.13" V4: SSD1680, 122x250.
    Waveshare2in13V4,
    /// Waveshare 2.7" V2: SSD1680, 176x264.
    Waveshare2in7V2,
    /// Waveshare 4.2" V2: SSD1683, 400x300.
    Waveshare4in2V2,
}

/// How a glass hangs on its chip.
#[derive(Clone, Copy, Debug)]
struct Wiring {
    controller: Controller,
    width: usize,
    height: usize,
    /// The source of the leftmost column. 8 where the vendor sends 0x21 with 0x80 ("available source
    /// from S8 to S167").
    first_source: usize,
    durations: Durations,
}

impl PaperModule {
    /// Pixels across and down as the glass lies with its foil at the bottom, unrotated.
    #[must_use]
    pub fn size(self) -> (u32, u32) {
        match self {
            Self::Waveshare2in13V4 => (122, 250),
            Self::Waveshare2in7V2 => (176, 264),
            Self::Waveshare4in2V2 => (400, 300),
        }
    }

    /// Full refreshes are the vendor's figures: the wiki pages of the 2.13" HAT (2 s), of the 2.7" (6 s,
    /// V1 and V2 in one) and of the 4.2" cloud module (4 s). Fast ones are `Seconds_1_5S` of
    /// `EPD_4in2_V2.c`. The rest was measured by the author of `GxEPD2` on the same glasses
    /// (`GxEPD2_213_GDEY0213B74.h`, `GxEPD2_270_GDEY027T91.h`, `GxEPD2_420_GDEY042T81.h`).
    fn wiring(self) -> Wiring {
        let (width, height) = self.size();
        let (controller, first_source, [full, fast, partial, start, stop]) = match self {
            Self::Waveshare2in13V4 => (Controller::Ssd1680, 8, [2000, 1500, 457, 95, 140]),
            Self::Waveshare2in7V2 => (Controller::Ssd1680, 0, [6000, 1500, 459, 96, 141]),
            Self::Waveshare4in2V2 => (Controller::Ssd1683, 0, [4000, 1500, 358, 96, 268]),
        };
        Wiring {
            controller,
            width: width as usize,
            height: height as usize,
            first_source,
            durations: Durations {
                full,
                fast,
                partial,
                start,
                stop,
            },
        }
    }
}

/// What the next data byte is.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Expects {
    /// No command since the reset.
    Nothing,
    /// The command has all its parameters.
    NoMore { command: u8 },
    Parameters {
        command: u8,
        got: Vec<u8>,
        least: usize,
        most: usize,
    },
    Picture {
        command: u8,
        plane: Plane,
        left: usize,
    },
    /// A violation was recorded; the rest up to the next command is part of it.
    Anything,
}

/// Deep sleep, command 0x10.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sleep {
    Awake,
    /// Mode 1.
    KeepingRam,
    /// Mode 2.
    LosingRam,
}

/// A waveform that was loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Waveform {
    /// From the chip's own memory, for a display mode and the temperature register.
    Stored { mode_2: bool, told: bool },
    /// By command 0x32.
    Written,
}

/// The registers that matter, as SWRESET leaves them.
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "one flag for each bit of the datasheet"
)]
struct Registers {
    /// Gate lines: command 0x01, bits A8 to A0, + 1.
    lines: usize,
    /// Command 0x01, TB: the scan runs from the last gate to the first.
    backwards: bool,
    /// Command 0x21, first byte: what is done to each plane on its way.
    new_option: u8,
    old_option: u8,
    /// Command 0x21, second byte, bit 7: sources S8 to S167.
    narrow: bool,
    border: u8,
    sequence: Sequence,
    /// The temperature register was written (0x1A) and not read from the sensor since.
    told_temperature: bool,
    waveform: Option<Waveform>,
    clock: bool,
    analog: bool,
    ping_pong: bool,
}

impl Registers {
    fn reset(controller: Controller) -> Self {
        Self {
            lines: match controller {
                Controller::Ssd1680 => 296,
                Controller::Ssd1683 => 300,
            },
            backwards: false,
            new_option: 0,
            old_option: 0,
            narrow: false,
            border: 0xc0,
            sequence: Sequence(0xff),
            told_temperature: false,
            waveform: None,
            clock: false,
            analog: false,
            ping_pong: false,
        }
    }
}

/// A chip and its glass.
pub(crate) struct Ssd168x {
    wiring: Wiring,
    registers: Registers,
    ram: Ram,
    /// From the factory.
    pub programmed: PingPong,
    /// True is white.
    glass: Vec<bool>,
    powered: bool,
    held_in_reset: bool,
    sleep: Sleep,
    expects: Expects,
    busy_until: Duration,
    /// What the glass becomes when the refresh is over.
    coming: Option<(Duration, Vec<bool>)>,
    refreshes: Vec<Refresh>,
    power_ups: u64,
    /// When the power line rose; none when somebody plugged the panel in while it was high.
    switched_on: Option<Duration>,
    violations: Vec<Violation>,
}

impl Ssd168x {
    /// A module without power, with the checkered sheet that it was last used for.
    pub fn new(module: PaperModule) -> Self {
        let wiring = module.wiring();
        let ram = match wiring.controller {
            Controller::Ssd1680 => Ram::new(22, 296),
            Controller::Ssd1683 => Ram::new(50, 300),
        };
        let pixels = (0..wiring.height).flat_map(|y| (0..wiring.width).map(move |x| (x, y)));
        Self {
            registers: Registers::reset(wiring.controller),
            ram,
            programmed: PingPong::default(),
            glass: pixels.map(|(x, y)| (x / 8 + y / 8) % 2 == 0).collect(),
            wiring,
            powered: false,
            held_in_reset: false,
            sleep: Sleep::Awake,
            expects: Expects::Nothing,
            busy_until: Duration::ZERO,
            coming: None,
            refreshes: Vec::new(),
            power_ups: 0,
            switched_on: None,
            violations: Vec::new(),
        }
    }

    /// The supply comes or goes: because it was switched, or because the panel was plugged.
    pub fn set_powered(&mut self, powered: bool, switched: bool, now: Duration) {
        if powered == self.powered {
            return;
        }
        self.settle(now);
        self.interrupt();
        self.restart();
        self.powered = powered;
        self.switched_on = Some(now).filter(|_| switched);
        if powered {
            self.power_ups += 1;
            self.ram.fill_with_noise(self.power_ups);
            // Plugged in while somebody was talking: the rest of that sentence is nobody's fault.
            if !switched {
                self.expects = Expects::Anything;
            }
        }
    }

    /// The reset line: low holds the chip.
    pub fn set_reset(&mut self, high: bool, now: Duration) {
        if self.held_in_reset != high {
            return;
        }
        self.held_in_reset = !high;
        if high || !self.powered {
            return;
        }
        self.settle(now);
        if self.interrupt() {
            self.violations.push(Violation::ResetWhileBusy);
        }
        if self.sleep == Sleep::LosingRam {
            self.power_ups += 1;
            self.ram.fill_with_noise(self.power_ups);
        }
        self.restart();
    }

    /// Whether the BUSY line is driven high.
    pub fn is_busy(&mut self, now: Duration) -> bool {
        self.settle(now);
        // Command 0x10: "the chip will enter Deep Sleep Mode, BUSY pad will keep output high".
        self.powered && !self.held_in_reset && (now < self.busy_until || self.sleep != Sleep::Awake)
    }

    /// Bytes at one level of D/C. Counts those that go to RAM.
    pub fn receive(&mut self, data: bool, bytes: &[u8], now: Duration, ram_bytes: &mut u64) {
        if !self.powered || bytes.is_empty() {
            return;
        }
        if self.held_in_reset {
            return self.refuse(Violation::InReset);
        }
        if self.sleep != Sleep::Awake {
            return self.refuse(Violation::Asleep(bytes[0]));
        }
        if let Some(since) = self.switched_on.take() {
            let age = now.saturating_sub(since);
            if age < POWER_UP_TIME {
                self.violations.push(Violation::TooSoon(age));
            }
        }
        for byte in bytes {
            if self.is_busy(now) {
                return self.refuse(Violation::Busy(*byte));
            }
            if data {
                self.take_data(*byte, now, ram_bytes);
            } else {
                self.take_command(*byte, now);
            }
        }
    }

    /// What a person sees, unrotated.
    pub fn picture(&mut self, now: Duration) -> Picture {
        self.settle(now);
        let (width, height) = (self.wiring.width, self.wiring.height);
        // Neither side has more than 400 pixels.
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(0);
        Picture::from_fn(side(width), side(height), |x, y| {
            self.glass[y as usize * width + x as usize]
        })
    }

    /// When the picture changes next by itself.
    pub fn changes_at(&self) -> Option<Duration> {
        self.coming.as_ref().map(|(then, _)| *then)
    }

    /// Every refresh that was begun.
    pub fn refreshes(&self) -> &[Refresh] {
        &self.refreshes
    }

    /// The border waveform register.
    pub fn border(&self) -> u8 {
        self.registers.border
    }

    /// Whether the chip generates the glass's voltages now.
    pub fn is_driven(&mut self, now: Duration) -> bool {
        self.settle(now);
        self.powered && (self.registers.analog || self.coming.is_some())
    }

    /// Whether the chip is in deep sleep.
    pub fn is_asleep(&self) -> bool {
        self.powered && self.sleep != Sleep::Awake
    }

    /// Everything that went wrong so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    fn refuse(&mut self, violation: Violation) {
        self.violations.push(violation);
        self.expects = Expects::Anything;
    }

    /// Lets a refresh that is over be over.
    fn settle(&mut self, now: Duration) {
        if let Some((_, glass)) = self.coming.take_if(|(then, _)| *then <= now) {
            self.glass = glass;
        }
    }

    /// Stops a refresh where it is. "User should not interrupt this operation to avoid corruption of
    /// panel images" (command 0x20). Says whether there was one.
    fn interrupt(&mut self) -> bool {
        let Some((_, glass)) = self.coming.take() else {
            return false;
        };
        let seed = 0x2000 + self.refreshes.len() as u64;
        for ((pixel, coming), noise) in self.glass.iter_mut().zip(glass).zip(noise(seed)) {
            if noise < 0x80 {
                *pixel = coming;
            }
        }
        true
    }

    /// After a hardware reset or power-up.
    fn restart(&mut self) {
        self.registers = Registers::reset(self.wiring.controller);
        self.ram.reset();
        self.sleep = Sleep::Awake;
        self.expects = Expects::Nothing;
        self.busy_until = Duration::ZERO;
    }
}
