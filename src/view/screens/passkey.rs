//! WhatsApp wants more than a scan: the phone's owner has to confirm there. First what to do, and where
//! the page is that tells more; then a code to compare.

use super::whose;
use crate::secret::Secret;
use crate::snapshot::AccountView;
use crate::time::Mono;
use crate::view::block::Block;
use crate::view::canvas::Canvas;
use crate::view::stack::{self, item, spare};
use crate::view::{headline, icon};

pub fn draw(
    canvas: &mut Canvas,
    account: &AccountView,
    code: Option<&Secret>,
    address: Option<&str>,
    now: Mono,
) {
    let body = headline::draw(canvas, &icon::PHONE, "Confirm on your phone");
    let mut items = Vec::new();
    if let Some(code) = code {
        items.push(item(Block::Code(super::typed::dashed(code.expose()))));
        items.push(spare(Block::Note("Same code there? Confirm.".into())));
    } else {
        let words = "WhatsApp asks for a passkey. Follow the steps on the phone.";
        items.push(item(Block::Text(words.into())));
        if let Some(address) = address {
            items.push(spare(Block::Note("Help is on the page:".into())));
            items.push(spare(Block::Address(address.to_owned())));
        }
    }
    items.extend(whose(canvas, account));
    stack::draw(canvas, body, &items, now);
}
