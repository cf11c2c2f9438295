//! What the owner decided about messages, as one value: policies and routes here, webhooks in `webhooks`.
//!
//! All of it is also held in memory, as it is in the file: [`Store::settings`]. The writer publishes it
//! anew after each commit that touched it.

use std::sync::Arc;

use redb::{ReadTransaction, ReadableTable};
use tokio::sync::watch;

use super::Store;
use super::error::Result;
use super::rows::{Tx, decode, encode};
use super::schema_3::{POLICIES, ROUTES, WEBHOOKS};
use super::{ring, webhooks};
use crate::account::AccountId;
use crate::message::intake::Settings;
use crate::message::policy::Policy;
use crate::message::route::Routes;
use crate::message::webhook::WebhookId;

impl Store {
    /// What the owner decided about messages, always as it is now.
    #[must_use]
    pub fn settings(&self) -> watch::Receiver<Arc<Settings>> {
        self.shared.settings.subscribe()
    }

    /// Keeps the policy of an account. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; the policy that was there may still be.
    pub async fn put_policy(&self, account: AccountId, policy: Policy) -> Result<()> {
        self.write(move |tx| {
            ring::refuse_deleted(tx, account.0)?;
            put_policy(tx, account.0, &policy)
        })
        .await
    }

    /// Keeps the routes of an account. A webhook that is linked here is taken from whatever account it
    /// was linked to, in the same transaction. Durable when it returns.
    ///
    /// # Errors
    /// [`super::StoreError`]; the routes that were there may still be.
    pub async fn put_routes(&self, account: AccountId, routes: Routes) -> Result<()> {
        self.write(move |tx| {
            ring::refuse_deleted(tx, account.0)?;
            if let Some(link) = routes.link {
                change_routes(tx, |other, theirs| {
                    let taken = other != account.0 && theirs.link == Some(link);
                    if taken {
                        theirs.link = None;
                    }
                    taken
                })?;
            }
            tx.note_settings();
            tx.rows(ROUTES)?.put(account.0, &encode(ROUTES, &routes)?)
        })
        .await
    }
}

/// Keeps the policy of an account.
pub(super) fn put_policy(tx: &Tx, account: u32, policy: &Policy) -> Result<()> {
    tx.note_settings();
    tx.rows(POLICIES)?.put(account, &encode(POLICIES, policy)?)
}

/// The policy of an account.
pub(super) fn policy_of(tx: &Tx, account: u32) -> Result<Policy> {
    let rows = tx.rows(POLICIES)?;
    let row = rows.get(account)?;
    row.map_or_else(
        || Ok(Policy::default()),
        |row| decode(POLICIES, row.value()),
    )
}

/// Changes the routes of the accounts of which `change` says that it changed them.
fn change_routes(tx: &Tx, mut change: impl FnMut(u32, &mut Routes) -> bool) -> Result<()> {
    let mut rows = tx.rows(ROUTES)?;
    let mut changed = Vec::new();
    for row in rows.range(0..u32::MAX)? {
        let (account, row) = row?;
        let account = account.value();
        let mut routes: Routes = decode(ROUTES, row.value())?;
        if change(account, &mut routes) {
            changed.push((account, encode(ROUTES, &routes)?));
        }
    }
    for (account, row) in changed {
        tx.note_settings();
        rows.put(account, &row)?;
    }
    Ok(())
}

/// Takes a webhook out of all routes: nothing is to lead where nobody listens.
pub(super) fn forget_webhook(tx: &Tx, webhook: WebhookId) -> Result<()> {
    change_routes(tx, |_, routes| {
        if !routes.webhooks().any(|named| named == webhook) {
            return false;
        }
        routes.link = routes.link.filter(|link| *link != webhook);
        routes.routes.retain(|route| route.webhook != webhook);
        let still = |name: &String| {
            let same = |route: &crate::message::route::Route| route.name.eq_ignore_ascii_case(name);
            routes.routes.iter().any(same)
        };
        routes.default = routes.default.take().filter(still);
        true
    })
}

/// All of it, in a state of the file.
pub(super) fn load(tx: &ReadTransaction) -> Result<Settings> {
    let mut settings = Settings::default();
    for row in tx.open_table(POLICIES)?.iter()? {
        let (account, row) = row?;
        let policy = decode(POLICIES, row.value())?;
        settings.policies.insert(AccountId(account.value()), policy);
    }
    for row in tx.open_table(ROUTES)?.iter()? {
        let (account, row) = row?;
        let routes = decode(ROUTES, row.value())?;
        settings.routes.insert(AccountId(account.value()), routes);
    }
    for row in tx.open_table(WEBHOOKS)?.iter()? {
        let (id, row) = row?;
        let webhook = webhooks::from_row(row.value())?;
        settings.webhooks.insert(WebhookId(id.value()), webhook);
    }
    Ok(settings)
}

/// All of it, as a transaction sees it that changed some of it.
pub(super) fn load_changed(tx: &Tx) -> Result<Settings> {
    let mut settings = Settings::default();
    for row in tx.rows(POLICIES)?.range(0..u32::MAX)? {
        let (account, row) = row?;
        let policy = decode(POLICIES, row.value())?;
        settings.policies.insert(AccountId(account.value()), policy);
    }
    for row in tx.rows(ROUTES)?.range(0..u32::MAX)? {
        let (account, row) = row?;
        let routes = decode(ROUTES, row.value())?;
        settings.routes.insert(AccountId(account.value()), routes);
    }
    for row in tx.rows(WEBHOOKS)?.range(0..u32::MAX)? {
        let (id, row) = row?;
        let webhook = webhooks::from_row(row.value())?;
        settings.webhooks.insert(WebhookId(id.value()), webhook);
    }
    Ok(settings)
}
