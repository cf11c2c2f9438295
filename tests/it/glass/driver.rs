//! The real drivers on the simulated chips: what arrives, what does not, and what is seen meanwhile.

use std::time::Duration;

use embedded_hal::delay::DelayNs;
use pairbox::panel::ssd168x::{self, Epaper};
use pairbox::panel::ssd1306::{ADDRESS, Oled};
use pairbox::panel::{Panel, PanelError, Refresh, open, wire};
use pairbox::view::{self, Format, Frame, Geometry, Glow};
use pairbox_chips::{Cable, Line, PaperModule, Picture, PingPong, RefreshKind, SpiCable};

use super::modules::{ALL, Module, Wires};
use super::{as_picture, frame_of, scenes};

fn start() -> (Cable, Oled<Cable>) {
    let cable = Cable::new(ADDRESS);
    let panel = Oled::new(cable.clone(), ADDRESS, "bench");
    (cable, panel)
}

/// Every dot at its own place: no two parts of it look alike, turned or mirrored.
fn noise(format: Format, seed: u64) -> Frame {
    let Geometry { width, height } = format.geometry;
    let mut frame = Frame::new(format.geometry);
    let mut state = seed;
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        frame.set(x, y, state >> 63 == 1);
    }
    frame
}

/// Pictures that differ a lot and a little.
fn frames(format: Format) -> Vec<Frame> {
    let scene = |name| {
        let scene = scenes::named(name);
        view::draw(&scene.snapshot, format, scene.now)
    };
    let mut dotted = noise(format, 1);
    let Geometry { width, height } = format.geometry;
    for (x, y) in [(0, 0), (width - 1, height - 1), (width / 2, height / 3)] {
        dotted.set(x, y, !dotted.is_lit(x, y));
    }
    let mut frames = vec![noise(format, 1), dotted, scene("qr"), scene("connected")];
    if format.medium == view::Medium::Oled {
        frames.extend((0..view::TEST_CARD_STEPS).map(|step| view::test_card(format, "T", step)));
        frames.extend([scene("connected-beat"), scene("hold"), noise(format, 2)]);
    }
    frames
}

#[test]
fn frames_arrive_pixel_by_pixel_from_any_to_any_on_every_panel() {
    for module in ALL {
        let wires = module.plug();
        let mut panel = module.open(&wires);
        assert_eq!(panel.format(), module.format(), "{module:?}");
        let frames = frames(module.format());
        for (from, before) in frames.iter().enumerate() {
            for (to, frame) in frames.iter().enumerate() {
                for frame in [before, frame] {
                    panel.show(frame, Refresh::Partial).unwrap();
                    let seen = wires.picture();
                    assert_eq!(seen, as_picture(frame), "{module:?} {from} to {to}");
                }
            }
        }
        assert_eq!(wires.violations(), [], "{module:?}");
    }
}

#[test]
fn paper_is_right_whatever_it_does_to_its_two_rams() {
    for ping_pong in [PingPong::Off, PingPong::Copies, PingPong::Swaps] {
        for module in ALL.into_iter().filter(|module| module.is_paper()) {
            let wires = module.plug();
            wires.spi().program(ping_pong);
            let mut panel = module.open(&wires);
            let frames = frames(module.format());
            let pairs = frames
                .iter()
                .flat_map(|a| frames.iter().map(move |b| [a, b]));
            for (step, frame) in pairs.flatten().enumerate() {
                // A refresh of another kind in between, and a panel that was left awake.
                let refresh = match step {
                    9 => Refresh::Full,
                    14 => Refresh::Fast,
                    _ => Refresh::Partial,
                };
                panel.show(frame, refresh).unwrap();
                if step != 20 {
                    panel.rest().unwrap();
                }
                let seen = wires.picture();
                assert_eq!(
                    seen,
                    as_picture(frame),
                    "{module:?} {ping_pong:?} step {step}"
                );
            }
            assert_eq!(wires.violations(), [], "{module:?}");
        }
    }
}

