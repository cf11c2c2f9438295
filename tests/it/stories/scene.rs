//! The bench set up for one story, and the steps that stories share.

use std::time::Duration;

use pairbox_chips::{Bench, Button, Picture};
use pairbox_rig::power::{PoweredBox, Socket};
use pairbox_rig::workbench::Workbench;
pub use pairbox_rig::workbench::{ALICE, OWNER};
use pairbox_sim::{Contact, Cursor, Event, Phone, Service};
use tempfile::TempDir;

/// What panel and page may show of it.
pub const OWNER_LAST4: &str = "1111";

/// How long any single step may take. Generous: the machines that run this are small and busy.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Everything around one box.
pub struct Scene {
    pub service: Service,
    pub phone: Phone,
    pub alice: Contact,
    pub bench: Bench,
    pub socket: Socket,
    folder: TempDir,
}

impl Scene {
    /// A bench with nothing switched on.
    pub fn set() -> Self {
        let program = vec![env!("CARGO_BIN_EXE_pairbox").to_owned()];
        let Workbench {
            service,
            phone,
            alice,
            bench,
            socket,
            folder,
        } = Workbench::set(program).unwrap();
        Self {
            service,
            phone,
            alice,
            bench,
            socket,
            folder,
        }
    }

    pub fn power_on(&self) -> PoweredBox {
        self.socket.power_on().unwrap()
    }

    /// A box that is paired and connected.
    pub fn paired(&self) -> PoweredBox {
        let powered = self.power_on();
        self.wait_glass("Disconnected");
        self.bench.tap(Button::Connect);
        self.scan_glass();
        self.wait_connected(&powered);
        powered
    }

    /// Waits until the glass shows these words.
    pub fn wait_glass(&self, words: &str) -> Picture {
        self.bench
            .wait_picture(PATIENCE, words, |picture| picture.says(words))
            .unwrap_or_else(|late| panic!("{late}"))
    }

    /// Waits for a QR on the glass, and reads it with a decoder that knows nothing of the program.
    pub fn wait_qr(&self) -> String {
        self.wait_other_qr("")
    }

    /// Waits for a QR other than `old`.
    pub fn wait_other_qr(&self, old: &str) -> String {
        // The first code of a connection lives for a minute, and so may the one before it.
        let text = self.bench.wait_qr(2 * PATIENCE, Some(old));
        let text = text.unwrap_or_else(|late| panic!("{late}"));
        self.socket.record.secret_qr(&text);
        text
    }

    /// Alice writes to the account, and the service hears that the text arrived.
    pub fn hear(&self, text: &str) {
        let mut cursor = self.service.cursor();
        let sent = self.alice.send_text(OWNER, text);
        wait_receipt(&mut cursor, &sent);
    }

    /// The owner scans what the glass shows.
    pub fn scan_glass(&self) {
        let text = self.wait_qr();
        self.phone.scan(&text).unwrap();
    }

    /// Connected, on the glass and on the page, with the last four digits and no more.
    pub fn wait_connected(&self, powered: &PoweredBox) {
        // The glass still shows what stood on it before a power cut: not before the box says so.
        powered
            .wait_log(0, PATIENCE, |line| line.contains("→ working"))
            .unwrap();
        let picture = self.wait_glass("Connected");
        let picture = if picture.says(OWNER_LAST4) {
            picture
        } else {
            self.wait_glass(OWNER_LAST4)
        };
        assert!(picture.says("Connected"));
        let account = powered.account().unwrap();
        assert_eq!(account["status"], "working", "{account}");
        assert_eq!(account["status_text"], "Connected");
        assert!(account.to_string().contains(OWNER_LAST4), "{account}");
    }

    /// A word that must never be found in a log.
    pub fn keep_secret(&self, text: &str) {
        self.socket.record.secret(text);
    }

    /// Switches the box off properly and checks what it leaves behind: a dark glass, an exit code of
    /// zero, and a log that tells no secret.
    pub fn close(self, powered: PoweredBox) {
        let (status, log) = powered.switch_off().unwrap();
        assert!(status.success(), "{status}; {}", log.join("\n"));
        self.bench
            .wait_picture(PATIENCE, "nothing", Picture::is_dark)
            .unwrap_or_else(|late| panic!("{late}"));
        self.check_log(&log);
        let violations = self.bench.violations();
        assert!(
            violations.is_empty(),
            "the chip did not understand: {violations:?}"
        );
        drop(self.folder);
    }

    /// No secret in a log.
    pub fn check_log(&self, log: &[String]) {
        let secrets = self.socket.record.secrets();
        for line in log {
            for secret in &secrets {
                assert!(
                    !line.contains(secret.as_str()),
                    "a secret in the log: {line}"
                );
            }
            assert!(!line.contains("panicked"), "{line}");
        }
    }
}

/// Waits until the service has the receipt of a message.
pub fn wait_receipt(cursor: &mut Cursor, sent: &str) {
    cursor
        .wait(
            PATIENCE,
            |event| matches!(event, Event::Receipt { id, .. } if id == sent),
        )
        .unwrap();
}
