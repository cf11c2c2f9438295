//! A disk that fails at one write after the other, around the real program. Here some of them, spread over
//! each run and each way to fail; all of them are tried by `cargo run -p pairbox-rig -- --bad-disk`.

use pairbox_rig::bad_disk::{self, Scenario};

/// Boxes at once: most of the time each waits to look at its disk again.
const BOXES: usize = 8;

fn try_some(scenario: Scenario, cases: usize) {
    let program = [env!("CARGO_BIN_EXE_pairbox").to_owned()];
    let changes = bad_disk::count(&program, scenario).unwrap();
    let cases = bad_disk::some(changes, cases);
    let report = bad_disk::run(&program, scenario, &cases, BOXES).unwrap();
    figure!(
        "disk: {scenario:?}: {changes} changes, {} failed\n{report}",
        cases.len()
    );
    assert!(report.bad.is_empty(), "{report}");
}

#[test]
fn a_first_start_comes_right_whichever_write_fails() {
    try_some(Scenario::Start, 8);
}

#[test]
fn a_pairing_comes_right_whichever_write_fails() {
    try_some(Scenario::Pairing, 24);
}

#[test]
fn no_message_is_lost_whichever_write_fails() {
    try_some(Scenario::Messages, 24);
}
