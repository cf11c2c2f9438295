//! What stands between the box and WhatsApp, as blocks for the screens that wait for its end: what it
//! is, what to do, and, where there is room, how the machine puts it.

use crate::fault::{Obstacle, Trouble};
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::icon::{self, Icon};
use crate::view::stack::{Item, item, spare};
use crate::view::text;

/// What it is.
pub fn name(trouble: &Trouble) -> Item {
    item(Block::Lead(trouble.obstacle.headline().to_owned()))
}

/// Rows from which there is room for whole sentences.
const ROOMY: u32 = 100;

/// What to do about it, and the technical words, where there is room.
pub fn more(canvas: &Canvas, trouble: &Trouble) -> Vec<Item> {
    if canvas.format().geometry.height < ROOMY {
        return vec![spare(Block::Text(hint(trouble.obstacle).to_owned()))];
    }
    let why = text::plain(&trouble.why);
    vec![
        spare(Block::Text(trouble.obstacle.advice().to_owned())),
        spare(Block::Small(why)),
    ]
}

/// The advice in one line of a small panel: at most 25 characters.
fn hint(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Clock => "The network will tell it.",
        Obstacle::NoNetwork => "Check cable or Wi-Fi.",
        Obstacle::Dns => "Check the router.",
        Obstacle::Portal => "Sign in to this network.",
        Obstacle::NoAnswer => "Tried again by itself.",
        Obstacle::Silence => "It is made anew.",
        Obstacle::Disk => "Full, read-only or worn?",
    }
}

/// The picture beside the headline, where there is one of its own.
pub fn symbol(trouble: Option<&Trouble>, otherwise: &'static Icon) -> &'static Icon {
    match trouble.map(|trouble| trouble.obstacle) {
        Some(Obstacle::Clock) => &icon::CLOCK,
        Some(Obstacle::NoNetwork) => &icon::NO_NETWORK,
        _ => otherwise,
    }
}
