//! The thread that answers a program's calls, and ends debouncings in time.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{PoisonError, RwLock};

use pairbox_rig::trust::Swap;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use crate::answers::Answer;
use crate::board::{Board, now};
use crate::memory::Memory;
use crate::seccomp::{self, Call, DEVICE_FDS, LINE_FDS, Listener};
use crate::trust::swap_in_memory;

/// Numbers of descriptors that the kernel serves by itself.
const PLAIN_FDS: Range<i32> = 700..800;

/// A fork copies every descriptor until its exec, and a copy of one that was just handed out would keep
/// a line busy that its program has closed. So nothing is handed out while a program is started.
static FORK: RwLock<()> = RwLock::new(());

/// Why programs cannot be supervised here.
#[derive(Debug, thiserror::Error)]
#[error(
    "seccomp user notification is not available here ({0}): the kernel is older than 5.9, built without \
     it, or this process is supervised already"
)]
pub struct Unavailable(io::Error);

/// Whether programs can be supervised here at all.
pub fn available() -> Result<(), Unavailable> {
    let mut nothing = Command::new("/proc/self/exe");
    nothing.arg("--fakeboard-probe");
    let mut try_it = || -> io::Result<()> {
        let arrival = seccomp::arm(&mut nothing)?;
        let _alone = FORK.write().unwrap_or_else(PoisonError::into_inner);
        let mut child = nothing
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()?;
        let listener = arrival.listener();
        child.kill()?;
        child.wait()?;
        listener.map(drop)
    };
    try_it().map_err(Unavailable)
}

/// Starts a program on a board. With a `swap`, its pinned root of trust is exchanged before it has
/// opened its first file; a failure of that is among the board's complaints.
pub fn spawn(board: &Board, command: &mut Command, swap: Option<Swap>) -> io::Result<Child> {
    let arrival = seccomp::arm(command)?;
    let child = {
        let _alone = FORK.write().unwrap_or_else(PoisonError::into_inner);
        command.spawn()?
    };
    let supervisor = Supervisor {
        listener: arrival.listener()?,
        board: board.clone(),
        swap,
        next: 0,
    };
    let thread = std::thread::Builder::new().name("board".to_owned());
    // It ends with the program: its listener hangs up.
    thread.spawn(move || supervisor.run())?;
    Ok(child)
}

struct Supervisor {
    listener: Listener,
    board: Board,
    swap: Option<Swap>,
    /// Counts the descriptors that were given.
    next: i32,
}

impl Supervisor {
    fn run(mut self) {
        if let Err(error) = self.serve() {
            let complaint = format!("the board stopped: {error}");
            self.board.with(|state| state.complaints.push(complaint));
        }
    }

    fn serve(&mut self) -> io::Result<()> {
        loop {
            let (ready, ended) = self.wait()?;
            self.board.with(|state| {
                let now = now();
                state.lines.settle(now);
                state.reap(now);
                for (_, request) in state.lines.requests() {
                    request.flush();
                }
            });
            if ready && let Some(call) = self.listener.receive()? {
                self.reply(&call)?;
            } else if ended {
                return Ok(());
            }
        }
    }

    /// Waits for a call, a finished debouncing, room in a queue, or the end: whether a call is there,
    /// and whether the program has ended.
    fn wait(&self) -> io::Result<(bool, bool)> {
        let (sockets, due) = self.board.look(|state| {
            let waiting: Vec<u64> = state
                .lines
                .requests()
                .filter(|(_, request)| request.is_waiting())
                .map(|(id, _)| id)
                .collect();
            let sockets: Vec<_> = state
                .handles
                .iter()
                .map(|(id, handle)| (waiting.contains(id), handle.socket.clone()))
                .collect();
            (sockets, state.lines.next_settling())
        });
        let timeout = due.map(|due| {
            let left = due.saturating_sub(now());
            Timespec {
                tv_sec: (left / 1_000_000_000).cast_signed(),
                tv_nsec: (left % 1_000_000_000).cast_signed(),
            }
        });
        let mut polls = vec![
            PollFd::new(&self.listener, PollFlags::IN),
            PollFd::new(self.board.wake(), PollFlags::IN),
        ];
        polls.extend(sockets.iter().map(|(waiting, socket)| {
            let flags = if *waiting {
                PollFlags::OUT
            } else {
                PollFlags::empty()
            };
            PollFd::new(socket, flags)
        }));
        match rustix::event::poll(&mut polls, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let listener = polls[0].revents();
        if polls[1].revents().contains(PollFlags::IN) {
            // Only to clear it.
            let _ = rustix::io::read(self.board.wake(), &mut [0; 8]);
        }
        Ok((
            listener.contains(PollFlags::IN),
            listener.intersects(PollFlags::HUP | PollFlags::ERR),
        ))
    }

    fn reply(&mut self, call: &Call) -> io::Result<()> {
        if let Some(swap) = self.swap.take()
            && let Err(error) = swap_in_memory(&swap, call.thread)
        {
            let complaint = format!("trust: {error}");
            self.board.with(|state| state.complaints.push(complaint));
        }
        let _no_fork = FORK.read().unwrap_or_else(PoisonError::into_inner);
        let answer = Memory::of(call.thread).and_then(|memory| {
            self.board.with(|state| match call.number {
                libc::SYS_ioctl | libc::SYS_read | libc::SYS_write | libc::SYS_fstat => {
                    state.device_call(call, &memory)
                }
                _ => state.path_call(call, &memory),
            })
        });
        match answer {
            // Nobody is there any more, or a pointer was wrong: the kernel knows what to say.
            Err(Errno::SRCH | Errno::FAULT) | Ok(Answer::Pass) => self.listener.pass(call),
            Err(errno) => self.listener.refuse(call, errno),
            Ok(Answer::Value(value)) => self.listener.answer(call, value),
            Ok(Answer::Device {
                file,
                close_on_exec,
            }) => {
                let at = self.free_number(call, DEVICE_FDS);
                self.listener.give(call, &file, at, close_on_exec, true)
            }
            Ok(Answer::Plain {
                file,
                close_on_exec,
            }) => {
                let at = self.free_number(call, PLAIN_FDS);
                self.listener.give(call, &file, at, close_on_exec, true)
            }
            Ok(Answer::Lines { file, place }) => {
                let at = self.free_number(call, LINE_FDS);
                self.listener.give(call, &file, at, true, false)?;
                // Before the program can close its own: the last one gone is what we are told.
                drop(file);
                let written = Memory::of(call.thread)
                    .and_then(|memory| memory.write(place, &at.to_ne_bytes()));
                match written {
                    Ok(()) => self.listener.answer(call, 0),
                    Err(errno) => self.listener.refuse(call, errno),
                }
            }
        }
    }

    /// A number of that range which the program does not use. Fresh ones first: a program that uses a
    /// closed descriptor shall hear `EBADF`, not talk to another device.
    fn free_number(&mut self, call: &Call, range: Range<i32>) -> i32 {
        let count = range.end - range.start;
        for _ in 0..count {
            let number = range.start + self.next.rem_euclid(count);
            self.next = self.next.wrapping_add(1);
            let used = format!("/proc/{}/fd/{number}", call.thread);
            if Path::new(&used).symlink_metadata().is_err() {
                return number;
            }
        }
        // A hundred devices open at once: the first is closed for the newest, as dup2 does.
        range.start
    }
}
