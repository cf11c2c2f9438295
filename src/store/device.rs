//! The library's `DeviceStore`: the identity itself, with its private keys.
//!
//! The library saves it at every small change and, with every connection attempt, only to note when
//! it last asked for the client version. A save that changes nothing else is not written, and one the disk
//! does not take is not lost (both: `unsaved`). A link that cannot read it does not begin, and says why.

use async_trait::async_trait;
use redb::ReadTransaction;
use whatsapp_rust::traits::DeviceStore;
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::error::Result;

use super::backend::AccountBackend;
use super::error;
use super::rows::{decode, encode};
use super::schema::DEVICE;

#[async_trait]
impl DeviceStore for AccountBackend {
    async fn save(&self, device: &Device) -> Result<()> {
        Ok(self.save_device(device).await?)
    }

    async fn load(&self) -> Result<Option<Device>> {
        self.glance(|tx| load(tx, self.account))
    }

    async fn exists(&self) -> Result<bool> {
        self.glance(|tx| Ok(tx.open_table(DEVICE)?.get(self.account)?.is_some()))
    }

    async fn create(&self) -> Result<i32> {
        if !self.exists().await? {
            let (account, bytes) = (self.account, encode(DEVICE, &Device::new())?);
            self.write(move |tx| {
                let mut rows = tx.rows(DEVICE)?;
                let exists = rows.get(account)?.is_some();
                if exists {
                    Ok(())
                } else {
                    rows.put(account, &bytes)
                }
            })
            .await?;
        }
        // Account numbers are given out one by one: they fit.
        Ok(i32::try_from(self.account).unwrap_or(i32::MAX))
    }
}

/// The device of an account. A row that cannot be read is an error, never "no device": the caller
/// would make a new identity.
pub(super) fn load(tx: &ReadTransaction, account: u32) -> error::Result<Option<Device>> {
    let row = tx.open_table(DEVICE)?.get(account)?;
    row.map(|row| decode(DEVICE, row.value())).transpose()
}
