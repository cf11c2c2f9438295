//! Stories of what is known of the owner: their phone, how long it is silent, names and times.

use std::time::Duration;

use pairbox::event::{Effect, LinkEvent};
use pairbox::snapshot::{PanelHealth, PhoneSilent};
use pairbox::time::UnixMillis;

use super::bench::{Bench, ME, WALL_START, connected, millis, paired, qr, secs, stored, why};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What was written down of the phone, each time.
fn kept(bench: &mut Bench) -> Vec<Option<u64>> {
    let effects = bench.effects().into_iter();
    let seen = effects.filter_map(|effect| match effect {
        Effect::SaveRecord { record, .. } => Some(record.phone_seen.map(|seen| seen.0)),
        _ => None,
    });
    seen.collect()
}

fn wall(bench: &Bench) -> u64 {
    bench.time().wall.unwrap().0
}

fn silent(bench: &Bench) -> Option<(u64, bool)> {
    let silent: Option<PhoneSilent> = bench.view().phone_silent;
    silent.map(|it| (it.days, it.urgent))
}

#[test]
fn the_phone_is_written_down_once_a_day() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.link(paired());
    let scanned = wall(&bench);
    assert_eq!(kept(&mut bench), [Some(scanned)]);
    bench.link(connected());
    for _ in 0..23 {
        bench.pass(secs(3600));
        bench.link(LinkEvent::PhoneSeen);
    }
    assert_eq!(kept(&mut bench), []);
    bench.pass(secs(3600));
    bench.link(LinkEvent::PhoneSeen);
    assert_eq!(kept(&mut bench), [Some(scanned + 24 * 3_600_000)]);
}

#[test]
fn a_store_that_knows_nothing_of_the_phone_learns_it_at_the_login() {
    let mut bench = Bench::new(true, true);
    bench.effects();
    bench.link(connected());
    let now = wall(&bench);
    assert_eq!(kept(&mut bench), [Some(now)]);
}

#[test]
fn ten_days_are_worth_a_word_and_twelve_are_urgent() {
    let mut bench = Bench::working();
    bench.pass(DAY * 10 - millis(1));
    assert_eq!(silent(&bench), None);
    bench.pass(millis(1));
    assert_eq!(silent(&bench), Some((10, false)));
    bench.pass(DAY);
    assert_eq!(silent(&bench), Some((11, false)));
    bench.pass(DAY);
    assert_eq!(silent(&bench), Some((12, true)));
    bench.link(LinkEvent::PhoneSeen);
    assert_eq!(silent(&bench), None);
    bench.pass(DAY * 13);
    assert_eq!(silent(&bench), Some((13, true)));
    // Who is not linked has no phone.
    bench.link(LinkEvent::LoggedOut { why: why() });
    assert_eq!(silent(&bench), None);
}

#[test]
fn the_days_count_over_a_restart_and_only_by_a_clock() {
    let mut account = stored(ME, true, true);
    account.record.phone_seen = Some(UnixMillis(WALL_START - 12 * 24 * 3_600_000));
    let mut bench = Bench::boot_with_clock(vec![account.clone()], PanelHealth::Attached, false);
    assert_eq!(silent(&bench), None);
    bench.wall = true;
    bench.pass(secs(1));
    assert_eq!(silent(&bench), Some((12, true)));
    // A login is no sign of the phone; a time ahead of ours is no silence.
    bench.link(connected());
    assert_eq!(silent(&bench), Some((12, true)));
    account.record.phone_seen = Some(UnixMillis(u64::MAX));
    let mut bench = Bench::boot(vec![account], PanelHealth::Attached);
    assert_eq!(silent(&bench), None);
    bench.link(connected());
    bench.effects();
    bench.link(LinkEvent::PhoneSeen);
    let now = wall(&bench);
    assert_eq!(kept(&mut bench), [Some(now)]);
}

#[test]
fn names_and_times_are_told_and_go_with_the_link() {
    let mut bench = Bench::new(true, true);
    bench.pass(millis(1234));
    bench.link(LinkEvent::Connected {
        phone: None,
        lid: Some("77@lid".to_owned()),
        push_name: None,
    });
    let logged_in = wall(&bench);
    bench.pass(millis(5678));
    bench.link(LinkEvent::Message);
    let second = wall(&bench) / 1000 * 1000;
    let view = bench.view();
    assert_eq!(view.lid.as_deref(), Some("77@lid"));
    assert_eq!(view.last_connected_at, Some(UnixMillis(logged_in)));
    assert_eq!(view.last_message_at, Some(UnixMillis(second)));
    let seq = bench.snapshot().seq;
    bench.link(LinkEvent::Message);
    assert_eq!(bench.snapshot().seq, seq, "a chat is not a snapshot each");
    // A login that says less takes nothing away.
    bench.ended();
    bench.pass(secs(2));
    bench.link(connected());
    assert_eq!(bench.view().lid.as_deref(), Some("77@lid"));
    assert_eq!(
        bench.view().last_connected_at,
        Some(UnixMillis(wall(&bench)))
    );
    bench.log_out();
    let view = bench.view();
    assert_eq!((view.lid, view.push_name), (None, None));
    assert_eq!((view.last_connected_at, view.last_message_at), (None, None));
}
