//! The QR screen as a phone sees it: all payload sizes, and pictures that must not pass the check.

use std::time::Duration;

use pairbox::panel::ssd1306::{ADDRESS, Oled};
use pairbox::panel::{Panel as _, Refresh};
use pairbox::view::{self, Format};
use pairbox_chips::qr_check::{QrFault, inspect, read_qr};
use pairbox_chips::{Cable, Picture};

use super::{as_picture, frame_of, scenes};

/// The QR screen of today's payload, on the glass.
fn good() -> Picture {
    let cable = Cable::new(ADDRESS);
    let mut panel = Oled::new(cable.clone(), ADDRESS, "bench");
    panel
        .show(&frame_of(&scenes::named("qr")), Refresh::Partial)
        .unwrap();
    cable.picture()
}

fn edited(picture: &Picture, edit: impl Fn(u32, u32) -> Option<bool>) -> Picture {
    Picture::from_fn(picture.width(), picture.height(), |x, y| {
        edit(x, y).unwrap_or_else(|| picture.lit(x, y))
    })
}

#[test]
fn every_size_of_payload_is_read_off_the_glass() {
    let cable = Cable::new(ADDRESS);
    let mut panel = Oled::new(cable.clone(), ADDRESS, "bench");
    let mut tally = std::collections::BTreeMap::<(u32, char), u32>::new();
    for bytes in 180..=330 {
        let snapshot = scenes::snapshot(scenes::pairing(bytes));
        // At several moments of its life: the bar must not disturb the code.
        for seconds in [0, 1, 30, 59, 60] {
            let now = scenes::BEGIN + Duration::from_secs(seconds);
            panel
                .show(
                    &view::draw(&snapshot, Format::OLED_128X64, now),
                    Refresh::Partial,
                )
                .unwrap();
        }
        // v11-L, the largest that 64 rows hold, takes 321 bytes.
        if bytes > 321 {
            assert_eq!(
                read_qr(&cable.picture()),
                Err(QrFault::NotFound),
                "{bytes} bytes"
            );
            assert!(cable.picture().says("Scan on the page"));
            continue;
        }
        let sighting = inspect(&cable.picture()).unwrap_or_else(|fault| {
            panic!("{bytes} bytes: {fault}\n{}", cable.picture());
        });
        assert_eq!(sighting.text, scenes::payload(bytes));
        assert_eq!(sighting.scale, 1);
        *tally
            .entry((sighting.version, sighting.correction))
            .or_default() += 1;
    }
    assert_eq!(cable.violations(), []);
    let codes: Vec<String> = tally
        .iter()
        .map(|((version, ec), count)| format!("v{version}-{ec}: {count}"))
        .collect();
    figure!("142 payload sizes read off the glass: {}", codes.join(", "));
    assert!(
        tally
            .keys()
            .all(|(version, ec)| *ec == 'M' || *version >= 10),
        "{tally:?}"
    );
}

#[test]
fn the_code_is_the_one_the_design_asks_for() {
    let sighting = inspect(&good()).unwrap();
    let measures = (
        sighting.version,
        sighting.correction,
        sighting.scale,
        sighting.span,
    );
    assert_eq!(measures, (11, 'M', 1, 61));
    assert_eq!(sighting.corner, (1, 1));
}

#[test]
fn an_inverted_picture_fails() {
    let good = good();
    let inverted = Picture::from_fn(128, 64, |x, y| !good.lit(x, y));
    assert_eq!(read_qr(&inverted), Err(QrFault::Inverted));
}

#[test]
fn a_shifted_picture_fails_wherever_it_goes() {
    let good = good();
    let shifted = |dx: i64, dy: i64| {
        Picture::from_fn(128, 64, |x, y| {
            let (x, y) = (i64::from(x) - dx, i64::from(y) - dy);
            // What comes in from outside is lit, as the rest of the field is.
            match (u32::try_from(x), u32::try_from(y)) {
                (Ok(x), Ok(y)) if x < 128 && y < 64 => good.lit(x, y),
                _ => true,
            }
        })
    };
    assert_eq!(read_qr(&shifted(0, 0)), Ok(scenes::payload(239)));
    let mut tried = 0;
    for (dx, dy) in (-8..=3).flat_map(|dx| (-8..=8).map(move |dy| (dx, dy))) {
        let harmless = dx >= 0 && (dy == 0 || dy == 1);
        let outcome = read_qr(&shifted(dx, dy));
        assert_eq!(outcome.is_ok(), harmless, "by {dx}, {dy}: {outcome:?}");
        tried += 1;
    }
    // One row or column of the code beside the rest of it.
    for line in [1, 20, 61] {
        let torn = edited(&good, |x, y| {
            (y == line && x > 0).then(|| good.lit(x - 1, y))
        });
        assert!(read_qr(&torn).is_err(), "row {line}");
        let torn = edited(&good, |x, y| {
            (x == line && y > 0).then(|| good.lit(x, y - 1))
        });
        assert!(read_qr(&torn).is_err(), "column {line}");
    }
    figure!("{tried} shifts tried");
}

