//! A button held for something that cannot be undone: what it will do, how far it is, how to stop it.
//!
//! Paper is too slow for a bar; it says how long to hold.

use std::time::Duration;

use super::name;
use crate::snapshot::{AccountView, Hold, HoldAction};
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::icon::{self, Icon};
use crate::view::stack::{self, item, spare};
use crate::view::{headline, tick};

/// The bar grows this often at most: ten pictures a second are smooth enough, and an I2C bus of
/// 400 kHz carries them easily.
const STEP: Duration = Duration::from_millis(100);

pub fn draw(canvas: &mut Canvas, account: &AccountView, hold: &Hold, now: Mono) {
    let (icon, words) = words(hold.action);
    let body = headline::draw(canvas, icon, words);
    let subject = match hold.action {
        HoldAction::Logout => name(account),
        HoldAction::AddAccount => Block::Note("A code to scan comes up.".into()),
        HoldAction::ResetTokens => Block::Note("Programs will need new tokens.".into()),
    };
    let cancel = Block::Action("Let go to cancel");
    let items = if canvas.moves() {
        let all = tick::passed(hold.began, STEP, hold.began + hold.needs).max(1);
        let done = tick::passed(hold.began, STEP, now).min(all);
        [spare(subject), item(Block::Bar(done, all)), item(cancel)]
    } else {
        let seconds = hold.needs.as_secs();
        let words = format!("Keep it down for {seconds} seconds.");
        [item(subject), spare(Block::Note(words)), item(cancel)]
    };
    stack::draw(canvas, body, &items, now);
}

fn words(action: HoldAction) -> (&'static Icon, &'static str) {
    match action {
        HoldAction::Logout => (&icon::LEAVE, "Hold to log out"),
        HoldAction::AddAccount => (&icon::PLUS, "Hold to add another"),
        HoldAction::ResetTokens => (&icon::KEY, "Hold to reset access"),
    }
}

pub fn next_change(hold: &Hold, medium: Medium, now: Mono) -> Option<Mono> {
    let moving = medium == Medium::Oled && now < hold.began + hold.needs;
    moving.then(|| tick::after(hold.began, STEP, now))
}
