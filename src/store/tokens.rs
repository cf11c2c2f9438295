//! API tokens: what they allow, and the digest by which one is known again. The token itself is never
//! here.
//!
//! All tokens are also held in memory, as they are in the file, so that checking one costs no disk:
//! [`Store::tokens`]. The writer publishes them anew after each commit that touched them. When a token
//! was used last is not kept: that would wear the card with every request.
//!
//! Tokens that end with this run of the program (made while the clock was not set) carry the run's
//! name; those of another run are as good as none, and go with the next change.

use std::fmt;
use std::sync::Arc;

use redb::{ReadTransaction, ReadableTable};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::Store;
use super::error::{Result, StoreError};
use super::rows::{Rows, Tx, decode, encode};
use super::schema::{META, TOKENS};
use crate::account::AccountId;
use crate::limits;
use crate::time::UnixMillis;
use crate::token::{Scope, TokenId};

/// Name of the row with the number of the next token: 32 bits, little-endian.
const NEXT_TOKEN: &str = "next_token";

/// A token to be kept. `Debug` does not show the digest.
#[derive(Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What people call it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// With which accounts; `None`: with all.
    pub accounts: Option<Vec<AccountId>>,
    /// When it was made, if the clock was set.
    pub created_at: Option<UnixMillis>,
    /// How long it is good.
    pub life: Life,
    /// It stands in a browser's cookie.
    pub browser: bool,
    /// SHA-256 of the token.
    pub digest: [u8; 32],
}

/// How long a token is good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// Until it is taken back.
    Endless,
    /// Until that time on the wall.
    Until(UnixMillis),
    /// Until this program ends.
    ThisRun,
}

/// A token that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredToken {
    /// Its number.
    pub id: TokenId,
    /// The rest.
    pub is: NewToken,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken")
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .field("accounts", &self.accounts)
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

/// A token as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Row {
    name: String,
    scopes: Vec<String>,
    #[serde(default)]
    accounts: Option<Vec<u32>>,
    #[serde(default)]
    created_at_ms: Option<u64>,
    #[serde(default)]
    expires_at_ms: Option<u64>,
    /// The run of the program it ends with.
    #[serde(default)]
    run: Option<u64>,
    #[serde(default)]
    browser: bool,
    sha256: [u8; 32],
}

impl Row {
    fn of(token: &NewToken, run: u64) -> Self {
        Self {
            name: token.name.clone(),
            scopes: token.scopes.iter().map(ToString::to_string).collect(),
            accounts: token
                .accounts
                .as_ref()
                .map(|accounts| accounts.iter().map(|account| account.0).collect()),
            created_at_ms: token.created_at.map(|at| at.0),
            expires_at_ms: match token.life {
                Life::Until(at) => Some(at.0),
                Life::Endless | Life::ThisRun => None,
            },
            run: (token.life == Life::ThisRun).then_some(run),
            browser: token.browser,
            sha256: token.digest,
        }
    }

    fn is_of_another_run(&self, run: u64) -> bool {
        self.run.is_some_and(|its| its != run)
    }

    fn into_token(self, id: u32) -> StoredToken {
        // A scope of a later program allows nothing here.
        let scopes = self.scopes.iter().filter_map(|word| word.parse().ok());
        let life = match (self.run, self.expires_at_ms) {
            (Some(_), _) => Life::ThisRun,
            (None, Some(at)) => Life::Until(UnixMillis(at)),
            (None, None) => Life::Endless,
        };
        StoredToken {
            id: TokenId(id),
            is: NewToken {
                name: self.name,
                scopes: scopes.collect(),
                accounts: self
                    .accounts
                    .map(|accounts| accounts.into_iter().map(AccountId).collect()),
                created_at: self.created_at_ms.map(UnixMillis),
                life,
                browser: self.browser,
                digest: self.sha256,
            },
        }
    }
}

/// All tokens, by number.
pub type Tokens = Arc<Vec<StoredToken>>;

impl Store {
    /// The tokens that are kept, always as they are now.
    #[must_use]
    pub fn tokens(&self) -> watch::Receiver<Tokens> {
        self.shared.tokens.subscribe()
    }

