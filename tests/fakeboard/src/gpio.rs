//! The header's lines: who drives each, what level that makes, and who is told about it.

pub mod request;
pub mod uapi;

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;

use crate::layout::Layout;
use request::Request;
use uapi::flag;

/// All lines of the chip.
pub struct Lines {
    all: Vec<Line>,
    requests: BTreeMap<u64, Request>,
    /// Two sides drove a line to different levels, in words.
    pub fights: Vec<String>,
    /// Edges of wires that somebody watches.
    pub edges: u64,
    /// Events that found no room, of requests that have ended.
    lost: u64,
}

#[derive(Clone, Default)]
struct Line {
    /// What a finger or a wire makes of it.
    outside: Option<bool>,
    /// What the module that is plugged in makes of it.
    module: Option<bool>,
    /// Where a resistor of the module pulls it.
    resistor: Option<bool>,
    level: bool,
    /// A driver of the kernel holds it.
    consumer: Option<String>,
}

/// BCM2835 ARM Peripherals, 6.2, table 6-31: lines 0 to 8 are pulled up from power-on, 9 to 27 down.
fn pulled_at_power_on(offset: u32) -> bool {
    offset <= 8
}

impl Lines {
    /// So many lines, all of them open.
    #[must_use]
    pub fn new(count: u32) -> Self {
        let line = |offset| Line {
            level: pulled_at_power_on(offset),
            ..Line::default()
        };
        Self {
            all: (0..count).map(line).collect(),
            requests: BTreeMap::new(),
            fights: Vec::new(),
            edges: 0,
            lost: 0,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }

    /// The level on the wire.
    #[must_use]
    pub fn level(&self, offset: u32) -> bool {
        self.line(offset).is_some_and(|line| line.level)
    }

    /// The level the program drives, if it drives one.
    #[must_use]
    pub fn driven(&self, offset: u32) -> Option<bool> {
        self.held(offset).and_then(request::Held::driven)
    }

    /// The lines the program drives.
    #[must_use]
    pub fn outputs(&self) -> Vec<(u32, bool)> {
        let lines = self.requests.values().flat_map(|request| &request.lines);
        lines
            .filter_map(|held| Some((held.offset, held.driven()?)))
            .collect()
    }

    /// Lets a driver of the kernel hold a line, or lets it go.
    pub fn occupy(&mut self, offset: u32, consumer: Option<&str>) {
        if let Some(line) = self.line_mut(offset) {
            line.consumer = consumer.map(str::to_owned);
        }
    }

    /// Who holds a line.
    #[must_use]
    pub fn holder(&self, offset: u32) -> Option<String> {
        let line = self.line(offset)?;
        line.consumer.clone().or_else(|| {
            let requests = self.requests.values();
            let mut holding = requests.filter(|request| {
                let mut lines = request.lines.iter();
                lines.any(|held| held.offset == offset)
            });
            holding.next().map(|request| request.consumer.clone())
        })
    }

    /// A finger or a wire makes a line high or low, or lets go of it.
    pub fn set_outside(&mut self, offset: u32, level: Option<bool>, now: u64) {
        if let Some(line) = self.line_mut(offset) {
            line.outside = level;
        }
        self.update(offset, now);
    }

    /// The module makes a line high or low, or lets go of it.
    pub fn set_module(&mut self, offset: u32, level: Option<bool>, now: u64) {
        let changed = self
            .line_mut(offset)
            .is_some_and(|line| std::mem::replace(&mut line.module, level) != level);
        if changed {
            self.update(offset, now);
        }
    }

    /// The module has a resistor on a line. They are stronger than those of the chip.
    pub fn set_resistor(&mut self, offset: u32, high: bool) {
        if let Some(line) = self.line_mut(offset) {
            line.resistor = Some(high);
        }
        self.resolve(offset);
    }

    /// Works out a line's level, and tells an edge.
    fn update(&mut self, offset: u32, now: u64) {
        let Some(level) = self.resolve(offset) else {
            return;
        };
        for request in self.requests.values_mut() {
            if request.lines.iter().any(|held| held.offset == offset) {
                self.edges += 1;
                request.changed(offset, level, now);
            }
        }
    }

    /// Works out a line's level; `Some` if it changed.
    fn resolve(&mut self, offset: u32) -> Option<bool> {
        let held = self.held(offset).copied();
        let driven = held.and_then(|held| held.driven());
        let pulled = held.and_then(|held| held.pulled());
        let line = self.line(offset)?;
        let level = driven
            .or(line.module)
            .or(line.outside)
            .or(line.resistor)
            .or(pulled)
            .unwrap_or_else(|| pulled_at_power_on(offset));
        let mut others = [line.module, line.outside].into_iter().flatten();
        if others.any(|other| other != level) {
            let fight = format!("line {offset} is driven to both levels");
            if self.fights.last() != Some(&fight) {
                self.fights.push(fight);
            }
        }
        let before = std::mem::replace(&mut self.line_mut(offset)?.level, level);
        (before != level).then_some(level)
    }

    /// When the next debouncing ends.
    #[must_use]
    pub fn next_settling(&self) -> Option<u64> {
        let requests = self.requests.values();
        requests.filter_map(Request::next_settling).min()
    }

    /// Ends the debouncings that are due.
    pub fn settle(&mut self, now: u64) {
        let lines = &self.all;
        for request in self.requests.values_mut() {
            request.settle(now, |offset| {
                lines.get(offset as usize).is_some_and(|line| line.level)
            });
        }
    }

    /// The requests, by the inode of the program's end.
    pub fn requests(&mut self) -> impl Iterator<Item = (u64, &mut Request)> {
        self.requests.iter_mut().map(|(id, request)| (*id, request))
    }

    /// Events that found no room.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let requests = self.requests.values();
        self.lost + requests.map(|request| request.lost).sum::<u64>()
    }

