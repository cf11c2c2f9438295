//! Scenes of the gateway: who waits to be let in, and what does not arrive.

use std::time::Duration;

use pairbox::secret::Secret;
use pairbox::snapshot::{Caller, OutboxHealth, Snapshot, Status, StoreHealth, Waiting};

use super::{BEGIN, Scene, among, on_the_wall, scene, store};

/// Somebody who waits at the selected account, and how many more do.
fn waits(name: Option<&'static str>, number: bool, others: usize) -> impl FnOnce(&mut Snapshot) {
    move |snapshot| {
        let who = Waiting {
            code: Secret::new("K7PQ93XW".into()),
            name: name.map(str::to_owned),
            last4: number.then(|| "2222".to_owned()),
            expires_at: BEGIN + Duration::from_secs(3600),
        };
        let account = snapshot.selected;
        let place = account.0 as usize - 1;
        snapshot.accounts[place].waiting = vec![who.clone(); others + 1];
        snapshot.caller = Some(Caller {
            account,
            who,
            others,
        });
    }
}

/// They were put off.
fn put_off(snapshot: &mut Snapshot) {
    snapshot.caller = None;
}

fn outbox(outbox: OutboxHealth) -> impl FnOnce(&mut Snapshot) {
    move |snapshot| snapshot.outbox = outbox
}

/// Who waits to be let in, and what does not arrive.
pub fn all() -> Vec<Scene> {
    let working = |name| scene(name, Status::Working, 0).with(on_the_wall);
    let well = OutboxHealth {
        pending: 12,
        ..OutboxHealth::default()
    };
    let dead = OutboxHealth {
        dead: 3,
        failing: true,
        dropped: 70,
        ..well
    };
    let failing = OutboxHealth {
        failing: true,
        ..well
    };
    let disabled = OutboxHealth {
        disabled: 1,
        ..well
    };
    let dropped = OutboxHealth {
        dropped: 12_345,
        ..well
    };
    vec![
        working("caller").with(waits(Some("Alice"), true, 0)),
        working("caller-long-name").with(waits(Some("Bartholomew Featherstonehaugh"), true, 2)),
        working("caller-unknown").with(waits(None, false, 1)),
        working("caller-foreign").with(waits(Some("店铺 🎉"), true, 0)),
        working("caller-several")
            .with(among(2, 3))
            .with(waits(Some("Zoë"), true, 1)),
        working("caller-put-off")
            .with(waits(Some("Alice"), true, 1))
            .with(put_off),
        working("outbox-well").with(outbox(well)),
        working("outbox-dead").with(outbox(dead)),
        working("outbox-failing").with(outbox(failing)),
        working("outbox-disabled").with(outbox(disabled)),
        working("outbox-dropped").with(outbox(dropped)),
        working("outbox-and-storage")
            .with(outbox(dead))
            .with(store(StoreHealth::Full))
            .with(among(12, 50)),
    ]
}
