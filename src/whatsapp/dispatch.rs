//! What a link does for a message that goes out, and for the chat it goes to: one attempt each. Queues,
//! patience and records are the gateway's.

use std::collections::VecDeque;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use whatsapp_rust::features::ContactError;
use whatsapp_rust::types::message::AddressingMode;
use whatsapp_rust::upload::UploadResponse;
use whatsapp_rust::{Client, ErrorChainExt as _, Jid, SendError, SendOptions};

use crate::account::E164;
use crate::limits;
use crate::message::address::{Chat, MessageId, Person};
use crate::message::content::MediaKind;
use crate::message::inbound::{Receipt, ReceiptState};
use crate::message::outbound::{Draft, Outbound};
use crate::whatsapp::compose::{Around, compose, key};
use crate::whatsapp::desk::Desk;
use crate::whatsapp::http::Hosts;
use crate::whatsapp::voice::Voice;
use crate::whatsapp::{media, people};

/// Why a message did not go out, or a question was not answered.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum DispatchError {
    /// The socket is down or not logged in: the same again, once it is back.
    #[error("the account is not connected")]
    NotConnected,
    /// Nobody has that number at WhatsApp.
    #[error("the number is not on WhatsApp")]
    NotOnWhatsApp,
    /// It will not be taken however often it is tried.
    #[error("refused: {why}")]
    Refused {
        /// Technical words; nothing of the message.
        why: String,
    },
    /// Something went wrong that may be right the next time.
    #[error("{why}")]
    Trouble {
        /// Technical words; nothing of the message.
        why: String,
    },
}

/// Files that were uploaded lately, by the message they belong to.
#[derive(Default)]
pub struct Uploads(Mutex<VecDeque<(MessageId, UploadResponse)>>);

impl Uploads {
    fn get(&self, id: &MessageId) -> Option<UploadResponse> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(of, _)| of == id)?;
        Some(found.1.clone())
    }

    fn put(&self, id: MessageId, upload: UploadResponse) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= limits::UPLOADS_KNOWN {
            known.pop_front();
        }
        known.push_back((id, upload));
    }
}

/// What going out takes.
#[derive(Clone)]
pub struct Outward {
    /// The library.
    pub client: Arc<Client>,
    /// What is known of chats.
    pub desk: Arc<Desk>,
    /// Where files go.
    pub hosts: Hosts,
    /// Where they are.
    pub uploads: Arc<Uploads>,
    /// Who says that messages go.
    pub voice: Arc<Voice>,
}

impl Outward {
    /// Fails unless the account can send now. The library would wait for a login, holding a place in
    /// the queue.
    fn online(&self) -> Result<&Arc<Client>, DispatchError> {
        let online = self.client.is_connected() && self.client.is_logged_in();
        online
            .then_some(&self.client)
            .ok_or(DispatchError::NotConnected)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`DispatchError`]
    pub async fn dispatch(
        &self,
        outbound: &Outbound,
        file: Option<PathBuf>,
    ) -> Result<(), DispatchError> {
        let client = self.online()?;
        let to = people::chat_jid(&outbound.chat);
        let group = self.group(&to).await?;
        let upload = match &outbound.content {
            Draft::Media { kind, .. } => Some(self.upload(&outbound.id, *kind, file).await?),
            _ => None,
        };
        self.desk
            .dispatched(outbound.id.clone(), outbound.chat.clone());
        if group.announces && self.react_encrypted(outbound, &to).await? {
            return Ok(());
        }
        let around = Around {
            hidden: group.hidden,
            upload,
            now_ms: whatsapp_rust::wacore::time::now_millis(),
        };
        let Some(message) = compose(outbound, around) else {
            return Err(refused("the file is missing"));
        };
        let mut options = SendOptions::default().with_message_id(outbound.id.as_str());
        let timed = !matches!(outbound.content, Draft::Reaction { .. });
        if let Some(timer) = self.desk.groups.timer(&outbound.chat).filter(|_| timed) {
            options = options.with_ephemeral_expiration(timer);
        }
        let sent = client.send_message_with_options(to, message, options).await;
        sent.map_err(|error| send_error(&error))?;
        self.voice.message();
        Ok(())
    }

    /// How a group names its people; the library has it in memory, or asks.
    async fn group(&self, to: &Jid) -> Result<Group, DispatchError> {
        if people::group(to).is_none() {
            return Ok(Group::default());
        }
        let info = self.client.groups().query_info(to).await;
        let info = info.map_err(|error| send_error(&SendError::from(error)))?;
        Ok(Group {
            hidden: info.addressing_mode == AddressingMode::Lid,
            announces: info.is_community_announce == Some(true),
        })
    }

