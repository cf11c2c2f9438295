//! What the pictures say of what can be wrong, and of codes that are not to be scanned.

use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::fault::{Fault, Obstacle};
use pairbox::snapshot::{PhoneSilent, Snapshot, Status, StoreHealth};
use pairbox::time::Mono;
use pairbox::view::{self, Format, Geometry, Glow, Kind, Medium};
use pairbox_chips::Picture;

use super::as_picture;
use super::scenes::{self, PANELS};

fn glass(snapshot: &Snapshot, format: Format, now: Mono) -> Picture {
    as_picture(&view::draw(snapshot, format, now))
}

/// Whether these words stand on the picture as one line, whole.
fn line(snapshot: &Snapshot, format: Format, words: &str) -> bool {
    let marks = view::marks(snapshot, format, scenes::BEGIN);
    marks
        .iter()
        .any(|mark| matches!(&mark.kind, Kind::Text(text) if text == words))
}

const OBSTACLES: [Obstacle; 7] = [
    Obstacle::Clock,
    Obstacle::NoNetwork,
    Obstacle::Dns,
    Obstacle::Portal,
    Obstacle::NoAnswer,
    Obstacle::Silence,
    Obstacle::Disk,
];

const FAULTS: [Fault; 8] = [
    Fault::QrExhausted,
    Fault::StreamReplaced,
    Fault::ClientOutdated,
    Fault::AccountLocked,
    Fault::TemporaryBan { until: None },
    Fault::Passkey,
    Fault::Refused,
    Fault::Store,
];

/// Every status there is, with the one line that has to be whole.
fn headlines() -> Vec<(Status, &'static str)> {
    let faults = FAULTS.map(|fault| {
        let retry_at = None;
        (Status::Failed { fault, retry_at }, fault.headline())
    });
    let slow = OBSTACLES.map(|obstacle| {
        let status = Status::Starting {
            pairing_done: false,
            slow: Some(scenes::trouble(obstacle)),
        };
        (status, obstacle.headline())
    });
    let lost = OBSTACLES.map(|obstacle| {
        let status = Status::Reconnecting {
            attempt: 2,
            next_at: Some(scenes::BEGIN + Duration::from_secs(9)),
            trouble: Some(scenes::trouble(obstacle)),
        };
        (status, obstacle.headline())
    });
    let passkey = Status::PasskeyRequired { code: None };
    let others = [passkey, Status::Working, Status::Stopped, Status::LoggedOut];
    let others = others.map(|status| {
        let text = status.text();
        (status, text)
    });
    faults
        .into_iter()
        .chain(slow)
        .chain(lost)
        .chain(others)
        .collect()
}

/// In one line, whatever else the headline has to carry: `12/50`, and the mark of a full disk.
#[test]
fn every_headline_is_whole_on_every_panel() {
    for (panel, format) in PANELS {
        for (status, words) in headlines() {
            for count in [1, 50] {
                for store in [StoreHealth::Well, StoreHealth::Full] {
                    let mut snapshot = scenes::snapshot(status.clone());
                    scenes::among(12.min(count), count)(&mut snapshot);
                    snapshot.store = store;
                    assert!(
                        line(&snapshot, format, words),
                        "{panel}, of {count}: {words:?} is not whole\n{}",
                        glass(&snapshot, format, scenes::BEGIN)
                    );
                }
            }
        }
    }
}

#[test]
fn a_reconnecting_box_tells_the_next_try_beside_what_is_in_the_way() {
    for (panel, format) in PANELS {
        for obstacle in OBSTACLES {
            let snapshot = scenes::snapshot(Status::Reconnecting {
                attempt: 2,
                next_at: Some(scenes::BEGIN + Duration::from_secs(9)),
                trouble: Some(scenes::trouble(obstacle)),
            });
            let picture = glass(&snapshot, format, scenes::BEGIN);
            assert!(picture.says("Reconnecting"), "{panel}\n{picture}");
            if format.medium == Medium::Oled {
                assert!(picture.says("Next try in 9 s"), "{panel}\n{picture}");
            }
        }
    }
}

/// Technical words are for whoever has the room to read them.
#[test]
fn small_panels_show_no_technical_words() {
    for (panel, format) in PANELS {
        let scene = scenes::named("starting-portal");
        let picture = glass(&scene.snapshot, format, scene.now);
        assert!(picture.says("Network login needed"), "{panel}\n{picture}");
        let technical = picture.says("TLS");
        let Geometry { width, height } = format.geometry;
        if height <= 64 {
            assert!(!technical, "{panel}\n{picture}");
        }
        if width >= 400 {
            assert!(technical, "{panel}\n{picture}");
        }
    }
}