    /// Keeps a token; `now` is the time on the wall, if that is known. Those that have run out make
    /// room, and of a full box the oldest browser makes room for another. Durable when it returns;
    /// `None`: there is no room ([`limits::TOKENS_MAX`]).
    ///
    /// # Errors
    /// [`StoreError`]; then there is no such token.
    pub async fn add_token(
        &self,
        token: NewToken,
        now: Option<UnixMillis>,
    ) -> Result<Option<TokenId>> {
        let run = self.shared.run;
        let bytes = encode(TOKENS, &Row::of(&token, run))?;
        self.write(move |tx| {
            let mut rows = tx.rows(TOKENS)?;
            tx.note_tokens();
            let has_ended = |row: &Row| {
                let ran_out = row
                    .expires_at_ms
                    .zip(now)
                    .is_some_and(|(end, now)| now.0 >= end);
                ran_out || row.is_of_another_run(run)
            };
            rows.retain(0..u32::MAX, |_, row| {
                !serde_json::from_slice::<Row>(row).is_ok_and(|row| has_ended(&row))
            })?;
            if !make_room(&mut rows, token.browser)? {
                return Ok(None);
            }
            let id = next_number(tx)?;
            rows.put(id, &bytes)?;
            Ok(Some(TokenId(id)))
        })
        .await
    }

    /// Takes a token back. Durable when it returns; says whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]; the token may still be good.
    pub async fn remove_token(&self, token: TokenId) -> Result<bool> {
        self.write(move |tx| {
            tx.note_tokens();
            tx.rows(TOKENS)?.remove(token.0)
        })
        .await
    }

    /// Takes all tokens back. They are good for nothing from the moment this is called, also when the
    /// disk takes no writes: then they are deleted with the next write that works.
    ///
    /// # Errors
    /// [`StoreError`]; a restart before the disk works again brings them back.
    pub async fn reset_tokens(&self) -> Result<()> {
        self.shared.want_token_reset();
        // The writer deletes them before anything else it does, and once more here: one that was asked
        // for in between goes, too.
        self.write(clear).await
    }
}

/// Whether there is room for one more; a browser may take the oldest browser's place.
fn make_room(rows: &mut Rows<'_, u32, &'static [u8]>, for_browser: bool) -> Result<bool> {
    let (mut count, mut oldest_browser) = (0, None);
    for row in rows.range(0..u32::MAX)? {
        let (id, row) = row?;
        let row: Row = decode(TOKENS, row.value())?;
        count += 1;
        if row.browser && oldest_browser.is_none() {
            oldest_browser = Some(id.value());
        }
    }
    if count < limits::TOKENS_MAX {
        return Ok(true);
    }
    match oldest_browser.filter(|_| for_browser) {
        Some(oldest) => rows.remove(oldest),
        None => Ok(false),
    }
}

/// A number no token had before.
fn next_number(tx: &Tx) -> Result<u32> {
    let mut meta = tx.rows(META)?;
    let stored = meta.get(NEXT_TOKEN)?;
    let stored = stored.and_then(|row| row.value().try_into().ok());
    let id = stored.map_or(1, u32::from_le_bytes);
    meta.put(NEXT_TOKEN, id.saturating_add(1).to_le_bytes().as_slice())?;
    Ok(id)
}

/// Deletes all tokens.
pub(super) fn clear(tx: &Tx) -> Result<()> {
    tx.note_tokens();
    tx.rows(TOKENS)?.retain(0..u32::MAX, |_, _| false)?;
    Ok(())
}

/// Takes an account off the list of every token; one that is left without any goes, because an empty
/// list allows nothing.
pub(super) fn forget_account(tx: &Tx, account: u32) -> Result<()> {
    tx.note_tokens();
    let mut rows = tx.rows(TOKENS)?;
    let mut limited = Vec::new();
    for row in rows.range(0..u32::MAX)? {
        let (id, row) = row?;
        let mut row: Row = decode(TOKENS, row.value())?;
        if let Some(accounts) = &mut row.accounts
            && accounts.contains(&account)
        {
            accounts.retain(|listed| *listed != account);
            limited.push((id.value(), row));
        }
    }
    for (id, row) in limited {
        if row.accounts.as_ref().is_none_or(Vec::is_empty) {
            rows.remove(id)?;
        } else {
            rows.put(id, &encode(TOKENS, &row)?)?;
        }
    }
    Ok(())
}

/// All tokens of a state of the file that are good in this run.
pub(super) fn load(tx: &ReadTransaction, run: u64) -> Result<Vec<StoredToken>> {
    let mut tokens = Vec::new();
    for row in tx.open_table(TOKENS)?.iter()? {
        let (id, row) = row?;
        let row: Row = decode(TOKENS, row.value())?;
        if !row.is_of_another_run(run) {
            tokens.push(row.into_token(id.value()));
        }
    }
    Ok(tokens)
}

/// Names this run of the program.
pub(super) fn name_run() -> Result<u64> {
    let mut name = [0; 8];
    getrandom::fill(&mut name).map_err(|_| StoreError::NoChance)?;
    Ok(u64::from_le_bytes(name))
}
