//! The kernel's side: the filter, and the descriptor its notifications come from. The only place of the
//! tree that may say `unsafe`; everything it hands out is safe to use.
//!
//! See seccomp(2), `seccomp_unotify(2)`. What is let through is let through by the kernel without a
//! word; what is asked about waits until it is answered.
#![allow(
    unsafe_code,
    reason = "seccomp notification has no safe interface in any maintained crate"
)]

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

/// Numbers of descriptors on which `read` and `write` are asked about. Descriptors of devices are put
/// there; a program would have to hold 800 files open to get there by itself.
pub const DEVICE_FDS: Range<i32> = 800..900;

/// Numbers of descriptors of line requests. Their `read` is the kernel's own business.
pub const LINE_FDS: Range<i32> = 900..1000;

/// The letters of the ioctl numbers that are asked about: `i2c-dev` (0x07), `gpio` (0xB4), spidev ('k').
const MAGIC: [u32; 3] = [0x07, 0xb4, 0x6b];

/// Calls that name a file.
const PATHS: &[i64] = &[
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
];

/// `AUDIT_ARCH_*` of linux/audit.h: calls of another architecture are let through.
#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xc000_00b7;

// `struct seccomp_data`: nr, arch, instruction pointer, six arguments of 8 bytes. Little-endian.
const AT_NR: u32 = 0;
const AT_ARCH: u32 = 4;
const AT_FD: u32 = 16;
const AT_REQUEST: u32 = 24;

// The kernel's header has 16-bit codes; libc gives them as wider constants.
const LOAD: u16 = code(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS);
const SHIFT: u16 = code(libc::BPF_ALU | libc::BPF_RSH | libc::BPF_K);
const MASK: u16 = code(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K);
const EQUAL: u16 = code(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K);
const AT_LEAST: u16 = code(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K);
const RETURN: u16 = code(libc::BPF_RET | libc::BPF_K);

#[allow(
    clippy::cast_possible_truncation,
    reason = "every code of linux/bpf_common.h is below 256"
)]
const fn code(bits: u32) -> u16 {
    bits as u16
}

fn op(code: u16, k: u32) -> libc::sock_filter {
    jump(code, k, 0, 0)
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter { code, jt, jf, k }
}

/// Calls are numbered from 0; the kernel compares 32 bits.
fn number(call: i64) -> u32 {
    u32::try_from(call).unwrap_or(u32::MAX)
}

fn filter() -> Vec<libc::sock_filter> {
    let ask = || op(RETURN, libc::SECCOMP_RET_USER_NOTIF);
    let allow = || op(RETURN, libc::SECCOMP_RET_ALLOW);
    let mut program = vec![
        op(LOAD, AT_ARCH),
        jump(EQUAL, ARCH, 1, 0),
        allow(),
        op(LOAD, AT_NR),
    ];
    for call in PATHS {
        program.extend([jump(EQUAL, number(*call), 0, 1), ask()]);
    }
    // read, write, fstat: only on descriptors of devices. Each block is left out in one jump.
    let (first, end) = (
        DEVICE_FDS.start.cast_unsigned(),
        DEVICE_FDS.end.cast_unsigned(),
    );
    for call in [libc::SYS_read, libc::SYS_write, libc::SYS_fstat] {
        program.extend([
            jump(EQUAL, number(call), 0, 5),
            op(LOAD, AT_FD),
            jump(AT_LEAST, first, 0, 2),
            jump(AT_LEAST, end, 1, 0),
            ask(),
            allow(),
        ]);
    }
    program.extend([
        jump(EQUAL, number(libc::SYS_ioctl), 1, 0),
        allow(),
        op(LOAD, AT_REQUEST),
        op(SHIFT, 8),
        op(MASK, 0xff),
    ]);
    for letter in MAGIC {
        program.extend([jump(EQUAL, letter, 0, 1), ask()]);
    }
    program.push(allow());
    program
}

/// A call of the program that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The kernel's name for it.
    id: u64,
    /// The thread that waits.
    pub thread: u32,
    /// The number of the system call.
    pub number: i64,
    /// Its arguments.
    pub arguments: [u64; 6],
}

/// Where calls come from and answers go to.
pub struct Listener(OwnedFd);

