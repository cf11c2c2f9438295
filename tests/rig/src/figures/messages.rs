//! Messages through a box: how many a second, how long one takes, what it costs the card, and how much
//! memory the box has meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use pairbox_rig::lossless::{OWNER, Stage, number};
use pairbox_rig::power::PoweredBox;
use pairbox_rig::stats;
use pairbox_rig::tally::{self, Tally};

use super::Written;

/// People who write at once.
const CHATS: usize = 20;
/// Messages each of them writes in the burst.
const BURST: usize = 100;
/// Messages that are sent one after the other, each when the one before has arrived.
const SINGLE: usize = 200;
/// How long a single one may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures and prints: a minute or two.
pub fn print(program: &str) -> Result<()> {
    let stage = Stage::set(
        vec![program.to_owned(), "box".to_owned()],
        CHATS,
        "pace_per_minute = 0",
    )?;
    let tally = Tally::start(0)?;
    let (powered, session) = stage.linked(&tally.url())?;
    let most = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    let process = powered.id();
    std::thread::scope(|threads| {
        threads.spawn(|| watch_memory(process, &most, &over));
        let measured =
            inbound(&stage, &powered, &tally).and_then(|()| outbound(&stage, &powered, &session));
        over.store(true, Ordering::Relaxed);
        measured
    })?;
    println!(
        "memory           {} KiB resident at most, {} KiB at the end",
        most.load(Ordering::Relaxed),
        powered.rss_kib()?
    );
    Ok(())
}

/// Looks at the resident memory ten times a second.
#[allow(clippy::disallowed_methods, reason = "a look at fixed times")]
fn watch_memory(process: u32, most: &AtomicU64, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        if let Ok(kib) = stats::rss_kib(process) {
            most.fetch_max(kib, Ordering::Relaxed);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// From people who write to the receiver of the webhook.
#[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
fn inbound(stage: &Stage, powered: &PoweredBox, tally: &Tally) -> Result<()> {
    // First contact, with its key exchange, is another thing.
    for (chat, contact) in stage.contacts.iter().enumerate() {
        contact.send_text(OWNER, &tally::text(chat, 0));
    }
    tally.wait(CHATS, PATIENCE)?;

    let before = Written::of(powered)?;
    let mut took = Vec::new();
    for n in 1..=SINGLE {
        let sent = Instant::now();
        stage.contacts[0].send_text(OWNER, &tally::text(0, n));
        tally.wait(CHATS + n, PATIENCE)?;
        let arrived = tally.taken_at(0, n).context("taken and not there")?;
        took.push(arrived.duration_since(sent));
    }
    latency("inbound, singly", &mut took);
    cost(
        "inbound, singly",
        Written::of(powered)?.since(before),
        SINGLE,
    );

    let before = Written::of(powered)?;
    let began = Instant::now();
    let mut sent = Vec::new();
    for n in 1..=BURST {
        for (chat, contact) in stage.contacts.iter().enumerate() {
            let number = if chat == 0 { SINGLE + n } else { n };
            contact.send_text(OWNER, &tally::text(chat, number));
            sent.push((chat, number, Instant::now()));
        }
    }
    let writing = began.elapsed();
    let all = CHATS * BURST;
    tally.wait(CHATS + SINGLE + all, PATIENCE)?;
    let took = began.elapsed();
    println!(
        "inbound, burst   {} messages from {CHATS} people in {:.1} s: {:.0} a second (writing them took {:.1} s)",
        all,
        took.as_secs_f64(),
        per_second(all, took),
        writing.as_secs_f64()
    );
    let taken = |(chat, number, at): (usize, usize, Instant)| {
        tally
            .taken_at(chat, number)
            .map(|taken| taken.duration_since(at))
    };
    let mut waited: Vec<Duration> = sent.into_iter().filter_map(taken).collect();
    latency("inbound, burst", &mut waited);
    cost("inbound, burst", Written::of(powered)?.since(before), all);
    let sum = tally.sum();
    ensure!(sum.wrong.is_empty(), "{:?}", sum.wrong);
    println!(
        "duplicates       {} of {} requests",
        sum.duplicates, sum.requests
    );
    Ok(())
}

/// From a program to people's phones.
#[allow(clippy::disallowed_methods, reason = "this is a stop-watch")]
fn outbound(stage: &Stage, powered: &PoweredBox, session: &str) -> Result<()> {
    for contact in &stage.contacts {
        send(powered, session, contact.number(), "first contact")?;
        contact.wait_text(PATIENCE)?;
    }
    let before = Written::of(powered)?;
    let mut took = Vec::new();
    for n in 0..SINGLE {
        let sent = Instant::now();
        send(powered, session, &number(0), &format!("out {n}"))?;
        stage.contacts[0].wait_text(PATIENCE)?;
        took.push(sent.elapsed());
    }
    latency("outbound, singly", &mut took);
    cost(
        "outbound, singly",
        Written::of(powered)?.since(before),
        SINGLE,
    );

    let before = Written::of(powered)?;
    let began = Instant::now();
    let each = BURST / 4;
    for n in 0..each {
        for contact in &stage.contacts {
            send(powered, session, contact.number(), &format!("burst {n}"))?;
        }
    }
    let asking = began.elapsed();
    for contact in &stage.contacts {
        for _ in 0..each {
            contact.wait_text(PATIENCE)?;
        }
    }
    let took = began.elapsed();
    let all = each * CHATS;
    println!(
        "outbound, burst  {all} messages to {CHATS} people in {:.1} s: {:.0} a second (asking for them took {:.1} s)",
        took.as_secs_f64(),
        per_second(all, took),
        asking.as_secs_f64()
    );
    cost("outbound, burst", Written::of(powered)?.since(before), all);
    Ok(())
}

fn send(powered: &PoweredBox, session: &str, to: &str, text: &str) -> Result<()> {
    let body = serde_json::json!({"to": format!("+{to}"), "type": "text", "text": text});
    let path = format!("/api/v1/sessions/{session}/messages");
    let (code, answer) = powered.post(&path, &body.to_string())?;
    ensure!(code == 202, "the box answered {code}: {answer}");
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "thousands at most")]
fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn latency(what: &str, took: &mut [Duration]) {
    took.sort_unstable();
    let place = |hundredth: usize| {
        let last = took.len().saturating_sub(1);
        took.get(last * hundredth / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{what:<16} p50 {:.1?}, p99 {:.1?} from end to end",
        place(50),
        place(99)
    );
}

fn cost(what: &str, written: Written, messages: usize) {
    let messages = messages as u64;
    println!(
        "{what:<16} {} bytes and {}.{:02} commits each",
        written.bytes / messages,
        written.commits / messages,
        written.commits * 100 / messages % 100,
    );
}
