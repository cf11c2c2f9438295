//! The handle of a link: what others can have it do, and where they wait for it.

use std::fmt;
use std::path::PathBuf;

use log::debug;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{LinkParts, run};
use crate::account::{E164, Epoch};
#[cfg(doc)]
use crate::event::LinkEvent;
use crate::limits;
use crate::message::address::{Chat, MessageId, Person};
use crate::message::content::Media;
use crate::message::outbound::Outbound;
use crate::whatsapp::dispatch::{DispatchError, Outward};
use crate::whatsapp::media::{self, FetchError};

/// What a running link can be told.
#[derive(Debug)]
pub(super) enum Command {
    Stop,
    Unlink,
    RequestCode(E164),
    Outward(Work),
}

/// Something to be done with the client, on a task of its own.
pub(super) struct Work(pub(super) Box<dyn FnOnce(Outward) + Send>);

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work(…)")
    }
}

/// The handle of a running link.
#[derive(Clone, Debug)]
pub struct Link {
    epoch: Epoch,
    commands: mpsc::Sender<Command>,
}

impl Link {
    /// Starts it on the current runtime.
    #[must_use]
    pub fn start(parts: LinkParts) -> (Self, JoinHandle<()>) {
        let (commands, receiver) = mpsc::channel(limits::LINK_COMMANDS);
        let epoch = parts.epoch;
        let task = tokio::spawn(run(parts, receiver));
        (Self { epoch, commands }, task)
    }

    /// Which start it is.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Ends it: everything it holds is flushed first.
    pub fn stop(&self) {
        self.tell(Command::Stop);
    }

    /// Tells WhatsApp that this device is no longer wanted, then ends it.
    pub fn unlink(&self) {
        self.tell(Command::Unlink);
    }

    /// Asks WhatsApp for a code to type on the phone with that number. Answers with
    /// [`LinkEvent::TypedCode`] or [`LinkEvent::TypedCodeRefused`]; a code that is up is taken back.
    pub fn request_code(&self, phone: E164) {
        self.tell(Command::RequestCode(phone));
    }

    /// Sends a message: encrypted, recorded for resends and written to the socket when it returns. The
    /// same id again is the same message to WhatsApp. `file` is what is uploaded first (media only; it
    /// stays where it is).
    ///
    /// # Errors
    /// [`DispatchError`]; nothing was sent, as far as anybody knows.
    pub async fn dispatch(
        &self,
        outbound: &Outbound,
        file: Option<PathBuf>,
    ) -> Result<(), DispatchError> {
        let outbound = outbound.clone();
        let work = |outward: Outward| async move { outward.dispatch(&outbound, file).await };
        let done = self.outward(work).await;
        done.unwrap_or(Err(DispatchError::NotConnected))
    }

    /// Shows "typing…" in a chat, or takes it back. WhatsApp lets it run out after some 25 s.
    ///
    /// # Errors
    /// [`DispatchError`].
    pub async fn typing(&self, chat: &Chat, on: bool) -> Result<(), DispatchError> {
        let chat = chat.clone();
        let work = move |outward: Outward| async move { outward.typing(&chat, on).await };
        let done = self.outward(work).await;
        done.unwrap_or(Err(DispatchError::NotConnected))
    }

    /// Marks messages as read; in a group `sender` wrote all of them.
    ///
    /// # Errors
    /// [`DispatchError`].
    pub async fn mark_read(
        &self,
        chat: &Chat,
        sender: Option<&Person>,
        ids: &[MessageId],
    ) -> Result<(), DispatchError> {
        let (chat, sender, ids) = (chat.clone(), sender.cloned(), ids.to_vec());
        let work =
            |outward: Outward| async move { outward.mark_read(&chat, sender.as_ref(), &ids).await };
        let done = self.outward(work).await;
        done.unwrap_or(Err(DispatchError::NotConnected))
    }

    /// Who has that number at WhatsApp, if anybody.
    ///
    /// # Errors
    /// [`DispatchError`]: nobody knows.
    pub async fn look_up(&self, phone: &E164) -> Result<Option<Person>, DispatchError> {
        let phone = phone.clone();
        let work = |outward: Outward| async move { outward.look_up(&phone).await };
        let done = self.outward(work).await;
        done.unwrap_or(Err(DispatchError::NotConnected))
    }

    /// Fetches and decrypts the file of a message into `to`, which is made or emptied first; says how
    /// many bytes it has. `max` is in bytes. What does not check out leaves an empty file.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn fetch(&self, media: &Media, to: PathBuf, max: u64) -> Result<u64, FetchError> {
        let media = media.clone();
        let work = move |outward: Outward| async move {
            media::fetch(&outward.client, &outward.hosts, &media, &to, max).await
        };
        let done = self.outward(work).await;
        done.unwrap_or(Err(FetchError::NotConnected))
    }

    /// Has something done with the client; `None` when there is none.
    async fn outward<T, F>(&self, work: impl FnOnce(Outward) -> F + Send + 'static) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = Work(Box::new(move |outward| {
            let done = work(outward);
            tokio::spawn(async move {
                // The asker may have given up waiting.
                let _ = reply.send(done.await);
            });
        }));
        self.commands.send(Command::Outward(work)).await.ok()?;
        answer.await.ok()
    }

    fn tell(&self, command: Command) {
        // A link that no longer listens has ended or is ending, which is what was asked for. A full
        // queue would take as many sends in flight; the channel has room for the words above.
        if let Err(error) = self.commands.try_send(command) {
            debug!("link {} takes no command: {error}", self.epoch.0);
        }
    }
}
