//! Stories of accounts that come, change and go.

use pairbox::account::AccountId;
use pairbox::event::{Answer, Denial, Effect, Event, Intent, LinkEvent, StoreEvent};
use pairbox::fault::Fault;
use pairbox::limits::ACCOUNTS_MAX;
use pairbox::snapshot::{Light, PanelHealth, Status};

use super::bench::{Bench, ME, connected, paired, qr, secs, stored, why};

const B: AccountId = AccountId(2);
const C: AccountId = AccountId(3);

fn add(label: &str, start: bool) -> Intent {
    Intent::AddAccount {
        label: Some(label.parse().unwrap()),
        start,
        phone: None,
    }
}

fn rename(account: AccountId, label: &str) -> Intent {
    Intent::Change {
        account,
        label: Some(label.parse().unwrap()),
        country_prefix: None,
    }
}

fn unknown() -> Answer {
    Answer::Denied(Denial::UnknownAccount)
}

fn ids(bench: &Bench) -> Vec<u32> {
    let snapshot = bench.snapshot();
    snapshot.accounts.iter().map(|view| view.id.0).collect()
}

fn store(bench: &mut Bench, account: AccountId, event: StoreEvent) {
    bench.send(Event::Store { account, event });
}

#[test]
fn one_is_added_by_name_and_started_only_when_asked() {
    let mut bench = Bench::new(false, false);
    assert_eq!(bench.answer(add("Till", false)), Answer::Added(B));
    // Kept though nothing was started: it is there after the next boot.
    assert_eq!(bench.asked(), ["save"]);
    assert_eq!((bench.word(), bench.view().enabled), ("stopped", false));
    assert_eq!(bench.answer(add("Door", true)), Answer::Added(C));
    assert_eq!(bench.asked(), ["save", "start"]);
    assert_eq!(bench.snapshot().selected, C);
    for taken in ["till", " TILL ", "Box 1"] {
        let denied = Answer::Denied(Denial::LabelTaken);
        assert_eq!(bench.answer(add(taken, true)), denied, "{taken}");
    }
    assert_eq!(ids(&bench), [1, 2, 3]);
    assert_eq!(bench.asked(), [""; 0]);
}

#[test]
fn a_name_that_is_made_up_is_nobodys() {
    let mut bench = Bench::new(false, false);
    bench.answer(add("box 1 3", false));
    assert_eq!(bench.answer(Intent::ONE_MORE), Answer::Added(C));
    assert_eq!(bench.view().label, "box 1 4");
}

#[test]
fn a_full_box_takes_no_more_and_says_so() {
    let mut bench = Bench::with_accounts(u32::try_from(ACCOUNTS_MAX).unwrap());
    let denied = Answer::Denied(Denial::TooManyAccounts);
    assert_eq!(bench.answer(add("one more", true)), denied);
    assert_eq!(bench.error(), None, "who asked has the answer");
    assert!(!bench.snapshot().attended);
}

#[test]
fn numbers_are_never_given_out_again() {
    let mut bench = Bench::new(false, false);
    bench.machine = bench.machine.clone().numbering_from(AccountId(7));
    bench.ledger.given_out(AccountId(6));
    assert_eq!(bench.answer(Intent::ONE_MORE), Answer::Added(AccountId(7)));
    bench.answer(Intent::ONE_MORE);
    delete(&mut bench, AccountId(8));
    assert_eq!(bench.answer(Intent::ONE_MORE), Answer::Added(AccountId(9)));
    // A store that knows less than its accounts say does not count backwards.
    let accounts = vec![stored(AccountId(4), false, false)];
    let mut bench = Bench::boot(accounts, PanelHealth::Attached);
    bench.machine = bench.machine.clone().numbering_from(AccountId(2));
    assert_eq!(bench.answer(Intent::ONE_MORE), Answer::Added(AccountId(5)));
}

#[test]
fn after_the_last_number_nothing_is_added_and_the_last_account_stays() {
    let last = AccountId(u32::MAX);
    let mut bench = Bench::boot(vec![stored(last, false, false)], PanelHealth::Attached);
    bench.machine = bench.machine.clone().numbering_from(AccountId(9));
    let full = Answer::Denied(Denial::TooManyAccounts);
    assert_eq!(bench.answer(Intent::ONE_MORE), full);
    assert_eq!(bench.answer(Intent::Delete(last)), full);
}

