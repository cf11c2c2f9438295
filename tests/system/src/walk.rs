//! The story: a card, a package, a code on the glass, a phone, and then power cuts.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use pairbox_chips::{Cable, qr_check};
use pairbox_rig::trust::{Swap, swap_in_file};
use pairbox_sim::{Contact, Event, Options, Phone, Service};

use crate::Arguments;
use crate::console::BOOT;
use crate::cuts;
use crate::figures::Figures;
use crate::glass::ADDRESS;
use crate::guest::{self, Condition};
use crate::machine::{Board, Machine};

/// What the glass may take to show something the box was asked for.
pub const GLASS: Duration = Duration::from_secs(240);

/// The line of the connect button on the board that is found (`board/ssd1306-i2c.toml`).
const CONNECT: u32 = 5;

/// Taps until one is taken: a look every 200 ms of a slow machine can miss one.
const TAPS: usize = 8;

/// What a code may take from the tap.
const CODE: Duration = Duration::from_secs(20);

/// Everything around the box.
pub struct World {
    /// WhatsApp.
    pub service: Service,
    /// The owner's phone.
    pub phone: Phone,
    /// Somebody who writes.
    pub alice: Contact,
    /// The board, switched on and off.
    pub board: Board,
    /// What was measured.
    pub figures: Figures,
}

/// Walks through all of it.
pub fn walk(arguments: &Arguments) -> Result<()> {
    let service = Service::start(Options::default())?;
    let board = Board {
        qemu: arguments.qemu.clone(),
        image: arguments.image.clone(),
        work: arguments.work.clone(),
        glass: Cable::new(ADDRESS),
    };
    let mut world = World {
        phone: service.phone("15550001111", "Owner"),
        alice: service.contact("15550002222", "Alice"),
        service,
        board,
        figures: Figures::default(),
    };
    make_card(arguments, &world)?;
    let mut machine = world.first_boot()?;
    world.pair(&mut machine)?;
    world.measure(&mut machine)?;
    let machine = cuts::cut(&mut world, machine, arguments.cuts, arguments.seed)?;
    world.end(machine)?;
    world.figures.print(arguments.figures.as_deref())
}

/// The card as it is bought, with the package and the copy of the program in the guest's /srv.
fn make_card(arguments: &Arguments, world: &World) -> Result<()> {
    let card = arguments.work.join("card");
    let copy = arguments.work.join("pairbox");
    let swap = Swap::towards(world.service.root_key());
    swap_in_file(&arguments.program, &swap, &copy).context("exchanging the pinned root")?;
    run(Command::new("cp")
        .arg("--sparse=always")
        .arg(arguments.image.join("root.ext4"))
        .arg(&card))?;
    for (file, name) in [(&arguments.package, "pairbox.deb"), (&copy, "pairbox")] {
        let write = format!("write {} {}/{name}", file.display(), guest::LUGGAGE);
        run(Command::new("debugfs")
            .args(["-w", "-R", &write])
            .arg(&card))?;
    }
    let mode = format!("set_inode_field {}/pairbox mode 0100755", guest::LUGGAGE);
    run(Command::new("debugfs").args(["-w", "-R", &mode]).arg(&card))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| command.get_program().display().to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(())
}

impl World {
    fn port(&self) -> Result<u16> {
        let url = self.service.url();
        let host = format!("ws://{}:", Ipv4Addr::LOCALHOST);
        let port = url
            .strip_prefix(&host)
            .and_then(|rest| rest.split('/').next());
        port.and_then(|port| port.parse().ok())
            .with_context(|| url.clone())
    }

    fn first_boot(&mut self) -> Result<Machine> {
        let mut machine = self.board.power_on()?;
        machine.console.wait_shell(BOOT)?;
        say("a shell", machine.on_since);
        self.figures.system = guest::system(&mut machine.console)?;
        guest::wait_network(&mut machine.console)?;
        say("the network", machine.on_since);
        let said = guest::install(&mut machine.console)?;
        fs::write(self.board.work.join("install.log"), said)?;
        say(
            "the package is installed, the unit active",
            machine.on_since,
        );
        self.figures.exchanged = guest::turn_to(&mut machine.console, self.port()?)?;
        guest::wait_fed(&mut machine.console)?;
        say("the unit is active and fed", machine.on_since);
        Ok(machine)
    }

