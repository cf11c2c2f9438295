//! `pairbox check`: every line it can say, from findings made up here; the real program is in `here`.

mod here;

use std::time::Duration;

use pairbox::board::{Level, Subsystem, resolve};
use pairbox::check::{
    Access, Asked, ClockFound, Device, Disk, Findings, LineFound, Membership, Network, Shows, User,
    Verdict, judge,
};
use pairbox::event::Button;
use pairbox::time::UnixMillis;

/// A Pi on which everything is well.
fn well(board: &str) -> Findings {
    let board = resolve(board).unwrap();
    let lines = board.buttons.iter().map(|(button, _)| LineFound {
        button,
        shows: Shows::Level(Level::High),
    });
    Findings {
        model: Some("Raspberry Pi 4 Model B Rev 1.4".into()),
        auto: false,
        why: "as configured".into(),
        complaints: vec![],
        device: Device::Opens,
        panel: Asked::Answers(vec![0x3c]),
        lines: Ok(lines.collect()),
        user: User {
            name: "kim".into(),
            root: false,
            groups: Subsystem::ALL
                .into_iter()
                .map(|subsystem| (subsystem, Membership::In))
                .collect(),
        },
        clock: ClockFound {
            wall: Some(UnixMillis(1_780_000_000_000)),
            synchronised: true,
        },
        network: Network {
            host: "web.whatsapp.com".into(),
            port: 443,
            own: Some([192, 168, 1, 7].into()),
            named: Ok(2),
            reached: Some(Ok(Duration::from_millis(23))),
        },
        disk: Disk {
            folder: "/var/lib/pairbox".into(),
            access: Access::Writable,
            free: Some(5000 << 20),
        },
        board,
    }
}

fn said(findings: &Findings) -> Vec<String> {
    judge(findings).iter().map(ToString::to_string).collect()
}

#[test]
fn a_box_that_is_well() {
    assert_eq!(
        said(&well("ssd1306-i2c")),
        [
            "ok   model    Raspberry Pi 4 Model B Rev 1.4",
            "ok   board    ssd1306-i2c (SSD1306 128x64 OLED on I2C): as configured",
            "ok   i2c      /dev/i2c-1 can be opened",
            "ok   panel    SSD1306 answers at 0x3c on /dev/i2c-1",
            "ok   lines    connect 5 high, disconnect 6 high",
            "ok   groups   kim is in gpio, i2c",
            "ok   clock    2026-05-28T20:26:40.000Z, synchronised",
            "ok   network  192.168.1.7 is our address on the way out",
            "ok   dns      web.whatsapp.com has 2 addresses",
            "ok   service  web.whatsapp.com:443 takes connections, in 23 ms",
            "ok   disk     /var/lib/pairbox can be written, 5000 MiB free",
        ]
    );
}

/// What is different, and the lines that are different then.
type Case = (fn(&mut Findings), &'static [&'static str]);