#[test]
fn what_a_person_decides_is_changed_and_kept() {
    let mut bench = Bench::with_accounts(2);
    assert_eq!(bench.answer(rename(ME, "Till")), Answer::Done);
    assert_eq!(bench.view().label, "Till");
    assert_eq!(bench.asked(), ["save"]);
    // Its own name in other letters is no clash; another's is.
    assert_eq!(bench.answer(rename(ME, "TILL")), Answer::Done);
    let taken = Answer::Denied(Denial::LabelTaken);
    assert_eq!(bench.answer(rename(B, "till")), taken);
    assert_eq!(bench.answer(rename(C, "till")), unknown());
    bench.asked();
    let prefix = |prefix: Option<&str>| Intent::Change {
        account: ME,
        label: None,
        country_prefix: Some(prefix.map(|prefix| prefix.parse().unwrap())),
    };
    bench.answer(prefix(Some("62")));
    assert_eq!(bench.view().country_prefix.unwrap().digits(), "62");
    assert_eq!(bench.view().label, "TILL");
    bench.answer(prefix(None));
    assert_eq!(bench.view().country_prefix, None);
    assert_eq!(bench.asked(), ["save", "save"]);
    assert_eq!(bench.answer(prefix(None)), Answer::Done);
    assert_eq!(bench.asked(), [""; 0], "the same again wears the card");
}

#[test]
fn select_shows_it_and_wakes_the_panel() {
    let mut bench = Bench::with_accounts(3);
    bench.pass(secs(1000));
    let before = bench.snapshot();
    assert_eq!((before.light, before.overview), (Light::Off, true));
    assert_eq!(bench.answer(Intent::Select(C)), Answer::Done);
    let after = bench.snapshot();
    assert_eq!(after.light, Light::Bright);
    assert_eq!((after.selected, after.overview), (C, false));
    assert_eq!(bench.answer(Intent::Select(AccountId(9))), unknown());
    assert_eq!(bench.snapshot().selected, C);
}

#[test]
fn restart_is_off_and_on_without_a_past() {
    let mut bench = Bench::working();
    assert_eq!(bench.answer(Intent::Restart(ME)), Answer::Done);
    assert_eq!(bench.word(), "starting");
    bench.ended();
    assert_eq!(bench.asked(), ["stop", "start"]);
    bench.link(connected());
    for _ in 0..9 {
        bench.ended();
        bench.pass(secs(60));
    }
    bench.answer(Intent::Restart(ME));
    bench.ended();
    assert!(matches!(bench.status(), Status::Starting { .. }));
    // Also from off, from a fault, and from a removal, which it confirms.
    let mut bench = Bench::new(false, true);
    bench.answer(Intent::Restart(ME));
    assert_eq!(bench.asked(), ["save", "start"]);
    bench.link(LinkEvent::LoggedOut { why: why() });
    bench.ended();
    bench.asked();
    bench.answer(Intent::Restart(ME));
    assert_eq!(bench.asked(), ["wipe"]);
    let mut bench = Bench::pairing();
    bench.link(qr("one", 60));
    bench.answer(Intent::Restart(ME));
    assert_eq!(bench.shown_code(), None);
    assert_eq!(bench.answer(Intent::Restart(C)), unknown());
}

/// Deletes an account in a world that obeys.
fn delete(bench: &mut Bench, account: AccountId) {
    let ticket = bench.ask(Intent::Delete(account));
    if bench.ledger.is_told_to_end(account) {
        bench.says(account, LinkEvent::Ended);
    }
    store(bench, account, StoreEvent::AuthWiped);
    assert_eq!(bench.answers.get(&ticket), None, "not durable yet");
    store(bench, account, StoreEvent::Deleted);
    assert_eq!(bench.answers.get(&ticket), Some(&Answer::Done));
}

