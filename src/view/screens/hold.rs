//! A button held for something that cannot be undone: what it will do, how far it is, how to stop it.

use std::time::Duration;

use crate::snapshot::{AccountView, Hold, HoldAction};
use crate::time::Mono;
use crate::view::frame::Frame;
use crate::view::{icon, tick, widgets};

/// Rows of the bar.
const BAR: u32 = 9;

/// The bar grows this often at most: ten pictures a second are smooth enough, and an I2C bus of
/// 400 kHz carries them easily.
const STEP: Duration = Duration::from_millis(100);

pub fn draw(frame: &mut Frame, account: &AccountView, hold: &Hold, now: Mono) {
    let geometry = frame.geometry();
    let words = match hold.action {
        HoldAction::Logout => "Hold to log out",
        HoldAction::AddAccount => "Hold to add another",
        HoldAction::ResetTokens => "Hold to reset access",
    };
    widgets::headline(frame, &icon::LEAVE, words);
    widgets::name(frame, &account.label, widgets::BODY_TOP - 1);
    let width = widgets::width(geometry);
    let steps = u64::from(widgets::bar_steps(width));
    let all = tick::passed(hold.began, STEP, hold.began + hold.needs).max(1);
    let done = tick::passed(hold.began, STEP, now).min(all);
    // At most `steps`, which came from a u32.
    let filled = u32::try_from(steps * done / all).unwrap_or(u32::MAX);
    let y = widgets::footer_top(geometry).saturating_sub(BAR + 1);
    widgets::bar(frame, (widgets::LEFT, y), (width, BAR), filled, true);
    widgets::footer(frame, "Let go to cancel");
}

pub fn next_change(hold: &Hold, now: Mono) -> Option<Mono> {
    (now < hold.began + hold.needs).then(|| tick::after(hold.began, STEP, now))
}
