//! One box on one board, with the simulated service and a phone around it, and the steps that the
//! scenarios share.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use pairbox_chips::{
    Cable, Clock, OledModule, PaperModule, Picture, SpiCable, Stats, Violation, qr_check,
};
use pairbox_fakeboard::board::{Board, now};
use pairbox_fakeboard::finger::pass;
use pairbox_fakeboard::module::{I2cOled, SpiPanel};
use pairbox_fakeboard::{Plan, spawn};
use pairbox_rig::power::PoweredBox;
use pairbox_rig::record::Record;
use pairbox_rig::trust::Swap;
use pairbox_rig::workbench::OWNER;
use pairbox_sim::{Options, Phone, Service};
use tempfile::TempDir;

use super::{ensure, figure};

/// How long any step may take: the machines that run this are small and busy.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// How soon the glass has to be right after a fault has ended.
pub const RIGHT_AGAIN: Duration = Duration::from_secs(5);

/// E-paper lives in real time: the driver takes a BUSY that falls too soon for a loose wire.
const PAPER_SPEED: u32 = 1;

/// What is on the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kit {
    /// A 128x64 SSD1306 on I2C, with two buttons.
    I2cOled,
    /// The Waveshare 1.3" OLED HAT: SH1106 on SPI.
    SpiOled,
    /// The Waveshare 2.13" e-paper HAT V4, with two buttons.
    Paper,
}

impl Kit {
    /// The board's name in the configuration.
    pub fn board(self) -> &'static str {
        match self {
            Self::I2cOled => "ssd1306-i2c",
            Self::SpiOled => "waveshare-oled-hat-1.3",
            Self::Paper => "waveshare-epd-2.13-v4",
        }
    }

    /// The line of the button that pairs and connects.
    pub fn connect(self) -> u32 {
        match self {
            Self::SpiOled => 21,
            _ => 5,
        }
    }

    /// The line of the button that disconnects.
    pub fn disconnect(self) -> u32 {
        match self {
            Self::SpiOled => 20,
            _ => 6,
        }
    }

    /// The device its panel is on.
    pub fn device(self) -> &'static Path {
        Path::new(match self {
            Self::I2cOled => "/dev/i2c-1",
            _ => "/dev/spidev0.0",
        })
    }
}

/// A panel that can be pulled out.
#[derive(Clone)]
pub enum Panel {
    I2c(Cable),
    Spi(SpiCable),
}

impl Panel {
    /// On the header of a machine like that.
    pub fn on(kit: Kit, plan: Plan) -> Result<(Self, Board)> {
        let (spi, lines) = match kit {
            Kit::I2cOled => {
                let address = 0x3c;
                let cable = Cable::with(OledModule::Ssd1306, address);
                let module = I2cOled {
                    cable: cable.clone(),
                    address,
                };
                return Ok((Self::I2c(cable), Board::new(plan, module)?));
            }
            // Waveshare's pages: DC 24, RST 25. The model is seen as the HAT lies.
            Kit::SpiOled => (SpiCable::oled(OledModule::Sh1106), (24, 25, None, None)),
            // Waveshare's epdconfig.py: DC 25, RST 17, BUSY 24, PWR 18.
            Kit::Paper => {
                let cable = SpiCable::paper(PaperModule::Waveshare2in13V4);
                cable.mount(3);
                (cable, (25, 17, Some(24), Some(18)))
            }
        };
        spi.run_on(Clock::real(PAPER_SPEED));
        let (dc, reset, busy, power) = lines;
        let module = SpiPanel {
            cable: spi.clone(),
            dc,
            reset,
            busy,
            power,
        };
        Ok((Self::Spi(spi), Board::new(plan, module)?))
    }

    /// Pulls it out.
    pub fn unplug(&self) {
        match self {
            Self::I2c(cable) => cable.unplug(),
            Self::Spi(cable) => cable.unplug(),
        }
    }

