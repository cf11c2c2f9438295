//! The test cards on the panel, one after another, and what should be seen of each.

use std::io::Write;
use std::time::Duration;

use super::{Interrupt, TrialError};
use crate::panel::{Open, Panel, PanelError, Refresh};
use crate::view::{self, Glow, Medium, TEST_CARD_STEPS};

/// A card on an OLED, unless somebody says otherwise: time to look at four edges.
const CARD: Duration = Duration::from_secs(3);

/// A card on paper: its flashing takes up to four of these seconds (HARDWARE.md 3.4 knows of six).
const PAPER_CARD: Duration = Duration::from_secs(10);

/// Shows every card for `card` (by default as long as the panel needs), says on `out` what should be
/// seen, and leaves the glass as the service does when it ends. `open` is called until the panel answers,
/// `places` times at most: each call may try another address.
///
/// # Errors
/// [`TrialError::Panel`] when it cannot be opened or stops answering; [`TrialError::Terminal`].
pub fn run(
    title: &str,
    places: usize,
    mut open: impl Open,
    card: Option<Duration>,
    interrupt: &Interrupt,
    out: &mut impl Write,
) -> Result<(), TrialError> {
    let mut panel = answering(places, &mut open, title)?;
    let format = panel.format();
    let size = format.geometry;
    let card = card.unwrap_or(match format.medium {
        Medium::Oled => CARD,
        Medium::Paper => PAPER_CARD,
    });
    writeln!(
        out,
        "{title}: {} x {} pixels. Ctrl-C ends.",
        size.width, size.height
    )?;
    let mut ended = false;
    for step in 0..TEST_CARD_STEPS {
        writeln!(out, "{}", said(step, title, format.medium))?;
        panel.set_glow(Glow::Normal)?;
        panel.show(&view::test_card(format, title, step), Refresh::Full)?;
        ended = interrupt.within(card);
        if ended {
            break;
        }
    }
    panel.show(&view::parting(format), Refresh::Full)?;
    panel.set_glow(Glow::Off)?;
    panel.rest()?;
    let (left, cause) = match format.medium {
        Medium::Oled => ("the glass is dark again", "power, wires and address"),
        Medium::Paper => (
            "the paper says that pairbox is off",
            "power, wires and the model's revision",
        ),
    };
    writeln!(
        out,
        "{}: {left}. Not what was said? Check the board's name and rotation, then {cause}.",
        if ended { "Ended" } else { "Done" }
    )?;
    Ok(())
}

/// The panel, at the first place where it takes a picture: before that it is not asked whether it is
/// there. The error is that of the usual place.
fn answering(
    places: usize,
    open: &mut impl Open,
    title: &str,
) -> Result<Box<dyn Panel>, PanelError> {
    let mut try_next = || {
        let mut panel = open()?;
        // Paper is not made to flash twice for it.
        if panel.format().medium == Medium::Oled {
            panel.set_glow(Glow::Normal)?;
            let card = view::test_card(panel.format(), title, 0);
            panel.show(&card, Refresh::Full)?;
        }
        Ok(panel)
    };
    let usual = match try_next() {
        Ok(panel) => return Ok(panel),
        Err(error) => error,
    };
    (1..places).find_map(|_| try_next().ok()).ok_or(usual)
}

/// What a person should see now.
fn said(step: u32, title: &str, medium: Medium) -> String {
    let (lit, dark) = match medium {
        Medium::Oled => ("lit", "dark"),
        Medium::Paper => ("white", "black"),
    };
    let number = step + 1;
    let seen = match step {
        0 => format!("a line along all four edges, a checker, and `{title}` upright"),
        1 => format!("everything {lit}"),
        2 => format!("everything {dark}"),
        _ => "a fine even grid, no line missing, doubled or shifted".to_owned(),
    };
    format!("{number}/{TEST_CARD_STEPS}: {seen}")
}
