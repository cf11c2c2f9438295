//! The words of linux/gpio.h, version 2 of the character device: numbers, flags and layouts.

use rustix::io::Errno;

use crate::layout::Layout;

/// `GPIO_GET_CHIPINFO_IOCTL`: `_IOR(0xB4, 0x01, struct gpiochip_info)`, 68 bytes.
pub const GET_CHIPINFO: u32 = 0x8044_b401;
/// `GPIO_V2_GET_LINEINFO_IOCTL`: `_IOWR(0xB4, 0x05, struct gpio_v2_line_info)`, 256 bytes.
pub const GET_LINEINFO: u32 = 0xc100_b405;
/// `GPIO_V2_GET_LINE_IOCTL`: `_IOWR(0xB4, 0x07, struct gpio_v2_line_request)`, 592 bytes.
pub const GET_LINE: u32 = 0xc250_b407;
/// `GPIO_V2_LINE_SET_CONFIG_IOCTL`: `_IOWR(0xB4, 0x0D, struct gpio_v2_line_config)`, 272 bytes.
pub const SET_CONFIG: u32 = 0xc110_b40d;
/// `GPIO_V2_LINE_GET_VALUES_IOCTL`: `_IOWR(0xB4, 0x0E, struct gpio_v2_line_values)`, 16 bytes.
pub const GET_VALUES: u32 = 0xc010_b40e;
/// `GPIO_V2_LINE_SET_VALUES_IOCTL`: `_IOWR(0xB4, 0x0F, struct gpio_v2_line_values)`, 16 bytes.
pub const SET_VALUES: u32 = 0xc010_b40f;

/// `enum gpio_v2_line_flag`.
pub mod flag {
    /// In use (only told, never asked for).
    pub const USED: u64 = 1;
    /// The line is active when it is low.
    pub const ACTIVE_LOW: u64 = 1 << 1;
    /// An input.
    pub const INPUT: u64 = 1 << 2;
    /// An output.
    pub const OUTPUT: u64 = 1 << 3;
    /// Tells when the line becomes active.
    pub const EDGE_RISING: u64 = 1 << 4;
    /// Tells when the line becomes inactive.
    pub const EDGE_FALLING: u64 = 1 << 5;
    /// An output that never drives high.
    pub const OPEN_DRAIN: u64 = 1 << 6;
    /// An output that never drives low.
    pub const OPEN_SOURCE: u64 = 1 << 7;
    /// A resistor to 3.3 V.
    pub const BIAS_PULL_UP: u64 = 1 << 8;
    /// A resistor to ground.
    pub const BIAS_PULL_DOWN: u64 = 1 << 9;
    /// No resistor.
    pub const BIAS_DISABLED: u64 = 1 << 10;
    /// Times of events by the clock on the wall.
    pub const EVENT_CLOCK_REALTIME: u64 = 1 << 11;
    /// Both kinds of edges.
    pub const EDGES: u64 = EDGE_RISING | EDGE_FALLING;
    /// The three kinds of bias.
    pub const BIASES: u64 = BIAS_PULL_UP | BIAS_PULL_DOWN | BIAS_DISABLED;
    /// All that may be asked for here. Hardware timestamps (bit 12) need an engine that no Pi has.
    pub const KNOWN: u64 = (1 << 12) - 2;
}

/// `GPIO_V2_LINES_MAX`.
pub const LINES_MAX: u32 = 64;
/// Bytes of `struct gpio_v2_line_request`.
pub const REQUEST_BYTES: usize = 592;
/// Where the new descriptor stands in it.
pub const REQUEST_FD: usize = 588;
/// Bytes of `struct gpio_v2_line_config`.
pub const CONFIG_BYTES: usize = 272;
/// Bytes of `struct gpio_v2_line_info`.
pub const INFO_BYTES: usize = 256;
/// Bytes of `struct gpiochip_info`.
pub const CHIPINFO_BYTES: usize = 68;
/// Bytes of `struct gpio_v2_line_values`.
pub const VALUES_BYTES: usize = 16;
/// Bytes of `struct gpio_v2_line_event`.
pub const EVENT_BYTES: usize = 48;
/// Bytes of a name or a consumer, with its NUL.
const NAME: usize = 32;

/// `enum gpio_v2_line_attr_id`.
const ATTR_FLAGS: u32 = 1;
const ATTR_VALUES: u32 = 2;
const ATTR_DEBOUNCE: u32 = 3;
/// `GPIO_V2_LINE_NUM_ATTRS_MAX`.
const ATTRS_MAX: u32 = 10;

/// What is wanted of one line of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    /// See [`flag`].
    pub flags: u64,
    /// The value an output begins with: active or not.
    pub active: bool,
    /// Changes shorter than this many microseconds do not count; 0: all do.
    pub debounce_us: u32,
}

/// A `struct gpio_v2_line_request`, understood.
pub struct LineRequest {
    /// The lines, and what is wanted of each.
    pub lines: Vec<(u32, Wanted)>,
    /// Who asks.
    pub consumer: String,
    /// How many events are kept; 0: the kernel's choice.
    pub event_buffer: u32,
}

