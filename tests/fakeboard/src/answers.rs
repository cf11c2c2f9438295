//! What is said to calls that name a file, and to reads, writes and ioctls on a device.

use std::fs;
use std::mem::offset_of;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{MemfdFlags, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use crate::board::{Handle, HandleKind, State, now};
use crate::gpio::uapi;
use crate::layout::Layout;
use crate::memory::Memory;
use crate::seccomp::Call;

/// What to do with a call.
pub(crate) enum Answer {
    /// Nothing of ours: the kernel does it.
    Pass,
    /// This is the result.
    Value(i64),
    /// The result is a new descriptor of a device.
    Device { file: OwnedFd, close_on_exec: bool },
    /// The result is a new descriptor that the kernel serves by itself.
    Plain { file: OwnedFd, close_on_exec: bool },
    /// A new descriptor goes into the struct at `place`, and the result is 0.
    Lines { file: OwnedFd, place: u64 },
}

/// What a path means here.
enum Place {
    /// None of ours.
    Foreign,
    /// Ours, and not there.
    Absent,
    I2c,
    Spi,
    Chip,
    Watchdog,
    /// `/dev` itself.
    Folder,
    File(Vec<u8>),
}

/// Names that belong to the board, whether it has them or not: nothing of the machine that runs the
/// test may show through.
const OURS: [&str; 8] = [
    "/dev/i2c-",
    "/dev/spidev",
    "/dev/gpiochip",
    "/dev/gpiomem",
    "/dev/mem",
    "/proc/device-tree/",
    "/sys/firmware/devicetree/",
    "/sys/class/gpio/",
];

/// `AT_EMPTY_PATH`: the call is about the descriptor.
const EMPTY_PATH: u64 = 0x1000;

impl State {
    fn find(&self, path: &str) -> Place {
        let at = Path::new(path);
        if self.gone.contains(at) {
            Place::Absent
        } else if let Some(contents) = self.plan.files.get(at) {
            Place::File(contents.clone())
        } else if at == self.plan.i2c {
            Place::I2c
        } else if at == self.plan.spi {
            Place::Spi
        } else if at == self.plan.chip {
            Place::Chip
        } else if path == "/dev" || path == "/dev/" {
            Place::Folder
        } else if path.starts_with("/dev/watchdog") {
            Place::Watchdog
        } else if OURS.iter().any(|prefix| path.starts_with(prefix)) {
            Place::Absent
        } else {
            Place::Foreign
        }
    }

    /// Answers a call that names a file.
    pub(crate) fn path_call(&mut self, call: &Call, memory: &Memory) -> Result<Answer, Errno> {
        let [first, second, third, fourth, fifth, _] = call.arguments;
        match call.number {
            libc::SYS_openat => self.open(second, third, memory),
            libc::SYS_openat2 => {
                // `struct open_how` begins with the flags.
                let flags = Layout::of(memory.read(third, 8)?).u64(0)?;
                self.open(second, flags, memory)
            }
            libc::SYS_newfstatat if fourth & EMPTY_PATH != 0 && is_empty(second, memory) => {
                self.fstat(call, first, third, memory)
            }
            libc::SYS_newfstatat => self.stat(second, third, memory),
            libc::SYS_statx if third & EMPTY_PATH != 0 && is_empty(second, memory) => {
                match self.handle(call.thread, first) {
                    Some(_) => statx(fifth, memory, &Place::Chip),
                    None => Ok(Answer::Pass),
                }
            }
            libc::SYS_statx => match self.at(second, memory)? {
                Place::Foreign | Place::Folder => Ok(Answer::Pass),
                Place::Absent => Err(Errno::NOENT),
                place => statx(fifth, memory, &place),
            },
            libc::SYS_faccessat | libc::SYS_faccessat2 => self.access(second, memory),
            libc::SYS_readlinkat => self.read_link(second, memory),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open => self.open(first, second, memory),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_stat | libc::SYS_lstat => self.stat(first, second, memory),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_access => self.access(first, memory),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_readlink => self.read_link(first, memory),
            _ => Ok(Answer::Pass),
        }
    }

    /// Answers `read`, `write`, `fstat` and `ioctl`, if they are about a device.
    pub(crate) fn device_call(&mut self, call: &Call, memory: &Memory) -> Result<Answer, Errno> {
        let [fd, b, c, ..] = call.arguments;
        let Some(id) = self.handle(call.thread, fd) else {
            return Ok(Answer::Pass);
        };
        if call.number == libc::SYS_fstat {
            return self.fstat(call, fd, b, memory);
        }
        let Some(handle) = self.handles.get(&id) else {
            return Ok(Answer::Pass);
        };
        let mut kind = handle.kind;
        let outcome = match call.number {
            libc::SYS_ioctl => {
                // The request is an `unsigned int` in the kernel; callers may have signed it.
                let request = low_half(b);
                match &mut kind {
                    HandleKind::Dead => Err(Errno::NODEV),
                    HandleKind::Chip => return self.chip_ioctl(request, c, memory),
                    HandleKind::I2c { address } => self.i2c_ioctl(address, request, c, memory),
                    HandleKind::Spi(settings) => self.spi_ioctl(settings, request, c, memory),
                    HandleKind::Lines => self.lines_ioctl(id, request, c, memory),
                }
                .inspect_err(|error| {
                    if *error == Errno::NOTTY {
                        self.complaints
                            .push(format!("unknown ioctl {request:#010x}"));
                    }
                })
            }
            libc::SYS_read => self.read(kind, b, c, memory),
            libc::SYS_write => self.write(kind, b, c, memory),
            _ => return Ok(Answer::Pass),
        };
        if let Some(handle) = self.handles.get_mut(&id) {
            handle.kind = kind;
        }
        outcome.map(Answer::Value)
    }

    /// Which device a descriptor is, by the inode of the socket behind it.
    fn handle(&self, thread: u32, fd: u64) -> Option<u64> {
        let fd = i32::try_from(fd).ok()?;
        let link = fs::read_link(format!("/proc/{thread}/fd/{fd}")).ok()?;
        let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        let inode = inode.parse().ok()?;
        self.handles.contains_key(&inode).then_some(inode)
    }

    fn at(&self, path: u64, memory: &Memory) -> Result<Place, Errno> {
        let path = memory.text(path)?;
        Ok(path.map_or(Place::Foreign, |path| self.find(&path)))
    }

    fn open(&mut self, path: u64, flags: u64, memory: &Memory) -> Result<Answer, Errno> {
        let close_on_exec = flags & u64::from(libc::O_CLOEXEC.cast_unsigned()) != 0;
        let kind = match self.at(path, memory)? {
            Place::Foreign => return Ok(Answer::Pass),
            Place::Absent => return Err(Errno::NOENT),
            Place::Watchdog => {
                // systemd has it.
                self.watchdog_opens += 1;
                return Err(Errno::BUSY);
            }
            Place::Folder => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let file = rustix::fs::open(self.stage.path(), flags, Mode::empty())?;
                return Ok(Answer::Plain {
                    file,
                    close_on_exec,
                });
            }
            Place::File(contents) => {
                let file = rustix::fs::memfd_create("board", MemfdFlags::CLOEXEC)?;
                rustix::io::pwrite(&file, &contents, 0)?;
                return Ok(Answer::Plain {
                    file,
                    close_on_exec,
                });
            }
            Place::I2c => HandleKind::I2c { address: 0 },
            Place::Spi => HandleKind::Spi(self.spi_settings),
            Place::Chip => HandleKind::Chip,
        };
        let (file, _) = self.hand_out(kind)?;
        Ok(Answer::Device {
            file,
            close_on_exec,
        })
    }

    /// A new socket pair: the program's end, and the inode by which it is known.
    fn hand_out(&mut self, kind: HandleKind) -> Result<(OwnedFd, u64), Errno> {
        self.reap(now());
        let (ours, theirs) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )?;
        // The least the kernel gives: what does not fit waits here, where the oldest can be let go.
        rustix::net::sockopt::set_socket_send_buffer_size(&ours, 0)?;
        let id = rustix::fs::fstat(&theirs)?.st_ino;
        let socket = Arc::new(ours);
        self.handles.insert(id, Handle { kind, socket });
        Ok((theirs, id))
    }

    fn chip_ioctl(&mut self, request: u32, at: u64, memory: &Memory) -> Result<Answer, Errno> {
        match request {
            uapi::GET_CHIPINFO => {
                let name = self.plan.chip.file_name().unwrap_or_default();
                let name = name.to_string_lossy();
                let info = uapi::chip_info(&name, &self.plan.label, self.plan.lines);
                memory.write(at, info.bytes())?;
                Ok(Answer::Value(0))
            }
            uapi::GET_LINEINFO => {
                self.reap(now());
                let asked = Layout::of(memory.read(at, uapi::INFO_BYTES)?);
                memory.write(at, self.lines.info(&asked)?.bytes())?;
                Ok(Answer::Value(0))
            }
            uapi::GET_LINE => {
                self.reap(now());
                let asked = Layout::of(memory.read(at, uapi::REQUEST_BYTES)?);
                let request = uapi::line_request(&asked)?;
                self.lines.check(&request)?;
                let (file, id) = self.hand_out(HandleKind::Lines)?;
                if let Some(handle) = self.handles.get(&id) {
                    self.lines.take(id, request, Arc::clone(&handle.socket));
                }
                let place = at + uapi::REQUEST_FD as u64;
                Ok(Answer::Lines { file, place })
            }
            _ => {
                let complaint = format!("unknown ioctl {request:#010x} on the chip");
                self.complaints.push(complaint);
                Err(Errno::NOTTY)
            }
        }
    }

    fn lines_ioctl(
        &mut self,
        id: u64,
        request: u32,
        at: u64,
        memory: &Memory,
    ) -> Result<i64, Errno> {
        let given = |bytes| memory.read(at, bytes).map(Layout::of);
        match request {
            uapi::GET_VALUES => {
                let values = self.lines.values(id, &given(uapi::VALUES_BYTES)?)?;
                memory.write(at, values.bytes())?;
            }
            uapi::SET_VALUES => {
                let values = given(uapi::VALUES_BYTES)?;
                self.lines.set_values(id, &values, now())?;
            }
            uapi::SET_CONFIG => self.lines.configure(id, &given(uapi::CONFIG_BYTES)?)?,
            _ => return Err(Errno::NOTTY),
        }
        Ok(0)
    }

    fn read(&mut self, kind: HandleKind, at: u64, n: u64, memory: &Memory) -> Result<i64, Errno> {
        let length = usize::try_from(n).map_err(|_| Errno::INVAL)?;
        let bytes = match kind {
            HandleKind::I2c { address } => {
                let length = length.min(8192);
                let mut answers = self.i2c(address, vec![crate::i2c::Message::Read(length)])?;
                answers.pop().unwrap_or_default()
            }
            HandleKind::Spi(_) if length > crate::spi::MESSAGE_MAX => return Err(Errno::MSGSIZE),
            HandleKind::Spi(_) => vec![0; length],
            HandleKind::Chip | HandleKind::Lines => return Err(Errno::AGAIN),
            HandleKind::Dead => return Err(Errno::NODEV),
        };
        memory.write(at, &bytes)?;
        i64::try_from(bytes.len()).map_err(|_| Errno::INVAL)
    }

    fn write(&mut self, kind: HandleKind, at: u64, n: u64, memory: &Memory) -> Result<i64, Errno> {
        let length = usize::try_from(n).map_err(|_| Errno::INVAL)?;
        let sent = match kind {
            HandleKind::I2c { address } => {
                let bytes = memory.read(at, length.min(8192))?;
                let sent = bytes.len();
                self.i2c(address, vec![crate::i2c::Message::Write(bytes)])?;
                sent
            }
            HandleKind::Spi(_) if length > crate::spi::MESSAGE_MAX => return Err(Errno::MSGSIZE),
            HandleKind::Spi(_) => {
                self.spi(&memory.read(at, length)?)?;
                length
            }
            HandleKind::Chip | HandleKind::Lines => return Err(Errno::INVAL),
            HandleKind::Dead => return Err(Errno::NODEV),
        };
        i64::try_from(sent).map_err(|_| Errno::INVAL)
    }

    fn stat(&self, path: u64, into: u64, memory: &Memory) -> Result<Answer, Errno> {
        match self.at(path, memory)? {
            Place::Foreign | Place::Folder => Ok(Answer::Pass),
            Place::Absent => Err(Errno::NOENT),
            place => stat(into, memory, &place),
        }
    }

    fn fstat(&self, call: &Call, fd: u64, into: u64, memory: &Memory) -> Result<Answer, Errno> {
        match self.handle(call.thread, fd) {
            Some(_) => stat(into, memory, &Place::Chip),
            None => Ok(Answer::Pass),
        }
    }

    fn access(&self, path: u64, memory: &Memory) -> Result<Answer, Errno> {
        match self.at(path, memory)? {
            Place::Foreign | Place::Folder => Ok(Answer::Pass),
            Place::Absent => Err(Errno::NOENT),
            _ => Ok(Answer::Value(0)),
        }
    }

    fn read_link(&self, path: u64, memory: &Memory) -> Result<Answer, Errno> {
        match self.at(path, memory)? {
            Place::Foreign | Place::Folder => Ok(Answer::Pass),
            Place::Absent => Err(Errno::NOENT),
            // No symbolic link.
            _ => Err(Errno::INVAL),
        }
    }
}

