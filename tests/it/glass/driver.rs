//! The real driver on the simulated chip: what arrives, what does not, and what is seen meanwhile.

use pairbox::panel::ssd1306::{ADDRESS, Oled};
use pairbox::panel::{Panel, PanelError, Refresh};
use pairbox::view::{Frame, Geometry, Glow};
use pairbox_chips::Cable;

use super::{as_picture, frame_of, scenes};

fn start() -> (Cable, Oled<Cable>) {
    let cable = Cable::new(ADDRESS);
    let panel = Oled::new(cable.clone(), ADDRESS, "bench");
    (cable, panel)
}

#[test]
fn frames_arrive_pixel_by_pixel_from_any_to_any() {
    let (cable, mut panel) = start();
    let scenes = scenes::all();
    for from in &scenes {
        panel.show(&frame_of(from), Refresh::Partial).unwrap();
        for to in &scenes {
            let frame = frame_of(to);
            panel.show(&frame, Refresh::Partial).unwrap();
            assert_eq!(
                cable.picture(),
                as_picture(&frame),
                "{} to {}",
                from.name,
                to.name
            );
        }
    }
    assert_eq!(cable.violations(), []);
}

#[test]
fn an_equal_frame_costs_no_byte_and_a_dot_costs_few() {
    let (cable, mut panel) = start();
    let [with_dot, without] = ["connected", "connected-beat"].map(scenes::named);
    panel.show(&frame_of(&with_dot), Refresh::Partial).unwrap();
    panel.set_glow(Glow::Normal).unwrap();
    let before = cable.stats();
    panel.show(&frame_of(&with_dot), Refresh::Partial).unwrap();
    panel.set_glow(Glow::Normal).unwrap();
    assert_eq!(cable.stats(), before);
    panel.show(&frame_of(&without), Refresh::Partial).unwrap();
    let bytes = cable.stats().bytes - before.bytes;
    figure!(
        "a beat of the dot takes {bytes} bytes; a first picture {}",
        before.bytes
    );
    // It lies in two pages, five and three columns wide; each has two ranges and a control byte.
    assert_eq!(bytes, (4 + 4 + 1 + 5) + (4 + 4 + 1 + 3));
}

#[test]
fn nothing_but_the_first_frame_is_ever_seen() {
    let cable = Cable::new(ADDRESS);
    let scene = scenes::named("qr");
    let picture = as_picture(&frame_of(&scene));
    // After power-up, and again over a running chip: the panel is set up anew once a minute.
    for round in 0..2 {
        cable.keep_pictures();
        Oled::new(cable.clone(), ADDRESS, "bench")
            .show(&frame_of(&scene), Refresh::Partial)
            .unwrap();
        for seen in cable.kept_pictures() {
            assert!(
                seen.is_dark() || seen == picture,
                "round {round} showed\n{seen}"
            );
        }
        assert_eq!(cable.picture(), picture);
    }
}

#[test]
fn glow_reaches_the_registers() {
    let (cable, mut panel) = start();
    panel
        .show(&frame_of(&scenes::named("qr")), Refresh::Partial)
        .unwrap();
    assert_eq!(
        cable.chip().clock(),
        0xf0,
        "the oscillator runs at its fastest"
    );
    let mut contrasts = Vec::new();
    for glow in [
        Glow::Normal,
        Glow::CodeHigh,
        Glow::CodeMiddle,
        Glow::CodeLow,
        Glow::Dim,
    ] {
        panel.set_glow(glow).unwrap();
        contrasts.push(cable.chip().contrast());
    }
    assert_eq!(contrasts, [0x5f, 0x7f, 0x2f, 0x0f, 0x00]);
    panel.set_glow(Glow::Off).unwrap();
    assert!(cable.picture().is_dark() && !cable.chip().is_on());
    panel.set_glow(Glow::Normal).unwrap();
    assert!(cable.chip().is_on() && cable.chip().contrast() == 0x5f);
    assert_eq!(cable.violations(), []);
}

#[test]
fn a_panel_that_does_not_answer_is_named_with_its_bus() {
    let cable = Cable::new(ADDRESS);
    cable.unplug();
    let mut panel = Oled::new(cable.clone(), ADDRESS, "/dev/i2c-1");
    let error = panel
        .show(&Frame::new(Geometry::OLED_128X64), Refresh::Partial)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the panel at /dev/i2c-1 address 0x3c does not answer: NoAcknowledge(Address): Unplugged"
    );
    // Broken stays broken: it is for whoever opened it to open it anew.
    cable.replug();
    assert!(
        panel
            .show(&Frame::new(Geometry::OLED_128X64), Refresh::Partial)
            .is_err()
    );
}

#[test]
fn a_bus_that_is_not_there_is_named() {
    let missing = std::path::Path::new("/dev/i2c-250");
    let Err(error) = pairbox::panel::open::open_ssd1306(missing, ADDRESS) else {
        panic!("a bus 250 exists");
    };
    assert!(matches!(&error, PanelError::Open { device, .. } if device == "/dev/i2c-250"));
    assert!(
        error.to_string().starts_with("cannot open /dev/i2c-250: "),
        "{error}"
    );
}

#[test]
fn probing_is_short_and_notices_the_loss() {
    let (cable, mut panel) = start();
    panel
        .show(&frame_of(&scenes::named("stopped")), Refresh::Partial)
        .unwrap();
    let before = cable.stats();
    panel.probe().unwrap();
    assert_eq!(cable.stats().bytes - before.bytes, 2);
    cable.unplug();
    assert!(panel.probe().is_err());
}