    /// A finger, a code read off the glass, a phone.
    fn pair(&mut self, machine: &mut Machine) -> Result<()> {
        let glass = self.board.glass.clone();
        self.picture("first")?;
        machine.finger.introduce(CONNECT, &glass)?;
        say("a button was noticed", machine.on_since);
        let mut code = Err(anyhow!("no picture"));
        for _ in 0..TAPS {
            machine.finger.tap(CONNECT)?;
            let seen = glass.wait_picture(CODE, "a code", |picture| {
                code = qr_check::read_qr(picture).map_err(|fault| anyhow!("{fault}"));
                code.is_ok()
            });
            if seen.is_ok() {
                break;
            }
        }
        let code = code.with_context(|| format!("no code on the glass:\n{}", glass.picture()))?;
        say("a code on the glass", machine.on_since);
        let scanned = self.phone.scan(&code);
        scanned.map_err(|error| anyhow!("the phone says: {error}"))?;
        self.wait_connected(machine)?;
        say("connected", machine.on_since);
        self.picture("connected")
    }

    /// Connected: WhatsApp says so, and so does the glass.
    pub fn wait_connected(&self, machine: &mut Machine) -> Result<Duration> {
        let glass = &self.board.glass;
        let seen = glass.wait_picture(GLASS, "Connected", |picture| picture.says("Connected"));
        let took = machine.on_since.elapsed();
        match seen {
            Ok(_) => Ok(took),
            Err(error) => {
                let said = machine.console.run(
                    "systemctl status -l --no-pager pairbox; journalctl -b -q -o cat -u pairbox | tail -40",
                    guest::PATIENCE,
                );
                Err(anyhow!(
                    "{error}\n{}",
                    said.unwrap_or_else(|error| format!("{error:#}"))
                ))
            }
        }
    }

    fn measure(&mut self, machine: &mut Machine) -> Result<()> {
        let condition = Condition::of(&mut machine.console)?;
        ensure!(
            condition.restarts == 0,
            "the service was restarted {} times",
            condition.restarts
        );
        self.figures.exposure = guest::exposure(&mut machine.console)?;
        self.figures.paired = Some(condition);
        machine.console.run("sync", guest::PATIENCE)?;
        Ok(())
    }

    /// After all cuts: a message goes in and an answer of the box's own protocol comes out; one device is
    /// linked; nobody ever asked for another scan; every byte on the bus was understood.
    fn end(&mut self, mut machine: Machine) -> Result<()> {
        let id = self.alice.send_text(self.phone.number(), "after all of it");
        self.service
            .wait(
                GLASS,
                |event| matches!(event, Event::Receipt { id: read, .. } if *read == id),
            )
            .context("the last message was not acknowledged")?;
        guest::wait_fed(&mut machine.console)?;
        let events = self.service.events();
        let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
        let offers = count(|event| matches!(event, Event::QrRefsSent { .. }));
        let pairings = count(|event| matches!(event, Event::Paired { .. }));
        ensure!(
            offers == 1 && pairings == 1,
            "{offers} offers of codes, {pairings} pairings"
        );
        ensure!(
            self.phone.devices().len() == 1,
            "not one device: {:?}",
            self.phone.devices()
        );
        let devices = self.phone.devices();
        let left = devices
            .first()
            .map(|jid| self.phone.unacknowledged(jid))
            .unwrap_or_default();
        ensure!(left.is_empty(), "not acknowledged: {left:?}");
        let violations = self.board.glass.violations();
        // A cut may end a transaction anywhere; whatever else the chip did not understand is a mistake.
        ensure!(
            violations.is_empty(),
            "the panel was told nonsense: {violations:?}"
        );
        self.figures.codes = offers.saturating_sub(1);
        self.figures.logins = count(|event| matches!(event, Event::LoggedIn { .. }));
        self.figures.retries = count(|event| matches!(event, Event::RetryAsked { .. }));
        self.figures.ended = Some(Condition::of(&mut machine.console)?);
        machine.cut();
        Ok(())
    }

    fn picture(&self, name: &str) -> Result<()> {
        let file = self.board.work.join(format!("{name}.png"));
        let picture = self.board.glass.picture();
        fs::write(&file, picture.to_png(4)).with_context(|| shown(&file))
    }
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

/// How far it is, for whoever watches.
pub fn say(what: &str, since: Instant) {
    println!("system: {:>6.1} s  {what}", since.elapsed().as_secs_f64());
}
