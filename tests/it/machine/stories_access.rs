//! Stories of the access code: shown to who stands there, guessed by who does not, asked for by anybody.

use pairbox::event::{Answer, Button, Denial, Event, Intent, PanelEvent};
use pairbox::limits::{
    ACCESS_CODE, ACCESS_CODE_KEPT, ACCESS_CODES_UNUSED, ACCESS_LOCK, ACCESS_TRIES, PANEL_OFF,
};
use pairbox::secret::Secret;
use pairbox::snapshot::{Light, PanelHealth};

use super::bench::{Bench, ME, millis, secs, stored, why};

fn show(code: &str) -> Intent {
    Intent::ShowAccessCode {
        code: Secret::new(code.to_owned()),
    }
}

fn attempt(bench: &mut Bench, code: &str) -> Answer {
    bench.answer(Intent::TryAccessCode {
        code: Secret::new(code.to_owned()),
    })
}

fn shown(bench: &Bench) -> Option<String> {
    let snapshot = bench.snapshot();
    snapshot
        .access
        .as_ref()
        .map(|it| it.code.expose().to_owned())
}

#[test]
fn it_is_up_for_a_minute_lets_in_once_and_wakes_the_panel() {
    let mut bench = Bench::working();
    bench.pass(PANEL_OFF);
    assert_eq!(bench.snapshot().light, Light::Off);
    assert_eq!(bench.answer(show("123456")), Answer::Done);
    assert_eq!(bench.snapshot().light, Light::Bright);
    assert!(bench.snapshot().attended, "paper shows it at once");
    bench.pass(ACCESS_CODE - millis(1));
    assert_eq!(shown(&bench).as_deref(), Some("123456"));
    assert_eq!(attempt(&mut bench, "123456"), Answer::Done);
    assert_eq!(shown(&bench), None);
    let none = Answer::Denied(Denial::NoAccessCode);
    assert_eq!(attempt(&mut bench, "123456"), none);
    bench.answer(show("222222"));
    bench.pass(ACCESS_CODE);
    assert_eq!(shown(&bench), None);
    assert_eq!(attempt(&mut bench, "222222"), none);
    bench.answer(show("333333"));
    bench.send(Event::Shutdown);
    assert_eq!(shown(&bench), None);
}

#[test]
fn it_is_over_also_when_a_try_is_quicker_than_the_timer() {
    let mut bench = Bench::working();
    bench.answer(show("123456"));
    bench.now = bench.now + ACCESS_CODE;
    let none = Answer::Denied(Denial::NoAccessCode);
    assert_eq!(attempt(&mut bench, "123456"), none);
}

#[test]
fn without_a_panel_there_is_none() {
    let no_panel = Answer::Denied(Denial::NoPanel);
    let mut bench = Bench::boot(vec![stored(ME, false, false)], PanelHealth::Headless);
    assert_eq!(bench.answer(show("123456")), no_panel);
    let mut bench = Bench::working();
    bench.send(Event::Panel(PanelEvent::Lost { why: why() }));
    assert_eq!(bench.answer(show("123456")), no_panel);
    assert!(!bench.snapshot().attended);
}

#[test]
fn wrong_guesses_lock_over_all_codes_and_whatever_they_look_like() {
    let mut bench = Bench::working();
    bench.answer(show("123456"));
    let wrong = ["123457", "", "1234567", "½", "12345"];
    for (n, code) in (1..ACCESS_TRIES).zip(wrong) {
        let left = ACCESS_TRIES - n;
        let denied = Answer::Denied(Denial::WrongAccessCode { left });
        assert_eq!(attempt(&mut bench, code), denied);
        // A fresh code brings no fresh tries.
        bench.pass(ACCESS_CODE);
        bench.edge(Button::Next, true);
        bench.pass(secs(1));
        bench.edge(Button::Next, false);
        bench.pass(secs(1));
        bench.answer(show("123456"));
    }
    let until = bench.now + ACCESS_LOCK;
    let locked = Answer::Denied(Denial::AccessLocked { until });
    assert_eq!(attempt(&mut bench, wrong[4]), locked);
    assert_eq!(shown(&bench), None);
    // Not the right one either, no fresh one, and no button helps.
    bench.press(Button::Next, millis(100));
    assert_eq!(attempt(&mut bench, "123456"), locked);
    assert_eq!(bench.answer(show("654321")), locked);
    bench.pass(ACCESS_LOCK);
    assert_eq!(bench.answer(show("654321")), Answer::Done);
    let left = ACCESS_TRIES - 1;
    let denied = Answer::Denied(Denial::WrongAccessCode { left });
    assert_eq!(attempt(&mut bench, "000000"), denied);
    assert_eq!(attempt(&mut bench, "654321"), Answer::Done);
}

#[test]
fn success_and_time_forgive_wrong_guesses() {
    let left = |left| Answer::Denied(Denial::WrongAccessCode { left });
    let mut bench = Bench::working();
    bench.answer(show("123456"));
    assert_eq!(attempt(&mut bench, "1"), left(4));
    assert_eq!(attempt(&mut bench, "2"), left(3));
    assert_eq!(attempt(&mut bench, "123456"), Answer::Done);
    bench.answer(show("123456"));
    assert_eq!(attempt(&mut bench, "3"), left(4));
    bench.pass(ACCESS_LOCK);
    bench.answer(show("123456"));
    assert_eq!(attempt(&mut bench, "4"), left(4));
}

#[test]
fn who_asks_again_does_not_push_away_what_somebody_is_typing() {
    let mut bench = Bench::working();
    bench.answer(show("111111"));
    bench.pass(ACCESS_CODE - ACCESS_CODE_KEPT - millis(1));
    assert_eq!(bench.answer(show("222222")), Answer::Done);
    assert_eq!(shown(&bench).as_deref(), Some("111111"));
    bench.pass(millis(1));
    assert_eq!(bench.answer(show("333333")), Answer::Done);
    assert_eq!(shown(&bench).as_deref(), Some("333333"));
}

#[test]
fn who_only_asks_cannot_keep_the_panel_for_ever() {
    let mut bench = Bench::working();
    let mut up = 0;
    let mut minutes = 0;
    let mut lit = |bench: &mut Bench| {
        for n in 0..60 {
            let _ = bench.answer(show(&format!("{n:06}")));
            up += u32::from(bench.snapshot().access.is_some());
            minutes += 1;
            bench.pass(secs(60));
        }
    };
    lit(&mut bench);
    assert_eq!(minutes, 60);
    assert!(
        up <= 4 * u32::try_from(ACCESS_CODES_UNUSED).unwrap(),
        "{up}"
    );
    // Somebody who stands there gets one at once: no request can press a button.
    let _ = bench.answer(show("111111"));
    bench.pass(ACCESS_CODE);
    while bench.answer(show("222222")) == Answer::Done {
        bench.pass(ACCESS_CODE);
    }
    bench.press(Button::Next, millis(100));
    assert_eq!(bench.answer(show("333333")), Answer::Done);
    assert_eq!(shown(&bench).as_deref(), Some("333333"));
}

#[test]
fn tokens_are_taken_back_and_the_wish_is_answered() {
    let mut bench = Bench::working();
    assert_eq!(bench.answer(Intent::ResetTokens), Answer::Done);
    assert_eq!(bench.asked(), ["reset"]);
    bench.send(Event::Shutdown);
    let ending = Answer::Denied(Denial::Ending);
    assert_eq!(bench.answer(Intent::ResetTokens), ending);
    assert_eq!(bench.answer(show("123456")), ending);
    assert_eq!(bench.answer(Intent::Connect(ME)), ending);
}