impl AsFd for Listener {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Listener {
    /// The next call, once `poll` says that there is one. `None`: it was interrupted meanwhile.
    pub fn receive(&self) -> io::Result<Option<Call>> {
        let mut call = MaybeUninit::<libc::seccomp_notif>::zeroed();
        // SAFETY: the kernel reads and writes one `seccomp_notif` at the address, which must be zeroed
        // and is; all-zero is a valid value of that plain struct, whatever the kernel then wrote too.
        let call = unsafe {
            ioctl(&self.0, libc::SECCOMP_IOCTL_NOTIF_RECV, call.as_mut_ptr())
                .map(|_| call.assume_init())
        };
        match call {
            Ok(call) => Ok(Some(Call {
                id: call.id,
                thread: call.pid,
                number: call.data.nr.into(),
                arguments: call.data.args,
            })),
            Err(error) if gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lets the kernel do what was asked for.
    pub fn pass(&self, call: &Call) -> io::Result<()> {
        /// `SECCOMP_USER_NOTIF_FLAG_CONTINUE`, as wide as the field it goes into.
        const CONTINUE: u32 = 1;
        self.send(call, 0, 0, CONTINUE)
    }

    /// Answers with a value.
    pub fn answer(&self, call: &Call, value: i64) -> io::Result<()> {
        self.send(call, value, 0, 0)
    }

    /// Answers with an error.
    pub fn refuse(&self, call: &Call, errno: rustix::io::Errno) -> io::Result<()> {
        self.send(call, 0, -errno.raw_os_error(), 0)
    }

    fn send(&self, call: &Call, val: i64, error: i32, flags: u32) -> io::Result<()> {
        let mut answer = libc::seccomp_notif_resp {
            id: call.id,
            val,
            error,
            flags,
        };
        // SAFETY: the kernel reads one `seccomp_notif_resp` at the address of a live local.
        let sent = unsafe { ioctl(&self.0, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut answer) };
        match sent {
            Err(error) if !gone(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Gives the program a copy of `file` under the number `at`; with `and_answer` that number is the
    /// answer to the call, in one step.
    pub fn give(
        &self,
        call: &Call,
        file: &OwnedFd,
        at: i32,
        close_on_exec: bool,
        and_answer: bool,
    ) -> io::Result<()> {
        /// `SECCOMP_ADDFD_FLAG_SETFD` and `_SEND`, as wide as the field they go into.
        const SETFD: u32 = 1;
        const SEND: u32 = 2;
        let mut order = libc::seccomp_notif_addfd {
            id: call.id,
            flags: SETFD | if and_answer { SEND } else { 0 },
            srcfd: file.as_raw_fd().cast_unsigned(),
            newfd: at.cast_unsigned(),
            newfd_flags: if close_on_exec {
                libc::O_CLOEXEC.cast_unsigned()
            } else {
                0
            },
        };
        // SAFETY: the kernel reads one `seccomp_notif_addfd` at the address of a live local; the
        // descriptor in it is open as long as `file` is borrowed.
        let given = unsafe { ioctl(&self.0, libc::SECCOMP_IOCTL_NOTIF_ADDFD, &raw mut order) };
        match given {
            Err(error) if !gone(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// The caller was killed or interrupted: nobody waits for this answer any more.
fn gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINTR))
}

/// # Safety
/// `argument` must point to what the kernel expects for `request`.
unsafe fn ioctl<T>(fd: &OwnedFd, request: libc::Ioctl, argument: *mut T) -> io::Result<i32> {
    // SAFETY: promised by the caller.
    match unsafe { libc::ioctl(fd.as_raw_fd(), request, argument) } {
        -1 => Err(io::Error::last_os_error()),
        value => Ok(value),
    }
}

/// The end at which the listener arrives once the program runs.
pub struct Arrival(OwnedFd);

impl Arrival {
    /// The listener of a program that was spawned.
    pub fn listener(self) -> io::Result<Listener> {
        let mut byte = [0];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        rustix::net::recvmsg(
            &self.0,
            &mut [IoSliceMut::new(&mut byte)],
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        )?;
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(mut files) = message
                && let Some(listener) = files.next()
            {
                return Ok(Listener(listener));
            }
        }
        Err(io::Error::other("the program sent no listener"))
    }
}

/// Prepares a command so that its program is asked about, from its first instruction on.
///
/// Spawning fails where the kernel has no seccomp notification, or where this process is asked about by
/// somebody else already (one listener is all a process can have).
pub fn arm(command: &mut Command) -> io::Result<Arrival> {
    let (ours, theirs) = rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let program = filter();
    let files_needed = u64::try_from(LINE_FDS.end).unwrap_or(u64::MAX);
    let step = move || {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let files = getrlimit(Resource::Nofile);
        if files.current.is_some_and(|current| current < files_needed) {
            setrlimit(
                Resource::Nofile,
                Rlimit {
                    current: Some(files_needed),
                    maximum: files.maximum,
                },
            )?;
        }
        rustix::thread::set_no_new_privs(true)?;
        let listener = install(&program)?;
        let descriptors = [listener.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
        rustix::net::sendmsg(
            &theirs,
            &[IoSlice::new(b"l")],
            &mut ancillary,
            SendFlags::empty(),
        )?;
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock. None of them is
    // one that the filter asks about, which nobody would answer yet.
    unsafe {
        command.pre_exec(step);
    }
    Ok(Arrival(ours))
}

fn install(program: &[libc::sock_filter]) -> io::Result<OwnedFd> {
    let program = libc::sock_fprog {
        // Some sixty instructions.
        len: u16::try_from(program.len()).unwrap_or(u16::MAX),
        filter: program.as_ptr().cast_mut(),
    };
    // Waiting callers can only be killed once their call was received (5.19): a signal would otherwise
    // have it made, and answered, twice. Older kernels do without.
    let killable = libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    let mut last = io::Error::other("not tried");
    for flags in [killable, 0] {
        // SAFETY: the program is valid for the length that is given with it; the kernel only reads it.
        let listener = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::c_ulong::from(libc::SECCOMP_SET_MODE_FILTER),
                flags | libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
                &raw const program,
            )
        };
        match i32::try_from(listener) {
            // SAFETY: the kernel has just made this descriptor, and nobody else knows its number.
            Ok(listener) if listener >= 0 => return Ok(unsafe { OwnedFd::from_raw_fd(listener) }),
            _ => last = io::Error::last_os_error(),
        }
        if last.raw_os_error() != Some(libc::EINVAL) {
            break;
        }
    }
    Err(last)
}
