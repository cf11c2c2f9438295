//! Many links at once.

use std::time::{Duration, Instant};

use pairbox::account::AccountId;
use pairbox::event::{Event, LinkEvent};
use pairbox::inbox::Inbox;
use pairbox::limits;
use pairbox::whatsapp::link::Link;

use super::scene::{PATIENCE, Scene};

/// The longest a task that only wants to run every millisecond was kept waiting, while `work` ran on
/// the same thread.
async fn longest_wait(work: impl Future<Output = ()>) -> Duration {
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    let mut longest = Duration::ZERO;
    let mut work = std::pin::pin!(work);
    loop {
        let before = now();
        tokio::select! {
            biased;
            _ = tick.tick() => longest = longest.max(before.elapsed()),
            () = &mut work => return longest,
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "a figure")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn fifty_links_start_at_once_and_leave_room_for_others() {
    let scene = Scene::set();
    let begun = now();
    let longest = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(limits::BLOCKING_THREADS)
        .build()
        .unwrap()
        .block_on(longest_wait(async {
            let (inbox, mut events) = Inbox::new();
            let mut links = Vec::new();
            for account in 1..=limits::ACCOUNTS_MAX {
                let account = AccountId(u32::try_from(account).unwrap());
                links.push(Link::start(scene.parts(account, inbox.clone(), None)).0);
            }
            let mut shown = std::collections::BTreeSet::new();
            let all = async {
                while shown.len() < links.len() {
                    if let Some(Event::Link {
                        account,
                        event: LinkEvent::Qr { .. },
                        ..
                    }) = events.recv().await
                    {
                        shown.insert(account);
                    }
                }
            };
            tokio::time::timeout(PATIENCE, all).await.unwrap();
        }));
    let all = begun.elapsed();
    figure!(
        "50 links at once: all show a QR after {all:.1?}, the longest wait of others {longest:.1?}"
    );
}
