//! A walk of the program that is shipped, as it is shipped: also one for another processor, in an
//! emulator.
//!
//! A release has no simulated panel, and the emulator (qemu-user) passes no call to an I2C bus or a GPIO
//! line. So the box is "headless", its code comes over the control socket, and what is seen here is
//! everything else: the processor's instructions, the C library, the database, HTTP and its own protocol
//! to WhatsApp. Only its pinned root of trust is another, in a copy of the file
//! ([`pairbox_rig::trust`]).

use std::fs;
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use pairbox_rig::power::PoweredBox;
use pairbox_rig::trust::{Swap, swap_in_file};
use pairbox_rig::workbench::{ALICE, OWNER, Workbench};
use pairbox_rig::{linking, stats};
use pairbox_sim::{Cursor, Event};

use crate::scene::PATIENCE;

/// Starts that are measured.
const STARTS: usize = 5;

/// Texts each way before memory is read.
const TEXTS: usize = 5;

/// Bits that are flipped in each copy of the tables' names, one at a time, until the database panics over
/// one. About one in three does.
const ROTS: usize = 16;

/// The least that the names of the tables take together. They stand one behind the other in the file.
const NAMES: usize = 60;

/// Bytes between the bits that are flipped after that, if no name would do: a prime, so that no structure of
/// the file is passed over. About one in nine does.
const ROT_STEP: usize = 37;

/// Bits that are flipped in all.
const ROTS_IN_ALL: usize = 250;

/// The database's own page, which is kept twice and verified first (redb's design: 4096 bytes).
const HEADER: usize = 4096;

/// Where the emulator puts nothing of its own: what is mapped below is the program's. A program of 32
/// bits gets there by the emulator's `-B`.
const PROGRAM_ENDS: u64 = 1 << 46;

/// What is walked.
pub struct Shipped {
    /// The program's file.
    pub program: PathBuf,
    /// The emulator and its arguments; empty for this machine's own kind.
    pub runner: Vec<String>,
}

impl Shipped {
    /// Walks through start, pairing, messages, power cut, restart, disconnect and a rotten store. Prints
    /// figures; an error says what was not as it should be.
    pub fn walk(self) -> Result<()> {
        let name = self.program.file_name().context("which program?")?;
        let size = fs::metadata(&self.program)?.len();
        println!("size             {size} bytes");
        let mut bench = Workbench::set(self.runner.clone())?;
        let copy = bench.folder.path().join(name);
        let swap = Swap::towards(bench.service.root_key());
        swap_in_file(&self.program, &swap, &copy)?;
        bench.socket.hardware = None;
        bench.socket.program.push(copy.display().to_string());
        Walk {
            bench,
            emulated: !self.runner.is_empty(),
        }
        .all()
    }
}

/// The bench, with the program's copy on it.
struct Walk {
    bench: Workbench,
    emulated: bool,
}

impl Walk {
    fn all(&self) -> Result<()> {
        self.starts()?;
        let powered = self.on()?;
        self.tell_memory("stopped", &powered)?;
        let session = linking::first(&powered, &self.bench.phone)?;
        // A new link logs in once more and uploads its keys.
        self.bench
            .service
            .wait(PATIENCE, |event| matches!(event, Event::Ready { .. }))?;
        println!("pairing          linked by its code");
        for text in 0..TEXTS {
            self.receive(&format!("inbound {text}"))?;
            self.send(&powered, &session, &format!("outbound {text}"))?;
        }
        println!("messages         {TEXTS} in, {TEXTS} out");
        self.tell_memory("linked", &powered)?;
        let devices = self.bench.phone.devices();
        let powered = self.again(powered, &session, End::Cut)?;
        let powered = self.again(powered, &session, End::Asked)?;
        self.disconnects(&powered, &session)?;
        let now = self.bench.phone.devices();
        ensure!(devices == now, "the phone's devices changed: {now:?}");
        let (status, log) = powered.switch_off()?;
        ensure!(status.success(), "it ended with {status}");
        ensure!(!log.iter().any(|line| line.contains("panicked")), "{log:?}");
        self.rots()
    }

    fn on(&self) -> Result<PoweredBox> {
        self.bench.socket.power_on()
    }

    /// From the start of the process to an answer of its page.
    #[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
    fn starts(&self) -> Result<()> {
        let mut took = Vec::new();
        for _ in 0..STARTS {
            let began = Instant::now();
            let powered = self.on()?;
            powered.get_lan("/livez", None)?;
            took.push(began.elapsed());
            let (status, _) = powered.switch_off()?;
            ensure!(status.success(), "it ended with {status}");
        }
        took.sort();
        let where_ = self.where_it_runs();
        println!(
            "start to page    {} ms (median of {STARTS}, {where_})",
            took[STARTS / 2].as_millis()
        );
        Ok(())
    }

