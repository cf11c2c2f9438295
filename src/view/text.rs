//! Text for one-bit panels: what the fonts can show, how it is cut and wrapped, and drawing a line.
//!
//! The fonts are the ISO 8859-1 sets of `embedded-graphics`. Text never leaves the room it is given
//! and never breaks inside a word: what is too long is shortened, and says so with dots.

use embedded_graphics::Drawable;
use embedded_graphics::geometry::Point;
use embedded_graphics::mono_font::iso_8859_1::{
    FONT_5X8, FONT_6X10, FONT_6X13, FONT_7X13_BOLD, FONT_9X15_BOLD,
};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::text::{Baseline, Text};

use super::frame::Frame;

/// A font with the name of its job. Sizes are cell sizes; capitals are 2 to 4 rows lower.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Face {
    /// 5x8: long advice.
    Small,
    /// 6x10: running text.
    Text,
    /// 6x13: long headlines.
    Narrow,
    /// 7x13 bold: headlines.
    Bold,
    /// 9x15 bold: names and numbers.
    Large,
}

impl Face {
    fn font(self) -> &'static MonoFont<'static> {
        match self {
            Self::Small => &FONT_5X8,
            Self::Text => &FONT_6X10,
            Self::Narrow => &FONT_6X13,
            Self::Bold => &FONT_7X13_BOLD,
            Self::Large => &FONT_9X15_BOLD,
        }
    }

    /// Rows of a line.
    pub fn height(self) -> u32 {
        self.font().character_size.height
    }

    /// Pixels from one line of a paragraph to the next.
    pub fn leading(self) -> u32 {
        match self {
            // Its descenders leave a row free as it is.
            Self::Small => self.height(),
            _ => self.height() + 1,
        }
    }

    /// Pixels from one character to the next.
    pub fn advance(self) -> u32 {
        self.font().character_size.width + self.font().character_spacing
    }

    /// Characters that fit `width` pixels.
    pub fn columns(self, width: u32) -> usize {
        (width / self.advance()) as usize
    }

    /// Pixels a text of [`plain`] takes.
    pub fn width(self, text: &str) -> u32 {
        u32::try_from(text.chars().count())
            .unwrap_or(u32::MAX)
            .saturating_mul(self.advance())
    }

    /// The first face, in this order of preference, in which `text` fits `width`; the last if none.
    pub fn largest(faces: &[Self], text: &str, width: u32) -> Self {
        let fitting = faces.iter().find(|face| face.width(text) <= width);
        fitting.or(faces.last()).copied().unwrap_or(Self::Small)
    }
}

/// Draws a line with its cell's top left corner at `(x, y)`.
pub fn line(frame: &mut Frame, text: &str, face: Face, (x, y): (u32, u32), color: BinaryColor) {
    let style = MonoTextStyle::new(face.font(), color);
    let corner = Point::new(x.cast_signed(), y.cast_signed());
    let Ok(_) = Text::with_baseline(text, corner, style, Baseline::Top).draw(frame);
}

/// The text as the fonts can show it. Typographic dashes, quotes and dots become their plain forms,
/// white space becomes a space, and every run of characters outside ISO 8859-1 becomes one `?`
/// (a name in another script stays recognisable as a name, and an emoji of five code points is one).
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut foreign = false;
    for c in text.chars() {
        let was_foreign = std::mem::take(&mut foreign);
        match c {
            ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}' => out.push(c),
            '…' => out.push_str("..."),
            '‘' | '’' | 'ʼ' => out.push('\''),
            '“' | '”' | '„' => out.push('"'),
            '–' | '—' | '‐' | '‑' => out.push('-'),
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            '\u{ad}' => {}
            _ => {
                foreign = true;
                if !was_foreign {
                    out.push('?');
                }
            }
        }
    }
    out.trim().to_owned()
}

/// Dots for what was cut off.
const DOTS: &str = "...";

/// At most `columns` characters, the last three of them dots when something was cut off.
pub fn shorten(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let kept: String = text
        .chars()
        .take(columns.saturating_sub(DOTS.len()))
        .collect();
    let dots = &DOTS[..columns.min(DOTS.len())];
    format!("{}{dots}", kept.trim_end())
}

/// Lines of at most `columns` characters, broken between words. A word longer than a line is
/// shortened.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shorten(word, columns);
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + length <= columns => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Like [`wrap`], but at most `rows` lines: the last one ends in dots when something was cut off, in
/// place of whole words where there are several.
pub fn wrap_within(text: &str, columns: usize, rows: usize) -> Vec<String> {
    let mut lines = wrap(text, columns);
    if lines.len() > rows {
        lines.truncate(rows);
        if let Some(last) = lines.last_mut() {
            let room = columns.saturating_sub(DOTS.len());
            while let Some(space) = last.rfind(' ').filter(|_| last.chars().count() > room) {
                last.truncate(space);
            }
            last.push_str(DOTS);
            *last = shorten(last, columns);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_degrades_to_question_marks() {
        assert_eq!(plain("Café “Zoë” – 24…"), "Café \"Zoë\" - 24...");
        assert_eq!(plain("Toko 店铺 2"), "Toko ? 2");
        assert_eq!(plain("👩‍👩‍👧 home"), "? home");
        assert_eq!(plain("a\nb\u{7}c\u{a0}"), "a b c");
    }

    #[test]
    fn every_plain_character_has_a_glyph() {
        let all: String = (0..=0x2fff_u32).filter_map(char::from_u32).collect();
        let font = Face::Small.font();
        let unknown = font.glyph_mapping.index('\u{4e00}');
        for c in plain(&all).chars().filter(|c| *c != '?') {
            assert_ne!(font.glyph_mapping.index(c), unknown, "{c:?}");
        }
    }

    #[test]
    fn nothing_is_longer_than_asked() {
        assert_eq!(shorten("Warehouse north", 15), "Warehouse north");
        assert_eq!(shorten("Warehouse north", 14), "Warehouse n...");
        assert_eq!(shorten("Warehouse north", 13), "Warehouse...");
        assert_eq!(shorten("abc", 2), "..");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("antidisestablishment is long", 10),
            ["antidis...", "is long"]
        );
        assert_eq!(wrap_within("one two three four", 9, 1), ["one..."]);
        assert_eq!(wrap_within("one two three four", 10, 1), ["one two..."]);
        assert_eq!(wrap_within("abcdefghi jkl", 9, 1), ["abcdef..."]);
        assert_eq!(wrap_within("ab cd", 2, 1), [".."]);
        assert_eq!(wrap_within("ab cd", 0, 1), [""]);
    }
}
