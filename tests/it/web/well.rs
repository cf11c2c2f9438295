//! `/livez` and `/readyz`: without a token, and without a word about anybody.

use std::sync::Arc;

use pairbox::fault::Fault;
use pairbox::snapshot::{Snapshot, Status, StoreHealth};
use pairbox::time::Mono;

use super::rig::{PHONE, Rig, scan};

#[test]
fn the_loop_alive_and_the_store_writing_is_the_service_alive() {
    let rig = Rig::start();
    rig.pulse.beat(Mono(rig.clock.mono().0));
    let answer = rig.ask("GET", "/livez", &[], "");
    assert_eq!((answer.status(), answer.text.as_str()), (200, "ok\n"));
    for health in [
        StoreHealth::Full,
        StoreHealth::ReadOnly,
        StoreHealth::Failing {
            why: "secret words".into(),
        },
    ] {
        rig.snapshots.send_modify(|now| {
            let store = health.clone();
            *now = Arc::new(Snapshot {
                store,
                ..Snapshot::clone(now)
            });
        });
        for path in ["/livez", "/readyz"] {
            let answer = rig.ask("GET", path, &[], "");
            answer.assert_problem(503, "store_failing");
            assert!(!answer.text.contains("secret"));
        }
    }
}

#[test]
fn ready_is_what_works_or_rightly_waits_for_a_person() {
    let rig = Rig::start();
    rig.pulse.beat(Mono(rig.clock.mono().0));
    let failed = |fault| Status::Failed {
        fault,
        retry_at: None,
    };
    let starting = Status::Starting {
        pairing_done: false,
        slow: None,
    };
    let reconnecting = Status::Reconnecting {
        attempt: 1,
        next_at: None,
        trouble: None,
    };
    for (status, ready) in [
        (Status::Working, true),
        (scan(), true),
        (Status::PasskeyRequired { code: None }, true),
        (Status::LoggedOut, true),
        (failed(Fault::QrExhausted), true),
        (failed(Fault::StreamReplaced), true),
        (failed(Fault::Passkey), true),
        (starting, false),
        (reconnecting, false),
        // Linked and wanted, and nobody brings it online.
        (Status::Stopped, false),
        (failed(Fault::Store), false),
        (failed(Fault::Refused), false),
        (failed(Fault::ClientOutdated), false),
        (failed(Fault::AccountLocked), false),
        (failed(Fault::TemporaryBan { until: None }), false),
    ] {
        let words = format!("{status:?}");
        rig.publish(status);
        let answer = rig.ask("GET", "/readyz", &[], "");
        assert_eq!(answer.status() == 200, ready, "{words}");
        if !ready {
            answer.assert_problem(503, "not_ready");
        }
        assert!(!answer.text.contains(PHONE) && !answer.text.contains("shop"));
        rig.snapshots.send_modify(|now| {
            Arc::make_mut(now).accounts[0].enabled = false;
        });
        assert_eq!(rig.ask("GET", "/readyz", &[], "").status(), 200, "{words}");
    }
}
