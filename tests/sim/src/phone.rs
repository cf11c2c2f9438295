//! The phone of an account: what its owner does with it.
//!
//! It is handed the *text* of a QR code, as a camera would read it, checks all of it, and signs the
//! companion with its own identity key.

use std::sync::Arc;
use std::time::Duration;

use wacore_binary::Jid;

use crate::contact::Contact;
use crate::event_log::{Conn, Event, RemovedBy, TimedOut};
use crate::reading::Text;
use crate::service::{Cut, Failure, Shared, StreamError};

/// How long a companion may take to answer what the phone made of a scan.
const ANSWER: Duration = Duration::from_secs(30);

/// Why a scan did not link a companion.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Not a pairing code at all.
    #[error("the code has {0} fields instead of 5 (or 4)")]
    Fields(usize),
    /// A field is not base64.
    #[error("the {0} field is not standard base64")]
    Base64(&'static str),
    /// A field is not 32 bytes long.
    #[error("the {field} field holds {bytes} bytes instead of 32")]
    KeyLength {
        /// Which one.
        field: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// The last field names no type of client.
    #[error("the code names no known type of client")]
    ClientType,
    /// No connected companion was given this reference.
    #[error("the service does not know the code's reference")]
    UnknownRef,
    /// The reference was scanned before.
    #[error("the code was used already")]
    RefUsed,
    /// It is too old.
    #[error("the code has expired")]
    RefExpired,
    /// The reference belongs to a companion with other keys.
    #[error("the {0} key is not the one the companion registered")]
    Foreign(&'static str),
    /// As many companions as an account can have.
    #[error("the account has as many linked devices as it can have")]
    TooManyDevices,
    /// There is no such account.
    #[error("there is no phone with that number")]
    NoPhone,
    /// The companion refused what the phone made.
    #[error("the companion refused: {code} {text}")]
    ClientRefused {
        /// Its error code.
        code: u16,
        /// Its reason.
        text: String,
    },
    /// The companion was asked for a passkey and is not linked.
    #[error("linking needs a passkey")]
    Passkey,
    /// The companion's signature is wrong.
    #[error("the companion signed wrongly")]
    DeviceSignature,
    /// The companion's connection ended before it answered.
    #[error("the companion went away")]
    Gone,
    /// It said nothing for 30 s.
    #[error("the companion does not answer")]
    TimedOut,
}

/// Why a typed code did not link a companion.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// No companion asked for this number.
    #[error("no companion asked to be linked to this number by a code")]
    NotAsked,
    /// There is no such account.
    #[error("there is no phone with that number")]
    NoPhone,
    /// What the companion wrapped with the code has the wrong shape.
    #[error("the companion's wrapped key has the wrong shape")]
    Format,
    /// The companion's answer does not open, as after a wrong code.
    #[error("the code is wrong")]
    Wrong,
    /// The code was right, but linking failed.
    #[error(transparent)]
    Link(#[from] ScanError),
}

/// An account's phone.
#[derive(Clone)]
pub struct Phone {
    shared: Arc<Shared>,
    number: String,
}

impl Phone {
    pub(crate) fn new(shared: Arc<Shared>, number: &str) -> Self {
        Self {
            shared,
            number: number.to_owned(),
        }
    }

    /// The account's number, digits only.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The account's address by number.
    #[must_use]
    pub fn jid(&self) -> Jid {
        Jid::pn(self.number.as_str())
    }

    /// Scans a QR code. Returns the companion's address once its signature was verified; the
    /// companion then restarts its connection and logs in.
    ///
    /// # Errors
    /// [`ScanError`]; the companion stays unlinked.
    pub fn scan(&self, qr_text: &str) -> Result<Jid, ScanError> {
        let (from, conn) = {
            // Under the lock: what an earlier try left behind in the log is behind this.
            let mut state = self.shared.lock();
            (self.shared.log.len(), state.scan(&self.number, qr_text)?)
        };
        self.linked(from, conn)
    }

    /// Types the code that a companion shows.
    ///
    /// # Errors
    /// [`CodeError`]; the companion stays unlinked.
    pub fn type_code(&self, code: &str) -> Result<Jid, CodeError> {
        // People type it in groups and in small letters.
        let code: String = code
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        let (from, conn) = {
            let mut state = self.shared.lock();
            (self.shared.log.len(), state.type_code(&self.number, &code)?)
        };
        let answered = self.wait(from, |event| match event {
            Event::CodeAnswered {
                conn: at, right, ..
            } if *at == conn => Some(Ok(*right)),
            Event::Closed { conn: at } if *at == conn => Some(Err(ScanError::Gone)),
            _ => None,
        });
        if !answered.unwrap_or(Err(ScanError::TimedOut))? {
            return Err(CodeError::Wrong);
        }
        Ok(self.linked(from, conn)?)
    }

    /// Tells the companion that waits with a code to show another one.
    ///
    /// # Errors
    /// [`CodeError::NotAsked`].
    pub fn refresh_code(&self) -> Result<(), CodeError> {
        self.shared.lock().refresh_code(&self.number).map(|_| ())
    }

    /// The owner writes a text on the phone itself; companions get a copy.
    #[allow(clippy::must_use_candidate, reason = "the text is sent all the same")]
    pub fn send_text(&self, to: &str, body: &str) -> String {
        self.contact().send_text(to, body)
    }

    /// Waits for the next text on the phone: one it was sent, or the copy of one that a companion
    /// sent.
    ///
    /// # Errors
    /// [`TimedOut`] when none comes within `deadline`.
    pub fn wait_text(&self, deadline: Duration) -> Result<Text, TimedOut> {
        self.contact().wait_text(deadline)
    }

    /// The owner reads a message of `from` on the phone itself; companions are told.
    pub fn read(&self, from: &str, id: &str) {
        self.shared.lock().read_on_phone(&self.number, from, id);
    }

    /// From now on the companions' logins fail like that, or succeed again. Other accounts' are not
    /// touched.
    pub fn fail_logins(&self, failure: Option<Failure>) {
        let number = self.number.as_str();
        self.shared
            .faults
            .send_modify(|faults| faults.fail_logins(number, failure));
    }

    /// From now on the companions hear nothing more, or hear again; their sockets stay open, and new
    /// ones get as far as their login, which is not answered.
    pub fn silence(&self, silent: bool) {
        let number = self.number.as_str();
        self.shared
            .faults
            .send_modify(|faults| faults.silence(number, silent));
    }

    /// Sends a stream error to every companion that is logged in, and closes.
    pub fn stream_error(&self, error: StreamError) {
        let mut state = self.shared.lock();
        for conn in state.conns_of(&self.number) {
            state.stream_error(conn, error);
        }
    }

    /// Resets the connections of every companion that is logged in.
    pub fn reset_all(&self) {
        let mut state = self.shared.lock();
        for conn in state.conns_of(&self.number) {
            state.cut(conn, Cut::Reset);
        }
    }

    fn contact(&self) -> Contact {
        Contact::new(Arc::clone(&self.shared), &self.number)
    }

    /// Unlinks a companion. False if it was not linked.
    #[must_use]
    pub fn remove_device(&self, jid: &Jid) -> bool {
        let mut state = self.shared.lock();
        match state.resolve(jid) {
            Some(address) if address.number == self.number => {
                state.remove_device(&address, RemovedBy::Phone)
            }
            _ => false,
        }
    }

    /// The linked companions.
    #[must_use]
    pub fn devices(&self) -> Vec<Jid> {
        let state = self.shared.lock();
        state
            .accounts
            .get(&self.number)
            .map(|account| {
                let devices = account.devices.keys();
                devices.map(|device| account.device_jid(*device)).collect()
            })
            .unwrap_or_default()
    }

    /// What a companion was sent, or is to be sent, and has not acknowledged: class and id.
    #[must_use]
    pub fn unacknowledged(&self, jid: &Jid) -> Vec<(String, String)> {
        let mut state = self.shared.lock();
        let address = state.resolve(jid);
        address
            .and_then(|address| state.device(&address))
            .map(|device| device.queue.waiting())
            .unwrap_or_default()
    }

    /// Waits for the companion's answer.
    fn linked(&self, from: usize, conn: Conn) -> Result<Jid, ScanError> {
        self.wait(from, |event| match event {
            Event::Paired { conn: at, jid } if *at == conn => Some(Ok(jid.clone())),
            Event::PairingRefused {
                conn: at,
                code,
                text,
            } if *at == conn => Some(Err(ScanError::ClientRefused {
                code: *code,
                text: text.clone(),
            })),
            Event::Refused { conn: Some(at), .. } if *at == conn => {
                Some(Err(ScanError::DeviceSignature))
            }
            Event::PasskeyAsked { conn: at } if *at == conn => Some(Err(ScanError::Passkey)),
            Event::Closed { conn: at } if *at == conn => Some(Err(ScanError::Gone)),
            _ => None,
        })
        .unwrap_or(Err(ScanError::TimedOut))
    }

    fn wait<T>(
        &self,
        from: usize,
        mut wanted: impl FnMut(&Event) -> Option<T>,
    ) -> Result<T, TimedOut> {
        let mut seen = from;
        self.shared.log.wait_until(ANSWER, |events| {
            let fresh = events.get(seen..).unwrap_or_default();
            seen = events.len();
            fresh.iter().find_map(&mut wanted)
        })
    }
}
