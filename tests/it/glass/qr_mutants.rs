//! The QR screen of every board, read off the glass, and what must not pass the check there.
//!
//! `qr_glass` goes through 128x64 pixel by pixel; here every format gets one of each kind of mutant.

use pairbox::view::{self, Glow};
use pairbox_chips::Picture;
use pairbox_chips::qr_check::{QrFault, Sighting, inspect, read_qr};

use super::stand::{BOARDS, Board};
use super::{as_picture, scenes};

/// A good picture, and where the code stands on it.
struct Good {
    board: &'static str,
    picture: Picture,
    code: Sighting,
}

/// Every board whose panel holds a code: all but those of 32 rows.
fn boards() -> impl Iterator<Item = &'static Board> {
    BOARDS
        .iter()
        .filter(|board| board.panel.1.geometry.height > 32)
}

fn all() -> Vec<Good> {
    let good = |board: &'static Board| {
        let scene = scenes::named("qr");
        let frame = view::draw(&scene.snapshot, board.panel.1, scene.now);
        let picture = board.stand().show(&frame, Glow::CodeLow);
        let code = inspect(&picture).unwrap_or_else(|fault| panic!("{}: {fault}", board.name));
        assert_eq!(code.text, scenes::payload(239));
        Good {
            board: board.name,
            picture,
            code,
        }
    };
    // Every board's picture has to be good; boards of one format then share their mutants.
    let mut all: Vec<Good> = Vec::new();
    for good in boards().map(good) {
        if all.iter().all(|known| known.picture != good.picture) {
            all.push(good);
        }
    }
    all
}

impl Good {
    /// The same glass with other pixels; `pixel` may ask for pixels outside, which are lit.
    fn seen(&self, pixel: impl Fn(&dyn Fn(i64, i64) -> bool, i64, i64) -> bool) -> Picture {
        let (width, height) = (self.picture.width(), self.picture.height());
        let old = |x: i64, y: i64| match (u32::try_from(x), u32::try_from(y)) {
            (Ok(x), Ok(y)) if x < width && y < height => self.picture.lit(x, y),
            _ => true,
        };
        Picture::from_fn(width, height, |x, y| pixel(&old, x.into(), y.into()))
    }

    /// The same with the code's square, and nothing else, replaced by what `from` names of it.
    fn square(&self, from: impl Fn(i64, i64, i64) -> (i64, i64)) -> Picture {
        let (left, top) = (i64::from(self.code.corner.0), i64::from(self.code.corner.1));
        let span = i64::from(self.code.span);
        self.seen(|old, x, y| {
            let (dx, dy) = (x - left, y - top);
            if (0..span).contains(&dx) && (0..span).contains(&dy) {
                let (dx, dy) = from(dx, dy, span - 1);
                old(left + dx, top + dy)
            } else {
                old(x, y)
            }
        })
    }

    /// The same with one pixel of the other kind.
    fn spot(&self, at: (u32, u32)) -> Picture {
        let at = (i64::from(at.0), i64::from(at.1));
        self.seen(|old, x, y| old(x, y) != ((x, y) == at))
    }

    /// What the standard and HARDWARE.md 1.4 want around this code, in pixels.
    fn clearance(&self) -> u32 {
        let side = self.picture.width().min(self.picture.height());
        ((side - self.code.span) / 2).clamp(3, 4 * self.code.scale)
    }

    #[track_caller]
    fn refused(&self, mutant: &Picture, what: &str) {
        let outcome = read_qr(mutant);
        assert!(outcome.is_err(), "{}: {what} passes", self.board);
    }
}

#[test]
fn every_board_holds_every_length_it_has_room_for() {
    for board in boards() {
        let mut stand = board.stand();
        let mut measures = Vec::new();
        for bytes in [180, 219, 239, 260, 277, 321] {
            let snapshot = scenes::snapshot(scenes::pairing(bytes));
            let frame = view::draw(&snapshot, board.panel.1, scenes::BEGIN);
            let code = inspect(&stand.show(&frame, Glow::CodeLow))
                .unwrap_or_else(|fault| panic!("{}, {bytes} bytes: {fault}", board.name));
            assert_eq!(code.text, scenes::payload(bytes), "{}", board.name);
            let Sighting {
                version,
                correction,
                scale,
                quiet,
                ..
            } = code;
            measures.push(format!(
                "{bytes}: v{version}-{correction} {scale}x quiet {quiet}"
            ));
        }
        figure!("{}: {}", board.name, measures.join(", "));
    }
}

#[test]
fn a_typed_code_beside_the_qr_does_not_disturb_it() {
    let scene = scenes::named("typed");
    let mut both = Vec::new();
    for board in boards() {
        let frame = view::draw(&scene.snapshot, board.panel.1, scene.now);
        let picture = as_picture(&frame);
        if !matches!(read_qr(&picture), Err(QrFault::NotFound)) {
            assert_eq!(
                read_qr(&picture),
                Ok(scenes::payload(239)),
                "{}",
                board.name
            );
            both.push(board.name);
        }
    }
    figure!("QR and typed code on one picture: {}", both.join(", "));
    assert!(both.contains(&"waveshare-epd-4.2-v2"));
}

