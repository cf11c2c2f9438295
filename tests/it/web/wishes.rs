//! What changes something: the wish that reaches the machine, and what its answer becomes.

use pairbox::account::AccountId;
use pairbox::event::{Answer as Said, Denial, Intent, Source};
use pairbox::inbox::Inbox;
use pairbox::snapshot::Status;

use super::rig::{LOCAL, PHONE, Rig, SECOND, ids, me, mine, scan};

const ME: AccountId = AccountId::FIRST;

fn none() -> Intent {
    Intent::AddAccount {
        label: None,
        start: true,
        phone: None,
    }
}

#[test]
fn a_wish_reaches_the_machine_and_its_answer_the_client() {
    let rig = Rig::start();
    for (word, intent, status, code) in [
        ("start", Intent::Connect(ME), Status::Stopped, 202),
        ("connect", Intent::Connect(ME), scan(), 202),
        ("start", Intent::Connect(ME), Status::Working, 200),
        ("stop", Intent::Disconnect(ME), Status::Working, 200),
        ("disconnect", Intent::Disconnect(ME), Status::Working, 200),
        ("stop", Intent::Disconnect(ME), Status::Stopped, 200),
        ("restart", Intent::Restart(ME), Status::Working, 202),
        ("logout", Intent::Logout(ME), Status::Working, 200),
        ("logout", Intent::Logout(ME), scan(), 200),
        ("select", Intent::Select(ME), scan(), 200),
    ] {
        rig.publish(status);
        for body in ["", "{}"] {
            let answer = rig.post(&mine(word), body);
            assert_eq!(answer.status(), code, "{word}: {}", answer.text);
            assert_eq!(answer.json()["id"], me());
            assert_eq!(rig.wishes.try_recv(), Ok((intent.clone(), Source::Api)));
        }
        rig.post(&mine(word), r#"{"force":true}"#)
            .assert_problem(422, "unknown_field");
    }
    let path = format!("/api/v1/sessions/{}/start", ids().name(SECOND));
    rig.post(&path, "").assert_problem(404, "unknown_session");
    assert!(rig.wishes.try_recv().is_err());
}

#[test]
fn a_wish_from_the_page_says_so() {
    let rig = Rig::start();
    let origin = format!("http://{}", rig.address);
    let headers = [
        ("Content-Type", "application/json"),
        ("Origin", origin.as_str()),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    let answer = rig.ask_with("POST", &mine("start"), &headers, "{}");
    assert_eq!(answer.status(), 202, "{}", answer.text);
    assert_eq!(
        rig.wishes.try_recv(),
        Ok((Intent::Connect(ME), Source::Page))
    );
}

#[test]
fn that_somebody_knows_of_a_restored_store_is_for_the_whole_box() {
    let rig = Rig::start();
    let path = "/api/v1/restored";
    let answer = rig.by(&rig.keys.admin, "DELETE", path, "");
    assert_eq!(answer.status(), 204, "{}", answer.text);
    assert_eq!(
        rig.wishes.try_recv(),
        Ok((Intent::AcknowledgeRestore, Source::Api))
    );
    rig.by(&rig.keys.read, "DELETE", path, "")
        .assert_problem(403, "missing_scope");
    assert!(rig.wishes.try_recv().is_err());
}

#[test]
fn one_session_more_changed_and_gone() {
    let rig = Rig::start();
    let label = |text: &str| Some(text.parse().unwrap());
    for (body, intent) in [
        ("", none()),
        ("{}", none()),
        (r#"{"label":null,"start":null}"#, none()),
        (
            r#"{"label":" till ","start":false,"phone":"+1 (555) 000-1234"}"#,
            Intent::AddAccount {
                label: label("till"),
                start: false,
                phone: Some(PHONE.parse().unwrap()),
            },
        ),
    ] {
        let added = rig.post("/api/v1/sessions", body);
        assert_eq!(added.status(), 201, "{}", added.text);
        assert_eq!(
            added.header("location"),
            format!("/api/v1/sessions/{}", me())
        );
        assert_eq!(added.json()["id"], me());
        assert_eq!(rig.wishes.try_recv(), Ok((intent, Source::Api)));
    }
    let path = format!("/api/v1/sessions/{}", me());
    let change = |body: &str| rig.by(&rig.keys.admin, "PATCH", &path, body);
    for (body, label, country_prefix) in [
        (r#"{"label":"till"}"#, label("till"), None),
        (r#"{"country_prefix":null}"#, None, Some(None)),
        (
            r#"{"country_prefix":"+62"}"#,
            None,
            Some(Some("62".parse().unwrap())),
        ),
        ("{}", None, None),
    ] {
        assert_eq!(change(body).status(), 200, "{body}");
        let intent = Intent::Change {
            account: ME,
            label,
            country_prefix,
        };
        assert_eq!(rig.wishes.try_recv(), Ok((intent, Source::Api)));
    }
    for (body, code) in [
        (r#"{"label":""}"#, "bad_label"),
        (r#"{"label":"a\u0000b"}"#, "bad_label"),
        (r#"{"label":7}"#, "bad_field"),
        (r#"{"country_prefix":"0"}"#, "bad_country_prefix"),
        (r#"{"policies":{}}"#, "unknown_field"),
        ("[]", "bad_field"),
    ] {
        change(body).assert_problem(422, code);
    }
    change("{").assert_problem(400, "bad_json");
    let gone = rig.by(&rig.keys.admin, "DELETE", &path, "");
    assert_eq!((gone.status(), gone.text.as_str()), (204, ""));
    assert_eq!(rig.wishes.try_recv(), Ok((Intent::Delete(ME), Source::Api)));
    assert!(rig.wishes.try_recv().is_err());
}

#[test]
fn a_code_to_type_instead_of_a_qr() {
    let rig = Rig::start();
    let ask = |body: &str| rig.post(&mine("pairing-code"), body);
    let answer = ask(r#"{"phone":"+1 (555) 000-1234"}"#);
    assert_eq!(answer.status(), 200, "{}", answer.text);
    assert_eq!(answer.json()["code"], "ABCD-1234");
    assert!(answer.json()["expires_in_ms"].as_u64().unwrap() > 0);
    let intent = Intent::PairByCode {
        account: ME,
        phone: PHONE.parse().unwrap(),
    };
    assert_eq!(rig.wishes.try_recv(), Ok((intent, Source::Api)));
    for (body, code) in [
        (r#"{"phone":"0812345678"}"#, "bad_phone"),
        (r#"{"phone":"12"}"#, "bad_phone"),
        (r#"{"phone":"not 15550001234"}"#, "bad_phone"),
        (r#"{"phone":15550001234}"#, "bad_field"),
        ("{}", "bad_field"),
    ] {
        let answer = ask(body);
        answer.assert_problem(422, code);
        assert!(!answer.text.contains("5550001234"), "{}", answer.text);
    }
    assert!(rig.wishes.try_recv().is_err());
}

#[test]
fn each_denial_has_its_problem() {
    let rig = Rig::start();
    let denials = [
        (Denial::Ending, 503, "ending"),
        (Denial::UnknownAccount, 404, "unknown_session"),
        (Denial::LabelTaken, 409, "label_taken"),
        (Denial::TooManyAccounts, 507, "session_cap"),
    ];
    for (denial, status, code) in denials {
        // Only those that this operation lists: the rig sees to that.
        if code == "unknown_session" {
            continue;
        }
        rig.answers(move |_| Some(Said::Denied(denial.clone())));
        rig.post("/api/v1/sessions", "")
            .assert_problem(status, code);
    }
    rig.answers(|_| Some(Said::Denied(Denial::UnknownAccount)));
    let answer = rig.post(&mine("stop"), "");
    answer.assert_problem(404, "unknown_session");
    assert_eq!(answer.json()["session"], me());
    let why = || "no socket".to_owned();
    for (denial, status, code) in [
        (Denial::AlreadyLinked, 409, "already_linked"),
        (
            Denial::NoTypedCode {
                why: why(),
                throttled: false,
            },
            409,
            "no_pairing_code",
        ),
        (
            Denial::NoTypedCode {
                why: why(),
                throttled: true,
            },
            429,
            "too_many_codes",
        ),
        (Denial::StoreFailed { why: why() }, 503, "store"),
    ] {
        rig.answers(move |_| Some(Said::Denied(denial.clone())));
        let answer = rig.post(&mine("pairing-code"), r#"{"phone":"15550001234"}"#);
        answer.assert_problem(status, code);
        assert_eq!(status == 429, !answer.header("retry-after").is_empty());
    }
}

#[test]
fn a_machine_that_does_not_answer_is_not_waited_for_for_ever() {
    let rig = Rig::start();
    rig.answers(|_| None);
    let late = rig.post(&mine("stop"), "");
    late.assert_problem(503, "busy");
    assert!(!late.header("retry-after").is_empty());

    let (inbox, ended) = Inbox::new();
    drop(ended);
    let rig = Rig::with(LOCAL, |context| context.inbox = inbox);
    rig.post(&mine("stop"), "").assert_problem(503, "ending");

    // Nobody takes anything out of this one.
    let (inbox, _full) = Inbox::new();
    for _ in 0..pairbox::limits::EVENT_QUEUE {
        inbox.try_send(pairbox::event::Event::NetworkUp).unwrap();
    }
    let rig = Rig::with(LOCAL, |context| context.inbox = inbox);
    let full = rig.post(&mine("stop"), "");
    full.assert_problem(503, "busy");
    assert_eq!(full.header("retry-after"), "1");
}
