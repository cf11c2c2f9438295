//! Who must not get anything: other sites, other names, the network.
//!
//! Each refusal is checked by its code, and by what is not in it: no QR text, no number, no name, no
//! message; and no wish may have reached the inbox.

use pairbox::snapshot::{LastError, Status};
use pairbox::time::Mono;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::rig::{PHONE, QR_TEXT, Rig, mine, scan};

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn only_names_that_no_stranger_can_register() {
    let rig = Rig::start();
    for host in [
        "127.0.0.1",
        "127.0.0.1:8080",
        "192.168.1.20:80",
        "192.168.1.20",
        "raspberrypi.local",
        "[::1]:8080",
        "[fe80::1]",
        "localhost",
        "LocalHost:8080",
        "pairbox.local",
        "Shop-Box.local:8080",
        "a.b.local",
    ] {
        let answer = rig.ask("GET", "/api/v1/status", &[("Host", host)], "");
        assert_eq!(answer.status(), 200, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "pairbox.local.evil.example",
        "evil-local",
        "local",
        ".local",
        "a..local",
        "[::1",
        "[127.0.0.1]",
        "::1",
        "localhost:",
        "localhost:99999",
        "user@localhost",
        "pairbox.local.",
    ] {
        for path in ["/", "/livez", "/api/v1/status", &*mine("qr")] {
            rig.ask("GET", path, &[("Host", host)], "")
                .assert_problem(403, "foreign_host");
        }
    }
}

#[test]
fn another_sites_page_can_do_nothing() {
    let rig = Rig::start();
    rig.publish(scan());
    let own = format!("http://{}", rig.address);
    let other_port = "http://127.0.0.1:1".to_owned();
    for (name, value) in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Origin", &other_port),
        ("Origin", &own.replace("http:", "https:")),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        for path in ["start", "stop", "logout", "messages"] {
            let path = mine(path);
            rig.ask("POST", &path, &[JSON, (name, value)], "")
                .assert_problem(403, "cross_site");
        }
        for path in ["/panel.png", &mine("qr"), &mine("messages")] {
            rig.ask("GET", path, &[(name, value)], "")
                .assert_problem(403, "cross_site");
        }
    }
    // What a form can send without asking first.
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ] {
        let headers = [("Content-Type", content_type)];
        rig.ask("POST", &mine("start"), &headers, "{}")
            .assert_problem(415, "not_json");
    }
    rig.ask("POST", &mine("start"), &[], "")
        .assert_problem(415, "not_json");
    assert!(rig.wishes.try_recv().is_err(), "a wish got through");
    // Following a link from another site is fine, it shows the page only.
    let link = rig.ask("GET", "/", &[("Sec-Fetch-Site", "cross-site")], "");
    assert_eq!(link.status(), 200);
    assert_eq!(link.header("x-frame-options"), "DENY");
    assert_eq!(link.header("cross-origin-resource-policy"), "same-origin");
}

/// What a visitor from the network may not learn.
const SECRETS: [&str; 6] = [QR_TEXT, "secret words", PHONE, "1234\"", "Kim", "text 0"];

#[test]
fn the_network_sees_states_and_nothing_else() {
    for ip in [Ipv4Addr::UNSPECIFIED, Ipv4Addr::LOCALHOST] {
        let rig = Rig::on(ip.into());
        let error = LastError {
            code: "pair_rejected",
            message: "secret words of the service".into(),
            at: Mono::START,
        };
        for status in [scan(), Status::Working, Status::Stopped] {
            let word = status.word();
            rig.publish(status);
            rig.snapshots.send_modify(|snapshot| {
                Arc::make_mut(snapshot).accounts[0].last_error = Some(error.clone());
            });
            let stranger = |method, path: &str| match method {
                "GET" => rig.ask(method, path, &[], ""),
                _ => rig.ask(method, path, &[JSON], "{}"),
            };
            let bare = stranger("GET", "/api/v1/status");
            let body = bare.json();
            assert_eq!(body["caller"]["kind"], "stranger");
            assert_eq!(body["sessions"][0]["status"], word);
            let mut replies = vec![bare, stranger("GET", "/"), stranger("GET", "/livez")];
            for path in [
                "/panel.png",
                &*mine("qr"),
                &mine("messages"),
                "/api/v1/tokens",
                "/metrics",
            ] {
                let refused = stranger("GET", path);
                refused.assert_problem(401, "unauthorized");
                replies.push(refused);
            }
            for path in ["start", "stop", "logout", "messages"] {
                let refused = stranger("POST", &mine(path));
                refused.assert_problem(401, "unauthorized");
                replies.push(refused);
            }
            for reply in replies {
                for secret in SECRETS {
                    assert!(!reply.text.contains(secret), "{secret} in {}", reply.text);
                }
            }
        }
        assert!(rig.wishes.try_recv().is_err(), "a wish got through");
    }
}

