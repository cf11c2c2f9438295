//! The commands: their words, and what each does.
//!
//! One line is one command; what follows the first word belongs to it as it stands, so that texts
//! may hold anything.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use pairbox_sim::{
    Attachment, CodeRefusal, Failure, Fault, FileKind, MediaFault, Portal, Service, StreamError,
};

use crate::Stage;

/// What `help` prints.
const HELP: &str = "commands:
  scan QRTEXT          the phone scans a QR code
  code ABCD-EFGH       the phone's owner types a pairing code
  refresh-code         the companion is to show another pairing code
  refresh-secret       the companion is to put a new secret into its QR code
  refs N               the companion gets N new references; 0: its QR codes are used up
  expire               all QR references expire
  text WORDS           the contact writes to the account
  write WORDS          the account's owner writes to the contact, on the phone
  say NUMBER WORDS     somebody with that number writes to the account
  group NAME           a group of owner and contact; its address is the answer
  in GROUP WORDS       the contact writes in a group
  file KIND WORDS      the contact sends a file with these words in it, as image, video,
                       audio, voice, document or sticker
  nack CODE            the next message of a companion is refused with that code
  devices              the linked companions
  remove [JID]         the phone unlinks a companion (the first one)
  drop | reset         every connection is closed | reset
  error KIND           stream error: 401 409 429 503 515 516 replaced device_removed
  fault KIND           from now on: lose-messages lose-acks media=404 media=410 refuse stall slow=MS bad-hmac bad-signature no-version
                       login=401 login=402 login=403 login=405 login=503
                       code=400 code=403 code=429 code=452 code=500
                       passkey passkey-untold portal portal=redirect
  passkey-goes-on      the second step of the passkey, to whoever was asked for one
  silence | speak      the account's companions hear nothing | hear again
  heal                 no faults any more
  ping                 every client is pinged
  rotate               the service gets a new static key
  quit";

/// One command.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Scan(String),
    Code(String),
    RefreshCode,
    RefreshSecret,
    Refs(usize),
    Expire,
    Text(String),
    Write(String),
    Say(String, String),
    Group(String),
    In(String, String),
    File(FileKind, String),
    Nack(u16),
    Devices,
    Remove(Option<String>),
    Drop,
    Reset,
    Error(StreamError),
    Fault(Fault),
    Heal,
    Ping,
    Rotate,
    PasskeyGoesOn,
    Silence(bool),
    Quit,
}

/// A line that is no command.
#[derive(Debug, PartialEq)]
pub(crate) struct Unknown(String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (try help)", self.0)
    }
}

impl FromStr for Command {
    type Err = Unknown;

    fn from_str(line: &str) -> Result<Self, Unknown> {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let rest = rest.trim();
        let needed = || {
            if rest.is_empty() {
                Err(Unknown(format!("{word} needs something behind it")))
            } else {
                Ok(rest.to_owned())
            }
        };
        Ok(match word {
            "help" => Self::Help,
            "scan" => Self::Scan(needed()?),
            "code" => Self::Code(needed()?),
            "refresh-code" => Self::RefreshCode,
            "refresh-secret" => Self::RefreshSecret,
            "refs" => {
                let count = rest.parse();
                Self::Refs(count.map_err(|_| Unknown("refs needs a number".to_owned()))?)
            }
            "expire" => Self::Expire,
            "text" => Self::Text(needed()?),
            "write" => Self::Write(needed()?),
            "say" => two(rest).map(|(to, words)| Self::Say(to, words))?,
            "group" => Self::Group(needed()?),
            "in" => two(rest).map(|(group, words)| Self::In(group, words))?,
            "file" => {
                let (kind, words) = two(rest)?;
                Self::File(file_kind(&kind)?, words)
            }
            "nack" => {
                let code = rest.parse();
                Self::Nack(code.map_err(|_| Unknown("nack needs a number".to_owned()))?)
            }
            "devices" | "status" => Self::Devices,
            "remove" => Self::Remove((!rest.is_empty()).then(|| rest.to_owned())),
            "drop" => Self::Drop,
            "reset" => Self::Reset,
            "error" => Self::Error(stream_error(rest)?),
            "fault" => Self::Fault(fault(rest)?),
            "heal" => Self::Heal,
            "ping" => Self::Ping,
            "rotate" => Self::Rotate,
            "passkey-goes-on" => Self::PasskeyGoesOn,
            "silence" => Self::Silence(true),
            "speak" => Self::Silence(false),
            "quit" => Self::Quit,
            _ => return Err(Unknown(format!("there is no command {word}"))),
        })
    }
}

