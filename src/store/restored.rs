//! What of a store may not go on when the store comes out of a backup.
//!
//! A ratchet that is set back uses keys a second time: whoever is written to has crossed those numbers
//! off and drops the message as one they know. Nobody can tell how far the box went on after its
//! backup, so everything the box would encrypt with goes, and is agreed on anew with the first message
//! each way: to a contact by their pre-keys, to a group by a new sender key, and from a contact by one
//! retry, with which WhatsApp's clients set up a session. What it only reads with stays: the
//! identity itself, pre-keys, others' identities, and others' sender keys, which are moved on by what is
//! read.

use std::collections::BTreeSet;

use whatsapp_rust::wacore::store::Device;

use super::Store;
use super::error::Result;
use super::rows::{Tx, all_of, decode, encode};
use super::schema::{BASE_KEYS, DEVICE, SENDER_KEY_DEVICES, SENDER_KEYS, SESSIONS};
use super::send_queue;

/// What becomes of messages that waited to be sent when the backup was made: the box it was made of
/// has sent them since.
const RESTORED: &str = "restored";

/// When the signed pre-key was changed last, for the library: so long ago that it changes it at the next
/// login (0 would mean that it is not known). What WhatsApp hands out may be one the backup does not
/// have.
const LONG_AGO_MS: i64 = 1;

impl Store {
    /// Makes a store that comes out of a backup fit to be used, in one transaction: for every account
    /// the ratchets go, and what waits to be sent fails as `restored`. Only while no link runs.
    ///
    /// # Errors
    /// [`super::StoreError`]; then it is as it was.
    pub async fn discard_ratchets(&self) -> Result<()> {
        let accounts: Vec<u32> = self.accounts()?.iter().map(|one| one.id.0).collect();
        self.write(move |tx| {
            accounts
                .iter()
                .try_for_each(|account| discard(tx, *account))
        })
        .await
    }
}

fn discard(tx: &Tx, account: u32) -> Result<()> {
    send_queue::fail_all(tx, account, RESTORED)?;
    tx.rows(SESSIONS)?.remove_account(account)?;
    tx.rows(SENDER_KEY_DEVICES)?.remove_account(account)?;
    tx.rows(BASE_KEYS)?.remove_account(account)?;
    let mut devices = tx.rows(DEVICE)?;
    let stored = devices.get(account)?.map(|row| row.value().to_vec());
    let Some(stored) = stored else {
        return Ok(());
    };
    let mut device: Device = decode(DEVICE, &stored)?;
    let own = [&device.pn, &device.lid].into_iter().flatten();
    let own: BTreeSet<String> = own.map(|jid| jid.user.to_string()).collect();
    let others = |key: &str| !own.iter().any(|user| is_of(key, user));
    tx.rows(SENDER_KEYS)?
        .retain(all_of::<(u32, &str)>(account), |(_, key), _| others(key))?;
    device.last_signed_pre_key_rotation_ms = LONG_AGO_MS;
    devices.put(account, &encode(DEVICE, &device)?)
}

/// Whether a sender key (`group:user@server.0` or `group:user:device@server.0`) is one of this user's.
fn is_of(key: &str, user: &str) -> bool {
    let sender = key.split_once("@g.us:").map_or(key, |(_, sender)| sender);
    let rest = sender.strip_prefix(user);
    rest.is_some_and(|rest| rest.starts_with(['@', ':', '.']))
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn own_sender_keys_are_told_from_those_of_others() {
        assert!(is_of("1203@g.us:15550001111:7@c.us.0", "15550001111"));
        assert!(is_of("1203@g.us:15550001111@c.us.0", "15550001111"));
        assert!(is_of("1203@g.us:99@lid.0", "99"));
        assert!(!is_of("1203@g.us:990@lid.0", "99"));
        assert!(!is_of("99-1203@g.us:1@lid.0", "99"));
    }
}