const CASES: &[Case] = &[
    (
        |f| f.model = None,
        &[
            "warn model    no device tree: not a Raspberry Pi; fix: none needed if it is to run without \
           panel and buttons",
        ],
    ),
    (
        |f| f.model = Some("QEMU".into()),
        &[
            "warn model    QEMU: not a Raspberry Pi; fix: none needed if it is to run without panel and \
           buttons",
        ],
    ),
    (
        |f| f.complaints = vec!["/etc/pairbox/board.d/x.toml:1: nonsense".into()],
        &["warn board    /etc/pairbox/board.d/x.toml:1: nonsense; fix: mend or remove the file"],
    ),
    (
        |f| {
            f.device = Device::Missing;
            f.panel = Asked::NotAsked;
        },
        &[
            "FAIL i2c      /dev/i2c-1 does not exist; fix: \
             `dtparam=i2c_arm=on,i2c_arm_baudrate=400000` in config.txt, i2c-dev in \
             /etc/modules-load.d/pairbox.conf, then reboot",
            "warn panel    SSD1306 was not asked; fix: mend the bus first",
        ],
    ),
    (
        |f| {
            f.device = Device::Forbidden;
            f.panel = Asked::NotAsked;
        },
        &[
            "FAIL i2c      /dev/i2c-1 may not be opened by kim; fix: `sudo usermod -aG i2c kim` and \
             log in anew, or use sudo",
            "warn panel    SSD1306 was not asked; fix: mend the bus first",
        ],
    ),
    (
        |f| f.device = Device::Broken("No such device or address (os error 6)".into()),
        &[
            "FAIL i2c      /dev/i2c-1 cannot be opened: No such device or address (os error 6); fix: \
           reboot; if that does not help, look at `dmesg`",
        ],
    ),
    (
        |f| f.panel = Asked::Answers(vec![]),
        &[
            "FAIL panel    nothing answers at 0x3c or 0x3d on /dev/i2c-1; fix: check its power and the \
           wires; `pairbox boards ssd1306-i2c` has the pins",
        ],
    ),
    (
        |f| f.panel = Asked::Broken("Connection timed out (os error 110)".into()),
        &[
            "FAIL panel    /dev/i2c-1 failed: Connection timed out (os error 110); fix: look for a wire \
           that shorts SDA (pin 3) or SCL (pin 5)",
        ],
    ),
    (
        |f| f.lines = Err("no GPIO chip is the header's".into()),
        &["FAIL lines    no buttons: no GPIO chip is the header's"],
    ),
    (
        |f| show(f, Button::Disconnect, Shows::Level(Level::Low)),
        &[
            "ok   lines    connect 5 high",
            "warn lines    disconnect 6 is low at rest: pressed or shorted?; fix: let go of it, or \
             look for a short at pin 31",
        ],
    ),
    (
        |f| show(f, Button::Connect, Shows::Ours),
        &["ok   lines    connect 5 busy: the service has it, disconnect 6 high"],
    ),
    (
        |f| {
            show(
                f,
                Button::Connect,
                Shows::Refused("GPIO 5 is used by `lirc`: stop it".into()),
            );
        },
        &[
            "ok   lines    disconnect 6 high",
            "FAIL lines    connect 5: GPIO 5 is used by `lirc`: stop it",
        ],
    ),
    (
        |f| f.user.groups[0].1 = Membership::NoGroup,
        &[
            "FAIL groups   no such group: gpio; the unit will not start; fix: install \
           systemd/pairbox.sysusers.conf and board/60-pairbox.rules, then reboot",
        ],
    ),
    (
        |f| f.user.groups[1].1 = Membership::Out,
        &[
            "warn groups   kim is not in i2c (the service is); fix: `sudo usermod -aG i2c kim` and log \
           in anew",
        ],
    ),
    (
        // The panel is on I2C: nobody needs the group of SPI.
        |f| f.user.groups[2].1 = Membership::NoGroup,
        &[],
    ),
    (|f| f.user.root = true, &["ok   groups   root needs none"]),
    (
        |f| f.clock.wall = None,
        &[
            "FAIL clock    not set: no secure connection can be made; fix: give it a network, and look \
           at `timedatectl`",
        ],
    ),
    (
        |f| f.clock.synchronised = false,
        &[
            "warn clock    2026-05-28T20:26:40.000Z, not synchronised since boot; fix: give it a \
           network, and look at `timedatectl`",
        ],
    ),
    (
        |f| f.network.own = None,
        &["FAIL network  no route out; fix: plug in the cable, or set up Wi-Fi with `nmtui`"],
    ),
    (
        |f| {
            f.network.named = Err("no answer within 6 s".into());
            f.network.reached = None;
        },
        &[
            "FAIL dns      web.whatsapp.com has no address: no answer within 6 s; fix: look at the \
           router's DNS, and at /etc/resolv.conf",
        ],
    ),
    (
        |f| f.network.reached = Some(Err("connection timed out".into())),
        &[
            "FAIL service  web.whatsapp.com:443: connection timed out; fix: let connections to port 443 \
           through the firewall",
        ],
    ),
    (
        |f| f.disk.access = Access::ReadOnly,
        &[
            "FAIL disk     /var/lib/pairbox is on a read-only file system; fix: put a writable partition \
           there; the rest may stay read-only",
        ],
    ),
    (
        |f| f.disk.access = Access::Forbidden,
        &[
            "FAIL disk     /var/lib/pairbox may not be written; fix: say where with --state-dir or \
           `state_dir`, or run as its owner",
        ],
    ),
    (
        |f| f.disk.access = Access::Service,
        &[
            "ok   disk     /var/lib/pairbox belongs to the service (sudo looks inside), 5000 MiB free",
        ],
    ),
    (
        |f| f.disk.access = Access::CanBeMade,
        &["ok   disk     /var/lib/pairbox can be made, 5000 MiB free"],
    ),
    (
        |f| f.disk.free = Some(30 << 20),
        &["warn disk     /var/lib/pairbox can be written, 30 MiB free; fix: make room"],
    ),
    (
        |f| f.disk.free = Some(1 << 20),
        &["FAIL disk     /var/lib/pairbox can be written, 1 MiB free; fix: make room"],
    ),
    (
        |f| f.disk.free = None,
        &["ok   disk     /var/lib/pairbox can be written, free space unknown"],
    ),
];

