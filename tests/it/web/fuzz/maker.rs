//! Requests by chance: mostly what a client would send, with something wrong here and there.

use pairbox::account::AccountId;
use pairbox::web::Door;
use pairbox::web::route::operation::{Body, Operation};
use pairbox::web::route::table::operations;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::web::rig::{Keys, PHONE, SECOND, ids};

/// A request in the making.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub door: Door,
    /// Whoever asks may read something.
    pub reads: bool,
}

/// Makes requests by chance.
pub struct Maker {
    chance: StdRng,
    keys: Keys,
    rows: Vec<&'static Operation>,
    /// Accounts there are at the moment.
    pub live: Vec<AccountId>,
}

impl Maker {
    pub fn new(seed: u64, keys: Keys) -> Self {
        Self {
            chance: StdRng::seed_from_u64(seed),
            keys,
            rows: operations().collect(),
            live: vec![AccountId::FIRST, SECOND],
        }
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words.choose(&mut self.chance).unwrap()
    }

    fn noise(&mut self) -> String {
        let length = self.chance.random_range(0..24);
        (0..length)
            .map(|_| char::from(self.chance.random_range(0x20..0x7f_u8)))
            .collect()
    }

    /// Mostly the word, sometimes with a letter changed, doubled or lost.
    fn mutated(&mut self, word: &str, odds: f64) -> String {
        if word.is_empty() || !self.chance.random_bool(odds) {
            return word.to_owned();
        }
        let mut bytes = word.as_bytes().to_vec();
        let at = self.chance.random_range(0..bytes.len());
        match self.chance.random_range(0..4) {
            0 => bytes[at] = self.chance.random_range(0x21..0x7f),
            1 => bytes.insert(at, b"/.%{}\"\\ "[at % 8]),
            2 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[allow(clippy::too_many_lines, reason = "one list of what can be in a path")]
    fn target(&mut self, row: &Operation) -> String {
        let others: Vec<AccountId> = self
            .live
            .iter()
            .copied()
            .filter(|id| *id > SECOND)
            .collect();
        let other = others
            .choose(&mut self.chance)
            .copied()
            .unwrap_or(AccountId(77));
        let id = match self.chance.random_range(0..12) {
            // The tokens are for these two: they stay.
            _ if row.id == "deleteSession" => ids().name(other),
            0..5 => ids().name(AccountId::FIRST),
            5..8 => ids().name(SECOND),
            8..11 => ids().name(other),
            _ => self.noise(),
        };
        let token = format!("tok_{}", self.chance.random_range(7..40));
        let path = row.path.replace("{id}", &id).replace("{token}", &token);
        let names = [
            ("{mid}", ["3EB0KEPT", "3EB0", "%2e"]),
            (
                "{jid}",
                ["15550009876@s.whatsapp.net", "1203630432@g.us", "@"],
            ),
            ("{code}", ["ABCD2345", "abcd-2345", "-"]),
            ("{event}", ["evt_01ARZ3NDEKTSV4RRFFQ69G5FAV", "evt_", "x"]),
            ("{webhook}", ["wh_1", "wh_2", "wh_01"]),
            (
                "{delivery}",
                ["dlv_1", "dlv_18446744073709551616", "dlv_+1"],
            ),
        ];
        // The first webhook stays, so that there is something to ask about.
        let other = format!("wh_{}", self.chance.random_range(2..40));
        let path = if row.id == "deleteWebhook" {
            path.replace("{webhook}", &other)
        } else {
            path
        };
        let path = names.iter().fold(path, |path, (name, sent)| {
            let sent = if self.chance.random_bool(0.7) {
                sent[0]
            } else {
                self.of(sent)
            };
            path.replace(name, sent)
        });
        let query = self.of(&[
            "",
            "",
            "",
            "?limit=5",
            "?limit=0",
            "?format=png",
            "?format=raw",
            "?format=x",
            "?",
            "?types=session.status",
            "?types=,",
            "?session=ses_1",
            "?limit=99999999999999999999",
            "?a&b=&=c&limit=1&limit=2",
            "?%00",
            "?direction=outbound&chat=15550009876&cursor=9",
            "?direction=x",
            "?cursor=-1",
            "?status=dead",
            "?status=x&cursor=18446744073709551616",
        ]);
        let path = self.mutated(&path, 0.08);
        format!("{path}{query}").replace(' ', "+")
    }

    fn value(&mut self, deep: u32) -> serde_json::Value {
        use serde_json::json;
        match self.chance.random_range(0..if deep > 2 { 8 } else { 10 }) {
            0 => json!(null),
            1 => json!(self.chance.random_bool(0.5)),
            2 => json!(self.chance.random_range(-5..100_000_i64)),
            3 => json!(PHONE),
            4 => json!(self.of(&["till", "shop", "62", "000000", "text", "a\u{0}b", "é", ""])),
            5 => json!(self.noise()),
            6 => json!(1e300),
            7 => json!("x".repeat(self.chance.random_range(0..300))),
            8 => json!([self.value(deep + 1), self.value(deep + 1)]),
            _ => json!({self.noise(): self.value(deep + 1)}),
        }
    }

    #[allow(clippy::too_many_lines, reason = "one list of bodies")]
    fn body(&mut self, row: &Operation) -> Vec<u8> {
        use serde_json::json;
        let schema = match row.body {
            Body::None => "",
            Body::Optional(schema) | Body::Json(schema) | Body::JsonOrFile(schema, _) => schema,
        };
        let mut body = match schema {
            "AddSession" => json!({"label": self.noise(), "start": true}),
            "ChangeSession" => json!({"label": self.noise(), "country_prefix": "62"}),
            "PairByCode" => json!({"phone": PHONE}),
            // Each that is taken costs a sync of the disk.
            "SendMessage" if self.chance.random_bool(0.5) => {
                json!({"to": "?", "type": "text", "text": self.noise()})
            }
            "SendMessage" => match self.chance.random_range(0..5) {
                0 => json!({"to": PHONE, "type": "text", "text": self.noise()}),
                1 => json!({"to": PHONE, "type": "image", "data": "AAAA", "mimetype": "image/png"}),
                2 => json!({"to": PHONE, "type": "location", "latitude": 1, "longitude": 181}),
                3 => json!({"to": PHONE, "type": "contact", "name": "x", "phone": PHONE}),
                _ => json!({"to": PHONE, "type": "reaction", "message": "3EB0KEPT", "emoji": ""}),
            },
            "Policy" | "Routes" if self.chance.random_bool(0.6) => json!({"groups": 1}),
            "Policy" => json!({"dm": "pairing", "allow_from": [PHONE]}),
            "Routes" => json!({"routes": [{"name": "a", "webhook": "wh_1"}], "default": "a"}),
            "Typing" => json!({"on": true}),
            "MarkRead" => json!({"ids": ["3EB0KEPT"]}),
            "AddWebhook" => {
                json!({"url": "http://127.0.0.1:1/x", "events": ["*"], "headers": {"X-A": "b"}})
            }
            "ChangeWebhook" if self.chance.random_bool(0.5) => json!({"events": []}),
            "ChangeWebhook" => json!({"rotate_secret": true}),
            // Each costs a sync of the disk: seldom.
            "CreateToken" if self.chance.random_bool(0.08) => {
                json!({"name": "x", "scopes": ["send"]})
            }
            "CreateToken" => json!({"name": "x", "scopes": ["all"]}),
            "SignIn" => json!({"code": format!("{:06}", self.chance.random_range(0..1_000_000))}),
            _ => json!({}),
        };
        if self.chance.random_bool(0.2) {
            let name = self.of(&[
                "label",
                "start",
                "phone",
                "code",
                "to",
                "force",
                "type",
                "text",
                "url",
                "data",
                "mentions",
                "events",
                "headers",
                "policy",
                "routes",
                "link",
                "15550001234",
            ]);
            body[name] = self.value(0);
        }
        if self.chance.random_bool(0.05) {
            body = self.value(0);
        }
        let text = body.to_string();
        let mut bytes = self.mutated(&text, 0.1).into_bytes();
        if self.chance.random_bool(0.02) {
            let at = self.chance.random_range(0..=bytes.len());
            bytes.splice(at..at, [0xff, 0x00, 0xc3]);
        }
        if self.chance.random_bool(0.01) {
            bytes = b"[".repeat(5000);
        }
        bytes
    }

    /// Who asks: headers, door, and whether they may read anything.
    fn caller(&mut self) -> (Vec<(String, String)>, Door, bool) {
        let keys = self.keys.clone();
        let (key, reads) = match self.chance.random_range(0..14) {
            0..4 => return (Vec::new(), Door::Lan, false),
            4 => return (Vec::new(), Door::Control, true),
            5 => (keys.read, true),
            6 => (keys.control, true),
            7 => (keys.send, false),
            8 => (keys.second, true),
            9 => (keys.first, true),
            10 => {
                // Now and then nothing of it is changed that counts.
                let key = self.mutated(&keys.admin, 1.0);
                let same = key.trim() == keys.admin;
                (key, same)
            }
            11 => (self.noise(), false),
            _ => (keys.admin, true),
        };
        // `control` may not read, but gets the codes it asks for.
        let (name, value) = match self.chance.random_range(0..4) {
            0 => ("X-Api-Key", key),
            1 => ("Cookie", format!("a=b; pairbox={key}")),
            _ => ("Authorization", format!("Bearer {key}")),
        };
        (vec![(name.to_owned(), value)], Door::Lan, reads)
    }

    pub fn next(&mut self) -> Asked {
        let row = *self.rows.choose(&mut self.chance).unwrap();
        let method = match self.chance.random_range(0..20) {
            0 => self.of(&[
                "PUT", "OPTIONS", "TRACE", "HEAD", "get", "CONNECT", "PROPFIND",
            ]),
            1 => self.of(&["GET", "POST", "PATCH", "DELETE"]),
            _ => row.method.word(),
        };
        let method = method.to_owned();
        let (mut headers, door, reads) = self.caller();
        let host = match self.chance.random_range(0..40) {
            0 => self.of(&["evil.example", "", "127.0.0.1.evil.example", "[::1"]),
            _ => "127.0.0.1:8080",
        };
        headers.push(("Host".to_owned(), host.to_owned()));
        if self.chance.random_bool(0.95) {
            let kind = self.of(&[
                "application/json",
                "application/json",
                "application/json; charset=utf-8",
                "text/plain",
                "multipart/form-data; boundary=x",
            ]);
            headers.push(("Content-Type".to_owned(), kind.to_owned()));
        }
        if self.chance.random_bool(0.1) {
            let (name, value) = *[
                ("Origin", "http://127.0.0.1:8080"),
                ("Origin", "http://evil.example"),
                ("Sec-Fetch-Site", "same-origin"),
                ("Sec-Fetch-Site", "cross-site"),
                ("If-None-Match", "\"7-1-s\", *"),
                ("Accept", "image/png;q=0.5, */*"),
                ("Last-Event-ID", "evt_x"),
                ("Idempotency-Key", "k"),
                ("Idempotency-Key", ""),
                ("Range", "bytes=0-"),
                ("X-Pairbox-Door", "control"),
            ]
            .choose(&mut self.chance)
            .unwrap();
            headers.push((name.to_owned(), value.to_owned()));
        }
        if self.chance.random_bool(0.03) {
            let name = self.noise();
            let value = self.noise();
            headers.push((name, value));
        }
        let target = self.target(row);
        let body = self.body(row);
        Asked {
            method,
            target,
            headers,
            body,
            door,
            reads,
        }
    }
}
