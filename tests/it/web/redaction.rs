//! Who sees what of two sessions: strangers, tokens for one of them, tokens without `read`.
//!
//! (That no answer at all to a stranger holds a secret is `fuzz`'s and `strangers`' to show.)

use pairbox::account::AccountId;

use pairbox::secret::Secret;
use pairbox::snapshot::{AccessCode, Snapshot};
use pairbox::time::Mono;

use super::rig::{LOCAL, PHONE, QR_TEXT, Rig, SECOND, ids, me};

#[test]
fn a_token_for_one_session_sees_no_other() {
    let rig = Rig::start();
    rig.publish_two();
    let (mine, other) = (ids().name(SECOND), me());
    let ask = |path: &str| rig.by(&rig.keys.second, "GET", path, "");
    for path in ["/api/v1/status", "/api/v1/sessions"] {
        let body = ask(path).json();
        let list = body.get("data").or_else(|| body.get("sessions")).unwrap();
        let names: Vec<_> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["id"])
            .collect();
        assert_eq!(names, [&serde_json::json!(mine)], "{path}");
        assert_eq!(list[0]["phone"], PHONE);
    }
    // The panel shows the other one.
    assert!(ask("/api/v1/status").json()["selected"].is_null());
    assert_eq!(ask(&format!("/api/v1/sessions/{mine}")).status(), 200);
    for path in [
        format!("/api/v1/sessions/{other}"),
        format!("/api/v1/sessions/{other}/qr"),
        format!("/api/v1/sessions/{other}/events"),
        format!("/api/v1/events?session={other}"),
        "/metrics".to_owned(),
        "/panel.png".to_owned(),
    ] {
        ask(&path).assert_problem(403, "other_session");
    }
    let stop = format!("/api/v1/sessions/{other}/stop");
    rig.by(&rig.keys.second, "POST", &stop, "")
        .assert_problem(403, "other_session");
    assert!(rig.wishes.try_recv().is_err(), "a wish got through");
}

#[test]
fn without_the_scope_to_read_there_are_labels_and_states() {
    let rig = Rig::start();
    rig.publish_two();
    let stranger = rig.ask("GET", "/api/v1/status", &[], "");
    let sender = rig.by(&rig.keys.send, "GET", "/api/v1/status", "");
    for answer in [stranger, sender] {
        let sessions = answer.json()["sessions"].clone();
        assert_eq!(sessions.as_array().unwrap().len(), 2);
        assert_eq!(sessions[1]["label"], "office");
        assert_eq!(sessions[1]["status"], "working");
        for field in [
            "phone",
            "jid",
            "lid",
            "push_name",
            "detail",
            "country_prefix",
        ] {
            assert!(sessions[1][field].is_null(), "{field}");
        }
        for secret in [PHONE, &PHONE[7..], QR_TEXT, "Kim", "@lid"] {
            assert!(!answer.text.contains(secret), "{secret} in {}", answer.text);
        }
    }
    let qr = format!("/api/v1/sessions/{}/qr", ids().name(AccountId::FIRST));
    rig.by(&rig.keys.send, "GET", &qr, "")
        .assert_problem(403, "missing_scope");
    rig.by(&rig.keys.control, "GET", &qr, "")
        .assert_problem(403, "missing_scope");
    rig.ask("GET", &qr, &[], "")
        .assert_problem(401, "unauthorized");
    rig.by(&rig.keys.read, "POST", &qr.replace("qr", "start"), "")
        .assert_problem(403, "missing_scope");
    assert!(rig.wishes.try_recv().is_err(), "a wish got through");
}

#[test]
fn the_code_on_the_glass_is_for_whoever_stands_there() {
    let rig = Rig::with(LOCAL, |context| {
        context.panel_png = Box::new(|shown, _| {
            let code = shown.access.is_some() || shown.caller.is_some();
            Some(if code {
                b"code".to_vec()
            } else {
                b"none".to_vec()
            })
        });
    });
    rig.snapshots.send_modify(|now| {
        *now = std::sync::Arc::new(Snapshot {
            access: Some(AccessCode {
                code: Secret::new("123456".into()),
                expires_at: Mono::START,
            }),
            ..Snapshot::clone(now)
        });
    });
    for (key, seen) in [(&rig.keys.read, "none"), (&rig.keys.admin, "code")] {
        assert_eq!(rig.by(key, "GET", "/api/v1/panel.png", "").text, seen);
    }
}
