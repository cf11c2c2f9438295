//! Stories of the identity: removed by the phone, given up by a person, and wipes that fail.

use pairbox::account::AccountId;
use pairbox::event::{LinkEvent, StoreEvent};
use pairbox::fault::Fault;
use pairbox::snapshot::PanelHealth;

use super::bench::{Bench, connected, paired, qr, secs, stored, why};

fn removed_by_phone(bench: &mut Bench) {
    bench.link(LinkEvent::LoggedOut { why: why() });
    bench.ended();
}

fn store_failed() -> StoreEvent {
    StoreEvent::WipeFailed { why: why() }
}

#[test]
fn removed_by_the_phone_waits_for_a_person_and_then_pairs_afresh() {
    let mut bench = Bench::working();
    removed_by_phone(&mut bench);
    assert_eq!(bench.word(), "logged_out");
    let view = bench.view();
    assert!(!view.linked && view.enabled && view.phone.is_none() && view.push_name.is_none());
    assert_eq!(bench.error(), Some("logged_out"));
    bench.pass(secs(100_000));
    assert_eq!(bench.asked(), ["stop", "save"]);
    bench.connect();
    assert_eq!(bench.word(), "starting");
    assert_eq!(bench.asked(), ["wipe"]);
    bench.store(StoreEvent::AuthWiped);
    assert_eq!(bench.asked(), ["start"]);
    bench.link(qr("fresh", 60));
    bench.link(paired());
    bench.link(connected());
    assert_eq!(bench.word(), "working");
    assert!(bench.view().linked);
}

#[test]
fn the_wipe_waits_for_the_link() {
    let mut bench = Bench::working();
    bench.link(LinkEvent::LoggedOut { why: why() });
    bench.connect();
    assert_eq!(bench.asked(), ["stop", "save"]);
    bench.ended();
    assert_eq!(bench.asked(), ["wipe"]);
    bench.disconnect();
    bench.connect();
    assert_eq!(bench.word(), "starting");
    assert_eq!(bench.asked(), ["save", "save"]);
    bench.store(StoreEvent::AuthWiped);
    assert_eq!(bench.asked(), ["start"]);
}

#[test]
fn the_second_removal_in_a_row_is_wiped_without_asking() {
    let mut account = stored(AccountId::FIRST, true, true);
    account.record.last_reason = Some("logged_out".to_owned());
    let mut bench = Bench::boot(vec![account], PanelHealth::Attached);
    bench.asked();
    bench.link(LinkEvent::LoggedOut { why: why() });
    assert_eq!(bench.word(), "logged_out");
    assert_eq!(bench.asked(), ["stop"]);
    bench.ended();
    assert_eq!(bench.asked(), ["wipe"]);
    bench.store(StoreEvent::AuthWiped);
    assert_eq!(bench.word(), "logged_out");
    bench.connect();
    assert_eq!(bench.asked(), ["start"]);
}

#[test]
fn a_login_in_between_makes_it_a_first_removal_again() {
    let mut account = stored(AccountId::FIRST, true, true);
    account.record.last_reason = Some("logged_out".to_owned());
    let mut bench = Bench::boot(vec![account], PanelHealth::Attached);
    bench.link(connected());
    bench.asked();
    removed_by_phone(&mut bench);
    assert_eq!(bench.asked(), ["stop", "save"]);
}

#[test]
fn logout_tells_whatsapp_then_wipes() {
    let mut bench = Bench::working();
    bench.log_out();
    assert_eq!(bench.word(), "logged_out");
    assert_eq!(bench.asked(), ["unlink", "save"]);
    // Our own logout comes back as a word of the link: it is no news.
    bench.link(LinkEvent::LoggedOut { why: why() });
    assert_eq!(bench.word(), "logged_out");
    bench.ended();
    assert_eq!(bench.asked(), ["wipe"]);
    bench.store(StoreEvent::AuthWiped);
    let view = bench.view();
    assert!(!view.linked && !view.enabled);
    assert_eq!(bench.word(), "logged_out");
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn logout_without_a_link_wipes_only() {
    for linked in [true, false] {
        let mut bench = Bench::new(false, linked);
        let word = if linked { "logged_out" } else { "stopped" };
        for _ in 0..2 {
            bench.log_out();
            assert_eq!(bench.word(), word);
        }
        assert_eq!(bench.asked(), ["wipe"]);
        bench.store(StoreEvent::AuthWiped);
        assert_eq!(bench.asked(), [""; 0]);
        assert!(!bench.view().linked);
    }
}

#[test]
fn logout_while_pairing_stops_and_wipes_even_if_the_scan_crosses_it() {
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.log_out();
    assert_eq!(bench.shown_code(), None);
    bench.link(paired());
    bench.ended();
    assert_eq!(bench.asked(), ["stop", "save", "wipe"]);
    bench.store(StoreEvent::AuthWiped);
    assert!(!bench.view().linked);
}

#[test]
fn logout_and_connect_in_one_breath_pairs_afresh() {
    let mut bench = Bench::working();
    bench.log_out();
    bench.connect();
    bench.ended();
    assert_eq!(bench.asked(), ["unlink", "save", "save", "wipe"]);
    bench.store(StoreEvent::AuthWiped);
    assert_eq!(bench.asked(), ["start"]);
    bench.link(qr("fresh", 60));
    assert_eq!(bench.shown_code().as_deref(), Some("fresh"));
}

#[test]
fn a_failed_wipe_never_leads_to_a_new_identity() {
    let mut bench = Bench::working();
    removed_by_phone(&mut bench);
    bench.connect();
    bench.asked();
    bench.store(store_failed());
    assert_eq!(bench.fault(), Some(Fault::Store));
    bench.pass(secs(100_000));
    // Nothing starts by itself, and a person's next try begins with the wipe.
    assert_eq!(bench.asked(), ["save"]);
    bench.connect();
    assert_eq!(bench.asked(), ["wipe"]);
    bench.store(store_failed());
    assert_eq!(bench.fault(), Some(Fault::Store));
    bench.disconnect();
    bench.connect();
    assert_eq!(bench.asked(), ["save", "wipe", "save"]);
    bench.store(StoreEvent::AuthWiped);
    assert_eq!(bench.asked(), ["start"]);
}

#[test]
fn a_failed_wipe_after_a_logout_can_be_asked_for_again() {
    let mut bench = Bench::new(false, true);
    bench.log_out();
    bench.store(store_failed());
    assert_eq!(bench.fault(), Some(Fault::Store));
    assert_eq!(bench.asked(), ["wipe", "save"]);
    bench.log_out();
    assert_eq!(bench.word(), "logged_out");
    assert_eq!(bench.asked(), ["wipe"]);
    bench.store(StoreEvent::AuthWiped);
    assert!(!bench.view().linked);
}

#[test]
fn an_answer_nobody_waits_for_changes_nothing() {
    let mut bench = Bench::working();
    let before = bench.snapshot();
    bench.store(StoreEvent::AuthWiped);
    assert_eq!(bench.snapshot(), before);
}
