//! How fast an account sends, who is a stranger, what counts as the same wish.

use std::time::Duration;

use pairbox::account::AccountId;
use pairbox::message::address::{Chat, MessageId};
use pairbox::message::cold::{Warmth, warmth};
use pairbox::message::content::MediaKind;
use pairbox::message::fingerprint::fingerprint;
use pairbox::message::pacing::{Bucket, Pace, room_in};
use pairbox::message::policy::ColdSend;
use pairbox::message::wish::{MediaSource, SendWish, WishContent};
use pairbox::time::{Mono, UnixMillis};
use proptest::prelude::*;

const DAY_MS: u64 = 24 * 3600 * 1000;

fn seconds(seconds: u64) -> Mono {
    Mono(Duration::from_secs(seconds))
}

#[test]
fn a_burst_and_then_one_at_a_time() {
    let mut bucket = Bucket::new(Pace {
        per_minute: 20,
        burst: 5,
    });
    let now = seconds(100);
    for _ in 0..5 {
        assert_eq!(bucket.wait(now), Duration::ZERO);
        bucket.take(now);
    }
    assert_eq!(bucket.wait(now), Duration::from_secs(3));
    assert_eq!(bucket.wait(seconds(103)), Duration::ZERO);
    bucket.take(seconds(103));
    assert_eq!(bucket.wait(seconds(103)), Duration::from_secs(3));
    // After a pause the whole burst is there again, and no more than that.
    let later = seconds(1000);
    for _ in 0..5 {
        assert_eq!(bucket.wait(later), Duration::ZERO);
        bucket.take(later);
    }
    assert!(bucket.wait(later) > Duration::ZERO);
}

#[test]
fn a_full_queue_says_when_to_come_back() {
    let pace = |per_minute| {
        room_in(Pace {
            per_minute,
            burst: 5,
        })
    };
    assert_eq!(pace(20), Duration::from_secs(3));
    assert_eq!(pace(600), Duration::from_secs(1));
    assert_eq!(pace(0), Duration::from_secs(1));
    assert_eq!(pace(1), Duration::from_secs(60));
}

proptest! {
    /// Whoever sends whenever it is allowed sends no more than the burst and the pace in any stretch.
    #[test]
    fn never_more_than_the_pace(
        per_minute in 1_u32..600,
        burst in 1_u32..20,
        pauses in proptest::collection::vec(0_u64..20_000, 1..80),
    ) {
        let mut bucket = Bucket::new(Pace { per_minute, burst });
        let (mut now, mut sent) = (Mono::START, Vec::new());
        for pause in pauses {
            now = now + Duration::from_millis(pause);
            now = now + bucket.wait(now);
            prop_assert_eq!(bucket.wait(now), Duration::ZERO, "what it says is enough");
            bucket.take(now);
            sent.push(now);
        }
        for (first, from) in sent.iter().enumerate() {
            for (last, to) in sent.iter().enumerate().skip(first) {
                let allowed = f64::from(burst) + to.since(*from).as_secs_f64() * f64::from(per_minute) / 60.0;
                let count = u32::try_from(last - first + 1).unwrap();
                prop_assert!(f64::from(count) <= allowed + 1e-6, "{} in {:?}", count, to.since(*from));
            }
        }
    }
}

#[test]
fn who_is_a_stranger() {
    let person: Chat = "15550002222@s.whatsapp.net".parse().unwrap();
    let group: Chat = "120363041234567890@g.us".parse().unwrap();
    let now = UnixMillis(100 * DAY_MS);
    let ago = |days: u64| Some(UnixMillis((100 - days) * DAY_MS));
    let week = Duration::from_secs(7 * 24 * 3600);
    let of = |guard, chat: &Chat, answers, wrote| warmth(guard, chat, answers, wrote, now, week);
    let block = |wrote| of(ColdSend::Block, &person, false, wrote);
    assert_eq!(block(None), Warmth::Blocked);
    assert_eq!(block(ago(8)), Warmth::Blocked);
    assert_eq!(block(ago(7)), Warmth::Warm);
    // A clock that was ahead when they wrote makes nobody a stranger.
    assert_eq!(block(Some(UnixMillis(now.0 + 1))), Warmth::Warm);
    assert_eq!(of(ColdSend::Warn, &person, false, None), Warmth::Cold);
    assert_eq!(of(ColdSend::Off, &person, false, None), Warmth::Warm);
    assert_eq!(of(ColdSend::Block, &person, true, None), Warmth::Warm);
    assert_eq!(of(ColdSend::Block, &group, false, None), Warmth::Warm);
}

fn wish(text: &str) -> SendWish {
    SendWish {
        account: AccountId::FIRST,
        to: "15550002222".to_owned(),
        content: WishContent::Text(text.to_owned()),
        quoted: None,
        mentions: Vec::new(),
        typing: false,
        idempotency_key: None,
        expires_in: None,
        reply: false,
    }
}

#[test]
fn the_same_wish_is_known_again() {
    let file = |name: &str| SendWish {
        content: WishContent::Media {
            kind: MediaKind::Image,
            source: MediaSource::Spooled {
                file: name.to_owned(),
                mimetype: "image/png".to_owned(),
                size: 3,
            },
            caption: None,
            filename: None,
        },
        ..wish("")
    };
    assert_eq!(fingerprint(&wish("a")), fingerprint(&wish("a")));
    assert_eq!(fingerprint(&file("ab12-1")), fingerprint(&file("ab12-2")));
    let keyed = SendWish {
        idempotency_key: Some("k".to_owned()),
        ..wish("a")
    };
    assert_eq!(fingerprint(&keyed), fingerprint(&wish("a")));
    let mut all = vec![
        fingerprint(&wish("a")),
        fingerprint(&wish("b")),
        fingerprint(&file("ab12-1")),
        fingerprint(&file("ab13-1")),
    ];
    for other in [
        SendWish {
            to: "1".to_owned(),
            ..wish("a")
        },
        SendWish {
            mentions: vec!["1".to_owned()],
            ..wish("a")
        },
        SendWish {
            typing: true,
            ..wish("a")
        },
        SendWish {
            quoted: Some("X".parse().unwrap()),
            ..wish("a")
        },
        SendWish {
            expires_in: Some(Duration::from_secs(1)),
            ..wish("a")
        },
    ] {
        all.push(fingerprint(&other));
    }
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn ids_look_like_those_of_whatsapp_web() {
    let id = MessageId::made_of(&[b"seed", &[0]]);
    assert_eq!(id, MessageId::made_of(&[b"seed", &[0]]));
    assert_ne!(id, MessageId::made_of(&[b"seed\0", &[]]));
    let text = id.as_str();
    assert_eq!(text.len(), 22);
    assert!(text.starts_with("3EB0"));
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    assert!(text.bytes().all(is_digit));
}
