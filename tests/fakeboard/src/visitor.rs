//! A program that uses the devices as other programs do, through the crates they use: for the tests of
//! this package. Reads orders from standard input, answers each with a line: `ok …` or `error …`.
//!
//! Devices stay open between orders.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, Read, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, Value};
use gpiocdev::request::{Config, Request};
use linux_embedded_hal::i2cdev::core::I2CDevice;
use linux_embedded_hal::i2cdev::linux::LinuxI2CDevice;
use linux_embedded_hal::spidev::{SpiModeFlags, Spidev, SpidevOptions, SpidevTransfer};
use linux_embedded_hal::I2cdev;

fn main() -> Result<()> {
    let mut visitor = Visitor::default();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match visitor.obey(&words) {
            Ok(answer) => format!("ok {answer}"),
            Err(error) => format!("error {}", format!("{error:#}").replace('\n', " ")),
        };
        println!("{}", answer.trim_end());
    }
    Ok(())
}

#[derive(Default)]
struct Visitor {
    i2c: Option<LinuxI2CDevice>,
    hal: Option<I2cdev>,
    spi: Option<Spidev>,
    requests: BTreeMap<String, Request>,
    copies: Vec<std::os::fd::OwnedFd>,
}

impl Visitor {
    fn obey(&mut self, words: &[&str]) -> Result<String> {
        match words {
            ["dev"] => {
                let names = fs::read_dir("/dev")?.map(|entry| {
                    let name = entry?.file_name();
                    Ok(name.to_string_lossy().into_owned())
                });
                let mut names = names.collect::<std::io::Result<Vec<String>>>()?;
                names.sort();
                Ok(names.join(" "))
            }
            ["read-file", path] => Ok(fs::read_to_string(path)?),
            ["open", path] => Ok(fs::File::open(path).map(|_| String::new())?),
            ["stat", path] => {
                use std::os::unix::fs::FileTypeExt;
                let about = fs::metadata(path)?;
                let device = about.file_type().is_char_device();
                Ok(format!("device={device} bytes={}", about.len()))
            }
            ["chips"] => {
                let chips = gpiocdev::chip::chips()?.into_iter().map(|path| {
                    let info = gpiocdev::chip::Chip::from_path(&path)?.info()?;
                    let (path, label) = (path.display(), info.label);
                    Ok(format!("{path} {label} {}", info.num_lines))
                });
                let chips = chips.collect::<gpiocdev::Result<Vec<String>>>()?;
                Ok(chips.join(", "))
            }
            [order, rest @ ..] if order.starts_with("i2c-") => self.i2c(order, rest),
            [order, rest @ ..] if order.starts_with("spi-") => self.spi(order, rest),
            [order, name, rest @ ..] => self.lines(order, name, rest),
            _ => bail!("unknown order"),
        }
    }

    fn i2c(&mut self, order: &str, words: &[&str]) -> Result<String> {
        use embedded_hal::i2c::I2c;
        match (order, words) {
            ("i2c-hal-write", [address, bytes @ ..]) => {
                let hal = match &mut self.hal {
                    Some(hal) => hal,
                    none => none.insert(I2cdev::new("/dev/i2c-1")?),
                };
                hal.write(hex(address)?, &all_hex(bytes)?)?;
                return Ok(String::new());
            }
            ("i2c-open", [address]) => {
                let address = hex(address)?.into();
                self.i2c = Some(LinuxI2CDevice::new("/dev/i2c-1", address)?);
                return Ok(String::new());
            }
            ("i2c-close", []) => {
                (self.i2c, self.hal) = (None, None);
                return Ok(String::new());
            }
            _ => {}
        }
        let i2c = self.i2c.as_mut().context("not open")?;
        match (order, words) {
            ("i2c-write", bytes) => i2c.write(&all_hex(bytes)?)?,
            ("i2c-read", [count]) => {
                let mut bytes = vec![0xee; count.parse()?];
                i2c.read(&mut bytes)?;
                return Ok(format!("{bytes:02x?}"));
            }
            ("i2c-smbus-read", []) => return Ok(format!("{:02x}", i2c.smbus_read_byte()?)),
            ("i2c-smbus-write", [register, byte]) => {
                i2c.smbus_write_byte_data(hex(register)?, hex(byte)?)?;
            }
            ("i2c-smbus-block", [register, bytes @ ..]) => {
                i2c.smbus_write_i2c_block_data(hex(register)?, &all_hex(bytes)?)?;
            }
            _ => bail!("unknown order"),
        }
        Ok(String::new())
    }

