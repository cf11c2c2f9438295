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

/// Waits longer than this are told in minutes.
const MINUTES_FROM: Duration = Duration::from_secs(100);

/// Waits longer than this are told in hours.
const HOURS_FROM: Duration = Duration::from_secs(100 * 60);

pub fn draw(frame: &mut Frame, fault: Fault, retry_at: Option<Mono>, now: Mono) {
    let bottom = widgets::height(frame.geometry());
    widgets::headline(frame, &icon::WARNING, fault.headline());
    let Some(retry_at) = retry_at else {
        return widgets::paragraph(frame, fault.advice(), widgets::BODY_TOP, bottom);
    };
    let y = bottom.saturating_sub(Face::Small.height());
    widgets::paragraph(frame, fault.advice(), widgets::BODY_TOP, y);
    let words = format!("Next try: {}", wait(retry_at, now));
    text::line(frame, &words, Face::Small, (widgets::LEFT, y), On);
}

pub fn next_change(retry_at: Option<Mono>, now: Mono) -> Option<Mono> {
    let retry_at = retry_at?;
    let (period, _) = unit(retry_at, now);
    let next = tick::before(retry_at, period, now)?;
    let switches = [HOURS_FROM, MINUTES_FROM].map(|from| retry_at - from);
    Some(
        switches
            .into_iter()
            .filter(|at| *at > now)
            .fold(next, Mono::min),
    )
}

/// The unit in which a wait is told, and its symbol.
fn unit(until: Mono, now: Mono) -> (Duration, &'static str) {
    let left = until.since(now);
    if left > HOURS_FROM {
        (HOUR, "h")
    } else if left > MINUTES_FROM {
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