#[test]
fn paper_gets_what_changed_unless_its_memory_may_be_gone() {
    for module in ALL.into_iter().filter(|module| module.is_paper()) {
        let show_dots = |what: &dyn Fn(&Wires), cut: bool| {
            let wires = module.plug();
            let mut panel = module.open(&wires);
            let mut frame = noise(module.format(), 13);
            let mut bytes = Vec::new();
            for step in 0..4 {
                frame.set(step * 17, step * 11, !frame.is_lit(step * 17, step * 11));
                let before = wires.stats();
                panel.show(&frame, Refresh::Partial).unwrap();
                bytes.push(wires.stats().since(before).ram_bytes);
                assert_eq!(wires.picture(), as_picture(&frame), "{module:?} {step}");
                // A line that says nothing in deep sleep, and nothing else.
                wires.spi().cut_busy(cut);
                panel.rest().unwrap();
                wires.spi().cut_busy(false);
                what(&wires);
            }
            assert_eq!(wires.violations(), []);
            bytes
        };
        let Geometry { width, height } = module.format().geometry;
        let whole = match module {
            Module::Paper(PaperModule::Waveshare4in2V2) => 2 * width.div_ceil(8) * height,
            _ => 2 * width * height.div_ceil(8),
        };
        let whole = u64::from(whole);
        let slept = show_dots(&|_| {}, false);
        assert_eq!(
            slept[..2],
            [whole, 2],
            "{module:?}: a dot is a byte for each"
        );
        assert!(slept[2] > 2 && slept[2..].iter().all(|bytes| *bytes < 200));
        let pulled = show_dots(
            &|wires| {
                wires.unplug();
                wires.replug();
            },
            false,
        );
        assert_eq!(pulled, [whole; 4], "{module:?}: put back in its sleep");
        assert_eq!(
            show_dots(&|_| {}, true),
            [whole; 4],
            "{module:?}: not known"
        );
    }
}

#[test]
fn every_screen_arrives_from_every_other() {
    let (cable, mut panel) = start();
    let scenes = scenes::all();
    for from in &scenes {
        panel.show(&frame_of(from), Refresh::Partial).unwrap();
        for to in &scenes {
            let frame = frame_of(to);
            panel.show(&frame, Refresh::Partial).unwrap();
            let seen = cable.picture();
            assert_eq!(seen, as_picture(&frame), "{} to {}", from.name, to.name);
        }
    }
    assert_eq!(cable.violations(), []);
}

#[test]
fn an_equal_frame_costs_no_byte_on_any_panel() {
    for module in ALL {
        let wires = module.plug();
        let mut panel = module.open(&wires);
        let frame = noise(module.format(), 3);
        panel.show(&frame, Refresh::Partial).unwrap();
        panel.set_glow(Glow::Dim).unwrap();
        panel.rest().unwrap();
        let before = wires.stats();
        panel.show(&frame, Refresh::Partial).unwrap();
        panel.set_glow(Glow::Dim).unwrap();
        assert_eq!(wires.stats(), before, "{module:?}");
    }
}

#[test]
fn a_dot_costs_few_bytes() {
    let (cable, mut panel) = start();
    let mut frame = noise(Format::OLED_128X64, 10);
    panel.show(&frame, Refresh::Partial).unwrap();
    let before = cable.stats();
    for (x, y) in (20..25).flat_map(|x| (6..11).map(move |y| (x, y))) {
        frame.set(x, y, !frame.is_lit(x, y));
    }
    panel.show(&frame, Refresh::Partial).unwrap();
    let bytes = cable.stats().bytes - before.bytes;
    // It lies in two pages, five columns wide: one rectangle with two ranges and a control byte.
    assert_eq!(bytes, 4 + 4 + 1 + 2 * 5);
}

#[test]
fn nothing_but_whole_pictures_is_ever_seen_when_a_panel_is_set_up() {
    for module in ALL.into_iter().filter(|module| !module.is_paper()) {
        let wires = module.plug();
        let frame = noise(module.format(), 4);
        let seen_in = |what: &str, dark_too: bool| {
            for seen in wires.kept_pictures() {
                let known = seen == as_picture(&frame) || dark_too && seen.is_dark();
                assert!(known, "{module:?} {what}\n{seen}");
            }
            assert_eq!(wires.picture(), as_picture(&frame), "{module:?} {what}");
            wires.keep_pictures();
        };
        wires.keep_pictures();
        let mut panel = module.open(&wires);
        panel.show(&frame, Refresh::Full).unwrap();
        seen_in("after power-up", true);
        panel.show(&frame, Refresh::Full).unwrap();
        seen_in("set up anew while it is lit", false);
        panel.set_glow(Glow::Off).unwrap();
        panel.show(&frame, Refresh::Full).unwrap();
        panel.set_glow(Glow::CodeLow).unwrap();
        seen_in("after it was dark", true);
        wires.unplug();
        wires.replug();
        panel.show(&frame, Refresh::Full).unwrap();
        seen_in("after a loose contact", true);
        module.open(&wires).show(&frame, Refresh::Full).unwrap();
        seen_in("by a process that was started anew", true);
        assert_eq!(wires.violations(), []);
    }
}

