//! Who asks: every way to show a token, every way not to be believed, and getting in by a code on the
//! panel, with its tries and its pause in model time.

use std::time::Duration;

use pairbox::clock::Clock;
use pairbox::event::{Event, Intent, Source};
use pairbox::limits::{ACCESS_CODE, ACCESS_LOCK, ACCESS_TRIES};
use pairbox::snapshot::PanelHealth;
use pairbox::store::{Life, NewToken};
use pairbox::time::{Mono, Now, UnixMillis};
use pairbox::token::{Caller, Scope, TokenId};
use pairbox::web::access::Door;
use pairbox::web::problem::Problem;
use pairbox::web::route::Head;
use serde_json::json;
use sha2::Digest as _;

use super::entrance::{Entrance, body};

fn refused(outcome: Result<Caller, Problem>) -> (u16, &'static str) {
    let problem = outcome.expect_err("it was believed");
    (problem.status, problem.code)
}

fn holds(outcome: Result<Caller, Problem>, token: u32) {
    match outcome {
        Ok(Caller::Holder(grant)) => assert_eq!(grant.token, TokenId(token)),
        other => panic!("not a holder: {other:?}"),
    }
}

#[test]
fn a_token_is_shown_in_three_ways() {
    let box_ = Entrance::open();
    let token = box_.token(&json!({"name": "a", "scopes": ["read"]}));
    let other = box_.token(&json!({"name": "b", "scopes": ["read"]}));
    assert_eq!(box_.caller("GET", &[]), Ok(Caller::Stranger));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {token}");
        holds(box_.caller("GET", &[("Authorization", &value)]), 1);
    }
    let bearer = format!("Bearer {token}");
    let cookie = format!("theme=dark; pairbox={token}; x");
    holds(box_.caller("GET", &[("X-Api-Key", &token)]), 1);
    holds(box_.caller("GET", &[("Cookie", &cookie)]), 1);
    // The same one several times is one.
    let same = [
        ("Authorization", &*bearer),
        ("x-api-key", &token),
        ("cookie", &cookie),
    ];
    holds(box_.caller("POST", &same), 1);
    // A cookie that is good for nothing counts for nothing.
    let stale = [("Authorization", &*bearer), ("Cookie", "pairbox=pbx_old")];
    holds(box_.caller("GET", &stale), 1);
    // Two different ones do not.
    for two in [
        [("Authorization", &*bearer), ("X-Api-Key", &other)],
        [("X-Api-Key", &*other), ("Cookie", &cookie)],
    ] {
        assert_eq!(refused(box_.caller("GET", &two)), (400, "two_credentials"));
    }
    for name in ["Authorization", "X-Api-Key"] {
        let twice = [(name, &*bearer), (name, &*bearer)];
        assert_eq!(
            refused(box_.caller("GET", &twice)),
            (400, "repeated_header")
        );
    }
}

#[test]
fn nobody_is_believed_without_a_good_token() {
    let box_ = Entrance::open();
    let token = box_.token(&json!({"name": "a", "scopes": ["admin"]}));
    let long = format!("Bearer pbx_{}", "A".repeat(100_000));
    for wrong in [
        "",
        "Bearer",
        "Bearer ",
        "Basic cGFpcmJveDpwYWlyYm94",
        &token,
        "Bearer pbx_",
        "Bearer pbx_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        &format!("Bearer {token}x"),
        &format!("Bearer {}", &token[..token.len() - 1]),
        &format!("Bearer {}", token.to_uppercase()),
        &format!("Bearer {token} {token}"),
        &format!("Bearer {}", token.replace("pbx_", "pbx\u{fffd}")),
        &long,
    ] {
        let outcome = box_.caller("GET", &[("Authorization", wrong)]);
        assert_eq!(refused(outcome), (401, "bad_token"), "{wrong:.60}");
    }
    // The control socket asks nobody.
    let head = Head {
        method: "POST",
        target: "/",
        headers: &[("Authorization", "Bearer nonsense")],
    };
    let now = Now {
        mono: Mono::START,
        wall: None,
    };
    let caller = box_.desk.caller(&head, Door::Control, now);
    assert_eq!(caller, Ok(Caller::Console));
}

#[test]
fn a_token_ends_when_it_says_and_needs_a_clock_for_it() {
    let box_ = Entrance::open();
    let token = box_.token(&json!({"name": "a", "scopes": ["read"], "expires_in_s": 3600}));
    let endless = box_.token(&json!({"name": "b", "scopes": ["read"]}));
    let end = match box_.store.tokens().borrow()[0].is.life {
        Life::Until(end) => end,
        other => panic!("{other:?}"),
    };
    let bearer = format!("Bearer {token}");
    let bearer = [("Authorization", &*bearer)];
    holds(
        box_.caller_at(Some(UnixMillis(end.0 - 1)), "GET", &bearer),
        1,
    );
    let late = box_.caller_at(Some(end), "GET", &bearer);
    assert_eq!(refused(late), (401, "bad_token"));
    let unknown = box_.caller_at(None, "GET", &bearer);
    assert_eq!(refused(unknown), (401, "clock_not_set"));
    // In a cookie it is as if it were not there.
    let cookie = format!("pairbox={token}");
    for wall in [Some(end), None] {
        let caller = box_.caller_at(wall, "GET", &[("Cookie", &cookie)]);
        assert_eq!(caller, Ok(Caller::Stranger));
    }
    holds(box_.caller_at(None, "GET", &[("X-Api-Key", &endless)]), 2);
}