    /// `GPIO_V2_GET_LINEINFO`.
    pub fn info(&self, asked: &Layout) -> Result<Layout, Errno> {
        let offset = uapi::line_asked(asked)?;
        self.line(offset).ok_or(Errno::INVAL)?;
        let name = format!("GPIO{offset}");
        let holder = self.holder(offset);
        let held = self.held(offset);
        let mut flags = held.map_or(flag::INPUT, |held| held.wanted.flags);
        if flags & (flag::INPUT | flag::OUTPUT) == 0 {
            flags |= flag::INPUT;
        }
        if holder.is_some() {
            flags |= flag::USED;
        }
        let debounce = held.map_or(0, |held| held.wanted.debounce_us);
        let consumer = holder.unwrap_or_default();
        Ok(uapi::line_info(offset, &name, &consumer, flags, debounce))
    }

    /// Whether these lines can be had.
    pub fn check(&self, request: &uapi::LineRequest) -> Result<(), Errno> {
        let mut seen = Vec::new();
        for (offset, _) in &request.lines {
            self.line(*offset).ok_or(Errno::INVAL)?;
            if self.holder(*offset).is_some() || seen.contains(offset) {
                return Err(Errno::BUSY);
            }
            seen.push(*offset);
        }
        Ok(())
    }

    /// `GPIO_V2_GET_LINE`, checked before.
    pub fn take(&mut self, id: u64, request: uapi::LineRequest, socket: Arc<OwnedFd>) {
        let request = Request::new(request, socket);
        let offsets: Vec<u32> = request.lines.iter().map(|held| held.offset).collect();
        self.requests.insert(id, request);
        self.begin(id, &offsets);
    }

    /// Levels under a new configuration: bias and drive act before anybody watches, and edges are
    /// counted from there.
    fn begin(&mut self, id: u64, offsets: &[u32]) {
        for offset in offsets {
            self.resolve(*offset);
            let level = self.level(*offset);
            if let Some(request) = self.requests.get_mut(&id) {
                request.begin(*offset, level);
            }
        }
    }

    /// The program closed a request.
    pub fn release(&mut self, id: u64, now: u64) {
        if let Some(request) = self.requests.remove(&id) {
            self.lost += request.lost;
            for held in request.lines {
                self.update(held.offset, now);
            }
        }
    }

    /// `GPIO_V2_LINE_SET_CONFIG`.
    pub fn configure(&mut self, id: u64, config: &Layout) -> Result<(), Errno> {
        let request = self.requests.get_mut(&id).ok_or(Errno::NODEV)?;
        // At most 64.
        let count = u32::try_from(request.lines.len()).map_err(|_| Errno::INVAL)?;
        let wanted = uapi::line_config(config, 0, count)?;
        for (held, wanted) in request.lines.iter_mut().zip(wanted) {
            // Lines without a direction stay as they are, as the kernel documents it.
            if wanted.flags & (flag::INPUT | flag::OUTPUT) != 0 {
                held.wanted = wanted;
            }
        }
        let offsets: Vec<u32> = request.lines.iter().map(|held| held.offset).collect();
        self.begin(id, &offsets);
        Ok(())
    }

    /// `GPIO_V2_LINE_GET_VALUES`.
    pub fn values(&self, id: u64, values: &Layout) -> Result<Layout, Errno> {
        let request = self.requests.get(&id).ok_or(Errno::NODEV)?;
        let mask = values.u64(8)?;
        let mut bits = 0u64;
        for (at, held) in request.lines.iter().enumerate() {
            let active = if held.is_output() {
                held.wanted.active
            } else {
                held.active()
            };
            bits |= u64::from(active) << at & mask;
        }
        if mask & low_bits(request.lines.len()) == 0 {
            return Err(Errno::INVAL);
        }
        let mut answer = Layout::zeroed(uapi::VALUES_BYTES);
        answer.put(0, &bits.to_ne_bytes());
        answer.put(8, &mask.to_ne_bytes());
        Ok(answer)
    }

    /// `GPIO_V2_LINE_SET_VALUES`. Returns which lines that drove.
    pub fn set_values(&mut self, id: u64, values: &Layout, now: u64) -> Result<Vec<u32>, Errno> {
        let request = self.requests.get_mut(&id).ok_or(Errno::NODEV)?;
        let (bits, mask) = (values.u64(0)?, values.u64(8)?);
        if mask & low_bits(request.lines.len()) == 0 {
            return Err(Errno::INVAL);
        }
        let mut set = Vec::new();
        for (at, held) in request.lines.iter_mut().enumerate() {
            if mask >> at & 1 == 1 {
                if !held.is_output() {
                    return Err(Errno::PERM);
                }
                held.wanted.active = bits >> at & 1 == 1;
                set.push(held.offset);
            }
        }
        for offset in &set {
            self.update(*offset, now);
        }
        Ok(set)
    }

    fn held(&self, offset: u32) -> Option<&request::Held> {
        let requests = self.requests.values();
        let mut lines = requests.flat_map(|request| &request.lines);
        lines.find(|held| held.offset == offset)
    }

    fn line(&self, offset: u32) -> Option<&Line> {
        self.all.get(offset as usize)
    }

    fn line_mut(&mut self, offset: u32) -> Option<&mut Line> {
        self.all.get_mut(offset as usize)
    }
}

fn low_bits(count: usize) -> u64 {
    if count >= 64 {
        u64::MAX
    } else {
        (1 << count) - 1
    }
}
