//! People who wrote and wait for somebody to approve them.

use super::error::Result;
use super::rows::{Tx, all_of, decode, encode};
use super::schema_3::REQUESTS;
use super::{Store, settings};
use crate::account::AccountId;
use crate::limits;
use crate::message::address::Person;
use crate::message::policy::Request;
use crate::time::UnixMillis;

impl Store {
    /// Who waits, oldest first. Requests that ran out are not told.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn requests(&self, account: AccountId, now: UnixMillis) -> Result<Vec<Request>> {
        let mut requests = self.read(|tx| {
            let rows = tx.open_table(REQUESTS)?;
            let mut requests = Vec::new();
            for row in rows.range(all_of::<(u32, &str)>(account.0))? {
                requests.push(decode::<_, Request>(REQUESTS, row?.1.value())?);
            }
            Ok(requests)
        })?;
        requests.retain(|request| request.expires_at > now);
        requests.sort_by_key(|request| request.asked_at);
        Ok(requests)
    }

    /// Approves or denies whoever has this code: the request goes, and who was approved is on the list of
    /// the policy, by number and hidden identity. Durable when it returns. `None`: no such code. A
    /// request that ran out is returned and changes nothing.
    ///
    /// # Errors
    /// [`super::StoreError`]; then they may wait still.
    pub async fn decide(
        &self,
        account: AccountId,
        code: &str,
        approve: bool,
        now: UnixMillis,
    ) -> Result<Option<Request>> {
        let code = code.to_ascii_uppercase();
        self.write(move |tx| {
            let mut rows = tx.rows(REQUESTS)?;
            let row = rows.get((account.0, &code))?;
            let Some(row) = row.map(|row| row.value().to_vec()) else {
                return Ok(None);
            };
            let request: Request = decode(REQUESTS, &row)?;
            if request.expires_at <= now {
                return Ok(Some(request));
            }
            rows.remove((account.0, &code))?;
            if approve {
                allow(tx, account.0, &request.person)?;
            }
            Ok(Some(request))
        })
        .await
    }
}

/// Puts a person on the list of those who may write.
fn allow(tx: &Tx, account: u32, person: &Person) -> Result<()> {
    let mut policy = settings::policy_of(tx, account)?;
    let phone = person.phone().map(|phone| format!("+{}", phone.digits()));
    for name in [phone, person.lid_jid()].into_iter().flatten() {
        if !policy.allow_from.contains(&name) {
            policy.allow_from.push(name);
        }
    }
    settings::put_policy(tx, account, &policy)
}

/// All requests of an account that are remembered, oldest first.
pub(super) fn load(tx: &Tx, account: u32) -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    for row in tx.rows(REQUESTS)?.range(all_of::<(u32, &str)>(account))? {
        requests.push(decode::<_, Request>(REQUESTS, row?.1.value())?);
    }
    requests.sort_by_key(|request| request.asked_at);
    Ok(requests)
}

/// Keeps a request; what the same person asked before goes, and what ran out long ago.
pub(super) fn keep(
    tx: &Tx,
    account: u32,
    requests: &mut Vec<Request>,
    request: Request,
    now: UnixMillis,
) -> Result<()> {
    let remembered = u64::try_from(limits::REQUEST_REMEMBERED.as_millis()).unwrap_or(u64::MAX);
    let mut rows = tx.rows(REQUESTS)?;
    let (gone, kept) = std::mem::take(requests).into_iter().partition(|old| {
        let forgotten = old.expires_at.0.saturating_add(remembered) <= now.0;
        forgotten || old.person.is(&request.person)
    });
    *requests = kept;
    let gone: Vec<Request> = gone;
    for old in gone {
        rows.remove((account, &old.code))?;
    }
    rows.put((account, &request.code), &encode(REQUESTS, &request)?)?;
    requests.push(request);
    Ok(())
}
