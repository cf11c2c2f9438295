//! The long run: thousands of messages while the box is killed, the network drops and the receiver fails.
//!
//! Everything that happens is tied to how many messages the receiver has taken, not to the clock, so
//! that a slow machine kills the box as often, and as much in the middle of things, as a fast one.

use std::time::{Duration, Instant};
use std::{fmt, fs};

use anyhow::{Context, Result, ensure};
use pairbox_sim::{Contact, Options, Service};
use tempfile::TempDir;

use crate::linking;
use crate::power::{PoweredBox, Socket};
use crate::record::Record;
use crate::tally::{self, Sum, Tally};

/// The number of the account's owner.
pub const OWNER: &str = "15550001111";

/// A message that has not come after this long will not come.
const PATIENCE: Duration = Duration::from_secs(90);

/// Messages that may be on their way: what WhatsApp keeps for a box that is away, a few times over.
const AHEAD: usize = 300;

/// How much is to happen.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Messages in all.
    pub messages: usize,
    /// People who write, in turns.
    pub chats: usize,
    /// SIGKILLs.
    pub kills: usize,
    /// Times all connections are reset.
    pub drops: usize,
    /// One of so many requests to the receiver fails; 0: none.
    pub fails_one_in: u64,
}

impl Plan {
    /// The run of the issue: nothing may be lost in it.
    pub const FULL: Self = Self {
        messages: 10_000,
        chats: 25,
        kills: 50,
        drops: 20,
        fails_one_in: 3,
    };

    /// The same with another number of messages, and blows in proportion.
    #[must_use]
    pub fn of(self, messages: usize) -> Self {
        let part = |count: usize| (count * messages).div_ceil(self.messages);
        Self {
            messages,
            kills: part(self.kills),
            drops: part(self.drops),
            ..self
        }
    }
}

/// What it took.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the receiver says.
    pub sum: Sum,
    /// From the first message sent to the last one taken.
    pub took: Duration,
    /// Log lines that tell of a panic.
    pub panics: Vec<String>,
    /// How much happened.
    plan: Plan,
}

impl Report {
    /// Whether everything arrived, in order, under one name each, and nothing broke.
    #[must_use]
    pub fn is_good(&self, plan: &Plan) -> bool {
        let all = self.sum.messages == plan.messages;
        all && self.sum.wrong.is_empty() && self.panics.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sum, plan, .. } = self;
        write!(
            f,
            "{} messages through {} kills, {} drops, {} of {} requests refused: {} taken, {} \
             duplicates, {:.0?}",
            plan.messages,
            plan.kills,
            plan.drops,
            sum.refused,
            sum.requests,
            sum.messages,
            sum.duplicates,
            self.took
        )
    }
}

/// A box without a panel in a folder of its own, people who write to it, and a service.
pub struct Stage {
    /// WhatsApp.
    pub service: Service,
    /// Who writes.
    pub contacts: Vec<Contact>,
    /// What the box is plugged into.
    pub socket: Socket,
    folder: TempDir,
}

impl Stage {
    /// A stage for `program` (with the arguments that come first) and so many people, with further lines
    /// for the section `[messages]` of the configuration.
    pub fn set(program: Vec<String>, chats: usize, messages: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let service = Service::start(Options::default())?;
        let contacts = (0..chats).map(|n| service.contact(&number(n), &format!("Contact {n}")));
        let contacts = contacts.collect();
        let record = Record::of_this_test();
        record.secret(OWNER);
        let world = folder.path().join("world");
        fs::write(&world, "")?;
        let socket = Socket {
            program,
            folder: folder.path().to_owned(),
            endpoint: service.url(),
            version_url: service.version_url(),
            hardware: None,
            extra: format!(
                "[messages]\n{messages}\n[bench]\nsocket = '/nowhere'\nworld = '{}'\ndisk = '{}'\nretry_scale = 1000\n",
                world.display(),
                folder.path().join("disk").display()
            ),
            record,
        };
        Ok(Self {
            service,
            contacts,
            socket,
            folder,
        })
    }

    /// Lets so many days pass for a box that runs.
    pub fn days_later(&self, days: u32) -> Result<()> {
        // Written beside and renamed: the box looks at it ten times a second.
        let beside = self.folder.path().join("world.new");
        fs::write(&beside, format!("days-later {days}\n"))?;
        Ok(fs::rename(beside, self.folder.path().join("world"))?)
    }