#[test]
fn a_linked_one_is_unlinked_wiped_and_then_gone() {
    let accounts = vec![stored(ME, true, true), stored(B, false, false)];
    let mut bench = Bench::boot(accounts, PanelHealth::Attached);
    bench.link(connected());
    bench.asked();
    let ticket = bench.ask(Intent::Delete(ME));
    assert_eq!(bench.asked(), ["unlink", "save"]);
    // Shown as off until it is gone, and deaf.
    assert_eq!((bench.word(), bench.view().enabled), ("stopped", false));
    for intent in [
        Intent::Connect(ME),
        Intent::Disconnect(ME),
        Intent::Restart(ME),
        Intent::Logout(ME),
        Intent::Delete(ME),
        Intent::Select(ME),
        rename(ME, "again"),
        Intent::PairByCode {
            account: ME,
            phone: "15550003333".parse().unwrap(),
        },
    ] {
        assert_eq!(bench.answer(intent.clone()), unknown(), "{intent:?}");
    }
    bench.link(paired());
    bench.ended();
    assert_eq!(bench.asked(), ["wipe"]);
    bench.store(StoreEvent::AuthWiped);
    assert_eq!(bench.effects(), [Effect::DeleteAccount { account: ME }]);
    assert_eq!(bench.answers.get(&ticket), None);
    bench.store(StoreEvent::Deleted);
    assert_eq!(bench.answers.get(&ticket), Some(&Answer::Done));
    assert_eq!((ids(&bench), bench.snapshot().selected), (vec![2], B));
    assert_eq!(bench.asked(), [""; 0]);
    assert_eq!(bench.answer(Intent::Connect(ME)), unknown());
    // Late words about it are history.
    let before = bench.snapshot();
    bench.store(StoreEvent::SaveFailed { why: why() });
    bench.link(connected());
    assert_eq!(bench.snapshot(), before);
}

#[test]
fn the_neighbour_takes_its_place_on_the_panel() {
    for (selected, deleted, then) in [(1, 1, 2), (2, 2, 3), (3, 3, 2), (1, 3, 1), (3, 1, 3)] {
        let mut bench = Bench::with_accounts(3);
        bench.intent(Intent::Select(AccountId(selected)));
        delete(&mut bench, AccountId(deleted));
        assert_eq!(bench.snapshot().selected, AccountId(then));
    }
    let mut bench = Bench::with_accounts(3);
    bench.pass(secs(60));
    assert!(bench.snapshot().overview);
    delete(&mut bench, ME);
    assert!(bench.snapshot().overview, "the list stays a list");
    delete(&mut bench, B);
    assert!(!bench.snapshot().overview, "of one there is none");
}

#[test]
fn the_last_one_is_followed_by_a_fresh_one() {
    let mut bench = Bench::new(false, true);
    delete(&mut bench, ME);
    let view = bench.view();
    assert_eq!((view.id, view.status), (B, Status::Stopped));
    assert!(!view.linked && !view.enabled && view.phone.is_none());
    assert_eq!(bench.asked(), ["wipe", "delete", "save"]);
    bench.intent(Intent::Connect(B));
    assert_eq!(bench.asked(), ["save", "start"]);
}

#[test]
fn a_deletion_that_fails_leaves_it_and_says_so() {
    for step in 0..2 {
        let mut bench = Bench::new(false, true);
        let ticket = bench.ask(Intent::Delete(ME));
        if step == 0 {
            bench.store(StoreEvent::WipeFailed { why: why() });
        } else {
            bench.store(StoreEvent::AuthWiped);
            bench.store(StoreEvent::DeleteFailed { why: why() });
        }
        let failed = Answer::Denied(Denial::StoreFailed { why: why() });
        assert_eq!(bench.answers.get(&ticket), Some(&failed));
        assert_eq!(bench.fault(), Some(Fault::Store));
        assert_eq!(ids(&bench), [1]);
        // It takes wishes again, also the same one.
        delete(&mut bench, ME);
        assert_eq!(ids(&bench), [2]);
    }
}

#[test]
fn a_shutdown_answers_who_waits_and_lets_the_store_finish() {
    let mut bench = Bench::working();
    let ticket = bench.ask(Intent::Delete(ME));
    bench.send(Event::Shutdown);
    let ending = Answer::Denied(Denial::Ending);
    assert_eq!(bench.answers.get(&ticket), Some(&ending));
    bench.ended();
    assert!(!bench.machine.is_drained());
    bench.store(StoreEvent::AuthWiped);
    assert!(!bench.machine.is_drained());
    bench.store(StoreEvent::Deleted);
    assert!(bench.machine.is_drained());
    assert_eq!(ids(&bench), [2]);
    assert_eq!(bench.asked(), ["unlink", "save", "wipe", "delete", "save"]);
    assert_eq!(bench.answer(Intent::Delete(B)), ending);
}

#[test]
fn every_wish_for_nobody_is_answered() {
    let mut bench = Bench::new(false, false);
    for intent in [
        Intent::Connect(C),
        Intent::Disconnect(C),
        Intent::Restart(C),
        Intent::Logout(C),
        Intent::Delete(C),
        Intent::Select(C),
        rename(C, "x"),
    ] {
        assert_eq!(bench.answer(intent), unknown());
    }
    assert!(!bench.snapshot().attended);
}
