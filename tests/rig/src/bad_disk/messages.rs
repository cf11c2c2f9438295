//! A disk that fails at one change of twenty messages. One box takes one failure after the other.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use pairbox_sim::Content;
use serde_json::json;

use super::stand::{PATIENCE, Stand, Watch, check_log, until, with_log};
use super::{Case, Outcome};
use crate::linking;
use crate::power::PoweredBox;
use crate::tally::{self, Tally};

/// Texts each way.
const EACH_WAY: usize = 10;

/// A linked box, somebody who writes with it, and its webhook's receiver.
pub(super) struct Talker {
    stand: Stand,
    powered: PoweredBox,
    tally: Tally,
    session: String,
    /// Texts each way so far.
    said: usize,
    /// How often the contact read each text of ours.
    read: BTreeMap<String, u32>,
}

impl Talker {
    pub(super) fn linked(stand: Stand) -> Result<Self> {
        let powered = stand.socket.power_on()?;
        let session = linking::first(&powered, &stand.phone)?;
        let tally = Tally::start(0)?;
        let body = json!({"url": tally.url(), "events": ["message"]}).to_string();
        let reply = powered.ask("POST", "/api/v1/webhooks", Some(&body))?;
        ensure!(reply.code == 201, "{} {}", reply.code, reply.text()?);
        let secret = reply.json()?["secret"].as_str().map(str::to_owned);
        powered.secret(&secret.context("a webhook without a secret")?);
        let mut it = Self {
            stand,
            powered,
            tally,
            session,
            said: 0,
            read: BTreeMap::new(),
        };
        // First contact, with its key exchange, is another thing.
        it.talk(&mut None)?;
        it.settled()?;
        Ok(it)
    }

    /// Changes of twenty messages.
    pub(super) fn count(mut self) -> Result<u64> {
        self.stand.disk("count")?;
        self.talk(&mut None)?;
        self.settled()?;
        Ok(self.stand.quiet())
    }

    /// Twenty messages that meet it.
    pub(super) fn fail(&mut self, case: Case) -> Result<Outcome> {
        self.stand.disk(&case.trouble.word(case.at))?;
        let mut watch = Some(Watch::of(case));
        let talked = self.talk(&mut watch);
        with_log(&self.powered, talked)?;
        let mut watch = watch.context("a failure that is watched")?;
        if !watch.struck() {
            self.stand.quiet();
            watch.look(&self.stand, &self.powered)?;
            self.stand.disk("")?;
        }
        let recovered = watch.recovered(&self.powered);
        let outcome = with_log(&self.powered, recovered)?;
        let settled = self.settled();
        with_log(&self.powered, settled)?;
        Ok(outcome)
    }

    /// By turns, each when the one before has arrived. When the disk fails, it is mended after half a dozen
    /// messages more.
    fn talk(&mut self, watch: &mut Option<Watch>) -> Result<()> {
        let (from, to) = (self.said, self.said + EACH_WAY);
        for number in from..to {
            self.stand
                .contact
                .send_text(self.stand.phone.number(), &tally::text(0, number));
            self.wait(watch, number)?;
            self.send(watch, number)?;
        }
        self.said = to;
        Ok(())
    }

    /// Waits until a text came in, or the disk failed, which is looked into at once.
    fn wait(&self, watch: &mut Option<Watch>, number: usize) -> Result<()> {
        until("a text came in", || {
            let Some(watch) = watch else {
                return Ok((self.tally.taken() > number).then_some(()));
            };
            let struck = watch.struck();
            watch.look(&self.stand, &self.powered)?;
            // What was refused comes with a new connection, which the end waits for.
            Ok((struck || watch.struck() || self.tally.taken() > number).then_some(()))
        })
    }

    /// Asks for a text to be sent, under a name of its own, until the box takes it.
    fn send(&mut self, watch: &mut Option<Watch>, number: usize) -> Result<()> {
        let text = format!("out {number}");
        let to = format!("+{}", self.stand.contact.number());
        let body = json!({"to": to, "type": "text", "text": text}).to_string();
        let path = format!("/api/v1/sessions/{}/messages", self.session);
        until("a text was taken to be sent", || {
            let name = format!("out-{number}");
            let key = [("Idempotency-Key", name.as_str())];
            let door = crate::doors::Door::Control;
            let reply = self
                .powered
                .ask_at(door, "POST", &path, &key, Some(&body))?;
            if let Some(watch) = watch {
                watch.look(&self.stand, &self.powered)?;
            }
            ensure!(
                reply.code == 202 || reply.code == 503,
                "the box answered {}: {}",
                reply.code,
                reply.text()?
            );
            Ok((reply.code == 202).then_some(()))
        })?;
        let struck = watch.as_ref().is_some_and(Watch::struck);
        if !struck {
            self.hear(&text, watch)?;
        }
        Ok(())
    }

    /// Waits until the contact has read that text, or the disk failed.
    fn hear(&mut self, text: &str, watch: &mut Option<Watch>) -> Result<()> {
        until("the contact read a text", || {
            self.gather();
            if let Some(watch) = watch {
                watch.look(&self.stand, &self.powered)?;
                if watch.struck() {
                    return Ok(Some(()));
                }
            }
            Ok(self.read.contains_key(text).then_some(()))
        })
    }

    fn gather(&mut self) {
        for message in self.stand.contact.take_messages() {
            if let Content::Text(text) = &message.content {
                *self.read.entry(text.clone()).or_default() += 1;
            }
        }
    }

    /// Everything has arrived: what came in at least once and in order, what went out once.
    fn settled(&mut self) -> Result<()> {
        self.tally
            .wait(self.said, PATIENCE)
            .context("what came in")?;
        let sum = self.tally.sum();
        ensure!(sum.wrong.is_empty(), "{:?}", sum.wrong);
        let said = self.said;
        until("all texts were read", || {
            self.gather();
            Ok((self.read.len() >= said).then_some(()))
        })?;
        let again = self.read.iter().find(|(_, times)| **times != 1);
        ensure!(again.is_none(), "a text was read {again:?} times");
        Ok(())
    }

    /// Nothing came twice later on, the link was never lost, and it ends well.
    pub(super) fn end(mut self) -> Result<()> {
        self.gather();
        let again = self.read.iter().find(|(_, times)| **times != 1);
        ensure!(again.is_none(), "a text was read {again:?} times");
        let devices = self.stand.phone.devices();
        ensure!(
            devices.len() == 1,
            "the phone lists {} devices",
            devices.len()
        );
        let (ended, log) = self.powered.switch_off()?;
        ensure!(ended.success(), "{ended}");
        check_log(&log)?;
        let linked = log.iter().filter(|line| line.contains("→ scan_qr_code"));
        ensure!(linked.count() <= 1, "a code was shown again");
        Ok(())
    }
}