#[test]
fn a_cookie_acts_for_our_own_page_only() {
    let box_ = Entrance::open();
    let token = box_.token(&json!({"name": "a", "scopes": ["admin"]}));
    let cookie = format!("pairbox={token}");
    let cookie = ("Cookie", &*cookie);
    let own = ("Origin", "http://192.168.1.20");
    let site = |word| ("Sec-Fetch-Site", word);
    for method in ["POST", "PATCH", "DELETE", "PUT"] {
        holds(box_.caller(method, &[cookie, own]), 1);
        holds(box_.caller(method, &[cookie, site("same-origin")]), 1);
        for foreign in [
            vec![cookie],
            vec![cookie, site("none")],
            vec![cookie, site("cross-site")],
            vec![cookie, site("same-site")],
            vec![cookie, own, site("same-site")],
            vec![cookie, ("Origin", "http://192.168.1.20:8081")],
            vec![cookie, ("Origin", "https://192.168.1.20")],
            vec![cookie, ("Origin", "null")],
        ] {
            let outcome = box_.caller(method, &foreign);
            assert_eq!(
                refused(outcome),
                (403, "cross_site"),
                "{method} {foreign:?}"
            );
        }
        // A program has no origin, and no cookie.
        holds(box_.caller(method, &[("X-Api-Key", &token)]), 1);
    }
    // Looking: a link from anywhere opens the page, as a stranger would see it.
    for method in ["GET", "HEAD"] {
        holds(box_.caller(method, &[cookie]), 1);
        holds(box_.caller(method, &[cookie, site("none")]), 1);
        let linked = box_.caller(method, &[cookie, site("same-site")]);
        assert_eq!(linked, Ok(Caller::Stranger));
    }
}

#[test]
fn a_check_costs_no_disk() {
    const CHECKS: u32 = 2_000;
    let box_ = Entrance::open();
    let token = box_.token(&json!({"name": "a", "scopes": ["read"]}));
    for number in 1..pairbox::limits::TOKENS_MAX {
        box_.token(&json!({"name": number.to_string(), "scopes": ["read"]}));
    }
    let wrong = format!("pbx_{}", "A".repeat(43));
    let before = box_.store.counters();
    let clock = Clock::start();
    for _ in 0..CHECKS {
        box_.bearer(&token).unwrap();
    }
    let good_us = clock.mono().0.as_micros() / u128::from(CHECKS);
    for _ in 0..CHECKS {
        box_.bearer(&wrong).unwrap_err();
    }
    figure!(
        "access: one of {} tokens is recognised in about {good_us} µs",
        pairbox::limits::TOKENS_MAX
    );
    assert_eq!(box_.store.counters(), before);
    // Nobody is locked out by wrong ones.
    box_.bearer(&token).unwrap();
}

#[test]
fn whoever_reads_the_panel_gets_in() {
    let box_ = Entrance::open();
    let shown = box_.show_code().unwrap();
    let left = shown["expires_in_ms"].as_u64().unwrap();
    assert!((1..=60_000).contains(&left), "{left}");
    let cookie = box_.type_code(&box_.code()).unwrap();
    let (pair, flags) = cookie.split_once("; ").unwrap();
    assert_eq!(flags, "HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000");
    assert!(pair.starts_with("pairbox=pbx_"), "{pair:.12}");
    let who = box_.caller("GET", &[("Cookie", pair)]).unwrap();
    assert!(who.may(Scope::Admin, None));
    let list = body(&box_.desk.list(&who).unwrap());
    assert_eq!(list["data"][0]["kind"], "browser");
    assert_eq!(list["data"][0]["own"], true);
    // Signing out takes it back, and the cookie away.
    let out = box_.desk.sign_out(&who).unwrap();
    assert_eq!(out.status, 204);
    assert_eq!(
        out.headers,
        [(
            "Set-Cookie",
            "pairbox=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0".to_owned()
        )]
    );
    assert_eq!(
        box_.caller("GET", &[("Cookie", pair)]),
        Ok(Caller::Stranger)
    );
    // A code lets in once.
    assert!(box_.snapshots.borrow().access.is_none());
    assert_eq!(box_.type_code("000000").unwrap_err().code, "no_code");
}