    fn where_it_runs(&self) -> &'static str {
        if self.emulated {
            "in the emulator, on this machine"
        } else {
            "on this machine"
        }
    }

    /// Of an emulated program, what is mapped where the emulator has nothing of its own: code and data
    /// as far as they were touched, heap and stacks. The emulator's own memory is told beside it.
    fn tell_memory(&self, when: &str, powered: &PoweredBox) -> Result<()> {
        let all = powered.rss_kib()?;
        if !self.emulated {
            let own = stats::rss_anonymous_kib(powered.id())?;
            println!("memory, {when:<8} {all} KiB resident, {own} KiB of it anonymous");
            return Ok(());
        }
        let own = stats::rss_below_kib(powered.id(), PROGRAM_ENDS)?;
        println!(
            "memory, {when:<8} {own} KiB resident of the program (with the emulator {all} KiB)"
        );
        Ok(())
    }

    fn receive(&self, text: &str) -> Result<()> {
        let mut cursor = self.bench.service.cursor();
        let sent = self.bench.alice.send_text(OWNER, text);
        cursor.wait(
            PATIENCE,
            |event| matches!(event, Event::Receipt { id, .. } if *id == sent),
        )?;
        Ok(())
    }

    fn send(&self, powered: &PoweredBox, session: &str, text: &str) -> Result<()> {
        let body = serde_json::json!({"to": ALICE, "type": "text", "text": text}).to_string();
        let path = format!("/api/v1/sessions/{session}/messages");
        let (code, answer) = powered.post(&path, &body)?;
        ensure!(code == 202, "the box answered {code}: {answer}");
        let heard = self.bench.alice.wait_text(PATIENCE)?;
        ensure!(heard.body == text, "Alice heard something else");
        Ok(())
    }

    /// Ends it, starts it, and waits until it is connected: nobody scans anything.
    #[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
    fn again(&self, powered: PoweredBox, session: &str, end: End) -> Result<PoweredBox> {
        let mut cursor = self.bench.service.cursor();
        match end {
            End::Cut => drop(powered.cut()?),
            End::Asked => {
                let (status, _) = powered.switch_off()?;
                ensure!(status.success(), "it ended with {status}");
            }
        }
        let began = Instant::now();
        let powered = self.on()?;
        linking::working(&powered, session)?;
        let took = began.elapsed();
        logged_in(&mut cursor)?;
        println!(
            "after {:<10} connected in {} ms, no scan ({})",
            end.words(),
            took.as_millis(),
            self.where_it_runs()
        );
        self.receive("after it began anew")?;
        Ok(powered)
    }

    /// Over the API: disconnected, and connected again.
    fn disconnects(&self, powered: &PoweredBox, session: &str) -> Result<()> {
        let mut cursor = self.bench.service.cursor();
        let path = format!("/api/v1/sessions/{session}");
        let (code, said) = powered.post(&format!("{path}/stop"), "{}")?;
        ensure!(code < 300, "stop: {code} {said}");
        cursor.wait(PATIENCE, |event| matches!(event, Event::Closed { .. }))?;
        linking::until(|| {
            let account: serde_json::Value = serde_json::from_str(&powered.get(&path)?)?;
            Ok((account["status"] == "stopped").then_some(()))
        })
        .context("it is not stopped")?;
        let (code, said) = powered.post(&format!("{path}/start"), "{}")?;
        ensure!(code < 300, "start: {code} {said}");
        linking::working(powered, session)?;
        logged_in(&mut cursor)?;
        println!("disconnect       and connected again, no scan");
        Ok(())
    }

    /// The database panics over some files that rotted, and a panic ends the program: by the signal that
    /// tells the box, which lets another process open its store first, that the file is damaged.
    fn rots(&self) -> Result<()> {
        let folder = self.bench.folder.path();
        let sound = fs::read(folder.join("state/pairbox.redb"))?;
        let file = folder.join("rotten.redb");
        let copies = names(&sound);
        // Old copies stay in the file, and nobody minds what becomes of those: each in turn.
        let places = (0..ROTS).flat_map(|rot| {
            let place = move |copy: &Range<usize>| copy.start + copy.len() * rot / ROTS;
            copies.iter().map(place)
        });
        let used = (0..sound.len()).filter(|at| *at >= HEADER && sound[*at] != 0);
        let places = places.chain(used.step_by(ROT_STEP)).take(ROTS_IN_ALL);
        for (tries, at) in places.enumerate() {
            let mut rotten = sound.clone();
            rotten[at] ^= 0x40;
            fs::write(&file, rotten)?;
            let (program, arguments) = self.bench.socket.program.split_first().context("none")?;
            let mut reader = Command::new(program);
            reader.args(arguments).arg("try-store").arg(&file);
            if reader.stderr(Stdio::null()).status()?.signal() == Some(SIGABRT) {
                println!("a rotten store   noticed (bits flipped: {})", tries + 1);
                return Ok(());
            }
        }
        bail!("none of the bits that flipped made the database panic: nothing was checked")
    }
}

/// What a panic ends a release with (`abort(3)`).
const SIGABRT: i32 = 6;

/// How a box ends.
#[derive(Clone, Copy)]
enum End {
    /// The plug is pulled: SIGKILL.
    Cut,
    /// It is asked to: SIGTERM.
    Asked,
}

impl End {
    fn words(self) -> &'static str {
        match self {
            Self::Cut => "SIGKILL",
            Self::Asked => "SIGTERM",
        }
    }
}

/// A linked device logged in, and nothing was offered to be scanned before.
fn logged_in(cursor: &mut Cursor) -> Result<()> {
    let mut offered = false;
    cursor.wait(PATIENCE, |event| {
        offered |= matches!(event, Event::QrRefsSent { .. } | Event::Registered { .. });
        matches!(event, Event::LoggedIn { .. })
    })?;
    ensure!(!offered, "it wanted to be scanned");
    Ok(())
}

/// Where a store's file has the names of its tables: a name that does not exist, or stands in the wrong
/// place, is what the database panics over.
fn names(file: &[u8]) -> Vec<Range<usize>> {
    let letter = |byte: &u8| matches!(byte, b'a'..=b'z' | b'_' | b'0'..=b'9');
    let mut begins = 0;
    let mut found = Vec::new();
    for run in file.split(|byte| !letter(byte)) {
        if run.len() >= NAMES {
            found.push(begins..begins + run.len());
        }
        begins += run.len() + 1;
    }
    found
}
