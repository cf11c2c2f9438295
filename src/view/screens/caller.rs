//! Somebody unknown who waits to be let in: who they are, the code they can show, and what the buttons
//! do. How long they wait is not said: it is an hour, and paper stands still.

use crate::snapshot::{Caller, Snapshot, Waiting};
use crate::time::Mono;
use crate::view::area::Area;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::face::Face;
use crate::view::screens::typed::dashed;
use crate::view::stack::{self, item, spare};
use crate::view::{headline, icon, text};

/// What the buttons do, and the same where room is short.
const KEYS: [[&str; 2]; 2] = [
    ["Connect: yes", "Disconnect: no"],
    ["Connect yes", "Disconnect no"],
];

pub fn draw(canvas: &mut Canvas, snapshot: &Snapshot, caller: &Caller, now: Mono) {
    // On a strip the words would take the room of the name.
    let body = if canvas.grid().inline {
        canvas.content()
    } else {
        canvas.badge = (caller.others > 0).then(|| format!("+{}", caller.others));
        headline::draw(canvas, &icon::PERSON, "Let them in?")
    };
    let body = keys(canvas, body);
    // One line: the code has to have its room.
    let name = text::shorten(&name(&caller.who), Face::Small.columns(body.width));
    let who = Block::Who(name, caller.who.last4.clone());
    let code = Block::Code(dashed(caller.who.code.expose()));
    let mut items = vec![item(who), item(code)];
    let mut accounts = snapshot.accounts.iter();
    if let Some(account) = accounts.find(|it| it.id == caller.account)
        && snapshot.accounts.len() > 1
    {
        let label = text::label(&account.label, account.id);
        items.push(spare(Block::Note(format!("wrote to {label}"))));
    }
    stack::draw(canvas, body, &items, now);
}

/// What the buttons do, in the last line, each at its side. What is left above it.
fn keys(canvas: &mut Canvas, area: Area) -> Area {
    let faces = [canvas.grid().action, Face::Text, Face::Small, Face::Tiny];
    let fits = |face: Face, [yes, no]: [&str; 2]| {
        face.width(yes) + face.width(no) + face.advance() <= area.width
    };
    let all = faces
        .into_iter()
        .flat_map(|face| KEYS.map(|keys| (face, keys)));
    let (face, [yes, no]) = all
        .into_iter()
        .find(|(face, keys)| fits(*face, *keys))
        .unwrap_or((Face::Tiny, KEYS[1]));
    let top = area.bottom().saturating_sub(face.height());
    canvas.text(yes, face, (area.left, top));
    let left = area.right().saturating_sub(face.width(no));
    canvas.text(no, face, (left, top));
    Area {
        height: area.height.saturating_sub(face.height() + 1),
        ..area
    }
}

fn name(who: &Waiting) -> String {
    let name = text::plain(who.name.as_deref().unwrap_or_default());
    if name.chars().any(char::is_alphanumeric) {
        name
    } else {
        "Somebody".to_owned()
    }
}
