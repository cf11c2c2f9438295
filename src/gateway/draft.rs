//! From a wish to the messages it becomes: everything that is looked up on the way, and what is refused.

use std::path::Path;
use std::time::Duration;

use log::debug;
use tokio::time::timeout;

use super::Gateway;
use super::send::{Ready, Standing, storage};
use super::spool::Held;
use crate::account::{AccountId, E164};
use crate::limits;
use crate::message::address::{Chat, MessageId, Person};
use crate::message::chunk::chunk;
use crate::message::cold::{Warmth, warmth};
use crate::message::content::{MediaKind, Quoted};
use crate::message::outbound::{Draft, Outbound};
use crate::message::policy::Policy;
use crate::message::recipient;
use crate::message::wish::{MediaSource, SendProblem, SendWish, WishContent};
use crate::time::UnixMillis;
use crate::whatsapp::dispatch::DispatchError;

impl Gateway {
    /// Checks a wish and makes messages of it. What can be said at once is said before WhatsApp is asked
    /// for a number, and that before a file is fetched.
    pub(super) async fn ready(
        &self,
        wish: SendWish,
        seed: &[u8],
        now: UnixMillis,
        held: &mut Held,
    ) -> Result<Ready, SendProblem> {
        let account = wish.account;
        let standing = self.standing(account)?;
        check_texts(&wish.content)?;
        let chat = self.chat(account, &wish.to, &standing)?;
        let mentions = self.mentioned(account, &wish.mentions, &standing)?;
        let quoted = match &wish.quoted {
            Some(id) => Some(self.quoted(account, id, &chat, &standing)?),
            None => None,
        };
        let warmth = self.warmth(account, &chat, wish.reply, &standing, now)?;
        if warmth == Warmth::Blocked {
            return Err(SendProblem::ColdSendBlocked);
        }
        let chat = self.looked_up(account, chat, &standing).await?;
        let drafts = self.drafts(account, wish.content, &chat, held).await?;
        let expires_in = wish.expires_in.unwrap_or(limits::SEND_EXPIRES);
        let life_ms = u64::try_from(expires_in.as_millis()).unwrap_or(u64::MAX);
        let mut mentions = place_mentions(&drafts, mentions).into_iter();
        let messages = drafts.into_iter().enumerate().map(|(part, content)| {
            let first = part == 0;
            Outbound {
                id: MessageId::made_of(&[seed, &(part as u64).to_be_bytes()]),
                chat: chat.clone(),
                content,
                quoted: quoted.clone().filter(|_| first),
                mentions: mentions.next().unwrap_or_default(),
                typing: first && (wish.typing || wish.reply),
                queued_at: now,
                expires_at: UnixMillis(now.0.saturating_add(life_ms)),
                attempts: 0,
                reply: wish.reply,
            }
        });
        Ok(Ready {
            messages: messages.collect(),
            cold: warmth == Warmth::Cold,
        })
    }

    /// The chat that is meant, by every name that is known.
    fn chat(&self, account: AccountId, to: &str, standing: &Standing) -> Result<Chat, SendProblem> {
        let chat = recipient::recipient(to, standing.prefix.as_ref());
        match chat.map_err(bad_recipient)? {
            Chat::Person(person) => self.resolve(account, person).map(Chat::Person),
            group @ Chat::Group(_) => Ok(group),
        }
    }

    fn mentioned(
        &self,
        account: AccountId,
        mentions: &[String],
        standing: &Standing,
    ) -> Result<Vec<Person>, SendProblem> {
        let people = mentions.iter().map(|who| {
            let person = recipient::person(who, standing.prefix.as_ref());
            self.resolve(account, person.map_err(bad_recipient)?)
        });
        people.collect()
    }

    fn resolve(&self, account: AccountId, person: Person) -> Result<Person, SendProblem> {
        self.parts().store.resolve(account, person).map_err(storage)
    }

    fn quoted(
        &self,
        account: AccountId,
        id: &MessageId,
        chat: &Chat,
        standing: &Standing,
    ) -> Result<Quoted, SendProblem> {
        let kept = self.parts().store.message(account, id).map_err(storage)?;
        // A quote carries its text along: not into another chat.
        let kept = kept.filter(|kept| kept.chat.is(chat));
        let kept = kept.ok_or(SendProblem::UnknownMessage)?;
        // What the account wrote itself has no sender in the ring.
        let sender = kept.sender.or_else(|| standing.me.clone());
        Ok(Quoted {
            id: kept.id,
            sender: sender.ok_or(SendProblem::UnknownMessage)?,
            text: kept.content.text().map(str::to_owned),
        })
    }

