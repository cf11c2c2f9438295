//! Each mistake gives exactly one line that names file, line, key and reason.
//!
//! One row is one mistake. The sentences are pinned whole: that includes what the TOML parser says in
//! its own words, so that an update of it is read by a person.

use pairbox::board::Board;
use pairbox::config::{self, Config};

/// A file, and the one line it is answered with.
const MISTAKES: &[(&str, &str)] = &[
    // Keys that do not exist.
    (
        "lable = \"shop\"",
        "f.toml:1: lable: unknown key; did you mean `label`?",
    ),
    (
        "[http]\nlisen = \"127.0.0.1:80\"",
        "f.toml:2: http.lisen: unknown key; did you mean `listen`?",
    ),
    (
        "[htpp]\nlisten = \"127.0.0.1:80\"",
        "f.toml:1: htpp: unknown key; did you mean `http`?",
    ),
    (
        "\n\n[log]\nfile = \"x\"",
        "f.toml:4: log.file: unknown key; known here: level",
    ),
    // Wrong types.
    (
        "label = 5",
        "f.toml:1: label: invalid type: integer `5`, expected a string",
    ),
    (
        "label = \"a\"\nhttp = \"127.0.0.1:80\"",
        "f.toml:2: http: invalid type: string \"127.0.0.1:80\", expected a section [http]",
    ),
    (
        "[whatsapp]\npre_keys = \"many\"",
        "f.toml:2: whatsapp.pre_keys: invalid type: string \"many\", expected a whole number",
    ),
    (
        "[buttons]\nconnect = true",
        "f.toml:2: buttons.connect: invalid type: boolean `true`, expected a whole number",
    ),
    // Values that cannot be.
    (
        "label = \"\"",
        "f.toml:1: label: must have 1 to 25 characters, none of them a control character, and no \
         space at either end",
    ),
    (
        "label = \"two\\nlines\"",
        "f.toml:1: label: must have 1 to 25 characters, none of them a control character, and no \
         space at either end",
    ),
    (
        "[buttons]\nconnect = 99",
        "f.toml:2: buttons.connect: line 99 does not exist on the header; BCM lines are 2 to 27",
    ),
    (
        "[buttons]\nconnect = 17\ndisconnect = -1",
        "f.toml:3: buttons.disconnect: line -1 does not exist on the header; BCM lines are 2 to 27",
    ),
    (
        "[http]\nlisten = \"localhost\"",
        "f.toml:2: http.listen: `localhost` is not an IP address with a port, like 127.0.0.1:8080 \
         or [::1]:8080",
    ),
    (
        "[http]\nlisten = \"127.0.0.1:99999\"",
        "f.toml:2: http.listen: `127.0.0.1:99999` is not an IP address with a port, like \
         127.0.0.1:8080 or [::1]:8080",
    ),
    (
        "[whatsapp]\nendpoint = \"web.whatsapp.com\"",
        "f.toml:2: whatsapp.endpoint: `web.whatsapp.com` is not a URL that starts with wss:// and \
         names a host",
    ),
    (
        "[whatsapp]\nendpoint = \"https://web.whatsapp.com/\"",
        "f.toml:2: whatsapp.endpoint: `https://web.whatsapp.com/` is not a URL that starts with \
         wss:// and names a host",
    ),
    (
        "[whatsapp]\nendpoint = \"ws://192.0.2.1/ws/chat\"",
        "f.toml:2: whatsapp.endpoint: `ws://192.0.2.1/ws/chat` is not a URL that starts with \
         wss:// and names a host",
    ),
    (
        "[whatsapp]\nversion_url = \"http://localhost/sw.js\"",
        "f.toml:2: whatsapp.version_url: `http://localhost/sw.js` is not a URL that starts with \
         https:// and names a host",
    ),
    (
        "[whatsapp]\nversion_url = \"https://\"",
        "f.toml:2: whatsapp.version_url: `https://` is not a URL that starts with https:// and \
         names a host",
    ),
    (
        "[whatsapp]\nversion = \"2.3000\"",
        "f.toml:2: whatsapp.version: must be three numbers with dots, like 2.3000.1023456789",
    ),
    (
        "[whatsapp]\npre_keys = 4",
        "f.toml:2: whatsapp.pre_keys: 4 is not between 5 and 65535",
    ),
    (
        "[log]\nlevel = \"loud\"",
        "f.toml:2: log.level: unknown variant `loud`, expected one of `error`, `warn`, `info`, \
         `debug`, `trace`",
    ),
    (
        "board = \"\"",
        "f.toml:1: board: must be `auto`, a board's name or a path",
    ),
    // Values that cannot be together.
    (
        "[buttons]\nconnect = 17\ndisconnect = 17",
        "f.toml:3: buttons.disconnect: line 17 cannot be both connect and disconnect (board \
         ssd1306-i2c)",
    ),
    (
        "board = \"ssd1306-i2c\"\n[buttons]\nconnect = 6",
        "f.toml:3: buttons.connect: line 6 cannot be both connect and disconnect (board \
         ssd1306-i2c)",
    ),
    (
        "board = \"ssd1306-i2c\"\n[buttons]\nconnect = 2\ndisconnect = 17",
        "f.toml:3: buttons.connect: line 2 belongs to the panel's I2C bus (board ssd1306-i2c), a \
         button cannot be there",
    ),
    (
        "board = \"ssd1309\"",
        "f.toml:1: board: no board is called `ssd1309`; there are: auto, ssd1306-i2c, \
         ssd1306-i2c-32, sh1106-i2c, adafruit-oled-bonnet, waveshare-oled-hat-1.3, ssd1309-2.42, \
         sh1107-1.5, waveshare-epd-2.13-v4, waveshare-epd-2.7-v2, waveshare-epd-4.2-v2, headless, bench",
    ),
    (
        "board = \"waveshare-oled-hat-1.3\"\n[buttons]\nprevious = 24",
        "f.toml:3: buttons.previous: line 24 is the panel's `dc` (board waveshare-oled-hat-1.3), a \
         button cannot be there",
    ),
    (
        "board = \"adafruit-oled-bonnet\"\n[buttons]\nselect = 17",
        "f.toml:3: buttons.select: line 17 cannot be both previous and select (board \
         adafruit-oled-bonnet)",
    ),
    (
        "gpio = \"sysfs\"",
        "f.toml:1: gpio: unknown variant `sysfs`, expected one of `auto`, `rppal`, `gpiocdev`",
    ),
    (
        "board = \"bench\"",
        "f.toml:1: board: the board `bench` needs a [bench] section with its socket",
    ),
    // No TOML.
    (
        "label = \"shop\"\nboard =\n",
        "f.toml:2: string values must be quoted, expected literal string",
    ),
    (
        "label = “shop”",
        "f.toml:1: the quotes are typographic ones; write plain \" instead",
    ),
    ("label = \"a\"\nlabel = \"b\"", "f.toml:2: duplicate key"),
    ("[http", "f.toml:1: unclosed table, expected `]`"),
];

