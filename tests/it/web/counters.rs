//! `/metrics`: read by a strict reader of Prometheus' text format, and what is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::event::{Button, Edge};
use pairbox::fault::Fault;
use pairbox::message::policy::Refusal;
use pairbox::metrics::{Gauges, Lines, Metrics, Outcome, Reading, Way};
use pairbox::panel::Refresh;
use pairbox::snapshot::{Snapshot, Status};
use pairbox::time::{Mono, Now, UnixMillis};

use super::rig::{PHONE, Rig, ids, me, scan, snapshot};

/// A sample: name, labels in order, value.
type Sample = (String, Vec<(String, String)>, f64);

/// Reads the format as strictly as it is written (0.0.4): a family is told before its samples, once, and
/// all of them stand together; no sample is there twice; a histogram's buckets grow and end with `+Inf`.
fn parse(text: &str) -> Vec<Sample> {
    assert!(text.ends_with('\n'));
    let mut samples: Vec<Sample> = Vec::new();
    let mut families = BTreeMap::new();
    let mut family = (String::new(), String::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(is_name(name) && !words.is_empty(), "{line}");
            family = (name.to_owned(), String::new());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, family.0, "{line}");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            kind.clone_into(&mut family.1);
            let before = families.insert(name.to_owned(), kind.to_owned());
            assert_eq!(before, None, "{line} is there twice");
        } else {
            let sample = sample(line);
            let plain = match family.1.as_str() {
                "histogram" => ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|end| sample.0.strip_suffix(end))
                    .unwrap(),
                _ => &sample.0,
            };
            assert_eq!(plain, family.0, "{line}");
            let same = |it: &Sample| (&it.0, &it.1) == (&sample.0, &sample.1);
            assert!(!samples.iter().any(same), "{line} is there twice");
            samples.push(sample);
        }
    }
    for (name, _) in families.iter().filter(|(_, kind)| *kind == "histogram") {
        let bucket = format!("{name}_bucket");
        let buckets: Vec<&Sample> = samples.iter().filter(|it| it.0 == bucket).collect();
        assert!(buckets.is_sorted_by(|a, b| a.2 <= b.2), "{name}");
        let ends: Vec<f64> = buckets
            .iter()
            .map(|it| it.1[0].1.parse().unwrap())
            .collect();
        assert!(ends.is_sorted_by(|a, b| a < b) && ends.last() == Some(&f64::INFINITY));
        let count = format!("{name}_count");
        let count = samples.iter().find(|it| it.0 == count).unwrap();
        assert!((count.2 - buckets.last().unwrap().2).abs() < 0.5);
    }
    samples
}

fn is_name(name: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c == '_';
    name.starts_with(word) && name.chars().all(|c| word(c) || c.is_ascii_digit())
}

fn sample(line: &str) -> Sample {
    let (head, value) = line.rsplit_once(' ').unwrap();
    let value = value.parse().unwrap();
    let Some((name, rest)) = head.split_once('{') else {
        assert!(is_name(head), "{line}");
        return (head.to_owned(), Vec::new(), value);
    };
    let labels = rest.strip_suffix("\"}").unwrap().split("\",");
    let labels = labels.map(|label| {
        let (label, word) = label.split_once("=\"").unwrap();
        assert!(
            is_name(label) && !word.contains(['"', '\\', '\n']),
            "{line}"
        );
        (label.to_owned(), word.to_owned())
    });
    (name.to_owned(), labels.collect(), value)
}

fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> f64 {
    let found = samples.iter().find(|(known, own, _)| {
        known == name
            && labels.len() == own.len()
            && labels
                .iter()
                .zip(own)
                .all(|(want, own)| *want == (own.0.as_str(), own.1.as_str()))
    });
    found
        .unwrap_or_else(|| panic!("{name} {labels:?} in {samples:#?}"))
        .2
}