    fn spi(&mut self, order: &str, words: &[&str]) -> Result<String> {
        if let ("spi-open", [mode, hz]) = (order, words) {
            let mut spi = Spidev::open("/dev/spidev0.0")?;
            let mut options = SpidevOptions::new();
            let mode = SpiModeFlags::from_bits_retain(mode.parse()?);
            options.bits_per_word(8).max_speed_hz(hz.parse()?).mode(mode);
            spi.configure(&options)?;
            let told = spi.query_configuration()?;
            self.spi = Some(spi);
            return Ok(format!("{told:?}"));
        }
        let spi = self.spi.as_mut().context("not open")?;
        match (order, words) {
            ("spi-write", bytes) => spi.write_all(&all_hex(bytes)?)?,
            ("spi-write-many", [count]) => {
                let count = spi.write(&vec![0xa5; count.parse()?])?;
                return Ok(count.to_string());
            }
            ("spi-transfers", lengths) => {
                let lengths = lengths.iter().map(|length| length.parse());
                let lengths: Vec<usize> = lengths.collect::<Result<_, _>>()?;
                let buffers: Vec<Vec<u8>> = lengths.iter().map(|n| vec![0x5a; *n]).collect();
                let mut transfers: Vec<SpidevTransfer<'_, '_>> =
                    buffers.iter().map(|b| SpidevTransfer::write(b)).collect();
                spi.transfer_multiple(&mut transfers)?;
            }
            ("spi-exchange", [byte]) => {
                let (sent, mut back) = ([hex(byte)?; 3], [0xff; 3]);
                spi.transfer(&mut SpidevTransfer::read_write(&sent, &mut back))?;
                return Ok(format!("{back:02x?}"));
            }
            ("spi-read", [count]) => {
                let mut bytes = vec![0xff; count.parse()?];
                let read = spi.read(&mut bytes)?;
                return Ok(format!("{read} {bytes:02x?}"));
            }
            _ => bail!("unknown order"),
        }
        Ok(String::new())
    }

    fn lines(&mut self, order: &str, name: &str, words: &[&str]) -> Result<String> {
        match order {
            // request NAME CHIP LINES OPTIONS…
            "request" => {
                let [chip, lines, options @ ..] = words else {
                    bail!("request NAME CHIP LINES OPTIONS");
                };
                let lines = numbers(lines)?;
                let mut builder = Request::builder();
                builder.on_chip(chip).with_consumer(name).with_lines(&lines);
                if let Some(room) = options.iter().find_map(|o| o.strip_prefix("buffer=")) {
                    builder.with_kernel_event_buffer_size(room.parse()?);
                }
                let mut config = builder.config();
                apply(&mut config, options)?;
                let request = builder.with_config(config).request()?;
                self.requests.insert(name.to_owned(), request);
            }
            "close" => {
                self.requests.remove(name).context("no such request")?;
            }
            "info" => {
                let info = gpiocdev::chip::Chip::from_path(name)?;
                let [line] = words else { bail!("info CHIP LINE") };
                let info = info.line_info(line.parse()?)?;
                let (used, consumer) = (info.used, info.consumer);
                let (low, bias) = (info.active_low, info.bias);
                let debounce = info.debounce_period;
                return Ok(format!(
                    "{} {:?} used={used} by={consumer:?} active_low={low} bias={bias:?} {debounce:?}",
                    info.name, info.direction
                ));
            }
            _ => return self.on_request(order, name, words),
        }
        Ok(String::new())
    }

