//! Outbound messages: parsed address, one attempt, recorded when it was written to the socket.
//!
//! The library has no queue for a socket that is down; until the outbox exists, neither has the box:
//! the caller is told at once and tries again.

use std::fmt;

use thiserror::Error;
use whatsapp_rust::{Client, Jid};

use crate::account::{AccountId, E164};
use crate::store::{Store, StoredMessage};

/// A text to send.
#[derive(Clone)]
pub struct SendRequest {
    /// A phone number with its country code, or a JID.
    pub to: String,
    /// The text.
    pub text: String,
    /// Seconds since 1970, for the record.
    pub now_s: i64,
}

impl fmt::Debug for SendRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendRequest(…)")
    }
}

/// A text that went out.
#[derive(Clone, Debug)]
pub struct Sent {
    /// WhatsApp's id of the message.
    pub id: String,
}

/// Why a text did not go out.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SendProblem {
    /// The account is not connected.
    #[error("the account is not connected")]
    NotWorking,
    /// `to` is neither a number nor a JID.
    #[error("not a phone number with country code, nor a WhatsApp address")]
    BadAddress,
    /// The text is empty or too long.
    #[error("a text has 1 to {max} characters", max = crate::limits::TEXT_MAX)]
    BadText,
    /// The library or the service refused it.
    #[error("the message was not sent: {0}")]
    Refused(String),
}

/// Sends `request` over `client` and records it.
///
/// # Errors
/// [`SendProblem`]: nothing was sent. A record that cannot be written does not undo the sending; it
/// is logged by the store.
pub async fn text(
    client: &std::sync::Arc<Client>,
    store: &Store,
    account: AccountId,
    request: SendRequest,
) -> Result<Sent, SendProblem> {
    let chat = address(&request.to)?;
    if request.text.is_empty() || request.text.chars().count() > crate::limits::TEXT_MAX {
        return Err(SendProblem::BadText);
    }
    if !client.is_logged_in() {
        return Err(SendProblem::NotWorking);
    }
    let sent = client
        .send_text(chat.clone(), request.text.clone())
        .await
        .map_err(|error| SendProblem::Refused(error.to_string()))?;
    let id = sent.message_id;
    let own = client
        .pn()
        .map(|jid| jid.to_non_ad().to_string())
        .unwrap_or_default();
    let row = StoredMessage {
        id: id.clone(),
        chat: chat.to_string(),
        from_me: true,
        sender: own,
        timestamp_s: request.now_s,
        text: request.text,
    };
    if let Err(error) = store.append_messages(account, vec![row]).await {
        log::warn!("a sent message could not be recorded: {error}");
    }
    Ok(Sent { id })
}

/// A JID as written, or the JID of a number.
fn address(to: &str) -> Result<Jid, SendProblem> {
    if to.contains('@') {
        return to.parse().map_err(|_| SendProblem::BadAddress);
    }
    let number: E164 = to.parse().map_err(|_| SendProblem::BadAddress)?;
    Ok(Jid::pn(number.digits()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_jids_are_addresses() {
        assert_eq!(
            address("+1 555 000-2222").unwrap().to_string(),
            "15550002222@s.whatsapp.net"
        );
        assert_eq!(address("123@lid").unwrap().to_string(), "123@lid");
        assert!(matches!(address("hello"), Err(SendProblem::BadAddress)));
    }
}
