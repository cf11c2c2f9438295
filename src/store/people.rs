//! People: which number and which hidden identity are one person, and what is remembered of those who
//! wrote.
//!
//! An acquaintance lies under their number where it is known; under their hidden identity a row leads
//! there. Most messages change no row here: `intake` says when there is news.

use redb::ReadTransaction;
use whatsapp_rust::traits::LidPnMappingEntry;

use super::Store;
use super::error::Result;
use super::rows::{Rows, Tx, decode, encode};
use super::schema::{LID_MAPPINGS, LID_OF_PHONE};
use super::schema_3::ACQUAINTANCES;
use crate::account::AccountId;
use crate::limits;
use crate::message::address::{Chat, Person};
use crate::message::intake::Acquaintance;

/// Where rows are looked up by account and text: inside a transaction that writes, or one that reads.
pub(super) trait LookUp {
    /// The phone number's digits that the library knows of a hidden identity.
    fn phone_of(&self, account: u32, lid: &str) -> Result<Option<String>>;
    /// The hidden identity's digits that the library knows of a phone number.
    fn lid_of(&self, account: u32, phone: &str) -> Result<Option<String>>;
    /// The row of an address.
    fn acquaintance_row(&self, account: u32, address: &str) -> Result<Option<Vec<u8>>>;
}

fn phone_in(row: &[u8]) -> Result<String> {
    let mapping: LidPnMappingEntry = decode(LID_MAPPINGS, row)?;
    Ok(mapping.phone_number)
}

impl LookUp for Tx {
    fn phone_of(&self, account: u32, lid: &str) -> Result<Option<String>> {
        let rows = self.rows(LID_MAPPINGS)?;
        let row = rows.get((account, lid))?;
        row.map(|row| phone_in(row.value())).transpose()
    }

    fn lid_of(&self, account: u32, phone: &str) -> Result<Option<String>> {
        let rows = self.rows(LID_OF_PHONE)?;
        let row = rows.get((account, phone))?;
        Ok(row.map(|row| row.value().to_owned()))
    }

    fn acquaintance_row(&self, account: u32, address: &str) -> Result<Option<Vec<u8>>> {
        let rows = self.rows(ACQUAINTANCES)?;
        let row = rows.get((account, address))?;
        Ok(row.map(|row| row.value().to_vec()))
    }
}

impl LookUp for ReadTransaction {
    fn phone_of(&self, account: u32, lid: &str) -> Result<Option<String>> {
        let row = self.open_table(LID_MAPPINGS)?.get((account, lid))?;
        row.map(|row| phone_in(row.value())).transpose()
    }

    fn lid_of(&self, account: u32, phone: &str) -> Result<Option<String>> {
        let row = self.open_table(LID_OF_PHONE)?.get((account, phone))?;
        Ok(row.map(|row| row.value().to_owned()))
    }

    fn acquaintance_row(&self, account: u32, address: &str) -> Result<Option<Vec<u8>>> {
        let row = self.open_table(ACQUAINTANCES)?.get((account, address))?;
        Ok(row.map(|row| row.value().to_vec()))
    }
}

/// A person with everything that is known of them: first by what the library was told, then by what they
/// were called when they wrote.
pub(super) fn resolve(rows: &impl LookUp, account: u32, person: Person) -> Result<Person> {
    let mapped = match &person {
        Person::Both(..) => return Ok(person),
        Person::Phone(phone) => {
            let lid = rows.lid_of(account, phone.digits())?;
            let lid = lid.and_then(|lid| lid.parse().ok());
            lid.map(|lid| Person::Both(phone.clone(), lid))
        }
        Person::Hidden(lid) => {
            let phone = rows.phone_of(account, lid.digits())?;
            let phone = phone.and_then(|phone| phone.parse().ok());
            phone.map(|phone| Person::Both(phone, lid.clone()))
        }
    };
    if let Some(person) = mapped {
        return Ok(person);
    }
    let known = row_of(rows, account, &person)?.map(|known| known.person);
    Ok(known.filter(|known| known.is(&person)).unwrap_or(person))
}

/// The same for a chat.
pub(super) fn resolve_chat(rows: &impl LookUp, account: u32, chat: Chat) -> Result<Chat> {
    Ok(match chat {
        Chat::Person(person) => Chat::Person(resolve(rows, account, person)?),
        group @ Chat::Group(_) => group,
    })
}

/// What is remembered of a person, by whatever they are called.
pub(super) fn row_of(
    rows: &impl LookUp,
    account: u32,
    person: &Person,
) -> Result<Option<Acquaintance>> {
    for address in [Some(person.jid()), person.lid_jid()].into_iter().flatten() {
        let Some(mut row) = rows.acquaintance_row(account, &address)? else {
            continue;
        };
        if row.first() == Some(&b'"') {
            let first: String = decode(ACQUAINTANCES, &row)?;
            match rows.acquaintance_row(account, &first)? {
                Some(led_to) => row = led_to,
                None => continue,
            }
        }
        return decode(ACQUAINTANCES, &row).map(Some);
    }
    Ok(None)
}

/// Remembers a person. What they were under another address before goes.
pub(super) fn remember(tx: &Tx, account: u32, known: &Acquaintance) -> Result<()> {
    let before = row_of(tx, account, &known.person)?;
    let mut rows = tx.rows(ACQUAINTANCES)?;
    let (first, second) = (known.person.jid(), known.person.lid_jid());
    if let Some(before) = before.map(|before| before.person.jid())
        && before != first
    {
        rows.remove((account, &before))?;
    }
    rows.put((account, &first), &encode(ACQUAINTANCES, known)?)?;
    if let Some(second) = second.filter(|second| *second != first) {
        rows.put((account, &second), &encode(ACQUAINTANCES, &first)?)?;
    }
    if rows.len()? > limits::ACQUAINTANCES_MAX {
        forget_the_oldest(&mut rows)?;
    }
    Ok(())
}

/// Forgets the quarter of all people who did not write for the longest time, and the rows that led to
/// them.
fn forget_the_oldest(rows: &mut Rows<'_, (u32, &'static str), &'static [u8]>) -> Result<()> {
    let all = (0, "")..(u32::MAX, "");
    let mut times = Vec::new();
    for row in rows.range(all.clone())? {
        let (_, row) = row?;
        if let Ok(known) = decode::<_, Acquaintance>(ACQUAINTANCES, row.value()) {
            times.push(known.wrote_at);
        }
    }
    times.sort_unstable();
    let Some(oldest_kept) = times.get(times.len() / 4).copied() else {
        return Ok(());
    };
    let mut gone = std::collections::BTreeSet::new();
    rows.retain(all.clone(), |(account, address), row| {
        let keep = decode::<_, Acquaintance>(ACQUAINTANCES, row)
            .map_or(true, |known| known.wrote_at >= oldest_kept);
        if !keep {
            gone.insert((account, address.to_owned()));
        }
        keep
    })?;
    rows.retain(all, |(account, _), row| {
        decode::<_, String>(ACQUAINTANCES, row).map_or(true, |to| !gone.contains(&(account, to)))
    })?;
    Ok(())
}

impl Store {
    /// What is remembered of a person who wrote to an account.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn acquaintance(
        &self,
        account: AccountId,
        person: &Person,
    ) -> Result<Option<Acquaintance>> {
        self.read(|tx| {
            let person = resolve(tx, account.0, person.clone())?;
            row_of(tx, account.0, &person)
        })
    }

    /// A person with everything that is known of them.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn resolve(&self, account: AccountId, person: Person) -> Result<Person> {
        self.read(|tx| resolve(tx, account.0, person))
    }
}
