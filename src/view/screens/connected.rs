//! Online: whose box this is, the number's last digits, since when, and on an OLED a dot that beats
//! once a second.

use std::time::Duration;

use super::who;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::stack::{self, item, spare};
use crate::view::{headline, icon, tick, when};

/// The dot is there for one beat and gone for the next.
const BEAT: Duration = Duration::from_secs(1);

pub fn draw(canvas: &mut Canvas, account: &AccountView, now: Mono) {
    let words = "Connected";
    let body = if canvas.moves() {
        let beat = tick::passed(account.since, BEAT, now).is_multiple_of(2);
        headline::beating(canvas, &icon::CHECK, words, beat)
    } else {
        headline::draw(canvas, &icon::CHECK, words)
    };
    let since = when::since(account, canvas.format().medium, now);
    let items = [item(who(account)), spare(Block::Note(since))];
    stack::draw(canvas, body, &items, now);
}

pub fn next_change(account: &AccountView, medium: Medium, now: Mono) -> Option<Mono> {
    match medium {
        // Every whole minute and hour is a beat, too.
        Medium::Oled => Some(tick::after(account.since, BEAT, now)),
        Medium::Paper => when::since_changes(account, medium, now),
    }
}
