//! The page's way to the messages: listing reads the store, sending goes through the account's link.
//!
//! The page runs on threads of its own and asks from there; a send is handed to the runtime and
//! waited for, with a deadline.

use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::gateway::Switchboard;
use crate::limits;
use crate::store::{Store, StoredMessage};
use crate::time::UnixMillis;
use crate::web::messages::{
    Direction, ListMessages, MessageView, SendMessage, SendProblem, SendReceipt,
};
use crate::whatsapp::send::{self, SendRequest};

/// Lists from the store.
#[must_use]
pub fn list(store: Store) -> ListMessages {
    Box::new(move |account, limit| {
        let rows = store
            .messages(account, limit)
            .map_err(|error| error.to_string())?;
        Ok(rows.into_iter().map(view).collect())
    })
}

/// Sends through whichever link the account has at that moment. Called from the page's threads only:
/// it blocks.
#[must_use]
pub fn send(links: Switchboard, runtime: Handle, clock: Clock) -> SendMessage {
    Box::new(move |account, to, text| {
        let link = links.borrow().get(&account).cloned();
        let link = link.ok_or(SendProblem::NotWorking)?;
        let request = SendRequest {
            to: to.to_owned(),
            text: text.to_owned(),
            now_s: clock
                .now()
                .wall
                .map_or(0, |wall| i64::try_from(wall.0 / 1000).unwrap_or(0)),
        };
        // The timer has to be made inside the runtime.
        let sent = runtime.block_on(async { timeout(limits::SEND, link.send(request)).await });
        match sent {
            Ok(Ok(sent)) => Ok(SendReceipt {
                id: sent.id,
                status: "sent",
            }),
            Ok(Err(problem)) => Err(in_page_words(problem)),
            Err(_late) => Err(SendProblem::Failed("it took too long".to_owned())),
        }
    })
}

fn in_page_words(problem: send::SendProblem) -> SendProblem {
    match problem {
        send::SendProblem::NotWorking => SendProblem::NotWorking,
        send::SendProblem::BadAddress => {
            SendProblem::BadRecipient("it is neither a number with country code nor a JID")
        }
        send::SendProblem::BadText => SendProblem::BadText,
        send::SendProblem::Refused(why) => SendProblem::Failed(why),
    }
}

fn view(row: StoredMessage) -> MessageView {
    MessageView {
        id: row.id,
        direction: if row.from_me {
            Direction::Outbound
        } else {
            Direction::Inbound
        },
        chat: row.chat,
        text: row.text,
        at: millis(row.timestamp_s),
        status: if row.from_me { "sent" } else { "received" },
    }
}

/// Zero and less mean that the time is not known.
fn millis(unix_s: i64) -> Option<UnixMillis> {
    let unix_s = u64::try_from(unix_s).ok().filter(|unix_s| *unix_s > 0)?;
    Some(UnixMillis(unix_s.saturating_mul(1000)))
}
