//! The last WhatsApp client version that is known to be good, so that a failed look-up of the
//! current one never keeps the box offline.

use serde::{Deserialize, Serialize};

use super::Store;
use super::error::Result;
use super::rows::{decode, encode};
use super::schema::META;

pub(super) const KEY: &str = "client_version";

/// A version of WhatsApp Web and when the service was asked for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClientVersion {
    /// Major, minor, build: such as 2.3000.1042742319.
    pub version: (u32, u32, u32),
    /// When it was fetched, in seconds since 1970-01-01 UTC.
    pub fetched_at_unix_s: u64,
}

impl Store {
    /// The version saved last.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub fn client_version(&self) -> Result<Option<ClientVersion>> {
        self.read(|tx| {
            let row = tx.open_table(META)?.get(KEY)?;
            row.map(|row| decode(META, row.value())).transpose()
        })
    }

    /// Keeps a version. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`].
    pub async fn save_client_version(&self, version: ClientVersion) -> Result<()> {
        let bytes = encode(META, &version)?;
        self.write(move |tx| tx.rows(META)?.put(KEY, &bytes)).await
    }
}