#[test]
fn a_token_does_not_open_more_than_it_says() {
    let rig = Rig::start();
    rig.publish_two();
    let keys = rig.keys.clone();
    for (key, method, path, code) in [
        (&keys.read, "POST", mine("start"), "missing_scope"),
        (
            &keys.read,
            "GET",
            "/api/v1/tokens".to_owned(),
            "missing_scope",
        ),
        (
            &keys.control,
            "POST",
            "/api/v1/tokens".to_owned(),
            "missing_scope",
        ),
        (&keys.send, "GET", mine("qr"), "missing_scope"),
        (&keys.second, "GET", mine("qr"), "other_session"),
        (&keys.second, "POST", mine("start"), "other_session"),
    ] {
        rig.by(key, method, &path, "{}").assert_problem(403, code);
    }
    rig.by("pbx_nonsense", "POST", &mine("start"), "{}")
        .assert_problem(401, "bad_token");
    assert!(rig.wishes.try_recv().is_err(), "a wish got through");
}

/// On port 80, as a device has it: browsers name the port neither in `Host` nor in `Origin`.
#[test]
fn our_own_page_on_the_port_that_nobody_types() {
    let rig = Rig::start();
    let cookie = format!("pairbox={}", rig.keys.admin);
    for host in ["192.168.1.20", "[fe80::1]", "raspberrypi.local"] {
        let start = |origin: &str| {
            let headers = [
                JSON,
                ("Cookie", &*cookie),
                ("Host", host),
                ("Origin", origin),
            ];
            rig.ask("POST", &mine("start"), &headers, "{}")
        };
        let done = start(&format!("http://{host}"));
        assert!(done.status() < 300, "{host}: {}", done.text);
        // Another program on the same machine is another site.
        start(&format!("http://{host}:8080")).assert_problem(403, "cross_site");
    }
}

#[test]
fn a_cookie_opens_what_its_token_does_for_our_own_page() {
    let rig = Rig::start();
    let cookie = format!("pairbox={}", rig.keys.admin);
    let cookie = ("Cookie", &*cookie);
    let own = format!("http://{}", rig.address);
    let looked = rig.ask("GET", "/api/v1/tokens", &[cookie], "");
    assert_eq!(looked.status(), 200);
    rig.ask("POST", &mine("start"), &[JSON, cookie], "{}")
        .assert_problem(403, "cross_site");
    assert!(rig.wishes.try_recv().is_err(), "a wish got through");
    let done = rig.ask(
        "POST",
        &mine("start"),
        &[JSON, cookie, ("Origin", &own)],
        "{}",
    );
    assert!(done.status() < 300, "{}", done.text);
    let bearer = format!("Bearer {}", rig.keys.read);
    rig.ask(
        "GET",
        "/api/v1/status",
        &[cookie, ("Authorization", &bearer)],
        "",
    )
    .assert_problem(400, "two_credentials");
    // An old cookie does not keep a browser from the page.
    let old = rig.ask(
        "GET",
        "/api/v1/status",
        &[("Cookie", "pairbox=pbx_old")],
        "",
    );
    assert_eq!(old.json()["caller"]["kind"], "stranger");
}
