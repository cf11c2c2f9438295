//! The emulated board: QEMU's raspi3b with a card, a panel on its bus, a network, and a plug.
//!
//! Switching off is SIGKILL for QEMU. What the guest had not given to the card is lost with its memory;
//! what it had given is kept, because this machine's kernel keeps it: a card that finishes every write it
//! accepted. Cards that lie about that, and torn writes, are the business of `tests/it/store`, where every
//! image a cut can leave is opened.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use pairbox_chips::Cable;

use crate::console::Console;
use crate::finger::Finger;
use crate::glass::{ADDRESS, Follower};

/// QEMU makes its sockets at once, on however busy a machine.
const SOCKETS: Duration = Duration::from_secs(30);

/// Modules that are not loaded. QEMU's model of the hardware watchdog knows no timer: it resets the board the
/// moment systemd arms it. The others are for devices that are not there, and take a minute to find that out.
const WITHOUT: &str =
    "bcm2835_wdt,vc4,v3d,brcmfmac,cfg80211,vchiq,bcm2835_v4l2,snd_bcm2835,hci_uart,leds_gpio";

/// What a boot needs.
pub struct Board {
    /// QEMU, with whatever has to stand before it.
    pub qemu: Vec<String>,
    /// Folder with kernel, initrd and device tree.
    pub image: PathBuf,
    /// The card, and everything a boot leaves behind.
    pub work: PathBuf,
    /// The panel; it keeps its place on the bus when the power goes.
    pub glass: Cable,
}

/// A board under power. Dropping it pulls the plug.
pub struct Machine {
    /// The process.
    child: Child,
    /// A root shell.
    pub console: Console,
    /// Somebody at the buttons.
    pub finger: Finger,
    /// The panel's bus.
    pub bus: Follower,
    /// Since when.
    pub on_since: Instant,
    glass: Cable,
}

impl Board {
    /// Switches it on.
    pub fn power_on(&self) -> Result<Machine> {
        let path = |name: &str| self.work.join(name);
        for stale in ["console.sock", "finger.sock", "i2c.trace"] {
            if let Err(error) = fs::remove_file(path(stale))
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(error).context(stale.to_owned());
            }
        }
        self.glass.replug();
        let bus = Follower::start(&path("i2c.trace"), self.glass.clone());
        let (program, before) = self.qemu.split_first().context("no QEMU")?;
        let on_since = Instant::now();
        let child = Command::new(program)
            .args(before)
            .args(self.arguments()?)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(path("qemu.log"))?)
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        let mut child = Plugged(Some(child));
        let console = child.connect(&path("console.sock"), &path("qemu.log"))?;
        let finger = child.connect(&path("finger.sock"), &path("qemu.log"))?;
        Ok(Machine {
            console: Console::open(console, &path("console.log"))?,
            finger: Finger::new(finger)?,
            child: child.0.take().context("no process")?,
            bus,
            on_since,
            glass: self.glass.clone(),
        })
    }

    fn arguments(&self) -> Result<Vec<String>> {
        let work = |name: &str| self.work.join(name).display().to_string();
        let image = |name: &str| self.image.join(name).display().to_string();
        // The board has no clock that survives; this stands for the first answer of a time server.
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
        let kernel_says = format!(
            "console=ttyS1,115200 root=/dev/mmcblk0 rw rootwait quiet loglevel=1 TERM=dumb \
             systemd.show_status=0 systemd.clock_usec={now} \
             systemd.debug_shell=ttyS1 systemd.mask=serial-getty@ttyS1.service \
             module_blacklist={WITHOUT}"
        );
        let card = format!("file={},if=sd,format=raw,cache=writeback", work("card"));
        let console = format!(
            "socket,id=console,path={},server=on,wait=on",
            work("console.sock")
        );
        let panel = format!("ssd0303,bus=i2c-bus.1,address={ADDRESS:#x}");
        let finger = format!("unix:{},server=on,wait=off", work("finger.sock"));
        let words = [
            "-M",
            "raspi3b",
            "-display",
            "none",
            "-no-reboot",
            "-accel",
            "tcg,thread=multi",
            "-kernel",
            &image("kernel"),
            "-initrd",
            &image("initrd"),
            "-dtb",
            &image("board.dtb"),
            "-append",
            &kernel_says,
            "-drive",
            &card,
            "-chardev",
            &console,
            "-serial",
            "null",
            "-serial",
            "chardev:console",
            "-netdev",
            "user,id=lan",
            "-device",
            "usb-net,netdev=lan",
            "-device",
            &panel,
            "-trace",
            "i2c_event",
            "-trace",
            "i2c_send",
            "-D",
            &work("i2c.trace"),
            "-qtest",
            &finger,
            "-qtest-log",
            "none",
        ];
        Ok(words.map(str::to_owned).to_vec())
    }
}

/// A process that does not outlive a mistake.
struct Plugged(Option<Child>);

impl Plugged {
    fn connect(&mut self, socket: &Path, log: &Path) -> Result<UnixStream> {
        let deadline = Instant::now() + SOCKETS;
        while Instant::now() < deadline {
            if let Ok(stream) = UnixStream::connect(socket) {
                return Ok(stream);
            }
            if let Some(status) = self.0.as_mut().and_then(|child| child.try_wait().ok()?) {
                let said = fs::read_to_string(log).unwrap_or_default();
                bail!("QEMU ended, {status}: {said}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("QEMU made no {}", socket.display())
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Machine {
    /// Pulls the plug.
    pub fn cut(self) {
        drop(self);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself, which is the same to everybody.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.glass.unplug();
    }
}