#[test]
fn the_code_for_the_page_is_read_from_the_picture() {
    for (panel, format) in PANELS {
        for name in [
            "access",
            "access-over-qr",
            "access-over-overview",
            "access-dark",
        ] {
            let scene = scenes::named(name);
            let picture = glass(&scene.snapshot, format, scene.now);
            assert!(picture.says("407193"), "{panel}: {name}\n{picture}");
            assert!(picture.says("page"), "{panel}: {name}\n{picture}");
            assert!(view::shows_code(&scene.snapshot), "{name}");
            let glow = view::glow(&scene.snapshot, scene.now);
            assert_eq!(glow, Glow::Normal, "{name}: nobody can read it in the dark");
        }
        let scene = scenes::named("access");
        let later = glass(&scene.snapshot, format, scene.now + Duration::from_secs(30));
        match format.medium {
            Medium::Oled => assert!(later.says("12 s"), "{panel}\n{later}"),
            Medium::Paper => {
                assert_eq!(later, glass(&scene.snapshot, format, scene.now), "{panel}");
            }
        }
    }
}

/// What is a credential is no longer on the picture when it is taken back, is covered, or the program
/// ends; and whoever drives the panel is told whether one is.
#[test]
fn no_code_stays_behind() {
    let codes = ["407193", "WZYX-1234", "K7PQ-93XW"];
    let says = |picture: &Picture| codes.into_iter().find(|code| picture.says(code));
    for (panel, format) in PANELS {
        for name in [
            "access",
            "typed-alone",
            "typed",
            "passkey-code",
            "hold-over-access",
        ] {
            let scene = scenes::named(name);
            let shown = says(&glass(&scene.snapshot, format, scene.now));
            let told = view::shows_code(&scene.snapshot);
            assert_eq!(shown.is_some(), told, "{panel}: {name}");

            let mut ending = scene.snapshot.clone();
            ending.shutting_down = true;
            let mut over = scene.snapshot.clone();
            over.access = None;
            over.accounts[0].status = Status::Working;
            for snapshot in [ending, over] {
                let left = says(&glass(&snapshot, format, scene.now));
                assert_eq!(left, None, "{panel}: {name}");
                assert!(!view::shows_code(&snapshot), "{panel}: {name}");
            }
        }
        assert_eq!(says(&as_picture(&view::parting(format))), None, "{panel}");
    }
}

#[test]
fn a_ban_tells_its_end_and_paper_does_not_count_seconds() {
    for (panel, format) in PANELS {
        let pages = |name| {
            let scene = scenes::named(name);
            let at = move |page: u64| scene.now + Duration::from_secs(5 * page);
            (0..6).map(move |page| glass(&scene.snapshot, format, at(page)))
        };
        let says = |name, words: &str| pages(name).any(|page| page.says(words));
        assert!(says("fault-ban-until", "2 Mar,"), "{panel}");
        assert!(says("fault-ban-until", "09:05"), "{panel}");
        assert!(says("fault-ban-for", "26 h"), "{panel}");
        if format.medium == Medium::Paper {
            let scene = scenes::named("fault-ban-for");
            let next = view::next_change(&scene.snapshot, Medium::Paper, scene.now);
            assert_eq!(next, Some(scene.now + Duration::from_secs(3600)));
        }
    }
}

#[test]
fn a_silent_phone_is_said_and_then_said_louder() {
    for (panel, format) in PANELS {
        for (days, urgent) in [(11, false), (12, true), (13, true)] {
            let mut scene = scenes::named("connected-for-days");
            let quiet = glass(&scene.snapshot, format, scene.now);
            assert!(!quiet.says("silent"), "{panel}");
            scene.snapshot.accounts[0].phone_silent = Some(PhoneSilent { days, urgent });
            let picture = glass(&scene.snapshot, format, scene.now);
            let words = format!("Phone silent {days} days");
            assert!(picture.says(&words), "{panel}\n{picture}");
            assert!(picture.says("Connected"), "{panel}\n{picture}");
        }
    }
}

/// On every screen with a headline, and in words where a person looks for them.
#[test]
fn a_disk_that_takes_no_writes_is_marked_everywhere() {
    let icons = |snapshot: &Snapshot, format: Format| {
        let marks = view::marks(snapshot, format, scenes::BEGIN);
        let icons = marks.iter().filter(|mark| mark.kind == Kind::Icon);
        icons.map(|mark| mark.area.left).max().unwrap_or(0)
    };
    for (panel, format) in PANELS {
        for (status, words) in headlines() {
            let mut snapshot = scenes::snapshot(status);
            snapshot.store = StoreHealth::ReadOnly;
            let right = icons(&snapshot, format);
            assert!(right > format.geometry.width / 2, "{panel}: {words}");
        }
        for (name, words) in [
            ("store-full", "Storage full"),
            ("store-read-only-stopped", "Storage read-only"),
        ] {
            let scene = scenes::named(name);
            let picture = glass(&scene.snapshot, format, scene.now);
            if format.geometry.height > 32 {
                assert!(picture.says(words), "{panel}: {name}\n{picture}");
            }
        }
        let mut scene = scenes::named("store-never-opened");
        let picture = glass(&scene.snapshot, format, scene.now);
        assert!(picture.says("Storage problem"), "{panel}\n{picture}");
        scene.snapshot.selected = AccountId(9);
        let _ = view::draw(&scene.snapshot, format, scene.now);
    }
}
