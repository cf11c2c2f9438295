//! Each route with an ordinary client.

use pairbox::account::AccountId;
use pairbox::event::{Event, Intent, Source};
use pairbox::snapshot::Status;

use super::rig::{Rig, scan};

#[test]
fn the_status_tells_the_account_and_is_cheap_when_nothing_changed() {
    let rig = Rig::start();
    rig.publish(Status::Working);
    let answer = rig.get("/api/v1/status");
    assert_eq!(answer.status(), 200);
    let body = answer.json();
    let session = &body["sessions"][0];
    assert_eq!(body["selected"], "ses_1");
    assert_eq!(session["status"], "working");
    assert_eq!(session["status_text"], "Connected");
    assert_eq!(session["phone_last4"], "1234");
    assert_eq!(session["since"], "2026-03-01T07:05:09.250Z");

    let tag = answer.header("etag").to_owned();
    let known = |tag: &str| rig.ask("GET", "/api/v1/status", &[("If-None-Match", tag)], "");
    let again = known(&tag);
    assert_eq!((again.status(), again.text.as_str()), (304, ""));
    rig.publish(scan());
    let changed = known(&tag);
    assert_eq!(changed.status(), 200);
    assert_eq!(changed.json()["sessions"][0]["pairing"]["seq"], 2);
}

#[test]
fn a_wish_goes_into_the_inbox() {
    let mut rig = Rig::start();
    let answer = rig.post("/api/v1/sessions/ses_1/start", "");
    assert_eq!(answer.status(), 202, "{}", answer.text);
    assert_eq!(answer.json()["id"], "ses_1");
    let wish = rig.wishes.try_recv().unwrap();
    assert_eq!(
        wish,
        Event::Intent {
            intent: Intent::Connect(AccountId::FIRST),
            source: Source::Api
        }
    );
}
