//! What is at the end of an SPI cable: the module, the levels of the lines, and the faults to come.

use std::time::Duration;

use super::{Line, SpiFault};
use crate::clock::Clock;
use crate::oled::serial::SerialOled;
use crate::oled::{OledModule, OledState};
use crate::picture::Picture;
use crate::ssd168x::{PaperModule, PingPong, Refresh, Ssd168x};
use crate::stats::{Stats, bits_at};
use crate::violation::Violation;
use crate::watch::Sight;

/// The bus clock in hertz unless told otherwise (HARDWARE.md 2.2: 8 MHz for OLEDs, 4 to 10 for e-paper).
const HZ: u32 = 8_000_000;

/// The shortest reset pulse: SH1106 "Reset timing", 10 us; the SSD1306 (8.9) wants 3 us.
const RESET_PULSE: Duration = Duration::from_micros(10);

pub(super) enum Device {
    Oled(SerialOled),
    Paper(Box<Ssd168x>),
}

impl Device {
    pub fn oled(module: OledModule) -> Self {
        Self::Oled(SerialOled::new(module.build()))
    }

    pub fn paper(module: PaperModule) -> Self {
        Self::Paper(Box::new(Ssd168x::new(module)))
    }
}

#[allow(clippy::struct_excessive_bools, reason = "most are levels of lines")]
pub(super) struct End {
    device: Device,
    pub clock: Clock,
    pub hz: u32,
    pub quarters: u32,
    pub stats: Stats,
    violations: Vec<Violation>,
    plugged: bool,
    dc: bool,
    reset: bool,
    power: bool,
    reset_low_since: Duration,
    pub fail_next: bool,
    pub stuck_busy: Option<bool>,
    /// After so many more bytes somebody pulls the cable.
    pub unplug_after: Option<usize>,
    album: Option<Vec<Picture>>,
}

impl End {
    pub fn new(device: Device) -> Self {
        Self {
            device,
            clock: Clock::simulated(),
            hz: HZ,
            quarters: 0,
            stats: Stats::default(),
            violations: Vec::new(),
            plugged: true,
            dc: false,
            reset: true,
            power: false,
            reset_low_since: Duration::ZERO,
            fail_next: false,
            stuck_busy: None,
            unplug_after: None,
            album: None,
        }
    }

    pub fn transfer(&mut self, bytes: &[u8]) -> Result<(), SpiFault> {
        let fails = bytes.len() > 1 && std::mem::take(&mut self.fail_next);
        let sent = if fails {
            &bytes[..bytes.len() / 2]
        } else {
            bytes
        };
        self.stats.transactions += 1;
        self.stats.bytes += sent.len() as u64;
        let time = bits_at(8 * sent.len() as u64, self.hz);
        self.stats.bus_time += time;
        let pulled_at = self.unplug_after.filter(|left| *left < sent.len());
        self.deliver(&sent[..pulled_at.unwrap_or(sent.len())]);
        self.clock.spend(time);
        if pulled_at.is_some() {
            self.unplug_after = None;
            self.set_plugged(false);
        } else if let Some(left) = &mut self.unplug_after {
            *left -= sent.len();
        }
        if fails { Err(SpiFault) } else { Ok(()) }
    }

    fn deliver(&mut self, bytes: &[u8]) {
        if !self.plugged {
            return;
        }
        let now = self.clock.now();
        let ram_bytes = &mut self.stats.ram_bytes;
        match &mut self.device {
            Device::Paper(paper) => paper.receive(self.dc, bytes, now, ram_bytes),
            Device::Oled(_) if !self.reset => self.violations.push(Violation::InReset),
            Device::Oled(oled) => {
                if let Err(violation) = oled.receive(self.dc, bytes, ram_bytes) {
                    self.violations.push(violation);
                }
            }
        }
    }

    pub fn set_line(&mut self, line: Line, high: bool) {
        match line {
            Line::Dc => self.dc = high,
            Line::Reset => self.set_reset(high),
            Line::Power => {
                self.power = high;
                self.supply(true);
            }
            Line::Busy => {}
        }
    }

    fn set_reset(&mut self, high: bool) {
        let now = self.clock.now();
        if self.reset && !high {
            self.reset_low_since = now;
        }
        let rises = high && !self.reset;
        self.reset = high;
        let low_for = now.saturating_sub(self.reset_low_since);
        if rises && self.plugged && low_for < RESET_PULSE {
            self.violations.push(Violation::ShortReset(low_for));
        }
        match &mut self.device {
            Device::Paper(paper) => paper.set_reset(high, now),
            Device::Oled(oled) if !high => {
                oled.chip.reset();
                oled.forget();
            }
            Device::Oled(_) => {}
        }
    }

    pub fn line_level(&mut self, line: Line) -> bool {
        match line {
            Line::Dc => self.dc,
            Line::Reset => self.reset,
            Line::Power => self.power,
            Line::Busy => self.stuck_busy.unwrap_or_else(|| self.is_busy()),
        }
    }

    fn is_busy(&mut self) -> bool {
        let now = self.clock.now();
        match &mut self.device {
            Device::Paper(paper) => self.plugged && paper.is_busy(now),
            Device::Oled(_) => false,
        }
    }

    pub fn set_plugged(&mut self, plugged: bool) {
        if self.plugged == plugged {
            return;
        }
        self.plugged = plugged;
        self.supply(false);
        if let Device::Oled(oled) = &mut self.device
            && plugged
        {
            oled.chip.power_cycle();
            oled.forget();
        }
    }

    /// E-paper has power when it is plugged in and its line is high.
    fn supply(&mut self, switched: bool) {
        let now = self.clock.now();
        if let Device::Paper(paper) = &mut self.device {
            paper.set_powered(self.plugged && self.power, switched, now);
        }
    }

    pub fn oled_state(&self) -> Option<OledState> {
        match &self.device {
            Device::Oled(oled) => Some(oled.chip.state()),
            Device::Paper(_) => None,
        }
    }

    pub fn refreshes(&self) -> &[Refresh] {
        match &self.device {
            Device::Paper(paper) => paper.refreshes(),
            Device::Oled(_) => &[],
        }
    }

    pub fn violations(&self) -> Vec<Violation> {
        let mut all = self.violations.clone();
        if let Device::Paper(paper) = &self.device {
            all.extend_from_slice(paper.violations());
        }
        all
    }

    pub fn program(&mut self, ping_pong: PingPong) {
        if let Device::Paper(paper) = &mut self.device {
            paper.programmed = ping_pong;
        }
    }

    pub fn border(&self) -> Option<u8> {
        match &self.device {
            Device::Paper(paper) => Some(paper.border()),
            Device::Oled(_) => None,
        }
    }

    pub fn is_asleep(&self) -> bool {
        matches!(&self.device, Device::Paper(paper) if paper.is_asleep())
    }

    pub fn is_driven(&mut self) -> bool {
        let now = self.clock.now();
        match &mut self.device {
            Device::Paper(paper) => paper.is_driven(now),
            Device::Oled(_) => false,
        }
    }
}

impl Sight for End {
    fn picture(&mut self) -> Picture {
        let now = self.clock.now();
        let picture = match &mut self.device {
            Device::Paper(paper) => paper.picture(now),
            Device::Oled(oled) => oled.chip.picture().lit_if(self.plugged),
        };
        picture.turned(self.quarters)
    }

    fn changes_in(&mut self) -> Option<Duration> {
        let Device::Paper(paper) = &self.device else {
            return None;
        };
        self.clock.real_time_until(paper.changes_at()?)
    }

    fn album(&mut self) -> &mut Option<Vec<Picture>> {
        &mut self.album
    }
}
