//! Somebody who waits to be let in: when the panel shows them, and what a press means then.
//!
//! Stories, and all short sequences of what people and the world can do, judged by what was published
//! before each finger came.

use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::event::{Button, Effect, Event, GatewayEvent, Intent, LinkEvent, PanelEvent};
use pairbox::limits::{CALLER_SEEN, CALLER_SEEN_PAPER, PANEL_OFF};
use pairbox::secret::Secret;
use pairbox::snapshot::{Light, OutboxHealth, PanelHealth, Waiting};
use pairbox::time::Mono;

use super::bench::{Bench, ME, connected, millis, secs, stored, why};

const SHORT: Duration = Duration::from_millis(100);

fn somebody(code: &str, expires_at: Mono) -> Waiting {
    Waiting {
        code: Secret::new(code.to_owned()),
        name: Some("Alice".to_owned()),
        last4: Some("2222".to_owned()),
        expires_at,
    }
}

fn wait_at(bench: &mut Bench, account: AccountId, codes: &[&str]) {
    let ends = bench.now + secs(3600);
    let waiting = codes.iter().map(|code| somebody(code, ends)).collect();
    bench.send(Event::Gateway(GatewayEvent::Requests { account, waiting }));
}

fn shown(bench: &Bench) -> Option<String> {
    let caller = bench.snapshot().caller.clone()?;
    Some(caller.who.code.expose().to_owned())
}

/// What was decided since the last call; anything else that was asked for is a mistake.
fn decided(bench: &mut Bench) -> Vec<(String, bool)> {
    let effects = bench.effects().into_iter();
    let decisions = effects.map(|effect| match effect {
        Effect::Decide { code, approve, .. } => (code.expose().to_owned(), approve),
        other => panic!("{other:?}"),
    });
    decisions.collect()
}

#[test]
fn connect_lets_in_and_disconnect_refuses() {
    for (button, approve) in [(Button::Connect, true), (Button::Disconnect, false)] {
        let mut bench = Bench::working();
        wait_at(&mut bench, ME, &["AAAA2222", "BBBB3333"]);
        assert_eq!(shown(&bench).as_deref(), Some("AAAA2222"));
        assert_eq!(bench.snapshot().caller.as_ref().unwrap().others, 1);
        bench.pass(CALLER_SEEN);
        bench.press(button, SHORT);
        assert_eq!(decided(&mut bench), [("AAAA2222".to_owned(), approve)]);
        assert_eq!(bench.word(), "working");
        // The next one comes up, and has to be read first.
        assert_eq!(shown(&bench).as_deref(), Some("BBBB3333"));
        bench.press(button, SHORT);
        assert_eq!(decided(&mut bench), []);
        bench.pass(CALLER_SEEN);
        bench.press(button, SHORT);
        assert_eq!(decided(&mut bench), [("BBBB3333".to_owned(), approve)]);
        // A finger that comes once more at once does nothing; later it has its usual meaning.
        bench.press(Button::Disconnect, SHORT);
        assert_eq!((decided(&mut bench), bench.word()), (vec![], "working"));
        bench.pass(CALLER_SEEN);
        bench.press(Button::Disconnect, SHORT);
        assert_eq!(bench.word(), "stopped");
    }
}

#[test]
fn a_press_that_only_wakes_the_panel_does_nothing() {
    let mut bench = Bench::working();
    wait_at(&mut bench, ME, &["AAAA2222"]);
    bench.pass(PANEL_OFF);
    assert_eq!((bench.snapshot().light, shown(&bench)), (Light::Off, None));
    bench.press(Button::Connect, SHORT);
    assert_eq!(decided(&mut bench), []);
    assert_eq!(shown(&bench).as_deref(), Some("AAAA2222"));
    // Nor does one that comes before anybody could read it.
    bench.press(Button::Connect, SHORT);
    assert_eq!(decided(&mut bench), []);
    bench.pass(CALLER_SEEN);
    bench.press(Button::Connect, SHORT);
    assert_eq!(decided(&mut bench), [("AAAA2222".to_owned(), true)]);
}