fn show(findings: &mut Findings, button: Button, shows: Shows) {
    let lines = findings.lines.as_mut().unwrap();
    lines
        .iter_mut()
        .find(|line| line.button == button)
        .unwrap()
        .shows = shows;
}

#[test]
fn everything_that_can_be_wrong_is_one_line_with_what_to_do() {
    let usual = said(&well("ssd1306-i2c"));
    for (change, expected) in CASES {
        let mut findings = well("ssd1306-i2c");
        change(&mut findings);
        let lines = said(&findings);
        let different: Vec<&str> = lines
            .iter()
            .filter(|line| !usual.contains(line))
            .map(String::as_str)
            .collect();
        assert_eq!(different, *expected);
        for line in judge(&findings) {
            let text = line.to_string();
            assert_eq!(text.lines().count(), 1, "{text}");
            let told = line.fix.is_some() || line.subject == "lines";
            assert!(line.verdict == Verdict::Ok || told, "no fix: {text}");
        }
    }
    figure!("{} findings of `check`, one line each", CASES.len());
}

#[test]
fn panels_on_spi_are_not_asked_and_headless_has_none() {
    let mut paper = well("waveshare-epd-2.13-v4");
    paper.panel = Asked::NotAsked;
    let lines = said(&paper);
    assert!(lines.contains(&"ok   spi      /dev/spidev0.0 can be opened".to_owned()));
    let panel = "warn panel    SSD1680 cannot be asked: SPI has no answers; fix: run `pairbox \
                 panel-test` and look at it";
    assert!(lines.contains(&panel.to_owned()), "{lines:?}");
    paper.device = Device::Missing;
    let fix = "FAIL spi      /dev/spidev0.0 does not exist; fix: `dtparam=spi=on` in config.txt, then \
               reboot";
    assert!(said(&paper).contains(&fix.to_owned()), "{:?}", said(&paper));

    let mut headless = well("headless");
    headless.device = Device::NotNeeded;
    assert!(said(&headless).contains(&"ok   panel    none: the box is watched on its page".into()));
    headless.auto = true;
    headless.why = "/dev/i2c-1 does not exist".into();
    let board = "warn board    headless (no panel): /dev/i2c-1 does not exist; fix: a panel on SPI has \
                 to be named, `board = \"NAME\"`; `pairbox boards` lists them";
    assert!(
        said(&headless).contains(&board.to_owned()),
        "{:?}",
        said(&headless)
    );
    // On a laptop nothing of this is an error.
    headless.model = None;
    headless.lines = Err("no GPIO chip is the header's".into());
    headless.user.groups[0].1 = Membership::NoGroup;
    assert!(
        judge(&headless)
            .iter()
            .all(|line| line.verdict != Verdict::Fail)
    );
}
