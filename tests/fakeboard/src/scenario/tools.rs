//! What a person runs beside the service: `check`, `panel-test` and `button-test`.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use pairbox_chips::{Cable, OledModule, Picture};
use pairbox_fakeboard::finger::pass;
use pairbox_fakeboard::module::I2cOled;
use pairbox_fakeboard::{Board, Plan, spawn};

use super::scene::{Kit, PATIENCE, Panel};
use super::{ensure, figure};

/// How long a button test lasts here, in seconds: for a start on a busy machine, and two presses.
const BUTTON_TEST: &str = "8";

/// A Pi 3 as Raspberry Pi OS has it, with the groups of the devices.
fn raspberry() -> Plan {
    let mut plan = Plan::default();
    for (path, text) in [
        (
            "/sys/firmware/devicetree/base/model",
            "Raspberry Pi 3 Model B Rev 1.2\0",
        ),
        ("/etc/group", "root:x:0:\ngpio:x:1:\ni2c:x:2:\nspi:x:3:\n"),
    ] {
        plan.files.insert(path.into(), text.into());
    }
    plan
}

/// Starts the program with these words.
fn start(binary: &Path, board: &Board, words: &[&str]) -> Result<Child> {
    let mut command = Command::new(binary);
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    spawn(board, &mut command, None).with_context(|| format!("starting {}", binary.display()))
}

/// Waits for its end: whether it went well, and what it said on both of its outputs.
fn end(child: Child, board: &Board) -> Result<(bool, String)> {
    let output = child.wait_with_output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure(!said.contains("panicked"), || said.clone())?;
    let complaints = board.complaints();
    ensure(complaints.is_empty(), || complaints.join("; "))?;
    for line in 0..28 {
        let holder = board.holder(line).filter(|holder| holder == "pairbox");
        // Of what is held on purpose `check` is told below.
        ensure(
            holder.is_none() || said.contains("the service has it"),
            || format!("line {line} is still held; it said:\n{said}"),
        )?;
    }
    Ok((output.status.success(), said))
}

/// One answer of `check`: how the box is changed before, the board that is named, and what has to be
/// in the answer.
struct Case {
    name: &'static str,
    change: fn(&Board, &Panel),
    product: Option<&'static str>,
    board: &'static str,
    wanted: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "all well",
        change: |_, _| {},
        product: None,
        board: "auto",
        wanted: &[
            "ok   model    Raspberry Pi 3 Model B Rev 1.2\n",
            "ok   board    ssd1306-i2c (",
            "ok   i2c      /dev/i2c-1 can be opened\n",
            "ok   panel    SSD1306 answers at 0x3c on /dev/i2c-1\n",
            "ok   lines    connect 5 high, disconnect 6 high\n",
        ],
    },
    Case {
        name: "a button is shorted",
        change: |board, _| board.set_line(5, Some(false)),
        product: None,
        board: "auto",
        wanted: &[
            "ok   lines    disconnect 6 high\n",
            "warn lines    connect 5 is low at rest: pressed or shorted?; fix: ",
        ],
    },
    Case {
        name: "others hold the lines",
        change: |board, _| {
            board.occupy(5, Some("pairbox"));
            board.occupy(6, Some("lirc"));
        },
        product: None,
        board: "auto",
        wanted: &[
            "ok   lines    connect 5 busy: the service has it\n",
            "FAIL lines    disconnect 6: GPIO 6 of /dev/gpiochip0 `pinctrl-bcm2835` is used by `lirc`: ",
        ],
    },
    Case {
        name: "the panel is unplugged",
        change: |_, panel| panel.unplug(),
        product: None,
        board: "ssd1306-i2c",
        wanted: &["FAIL panel    nothing answers at 0x3c or 0x3d on /dev/i2c-1; fix: "],
    },
    Case {
        name: "the bus is off",
        change: |board, _| board.vanish(Path::new("/dev/i2c-1")),
        product: None,
        board: "ssd1306-i2c",
        wanted: &[
            "FAIL i2c      /dev/i2c-1 does not exist; fix: `dtparam=i2c_arm=on",
            "warn panel    SSD1306 was not asked; fix: mend the bus first\n",
        ],
    },
    Case {
        name: "an add-on board nobody knows",
        change: |_, _| {},
        product: Some("Sense HAT\0"),
        board: "auto",
        wanted: &["Sense HAT"],
    },
];

