//! The things on the bench, and what a person can do with them.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use pairbox_chips::{Bench, Button, qr_check};
use pairbox_rig::power::{PoweredBox, Socket};
use pairbox_rig::workbench::{ALICE, OWNER, Workbench};
use pairbox_sim::{Contact, Event, Phone, Service, StreamError};
use tempfile::TempDir;

/// How long a step of the figures may take.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// The bench with a box on it.
pub struct Scene {
    service: Service,
    phone: Phone,
    alice: Contact,
    bench: Bench,
    socket: Socket,
    powered: Option<PoweredBox>,
    greetings: u32,
    _folder: TempDir,
}

/// What a person can do at the desk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Press and let go.
    Tap(Button),
    /// Start holding.
    Press(Button),
    /// Let go.
    Release(Button),
    /// Scan what the glass shows with the phone.
    Scan,
    /// Remove the box on the phone.
    Remove,
    /// Alice writes.
    Greet,
    /// Every connection of the service breaks.
    Drop,
    /// Another client logs in with the box's keys.
    Replace,
    /// Pull the plug, or plug it in.
    Power,
}

impl Scene {
    /// Sets the bench up and switches the box on.
    pub fn set() -> Result<Self> {
        let program = std::env::current_exe()?.display().to_string();
        let Workbench {
            service,
            phone,
            alice,
            bench,
            socket,
            folder,
        } = Workbench::set(vec![program, "box".to_owned()])?;
        let powered = Some(socket.power_on()?);
        Ok(Self {
            service,
            phone,
            alice,
            bench,
            socket,
            powered,
            greetings: 0,
            _folder: folder,
        })
    }

    /// The box, while it has power.
    pub fn powered(&self) -> Option<&PoweredBox> {
        self.powered.as_ref()
    }

    /// The panel and the lines.
    pub fn bench(&self) -> &Bench {
        &self.bench
    }

    /// Does it, and says what happened in a sentence.
    pub fn act(&mut self, action: Action) -> Result<String> {
        match action {
            Action::Tap(button) => {
                self.bench.tap(button);
                Ok(format!("pressed {button:?}"))
            }
            Action::Press(button) => {
                self.bench.press(button);
                Ok(format!("holding {button:?}"))
            }
            Action::Release(button) => {
                self.bench.release(button);
                Ok(format!("let go of {button:?}"))
            }
            Action::Scan => self.scan(),
            Action::Remove => {
                let devices = self.phone.devices();
                let device = devices.first().context("the phone has no linked device")?;
                anyhow::ensure!(self.phone.remove_device(device), "it is gone already");
                Ok("the phone removed the box from its linked devices".to_owned())
            }
            Action::Greet => {
                self.greetings += 1;
                self.alice
                    .send_text(OWNER, &format!("hello number {}", self.greetings));
                Ok("Alice wrote; see the messages on the box's page".to_owned())
            }
            Action::Drop => {
                self.service.reset_all();
                Ok("all connections of the service broke".to_owned())
            }
            Action::Replace => {
                self.service.stream_error(StreamError::Replaced);
                Ok("another client took the connection".to_owned())
            }
            Action::Power => self.power(),
        }
    }

    fn scan(&self) -> Result<String> {
        let picture = self.bench.picture();
        let text = qr_check::read_qr(&picture)
            .map_err(|fault| anyhow!("the camera sees no code on the glass: {fault}"))?;
        self.phone
            .scan(&text)
            .map_err(|error| anyhow!("the phone says: {error}"))?;
        Ok("scanned; the phone says: linked".to_owned())
    }

    fn power(&mut self) -> Result<String> {
        if let Some(powered) = self.powered.take() {
            powered.cut()?;
            return Ok("power cut (SIGKILL)".to_owned());
        }
        self.powered = Some(self.socket.power_on()?);
        Ok("power is back".to_owned())
    }

    /// The box, which must have power.
    pub fn box_on(&self) -> Result<&PoweredBox> {
        self.powered.as_ref().context("the box has no power")
    }

    /// Alice writes, and the box has it.
    pub fn receive(&self, text: &str) -> Result<()> {
        let mut cursor = self.service.cursor();
        let sent = self.alice.send_text(OWNER, text);
        cursor.wait(
            PATIENCE,
            |event| matches!(event, Event::Receipt { id, .. } if *id == sent),
        )?;
        Ok(())
    }

    /// The box writes, and Alice has it.
    pub fn send(&self, text: &str) -> Result<()> {
        let body = serde_json::json!({"to": ALICE, "type": "text", "text": text}).to_string();
        let powered = self.box_on()?;
        let (code, answer) = powered.post(&powered.path(1, "messages")?, &body)?;
        anyhow::ensure!(code == 202, "the box answered {code}: {answer}");
        self.alice.wait_text(PATIENCE)?;
        Ok(())
    }

    /// The first login has said all it had to say: keys are uploaded and the state is synchronised.
    pub fn wait_quiet(&self) -> Result<()> {
        self.service
            .wait(PATIENCE, |event| matches!(event, Event::Ready { .. }))?;
        Ok(())
    }

    /// Waits for words on the glass.
    pub fn wait_glass(&self, words: &str) -> Result<()> {
        self.bench
            .wait_picture(PATIENCE, words, |picture| picture.says(words))
            .with_context(|| self.log())?;
        Ok(())
    }

    /// Waits until the box says that it works, and the glass with it. The glass alone would not do:
    /// after a power cut it still shows what stood on it.
    pub fn wait_working(&self) -> Result<()> {
        self.box_on()?
            .wait_log(0, PATIENCE, |line| line.contains("→ working"))?;
        self.wait_glass("Connected")
    }

    /// Waits for a code on the glass.
    pub fn wait_code(&self) -> Result<()> {
        self.bench
            .wait_qr(PATIENCE, None)
            .with_context(|| self.log())?;
        Ok(())
    }

    fn log(&self) -> String {
        let lines = self
            .powered
            .as_ref()
            .map(PoweredBox::log)
            .unwrap_or_default();
        format!("the box said:\n{}", lines.join("\n"))
    }
}
