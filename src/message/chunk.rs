//! Long texts in pieces, each a message: cut where a reader would pause.

use unicode_segmentation::UnicodeSegmentation;

/// How good a place is to cut at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    /// Between two signs.
    Sign,
    /// Between two words.
    Word,
    /// Between two lines.
    Line,
    /// At an empty line.
    Paragraph,
}

/// The text in pieces of at most `most` characters: cut at the last empty line of the second half of what
/// fits, else at the last end of a line there, else at the last white space, else between two signs. A sign
/// as people see it (a letter with its accents, a family of emoji) is never cut; one that is longer than
/// `most` is a piece by itself. White space at a cut is left out. Empty when there is nothing to read.
#[must_use]
pub fn chunk(text: &str, most: usize) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    if text.chars().count() <= most {
        return vec![text.to_owned()];
    }
    let signs = signs(text);
    let mut pieces = Vec::new();
    let mut from = 0;
    while from < signs.len() {
        let fits = fitting(&signs[from..], most);
        let end = if from + fits == signs.len() {
            signs.len()
        } else {
            from + best_cut(&signs, from, fits)
        };
        let piece = text_of(&signs[from..end], end < signs.len());
        if !piece.is_empty() {
            pieces.push(piece);
        }
        from = end;
        while signs.get(from).is_some_and(Sign::is_white) {
            from += 1;
        }
    }
    pieces
}

/// A sign as people see it (extended grapheme cluster, UAX 29).
struct Sign<'a> {
    text: &'a str,
    /// Ends of lines in the white space it belongs to; `None`: it is not white.
    white: Option<usize>,
}

impl Sign<'_> {
    fn is_white(&self) -> bool {
        self.white.is_some()
    }
}

fn signs(text: &str) -> Vec<Sign<'_>> {
    let white = |text: &str| text.chars().all(char::is_whitespace).then_some(0);
    let signs = text.graphemes(true);
    let mut signs: Vec<Sign> = signs
        .map(|text| Sign {
            text,
            white: white(text),
        })
        .collect();
    for run in signs.chunk_by_mut(|a, b| a.is_white() == b.is_white()) {
        if run.first().is_some_and(Sign::is_white) {
            let ends = |sign: &Sign| sign.text.contains(['\n', '\r', '\u{2028}', '\u{2029}']);
            let lines = run.iter().filter(|sign| ends(sign)).count();
            for sign in run {
                sign.white = Some(lines);
            }
        }
    }
    signs
}

/// So many of them have at most `most` characters together; at least one.
fn fitting(signs: &[Sign<'_>], most: usize) -> usize {
    let mut left = most;
    let fits = signs.iter().take_while(|sign| {
        let takes = sign.text.chars().count();
        let fits = takes <= left;
        left = left.saturating_sub(takes);
        fits
    });
    fits.count().max(1)
}

/// Where to cut: so many signs after `from`, 1 to `fits`.
fn best_cut(signs: &[Sign<'_>], from: usize, fits: usize) -> usize {
    let at = |after: usize| {
        let place = from + after;
        let around = [signs.get(place - 1), signs.get(place)];
        let lines = around.into_iter().flatten().filter_map(|sign| sign.white);
        match lines.max() {
            None => Cut::Sign,
            Some(0) => Cut::Word,
            Some(1) => Cut::Line,
            Some(_) => Cut::Paragraph,
        }
    };
    // Of equally good places the last one; a good one at the very beginning would make a tiny piece.
    let late = (fits / 2 + 1..=fits).max_by_key(|after| (at(*after), *after));
    let late = late.filter(|after| at(*after) > Cut::Sign);
    let early = || (1..=fits).rev().find(|after| at(*after) > Cut::Sign);
    late.or_else(early).unwrap_or(fits)
}

/// The text of a piece: without the white space before a cut.
fn text_of(signs: &[Sign<'_>], cut: bool) -> String {
    let kept = match signs.iter().rposition(|sign| !sign.is_white()) {
        _ if !cut => signs.len(),
        Some(last) => last + 1,
        None => 0,
    };
    signs[..kept].iter().map(|sign| sign.text).collect()
}
