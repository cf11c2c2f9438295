//! One block of a screen: set into lines at a given width, in a face of its list.
//!
//! A block does not know where it will stand or what stands beside it; that is `stack.rs`.

use super::area::{Area, Kind};
use super::canvas::Canvas;
use super::face::Face;
use super::grid::Grid;
use super::text;

/// What a screen is made of. Words are as [`text::plain`] leaves them.
pub enum Block {
    /// An account: its label, and the end of its number.
    Who(String, Option<String>),
    /// An account's label.
    Name(String),
    /// What is in the way, in a few words.
    Lead(String),
    /// Running text.
    Text(String),
    /// Running text for whoever wants to know more.
    Small(String),
    /// A line that may be small.
    Note(String),
    /// Where the way to the scanner begins.
    Title(&'static str),
    /// The steps of that way.
    Steps(&'static [&'static str]),
    /// A code to type.
    Code(String),
    /// A code of digits alone.
    Digits(String),
    /// An address to type.
    Address(String),
    /// What a press does.
    Action(&'static str),
    /// A bar, filled from the left by so many of so many parts.
    Bar(u64, u64),
}

/// A block in lines.
pub struct Setting {
    /// Its rows.
    pub height: u32,
    /// Whether nothing was cut off.
    pub whole: bool,
    /// Whether it belongs to the bottom.
    pub sinks: bool,
    /// Whether it keeps its size as long as anything else can give way.
    precious: bool,
    pieces: Vec<Piece>,
}

/// Something at a column and row of the block.
struct Piece {
    at: (u32, u32),
    ink: Ink,
}

enum Ink {
    Line(String, Face),
    /// Stands for the digits that are not shown.
    Dots(Face),
    Pill(&'static str, Face),
    Bar(u64, u64, u32),
}

/// The face of a list for a level: the smallest once the list ends.
pub fn at(faces: &[Face], level: usize) -> Face {
    faces
        .get(level)
        .or(faces.last())
        .copied()
        .unwrap_or(Face::Small)
}

/// Sets a block; a higher level takes smaller faces.
pub fn set(block: &Block, grid: &Grid, width: u32, level: usize) -> Setting {
    match block {
        Block::Who(label, last4) => who(label, last4.as_deref(), grid, width, level),
        Block::Name(label) => name(label, grid.name, width, level),
        Block::Lead(words) => lead(words, grid, width, level),
        Block::Small(words) => paragraph(words, at(grid.small, level), width),
        Block::Text(words) => paragraph(words, at(grid.text, level), width),
        Block::Note(words) => note(words, grid, width, level),
        Block::Title(words) => Setting {
            precious: true,
            ..paragraph(words, at(grid.title, level), width)
        },
        Block::Steps(all) => steps(all, at(grid.text, level), width, grid.gap.0),
        Block::Code(code) => code_line(code, grid.code, width, level),
        Block::Digits(code) => code_line(code, grid.digits, width, level),
        Block::Address(address) => self::address(address, grid, width, level),
        Block::Action(words) if grid.pill => Setting {
            height: grid.action.height() + 3,
            whole: grid.action.width(words) + 2 * PILL_SIDE <= width,
            sinks: true,
            precious: false,
            pieces: vec![piece((0, 0), Ink::Pill(words, grid.action))],
        },
        Block::Action(words) => paragraph(words, grid.action, width),
        Block::Bar(filled, parts) => Setting {
            height: grid.bar,
            whole: true,
            sinks: true,
            precious: false,
            pieces: vec![piece((0, 0), Ink::Bar(*filled, *parts, grid.bar))],
        },
    }
}

/// Lit columns left and right of the words of a key cap.
const PILL_SIDE: u32 = 6;

fn piece(at: (u32, u32), ink: Ink) -> Piece {
    Piece { at, ink }
}

/// Lines that are already broken.
pub fn lines(lines: &[String], face: Face) -> Setting {
    let pieces = lines
        .iter()
        .zip(0..)
        .map(|(line, index)| piece((0, index * face.leading()), Ink::Line(line.clone(), face)));
    Setting {
        height: face.rows(lines.len()),
        whole: true,
        sinks: false,
        precious: false,
        pieces: pieces.collect(),
    }
}

fn paragraph(words: &str, face: Face, width: u32) -> Setting {
    let columns = face.columns(width);
    Setting {
        whole: text::fits(words, columns),
        ..lines(&text::wrap(words, columns), face)
    }
}

/// In one line in the largest face that allows it.
fn note(words: &str, grid: &Grid, width: u32, level: usize) -> Setting {
    let faces = &grid.note[level.min(grid.note.len() - 1)..];
    let in_one = faces.iter().find(|face| face.width(words) <= width);
    paragraph(
        words,
        in_one.copied().unwrap_or(at(grid.note, level)),
        width,
    )
}

/// In one line, as large as a headline at most.
fn lead(words: &str, grid: &Grid, width: u32, level: usize) -> Setting {
    let faces = &grid.lead[level.min(grid.lead.len() - 1)..];
    let in_one = faces.iter().find(|face| face.width(words) <= width);
    paragraph(
        words,
        in_one.copied().unwrap_or(at(grid.lead, level)),
        width,
    )
}

/// In one line as large as it fits, else in two, else small, and cut off only when even that is too
/// short.
fn name(label: &str, faces: &[Face], width: u32, level: usize) -> Setting {
    let faces = &faces[level.min(faces.len() - 1)..];
    let (smallest, larger) = match faces.split_last() {
        Some((smallest, larger)) => (*smallest, larger),
        None => (Face::Small, faces),
    };
    let in_one = |face: &&Face| face.width(label) <= width;
    let in_two = |face: &&Face| {
        let columns = face.columns(width);
        text::fits(label, columns) && text::wrap(label, columns).len() <= 2
    };
    let face = larger
        .iter()
        .find(in_one)
        .or_else(|| larger.iter().find(in_two));
    let face = face.copied().unwrap_or(smallest);
    let columns = face.columns(width);
    Setting {
        whole: in_two(&&face),
        ..lines(&text::wrap_within(label, columns, 2), face)
    }
}

/// Columns of the dots and of the digits.
fn number_width(last4: &str, face: Face) -> u32 {
    dots_width(face) + face.width(last4)
}

fn dots_width(face: Face) -> u32 {
    3 * (face.advance() / 2 + 1) + face.advance() / 4
}

fn number(last4: &str, face: Face, (x, y): (u32, u32)) -> [Piece; 2] {
    let digits = Ink::Line(last4.to_owned(), face);
    [
        piece((x, y), Ink::Dots(face)),
        piece((x + dots_width(face), y), digits),
    ]
}

/// Label and number: beside each other where the grid wants that and it fits, else below each other;
/// at last with the label cut off.
fn who(label: &str, last4: Option<&str>, grid: &Grid, width: u32, level: usize) -> Setting {
    let Some(last4) = last4 else {
        return name(label, grid.name, width, level);
    };
    let beside =
        |face: &&Face| face.width(label) + face.advance() + number_width(last4, **face) <= width;
    let from = level.min(grid.name.len() - 1);
    if let Some(face) = grid.name[from..]
        .iter()
        .find(beside)
        .filter(|_| grid.inline)
    {
        let mut setting = lines(&[label.to_owned()], *face);
        let x = width.saturating_sub(number_width(last4, *face));
        setting.pieces.extend(number(last4, *face, (x, 0)));
        return setting;
    }
    if grid.inline && level >= grid.name.len() {
        let face = at(grid.name, level);
        let room = width.saturating_sub(face.advance() + number_width(last4, face));
        let mut setting = lines(&[text::shorten(label, face.columns(room))], face);
        setting.pieces.extend(number(
            last4,
            face,
            (width.saturating_sub(number_width(last4, face)), 0),
        ));
        return setting;
    }
    let mut setting = name(label, grid.name, width, level);
    let face = at(grid.number, level);
    let y = setting.height + grid.gap.0;
    setting.pieces.extend(number(last4, face, (0, y)));
    setting.height = y + face.height();
    setting
}

/// Steps one below the other, what is below their first lines indented.
fn steps(all: &[&str], face: Face, width: u32, gap: u32) -> Setting {
    const MARK: &str = "\u{bb}";
    let indent = 2 * face.advance();
    let mut setting = lines(&[], face);
    for words in all {
        let step = paragraph(words, face, width.saturating_sub(indent));
        let top = setting.height + if setting.height > 0 { gap } else { 0 };
        let mark = piece((0, top), Ink::Line(MARK.to_owned(), face));
        let lines = step
            .pieces
            .into_iter()
            .map(|Piece { at: (x, y), ink }| piece((x + indent, y + top), ink));
        setting.pieces.extend([mark].into_iter().chain(lines));
        setting.height = top + step.height;
        setting.whole &= step.whole;
    }
    setting
}

fn code_line(code: &str, faces: &[Face], width: u32, level: usize) -> Setting {
    let faces = &faces[level.min(faces.len() - 1)..];
    let fits = |face: &&Face| face.width(code) <= width;
    let face = faces.iter().find(fits).copied().unwrap_or(Face::Text);
    Setting {
        whole: fits(&&face),
        precious: true,
        ..lines(&[text::shorten(code, face.columns(width))], face)
    }
}

/// In one line where it fits, else broken after its colons and dots.
fn address(address: &str, grid: &Grid, width: u32, level: usize) -> Setting {
    let faces = [
        at(grid.text, level),
        at(grid.note, level),
        Face::Small,
        Face::Tiny,
    ];
    let in_one = faces.iter().find(|face| face.width(address) <= width);
    let face = in_one.copied().unwrap_or(Face::Small);
    let spaced = address.replace(':', ": ").replace('.', ". ");
    let mut broken: Vec<String> = Vec::new();
    for part in spaced.split(' ') {
        match broken.last_mut() {
            Some(line) if face.width(line) + face.width(part) <= width => line.push_str(part),
            _ => broken.push(text::shorten(part, face.columns(width))),
        }
    }
    lines(&broken, face)
}

impl Setting {
    /// Rows of its largest face, which is asked to give way first; titles and codes do so last.
    pub fn largest(&self) -> u32 {
        if self.precious {
            return 1;
        }
        let rows = self.pieces.iter().map(|piece| match &piece.ink {
            Ink::Line(_, face) => face.height(),
            Ink::Dots(_) | Ink::Pill(..) | Ink::Bar(..) => 0,
        });
        rows.max().unwrap_or(0)
    }