/// A word, and what follows it.
fn two(rest: &str) -> Result<(String, String), Unknown> {
    let two = rest.split_once(' ');
    let (first, words) = two.ok_or_else(|| Unknown("that needs a word and more".to_owned()))?;
    Ok((first.to_owned(), words.trim().to_owned()))
}

fn file_kind(word: &str) -> Result<FileKind, Unknown> {
    Ok(match word {
        "image" => FileKind::Image,
        "video" => FileKind::Video,
        "audio" => FileKind::Audio,
        "voice" => FileKind::Voice,
        "document" => FileKind::Document,
        "sticker" => FileKind::Sticker,
        _ => return Err(Unknown(format!("there is no kind of file {word}"))),
    })
}

fn stream_error(word: &str) -> Result<StreamError, Unknown> {
    let known = [
        StreamError::Unauthorized,
        StreamError::Conflict,
        StreamError::RateLimited,
        StreamError::Unavailable,
        StreamError::Restart,
        StreamError::DeviceGone,
        StreamError::Replaced,
        StreamError::DeviceRemoved,
        StreamError::NotWellFormed,
    ];
    let found = known.into_iter().find(|error| error.name() == word);
    found.ok_or_else(|| Unknown(format!("there is no stream error {word}")))
}

fn fault(word: &str) -> Result<Fault, Unknown> {
    let unknown = || Unknown(format!("there is no fault {word}"));
    Ok(match word.split_once('=') {
        None => match word {
            "refuse" => Fault::Refuse,
            "stall" => Fault::Stall,
            "bad-hmac" => Fault::BadHmac,
            "bad-signature" => Fault::BadAccountSignature,
            "no-version" => Fault::NoVersion,
            "lose-messages" => Fault::LoseMessages,
            "lose-acks" => Fault::LoseAcks,
            "passkey" => Fault::Passkey,
            "passkey-untold" => Fault::PasskeyUntold,
            "portal" => Fault::Portal(Portal::Page),
            _ => return Err(unknown()),
        },
        Some(("slow", milliseconds)) => {
            let milliseconds = milliseconds.parse().map_err(|_| unknown())?;
            Fault::Slow(Duration::from_millis(milliseconds))
        }
        Some(("media", "404")) => Fault::Media(MediaFault::NotFound),
        Some(("media", "410")) => Fault::Media(MediaFault::Gone),
        Some(("portal", "redirect")) => Fault::Portal(Portal::Redirect),
        Some(("code", reason)) => Fault::Code(match reason {
            "400" => CodeRefusal::BadRequest,
            "403" => CodeRefusal::Forbidden,
            "429" => CodeRefusal::RateOverlimit,
            "452" => CodeRefusal::NotAvailable,
            "500" => CodeRefusal::Internal,
            _ => return Err(unknown()),
        }),
        Some(("login", reason)) => Fault::Login(match reason {
            "401" => Failure::LoggedOut,
            "402" => Failure::TemporaryBan {
                code: 101,
                expire: Duration::from_secs(3600),
            },
            "403" => Failure::Locked,
            "405" => Failure::ClientOutdated,
            "503" => Failure::Unavailable,
            _ => return Err(unknown()),
        }),
        Some(_) => return Err(unknown()),
    })
}