#[test]
fn inverted_turned_and_mirrored_codes_fail_on_every_board() {
    for good in all() {
        let inverted = good.seen(|old, x, y| !old(x, y));
        assert_eq!(read_qr(&inverted), Err(QrFault::Inverted), "{}", good.board);
        let turns: [(&str, Picture); 7] = [
            ("a quarter", good.square(|x, y, far| (y, far - x))),
            ("a half", good.square(|x, y, far| (far - x, far - y))),
            ("three quarters", good.square(|x, y, far| (far - y, x))),
            ("left and right", good.square(|x, y, far| (far - x, y))),
            ("top and bottom", good.square(|x, y, far| (x, far - y))),
            ("the diagonal", good.square(|x, y, _| (y, x))),
            (
                "the other diagonal",
                good.square(|x, y, far| (far - y, far - x)),
            ),
        ];
        for (how, picture) in turns {
            assert_eq!(
                read_qr(&picture),
                Err(QrFault::Turned),
                "{}: {how}",
                good.board
            );
        }
        // The whole panel, as a wrong setting of the controller would have it.
        let (width, height) = (good.picture.width(), good.picture.height());
        let (right, bottom) = (i64::from(width) - 1, i64::from(height) - 1);
        let panels = [
            ("turned", good.seen(|old, x, y| old(right - x, bottom - y))),
            ("columns remapped", good.seen(|old, x, y| old(right - x, y))),
            ("rows remapped", good.seen(|old, x, y| old(x, bottom - y))),
        ];
        for (how, picture) in panels {
            assert_eq!(
                read_qr(&picture),
                Err(QrFault::Turned),
                "{}: {how}",
                good.board
            );
        }
        let upright = Picture::from_fn(height, width, |x, y| good.picture.lit(y, height - 1 - x));
        assert_eq!(read_qr(&upright), Err(QrFault::Turned), "{}", good.board);
    }
}

#[test]
fn shifted_cropped_torn_and_stretched_codes_fail_on_every_board() {
    for good in all() {
        let Sighting { corner, span, .. } = good.code;
        let (left, top, span) = (i64::from(corner.0), i64::from(corner.1), i64::from(span));
        let side = good.picture.width().min(good.picture.height());
        let needed = (i64::from(side) - span).div_euclid(2);
        let needed = needed.clamp(1, 4 * i64::from(good.code.scale));
        for (dx, dy) in [(needed - left - 1, 0), (0, needed - top - 1)] {
            good.refused(&good.seen(|old, x, y| old(x - dx, y - dy)), "shifted");
        }
        let harmless = good.seen(|old, x, y| old(x, y - (needed - top)));
        assert!(
            read_qr(&harmless).is_ok(),
            "{}: needed {needed}",
            good.board
        );
        for cut in [1, span / 2] {
            for filled in [false, true] {
                let rows = good.seen(|old, x, y| {
                    if y < top + span - cut {
                        old(x, y)
                    } else {
                        filled
                    }
                });
                good.refused(&rows, "cropped at the bottom");
                let columns =
                    good.seen(|old, x, y| if x >= left + cut { old(x, y) } else { filled });
                good.refused(&columns, "cropped at the left");
            }
        }
        for line in [1, span / 3, span - 1] {
            let torn = good.seen(|old, x, y| old(x - i64::from(y >= top + line), y));
            good.refused(&torn, "torn along a row");
            let torn = good.seen(|old, x, y| old(x, y - i64::from(x >= left + line)));
            good.refused(&torn, "torn along a column");
            let doubled = good.seen(|old, x, y| old(x, y - i64::from(y > top + line)));
            good.refused(&doubled, "a row twice");
        }
        good.refused(&good.seen(|old, x, y| old(x / 2, y)), "twice as wide");
        good.refused(&good.seen(|old, x, y| old(x * 2, y * 2)), "half as large");
    }
}

#[test]
fn ink_within_the_clearance_fails_on_every_board_and_beyond_it_does_not() {
    for good in all() {
        let Sighting {
            corner: (left, top),
            span,
            ..
        } = good.code;
        let (width, height) = (good.picture.width(), good.picture.height());
        let clearance = good.clearance();
        let mut refused = 0;
        for away in [1, 3, clearance] {
            let middle = span / 2;
            let places = [
                (left.checked_sub(away), Some(top + middle)),
                (Some(left + span - 1 + away), Some(top + middle)),
                (Some(left + middle), top.checked_sub(away)),
                (Some(left + middle), Some(top + span - 1 + away)),
                (Some(left + span - 1 + away), Some(top + span - 1 + away)),
            ];
            for (x, y) in places {
                let (Some(x), Some(y)) = (x, y) else { continue };
                if x < width && y < height {
                    let fault = Err(QrFault::Intruder { x, y });
                    assert_eq!(read_qr(&good.spot((x, y))), fault, "{}", good.board);
                    refused += 1;
                }
            }
        }
        assert!(refused >= 5, "{}: {refused}", good.board);
        let beyond = (left + span + clearance, top + span / 2);
        if beyond.0 < width && good.picture.lit(beyond.0, beyond.1) {
            assert!(read_qr(&good.spot(beyond)).is_ok(), "{}", good.board);
        }
    }
}

#[test]
fn one_wrong_module_or_pixel_fails_on_every_board() {
    let mut seen = 0;
    for good in all() {
        let Sighting {
            corner,
            span,
            scale,
            ..
        } = good.code;
        // A prime step meets data, timing, alignment and format modules alike.
        for module in (0..(span / scale) * (span / scale)).step_by(397) {
            let (x, y) = (module % (span / scale), module / (span / scale));
            let (x, y) = (corner.0 + x * scale, corner.1 + y * scale);
            let flipped = good.seen(|old, px, py| {
                let inside = |at: i64, start: u32| {
                    (i64::from(start)..i64::from(start + scale)).contains(&at)
                };
                old(px, py) != (inside(px, x) && inside(py, y))
            });
            good.refused(&flipped, "one module flipped");
            good.refused(
                &good.spot((x + scale - 1, y + scale - 1)),
                "one pixel flipped",
            );
            seen += 2;
        }
    }
    figure!("{seen} single wrong modules and pixels seen on all boards");
}
