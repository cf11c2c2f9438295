//! What each command does.

use std::time::Duration;

use super::ram::{PingPong, Plane};
use super::refresh::{Refresh, RefreshKind, Sequence};
use super::{Controller, Expects, RESET_TIME, Registers, Sleep, Ssd168x, Takes, Waveform, takes};
use crate::violation::Violation;

impl Ssd168x {
    /// A byte with D/C low.
    pub(super) fn take_command(&mut self, command: u8, now: Duration) {
        let before = std::mem::replace(&mut self.expects, Expects::Nothing);
        if let Expects::Parameters {
            command,
            got,
            least,
            ..
        } = before
        {
            if got.len() < least {
                self.refuse(Violation::Truncated(command));
            } else {
                self.execute(command, &got, now);
            }
        }
        self.expects = match takes(self.wiring.controller, command) {
            Ok(Takes::Parameters(_, 0)) => {
                self.expects = Expects::NoMore { command };
                return self.execute(command, &[], now);
            }
            Ok(Takes::Parameters(least, most)) => Expects::Parameters {
                command,
                got: Vec::new(),
                least,
                most,
            },
            Ok(Takes::Picture(plane)) => match self.ram.begin(command) {
                Ok(left) => Expects::Picture {
                    command,
                    plane,
                    left,
                },
                Err(violation) => return self.refuse(violation),
            },
            Err(violation) => return self.refuse(violation),
        };
    }

    /// A byte with D/C high.
    pub(super) fn take_data(&mut self, byte: u8, now: Duration, ram_bytes: &mut u64) {
        match &mut self.expects {
            Expects::Anything => {}
            Expects::Nothing => self.refuse(Violation::DataWithoutCommand),
            Expects::NoMore { command } => {
                let violation = Violation::TooManyParameters(*command);
                self.refuse(violation);
            }
            Expects::Picture {
                command, left: 0, ..
            } => {
                let violation = Violation::TooMuchData(*command);
                self.refuse(violation);
            }
            Expects::Picture { plane, left, .. } => {
                *left -= 1;
                *ram_bytes += 1;
                self.ram.store(*plane, byte);
            }
            Expects::Parameters {
                command, got, most, ..
            } => {
                got.push(byte);
                if got.len() == *most {
                    let (command, got) = (*command, std::mem::take(got));
                    self.expects = Expects::NoMore { command };
                    self.execute(command, &got, now);
                }
            }
        }
    }

    fn execute(&mut self, command: u8, parameters: &[u8], now: Duration) {
        if let Err(violation) = self.run(command, parameters, now) {
            self.refuse(violation);
        }
    }

    fn run(&mut self, command: u8, p: &[u8], now: Duration) -> Result<(), Violation> {
        let refused = |value| Err(Violation::Parameter { command, value });
        match (command, p) {
            (0x01, &[low, high, scan]) => self.set_gates(command, low, high, scan)?,
            (0x10, &[mode]) => {
                self.sleep = match mode {
                    0x00 => Sleep::Awake,
                    0x01 => Sleep::KeepingRam,
                    0x03 => Sleep::LosingRam,
                    _ => return refused(mode),
                }
            }
            (0x11, &[mode @ 0..=7]) => {
                let window = &mut self.ram.window;
                (window.x_up, window.y_up) = (mode & 1 != 0, mode & 2 != 0);
                window.y_first = mode & 4 != 0;
            }
            (0x11, &[mode, ..]) => return refused(mode),
            (0x12, _) => {
                self.registers = Registers::reset(self.wiring.controller);
                self.ram.reset();
                self.busy_until = now + RESET_TIME;
            }
            // External or internal temperature sensor.
            (0x18, &[sensor]) if sensor != 0x48 && sensor != 0x80 => return refused(sensor),
            (0x1a, _) => self.registers.told_temperature = true,
            (0x20, _) => self.activate(now)?,
            (0x21, &[options, sources]) => self.set_options(command, options, sources)?,
            (0x22, &[sequence]) => self.registers.sequence = Sequence(sequence),
            (0x32, _) => self.registers.waveform = Some(Waveform::Written),
            // The tenth byte but four: ping-pong, "RAM Ping-Pong for display mode 2".
            (0x37, options) => self.registers.ping_pong = options[5] & 0x40 != 0,
            (0x3c, &[border]) => self.registers.border = border,
            (0x44, &[first, last]) => self.ram.set_x(command, first, last)?,
            (0x45, &[first, first_high, last, last_high]) => {
                let first = u16::from_le_bytes([first, first_high]);
                let last = u16::from_le_bytes([last, last_high]);
                self.ram.set_y(command, first, last)?;
            }
            (0x4e, &[x]) => self.ram.window.at.0 = usize::from(x),
            (0x4f, &[low, high]) => {
                self.ram.window.at.1 = usize::from(u16::from_le_bytes([low, high]));
            }
            // Voltages, timing, and what nothing modelled follows from.
            _ => {}
        }
        Ok(())
    }

