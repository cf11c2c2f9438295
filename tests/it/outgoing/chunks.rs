//! Long texts in pieces.

use pairbox::limits::{TEXT_MAX, TEXT_PIECE};
use pairbox::message::chunk::chunk;
use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

/// The signs of a text that are not white space.
fn black(text: &str) -> Vec<&str> {
    let signs = text.graphemes(true);
    signs
        .filter(|sign| !sign.chars().all(char::is_whitespace))
        .collect()
}

#[test]
fn it_is_cut_where_a_reader_would_pause() {
    // At the empty line, though the line after it would fit as well.
    let text = "One two three.\nFour.\n\nFive six seven.\nEight nine.";
    assert_eq!(
        chunk(text, 40),
        ["One two three.\nFour.", "Five six seven.\nEight nine."]
    );
    // At the end of a line, rather than within one.
    assert_eq!(
        chunk("one two three\nfour five six", 20),
        ["one two three", "four five six"]
    );
    // Between words; no white space is left at the cut.
    assert_eq!(chunk("one two   three", 8), ["one two", "three"]);
    assert_eq!(chunk("one two", 3), ["one", "two"]);
    // Within a word that is too long.
    assert_eq!(chunk("abcdefgh", 3), ["abc", "def", "gh"]);
    // A line's end at the very beginning is no reason for a piece of one word.
    assert_eq!(chunk("a\nbcdef ghi jkl", 10), ["a\nbcdef", "ghi jkl"]);
    // What fits is left as it is, white space and all.
    assert_eq!(chunk("  a b\n", 10), ["  a b\n"]);
    assert_eq!(chunk(" \n ", 10), [""; 0]);
}

#[test]
fn signs_stay_whole() {
    let family = "👨‍👩‍👧‍👦";
    let flags = "🇩🇪🇫🇷🇮🇹";
    let accents = "e\u{301}o\u{308}\u{323}";
    let (family_chars, text) = (family.chars().count(), format!("{family}{flags}{accents}"));
    for most in 1..=text.chars().count() {
        let pieces = chunk(&text, most);
        assert_eq!(pieces.concat(), text);
        let cut: Vec<&str> = pieces
            .iter()
            .flat_map(|piece| piece.graphemes(true))
            .collect();
        assert_eq!(cut, text.graphemes(true).collect::<Vec<_>>(), "at {most}");
    }
    // One that is longer than a piece is a piece.
    assert_eq!(
        chunk(&format!("ab{family}"), family_chars - 1),
        ["ab", family]
    );
    assert_eq!(chunk("a\r\nb\r\nc", 3), ["a", "b", "c"]);
}

#[test]
fn the_longest_text_there_may_be() {
    let words = "Lorem ipsum dolor sit amet ".repeat(TEXT_MAX / 27);
    let pieces = chunk(&words, TEXT_PIECE);
    assert!(pieces.len() <= TEXT_MAX / TEXT_PIECE + 1);
    let all_but_the_last = &pieces[..pieces.len() - 1];
    assert!(
        all_but_the_last
            .iter()
            .all(|piece| piece.len() > TEXT_PIECE / 2)
    );
    // White space without end is looked through once.
    let gap = format!("a{}b", " \n".repeat(TEXT_MAX / 2));
    assert_eq!(chunk(&gap, TEXT_PIECE), ["a", "b"]);
}

/// Texts with everything that is hard: accents, families, flags, ends of lines of each kind.
fn text() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        8 => "[a-z]{1,6}",
        4 => Just(" ".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        1 => Just("\u{2029}".to_owned()),
        1 => Just("👨‍👩‍👧‍👦".to_owned()),
        1 => Just("🇩🇪".to_owned()),
        1 => Just("n\u{303}".to_owned()),
        1 => Just("\u{200d}".to_owned()),
        1 => Just(" \u{301}".to_owned()),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(sign, 0..120).prop_map(|signs| signs.concat())
}

proptest! {
    #[test]
    fn nothing_but_white_space_is_lost(text in text(), most in 1_usize..60) {
        let pieces = chunk(&text, most);
        prop_assert_eq!(pieces.is_empty(), text.trim().is_empty());
        let kept: Vec<&str> = pieces.iter().flat_map(|piece| black(piece)).collect();
        prop_assert_eq!(kept, black(&text), "in order, each sign whole");
        // The pieces lie in the text one after the other, with white space between them only.
        let mut rest = text.as_str();
        for piece in &pieces {
            let at = rest.find(piece.as_str()).unwrap();
            prop_assert!(rest[..at].trim().is_empty());
            rest = &rest[at + piece.len()..];
        }
        prop_assert!(rest.trim().is_empty());
    }

    #[test]
    fn each_piece_fits(text in text(), most in 1_usize..60) {
        for piece in chunk(&text, most) {
            let one_sign = black(&piece).len() == 1;
            prop_assert!(piece.chars().count() <= most || one_sign, "{:?}", piece);
        }
    }

    /// Cut between words wherever there is a gap to cut at.
    #[test]
    fn no_word_is_cut_that_fits(words in proptest::collection::vec("[a-z]{1,9}", 1..60), most in 9_usize..40) {
        let text = words.join(" ");
        let cut: Vec<String> = chunk(&text, most)
            .iter()
            .flat_map(|piece| piece.split(' ').map(str::to_owned).collect::<Vec<_>>())
            .collect();
        prop_assert_eq!(cut, words);
    }
}
