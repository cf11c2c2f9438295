//! A disk in memory: a redb backend that can log every operation, hold up a sync, and fail like a
//! card does.
//!
//! All clones share their bytes, so a store can be closed and opened again on the same disk, and so
//! can a crash image of it.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use redb::StorageBackend;

/// One operation of the database on its disk, or a note of the test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// Bytes written at an offset; volatile until the next sync.
    Write(u64, Vec<u8>),
    /// The length changed; volatile until the next sync.
    SetLen(u64),
    /// Everything before is safe.
    Sync,
    /// The test sent its requests up to this number.
    Issued(usize),
    /// The store acknowledged the request of this number.
    Acked(usize),
}

/// How the disk fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// No room: this many writes succeed first.
    Full(u32),
    /// Syncs fail, and lose what they should have made safe.
    Sync,
    /// Reads fail.
    Read,
}

/// Whether syncs go through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Gate {
    #[default]
    Open,
    /// The next sync waits.
    Closed,
    /// A sync waits.
    Waiting,
}

#[derive(Debug, Default)]
struct State {
    live: Vec<u8>,
    synced: Vec<u8>,
    log: Option<Vec<Op>>,
    fault: Option<Fault>,
    gate: Gate,
}

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    gate_moved: Condvar,
}

/// The disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Inner>);

/// How long a test waits for what must happen at once.
const DEADLINE: Duration = Duration::from_secs(30);

impl Disk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk that holds these bytes, safely.
    pub fn of(bytes: Vec<u8>) -> Self {
        let disk = Self::new();
        disk.state().live = bytes;
        disk
    }

    /// From now on every operation is logged.
    pub fn record(&self) {
        self.state().log = Some(Vec::new());
    }

    /// The operations logged so far; the log goes on.
    pub fn log(&self) -> Vec<Op> {
        self.state().log.clone().unwrap_or_default()
    }

    /// Puts a note of the test into the log.
    pub fn note(&self, note: Op) {
        self.state().note(|| note);
    }

    /// From now on the disk fails (or works again).
    pub fn fail(&self, fault: Option<Fault>) {
        let state = &mut *self.state();
        if fault == Some(Fault::Sync) {
            state.synced.clone_from(&state.live);
        }
        state.fault = fault;
    }

    /// Makes the next sync wait for [`Disk::open_gate`].
    pub fn close_gate(&self) {
        self.state().gate = Gate::Closed;
    }

    /// Waits until a sync waits at the gate.
    pub fn wait_for_sync(&self) {
        let state = self.state();
        let (_state, late) = self
            .0
            .gate_moved
            .wait_timeout_while(state, DEADLINE, |state| state.gate == Gate::Closed)
            .unwrap();
        assert!(!late.timed_out(), "no sync came");
    }

    /// Lets syncs through again.
    pub fn open_gate(&self) {
        self.state().gate = Gate::Open;
        self.0.gate_moved.notify_all();
    }

    /// The bytes as they are.
    pub fn bytes(&self) -> Vec<u8> {
        self.state().live.clone()
    }

    /// Changes the bytes behind the database's back.
    pub fn tamper(&self, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.state().live);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }
}

impl State {
    fn note(&mut self, op: impl FnOnce() -> Op) {
        if let Some(log) = &mut self.log {
            log.push(op());
        }
    }

    fn take_room(&mut self) -> io::Result<()> {
        match &mut self.fault {
            Some(Fault::Full(0)) => Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Full(left)) => {
                *left -= 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Applies a write to an image of the disk; a write past the end extends it.
pub fn write_at(image: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let start = usize::try_from(offset).unwrap();
    let end = start + data.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[start..end].copy_from_slice(data);
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().live.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if state.fault == Some(Fault::Read) {
            return Err(io::Error::other("the card does not answer"));
        }
        let start = usize::try_from(offset).unwrap();
        let bytes = state
            .live
            .get(start..start + out.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.take_room()?;
        state.live.resize(usize::try_from(len).unwrap(), 0);
        state.note(|| Op::SetLen(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        if state.gate == Gate::Closed {
            state.gate = Gate::Waiting;
            self.0.gate_moved.notify_all();
        }
        let (mut state, late) = self
            .0
            .gate_moved
            .wait_timeout_while(state, DEADLINE, |state| state.gate == Gate::Waiting)
            .unwrap();
        assert!(!late.timed_out(), "the test never opened the gate");
        if state.fault == Some(Fault::Sync) {
            let state = &mut *state;
            state.live.clone_from(&state.synced);
            return Err(io::Error::other("the card lost the data"));
        }
        state.note(|| Op::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.take_room()?;
        write_at(&mut state.live, offset, data);
        state.note(|| Op::Write(offset, data.to_vec()));
        Ok(())
    }
}
