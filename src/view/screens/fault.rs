//! Something that needs a person or time: what it is, what to do, and when it is tried again.

use std::time::Duration;

use embedded_graphics::pixelcolor::BinaryColor::On;

use crate::fault::Fault;
use crate::time::Mono;
use crate::view::frame::Frame;
use crate::view::text::{self, Face};
use crate::view::{icon, tick, widgets};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

pub fn draw(frame: &mut Frame, fault: Fault, retry_at: Option<Mono>, now: Mono) {
    let bottom = widgets::height(frame.geometry());
    widgets::headline(frame, &icon::WARNING, fault.headline());
    let Some(retry_at) = retry_at else {
        return widgets::paragraph(frame, fault.advice(), widgets::BODY_TOP, bottom);
    };
    let y = bottom - Face::Small.height();
    widgets::paragraph(frame, fault.advice(), widgets::BODY_TOP, y);
    let words = format!("Next try: {}", wait(retry_at, now));
    text::line(frame, &words, Face::Small, (widgets::LEFT, y), On);
}

pub fn next_change(retry_at: Option<Mono>, now: Mono) -> Option<Mono> {
    tick::before(retry_at?, unit(retry_at?, now).0, now)
}

/// The wait in the unit in which it is told, and its symbol: hours from 100 minutes on, minutes from
/// 100 seconds on.
fn unit(until: Mono, now: Mono) -> (Duration, &'static str) {
    let left = until.since(now);
    if left > 100 * MINUTE {
        (HOUR, "h")
    } else if left > 100 * SECOND {
        (MINUTE, "min")
    } else {
        (SECOND, "s")
    }
}

fn wait(until: Mono, now: Mono) -> String {
    let (period, symbol) = unit(until, now);
    match tick::left(until, period, now) {
        0 => "now".to_owned(),
        left => format!("{left} {symbol}"),
    }
}