#[test]
#[allow(
    clippy::too_many_lines,
    reason = "one table of names and what feeds them"
)]
fn what_happened_is_counted_under_the_names_of_the_design() {
    let metrics = Metrics::default();
    let change = |before: &Status, after: &Status, linked: bool| {
        let (mut before, mut after) = (snapshot(1, before.clone()), snapshot(2, after.clone()));
        before.accounts[0].linked &= !linked;
        after.accounts[0].linked = before.accounts[0].linked || linked;
        metrics.changed(&before, &after);
    };
    let reconnecting = Status::Reconnecting {
        attempt: 0,
        next_at: None,
        trouble: None,
    };
    change(&Status::Working, &reconnecting, false);
    change(&reconnecting, &reconnecting, false);
    change(&scan(), &scan(), false);
    change(&scan(), &Status::Working, true);
    let exhausted = Status::Failed {
        fault: Fault::QrExhausted,
        retry_at: None,
    };
    change(&scan(), &exhausted, false);
    change(&exhausted, &exhausted, false);
    metrics.answered("/livez", 200, Duration::from_millis(1));
    metrics.answered("/livez", 200, Duration::from_secs(100));
    metrics.answered("none", 404, Duration::from_millis(30));
    metrics.refreshed(Refresh::Full, Duration::from_secs(2));
    for (pressed, at) in [(true, 1), (false, 2)] {
        let at = Mono(Duration::from_secs(at));
        metrics.edge(Edge {
            button: Button::Connect,
            pressed,
            at,
        });
    }
    let now = Now {
        mono: Mono(Duration::from_secs(9)),
        wall: Some(UnixMillis(1_800_000_009_000)),
    };
    let snapshot = snapshot(3, Status::Working);
    let gauges = Gauges {
        commits: 3,
        bytes_written: 4096,
        process_written: Some(8192),
        db_bytes: Some(5),
        resident_bytes: Some(6),
        lines: Lines {
            pending: 7,
            dead: 2,
            dropped: 1,
            oldest: Some(UnixMillis(1_800_000_000_000)),
        },
    };
    metrics.message(AccountId::FIRST, Way::Inbound, "image");
    metrics.message(AccountId::FIRST, Way::Inbound, "image");
    metrics.message(AccountId::FIRST, Way::Outbound, "text");
    metrics.denied(Refusal::NotMentioned);
    metrics.delivery(Outcome::Retried);
    metrics.delivery(Outcome::Delivered);
    let reading = Reading {
        snapshot: &snapshot,
        ids: ids(),
        now,
        gauges,
    };
    let samples = parse(&metrics.text(&reading));
    let session = me();
    for (name, labels, wanted) in [
        (
            "pairbox_messages_total",
            &[
                ("session", &*session),
                ("direction", "inbound"),
                ("type", "image"),
            ][..],
            2.0,
        ),
        (
            "pairbox_messages_total",
            &[
                ("session", &*session),
                ("direction", "outbound"),
                ("type", "text"),
            ],
            1.0,
        ),
        (
            "pairbox_policy_denied_total",
            &[("reason", "not_mentioned")],
            1.0,
        ),
        (
            "pairbox_policy_denied_total",
            &[("reason", "self_chat")],
            0.0,
        ),
        (
            "pairbox_webhook_deliveries_total",
            &[("outcome", "retried")],
            1.0,
        ),
        (
            "pairbox_webhook_deliveries_total",
            &[("outcome", "delivered")],
            1.0,
        ),
        (
            "pairbox_webhook_deliveries_total",
            &[("outcome", "dead")],
            0.0,
        ),
        ("pairbox_webhook_queue_depth", &[], 7.0),
        ("pairbox_webhook_dead", &[], 2.0),
        ("pairbox_webhook_dropped_total", &[], 1.0),
        ("pairbox_webhook_oldest_seconds", &[], 9.0),
        (
            "pairbox_build_info",
            &[("version", env!("CARGO_PKG_VERSION"))][..],
            1.0,
        ),
        ("pairbox_sessions", &[("status", "working")], 1.0),
        ("pairbox_sessions", &[("status", "failed")], 0.0),
        (
            "pairbox_session_status",
            &[("session", &session), ("status", "working")],
            1.0,
        ),
        (
            "pairbox_session_status",
            &[("session", &session), ("status", "stopped")],
            0.0,
        ),
        (
            "pairbox_reconnects_total",
            &[("session", &session), ("reason", "connection_lost")],
            1.0,
        ),
        (
            "pairbox_pairings_total",
            &[("method", "qr"), ("outcome", "linked")],
            1.0,
        ),
        (
            "pairbox_pairings_total",
            &[("method", "qr"), ("outcome", "qr_exhausted")],
            1.0,
        ),
        (
            "pairbox_http_requests_total",
            &[("route", "/livez"), ("code", "200")],
            2.0,
        ),
        (
            "pairbox_http_requests_total",
            &[("route", "none"), ("code", "404")],
            1.0,
        ),
        (
            "pairbox_http_request_duration_seconds_bucket",
            &[("le", "0.005")],
            1.0,
        ),
        (
            "pairbox_http_request_duration_seconds_bucket",
            &[("le", "0.1")],
            2.0,
        ),
        (
            "pairbox_http_request_duration_seconds_bucket",
            &[("le", "+Inf")],
            3.0,
        ),
        ("pairbox_storage_commits_total", &[], 3.0),
        ("pairbox_storage_bytes_written_total", &[], 4096.0),
        ("pairbox_db_size_bytes", &[], 5.0),
        ("pairbox_panel_refresh_total", &[("kind", "full")], 1.0),
        ("pairbox_panel_refresh_seconds_count", &[], 1.0),
        (
            "pairbox_button_presses_total",
            &[("button", "connect"), ("gesture", "press")],
            1.0,
        ),
        ("pairbox_clock_synced", &[], 1.0),
        ("process_resident_memory_bytes", &[], 6.0),
        ("process_start_time_seconds", &[], 1_800_000_000.0),
    ] {
        let told = value(&samples, name, labels);
        assert!((told - wanted).abs() < 1e-9, "{name} {labels:?} is {told}");
    }
}

#[test]
fn no_number_and_no_path_of_a_client_is_ever_a_label() {
    let rig = Rig::start();
    rig.publish_two();
    rig.get(&format!("/{PHONE}?to={PHONE}"));
    rig.get(&format!("/api/v1/sessions/{PHONE}/qr"));
    rig.get("/livez");
    let answer = rig.get("/metrics");
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert!(!answer.text.contains(&PHONE[7..]) && !answer.text.contains("shop"));
    let samples = parse(&answer.text);
    let asked = "pairbox_http_requests_total";
    assert!(value(&samples, asked, &[("route", "none"), ("code", "404")]) >= 1.0);
    assert!(value(&samples, asked, &[("route", "/livez"), ("code", "200")]) >= 1.0);
    let template = "/api/v1/sessions/{id}/qr";
    assert!(value(&samples, asked, &[("route", template), ("code", "404")]) >= 1.0);
    let sessions: BTreeSet<&str> = samples
        .iter()
        .flat_map(|it| &it.1)
        .filter(|(name, _)| name == "session")
        .map(|(_, word)| word.as_str())
        .collect();
    assert_eq!(sessions.len(), 2);
    rig.snapshots.send_replace(Arc::new(Snapshot {
        accounts: Vec::new(),
        ..Snapshot::blank()
    }));
    parse(&rig.get("/metrics").text);
}