    /// Pulls it out after so many more bytes.
    pub fn unplug_after(&self, bytes: usize) {
        match self {
            Self::I2c(cable) => cable.unplug_after(bytes),
            Self::Spi(cable) => cable.unplug_after(bytes),
        }
    }

    /// Puts it back.
    pub fn replug(&self) {
        match self {
            Self::I2c(cable) => cable.replug(),
            Self::Spi(cable) => cable.replug(),
        }
    }

    /// What went over the wire.
    pub fn stats(&self) -> Stats {
        match self {
            Self::I2c(cable) => cable.stats(),
            Self::Spi(cable) => cable.stats(),
        }
    }

    /// What the chip did not understand.
    pub fn violations(&self) -> Vec<Violation> {
        match self {
            Self::I2c(cable) => cable.violations(),
            Self::Spi(cable) => cable.violations(),
        }
    }
}

/// Everything around one box.
pub struct Scene {
    pub kit: Kit,
    pub board: Board,
    pub panel: Panel,
    pub service: Service,
    pub phone: Phone,
    binary: PathBuf,
    folder: TempDir,
    record: Record,
    /// What the chip did not understand so far, and did not have to.
    excused: Cell<usize>,
}

impl Scene {
    /// A box that is switched off, on a Pi 3.
    pub fn set(binary: &Path, kit: Kit) -> Result<Self> {
        Self::set_on(binary, kit, Plan::default())
    }

    /// A box that is switched off, on a machine like that.
    pub fn set_on(binary: &Path, kit: Kit, plan: Plan) -> Result<Self> {
        let (panel, board) = Panel::on(kit, plan)?;
        let service = Service::start(Options::default())?;
        let phone = service.phone(OWNER, "Owner");
        let record = Record::new(&format!("fakeboard-{}", kit.board()));
        record.secret(OWNER);
        Ok(Self {
            kit,
            board,
            panel,
            service,
            phone,
            binary: binary.to_owned(),
            folder: tempfile::tempdir()?,
            record,
            excused: Cell::new(0),
        })
    }

    /// The folder of the box's store.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Switches the box on; it trusts the simulated service.
    pub fn power_on(&self) -> Result<PoweredBox> {
        self.power_on_with(Some(Swap::towards(self.service.root_key())))
    }

