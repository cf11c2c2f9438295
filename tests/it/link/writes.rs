//! What the executor writes, in the order it was asked for.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pairbox::account::{AccountId, AccountRecord};
use pairbox::config::WhatsApp;
use pairbox::daemon::effects::Effects;
use pairbox::event::{Effect, Event, StoreEvent};
use pairbox::gateway::Gateway;
use pairbox::inbox::Inbox;
use pairbox::ticket::Tickets;
use pairbox::whatsapp::version::Versions;

use super::scene::Scene;

#[test]
fn an_account_is_deleted_after_what_was_asked_before_and_before_what_comes_after() {
    let scene = Scene::set();
    let (inbox, mut events) = Inbox::new();
    let versions = Versions {
        url: scene.service.version_url(),
        pin: None,
        store: scene.store.clone(),
        clock: scene.clock,
        distrusted: AtomicBool::new(false),
    };
    let record = |label: &str| AccountRecord {
        label: label.to_owned(),
        ..AccountRecord::default()
    };
    let second = AccountId(2);
    let third = AccountId(3);
    scene.runtime.block_on(async {
        let mut effects = Effects::new(
            WhatsApp::default(),
            scene.store.clone(),
            Gateway::new(scene.store.clone()),
            Arc::new(versions),
            inbox,
            Tickets::default(),
            scene.clock,
            tokio::sync::watch::channel(std::sync::Arc::default()).0,
        );
        for (account, label) in [(second, "second"), (third, "third")] {
            let record = record(label);
            effects.carry_out(Effect::SaveRecord { account, record });
        }
        effects.carry_out(Effect::WipeAuth { account: second });
        effects.carry_out(Effect::DeleteAccount { account: second });
        effects.carry_out(Effect::SaveRecord {
            account: third,
            record: record("renamed"),
        });
        effects.finish().await;
    });
    let mut said = Vec::new();
    while let Ok(Event::Store { account, event }) = events.try_recv() {
        assert_eq!(account, second);
        said.push(event);
    }
    assert_eq!(said, [StoreEvent::AuthWiped, StoreEvent::Deleted]);
    let left: Vec<String> = scene
        .store
        .accounts()
        .unwrap()
        .into_iter()
        .map(|it| it.record.label)
        .collect();
    assert_eq!(left, ["pairbox", "renamed"]);
}
