//! Ten thousand messages, fifty SIGKILLs, twenty lost networks, a receiver that fails a third.

use pairbox_rig::lossless::{Plan, run};

#[test]
fn nothing_is_lost() {
    let plan = Plan::FULL;
    let report = run(vec![env!("CARGO_BIN_EXE_pairbox").to_owned()], &plan).unwrap();
    figure!("{report}");
    let sum = &report.sum;
    assert_eq!(sum.messages, plan.messages);
    assert!(
        sum.wrong.is_empty(),
        "{:?}",
        &sum.wrong[..sum.wrong.len().min(10)]
    );
    assert!(report.panics.is_empty(), "{:?}", report.panics);
    // It was a hard life, and the receiver knows it.
    assert!(sum.refused > sum.requests / 4, "{sum:?}");
}