#[test]
fn each_mistake_is_one_line_with_file_line_key_and_reason() {
    let mut wrong = Vec::new();
    for (text, expected) in MISTAKES {
        let said = match Config::parse("f.toml", text) {
            Ok(_) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(said.lines().count(), 1, "{said}");
        if said != *expected {
            wrong.push(format!(
                "{text:?}\n  expected: {expected}\n  said:     {said}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    figure!("{} mistakes, one line each", MISTAKES.len());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let said = config::check(Some(&missing)).unwrap_err().to_string();
    assert_eq!(
        said,
        format!(
            "{}: cannot be read: No such file or directory (os error 2)",
            missing.display()
        )
    );

    let binary = folder.path().join("binary.toml");
    std::fs::write(&binary, b"label = \"a\"\nboard = \"\xff\"\n").unwrap();
    let said = config::check(Some(&binary)).unwrap_err().to_string();
    assert_eq!(
        said,
        format!("{}:2: is not UTF-8 text from here on", binary.display())
    );

    let huge = folder.path().join("huge.toml");
    std::fs::write(&huge, vec![b'#'; 300_000]).unwrap();
    let said = config::check(Some(&huge)).unwrap_err().to_string();
    assert_eq!(
        said,
        format!("{}: is larger than 262144 bytes", huge.display())
    );
}

#[test]
fn boards_with_a_byte_order_mark_and_foreign_line_ends_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notepad.toml");
    let text = include_str!("../../../board/headless.toml").replace('\n', "\r\n");
    std::fs::write(&path, format!("\u{feff}{text}")).unwrap();
    assert_eq!(Board::read(&path).unwrap().name, "headless");
}