#[test]
fn whoever_knocks_wakes_the_panel_and_goes_when_the_hour_is_over() {
    let mut bench = Bench::working();
    bench.pass(PANEL_OFF);
    wait_at(&mut bench, ME, &["AAAA2222"]);
    assert_eq!(bench.snapshot().light, Light::Bright);
    let again = bench.snapshot();
    bench.pass(secs(60));
    // Told again, it is no news.
    let waiting = again.accounts[0].waiting.clone();
    bench.send(Event::Gateway(GatewayEvent::Requests {
        account: ME,
        waiting,
    }));
    bench.pass(secs(60));
    assert_eq!(bench.snapshot().light, Light::Off);
    bench.pass(secs(3600 - 121));
    assert_eq!(bench.view().waiting.len(), 1);
    bench.pass(secs(1));
    assert_eq!(bench.view().waiting, []);
    // A list that is late brings nobody back.
    let now = bench.now;
    let waiting = vec![somebody("AAAA2222", now)];
    bench.send(Event::Gateway(GatewayEvent::Requests {
        account: ME,
        waiting,
    }));
    assert_eq!(bench.view().waiting, []);
    assert_eq!(bench.snapshot().light, Light::Off);
}

#[test]
fn what_a_person_has_to_do_is_not_covered() {
    let mut bench = Bench::working();
    wait_at(&mut bench, ME, &["AAAA2222"]);
    let code = Secret::new("123456".to_owned());
    bench.intent(Intent::ShowAccessCode { code: code.clone() });
    assert_eq!(shown(&bench), None);
    bench.intent(Intent::TryAccessCode { code });
    assert!(shown(&bench).is_some());
    // A hold shows what it will do, and letting go early decides nothing.
    bench.pass(CALLER_SEEN);
    bench.edge(Button::Disconnect, true);
    bench.pass(secs(3));
    assert!(bench.snapshot().hold.is_some());
    assert_eq!(shown(&bench), None);
    bench.edge(Button::Disconnect, false);
    bench.pass(millis(50));
    assert_eq!((decided(&mut bench), bench.word()), (vec![], "working"));
    assert!(shown(&bench).is_some());
    // Whatever is not simply well comes first.
    bench.link(LinkEvent::Dropped { why: why() });
    assert_eq!(shown(&bench), None);
    bench.link(connected());
    assert!(shown(&bench).is_some());
    bench.send(Event::Panel(PanelEvent::Lost { why: why() }));
    assert_eq!(shown(&bench), None);
    bench.pass(CALLER_SEEN);
    bench.press(Button::Disconnect, SHORT);
    assert_eq!(bench.word(), "stopped", "without a glass nobody is asked");
}

#[test]
fn a_press_that_began_for_something_else_does_nothing() {
    // The question comes up under the finger.
    let mut bench = Bench::working();
    bench.edge(Button::Disconnect, true);
    bench.pass(millis(200));
    wait_at(&mut bench, ME, &["AAAA2222"]);
    bench.pass(millis(200));
    bench.edge(Button::Disconnect, false);
    bench.pass(millis(50));
    assert_eq!((decided(&mut bench), bench.word()), (vec![], "working"));
    // It goes under the finger: decided on the page.
    bench.pass(CALLER_SEEN);
    bench.edge(Button::Disconnect, true);
    bench.pass(millis(200));
    wait_at(&mut bench, ME, &[]);
    bench.edge(Button::Disconnect, false);
    bench.pass(millis(50));
    assert_eq!((decided(&mut bench), bench.word()), (vec![], "working"));
    // Somebody else takes its place under the finger.
    wait_at(&mut bench, ME, &["AAAA2222", "BBBB3333"]);
    bench.pass(CALLER_SEEN);
    bench.edge(Button::Connect, true);
    bench.pass(millis(200));
    wait_at(&mut bench, ME, &["BBBB3333"]);
    bench.edge(Button::Connect, false);
    bench.pass(millis(50));
    assert_eq!(decided(&mut bench), []);
}