/// Reads a `struct gpio_v2_line_request`.
pub fn line_request(request: &Layout) -> Result<LineRequest, Errno> {
    let count = request.u32(560)?;
    if count == 0 || count > LINES_MAX || !request.is_zero(568..REQUEST_FD) {
        return Err(Errno::INVAL);
    }
    let wanted = line_config(request, 288, count)?;
    let offsets = (0..count as usize).map(|line| request.u32(4 * line));
    let offsets = offsets.collect::<Result<Vec<u32>, Errno>>()?;
    Ok(LineRequest {
        lines: offsets.into_iter().zip(wanted).collect(),
        consumer: request.text(256, NAME),
        event_buffer: request.u32(564)?,
    })
}

/// Reads a `struct gpio_v2_line_config` at an offset, for `count` lines. As the kernel does: of
/// several attributes for a line the first counts, and what cannot be is refused (`gpiolib-cdev.c`,
/// `gpio_v2_line_config_validate`).
pub fn line_config(config: &Layout, at: usize, count: u32) -> Result<Vec<Wanted>, Errno> {
    let attributes = config.u32(at + 8)?;
    if attributes > ATTRS_MAX || !config.is_zero(at + 12..at + 32) {
        return Err(Errno::INVAL);
    }
    let find = |kind: u32, line: u32| -> Result<Option<u64>, Errno> {
        for attribute in 0..attributes as usize {
            let place = at + 32 + 24 * attribute;
            let covers = config.u64(place + 16)? >> line & 1 == 1;
            if covers && config.u32(place)? == kind {
                return config.u64(place + 8).map(Some);
            }
        }
        Ok(None)
    };
    let plain = config.u64(at)?;
    (0..count)
        .map(|line| {
            let wanted = Wanted {
                flags: find(ATTR_FLAGS, line)?.unwrap_or(plain),
                active: find(ATTR_VALUES, line)?.is_some_and(|values| values >> line & 1 == 1),
                // The union's 32-bit member lies in its first half.
                debounce_us: find(ATTR_DEBOUNCE, line)?.map_or(0, low_half),
            };
            check(wanted.flags, wanted.debounce_us)?;
            Ok(wanted)
        })
        .collect()
}

fn low_half(union: u64) -> u32 {
    let [a, b, c, d, ..] = union.to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

fn check(flags: u64, debounce_us: u32) -> Result<(), Errno> {
    use flag::{
        BIASES, EDGES, EVENT_CLOCK_REALTIME, INPUT, KNOWN, OPEN_DRAIN, OPEN_SOURCE, OUTPUT,
    };
    let input = flags & INPUT != 0;
    let output = flags & OUTPUT != 0;
    let drive = flags & (OPEN_DRAIN | OPEN_SOURCE);
    let bias = flags & BIASES;
    let wrong = flags & !KNOWN != 0
        || (input && output)
        || (flags & (EDGES | EVENT_CLOCK_REALTIME) != 0 && !input)
        || (drive != 0 && !output)
        || drive == OPEN_DRAIN | OPEN_SOURCE
        || (bias != 0 && !input && !output)
        || bias.count_ones() > 1
        || (debounce_us != 0 && !input);
    if wrong { Err(Errno::INVAL) } else { Ok(()) }
}

/// A `struct gpiochip_info`.
#[must_use]
pub fn chip_info(name: &str, label: &str, lines: u32) -> Layout {
    let mut info = Layout::zeroed(CHIPINFO_BYTES);
    info.put(0, clipped(name));
    info.put(NAME, clipped(label));
    info.put(2 * NAME, &lines.to_ne_bytes());
    info
}

/// A `struct gpio_v2_line_info`.
#[must_use]
pub fn line_info(offset: u32, name: &str, consumer: &str, flags: u64, debounce_us: u32) -> Layout {
    let mut info = Layout::zeroed(INFO_BYTES);
    info.put(0, clipped(name));
    info.put(NAME, clipped(consumer));
    info.put(2 * NAME, &offset.to_ne_bytes());
    info.put(72, &flags.to_ne_bytes());
    if debounce_us != 0 {
        info.put(68, &1u32.to_ne_bytes());
        info.put(80, &ATTR_DEBOUNCE.to_ne_bytes());
        info.put(88, &debounce_us.to_ne_bytes());
    }
    info
}

/// The one line's number in a `struct gpio_v2_line_info`.
pub fn line_asked(info: &Layout) -> Result<u32, Errno> {
    if !info.is_zero(240..INFO_BYTES) {
        return Err(Errno::INVAL);
    }
    info.u32(2 * NAME)
}

fn clipped(text: &str) -> &[u8] {
    let bytes = text.as_bytes();
    bytes.get(..NAME - 1).unwrap_or(bytes)
}

/// A `struct gpio_v2_line_event`.
#[must_use]
pub fn event(ns: u64, active: bool, offset: u32, seqno: u32, line_seqno: u32) -> [u8; EVENT_BYTES] {
    /// `GPIO_V2_LINE_EVENT_RISING_EDGE` and `_FALLING_EDGE`: inactive to active, and back.
    const RISING: u32 = 1;
    const FALLING: u32 = 2;
    let kind = if active { RISING } else { FALLING };
    let mut bytes = [0; EVENT_BYTES];
    let fields = ns.to_ne_bytes().into_iter();
    let numbers = [kind, offset, seqno, line_seqno];
    let fields = fields.chain(numbers.into_iter().flat_map(u32::to_ne_bytes));
    for (place, byte) in bytes.iter_mut().zip(fields) {
        *place = byte;
    }
    bytes
}
