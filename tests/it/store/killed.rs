//! Another process: it holds the store, takes messages in, and is killed in the middle of its writes.
//!
//! The process is this test binary again, told by its environment to play the part.

use std::env;
use std::io::{BufRead, BufReader, Write, stdout};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use pairbox::message::webhook::WebhookId;
use pairbox::store::{OpenError, Store};

use super::words::{ring_ids, take_texts, webhook};
use super::{ONE, block_on};

const STORE: &str = "PAIRBOX_TEST_STORE";
const ACKED: &str = "acknowledged ";

/// The part of the other process: writes counters for ever, and says which are acknowledged.
#[test]
fn another_process() {
    let Some(path) = env::var_os(STORE) else {
        return;
    };
    block_on(async {
        let store = Store::open(Path::new(&path)).unwrap();
        let b = store.backend(ONE);
        if store.settings().borrow().webhooks.is_empty() {
            store.add_webhook(webhook("w")).await.unwrap();
        }
        for counter in 1_u32.. {
            take_texts(&store, ONE, &[&format!("M{counter}")]).await;
            b.put_session("peer", &counter.to_le_bytes()).await.unwrap();
            let mut out = stdout().lock();
            writeln!(out, "{ACKED}{counter}").unwrap();
            out.flush().unwrap();
        }
    });
}

/// Ends with the test, whatever happens.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // SIGKILL: nothing of the process gets to tidy up.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(path: &Path) -> Killed {
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "store::killed::another_process", "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    Killed(child)
}

/// Reads what the process acknowledges until `enough` says so; the number it stopped at.
fn follow(process: &mut Killed, enough: impl Fn(u32) -> bool) -> u32 {
    let lines = BufReader::new(process.0.stdout.as_mut().unwrap()).lines();
    lines
        .map(Result::unwrap)
        .filter_map(|line| line.strip_prefix(ACKED)?.parse().ok())
        .find(|counter| enough(*counter))
        .expect("the other process ended")
}

#[test]
fn a_store_held_by_another_process_is_refused_and_survives_its_death() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("store.redb");
    let mut last = 0;
    for round in 1..=5 {
        let mut process = start(&path);
        let acked = follow(&mut process, |counter| counter >= 40 * round);
        let error = Store::open(&path)
            .err()
            .expect("two processes share a store");
        assert!(matches!(error, OpenError::Held { .. }), "{error}");
        drop(process);
        let store = Store::open(&path).unwrap();
        block_on(async {
            let row = store
                .backend(ONE)
                .get_session("peer")
                .await
                .unwrap()
                .unwrap();
            last = u32::from_le_bytes(row.as_ref().try_into().unwrap());
            // Each message once, and each with what waits for the webhook.
            let ring = ring_ids(&store, ONE);
            let numbers: Vec<u32> = ring.iter().map(|id| id[1..].parse().unwrap()).collect();
            assert!(numbers.iter().rev().copied().eq(1..=numbers[0]));
            assert!(numbers[0] >= acked);
            assert_eq!(store.places(WebhookId(1)).unwrap().len(), numbers.len());
            let line = store.lines().borrow()[&WebhookId(1)];
            assert_eq!(line.pending, numbers.len() as u64);
            store.close().await;
        });
        assert!(
            last >= acked,
            "{acked} was acknowledged and {last} is there"
        );
    }
    figure!("store: killed 5 times in the middle of writes, the last of them after {last}");
}
