//! The bench as both stories and people set it up: a service, the owner's phone, somebody who writes, a
//! panel with two buttons, and the socket a box is plugged into.

use anyhow::Result;
use pairbox_chips::Bench;
use pairbox_sim::{Contact, Options, Phone, Service};
use tempfile::TempDir;

use crate::power::Socket;
use crate::record::Record;

/// The number of the account's owner.
pub const OWNER: &str = "15550001111";
/// The number of somebody who writes to the account.
pub const ALICE: &str = "15550002222";

/// Everything around one box. The folder goes when it is dropped, so whoever takes the parts keeps it.
pub struct Workbench {
    /// WhatsApp.
    pub service: Service,
    /// The owner's phone.
    pub phone: Phone,
    /// Somebody who writes.
    pub alice: Contact,
    /// The panel and the lines.
    pub bench: Bench,
    /// What the box is plugged into.
    pub socket: Socket,
    /// The box's own folder, and the bench's socket.
    pub folder: TempDir,
}

impl Workbench {
    /// A bench on which `program` (with the arguments that come first) can be switched on.
    pub fn set(program: Vec<String>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let service = Service::start(Options::default())?;
        let phone = service.phone(OWNER, "Owner");
        let alice = service.contact(ALICE, "Alice");
        let hardware = folder.path().join("bench.sock");
        let bench = Bench::start(&hardware)?;
        let record = Record::of_this_test();
        record.secret(OWNER);
        record.secret(ALICE);
        let socket = Socket {
            program,
            folder: folder.path().to_owned(),
            endpoint: service.url(),
            version_url: service.version_url(),
            hardware: Some(hardware),
            extra: String::new(),
            record,
        };
        Ok(Self {
            service,
            phone,
            alice,
            bench,
            socket,
            folder,
        })
    }
}
