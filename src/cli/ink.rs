//! Colours, and columns that line up. Pure.

/// Whether there are colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    /// None: a file, a pipe, or somebody who wants none (`NO_COLOR`).
    Plain,
    /// The terminal's own.
    Colour,
}

/// What a colour says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// Off, or of lesser interest.
    Faint,
    /// As it should be.
    Good,
    /// On its way.
    Busy,
    /// Needs somebody.
    Bad,
    /// A heading.
    Strong,
}

impl Ink {
    /// The text in that tone.
    #[must_use]
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Busy => "33",
            Tone::Bad => "31",
            Tone::Strong => "1",
        };
        match self {
            _ if text.is_empty() => String::new(),
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

/// A cell of a table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cell {
    text: String,
    tone: Tone,
}

/// A cell.
#[must_use]
pub fn cell(tone: Tone, text: impl Into<String>) -> Cell {
    let text = text.into();
    Cell {
        text: printable(&text),
        tone,
    }
}

/// A plain cell.
#[must_use]
pub fn plain(text: impl Into<String>) -> Cell {
    cell(Tone::Plain, text)
}

/// A row, and a line of words under it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<Cell>,
    /// What is said below, indented to the second column.
    pub below: Vec<String>,
}

/// The rows with their columns aligned, one line each and no spaces at its end. Columns that are empty
/// in every row are left out.
#[must_use]
pub fn table(ink: Ink, rows: &[Row]) -> String {
    let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(column));
        cells.map(|cell| width(&cell.text)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let indent = widths.first().map_or(0, |first| first + GAP.len());
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        let mut owed = 0;
        for (cell, column) in row.cells.iter().zip(&widths) {
            if *column == 0 {
                continue;
            }
            if !cell.text.is_empty() {
                line.push_str(&" ".repeat(owed));
                line.push_str(&ink.paint(cell.tone, &cell.text));
                owed = 0;
            }
            owed += column - width_of(cell) + GAP.len();
        }
        text.push_str(&line);
        text.push('\n');
        for words in &row.below {
            let words = ink.paint(Tone::Faint, &printable(words));
            text.extend([" ".repeat(indent).as_str(), &words, "\n"]);
        }
    }
    text
}

const GAP: &str = "  ";

fn width_of(cell: &Cell) -> usize {
    width(&cell.text)
}

/// Columns a text takes: characters, which is right but for the wide ones of East Asia and emoji.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// Names and reasons come from others: no control character of theirs reaches the terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// A time in words, in its largest unit: `12 s`, `3 min`, `2 h`, `5 days`.
#[must_use]
pub fn span(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A time that runs down, rounded up so that it ends at 0: `45 s`, then minutes as [`span`].
#[must_use]
pub fn left(millis: u64) -> String {
    match millis.div_ceil(1000) {
        seconds @ 0..300 => format!("{seconds} s"),
        seconds => span(seconds * 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_with_and_without_colours() {
        let row = |label: &str, tone, status: &str, phone: &str| Row {
            cells: vec![plain(label), cell(tone, status), plain(""), plain(phone)],
            below: Vec::new(),
        };
        let mut rows = [
            row("shop", Tone::Good, "Connected", "…1111"),
            row("Łódź bakery", Tone::Bad, "Unlinked", ""),
        ];
        rows[1].below = vec!["Do this.".into()];
        assert_eq!(
            table(Ink::Plain, &rows),
            "shop         Connected  …1111\nŁódź bakery  Unlinked\n             Do this.\n"
        );
        assert_eq!(
            table(Ink::Colour, &rows[..1]),
            "shop  \x1b[32mConnected\x1b[0m  …1111\n"
        );
        assert_eq!(table(Ink::Plain, &[]), "");
    }

    #[test]
    fn nobody_else_writes_to_the_terminal() {
        let rows = [Row {
            cells: vec![plain("a\x1b]0;title\x07\n")],
            below: vec!["b\x1b[2J".into()],
        }];
        let text = table(Ink::Plain, &rows);
        assert!(!text.contains('\x1b') && !text.contains('\x07'), "{text:?}");
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn times_in_words() {
        assert_eq!(span(999), "0 s");
        assert_eq!(span(59_999), "59 s");
        assert_eq!(span(60_000), "1 min");
        assert_eq!(span(47 * 3_600_000), "47 h");
        assert_eq!(span(48 * 3_600_000), "2 days");
        assert_eq!(
            (left(1), left(0), left(90_000)),
            ("1 s".into(), "0 s".into(), "90 s".into())
        );
    }
}
