//! The simulated service for a person: starts it, says where it is, and takes one command a line.
//!
//! Each command is answered by one line that begins with `ok` or `error:`; what happens meanwhile is
//! printed as `event:` lines. The program ends with its input, or at `quit`.

use std::fmt::Write as _;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Parser;
use pairbox_sim::{Contact, Cursor, Options, Phone, Service};

mod command;

use command::Command;

/// A simulated WhatsApp service with one phone and one contact, on 127.0.0.1.
#[derive(Parser)]
struct Arguments {
    /// TCP port; 0 lets the system choose one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Number of the phone, digits only
    #[arg(long, default_value = "15550001111")]
    number: String,
    /// Name of its owner
    #[arg(long, default_value = "Owner")]
    name: String,
    /// Number of the contact
    #[arg(long, default_value = "15550002222")]
    contact: String,
    /// How many QR codes a companion may show
    #[arg(long, default_value_t = 6)]
    refs: usize,
    /// Milliseconds before the first frame of a connection (Baileys 6 needs 300)
    #[arg(long, default_value_t = 0)]
    first_frame_delay: u64,
}

/// What commands act on.
struct Stage {
    service: Service,
    phone: Phone,
    contact: Contact,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let service = Service::start(Options {
        port: arguments.port,
        refs: arguments.refs,
        first_frame_delay: Duration::from_millis(arguments.first_frame_delay),
        ..Options::default()
    });
    let service = match service {
        Ok(service) => service,
        Err(error) => {
            eprintln!("cannot listen on 127.0.0.1:{}: {error}", arguments.port);
            return ExitCode::FAILURE;
        }
    };
    let stage = Stage {
        phone: service.phone(&arguments.number, &arguments.name),
        contact: service.contact(&arguments.contact, "Contact"),
        service,
    };
    say(&format!("url {}", stage.service.url()));
    say(&format!("version {}", stage.service.version_url()));
    say(&format!("root {}", hex(&stage.service.root_key())));
    let ended = Arc::new(AtomicBool::new(false));
    let events = spawn_events(stage.service.cursor(), Arc::clone(&ended));
    let texts = spawn_texts(stage.contact.clone(), Arc::clone(&ended));
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        match line.parse::<Command>() {
            Ok(Command::Quit) => break,
            Ok(command) => match command.run(&stage) {
                Ok(answer) => say(format!("ok {answer}").trim_end()),
                Err(error) => say(&format!("error: {error}")),
            },
            Err(error) if line.trim().is_empty() => drop(error),
            Err(error) => say(&format!("error: {error}")),
        }
    }
    ended.store(true, Ordering::Relaxed);
    let orderly = events.join().is_ok() && texts.join().is_ok();
    if orderly {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// How often the printing threads look whether the program ends.
const LOOK: Duration = Duration::from_millis(200);

fn spawn_events(mut cursor: Cursor, ended: Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        while !ended.load(Ordering::Relaxed) {
            if let Ok(event) = cursor.wait(LOOK, |_| true) {
                say(&format!("event: {event:?}"));
            }
        }
    })
}

fn spawn_texts(contact: Contact, ended: Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        while !ended.load(Ordering::Relaxed) {
            if let Ok(read) = contact.wait_message(LOOK) {
                say(&match read.text() {
                    Some(body) => format!("the contact reads: {body}"),
                    None => format!("the contact gets: {:?}", read.content),
                });
            }
        }
    })
}

/// Prints a whole line at once; a reader that went away is no reason to fail.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
