//! Stories of codes to type on the phone: asked for, up beside a QR, lost, refused, over.

use pairbox::event::{Answer, Denial, Effect, Event, Intent, LinkEvent};
use pairbox::fault::Fault;
use pairbox::limits::{
    QR_GRACE, TYPED_AGAIN, TYPED_ANSWER, TYPED_ASKS, TYPED_ASKS_WITHIN, TYPED_WAITERS, TYPED_WISH,
};
use pairbox::secret::Secret;
use pairbox::snapshot::Status;

use super::bench::{Bench, ME, alive, connected, millis, paired, qr, secs, stored, typed, why};

fn by_code(phone: &str) -> Intent {
    Intent::PairByCode {
        account: ME,
        phone: phone.parse().unwrap(),
    }
}

fn mine() -> Intent {
    by_code("15550003333")
}

fn other() -> Intent {
    by_code("15550004444")
}

/// A QR is up and a code was asked for.
fn asked() -> Bench {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.ask(mine());
    assert_eq!(bench.asked(), ["request code"]);
    bench
}

/// Both are up.
fn both() -> Bench {
    let mut bench = asked();
    bench.link(typed("ABCD1234"));
    bench
}

fn refusal(answer: Option<&Answer>) -> (&str, bool) {
    match answer {
        Some(Answer::Denied(Denial::NoTypedCode { why, throttled })) => (why, *throttled),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_asked_for_once_the_connection_is_live_and_is_up_beside_the_qr() {
    let mut bench = Bench::new(false, false);
    let ticket = bench.ask(mine());
    assert_eq!(bench.asked(), ["save", "start"]);
    bench.link(alive(false, true, 0));
    assert_eq!(bench.asked(), [""; 0], "an open socket is not enough");
    bench.link(qr("one", 60));
    let asked = bench.effects();
    assert!(
        matches!(&asked[..], [Effect::RequestCode { phone, .. }] if phone.last4() == "3333"),
        "{asked:?}"
    );
    assert_eq!(bench.answers.get(&ticket), None);
    bench.link(typed("ABCD1234"));
    let expires_at = bench.now + secs(180);
    let code = Secret::new("ABCD1234".to_owned());
    let answer = Answer::Typed { code, expires_at };
    assert_eq!(bench.answers.get(&ticket), Some(&answer));
    assert_eq!(bench.shown_code().as_deref(), Some("one"));
    assert_eq!(bench.shown_typed().as_deref(), Some("ABCD1234"));
    assert_eq!(bench.status().text(), "Enter code");
    // The QR rotates beside it.
    bench.pass(secs(60));
    bench.link(qr("two", 20));
    assert_eq!(bench.shown_typed().as_deref(), Some("ABCD1234"));
    bench.link(paired());
    assert_eq!(bench.shown_typed(), None);
    bench.link(connected());
    assert_eq!(bench.word(), "working");
    assert_eq!(bench.answer(mine()), Answer::Denied(Denial::AlreadyLinked));
}

#[test]
fn between_two_qr_codes_the_connection_is_live_too() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.pass(secs(60) + QR_GRACE);
    assert_eq!(bench.word(), "starting");
    bench.ask(mine());
    assert_eq!(bench.asked(), ["request code"]);
    bench.link(typed("ABCD1234"));
    assert_eq!(bench.shown_code(), None);
    assert_eq!(bench.shown_typed().as_deref(), Some("ABCD1234"));
    bench.link(qr("two", 20));
    assert!(matches!(bench.status(), Status::ScanQrCode(it) if it.qr.as_ref().unwrap().seq == 2));
}

#[test]
fn qr_codes_run_out_under_it_and_it_stays_until_its_end() {
    let mut bench = both();
    bench.pass(secs(100));
    bench.link(LinkEvent::QrExhausted);
    assert_eq!(bench.shown_code(), None);
    assert_eq!(bench.shown_typed().as_deref(), Some("ABCD1234"));
    assert_eq!(bench.asked(), [""; 0]);
    bench.pass(secs(80) - millis(1));
    assert_eq!(bench.word(), "scan_qr_code");
    bench.pass(millis(1));
    assert_eq!(bench.fault(), Some(Fault::QrExhausted));
    assert_eq!(bench.asked(), ["stop", "save"]);
    // And from there a code can be asked for at once.
    bench.ended();
    bench.ask(mine());
    assert_eq!(bench.asked(), ["start"]);
}

#[test]
fn its_end_leaves_the_qr() {
    for event in [Some(LinkEvent::TypedCodeEnded { why: why() }), None] {
        let mut bench = Bench::pairing();
        bench.link(qr("one", 300));
        bench.ask(mine());
        bench.link(typed("ABCD1234"));
        match event {
            Some(event) => bench.link(event),
            None => bench.pass(secs(180)),
        }
        assert_eq!(bench.shown_typed(), None);
        assert_eq!(bench.shown_code().as_deref(), Some("one"));
        assert_eq!(bench.error(), Some("pair_code_ended"));
    }
    // Without a QR at the moment, one is on its way.
    let mut bench = both();
    bench.pass(secs(61));
    assert_eq!((bench.word(), bench.shown_code()), ("scan_qr_code", None));
    bench.link(LinkEvent::TypedCodeEnded { why: why() });
    assert_eq!(bench.word(), "starting");
}

#[test]
fn no_code_to_type_lives_for_ever_whatever_it_says() {
    let mut bench = asked();
    let (code, lifetime) = (Secret::new("ABCD1234".to_owned()), secs(1_000_000));
    bench.link(LinkEvent::TypedCode { code, lifetime });
    bench.pass(secs(180));
    assert_eq!(bench.shown_typed(), None);
    let mut bench = asked();
    let (code, lifetime) = (Secret::new("ABCD1234".to_owned()), secs(0));
    bench.link(LinkEvent::TypedCode { code, lifetime });
    assert_eq!(bench.shown_typed(), None);
    // Nor does one come up that nobody asked for.
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.link(typed("ABCD1234"));
    assert_eq!(bench.shown_typed(), None);
}

#[test]
fn a_refusal_is_answered_and_told() {
    for throttled in [false, true] {
        let mut bench = Bench::pairing();
        bench.link(qr("one", 60));
        let ticket = bench.ask(mine());
        let why = "429 rate-overlimit".to_owned();
        bench.link(LinkEvent::TypedCodeRefused { why, throttled });
        assert_eq!(
            refusal(bench.answers.get(&ticket)),
            ("429 rate-overlimit", throttled)
        );
        assert_eq!(bench.error(), Some("pair_code_refused"));
        assert_eq!(bench.shown_code().as_deref(), Some("one"));
        // Late words on it are nobody's.
        bench.link(typed("ABCD1234"));
        assert_eq!(bench.shown_typed(), None);
    }
}

#[test]
fn who_waits_is_told_after_half_a_minute() {
    // No answer, or no connection to ask on.
    for live in [true, false] {
        let mut bench = Bench::pairing();
        if live {
            bench.link(qr("one", 300));
        }
        let ticket = bench.ask(mine());
        bench.pass(TYPED_ANSWER - millis(1));
        assert_eq!(bench.answers.get(&ticket), None);
        bench.pass(millis(1));
        assert_eq!(
            refusal(bench.answers.get(&ticket)),
            ("no answer from WhatsApp", false)
        );
        assert_eq!(bench.error(), Some("pair_code_refused"));
    }
}

#[test]
fn whatever_ends_the_pairing_answers_who_waits() {
    for (event, word) in [
        (
            LinkEvent::Refused {
                why: "no".to_owned(),
            },
            "no",
        ),
        (
            LinkEvent::PasskeyRequired,
            "WhatsApp asks for a passkey instead",
        ),
        (LinkEvent::Ended, "the connection ended without a reason"),
    ] {
        let mut bench = Bench::pairing();
        bench.link(qr("one", 60));
        let ticket = bench.ask(mine());
        bench.link(event);
        assert_eq!(refusal(bench.answers.get(&ticket)), (word, false));
    }
    for (intent, word) in [
        (Intent::Disconnect(ME), "it was stopped"),
        (Intent::Logout(ME), "it was stopped"),
        (Intent::Connect(ME), "a fresh QR was asked for"),
        (Intent::Restart(ME), "it was started anew"),
    ] {
        let mut bench = Bench::pairing();
        bench.link(qr("one", 60));
        let ticket = bench.ask(mine());
        bench.intent(intent);
        assert_eq!(refusal(bench.answers.get(&ticket)), (word, false));
        assert_eq!(bench.shown_typed(), None);
    }
    for (event, denial) in [
        (Event::Shutdown, Denial::Ending),
        (
            Event::Link {
                account: ME,
                epoch: Bench::pairing().ledger.newest(),
                event: paired(),
            },
            Denial::AlreadyLinked,
        ),
        (
            Event::Intent {
                intent: Intent::Delete(ME),
                source: pairbox::event::Source::Api,
                ticket: None,
            },
            Denial::UnknownAccount,
        ),
    ] {
        let mut bench = Bench::pairing();
        bench.link(qr("one", 60));
        let ticket = bench.ask(mine());
        bench.send(event);
        assert_eq!(bench.answers.get(&ticket), Some(&Answer::Denied(denial)));
    }
}

#[test]
fn the_same_number_gets_the_same_code_and_another_one_of_its_own() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    let (first, second) = (bench.ask(mine()), bench.ask(mine()));
    assert_eq!(bench.asked(), ["request code"]);
    bench.link(typed("ABCD1234"));
    let third = bench.ask(mine());
    let answers: Vec<_> = [first, second, third]
        .iter()
        .map(|ticket| bench.answers[ticket].clone())
        .collect();
    assert!(answers.iter().all(|it| *it == answers[0]));
    assert!(matches!(answers[0], Answer::Typed { .. }));
    // Another number: the code that is up goes at once, and the QR stays.
    let fourth = bench.ask(other());
    assert_eq!(bench.asked(), ["request code"]);
    assert_eq!(bench.shown_typed(), None);
    assert_eq!(bench.shown_code().as_deref(), Some("one"));
    // And a third while that is under way: one request at a time, and no mix-up.
    let fifth = bench.ask(mine());
    assert_eq!(
        refusal(bench.answers.get(&fourth)),
        ("another number was asked for", false)
    );
    assert_eq!(bench.asked(), [""; 0]);
    bench.link(typed("FOROTHER"));
    assert_eq!(bench.shown_typed(), None);
    assert_eq!(bench.asked(), ["request code"]);
    bench.link(typed("FORMINE1"));
    assert_eq!(bench.shown_typed().as_deref(), Some("FORMINE1"));
    assert!(
        matches!(&bench.answers[&fifth], Answer::Typed { code, .. } if code.expose() == "FORMINE1")
    );
}

