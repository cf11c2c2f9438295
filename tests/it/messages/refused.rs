//! What is not sent, and in which words: strangers, pace, numbers that are not on WhatsApp, files, and what
//! waited for too long.

use serde_json::{Value, json};

use super::stand::{PATIENCE, Stand};

fn text(to: &str) -> Value {
    json!({"to": to, "type": "text", "text": "hello"})
}

impl Stand {
    /// Sends what is refused with that code.
    fn refused(&self, body: &Value, status: u16, code: &str) -> Value {
        let problem = self.ask("POST", &self.path("messages"), body, status);
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }
}

#[test]
fn who_did_not_write_is_not_written_to() {
    let stand = Stand::set_with(&json!({"cold_send": "block"}));
    let to = format!("+{}", stand.alice.number());
    stand.refused(&text(&to), 403, "cold_send_blocked");
    stand.hear(&stand.alice, pairbox_sim::compose::text("hello"));
    stand.send(&text(&to));
    assert_eq!(
        stand.alice.wait_message(PATIENCE).unwrap().text(),
        Some("hello")
    );
    // Her hidden name is hers, too; Bob's number is not.
    stand.send(&text(&stand.alice.lid().to_string()));
    stand.refused(
        &text(&format!("+{}", stand.bob.number())),
        403,
        "cold_send_blocked",
    );
    // A warning is one, and then the message goes.
    stand.ask(
        "PUT",
        &stand.path("policy"),
        &json!({"cold_send": "warn"}),
        200,
    );
    let body = text(&format!("+{}", stand.bob.number()));
    let taken = stand.ask("POST", &stand.path("messages"), &body, 202);
    assert_eq!(taken["warning"], "cold_send", "{taken}");
    stand.bob.wait_message(PATIENCE).unwrap();
}

#[test]
fn a_quote_stays_in_its_chat() {
    let stand = Stand::set();
    let heard = stand.hear(&stand.alice, pairbox_sim::compose::text("between us"));
    let quoted = heard.payload()["whatsapp_message_id"].clone();
    let to_bob = format!("+{}", stand.bob.number());
    let body = json!({"to": to_bob, "type": "text", "text": "look", "quoted": quoted});
    stand.refused(&body, 404, "unknown_message");
}

#[test]
fn a_number_that_is_not_on_whatsapp() {
    let stand = Stand::set();
    stand.refused(&text("+15559990000"), 404, "not_on_whatsapp");
}

#[test]
fn a_file_that_cannot_be_had() {
    let stand = Stand::set();
    let to = format!("+{}", stand.alice.number());
    let image = |url: &str| json!({"to": to, "type": "image", "url": url});
    // Nobody listens there; and what is there belongs to the machine alone.
    stand.refused(&image("http://127.0.0.1:9/a.jpg"), 502, "media_unreachable");
    stand.refused(
        &image("http://169.254.169.254/latest"),
        502,
        "media_unreachable",
    );
}

#[test]
fn a_box_that_is_off_takes_nothing_and_one_that_reconnects_does() {
    let stand = Stand::set();
    let to = format!("+{}", stand.alice.number());
    stand.hear(&stand.alice, pairbox_sim::compose::text("hello"));
    // The network is gone: it waits, and goes when it is back.
    stand.stage.service.set_fault(pairbox_sim::Fault::Refuse);
    stand.stage.service.reset_all();
    let reconnects = pairbox_rig::linking::until(|| {
        let account = stand.powered().account()?;
        Ok((account["status"] == "reconnecting").then_some(()))
    });
    reconnects.unwrap();
    let waits = stand.send(&text(&to));
    let late = json!({"to": to, "type": "text", "text": "too late", "expires_in_s": 1});
    let late = stand.send(&late);
    let told = stand.receiver.wait(PATIENCE, |post| {
        post.event() == "message.failed" && post.payload()["whatsapp_message_id"] == late.as_str()
    });
    let told = told.unwrap_or_else(|late| panic!("{late}\n{}", stand.last_words()));
    assert!(
        told.payload().to_string().contains("expired"),
        "{:?}",
        told.payload()
    );
    stand.stage.service.clear_faults();
    let read = stand.alice.wait_message(2 * PATIENCE);
    let read = read.unwrap_or_else(|late| panic!("{late}\n{}", stand.last_words()));
    assert_eq!(
        (read.id.as_str(), read.text()),
        (waits.as_str(), Some("hello"))
    );
    // Off on purpose is another thing.
    stand.ask("POST", &stand.path("stop"), &json!({}), 200);
    stand.refused(&text(&to), 409, "not_working");
}