/// What `check` says of a box that is well, and of others; it writes nothing to the panel.
pub fn check(binary: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("pairbox.toml");
    // Takes connections, which is all that is looked at.
    let service = TcpListener::bind("127.0.0.1:0")?;
    let text = format!(
        "state_dir = '{}'\n\n[whatsapp]\nendpoint = \"ws://{}/ws\"\n",
        folder.path().join("state").display(),
        service.local_addr()?,
    );
    fs::write(&config, text)?;
    let config = config.to_string_lossy().into_owned();
    for case in CASES {
        let mut plan = raspberry();
        if let Some(product) = case.product {
            let path = "/sys/firmware/devicetree/base/hat/product";
            plan.files.insert(path.into(), product.into());
        }
        let (panel, board) = Panel::on(Kit::I2cOled, plan)?;
        (case.change)(&board, &panel);
        let words = ["check", "--config", &config, "--board", case.board];
        let (well, said) = end(start(binary, &board, &words)?, &board)?;
        for wanted in case.wanted {
            ensure(said.contains(wanted), || {
                format!("{}: no `{wanted}` in:\n{said}", case.name)
            })?;
        }
        let failed = said.lines().any(|line| line.starts_with("FAIL "));
        ensure(well != failed, || {
            format!("{}: its exit code is wrong for:\n{said}", case.name)
        })?;
        let stats = panel.stats();
        ensure(stats.bytes == 0, || {
            format!("{}: {} bytes went to the panel", case.name, stats.bytes)
        })?;
    }
    figure("check", &format!("{} boxes judged", CASES.len()));
    Ok(())
}

/// Every card, and what stays.
pub fn panel_test(binary: &Path, kit: Kit) -> Result<()> {
    let (panel, board) = Panel::on(kit, raspberry())?;
    watch_cards(binary, &board, kit)?;
    let violations = panel.violations();
    ensure(violations.is_empty(), || format!("{violations:?}"))
}

/// Nobody is there: one line that names the usual address, and no success.
pub fn panel_test_without_a_panel(binary: &Path) -> Result<()> {
    let (panel, board) = Panel::on(Kit::I2cOled, raspberry())?;
    panel.unplug();
    let words = ["panel-test", "--board", "ssd1306-i2c", "--seconds", "1"];
    let (well, said) = end(start(binary, &board, &words)?, &board)?;
    let last = said.lines().last().unwrap_or_default();
    figure("panel-test-none", last);
    let named = "pairbox: the panel at /dev/i2c-1 address 0x3c does not answer: ";
    ensure(
        !well && last.starts_with(named) && last.ends_with("check its power, wires and address"),
        || said.clone(),
    )
}

/// A module whose solder bridge was moved.
pub fn panel_test_at_the_other_address(binary: &Path) -> Result<()> {
    let address = 0x3d;
    let cable = Cable::with(OledModule::Ssd1306, address);
    let board = Board::new(raspberry(), I2cOled { cable, address })?;
    watch_cards(binary, &board, Kit::I2cOled)
}

fn watch_cards(binary: &Path, board: &Board, kit: Kit) -> Result<()> {
    let words = ["panel-test", "--board", kit.board(), "--seconds", "1"];
    let child = start(binary, board, &words)?;
    let lit = |picture: &Picture| {
        picture.lit_count() == picture.width() as usize * picture.height() as usize
    };
    let shown = board.wait_picture(PATIENCE, "a card that is all lit", lit);
    let (well, said) = end(child, board)?;
    shown.with_context(|| format!("it said:\n{said}"))?;
    ensure(well && said.contains("Done: "), || said.clone())?;
    let left = board.picture();
    let as_it_should = match kit {
        Kit::Paper => left.says("pairbox is off"),
        _ => left.is_dark(),
    };
    ensure(as_it_should, || format!("it left behind:\n{left}"))
}

/// Two presses, and what is said of them.
pub fn button_test(binary: &Path, kit: Kit) -> Result<()> {
    let (panel, board) = Panel::on(kit, raspberry())?;
    let words = [
        "button-test",
        "--board",
        kit.board(),
        "--seconds",
        BUTTON_TEST,
    ];
    let child = start(binary, &board, &words)?;
    for line in [kit.connect(), kit.disconnect()] {
        ensure(board.wait_held(line, true, PATIENCE), || {
            format!("nobody watches line {line}")
        })?;
    }
    // Between taking a line and looking at it for the first time.
    pass(Duration::from_millis(300));
    board.tap(kit.connect());
    board.tap(kit.disconnect());
    let (well, said) = end(child, &board)?;
    ensure(well, || said.clone())?;
    for button in ["connect", "disconnect"] {
        let told = |what: &str| {
            said.lines()
                .any(|line| line.starts_with(button) && line.contains(what))
        };
        ensure(
            told("pressed, bounced") && told("released after") && told("1 presses"),
            || format!("{button} was not told in:\n{said}"),
        )?;
    }
    let bytes = panel.stats().bytes;
    ensure(bytes == 0, || format!("{bytes} bytes went to the panel"))
}