#[test]
fn a_number_may_be_asked_for_so_often_and_no_more() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 300));
    for n in 0..TYPED_ASKS {
        bench.ask(if n % 2 == 0 { mine() } else { other() });
        bench.link(typed("ABCD1234"));
    }
    let ticket = bench.ask(if TYPED_ASKS.is_multiple_of(2) {
        mine()
    } else {
        other()
    });
    assert!(refusal(bench.answers.get(&ticket)).1);
    assert_eq!(
        bench.shown_typed().as_deref(),
        Some("ABCD1234"),
        "the one that is up stays"
    );
    bench.asked();
    bench.disconnect();
    bench.ended();
    bench.pass(TYPED_ASKS_WITHIN);
    bench.ask(mine());
    assert_eq!(bench.asked(), ["stop", "save", "save", "start"]);
    // Who waits for the same one holds a worker each.
    for _ in 1..TYPED_WAITERS {
        bench.ask(mine());
    }
    assert!(refusal(Some(&bench.answer(mine()))).1);
}

#[test]
fn a_lost_connection_brings_a_new_code_while_somebody_may_stand_there() {
    let mut bench = both();
    bench.pass(secs(50));
    bench.link(alive(false, false, 0));
    assert_eq!((bench.word(), bench.shown_typed()), ("starting", None));
    bench.link(qr("fresh", 60));
    assert_eq!(bench.asked(), ["request code"]);
    bench.link(typed("EFGH5678"));
    assert_eq!(bench.shown_typed().as_deref(), Some("EFGH5678"));
    // Too late: nobody is there any more.
    bench.pass(TYPED_WISH - secs(50));
    bench.link(qr("next", 60));
    bench.link(alive(false, false, 0));
    bench.link(qr("again", 60));
    assert_eq!(bench.asked(), [""; 0]);
    assert_eq!(bench.error(), Some("pair_code_ended"));
    // And not without end.
    let mut bench = both();
    for _ in 0..TYPED_AGAIN {
        bench.link(LinkEvent::Dropped { why: why() });
        bench.link(qr("fresh", 60));
        assert_eq!(bench.asked(), ["request code"]);
        bench.link(typed("EFGH5678"));
    }
    bench.link(LinkEvent::Dropped { why: why() });
    bench.link(qr("fresh", 60));
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn a_connection_lost_before_the_answer_asks_again_for_who_still_waits() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    let ticket = bench.ask(mine());
    bench.link(alive(false, false, 1));
    bench.link(qr("two", 60));
    assert_eq!(bench.asked(), ["request code", "request code"]);
    bench.link(typed("ABCD1234"));
    assert!(matches!(bench.answers[&ticket], Answer::Typed { .. }));
}