#[test]
fn glow_reaches_the_registers() {
    let glows = [
        Glow::Normal,
        Glow::CodeHigh,
        Glow::CodeMiddle,
        Glow::CodeLow,
        Glow::Dim,
    ];
    for module in ALL.into_iter().filter(|module| !module.is_paper()) {
        let wires = module.plug();
        let chip = || match &wires {
            Wires::I2c(cable) => cable.chip(),
            Wires::Spi(cable) => cable.chip().unwrap(),
        };
        let mut panel = module.open(&wires);
        panel.set_glow(Glow::CodeHigh).unwrap();
        assert!(!chip().is_on(), "nothing is sent before the first frame");
        let frame = noise(module.format(), 5);
        panel.show(&frame, Refresh::Partial).unwrap();
        assert_eq!(chip().contrast(), 0x7f, "{module:?}");
        assert_eq!(chip().clock(), 0xf0, "{module:?}: the fastest oscillator");
        let contrasts = glows.map(|glow| {
            panel.set_glow(glow).unwrap();
            assert!(chip().precharge() & 0x0f == 1 && chip().precharge() >> 4 <= 2);
            chip().contrast()
        });
        assert_eq!(contrasts, [0x5f, 0x7f, 0x2f, 0x0f, 0x00], "{module:?}");
        panel.set_glow(Glow::Off).unwrap();
        assert!(wires.picture().is_dark() && !chip().is_on());
        panel.set_glow(Glow::Normal).unwrap();
        assert!(chip().is_on() && chip().contrast() == 0x5f);
        assert_eq!(wires.violations(), [], "{module:?}");
    }
}

#[test]
fn a_panel_that_does_not_answer_is_named_with_its_bus() {
    let cable = Cable::new(ADDRESS);
    cable.unplug();
    let mut panel = Oled::new(cable.clone(), ADDRESS, "/dev/i2c-1");
    let dark = Frame::new(Geometry::OLED_128X64);
    let error = panel.show(&dark, Refresh::Partial).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the panel at /dev/i2c-1 address 0x3c does not answer: NoAcknowledge(Address): Unplugged"
    );
    // Broken stays broken: it is for whoever opened it to open it anew.
    cable.replug();
    assert!(panel.show(&dark, Refresh::Partial).is_err());
}

#[test]
fn a_bus_that_breaks_off_is_named_on_every_panel() {
    for module in ALL {
        let wires = module.plug();
        let mut panel = module.open(&wires);
        match &wires {
            Wires::I2c(cable) => cable.fail_next(),
            Wires::Spi(cable) => cable.fail_next(),
        }
        let frame = noise(module.format(), 6);
        let error = panel.show(&frame, Refresh::Partial).unwrap_err();
        assert!(matches!(error, PanelError::Bus { .. }), "{module:?}");
        let words = error.to_string();
        assert!(words.starts_with("the panel at bench"), "{words}");
        assert!(
            words.contains("Unplugged") || words.contains("SpiFault"),
            "{words}"
        );
    }
}

#[test]
fn a_bus_that_is_not_there_is_named() {
    let toml = r#"
        driver = "ssd1306"
        width = 128
        height = 64
        pitch_um = 170
        bus = { kind = "i2c", path = "/dev/i2c-250", addresses = [0x3c] }
    "#;
    let spec: pairbox::board::PanelSpec = toml::from_str(toml).unwrap();
    let Err(error) = open::opener(&spec, None)() else {
        panic!("a bus 250 exists");
    };
    assert!(matches!(&error, PanelError::Open { device, .. } if device == "/dev/i2c-250"));
    let words = error.to_string();
    assert!(words.starts_with("cannot open /dev/i2c-250: "), "{words}");
}