    /// Switches the box on as it is, or with another root of trust.
    pub fn power_on_with(&self, swap: Option<Swap>) -> Result<PoweredBox> {
        let config = self.folder.path().join("pairbox.toml");
        let text = format!(
            "board = {board:?}\nstate_dir = '{state}'\n\n[http]\nlisten = \"127.0.0.1:0\"\n\n\
             [whatsapp]\nendpoint = {endpoint:?}\nversion_url = {version:?}\npre_keys = 30\n",
            board = self.kit.board(),
            state = self.state().display(),
            endpoint = self.service.url(),
            version = self.service.version_url(),
        );
        fs::write(&config, text)?;
        let mut command = Command::new(&self.binary);
        command
            .arg("--config")
            .arg(config)
            .env_remove("RUNTIME_DIRECTORY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let child = spawn(&self.board, &mut command, swap)
            .with_context(|| format!("starting {}", self.binary.display()))?;
        PoweredBox::watch(child, &self.state(), &self.record)
    }

    /// Waits until the glass says these words.
    pub fn wait_glass(&self, powered: &PoweredBox, words: &str) -> Result<Picture> {
        self.wait_glass_within(powered, words, PATIENCE)
    }

    /// Waits a shorter time.
    pub fn wait_glass_within(
        &self,
        powered: &PoweredBox,
        words: &str,
        within: Duration,
    ) -> Result<Picture> {
        self.board
            .wait_picture(within, words, |picture| picture.says(words))
            .with_context(|| said(powered))
    }

    /// Waits for a code on the glass, and reads it from the bytes that went over the wire.
    pub fn wait_code(&self, powered: &PoweredBox) -> Result<String> {
        let mut last = Err(anyhow!("no picture"));
        self.board
            .wait_picture(PATIENCE, "a code", |picture| {
                last = qr_check::read_qr(picture).map_err(|fault| anyhow!("{fault:?}"));
                last.is_ok()
            })
            .with_context(|| said(powered))?;
        if let Ok(text) = &last {
            self.record.secret_qr(text);
        }
        last
    }

    /// The first picture is on the glass, and the buttons are watched: one that is pressed earlier
    /// counts as stuck.
    pub fn wait_ready(&self, powered: &PoweredBox) -> Result<()> {
        self.wait_glass(powered, "Disconnected")?;
        for line in [self.kit.connect(), self.kit.disconnect()] {
            ensure(self.board.wait_held(line, true, PATIENCE), || {
                format!("nobody watches line {line}; {}", said(powered))
            })?;
        }
        // Between taking a line and looking at it for the first time.
        pass(Duration::from_millis(300));
        Ok(())
    }

    /// Press, scan, connected.
    pub fn pair(&self, powered: &PoweredBox) -> Result<()> {
        self.wait_ready(powered)?;
        self.board.tap(self.kit.connect());
        let code = self.wait_code(powered)?;
        let scanned = self.phone.scan(&code);
        scanned.map_err(|error| anyhow!("the phone says: {error}"))?;
        self.wait_connected(powered)
    }

    /// Connected, on the page and on the glass.
    pub fn wait_connected(&self, powered: &PoweredBox) -> Result<()> {
        powered.wait_log(0, PATIENCE, |line| line.contains("→ working"))?;
        self.wait_glass(powered, "Connected")?;
        Ok(())
    }

    /// Switches the box off, and looks at what it leaves: an exit code of zero, a glass without a
    /// code, a chip that understood everything, and a watchdog nobody touched.
    pub fn close(self, powered: PoweredBox) -> Result<()> {
        let (status, log) = powered.switch_off()?;
        let log = log.join("\n");
        ensure(status.success(), || format!("{status}; it said:\n{log}"))?;
        ensure(!log.contains("panicked"), || log.clone())?;
        let picture = self.board.picture();
        match self.kit {
            Kit::Paper => ensure(picture.says("pairbox is off"), || {
                format!("it left on the paper:\n{picture}")
            })?,
            _ => ensure(picture.is_dark(), || format!("it left behind:\n{picture}"))?,
        }
        self.check()
    }

    /// Whatever was misunderstood so far had a reason outside of the box.
    pub fn excuse(&self) {
        self.excused.set(self.panel.violations().len());
    }

    /// Nothing was misunderstood on the way.
    pub fn check(&self) -> Result<()> {
        let violations = self.panel.violations();
        let violations = &violations[self.excused.get().min(violations.len())..];
        ensure(violations.is_empty(), || {
            format!("the chip did not understand: {violations:?}")
        })?;
        let complaints = self.board.complaints();
        ensure(complaints.is_empty(), || complaints.join("; "))?;
        let opens = self.board.watchdog_opens();
        ensure(opens == 0, || {
            format!("it opened the watchdog {opens} times")
        })
    }

    /// Time from the start of the process to the first picture.
    pub fn tell_first_picture(&self, scenario: &str, started: u64) -> Result<()> {
        let first = self.board.first_picture().context("no picture")?;
        let ms = first.saturating_sub(started) / 1_000_000;
        figure(scenario, &format!("first picture {ms} ms after exec"));
        Ok(())
    }
}

/// The box's log, for errors.
pub fn said(powered: &PoweredBox) -> String {
    format!("the box said:\n{}", powered.log().join("\n"))
}

/// Time until something, in words.
pub fn since(begun: u64) -> String {
    let time = Duration::from_nanos(now().saturating_sub(begun));
    format!("{:.2} s", time.as_secs_f64())
}
