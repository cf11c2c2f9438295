//! Words for one-bit panels: what the fonts can show of a text, and how it is cut and wrapped.
//!
//! Text never leaves the room it is given and never breaks inside a word: what is too long is
//! shortened, and says so with dots.

use crate::account::AccountId;

/// The text as the fonts can show it, which is ISO 8859-1.
///
/// Other Latin letters lose their marks (`ł` is `l`, `ş` is `s`), typographic dashes, quotes and dots
/// become their plain forms, white space becomes a space, and every run of anything else becomes one
/// `?`: a name in another script stays recognisable as a name, and an emoji of five code points is
/// one.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut foreign = false;
    for c in text.chars() {
        let was_foreign = std::mem::take(&mut foreign);
        match c {
            ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}' => out.push(c),
            '\u{100}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' if unmarked(c).is_some() => {
                out.extend(unmarked(c).into_iter().flat_map(str::chars));
            }
            // Full-width forms of ASCII, as Asian keyboards type them.
            '\u{ff01}'..='\u{ff5e}' => out.extend(char::from_u32(u32::from(c) - 0xfee0)),
            '…' => out.push_str("..."),
            '‘' | '’' | 'ʼ' => out.push('\''),
            '“' | '”' | '„' => out.push('"'),
            '–' | '—' | '‐' | '‑' => out.push('-'),
            '€' => out.push_str("EUR"),
            '\u{3000}' => out.push(' '),
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            // Soft hyphens, and marks whose letter stands before them.
            '\u{ad}' | '\u{300}'..='\u{36f}' => foreign = was_foreign,
            _ => {
                foreign = true;
                if !was_foreign {
                    out.push('?');
                }
            }
        }
    }
    let words: Vec<&str> = out.split_whitespace().collect();
    words.join(" ")
}

/// U+0100 to U+017F without their marks, in order; the four of two letters are with the others below.
const EXTENDED_A: &str = "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiJjJjKkkLlLlLlLlLl\
                          NnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/// A Latin letter without its marks, if it is one that people's names have.
fn unmarked(c: char) -> Option<&'static str> {
    let code = u32::from(c);
    let cased = |upper: &'static str, lower: &'static str| {
        Some(if code.is_multiple_of(2) { upper } else { lower })
    };
    match c {
        '\u{132}' => Some("IJ"),
        '\u{133}' => Some("ij"),
        '\u{152}' => Some("OE"),
        '\u{153}' => Some("oe"),
        '\u{100}'..='\u{17f}' => {
            let index = (code - 0x100) as usize;
            EXTENDED_A.get(index..=index)
        }
        'Ơ' => Some("O"),
        'ơ' => Some("o"),
        'Ư' => Some("U"),
        'ư' => Some("u"),
        '\u{218}' => Some("S"),
        '\u{219}' => Some("s"),
        '\u{21a}' => Some("T"),
        '\u{21b}' => Some("t"),
        // Where an Ë or a Ÿ would be: capitals are even, small letters odd.
        '\u{1e9e}' => Some("\u{df}"),
        '\u{1ea0}'..='\u{1eb7}' => cased("A", "a"),
        '\u{1eb8}'..='\u{1ec7}' => cased("E", "e"),
        '\u{1ec8}'..='\u{1ecb}' => cased("I", "i"),
        '\u{1ecc}'..='\u{1ee3}' => cased("O", "o"),
        '\u{1ee4}'..='\u{1ef1}' => cased("U", "u"),
        '\u{1ef2}'..='\u{1ef9}' => cased("Y", "y"),
        _ => None,
    }
}

/// The name of an account as the fonts can show it; its number when nothing readable is left.
pub fn label(text: &str, id: AccountId) -> String {
    let plain = plain(text);
    if plain.chars().any(char::is_alphanumeric) {
        plain
    } else {
        format!("Account {id}")
    }
}

/// Dots for what was cut off.
const DOTS: &str = "...";

/// At most `columns` characters, the last three of them dots when something was cut off: in place of
/// whole words, unless that would leave less than half of the room in use.
pub fn shorten(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let kept: String = text
        .chars()
        .take(columns.saturating_sub(DOTS.len()))
        .collect();
    let dots = &DOTS[..columns.min(DOTS.len())];
    let next = text.chars().nth(kept.chars().count());
    let whole = match kept.trim_end().rfind(' ') {
        Some(space) if next != Some(' ') && 2 * (space + DOTS.len()) >= columns => &kept[..space],
        _ => kept.trim_end(),
    };
    format!("{whole}{dots}")
}

/// Whether [`wrap`] shortens no word.
pub fn fits(text: &str, columns: usize) -> bool {
    text.split_whitespace()
        .all(|word| word.chars().count() <= columns)
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
    use crate::view::face::Face;

    #[test]
    fn foreign_text_degrades_to_question_marks() {
        assert_eq!(plain("Café “Zoë” – 24…"), "Café \"Zoë\" - 24...");
        assert_eq!(plain("Toko 店铺 2"), "Toko ? 2");
        assert_eq!(plain("👩‍👩‍👧 home"), "? home");
        assert_eq!(plain("a\nb\u{7}c\u{a0}"), "a b c");
    }

    #[test]
    fn latin_letters_lose_their_marks() {
        assert_eq!(plain("Łódź Şişli Čapek Őrs"), "Lódz Sisli Capek Ors");
        assert_eq!(plain("Nguyễn Thị Ước"), "Nguyen Thi Uoc");
        assert_eq!(
            plain("Œuvre \u{132}ssel İzmir ẞ"),
            "OEuvre IJssel Izmir \u{df}"
        );
        assert_eq!(plain("Zoe\u{308} e\u{301}"), "Zoe e", "marks of their own");
        assert_eq!(plain("Ｓｈｏｐ　２"), "Shop 2");
        assert_eq!(EXTENDED_A.len(), 128);
        for (index, letter) in EXTENDED_A.char_indices() {
            let marked = char::from_u32(0x100 + u32::try_from(index).unwrap()).unwrap();
            // Where the standard library knows a partner in case, ours have one too.
            let other = if marked.is_uppercase() {
                marked.to_lowercase().next()
            } else {
                marked.to_uppercase().next()
            };
            let partner = other.filter(|c| *c != marked).and_then(unmarked);
            if let Some(partner) =
                partner.filter(|_| unmarked(marked).is_some_and(|own| own.len() == 1))
            {
                assert!(
                    partner.eq_ignore_ascii_case(&letter.to_string()),
                    "{marked}"
                );
            }
        }
    }

    #[test]
    fn a_name_without_a_letter_is_a_number() {
        assert_eq!(label("店铺", AccountId(2)), "Account 2");
        assert_eq!(label("🎉 !", AccountId(3)), "Account 3");
        assert_eq!(label("", AccountId(1)), "Account 1");
        assert_eq!(label("店铺 2", AccountId(2)), "? 2");
    }

    #[test]
    fn every_plain_character_has_a_glyph() {
        let all: String = (0..=0xffff_u32).filter_map(char::from_u32).collect();
        for c in plain(&all).chars().filter(|c| *c != '?') {
            assert!(Face::Small.knows(c), "{c:?}");
        }
    }

    #[test]
    fn nothing_is_longer_than_asked() {
        assert_eq!(shorten("Warehouse north", 15), "Warehouse north");
        assert_eq!(shorten("Warehouse north", 14), "Warehouse...");
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
