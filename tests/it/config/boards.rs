//! Boards of one's own: what cannot be on one board is one line with file, line, key and reason; what
//! is in the folder is found, and what is broken there is in nobody's way; and what `auto` makes of it.

use std::path::Path;

use pairbox::board::probe::{BusSeen, Places, Seen, look_at};
use pairbox::board::{Board, Catalog, names, resolve};
use pairbox::config::Config;

const OLED: &str = include_str!("../../../board/ssd1306-i2c.toml");
const HAT: &str = include_str!("../../../board/waveshare-oled-hat-1.3.toml");
const PAPER: &str = include_str!("../../../board/waveshare-epd-2.13-v4.toml");
const SQUARE: &str = include_str!("../../../board/sh1107-1.5.toml");

/// A board file, what is written instead of what, and what is said after the file and the line.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    // Lines.
    (
        OLED,
        "line = 6",
        "line = 77",
        "buttons.disconnect.line: line 77 does not exist on the header; BCM lines are 2 to 27",
    ),
    (
        OLED,
        "line = 6",
        "line = 5",
        "buttons.disconnect: line 5 cannot be both connect and disconnect (board ssd1306-i2c)",
    ),
    (
        OLED,
        "line = 6",
        "line = 3",
        "buttons.disconnect: line 3 belongs to the panel's I2C bus (board ssd1306-i2c), a button \
         cannot be there",
    ),
    (
        OLED,
        "[0x3c, 0x3d] }",
        "[0x3c, 0x3d], reset = 2 }",
        "panel.bus.reset: line 2 belongs to the panel's I2C bus (board ssd1306-i2c) and cannot be \
         anything else",
    ),
    (
        HAT,
        "line = 16",
        "line = 9",
        "buttons.select: line 9 belongs to the panel's SPI0 bus (board waveshare-oled-hat-1.3), a \
         button cannot be there",
    ),
    (
        HAT,
        "line = 6,",
        "line = 24,",
        "buttons.previous: line 24 is the panel's `dc` (board waveshare-oled-hat-1.3), a button \
         cannot be there",
    ),
    (
        PAPER,
        "line = 5,",
        "line = 18,",
        "buttons.connect: line 18 is the panel's `power` (board waveshare-epd-2.13-v4), a button \
         cannot be there",
    ),
    (
        PAPER,
        "busy = 24",
        "busy = 25",
        "panel.bus.busy: line 25 cannot be both dc and busy (board waveshare-epd-2.13-v4)",
    ),
    (
        PAPER,
        "power = 18",
        "power = 8",
        "panel.bus.power: line 8 belongs to the panel's SPI0 bus (board waveshare-epd-2.13-v4) and \
         cannot be anything else",
    ),
    (
        HAT,
        "dc = 24",
        "dc = 99",
        "panel.bus.dc: line 99 does not exist on the header; BCM lines are 2 to 27",
    ),
    (
        OLED,
        "pull = \"up\", pressed = \"low\" }\ndisconnect",
        "pressed = \"low\" }\ndisconnect",
        "buttons.connect: missing field `pull`",
    ),
    // Drivers.
    (
        OLED,
        "driver = \"ssd1306\"",
        "driver = \"ssd1305\"",
        "panel.driver: no driver is called `ssd1305`; there are: ssd1306, ssd1309, sh1106, sh1107, \
         ssd1680, ssd1683",
    ),
    (
        PAPER,
        "driver = \"ssd1680\"",
        "driver = \"ssd1680b\"",
        "panel.driver: `ssd1680b`: tri-colour panels take 15 s a refresh and cannot show codes that \
         change every 20 s; use the black-and-white one",
    ),
    (
        PAPER,
        "driver = \"ssd1680\"",
        "driver = \"epd2in13b_v4\"",
        "panel.driver: `epd2in13b_v4`: tri-colour panels take 15 s a refresh and cannot show codes \
         that change every 20 s; use the black-and-white one",
    ),
    (
        PAPER,
        "width = 250",
        "colors = 3\nwidth = 250",
        "panel.colors: there is no such key, panels here are black and white: tri-colour panels take \
         15 s a refresh and cannot show codes that change every 20 s; use the black-and-white one",
    ),
    // Sizes.
    (
        OLED,
        "width = 128",
        "width = 0",
        "panel.width: a panel has more than 0 pixels (board ssd1306-i2c)",
    ),
    (
        OLED,
        "width = 128",
        "width = 132",
        "panel.width: 132x64: larger than the 128x64 of an ssd1306 (board ssd1306-i2c)",
    ),
    (
        OLED,
        "height = 64",
        "height = 128",
        "panel.height: 128x128: larger than the 128x64 of an ssd1306 (board ssd1306-i2c)",
    ),
    (
        OLED,
        "height = 64",
        "height = 60",
        "panel.height: 128x60: an ssd1306 has pages of 8 rows, 60 are none (board ssd1306-i2c)",
    ),
    (
        OLED,
        "height = 64",
        "height = 48",
        "panel.width: 128x48: panels with an ssd1306 are 128x64 or 128x32 (board ssd1306-i2c)",
    ),
    (
        OLED,
        "driver = \"ssd1306\"",
        "driver = \"sh1107\"",
        "panel.width: 128x64: panels with an sh1107 are 128x128 (board ssd1306-i2c)",
    ),
    (
        OLED,
        "pitch_um = 170",
        "rotation = 90\npitch_um = 170",
        "panel.rotation: 128x64 turned by 90 is 64x128 to the controller: larger than the 128x64 of \
         an ssd1306 (board ssd1306-i2c)",
    ),
    (
        OLED,
        "width = 128\nheight = 64",
        "rotation = 90\nwidth = 64\nheight = 128",
        "panel.width: 64x128: there are no screens for less than 128x32 (board ssd1306-i2c)",
    ),
    (
        OLED,
        "pitch_um = 170",
        "rotation = 45\npitch_um = 170",
        "panel.rotation: a rotation is 0, 90, 180 or 270",
    ),
    (
        PAPER,
        "rotation = 270\n",
        "",
        "panel.width: 250x122: larger than the 176x296 of an ssd1680; it is held upright: rotation = \
         90 or 270 (board waveshare-epd-2.13-v4)",
    ),
    (
        PAPER,
        "width = 250\nheight = 122",
        "width = 296\nheight = 128",
        "panel.rotation: 296x128 turned by 270 is 128x296 to the controller: panels with an ssd1680 \
         are 122x250 or 176x264 (board waveshare-epd-2.13-v4)",
    ),
    (
        HAT,
        "width = 128",
        "width = 132",
        "panel.width: 132x64: panels with an sh1106 are 128x64 (board waveshare-oled-hat-1.3)",
    ),
    (
        PAPER,
        "pitch_um = 194",
        "pitch_um = 194000",
        "panel.pitch_um: 194000 is not between 50 and 1000; the pitch is in micrometres (board \
         waveshare-epd-2.13-v4)",
    ),
    (
        OLED,
        "width = 128",
        "wdth = 128",
        "panel.wdth: unknown key; did you mean `width`?",
    ),
    // Buses.
    (
        OLED,
        "addresses = [0x3c, 0x3d]",
        "addresses = [0x3c, 300]",
        "panel.bus.addresses: an I2C address is 0x08 to 0x77",
    ),
    (
        OLED,
        "addresses = [0x3c, 0x3d]",
        "addresses = []",
        "panel.bus.addresses: an I2C panel needs an address",
    ),
    (
        OLED,
        "addresses = [0x3c, 0x3d] }",
        "addresses = [0x3c, 0x3d], dc = 24 }",
        "panel.bus: an i2c bus has no `dc`",
    ),
    (
        OLED,
        "kind = \"i2c\"",
        "kind = \"usb\"",
        "panel.bus: `usb` is no bus; there are: i2c, spi",
    ),
    (
        HAT,
        "hz = 2_000_000",
        "hz = 200_000_000",
        "panel.bus.hz: 200000000 is not between 100000 and 20000000 (hertz)",
    ),
    (HAT, "dc = 24\n", "", "panel.bus: an spi bus needs `dc`"),
    (
        HAT,
        "reset = 25",
        "reset = 25\nbusy = 22",
        "panel.bus.busy: an OLED (`sh1106`) has no busy line (board waveshare-oled-hat-1.3)",
    ),
    (
        PAPER,
        "busy = 24\n",
        "",
        "panel.bus: e-paper (`ssd1680`) needs its `busy` line: nothing else tells when it is done \
         (board waveshare-epd-2.13-v4)",
    ),
    (
        PAPER,
        "reset = 17\n",
        "",
        "panel.bus: e-paper (`ssd1680`) needs its `reset` line: nothing else ends its deep sleep \
         (board waveshare-epd-2.13-v4)",
    ),
    (
        SQUARE,
        "driver = \"sh1107\"\nwidth = 128\nheight = 128",
        "driver = \"ssd1683\"\nwidth = 400\nheight = 300",
        "panel.bus: e-paper (`ssd1683`) is on SPI, it has no I2C (board sh1107-1.5)",
    ),
    // Wires.
    (
        OLED,
        "signal = \"VCC\", pin = 1",
        "signal = \"VCC\", pin = 7",
        "wiring.supply: pin 7 is BCM line 4, no supply or ground",
    ),
    (
        OLED,
        "signal = \"VCC\", pin = 1",
        "signal = \"VCC\", pin = 41",
        "wiring.supply: pin 41 is not on the header, no supply or ground",
    ),
];

