//! A linked box with one person who writes to it and one webhook that hears everything.

use std::time::Duration;

use pairbox_rig::linking;
use pairbox_rig::lossless::{OWNER, Stage};
use pairbox_rig::power::PoweredBox;
use pairbox_rig::receiver::{Post, Receiver};
use pairbox_sim::{Contact, Event, Phone, wa};
use serde_json::{Value, json};

/// How long any single step may take. Generous: the machines that run this are small and busy.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// The first contact of a [`Stage`] gives itself this name.
pub const NAME: &str = "Contact 0";

pub struct Stand {
    pub stage: Stage,
    pub phone: Phone,
    pub alice: Contact,
    pub bob: Contact,
    pub receiver: Receiver,
    pub powered: Option<PoweredBox>,
    pub session: String,
}

impl Stand {
    pub fn set() -> Self {
        Self::set_with(&json!({}))
    }

    /// With that policy.
    pub fn set_with(policy: &Value) -> Self {
        let program = vec![env!("CARGO_BIN_EXE_pairbox").to_owned()];
        let stage = Stage::set(program, 2, "pace_per_minute = 0").unwrap();
        let phone = stage.service.phone(OWNER, "Owner");
        let [alice, bob] = [0, 1].map(|at| stage.contacts[at].clone());
        let receiver = Receiver::start().unwrap();
        let powered = stage.socket.power_on().unwrap();
        let session = linking::first(&powered, &phone).unwrap();
        let stand = Self {
            stage,
            phone,
            alice,
            bob,
            receiver,
            powered: Some(powered),
            session,
        };
        let hook = json!({"url": stand.receiver.url(), "events": ["message", "message.*", "group.update", "pairing.request", "policy.denied"]});
        stand.ask("POST", "/api/v1/webhooks", &hook, 201);
        stand.ask("PUT", &stand.path("policy"), policy, 200);
        stand
    }

    pub fn powered(&self) -> &PoweredBox {
        self.powered.as_ref().unwrap()
    }

    /// The path of something of the account.
    pub fn path(&self, of: &str) -> String {
        format!("/api/v1/sessions/{}/{of}", self.session)
    }

    /// Asks, and expects that code.
    pub fn ask(&self, method: &str, path: &str, body: &Value, code: u16) -> Value {
        let body = body.to_string();
        let body = (method != "GET").then_some(body.as_str());
        let reply = self.powered().ask(method, path, body).unwrap();
        let text = reply.text().unwrap().to_owned();
        assert_eq!(reply.code, code, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Sends a message, which is taken. Returns its id.
    pub fn send(&self, body: &Value) -> String {
        let taken = self.ask("POST", &self.path("messages"), body, 202);
        taken["id"].as_str().unwrap().to_owned()
    }

    /// Somebody writes to the account; what the webhook hears of it.
    pub fn hear(&self, from: &Contact, message: wa::Message) -> Post {
        let id = from.send(OWNER, message);
        self.wait_message(&id)
    }

    /// What the webhook hears of a message.
    pub fn wait_message(&self, id: &str) -> Post {
        self.receiver
            .wait(PATIENCE, |post| {
                post.payload()["whatsapp_message_id"] == id && post.event() != "message.ack"
            })
            .unwrap_or_else(|late| panic!("{late}\n{}", self.last_words()))
    }

    /// Waits until the service knows that a message was acknowledged.
    pub fn wait_acknowledged(&self, ids: &[String]) {
        let device = &self.phone.devices()[0];
        let mut cursor = self.stage.service.cursor();
        loop {
            let waiting = self.phone.unacknowledged(device);
            if !waiting.iter().any(|(_, id)| ids.contains(id)) {
                return;
            }
            let told = |event: &Event| matches!(event, Event::Receipt { .. } | Event::Acked { .. });
            cursor.wait(PATIENCE, told).unwrap();
        }
    }

    /// Cuts the box off and switches it on again.
    pub fn power_cut(&mut self) {
        let before = self.powered.take().unwrap();
        before.cut().unwrap();
        self.power_on();
    }

    pub fn power_on(&mut self) {
        let powered = self.stage.socket.power_on().unwrap();
        linking::working(&powered, &self.session).unwrap();
        self.powered = Some(powered);
    }

    pub fn last_words(&self) -> String {
        let log = self.powered().log();
        log[log.len().saturating_sub(40)..].join("\n")
    }
}

/// The fields that every message of that person has.
pub fn head(from: &Contact, id: &str, kind: &str, payload: &Value) -> Value {
    json!({
        "from_number": format!("+{}", from.number()),
        "to_number": format!("+{OWNER}"),
        "message_type": kind,
        "direction": "inbound",
        "whatsapp_message_id": id,
        "is_group": false,
        "display_name": NAME,
        // When the service says it was written; looked at elsewhere.
        "date_received": payload["date_received"],
        "sender_lid": from.lid().to_string(),
        "chat_id": payload["chat_id"],
        "route": null,
        "mentioned": [],
        "text": null,
    })
}

/// One JSON object with the fields of another added.
pub fn with(mut object: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}