    /// What is wrong with the box's disk from now on: `full`, `read-only`, `io`, or nothing.
    pub fn disk(&self, wrong: &str) -> Result<()> {
        Ok(fs::write(self.folder.path().join("disk"), wrong)?)
    }

    /// Switches the box on, links its first account and gives it a webhook for messages. Returns the
    /// account's name on the wire, too.
    pub fn linked(&self, url: &str) -> Result<(PoweredBox, String)> {
        let phone = self.service.phone(OWNER, "Owner");
        let powered = self.socket.power_on()?;
        let session = linking::first(&powered, &phone)?;
        let body = serde_json::json!({"url": url, "events": ["message"]}).to_string();
        let reply = powered.ask("POST", "/api/v1/webhooks", Some(&body))?;
        ensure!(reply.code == 201, "{} {}", reply.code, reply.text()?);
        let secret = reply.json()?["secret"].as_str().map(str::to_owned);
        powered.secret(&secret.context("a webhook without a secret")?);
        Ok((powered, session))
    }
}

/// The number of the `n`th contact.
#[must_use]
pub fn number(n: usize) -> String {
    format!("1555200{n:04}")
}

/// Something that is done to the box.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Blow {
    Kill,
    Drop,
}

/// When what happens: kills and drops spread evenly over the messages, not at the same moments.
fn blows(plan: &Plan) -> Vec<(usize, Blow)> {
    let even = |count: usize, blow: Blow| {
        (1..=count).map(move |n| (plan.messages * n / (count + 1), blow))
    };
    let mut all: Vec<_> = even(plan.kills, Blow::Kill)
        .chain(even(plan.drops, Blow::Drop))
        .collect();
    all.sort_unstable();
    all
}

/// Carries out a plan.
#[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
pub fn run(program: Vec<String>, plan: &Plan) -> Result<Report> {
    let stage = Stage::set(program, plan.chats, "")?;
    let tally = Tally::start(plan.fails_one_in)?;
    let (powered, _session) = stage.linked(&tally.url())?;
    let mut panics = Vec::new();
    let began = Instant::now();
    let ended = std::thread::scope(|threads| -> Result<()> {
        let writers = threads.spawn(|| write(&stage, plan, &tally));
        let mut powered = Some(powered);
        let mut beaten = || -> Result<()> {
            for (taken, blow) in blows(plan) {
                tally.wait(taken, PATIENCE)?;
                match blow {
                    Blow::Drop => stage.service.reset_all(),
                    Blow::Kill => {
                        let log = powered.take().map(PoweredBox::cut).transpose()?;
                        panics.extend(log.unwrap_or_default().into_iter().filter(panicked));
                        powered = Some(stage.socket.power_on()?);
                    }
                }
            }
            tally.wait(plan.messages, PATIENCE)
        };
        let beaten = beaten().with_context(|| told(powered.as_ref()));
        // A run that failed must not wait for people who go on writing: they see it by themselves.
        let wrote = writers
            .join()
            .map_err(|_| anyhow::anyhow!("a writer died"))?;
        beaten.and(wrote)
    });
    ended?;
    Ok(Report {
        sum: tally.sum(),
        took: began.elapsed(),
        panics,
        plan: *plan,
    })
}

/// People write in turns, never far ahead of what was taken.
fn write(stage: &Stage, plan: &Plan, tally: &Tally) -> Result<()> {
    for n in 0..plan.messages {
        let (chat, number) = (n % plan.chats, n / plan.chats);
        tally.wait(n.saturating_sub(AHEAD), 2 * PATIENCE)?;
        stage.contacts[chat].send_text(OWNER, &tally::text(chat, number));
    }
    Ok(())
}

#[allow(clippy::ptr_arg, reason = "a filter of an iterator of these")]
fn panicked(line: &String) -> bool {
    line.contains("panicked")
}

/// The end of a box's log, for whoever has to find out what went wrong.
fn told(powered: Option<&PoweredBox>) -> String {
    let log = powered.map(PoweredBox::log).unwrap_or_default();
    let last = log.len().saturating_sub(60);
    format!("the box said last:\n{}", log[last..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blow_falls_before_the_last_message() {
        let plan = Plan::FULL;
        let blows = blows(&plan);
        assert_eq!(blows.len(), plan.kills + plan.drops);
        assert!(blows.iter().all(|(at, _)| *at > 0 && *at < plan.messages));
    }
}
