//! What the library tells of messages beside the hook: receipts, acknowledgements, changes of groups,
//! messages that could not be read, and those that come another way. One task a link, so that a commit
//! never keeps a stop waiting, and what comes meanwhile becomes one commit.

use std::sync::Arc;
use std::time::Duration;

use log::{error, warn};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, sleep_until};
use whatsapp_rust::Client;
use whatsapp_rust::wacore::types::events::{Event, EventKind};

use crate::clock::Clock;
use crate::message::inbound::Receipt;
use crate::whatsapp::desk::Desk;
use crate::whatsapp::receipt::merged;

/// The events that go here.
pub const INTEREST: &[EventKind] = &[
    EventKind::Receipt,
    EventKind::ServerAck,
    EventKind::Messages,
    EventKind::UndecryptableMessage,
    EventKind::GroupUpdate,
];

/// A message that came past the hook is not delivered again: it is tried this often to keep it.
const TRIES: u32 = 5;

/// Between two such attempts, at first.
const PAUSE: Duration = Duration::from_secs(1);

/// Events that are looked at together.
const BATCH: usize = 256;

/// Whether it is for this task. What the hook has kept is not.
#[must_use]
pub fn is_mail(event: &Event) -> bool {
    match event {
        Event::Messages(batch) => !batch.hook_committed,
        Event::Receipt(_)
        | Event::ServerAck(_)
        | Event::UndecryptableMessage(_)
        | Event::GroupUpdate(_) => true,
        _ => false,
    }
}

/// Works until `ended` is told or dropped, then sees to what came until then and tells what is still
/// waited for.
pub async fn run(
    desk: Arc<Desk>,
    client: Arc<Client>,
    clock: Clock,
    mut mail: mpsc::UnboundedReceiver<Arc<Event>>,
    mut ended: oneshot::Receiver<()>,
) {
    let mut batch = Vec::new();
    loop {
        let due = desk.due();
        let overdue = async {
            match due {
                Some(due) => sleep_until(clock.instant(due).into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = mail.recv_many(&mut batch, BATCH) => {
                sort(&desk, &client, std::mem::take(&mut batch)).await;
            }
            () = overdue => desk.tell_overdue(&client).await,
            _ = &mut ended => break,
        }
    }
    while let Ok(event) = mail.try_recv() {
        batch.push(event);
    }
    sort(&desk, &client, batch).await;
    desk.tell_all(&client).await;
}

async fn sort(desk: &Desk, client: &Arc<Client>, batch: Vec<Arc<Event>>) {
    let mut receipts = Vec::new();
    for event in batch {
        match &*event {
            Event::Receipt(heard) => receipts.extend(desk.receipt(client, heard).await),
            Event::ServerAck(ack) => receipts.extend(desk.verdict(client, ack).await),
            Event::Messages(batch) => take_in(desk, client, &batch.messages).await,
            Event::UndecryptableMessage(it) => desk.unreadable(client, it).await,
            Event::GroupUpdate(update) => desk.group(update).await,
            _ => {}
        }
    }
    pass_on(desk, receipts).await;
}

async fn pass_on(desk: &Desk, receipts: Vec<Receipt>) {
    for receipt in merged(receipts) {
        desk.gateway.receipt(desk.account, receipt).await;
    }
}

async fn take_in(
    desk: &Desk,
    client: &Arc<Client>,
    messages: &[whatsapp_rust::wacore::types::events::InboundMessage],
) {
    let mut pause = PAUSE;
    for attempt in 1..=TRIES {
        let Err(failed) = desk.take_in(client, messages).await else {
            return;
        };
        let account = desk.account;
        if attempt == TRIES {
            error!("account {account}: a message the phone gave again is lost: {failed}");
        } else {
            warn!("account {account}: a message the phone gave again was not kept yet: {failed}");
            sleep(pause).await;
            pause *= 2;
        }
    }
}
