//! The tests a person makes, on simulated hardware: what is said, and what the glass showed meanwhile.

use std::io::{self, Write};
use std::sync::mpsc::Sender;
use std::time::Duration;

use pairbox::button::source::{Feed, Heard};
use pairbox::button::{self};
use pairbox::clock::Clock;
use pairbox::event::Button;
use pairbox::panel::Panel;
use pairbox::panel::ssd1306::{ADDRESS, Oled};
use pairbox::trial::{self, Interrupt, TrialError};
use pairbox::view::{Format, TEST_CARD_STEPS, test_card};
use pairbox_chips::{Cable, Picture};

use crate::buttons::rig::{millis, plain, secs, two_lines};

const TITLE: &str = "bare OLED";

/// A terminal that looks at the glass whenever it is written to.
struct Terminal<'a> {
    cable: &'a Cable,
    text: String,
    /// What the glass showed before each line.
    seen: Vec<Picture>,
    /// Interrupts after so many lines.
    patience: Option<(usize, Sender<()>)>,
}

impl Write for Terminal<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(bytes).unwrap();
        self.text.push_str(text);
        if text.ends_with('\n') {
            self.seen.push(self.cable.picture());
            if let Some((lines, interrupt)) = &self.patience
                && self.seen.len() == *lines
            {
                interrupt.send(()).unwrap();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn try_panel(
    cable: &Cable,
    patience: Option<usize>,
) -> (Result<(), TrialError>, String, Vec<Picture>) {
    try_panel_at(&[ADDRESS], cable, patience)
}

fn try_panel_at(
    addresses: &[u8],
    cable: &Cable,
    patience: Option<usize>,
) -> (Result<(), TrialError>, String, Vec<Picture>) {
    let (sender, interrupt) = Interrupt::by_hand();
    let mut terminal = Terminal {
        cable,
        text: String::new(),
        seen: Vec::new(),
        patience: patience.map(|lines| (lines, sender.clone())),
    };
    let mut tried = addresses.iter().cycle();
    let open = || {
        let address = *tried.next().unwrap();
        let oled = Oled::new(cable.clone(), address, "/dev/i2c-1");
        Ok(Box::new(oled) as Box<dyn Panel>)
    };
    let card = patience.map_or(millis(1), |_| secs(60));
    let outcome = trial::panel::run(
        TITLE,
        addresses.len(),
        open,
        Some(card),
        &interrupt,
        &mut terminal,
    );
    (outcome, terminal.text, terminal.seen)
}

fn card(step: u32) -> Picture {
    let frame = test_card(Format::OLED_128X64, TITLE, step);
    Picture::from_fn(128, 64, |x, y| frame.is_lit(x, y))
}

#[test]
fn every_card_is_shown_and_announced_and_the_glass_left_dark() {
    let cable = Cable::new(ADDRESS);
    let (outcome, text, seen) = try_panel(&cable, None);
    outcome.unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "bare OLED: 128 x 64 pixels. Ctrl-C ends.");
    assert_eq!(
        lines[1],
        "1/4: a line along all four edges, a checker, and `bare OLED` upright"
    );
    assert_eq!(lines[2], "2/4: everything lit");
    assert!(
        lines[5].starts_with("Done: the glass is dark again."),
        "{text}"
    );
    // Each card stands until the next is announced.
    for step in 0..TEST_CARD_STEPS - 1 {
        assert_eq!(seen[step as usize + 2], card(step), "card {step}");
    }
    assert!(cable.picture().is_dark());
    assert_eq!(cable.violations(), []);
}

#[test]
fn an_interrupt_ends_it_at_once_with_a_clean_glass() {
    let cable = Cable::new(ADDRESS);
    // While the first card is announced; each would stand for a minute.
    let (outcome, text, _) = try_panel(&cable, Some(2));
    outcome.unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(
        text.lines().last().unwrap().starts_with("Ended: "),
        "{text}"
    );
    assert!(cable.picture().is_dark());
}

#[test]
fn a_panel_at_its_other_address_is_found() {
    let cable = Cable::new(0x3d);
    let (outcome, text, seen) = try_panel_at(&[ADDRESS, 0x3d], &cable, None);
    outcome.unwrap();
    assert_eq!(text.lines().count(), 6, "{text}");
    assert_eq!(seen[2], card(0));
    // Nobody at either of them: the usual one is named.
    cable.unplug();
    let (outcome, _, _) = try_panel_at(&[ADDRESS, 0x3d], &cable, None);
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains(" address 0x3c "), "{error}");
}

#[test]
fn a_panel_that_is_not_there_is_one_line() {
    let cable = Cable::new(ADDRESS);
    cable.unplug();
    let (outcome, _, _) = try_panel(&cable, None);
    let error = outcome.unwrap_err().to_string();
    assert!(
        error.starts_with("the panel at /dev/i2c-1 address 0x3c does not answer"),
        "{error}"
    );
}

/// Edges of connect, milliseconds from now on.
fn finger(feed: &Feed, clock: Clock, edges: &[(u64, bool)]) {
    let start = clock.mono();
    for &(millis, pressed) in edges {
        let heard = Heard::Edge {
            button: Button::Connect,
            high: !pressed,
            at: start + Duration::from_millis(millis),
        };
        assert!(feed.put(heard));
    }
}

#[test]
fn buttons_are_told_as_they_are_pressed() {
    let (source, feed, bell) = plain();
    let clock = Clock::start();
    let (_sender, interrupt) = Interrupt::by_hand();
    let lines = two_lines();
    let mut said = Vec::new();
    let watch = |ear| {
        let buttons = button::start(source, bell, &lines, clock, ear)?;
        finger(&feed, clock, &[(0, true), (0, false), (0, true)]);
        Ok(buttons)
    };
    let length = Some(millis(300));
    trial::buttons::run(&lines, watch, length, clock, &interrupt, &mut said).unwrap();
    let said = String::from_utf8(said).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "Press connect (GPIO 5), disconnect (GPIO 6). Ctrl-C ends.",
            "connect    GPIO 5   pressed, bounced 1 times",
            "connect    GPIO 5   1 presses, bounced 1 times at most",
            "disconnect GPIO 6   never pressed",
        ]
    );
}

#[test]
fn an_interrupt_ends_the_button_test() {
    let (source, _feed, bell) = plain();
    let clock = Clock::start();
    let (sender, interrupt) = Interrupt::by_hand();
    sender.send(()).unwrap();
    let lines = two_lines();
    let watch = |ear| button::start(source, bell, &lines, clock, ear);
    let mut said = Vec::new();
    trial::buttons::run(&lines, watch, None, clock, &interrupt, &mut said).unwrap();
    assert!(String::from_utf8(said).unwrap().contains("never pressed"));
}