    fn on_request(&mut self, order: &str, name: &str, words: &[&str]) -> Result<String> {
        let request = self.requests.get(name).context("no such request")?;
        match (order, words) {
            ("get", [line]) => Ok(format!("{:?}", request.value(line.parse()?)?)),
            ("set", [line, value]) => {
                request.set_value(line.parse()?, Value::from(*value == "1"))?;
                Ok(String::new())
            }
            ("configure", options) => {
                let mut config = request.config();
                apply(&mut config, options)?;
                request.reconfigure(&config)?;
                Ok(String::new())
            }
            // The next events, as `+line` and `-line`, until none comes for a while.
            ("events", [quiet_ms]) => {
                let quiet = Duration::from_millis(quiet_ms.parse()?);
                let mut told = Vec::new();
                let mut last_ns = 0;
                // Not `read_edge_event`: without version 1 of the ABI, gpiocdev 0.8.0 reads up to
                // eight events there and returns the first.
                let mut words = vec![0; request.edge_event_u64_size()];
                while request.wait_edge_event(quiet)? {
                    let read = request.read_edge_events_into_slice(&mut words)?;
                    let event = request.edge_event_from_slice(&words[..read])?;
                    if event.timestamp_ns < last_ns {
                        bail!("time went backwards");
                    }
                    last_ns = event.timestamp_ns;
                    let sign = match event.kind {
                        EdgeKind::Rising => '+',
                        EdgeKind::Falling => '-',
                    };
                    told.push(format!("{sign}{}", event.offset));
                    if told.len() > 200 {
                        told.truncate(20);
                        told.push("and more".to_owned());
                        break;
                    }
                }
                Ok(told.join(" "))
            }
            // Keeps a duplicate of the request's descriptor, which holds the lines.
            ("duplicate", []) => {
                use std::os::fd::AsFd;
                self.copies.push(request.as_fd().try_clone_to_owned()?);
                Ok(String::new())
            }
            ("drop-duplicates", []) => {
                self.copies.clear();
                Ok(String::new())
            }
            _ => bail!("unknown order"),
        }
    }
}

/// Options of a line: `in`, `out=0`, `out=1`, `up`, `down`, `off`, `low`, `high`, `edges`, `rising`, `falling`,
/// `debounce=US`, `drain`, `both` (an input that is an output).
fn apply(config: &mut Config, options: &[&str]) -> Result<()> {
    for option in options {
        match option.split_once('=').unwrap_or((option, "")) {
            ("in", _) => config.as_input(),
            ("out", value) => config.as_output(Value::from(value == "1")),
            ("up", _) => config.with_bias(Bias::PullUp),
            ("down", _) => config.with_bias(Bias::PullDown),
            ("off", _) => config.with_bias(Bias::Disabled),
            ("high", _) => config.as_active_high(),
            ("low", _) => config.as_active_low(),
            ("edges", _) => config.with_edge_detection(EdgeDetection::BothEdges),
            ("rising", _) => config.with_edge_detection(EdgeDetection::RisingEdge),
            ("falling", _) => config.with_edge_detection(EdgeDetection::FallingEdge),
            ("debounce", us) => {
                config.with_debounce_period(Duration::from_micros(us.parse()?))
            }
            ("drain", _) => config.with_drive(gpiocdev::line::Drive::OpenDrain),
            ("buffer", _) => config,
            _ => bail!("unknown option {option}"),
        };
    }
    Ok(())
}

fn numbers(words: &str) -> Result<Vec<u32>> {
    Ok(words
        .split(',')
        .map(str::parse)
        .collect::<Result<Vec<u32>, _>>()?)
}

fn hex(word: &str) -> Result<u8> {
    Ok(u8::from_str_radix(word, 16)?)
}

fn all_hex(words: &[&str]) -> Result<Vec<u8>> {
    words.iter().map(|word| hex(word)).collect()
}