    /// Draws it with its corner at `at`.
    pub fn draw(&self, canvas: &mut Canvas, at: (u32, u32), width: u32) {
        for piece in &self.pieces {
            let (x, y) = (at.0 + piece.at.0, at.1 + piece.at.1);
            match &piece.ink {
                Ink::Line(line, face) => canvas.text(line, *face, (x, y)),
                Ink::Dots(face) => dots(canvas, *face, (x, y)),
                Ink::Pill(words, face) => pill(canvas, words, *face, (x, y), width),
                Ink::Bar(filled, parts, height) => {
                    let area = Area {
                        left: x,
                        top: y,
                        width,
                        height: *height,
                    };
                    bar(canvas, area, *filled, *parts);
                }
            }
        }
    }
}

fn dots(canvas: &mut Canvas, face: Face, (left, top): (u32, u32)) {
    let size = (face.height() / 7).clamp(1, 3);
    let step = face.advance() / 2 + 1;
    let top = top + face.height() / 2;
    for dot in 0..3 {
        canvas.fill(Area::square((left + dot * step, top), size), true);
    }
    let area = Area {
        left,
        top,
        width: 2 * step + size,
        height: size,
    };
    canvas.mark(Kind::Shape, area);
}

/// Words on an inked ground with round corners, in the middle of `width`: a key cap.
fn pill(canvas: &mut Canvas, words: &str, face: Face, (x, y): (u32, u32), width: u32) {
    let area = Area {
        left: x + width.saturating_sub(face.width(words) + 2 * PILL_SIDE) / 2,
        top: y,
        width: (face.width(words) + 2 * PILL_SIDE).min(width),
        height: face.height() + 3,
    };
    canvas.rounded(area, 4);
    canvas.text_reversed(words, face, (area.left + PILL_SIDE, area.top + 2));
}

/// A framed bar, filled from the left.
fn bar(canvas: &mut Canvas, area: Area, filled: u64, parts: u64) {
    canvas.mark(Kind::Shape, area);
    canvas.fill(area, true);
    canvas.fill(area.shrunk(1), false);
    let inside = area.shrunk(2);
    let columns = u64::from(inside.width) * filled.min(parts);
    // At most the width, which came from a u32.
    let width = u32::try_from(columns.div_ceil(parts.max(1))).unwrap_or(0);
    canvas.fill(Area { width, ..inside }, true);
}