    fn warmth(
        &self,
        account: AccountId,
        chat: &Chat,
        reply: bool,
        standing: &Standing,
        now: UnixMillis,
    ) -> Result<Warmth, SendProblem> {
        let Chat::Person(person) = chat else {
            return Ok(Warmth::Warm);
        };
        // Nobody is a stranger to themselves.
        if reply || standing.me.as_ref().is_some_and(|me| me.is(person)) {
            return Ok(Warmth::Warm);
        }
        let parts = self.parts();
        let known = parts.store.acquaintance(account, person).map_err(storage)?;
        let settings = parts.store.settings().borrow().clone();
        let policy = settings.policies.get(&account);
        let guard = policy.map_or(Policy::default().cold_send, |policy| policy.cold_send);
        let wrote_at = known.map(|known| known.wrote_at);
        let after = parts.messages.cold_after();
        Ok(warmth(guard, chat, false, wrote_at, now, after))
    }

    /// WhatsApp is asked for a number before the first message to it, if it can be: a number that nobody
    /// has fails now and not later. What is not known now is found out when the message goes.
    async fn looked_up(
        &self,
        account: AccountId,
        chat: Chat,
        standing: &Standing,
    ) -> Result<Chat, SendProblem> {
        let Chat::Person(Person::Phone(phone)) = &chat else {
            return Ok(chat);
        };
        let is_me = standing.me.as_ref().and_then(Person::phone) == Some(phone);
        if is_me || !standing.working {
            return Ok(chat);
        }
        match self.is_on_whatsapp(account, phone).await {
            Some(Some(person)) => Ok(Chat::Person(person)),
            Some(None) => Err(SendProblem::NotOnWhatsApp),
            None => Ok(chat),
        }
    }

    /// Who has a number; `None`: nobody could say.
    async fn is_on_whatsapp(&self, account: AccountId, phone: &E164) -> Option<Option<Person>> {
        let numbers = &self.outgoing().numbers;
        let clock = self.parts().clock;
        if let Some(known) = numbers.known(account, phone, clock.mono()) {
            return Some(known);
        }
        let link = self.link(account)?;
        let answer = match timeout(LOOK_UP, link.look_up(phone)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(DispatchError::NotOnWhatsApp)) => None,
            Ok(Err(error)) => {
                debug!("account {account}: a number was not looked up: {error}");
                return None;
            }
            Err(_late) => return None,
        };
        // What is found out under two names is the number all the same.
        let answer = answer.map(|person| {
            let lid = person.lid().cloned();
            Person::new(Some(phone.clone()), lid).unwrap_or(person)
        });
        numbers.learn(account, phone, answer.clone(), clock.mono());
        Some(answer)
    }

    async fn drafts(
        &self,
        account: AccountId,
        content: WishContent,
        chat: &Chat,
        held: &mut Held,
    ) -> Result<Vec<Draft>, SendProblem> {
        let draft = match content {
            WishContent::Text(text) => {
                let pieces = chunk(&text, limits::TEXT_PIECE).into_iter();
                return Ok(pieces.map(|text| Draft::Text { text }).collect());
            }
            WishContent::Media {
                kind,
                source,
                caption,
                filename,
            } => self.file(kind, source, caption, filename, held).await?,
            WishContent::Location(place) => Draft::Location(place),
            WishContent::Contact(card) => Draft::Contact(card),
            WishContent::Reaction { target, emoji } => {
                let kept = self.parts().store.message(account, &target);
                let kept = kept.map_err(storage)?;
                let here = kept.filter(|kept| kept.chat.is(chat));
                Draft::Reaction {
                    sender: here.ok_or(SendProblem::UnknownMessage)?.sender,
                    target,
                    emoji,
                }
            }
        };
        Ok(vec![draft])
    }

    async fn file(
        &self,
        kind: MediaKind,
        source: MediaSource,
        caption: Option<String>,
        filename: Option<String>,
        held: &mut Held,
    ) -> Result<Draft, SendProblem> {
        let (spooled, mimetype, size) = match source {
            MediaSource::Spooled {
                file,
                mimetype,
                size,
            } => (file, mimetype, size),
            MediaSource::Url(url) => {
                let fetched = self.fetch_url(url).await?;
                held.take(&fetched.spooled.file);
                let mimetype = fetched.mimetype;
                (fetched.spooled.file, mimetype, fetched.spooled.size)
            }
        };
        if size == 0 {
            return Err(SendProblem::BadMedia("the file is empty"));
        }
        let max = self.spool().max();
        if size > max {
            return Err(SendProblem::MediaTooLarge { max });
        }
        if !fits(kind, &mimetype) {
            return Err(SendProblem::BadMedia(
                "the file's media type does not fit the type of the message",
            ));
        }
        let plain = Path::new(&spooled).components().count() == 1;
        if !plain || !self.spool().path(&spooled).is_file() {
            return Err(SendProblem::BadMedia("the file is not in the spool"));
        }
        Ok(Draft::Media {
            kind,
            spooled,
            mimetype,
            size,
            caption: caption.filter(|caption| !caption.is_empty()),
            filename,
        })
    }
}