#[test]
fn what_cannot_be_on_one_board_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let config = format!("board = \"{}\"", path.display());
    let mut wrong = Vec::new();
    for (good, from, to, expected) in MISTAKES {
        let text = good.replace(from, to);
        assert_ne!(text, *good, "{from} is not in the file any more");
        std::fs::write(&path, &text).unwrap();
        let said = match Config::parse("f.toml", &config) {
            Ok(_) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(said.lines().count(), 1, "{said}");
        let rest = said.strip_prefix(&format!("{}:", path.display()));
        // A line number, then the key.
        let (line, rest) = rest
            .and_then(|rest| rest.split_once(": "))
            .unwrap_or(("", &said));
        let has_line = line.parse::<usize>().is_ok();
        if rest != *expected || !has_line {
            wrong.push(format!(
                "{to:?}\n  expected: {expected}\n  said:     {said}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    figure!("{} mistakes in board files, one line each", MISTAKES.len());
}

#[test]
fn the_line_is_that_of_the_key() {
    let bad = PAPER.replace("busy = 24", "busy = 25");
    let error = Board::parse("paper.toml", &bad).unwrap_err();
    let at = 1 + bad.lines().position(|line| line == "busy = 25").unwrap();
    assert_eq!(error.line, Some(at));
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_folder_of_boards_adds_replaces_and_breaks_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let moved = OLED.replace("line = 6", "line = 26");
    write(dir, "ssd1306-i2c.toml", &moved);
    write(
        dir,
        "mine.toml",
        &HAT.replace("waveshare-oled-hat-1.3\"\ntitle", "mine\"\ntitle"),
    );
    write(dir, "broken.toml", "name = ");
    write(dir, "other.toml", PAPER);
    write(dir, "notes.txt", "not a board");
    let catalog = Catalog::load(dir);

    let listed: Vec<&str> = catalog.names().collect();
    let expected: Vec<&str> = names().chain(["mine"]).collect();
    assert_eq!(listed, expected);
    let complaints: Vec<String> = catalog
        .complaints()
        .map(|error| {
            error
                .to_string()
                .replace(&format!("{}/", dir.display()), "")
        })
        .collect();
    assert_eq!(
        complaints,
        [
            "broken.toml:1: string values must be quoted, expected literal string",
            "other.toml:3: name: must be `other`, as the file is called, not `waveshare-epd-2.13-v4`",
        ]
    );

    let config = |board: &str| {
        let text = format!("board = \"{board}\"\nboard_dir = \"{}\"", dir.display());
        Config::parse("f.toml", &text)
    };
    let never = || unreachable!("a configured board asks nothing");
    let (mine, _) = config("mine").unwrap().choose_board(never).unwrap();
    assert_eq!(mine.panel, resolve("waveshare-oled-hat-1.3").unwrap().panel);
    let (own, _) = config("ssd1306-i2c").unwrap().choose_board(never).unwrap();
    assert_eq!(own.buttons.disconnect.line, 26);
    // Only who asks for the broken one hears of it.
    assert!(config("headless").is_ok());
    let said = config("broken").unwrap_err().to_string();
    assert!(
        said.starts_with(&format!("{}/broken.toml:1: ", dir.display())),
        "{said}"
    );
    // An unknown name is told those of the folder, too.
    let said = config("nine").unwrap_err().to_string();
    assert!(said.ends_with(", headless, bench, mine"), "{said}");
}

#[test]
fn a_folder_that_is_none_is_told_and_one_that_is_not_there_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Catalog::load(&folder.path().join("board.d"));
    assert_eq!(missing, Catalog::embedded());
    write(folder.path(), "file", "");
    let catalog = Catalog::load(&folder.path().join("file"));
    let complaints: Vec<String> = catalog.complaints().map(ToString::to_string).collect();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("cannot be read"), "{complaints:?}");
    assert!(
        catalog
            .resolve("headless", &pairbox::config::source::Source::nameless("x"))
            .is_ok()
    );
}

#[test]
fn auto_believes_the_eeprom_then_asks_the_bus_then_does_without() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let acme = PAPER
        .replace("waveshare-epd-2.13-v4\"\ntitle", "acme\"\ntitle")
        .replace("[panel]", "[hat]\nproducts = [\"Acme Paper*\"]\n\n[panel]");
    write(dir, "acme.toml", &acme);
    let config = format!("board_dir = \"{}\"", dir.display());
    let config = Config::parse("f.toml", &config).unwrap();
    let places = Places {
        hat_product: dir.join("product"),
        bus: dir.join("i2c-1"),
    };
    let chosen = || {
        let (board, why) = config.choose_board(|| look_at(&places)).unwrap();
        (board.name, why)
    };
    assert_eq!(chosen().0, "headless");
    write(dir, "product", "Sense HAT\0");
    let (name, why) = chosen();
    assert_eq!(name, "headless");
    assert!(why.starts_with("the add-on board's EEPROM says `Sense HAT`, which is none of ours; "));
    write(dir, "product", "Acme Paper v2\0");
    let (name, why) = chosen();
    assert_eq!(
        (name.as_str(), why.as_str()),
        ("acme", "the add-on board's EEPROM says `Acme Paper v2`")
    );
    let seen = Seen {
        hat: None,
        bus: BusSeen::Answers(vec![0x3d]),
    };
    let (board, _) = config.choose_board(|| seen).unwrap();
    assert_eq!(board.name, "ssd1306-i2c");
}