fn is_empty(path: u64, memory: &Memory) -> bool {
    path == 0 || matches!(memory.read(path, 1).as_deref(), Ok([0]))
}

fn low_half(number: u64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Kind and rights, size, and major device number (linux/i2c-dev.h: 89; spidev.c: 153; gpio: given by
/// the kernel, 254 on a Pi).
fn nature(place: &Place) -> (u32, u64, u32) {
    match place {
        Place::File(contents) => (libc::S_IFREG | 0o444, contents.len() as u64, 0),
        Place::I2c => (libc::S_IFCHR | 0o660, 0, 89),
        Place::Spi => (libc::S_IFCHR | 0o660, 0, 153),
        _ => (libc::S_IFCHR | 0o660, 0, 254),
    }
}

fn stat(into: u64, memory: &Memory, place: &Place) -> Result<Answer, Errno> {
    let (mode, size, major) = nature(place);
    let mut stat = Layout::zeroed(size_of::<libc::stat>());
    let device = libc::makedev(major, 0);
    stat.put(offset_of!(libc::stat, st_mode), &mode.to_ne_bytes());
    stat.put(offset_of!(libc::stat, st_nlink), &[1]);
    stat.put(offset_of!(libc::stat, st_size), &size.to_ne_bytes());
    stat.put(offset_of!(libc::stat, st_rdev), &device.to_ne_bytes());
    memory.write(into, stat.bytes())?;
    Ok(Answer::Value(0))
}

fn statx(into: u64, memory: &Memory, place: &Place) -> Result<Answer, Errno> {
    let (mode, size, major) = nature(place);
    let mut stat = Layout::zeroed(size_of::<libc::statx>());
    stat.put(
        offset_of!(libc::statx, stx_mask),
        &libc::STATX_BASIC_STATS.to_ne_bytes(),
    );
    // 16 bits there.
    let [a, b, ..] = mode.to_ne_bytes();
    stat.put(offset_of!(libc::statx, stx_mode), &[a, b]);
    stat.put(offset_of!(libc::statx, stx_nlink), &1u32.to_ne_bytes());
    stat.put(offset_of!(libc::statx, stx_size), &size.to_ne_bytes());
    stat.put(
        offset_of!(libc::statx, stx_rdev_major),
        &major.to_ne_bytes(),
    );
    memory.write(into, stat.bytes())?;
    Ok(Answer::Value(0))
}