#[test]
fn qr_codes_that_run_out_before_the_answer_start_a_fresh_connection() {
    let mut bench = asked();
    bench.link(LinkEvent::QrExhausted);
    assert_eq!(bench.word(), "starting");
    assert_eq!(bench.asked(), ["stop"]);
    bench.ended();
    bench.link(qr("fresh", 60));
    assert_eq!(bench.asked(), ["start", "request code"]);
    bench.link(typed("ABCD1234"));
    assert_eq!(bench.shown_typed().as_deref(), Some("ABCD1234"));
}

#[test]
fn a_new_account_by_code_shows_it_without_anybody_waiting() {
    let mut bench = Bench::new(true, true);
    bench.asked();
    let phone = "15550003333".parse().ok();
    let answer = bench.answer(Intent::AddAccount {
        label: Some("Till".parse().unwrap()),
        start: false,
        phone,
    });
    let Answer::Added(id) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(bench.asked(), ["save", "start"]);
    bench.pass(secs(40));
    bench.says(id, qr("one", 60));
    bench.says(id, typed("ABCD1234"));
    assert_eq!(bench.snapshot().selected, id);
    assert_eq!(bench.shown_typed().as_deref(), Some("ABCD1234"));
}

#[test]
fn the_panel_goes_where_a_code_was_asked_for_unless_it_shows_one() {
    let accounts = [1, 2].map(|id| stored(pairbox::account::AccountId(id), false, false));
    let mut bench = Bench::boot(accounts.into(), pairbox::snapshot::PanelHealth::Attached);
    let second = pairbox::account::AccountId(2);
    let ask = |account| Intent::PairByCode {
        account,
        phone: "15550003333".parse().unwrap(),
    };
    bench.ask(ask(second));
    assert_eq!(bench.snapshot().selected, second);
    bench.says(second, qr("one", 60));
    bench.ask(ask(ME));
    assert_eq!(bench.snapshot().selected, second);
}