/// Asking WhatsApp for a number: somebody waits for the answer.
const LOOK_UP: Duration = Duration::from_secs(10);

fn bad_recipient(error: recipient::RecipientError) -> SendProblem {
    SendProblem::BadRecipient(error.words())
}

/// Whether a file of that media type can be shown as that kind.
fn fits(kind: MediaKind, mimetype: &str) -> bool {
    let begins = |with: &str| mimetype.to_ascii_lowercase().starts_with(with);
    match kind {
        MediaKind::Image => begins("image/"),
        MediaKind::Video => begins("video/"),
        MediaKind::Audio => begins("audio/"),
        // Nothing else is played as a voice message (RFC 7845, the codec in its container).
        MediaKind::Voice => begins("audio/ogg") || begins("audio/opus"),
        MediaKind::Sticker => begins("image/webp"),
        MediaKind::Document => true,
    }
}

fn check_texts(content: &WishContent) -> Result<(), SendProblem> {
    let fits = |text: &str, most: usize| text.chars().count() <= most;
    match content {
        WishContent::Text(text) if text.trim().is_empty() => {
            Err(SendProblem::BadText("a text must not be empty"))
        }
        WishContent::Text(text) if !fits(text, limits::TEXT_MAX) => {
            Err(SendProblem::BadText("a text has at most 65536 characters"))
        }
        WishContent::Media {
            caption: Some(caption),
            ..
        } if !fits(caption, limits::CAPTION_MAX) => Err(SendProblem::BadText(
            "a caption has at most 1024 characters",
        )),
        WishContent::Location(place) => {
            let texts = [&place.name, &place.address].into_iter().flatten();
            let degrees = place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0;
            if !degrees {
                Err(SendProblem::BadText("there is no place at these degrees"))
            } else if texts
                .into_iter()
                .all(|text| fits(text, limits::CAPTION_MAX))
            {
                Ok(())
            } else {
                Err(SendProblem::BadText(
                    "name and address of a place have at most 1024 characters",
                ))
            }
        }
        _ => Ok(()),
    }
}

/// Whom each message mentions: those whose number or hidden identity its text has after an `@`; whoever is
/// in none of them is mentioned by the first.
fn place_mentions(drafts: &[Draft], mentions: Vec<Person>) -> Vec<Vec<Person>> {
    let mut placed = vec![Vec::new(); drafts.len()];
    for person in mentions {
        let phone = person.phone().map(|phone| format!("@{}", phone.digits()));
        let lid = person.lid().map(|lid| format!("@{}", lid.digits()));
        let named = |text: &str| {
            let mut names = phone.iter().chain(&lid);
            names.any(|name| text.contains(name.as_str()))
        };
        let mut nowhere = true;
        for (draft, here) in drafts.iter().zip(&mut placed) {
            let text = match draft {
                Draft::Text { text } => Some(text),
                Draft::Media { caption, .. } => caption.as_ref(),
                Draft::Location(_) | Draft::Contact(_) | Draft::Reaction { .. } => None,
            };
            if text.is_some_and(|text| named(text)) {
                here.push(person.clone());
                nowhere = false;
            }
        }
        if let Some(first) = placed.first_mut().filter(|_| nowhere) {
            first.push(person);
        }
    }
    placed
}