#[test]
fn a_code_is_guessed_five_times_and_then_not_for_a_quarter_of_an_hour() {
    let box_ = Entrance::open();
    let token = box_.token(&json!({"name": "a", "scopes": ["admin"]}));
    box_.show_code().unwrap();
    let right = box_.code();
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for left in (1..ACCESS_TRIES).rev() {
        let problem = box_.type_code(wrong).unwrap_err();
        assert_eq!((problem.status, problem.code), (403, "wrong_code"));
        assert!(
            problem.detail.contains(&left.to_string()),
            "{}",
            problem.detail
        );
    }
    let locked = |outcome: Result<(), Problem>| {
        let problem = outcome.expect_err("not locked");
        assert_eq!((problem.status, problem.code), (429, "locked"));
        let wait = problem.retry_after_s.unwrap();
        assert!(u64::from(wait) <= ACCESS_LOCK.as_secs() + 60, "{wait}");
    };
    let try_code = |code: &str| box_.type_code(code).map(|_| ());
    locked(try_code(wrong));
    // Now the right one is as good as any, and no other is shown.
    locked(try_code(&right));
    locked(box_.show_code().map(|_| ()));
    assert!(box_.snapshots.borrow().access.is_none());
    // Whoever is in stays in.
    box_.bearer(&token).unwrap();
    box_.pass(ACCESS_LOCK.saturating_sub(Duration::from_secs(1)));
    locked(box_.show_code().map(|_| ()));
    box_.pass(Duration::from_secs(1));
    box_.show_code().unwrap();
    box_.type_code(&box_.code()).unwrap();
}

#[test]
fn a_code_ends_and_is_not_pushed_away_by_others() {
    let box_ = Entrance::open();
    box_.show_code().unwrap();
    let code = box_.code();
    for _ in 0..20 {
        box_.show_code().unwrap();
        assert_eq!(box_.code(), code);
    }
    box_.pass(ACCESS_CODE);
    assert_eq!(box_.type_code(&code).unwrap_err().code, "no_code");
}

#[test]
fn without_a_panel_there_is_no_code() {
    let box_ = Entrance::with(PanelHealth::Headless);
    let problem = box_.show_code().unwrap_err();
    assert_eq!((problem.status, problem.code), (409, "no_panel"));
}

#[test]
fn a_code_is_six_digits_and_nothing_else() {
    let box_ = Entrance::open();
    box_.show_code().unwrap();
    for (sent, code) in [
        (r#"{"code":"12345"}"#, "bad_code"),
        (r#"{"code":"1234567"}"#, "bad_code"),
        (r#"{"code":"12345x"}"#, "bad_code"),
        (r#"{"code":"١٢٣"}"#, "bad_code"),
        (r#"{"code":123456}"#, "bad_body"),
        ("{}", "bad_body"),
        ("", "bad_body"),
        (r#"{"code":"123456","remember":true}"#, "unknown_field"),
    ] {
        let problem = box_.desk.sign_in(sent.as_bytes()).unwrap_err();
        assert_eq!((problem.status, problem.code), (422, code), "{sent}");
        assert!(!problem.detail.contains("1234"), "{}", problem.detail);
    }
    // None of these was a try.
    box_.type_code(&box_.code()).unwrap();
}

#[test]
fn the_buttons_take_every_token_back() {
    let box_ = Entrance::open();
    let token = box_.token(&json!({"name": "a", "scopes": ["admin"]}));
    box_.show_code().unwrap();
    let cookie = box_.type_code(&box_.code()).unwrap();
    let (pair, _) = cookie.split_once(';').unwrap();
    box_.happen(Event::Intent {
        intent: Intent::ResetTokens,
        source: Source::Button,
        ticket: None,
    });
    // Whatever the machine answers next, it has done that before.
    box_.show_code().unwrap();
    assert_eq!(refused(box_.bearer(&token)), (401, "bad_token"));
    assert_eq!(
        box_.caller("GET", &[("Cookie", pair)]),
        Ok(Caller::Stranger)
    );
    box_.type_code(&box_.code()).unwrap();
}

/// A browser let in while the clock was not set, and one that came later.
#[test]
fn what_ends_with_the_program_needs_no_clock() {
    let box_ = Entrance::open();
    let digest = sha2::Sha256::digest(b"pbx_0123456789012345678901234567890123456789abc").into();
    let passing = NewToken {
        name: "browser".into(),
        scopes: vec![Scope::Admin],
        accounts: None,
        created_at: None,
        life: Life::ThisRun,
        browser: true,
        digest,
    };
    crate::store::block_on(box_.store.add_token(passing, None)).unwrap();
    let cookie = [(
        "Cookie",
        "pairbox=pbx_0123456789012345678901234567890123456789abc",
    )];
    holds(box_.caller_at(None, "GET", &cookie), 1);
    let much_later = Some(UnixMillis(4_000_000_000_000));
    holds(box_.caller_at(much_later, "GET", &cookie), 1);
}