#[test]
fn paper_sleeps_between_refreshes_and_knows_how_it_looked() {
    for module in ALL.into_iter().filter(|module| module.is_paper()) {
        let wires = module.plug();
        let cable = wires.spi();
        let mut panel = module.open(&wires);
        let frames = [noise(module.format(), 7), noise(module.format(), 8)];
        let asked = [
            (&frames[0], Refresh::Partial, RefreshKind::Full),
            (&frames[1], Refresh::Partial, RefreshKind::Partial),
            (&frames[0], Refresh::Partial, RefreshKind::Partial),
            (&frames[0], Refresh::Full, RefreshKind::Full),
        ];
        for (number, (frame, asked, kind)) in asked.into_iter().enumerate() {
            panel.show(frame, asked).unwrap();
            assert!(!cable.is_driven() && !cable.line_level(Line::Busy));
            panel.rest().unwrap();
            assert!(cable.is_asleep());
            let refreshes = cable.refreshes();
            assert_eq!(refreshes.len(), number + 1, "{module:?}");
            assert_eq!(refreshes[number].kind, kind, "{module:?}");
            assert_eq!(wires.picture(), as_picture(frame), "{module:?}");
        }
        assert_eq!(wires.violations(), [], "{module:?}");
    }
}

#[test]
fn paper_that_does_not_work_says_what_its_busy_line_does() {
    let module = Module::Paper(PaperModule::Waveshare2in13V4);
    let frame = noise(module.format(), 9);
    let complaint = |wrong: &dyn Fn(&Wires)| {
        let wires = module.plug();
        wrong(&wires);
        let mut panel = module.open(&wires);
        let error = panel.show(&frame, Refresh::Full).unwrap_err();
        assert!(matches!(error, PanelError::Busy { .. }));
        (error.to_string(), wires.now().0.as_secs())
    };
    let (words, seconds) = complaint(&|wires| wires.spi().stick_busy(true));
    assert!(words.contains("BUSY stuck high"), "{words}");
    assert!(seconds <= 10, "{seconds} s");
    for gone in [
        |wires: &Wires| wires.unplug(),
        |wires: &Wires| wires.spi().cut_busy(true),
    ] {
        let (words, seconds) = complaint(&gone);
        assert!(words.contains("BUSY does not rise"), "{words}");
        assert!(seconds < 1, "{seconds} s");
    }
}

/// A delay during which somebody pulls the cable.
struct Pulled {
    cable: SpiCable,
    at: Duration,
}

impl DelayNs for Pulled {
    fn delay_ns(&mut self, ns: u32) {
        self.cable.clock().wait(Duration::from_nanos(u64::from(ns)));
        if self.cable.clock().now() >= self.at {
            self.cable.unplug();
        }
    }
}

#[test]
fn paper_pulled_in_the_middle_of_a_refresh_is_missed() {
    // Resets and transfers before a refresh take 60 ms.
    for after in [80, 300, 1500].map(Duration::from_millis) {
        let cable = SpiCable::paper(PaperModule::Waveshare2in13V4);
        let module = ssd168x::Module::SSD1680_122X250;
        let pulled = |at| {
            let lines = ssd168x::Lines {
                power: Some(cable.power()),
                reset: cable.reset(),
                busy: cable.busy(),
            };
            let delay = Pulled {
                cable: cable.clone(),
                at,
            };
            let wired = wire::spi(cable.spi(), cable.dc(), "bench");
            Epaper::new(wired, lines, delay, module)
        };
        let first = 2070;
        let mut panel = pulled(Duration::from_millis(first) + after);
        let frames = [11, 12].map(|seed| noise(Format::paper(122, 250), seed));
        panel.show(&frames[0], Refresh::Full).unwrap();
        panel.rest().unwrap();
        let second = panel.show(&frames[1], Refresh::Full);
        let error = second.and_then(|()| panel.rest()).unwrap_err();
        assert!(
            matches!(error, PanelError::Busy { .. }),
            "{after:?}: {error}"
        );
    }
}

#[test]
fn the_first_picture_of_paper_leaves_nothing_of_the_last_one() {
    // It still shows what it showed when it was last used.
    let module = Module::Paper(PaperModule::Waveshare4in2V2);
    let wires = module.plug();
    let Geometry { width, height } = module.format().geometry;
    let white = Picture::from_fn(width, height, |_, _| true);
    assert_ne!(wires.picture(), white);
    let mut frame = Frame::new(module.format().geometry);
    frame.fill((0, 0), (width, height), true);
    module.open(&wires).show(&frame, Refresh::Partial).unwrap();
    assert_eq!(wires.picture(), white);
}
