//! Stories of choosing among several accounts, and all short ones, compared with the rules written
//! down flat.

use pairbox::account::AccountId;
use pairbox::event::{Button, Intent, LinkEvent};
use pairbox::limits::{HOLD_BAR_AFTER, OVERVIEW_AFTER};
use pairbox::time::Mono;

use super::bench::{Bench, alive, millis, qr, secs};

const A: AccountId = AccountId(1);
const B: AccountId = AccountId(2);
const C: AccountId = AccountId(3);

/// Three accounts, of which the first two have a link each that may show a code.
fn two_pair_one_does_not() -> Bench {
    let mut bench = Bench::with_accounts(3);
    bench.intent(Intent::Connect(A));
    bench.intent(Intent::Connect(B));
    bench
}

fn says(bench: &mut Bench, account: AccountId, event: LinkEvent) {
    bench.says(account, event);
}

fn short(bench: &mut Bench, button: Button) -> (AccountId, bool) {
    bench.press(button, millis(100));
    view(bench)
}

fn view(bench: &Bench) -> (AccountId, bool) {
    let snapshot = bench.snapshot();
    (snapshot.selected, snapshot.overview)
}

#[test]
fn next_and_previous_go_around() {
    let mut bench = Bench::with_accounts(3);
    let mut visited = Vec::new();
    for button in [Button::Next, Button::Previous] {
        for _ in 0..4 {
            visited.push(short(&mut bench, button).0);
        }
    }
    assert_eq!(visited, [B, C, A, B, A, C, B, A]);
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn the_overview_is_a_list_to_choose_from() {
    let mut bench = Bench::with_accounts(3);
    assert_eq!(short(&mut bench, Button::Select), (A, true));
    assert_eq!(short(&mut bench, Button::Next), (B, true));
    assert_eq!(short(&mut bench, Button::Previous), (A, true));
    bench.press_both();
    assert_eq!(view(&bench), (B, true));
    assert_eq!(short(&mut bench, Button::Select), (B, false));
    for (button, word) in [
        (Button::Connect, "starting"),
        (Button::Disconnect, "stopped"),
    ] {
        short(&mut bench, Button::Select);
        assert_eq!(short(&mut bench, button), (B, false));
        assert_eq!(bench.word(), word);
    }
    // A hold is about the marked one, which is shown with its bar.
    short(&mut bench, Button::Select);
    bench.edge(Button::Disconnect, true);
    bench.pass(HOLD_BAR_AFTER - millis(1));
    assert_eq!(view(&bench), (B, true));
    bench.pass(millis(1));
    assert_eq!(view(&bench), (B, false));
}

#[test]
fn one_account_is_no_list() {
    let mut bench = Bench::working();
    for button in [Button::Select, Button::Next, Button::Previous] {
        assert_eq!(short(&mut bench, button), (A, false));
    }
    bench.pass(OVERVIEW_AFTER * 2);
    assert_eq!(view(&bench), (A, false));
    // With the second one there is something to choose, and the time begins.
    bench.intent(Intent::ONE_MORE);
    assert_eq!(view(&bench), (B, false));
    bench.pass(OVERVIEW_AFTER - millis(1));
    assert_eq!(view(&bench), (B, false));
    bench.pass(millis(1));
    assert_eq!(view(&bench), (B, true));
}

#[test]
fn it_comes_when_nobody_touches_anything() {
    let mut bench = Bench::with_accounts(2);
    bench.pass(OVERVIEW_AFTER - millis(1));
    assert!(!bench.snapshot().overview);
    bench.pass(millis(1));
    assert!(bench.snapshot().overview);
    short(&mut bench, Button::Select);
    bench.pass(OVERVIEW_AFTER - secs(1));
    // A touch that means nothing is a touch.
    bench.press(Button::Connect, secs(1));
    bench.pass(OVERVIEW_AFTER - secs(1));
    assert!(!bench.snapshot().overview);
    bench.pass(secs(1));
    assert!(bench.snapshot().overview);
}

#[test]
fn it_does_not_cover_a_code_or_a_hold() {
    let mut bench = two_pair_one_does_not();
    says(&mut bench, A, qr("one", 300));
    bench.pass(secs(60));
    assert_eq!(view(&bench), (A, false));
    says(&mut bench, A, alive(false, false, 1));
    bench.pass(OVERVIEW_AFTER - millis(1));
    assert_eq!(
        view(&bench),
        (A, false),
        "what became of it is worth a look"
    );
    bench.pass(millis(1));
    assert_eq!(view(&bench), (A, true));
    let mut bench = Bench::with_accounts(2);
    for button in [Button::Connect, Button::Disconnect] {
        bench.edge(button, true);
    }
    bench.pass(millis(9900));
    assert!(bench.snapshot().hold.is_some() && !bench.snapshot().overview);
}

#[test]
fn a_code_takes_the_panel_to_its_account_unless_another_shows_one() {
    let mut bench = two_pair_one_does_not();
    assert_eq!(short(&mut bench, Button::Previous), (C, false));
    bench.pass(OVERVIEW_AFTER);
    assert_eq!(view(&bench), (C, true));
    says(&mut bench, B, qr("one", 60));
    assert_eq!(view(&bench), (B, false));
    says(&mut bench, A, qr("two", 60));
    assert_eq!(view(&bench), (B, false));
    // Who moves on is not called back by every fresh code.
    assert_eq!(short(&mut bench, Button::Next), (C, false));
    says(&mut bench, B, qr("three", 60));
    says(&mut bench, A, qr("four", 60));
    assert_eq!(view(&bench), (C, false));
}

/// The rules, flat.
#[derive(Clone, Debug)]
struct Rules {
    now: Mono,
    selected: usize,
    overview: bool,
    idle_from: Mono,
    code: [bool; 3],
    link: [bool; 3],
}

#[derive(Clone, Copy, Debug)]
enum Letter {
    Press(Button),
    Both,
    EarlyEnd,
    Code(usize),
    NoCode(usize),
    Pass(u64),
}

const LETTERS: [Letter; 13] = [
    Letter::Press(Button::Disconnect),
    Letter::Press(Button::Previous),
    Letter::Press(Button::Next),
    Letter::Press(Button::Select),
    Letter::Both,
    Letter::EarlyEnd,
    Letter::Code(0),
    Letter::Code(1),
    Letter::NoCode(0),
    Letter::NoCode(1),
    Letter::Pass(1_000),
    Letter::Pass(14_000),
    Letter::Pass(20_000),
];

impl Rules {
    fn pass(&mut self, ms: u64) {
        let end = self.now + millis(ms);
        if self.code[self.selected] {
            self.idle_from = end;
        } else if end >= self.idle_from + OVERVIEW_AFTER {
            self.overview = true;
        }
        self.now = end;
    }

    /// Lets the debounce pass, then counts as a touch.
    fn touch(&mut self) {
        self.pass(30);
        self.idle_from = self.now;
    }

    fn letter(&mut self, letter: Letter) {
        match letter {
            Letter::Press(button) => {
                self.touch();
                self.pass(70);
                self.touch();
                match button {
                    Button::Previous => self.selected = (self.selected + 2) % 3,
                    Button::Next => self.selected = (self.selected + 1) % 3,
                    Button::Select => self.overview = !self.overview,
                    Button::Connect | Button::Disconnect => {
                        self.overview = false;
                        self.code[self.selected] = false;
                        self.link[self.selected] = false;
                    }
                }
                self.pass(20);
            }
            // Two down, two up; the first release tells.
            Letter::Both => {
                for release in [false, false, true, false] {
                    self.touch();
                    if release {
                        self.selected = (self.selected + 1) % 3;
                    }
                    self.pass(30);
                }
            }
            // A hold let go after its bar came up.
            Letter::EarlyEnd => {
                self.touch();
                self.pass(570);
                self.overview = false;
                self.pass(400);
                self.touch();
                self.pass(20);
            }
            Letter::Code(of) => {
                if self.link[of] && !self.code[of] {
                    if self.code == [false; 3] {
                        (self.selected, self.overview) = (of, false);
                    }
                    self.code[of] = true;
                }
            }
            Letter::NoCode(of) => {
                if self.code[self.selected] {
                    self.idle_from = self.now;
                }
                self.code[of] = false;
            }
            Letter::Pass(ms) => self.pass(ms),
        }
    }
}

fn spell(bench: &mut Bench, letter: Letter) {
    let account = |of: usize| AccountId(u32::try_from(of).unwrap() + 1);
    match letter {
        Letter::Press(button) => bench.press(button, millis(100)),
        Letter::Both => bench.press_both(),
        Letter::EarlyEnd => bench.press(Button::Connect, secs(1)),
        Letter::Code(of) => says(bench, account(of), qr("a secret", 300)),
        Letter::NoCode(of) => says(bench, account(of), alive(false, false, 0)),
        Letter::Pass(ms) => bench.pass(millis(ms)),
    }
}

/// Letters a sequence has.
const DEPTH: u32 = 4;

fn follow(bench: &Bench, rules: &Rules, left: u32, steps: &mut u32) {
    for letter in LETTERS {
        let (mut bench, mut rules) = (bench.clone(), rules.clone());
        spell(&mut bench, letter);
        rules.letter(letter);
        *steps += 1;
        let selected = bench.snapshot().selected.0 as usize - 1;
        assert_eq!(
            (selected, bench.snapshot().overview, bench.now),
            (rules.selected, rules.overview, rules.now),
            "after {letter:?}: {rules:?}"
        );
        if left > 1 {
            follow(&bench, &rules, left - 1, steps);
        }
    }
}

#[test]
fn every_short_sequence_follows_the_rules() {
    let bench = two_pair_one_does_not();
    let rules = Rules {
        now: bench.now,
        selected: 0,
        overview: false,
        idle_from: bench.now,
        code: [false; 3],
        link: [true, true, false],
    };
    let mut steps = 0;
    follow(&bench, &rules, DEPTH, &mut steps);
    figure!(
        "overview: all sequences of {DEPTH} out of {} letters, {steps} steps compared",
        LETTERS.len()
    );
}