impl Command {
    /// Does it. The answer is one line, except for `help`.
    pub(crate) fn run(self, stage: &Stage) -> Result<String, String> {
        let Stage {
            service,
            phone,
            contact,
        } = stage;
        match self {
            Self::Help => return Ok(HELP.to_owned()),
            Self::Scan(text) => {
                return answer(phone.scan(&text).map(|jid| format!("linked {jid}")));
            }
            Self::Code(code) => {
                return answer(phone.type_code(&code).map(|jid| format!("linked {jid}")));
            }
            Self::RefreshCode => return answer(phone.refresh_code().map(|()| String::new())),
            Self::Text(body) => return Ok(contact.send_text(phone.number(), &body)),
            Self::Write(body) => return Ok(phone.send_text(contact.number(), &body)),
            Self::Say(from, body) => {
                let somebody = service.contact(&from, "Somebody");
                return Ok(somebody.send_text(phone.number(), &body));
            }
            Self::Group(name) => {
                let members = [contact.number(), phone.number()];
                let group = service.group(&name, false, &members);
                return Ok(group.address().to_owned());
            }
            Self::In(group, body) => return Ok(contact.send_text(&group, &body)),
            Self::File(kind, words) => {
                let file = Attachment::new(kind, "application/octet-stream", words);
                return Ok(contact.send(phone.number(), contact.attach(&file)));
            }
            Self::Devices => {
                let devices = phone.devices();
                let devices: Vec<String> = devices.iter().map(ToString::to_string).collect();
                return Ok(devices.join(" "));
            }
            Self::Remove(jid) => return remove(stage, jid),
            Self::Silence(silent) => phone.silence(silent),
            Self::Quit => {}
            other => other.run_on(service),
        }
        Ok(String::new())
    }

    /// Those that concern the service alone and cannot fail.
    fn run_on(self, service: &Service) {
        match self {
            Self::RefreshSecret => service.refresh_qr_secret(),
            Self::Refs(count) => service.offer_refs(count),
            Self::Expire => service.expire_refs(),
            Self::Nack(code) => service.nack_next(1, code),
            Self::Drop => service.close_all(),
            Self::Reset => service.reset_all(),
            Self::Error(error) => service.stream_error(error),
            Self::Fault(fault) => service.set_fault(fault),
            Self::Heal => service.clear_faults(),
            Self::Ping => service.ping(),
            Self::Rotate => service.rotate_static_key(),
            Self::PasskeyGoesOn => service.continue_passkey(),
            // Taken by `run`.
            _ => {}
        }
    }
}

fn answer<E: fmt::Display>(outcome: Result<String, E>) -> Result<String, String> {
    outcome.map_err(|error| error.to_string())
}

fn remove(stage: &Stage, jid: Option<String>) -> Result<String, String> {
    let jid = if let Some(jid) = jid {
        jid.parse().map_err(|_| "that is no address".to_owned())?
    } else {
        let first = stage.phone.devices().into_iter().next();
        first.ok_or_else(|| "no companion is linked".to_owned())?
    };
    if stage.phone.remove_device(&jid) {
        Ok(format!("removed {jid}"))
    } else {
        Err("no such companion is linked".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_commands() {
        let scan = Command::Scan("2@ref,a,b,c,1".to_owned());
        for (line, wanted) in [
            ("scan 2@ref,a,b,c,1", scan),
            (
                "  text  hello  there ",
                Command::Text("hello  there".to_owned()),
            ),
            ("remove", Command::Remove(None)),
            ("refs 0", Command::Refs(0)),
            ("error replaced", Command::Error(StreamError::Replaced)),
            (
                "fault slow=250",
                Command::Fault(Fault::Slow(Duration::from_millis(250))),
            ),
            (
                "fault code=429",
                Command::Fault(Fault::Code(CodeRefusal::RateOverlimit)),
            ),
            (
                "fault portal=redirect",
                Command::Fault(Fault::Portal(Portal::Redirect)),
            ),
            (
                "say 15550007777 hi there",
                Command::Say("15550007777".to_owned(), "hi there".to_owned()),
            ),
            (
                "file voice hm hm",
                Command::File(FileKind::Voice, "hm hm".to_owned()),
            ),
            ("silence", Command::Silence(true)),
            (
                "fault login=405",
                Command::Fault(Fault::Login(Failure::ClientOutdated)),
            ),
        ] {
            assert_eq!(line.parse(), Ok(wanted), "{line}");
        }
        for line in [
            "scan",
            "refs",
            "refs x",
            "fault slow=x",
            "error 1",
            "dance",
            "",
        ] {
            assert!(line.parse::<Command>().is_err(), "{line}");
        }
    }
}