    /// Driver output control.
    fn set_gates(&mut self, command: u8, low: u8, high: u8, scan: u8) -> Result<(), Violation> {
        let lines = usize::from(u16::from_le_bytes([low, high])) + 1;
        if lines > self.ram.size().1 {
            return Err(Violation::Parameter {
                command,
                value: high,
            });
        }
        // GD and SM interlace the gates, which no glass here is made for.
        if scan > 1 {
            return Err(Violation::Parameter {
                command,
                value: scan,
            });
        }
        self.registers.lines = lines;
        self.registers.backwards = scan & 1 != 0;
        Ok(())
    }

    /// Display update control 1.
    fn set_options(&mut self, command: u8, options: u8, sources: u8) -> Result<(), Violation> {
        let known = |option: u8| matches!(option, 0b0000 | 0b0100 | 0b1000);
        if !known(options & 0x0f) || !known(options >> 4) {
            return Err(Violation::Parameter {
                command,
                value: options,
            });
        }
        // The SSD1683 has no sources to choose from; its bit 4 joins two chips.
        let narrow = sources == 0x80 && self.wiring.controller == Controller::Ssd1680;
        if sources != 0 && !narrow {
            return Err(Violation::Parameter {
                command,
                value: sources,
            });
        }
        self.registers.new_option = options & 0x0f;
        self.registers.old_option = options >> 4;
        self.registers.narrow = narrow;
        Ok(())
    }

    /// Master activation: the sequence of 0x22, from its highest bit to its lowest.
    fn activate(&mut self, now: Duration) -> Result<(), Violation> {
        let r = &mut self.registers;
        let sequence = r.sequence;
        r.clock |= sequence.clock_on();
        r.analog |= sequence.analog_on();
        if sequence.load_temperature() {
            r.told_temperature = false;
        }
        if sequence.load_waveform() {
            r.waveform = Some(Waveform::Stored {
                mode_2: sequence.mode_2(),
                told: r.told_temperature,
            });
        }
        let mut took = self.wiring.durations.idle(sequence);
        if sequence.display() {
            if !r.clock || !r.analog {
                return Err(Violation::RefreshWithoutSupply(sequence.0));
            }
            let kind = match r.waveform {
                Some(Waveform::Stored { mode_2, told }) if mode_2 == sequence.mode_2() => {
                    match (mode_2, told) {
                        (true, _) => RefreshKind::Partial,
                        (false, true) => RefreshKind::Fast,
                        (false, false) => RefreshKind::Full,
                    }
                }
                Some(Waveform::Written) if sequence.mode_2() => RefreshKind::Partial,
                Some(Waveform::Written) => RefreshKind::Full,
                _ => return Err(Violation::RefreshWithoutWaveform(sequence.0)),
            };
            took = self.wiring.durations.of(kind);
            self.coming = Some((now + took, self.driven(sequence.mode_2())));
            self.refreshes.push(Refresh {
                at: now,
                kind,
                took,
            });
            if sequence.mode_2() {
                self.ram.shown(if self.registers.ping_pong {
                    PingPong::Copies
                } else {
                    self.programmed
                });
            }
        }
        let r = &mut self.registers;
        r.analog &= !sequence.analog_off();
        r.clock &= !sequence.clock_off();
        self.busy_until = now + took;
        Ok(())
    }

    /// What the glass becomes: in mode 1 the new plane, in mode 2 the new plane where it differs from
    /// the old one, and what is there everywhere else.
    fn driven(&self, mode_2: bool) -> Vec<bool> {
        let mut glass = self.glass.clone();
        for (index, pixel) in glass.iter_mut().enumerate() {
            let (x, gate) = (index % self.wiring.width, index / self.wiring.width);
            let Some((source, line)) = self.address(x, gate) else {
                continue;
            };
            let r = &self.registers;
            let new = option(r.new_option, self.ram.bit(Plane::New, source, line));
            let old = option(r.old_option, self.ram.bit(Plane::Old, source, line));
            if !mode_2 || new != old {
                *pixel = new;
            }
        }
        glass
    }

    /// Where in RAM a pixel of glass comes from; `None`: its source or gate is not driven.
    fn address(&self, x: usize, gate: usize) -> Option<(usize, usize)> {
        let r = &self.registers;
        let pin = x + self.wiring.first_source;
        let source = if r.narrow {
            pin.checked_sub(8).filter(|source| *source < 160)?
        } else {
            pin
        };
        let line = if r.backwards {
            (r.lines - 1).checked_sub(gate)?
        } else {
            gate
        };
        (line < r.lines && source < self.ram.size().0).then_some((source, line))
    }
}

/// What command 0x21 does to a plane: as it is, as if it were 0, inverted.
fn option(option: u8, bit: bool) -> bool {
    match option {
        0b0100 => false,
        0b1000 => !bit,
        _ => bit,
    }
}