#[test]
fn both_together_put_it_off_until_the_person_has_left() {
    let mut bench = Bench::working();
    wait_at(&mut bench, ME, &["AAAA2222"]);
    bench.pass(CALLER_SEEN);
    bench.press_both();
    assert_eq!((decided(&mut bench), shown(&bench)), (vec![], None));
    // The buttons are as usual now.
    bench.press(Button::Disconnect, SHORT);
    assert_eq!(bench.word(), "stopped");
    bench.effects();
    bench.connect();
    bench.says(ME, connected());
    bench.effects();
    assert_eq!(shown(&bench), None);
    // Somebody else asks.
    wait_at(&mut bench, ME, &["AAAA2222", "BBBB3333"]);
    assert_eq!(shown(&bench).as_deref(), Some("AAAA2222"));
    bench.press_both();
    assert_eq!(shown(&bench), None);
    bench.pass(secs(60));
    assert_eq!(shown(&bench).as_deref(), Some("AAAA2222"));
}

#[test]
fn whoever_wrote_to_another_account_is_shown_too() {
    let accounts = vec![stored(ME, true, true), stored(AccountId(2), false, false)];
    let mut bench = Bench::boot(accounts, PanelHealth::Attached);
    bench.link(connected());
    bench.effects();
    wait_at(&mut bench, AccountId(2), &["CCCC4444"]);
    let caller = bench.snapshot().caller.clone().unwrap();
    assert_eq!(caller.account, AccountId(2));
    // The one that stands there stays, though this account goes first.
    wait_at(&mut bench, ME, &["AAAA2222"]);
    assert_eq!(shown(&bench).as_deref(), Some("CCCC4444"));
    bench.pass(CALLER_SEEN);
    bench.press(Button::Connect, SHORT);
    assert_eq!(decided(&mut bench), [("CCCC4444".to_owned(), true)]);
    assert_eq!(bench.snapshot().selected, ME);
    assert_eq!(shown(&bench).as_deref(), Some("AAAA2222"));
}

#[test]
fn paper_takes_longer_to_show_somebody() {
    let mut bench = Bench::working();
    bench.machine = bench.machine.clone().on_paper(bench.time());
    wait_at(&mut bench, ME, &["AAAA2222"]);
    bench.pass(CALLER_SEEN_PAPER - SHORT);
    bench.press(Button::Connect, SHORT);
    assert_eq!(decided(&mut bench), []);
    bench.press(Button::Connect, SHORT);
    assert_eq!(decided(&mut bench), [("AAAA2222".to_owned(), true)]);
}

#[test]
fn how_the_lines_stand_is_passed_on() {
    let mut bench = Bench::working();
    let health = OutboxHealth {
        pending: 7,
        dead: 2,
        ..OutboxHealth::default()
    };
    bench.pass(PANEL_OFF);
    bench.send(Event::Gateway(GatewayEvent::Outbox(health)));
    assert_eq!(bench.snapshot().outbox, health);
    assert_eq!(
        bench.snapshot().light,
        Light::Off,
        "nobody is woken by a number"
    );
}

/// What can happen around the panel.
#[derive(Clone, Copy, Debug)]
enum Act {
    Knock(u32, &'static str),
    Nobody(u32),
    Press(Button),
    Both,
    Pass(u64),
    Drop,
    Connected,
}

const ACTS: [Act; 12] = [
    Act::Knock(1, "AAAA2222"),
    Act::Knock(1, "BBBB3333"),
    Act::Knock(2, "CCCC4444"),
    Act::Nobody(1),
    Act::Press(Button::Connect),
    Act::Press(Button::Disconnect),
    Act::Press(Button::Select),
    Act::Both,
    Act::Pass(1000),
    Act::Pass(150_000),
    Act::Drop,
    Act::Connected,
];

/// What has been on the glass, and since when.
struct Watcher {
    shown: Option<String>,
    since: Mono,
}

impl Watcher {
    fn look(&mut self, bench: &Bench) {
        let shown = shown(bench);
        if shown != self.shown {
            self.shown = shown;
            self.since = bench.now;
        }
    }

