//! The page's way to the messages: listing reads the store, sending goes through the account's link.
//!
//! The page runs on threads of its own and asks from there; a send is handed to the runtime and
//! waited for, with a deadline.

use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::daemon::effects::Switchboard;
use crate::limits;
use crate::store::{KeptMessage, MessageFilter, Store};
use crate::web::messages::{
    Direction, ListMessages, MessageView, SendMessage, SendProblem, SendReceipt,
};
use crate::whatsapp::send::{self, SendRequest};

/// Lists from the store.
#[must_use]
pub fn list(store: Store) -> ListMessages {
    Box::new(move |account, limit| {
        let rows = store
            .messages(account, MessageFilter::newest(limit))
            .map_err(|error| error.to_string())?;
        Ok(rows.into_iter().map(|row| view(&row)).collect())
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

fn view(row: &KeptMessage) -> MessageView {
    MessageView {
        id: row.id.as_str().to_owned(),
        direction: if row.from_me {
            Direction::Outbound
        } else {
            Direction::Inbound
        },
        chat: row.chat.id(),
        text: row.content.text().unwrap_or_default().to_owned(),
        // Zero means that the time is not known.
        at: Some(row.at).filter(|at| at.0 > 0),
        status: match &row.progress {
            Some(progress) => progress.word(),
            None if row.from_me => "sent",
            None => "received",
        },
    }
}
