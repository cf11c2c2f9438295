//! Thousands of messages at once, while the connection is lost again and again.

use std::collections::BTreeMap;

use pairbox_sim::{Event as Seen, Letter, Options, Service, compose};

use crate::companion::{DEADLINE, NUMBER, backend, linked};

const WRITERS: usize = 20;
const LETTERS: usize = 1000;

#[test]
fn a_thousand_letters_arrive_over_lost_connections() {
    let service = Service::start(Options::default()).unwrap();
    let numbers: Vec<String> = (0..WRITERS).map(|at| format!("1555777{at:04}")).collect();
    for number in &numbers {
        let _ = service.contact(number, "Somebody");
    }
    let mut companion = linked(&service, &backend());
    let members: Vec<&str> = numbers.iter().map(String::as_str).chain([NUMBER]).collect();
    let group = service.group("All", true, &members);
    let letters = (0..LETTERS).map(|nth| Letter {
        from: numbers[nth % WRITERS].clone(),
        to: if nth % 5 == 0 {
            group.address().to_owned()
        } else {
            NUMBER.to_owned()
        },
        message: compose::text(&nth.to_string()),
    });
    let ids = service.post(letters);
    assert_eq!(ids.len(), LETTERS);
    let mut cursor = service.cursor();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0.. {
        for came in companion.wait_batch() {
            *seen.entry(came.info.id.clone()).or_default() += 1;
        }
        if round % 200 == 100 && seen.len() < LETTERS / 2 {
            service.reset_all();
        }
        if seen.len() == LETTERS {
            break;
        }
    }
    let phone = service.phone(NUMBER, "");
    let device = &phone.devices()[0];
    while !phone.unacknowledged(device).is_empty() {
        let told = |event: &Seen| matches!(event, Seen::Receipt { .. } | Seen::Acked { .. });
        cursor.wait(DEADLINE, told).unwrap();
    }
    for id in ids {
        assert!(seen.contains_key(&id));
    }
}