    /// After a person has moved on, the buttons are theirs at once.
    fn put_off(&mut self, bench: &Bench, moved: bool) {
        self.look(bench);
        if moved && self.shown.is_none() {
            self.since = Mono::START;
        }
    }
}

/// Does it. A press is judged by what stood on the glass when the finger came.
fn act(bench: &mut Bench, watcher: &mut Watcher, act: Act, trace: &[Act]) {
    match act {
        Act::Knock(account, code) => wait_at(bench, AccountId(account), &[code]),
        Act::Nobody(account) => wait_at(bench, AccountId(account), &[]),
        Act::Drop => bench.says(ME, LinkEvent::Dropped { why: why() }),
        Act::Connected => bench.says(ME, connected()),
        Act::Pass(time) => {
            // In steps, as what is shown may come and go by itself.
            for _ in 0..10 {
                bench.pass(millis(time / 10));
                watcher.look(bench);
            }
        }
        Act::Both => {
            let was = watcher.shown.is_some();
            bench.press_both();
            watcher.put_off(bench, was);
        }
        Act::Press(button) => {
            let read = bench.now.since(watcher.since) >= CALLER_SEEN;
            let (was, dark) = (watcher.shown.clone(), bench.snapshot().light == Light::Off);
            let before = bench.snapshot();
            bench.effects();
            bench.press(button, SHORT);
            let effects = bench.effects();
            let decisions = effects.iter().filter_map(|effect| match effect {
                Effect::Decide { code, approve, .. } => Some((code.expose().to_owned(), *approve)),
                _ => None,
            });
            let decisions: Vec<_> = decisions.collect();
            let wants = bench.snapshot().current().enabled;
            let decides = matches!(button, Button::Connect | Button::Disconnect);
            let moved = was.is_some() && !decides;
            let expected = was.filter(|_| decides && read && !dark);
            let expected = expected.map(|code| (code, button == Button::Connect));
            assert_eq!(decisions, Vec::from_iter(expected.clone()), "{trace:?}");
            let usual = decides && !dark && watcher.shown.is_none() && read;
            if usual {
                assert_eq!(wants, button == Button::Connect, "{trace:?}");
            } else {
                assert_eq!(wants, before.current().enabled, "two meanings: {trace:?}");
                assert!(effects.len() == decisions.len(), "{effects:?} {trace:?}");
            }
            watcher.put_off(bench, moved);
        }
    }
    watcher.look(bench);
}

#[test]
fn no_press_has_two_meanings() {
    const DEPTH: u32 = 5;
    let mut presses = 0u64;
    let count = ACTS.len().pow(DEPTH);
    for number in 0..count {
        let letters = (0..DEPTH).scan(number, |rest, _| {
            let letter = ACTS[*rest % ACTS.len()];
            *rest /= ACTS.len();
            Some(letter)
        });
        let trace: Vec<Act> = letters.collect();
        // What ends without a press shows nothing that a longer one does not.
        if !matches!(trace.last(), Some(Act::Press(_))) {
            continue;
        }
        let accounts = vec![stored(ME, true, true), stored(AccountId(2), false, false)];
        let mut bench = Bench::boot(accounts, PanelHealth::Attached);
        bench.link(connected());
        bench.pass(CALLER_SEEN);
        bench.effects();
        let mut watcher = Watcher {
            shown: None,
            since: Mono::START,
        };
        for step in &trace {
            act(&mut bench, &mut watcher, *step, &trace);
            presses += u64::from(matches!(step, Act::Press(_)));
        }
    }
    figure!("callers: {count} sequences, {presses} presses judged");
}
