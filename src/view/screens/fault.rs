//! Something that needs a person or time: what it is, what to do, and when it ends or is tried again.
//!
//! A ban says when it ends: as a moment where the wall's time is known, else how long that is.

use super::whose;
use crate::fault::Fault;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::frame::Medium;
use crate::view::stack::{self, item};
use crate::view::{headline, icon, when};

pub fn draw(
    canvas: &mut Canvas,
    account: &AccountView,
    fault: Fault,
    retry_at: Option<Mono>,
    now: Mono,
) {
    let body = headline::draw(canvas, &icon::WARNING, fault.headline());
    let mut items = match term(canvas, account, fault, retry_at, now) {
        // A strip has no line to spare: all of it turns pages.
        Some(term) if canvas.grid().inline => {
            vec![item(Block::Text(format!("{} {term}.", fault.advice())))]
        }
        term => {
            let advice = item(Block::Text(fault.advice().to_owned()));
            let term = term.map(|term| item(Block::Note(term)));
            [advice].into_iter().chain(term).collect()
        }
    };
    items.extend(whose(canvas, account));
    stack::draw(canvas, body, &items, now);
}

/// When it ends, or else when it is tried again.
fn term(
    canvas: &Canvas,
    account: &AccountView,
    fault: Fault,
    retry_at: Option<Mono>,
    now: Mono,
) -> Option<String> {
    if let Fault::TemporaryBan { until: Some(until) } = fault {
        return Some(match when::wall(account, until) {
            Some(wall) => format!("Until {}", when::moment(wall)),
            None if canvas.moves() => format!("Ends in {}", when::wait(until, now)),
            None => format!("Ends {}", when::coarsely(until, now)),
        });
    }
    let retry_at = retry_at?;
    Some(if canvas.moves() {
        format!("Next try: {}", when::wait(retry_at, now))
    } else {
        match when::wall(account, retry_at) {
            Some(wall) => format!("Next try: {}", when::moment(wall)),
            None => format!("Next try {}", when::coarsely(retry_at, now)),
        }
    })
}

pub fn next_change(
    account: &AccountView,
    fault: Fault,
    retry_at: Option<Mono>,
    medium: Medium,
    now: Mono,
) -> Option<Mono> {
    let told = match fault {
        Fault::TemporaryBan { until: Some(until) } => until,
        _ => retry_at?,
    };
    match medium {
        Medium::Oled => when::wait_changes(told, now),
        Medium::Paper if account.since_wall.is_some() => None,
        Medium::Paper => when::coarsely_changes(told, now),
    }
}