#[test]
fn a_cropped_picture_fails() {
    let good = good();
    for cut in 1..64 {
        let bottom = edited(&good, |_, y| (y >= 64 - cut).then_some(true));
        let bottom_dark = edited(&good, |_, y| (y >= 64 - cut).then_some(false));
        let smaller = Picture::from_fn(128, 64 - cut, |x, y| good.lit(x, y));
        let expected = cut <= 2;
        assert_eq!(read_qr(&bottom).is_ok(), expected, "{cut} rows lit");
        assert!(read_qr(&bottom_dark).is_err(), "{cut} rows dark");
        // One row of quiet zone may go, the second is the last.
        assert_eq!(read_qr(&smaller).is_ok(), cut == 1, "{cut} rows off");
    }
    let narrow = Picture::from_fn(60, 64, |x, y| good.lit(x, y));
    assert_eq!(read_qr(&narrow), Err(QrFault::NotFound));
}

#[test]
fn anything_in_the_quiet_zone_fails() {
    let good = good();
    for (x, y) in [
        (0, 0),
        (0, 63),
        (62, 5),
        (63, 30),
        (64, 63),
        (30, 0),
        (30, 62),
    ] {
        assert!(good.lit(x, y), "({x}, {y}) belongs to the quiet zone");
        let spot = edited(&good, |px, py| ((px, py) == (x, y)).then_some(false));
        assert_eq!(read_qr(&spot), Err(QrFault::Intruder { x, y }));
    }
    let dark_ground = edited(&good, |x, _| (x >= 66).then_some(false));
    assert_eq!(read_qr(&dark_ground), Err(QrFault::DarkGround));
}

#[test]
fn anything_drawn_inside_the_code_fails() {
    let good = good();
    let mut seen = 0;
    for (x, y) in (1..62).flat_map(|y| (1..62).map(move |x| (x, y))) {
        let spot = edited(&good, |px, py| {
            ((px, py) == (x, y)).then(|| !good.lit(x, y))
        });
        // Any decoder forgives a single module; this check does not.
        assert!(read_qr(&spot).is_err(), "module at ({x}, {y})");
        seen += 1;
    }
    figure!("{seen} single wrong modules seen");
    let logo = edited(&good, |x, y| {
        ((28..35).contains(&x) && (28..35).contains(&y)).then_some(true)
    });
    assert!(matches!(read_qr(&logo), Err(QrFault::Damaged { .. })));
}

#[test]
fn a_wrong_scale_fails() {
    let good = good();
    // Half a pixel a module, twice as wide as high, and 1 px where a larger panel holds 2.
    let half = Picture::from_fn(128, 64, |x, y| x >= 64 || y >= 32 || good.lit(2 * x, 2 * y));
    assert_eq!(read_qr(&half), Err(QrFault::NotFound));
    let wide = Picture::from_fn(256, 64, |x, y| good.lit(x / 2, y));
    assert_eq!(read_qr(&wide), Err(QrFault::NotFound));
    let on_a_larger_panel = Picture::from_fn(128, 128, |x, y| y >= 64 || good.lit(x, y));
    assert_eq!(
        read_qr(&on_a_larger_panel),
        Err(QrFault::Scale {
            found: 1,
            possible: 2
        })
    );
    let doubled = Picture::from_fn(256, 128, |x, y| good.lit(x / 2, y / 2));
    assert_eq!(
        read_qr(&doubled),
        Err(QrFault::QuietZone {
            found: 2,
            possible: 3
        })
    );
    let larger = Format::oled(128, 128);
    let at_twice = as_picture(&view::draw(
        &scenes::named("qr").snapshot,
        larger,
        scenes::BEGIN,
    ));
    assert_eq!(read_qr(&at_twice), Ok(scenes::payload(239)));
    let uneven = edited(&at_twice, |x, y| {
        ((x, y) == (61, 61)).then(|| !at_twice.lit(61, 61))
    });
    assert_eq!(read_qr(&uneven), Err(QrFault::Damaged { modules: 1 }));
}

#[test]
fn larger_panels_pass_the_same_check() {
    for (width, height) in [
        (128, 128),
        (250, 122),
        (200, 200),
        (240, 240),
        (264, 176),
        (296, 128),
        (400, 300),
    ] {
        let frame = view::draw(
            &scenes::named("qr").snapshot,
            Format::oled(width, height),
            scenes::BEGIN,
        );
        let sighting = inspect(&as_picture(&frame))
            .unwrap_or_else(|fault| panic!("{width}x{height}: {fault}"));
        figure!(
            "{width}x{height}: v{}-{} at {} px",
            sighting.version,
            sighting.correction,
            sighting.scale
        );
        assert_eq!(sighting.text, scenes::payload(239));
    }
}