    async fn upload(
        &self,
        id: &MessageId,
        kind: MediaKind,
        file: Option<PathBuf>,
    ) -> Result<UploadResponse, DispatchError> {
        if let Some(known) = self.uploads.get(id) {
            return Ok(known);
        }
        let file = file.ok_or_else(|| refused("the file is missing"))?;
        if !file.is_file() {
            return Err(refused("the file is missing"));
        }
        let uploaded = media::upload(&self.client, &self.hosts, kind, file).await;
        let uploaded = uploaded.map_err(|error| {
            let cause: &(dyn Error + 'static) = error.as_ref();
            chain_error(cause, || match cause.http_status() {
                Some(413 | 415) => refused("the media servers do not take the file"),
                _ => DispatchError::Trouble {
                    why: format!("uploading: {}", status_words(cause)),
                },
            })
        })?;
        self.uploads.put(id.clone(), uploaded.clone());
        Ok(uploaded)
    }

    /// Groups for announcements take reactions in a form of their own, which the library sends under an
    /// id of its own: the server's word on it would be for nobody, so that it counts as sent at once.
    async fn react_encrypted(&self, outbound: &Outbound, to: &Jid) -> Result<bool, DispatchError> {
        let Draft::Reaction {
            target,
            sender,
            emoji,
        } = &outbound.content
        else {
            return Ok(false);
        };
        let key = key(&outbound.chat, target, sender.as_ref(), true);
        let sent = self.client.send_reaction(to, key, emoji).await;
        sent.map_err(|error| send_error(&error))?;
        let receipt = Receipt {
            chat: outbound.chat.clone(),
            ids: vec![outbound.id.clone()],
            by: None,
            state: ReceiptState::Server,
        };
        self.desk.gateway.receipt(self.desk.account, receipt).await;
        Ok(true)
    }

    /// Shows "typing…", or takes it back.
    ///
    /// # Errors
    /// [`DispatchError`]
    pub async fn typing(&self, chat: &Chat, on: bool) -> Result<(), DispatchError> {
        let client = self.online()?;
        let to = people::chat_jid(chat);
        let state = client.chatstate();
        let said = if on {
            state.send_composing(&to).await
        } else {
            state.send_paused(&to).await
        };
        said.map_err(|error| any_error(&error))
    }

    /// Marks messages as read.
    ///
    /// # Errors
    /// [`DispatchError`]
    pub async fn mark_read(
        &self,
        chat: &Chat,
        sender: Option<&Person>,
        ids: &[MessageId],
    ) -> Result<(), DispatchError> {
        let client = self.online()?;
        let to = people::chat_jid(chat);
        let group = self.group(&to).await?;
        let sender = sender.filter(|_| chat.group().is_some()).map(|sender| {
            let lid = sender.lid().filter(|_| group.hidden);
            lid.map_or_else(|| people::jid(sender), |lid| Jid::lid(lid.digits()))
        });
        let ids: Vec<&str> = ids.iter().map(MessageId::as_str).collect();
        let read = client.mark_as_read(&to, sender.as_ref(), &ids).await;
        read.map_err(|error| any_error(error.as_ref()))
    }

    /// Who has that number.
    ///
    /// # Errors
    /// [`DispatchError`]
    pub async fn look_up(&self, phone: &E164) -> Result<Option<Person>, DispatchError> {
        let client = self.online()?;
        let asked = [Jid::pn(phone.digits())];
        let found = client.contacts().is_on_whatsapp(&asked).await;
        let found = found.map_err(|error| match error {
            ContactError::InvalidJid(_) => DispatchError::NotOnWhatsApp,
            error => any_error(&error),
        })?;
        let person = found.into_iter().find(|it| it.is_registered).map(|it| {
            let other = it.lid.as_ref().or(it.pn_jid.as_ref());
            let told = people::person_of(&it.jid, other);
            let asked = Person::Phone(phone.clone());
            match told {
                // A number may be written in several ways (Brazil, Mexico): theirs counts.
                Some(told) if told.phone().is_some() => told,
                Some(told) => people::joined(asked, &told),
                None => asked,
            }
        });
        Ok(person)
    }
}

/// What matters of a group when a message goes there.
#[derive(Clone, Copy, Default)]
struct Group {
    hidden: bool,
    announces: bool,
}

fn refused(why: &str) -> DispatchError {
    let why = why.to_owned();
    DispatchError::Refused { why }
}

/// Of a send. What is inside the library and has no type of its own may pass.
fn send_error(error: &SendError) -> DispatchError {
    match error {
        SendError::NotLoggedIn => DispatchError::NotConnected,
        SendError::InvalidRequest(_) => refused("the library does not take such a message"),
        error => any_error(error),
    }
}

fn any_error(error: &(dyn Error + 'static)) -> DispatchError {
    chain_error(error, || DispatchError::Trouble {
        why: "the library could not do it".to_owned(),
    })
}

/// What the chain of an error says by its types. The texts are not looked at, and not passed on where
/// they may name somebody.
fn chain_error(
    error: &(dyn Error + 'static),
    otherwise: impl FnOnce() -> DispatchError,
) -> DispatchError {
    if error.is_transport_unavailable() {
        return DispatchError::NotConnected;
    }
    if error.is_timeout() {
        let why = "WhatsApp did not answer in time".to_owned();
        return DispatchError::Trouble { why };
    }
    let Some(rejection) = error.server_rejection() else {
        return otherwise();
    };
    let why = format!("WhatsApp answered {}", rejection.code);
    match rejection.code {
        // Asked too often, or its own trouble.
        408 | 429 | 500.. => DispatchError::Trouble { why },
        406 => DispatchError::NotOnWhatsApp,
        _ => DispatchError::Refused { why },
    }
}

fn status_words(cause: &(dyn Error + 'static)) -> String {
    match cause.http_status() {
        Some(status) => format!("the media servers answered {status}"),
        None => "the media servers could not be reached".to_owned(),
    }
}
