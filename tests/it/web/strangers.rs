//! Who must not get anything: other sites, other names, the network.
//!
//! Each refusal is checked by its code, and by what is not in it: no QR text, no number, no name, no
//! message; and no wish may have reached the inbox.

use pairbox::snapshot::{LastError, Status};
use pairbox::time::Mono;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::rig::{PHONE, QR_TEXT, Rig, scan};

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn only_names_that_no_stranger_can_register() {
    let rig = Rig::start();
    for host in [
        "127.0.0.1",
        "127.0.0.1:8080",
        "192.168.1.20:80",
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
        for path in ["/", "/livez", "/api/v1/status", "/api/v1/sessions/ses_1/qr"] {
            rig.ask("GET", path, &[("Host", host)], "")
                .assert_problem(403, "foreign_host");
        }
    }
}

#[test]
fn another_sites_page_can_do_nothing() {
    let mut rig = Rig::start();
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
            let path = format!("/api/v1/sessions/ses_1/{path}");
            rig.ask("POST", &path, &[JSON, (name, value)], "")
                .assert_problem(403, "cross_site");
        }
        for path in [
            "/panel.png",
            "/api/v1/sessions/ses_1/qr",
            "/api/v1/sessions/ses_1/messages",
        ] {
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
        rig.ask("POST", "/api/v1/sessions/ses_1/start", &headers, "{}")
            .assert_problem(415, "not_json");
    }
    rig.ask("POST", "/api/v1/sessions/ses_1/start", &[], "")
        .assert_problem(415, "not_json");
    assert!(rig.wishes.try_recv().is_err(), "a wish got through");
    // Following a link from another site is fine, it shows the page only.
    let link = rig.ask("GET", "/", &[("Sec-Fetch-Site", "cross-site")], "");
    assert_eq!(link.status(), 200);
    assert_eq!(link.header("x-frame-options"), "DENY");
    assert_eq!(link.header("cross-origin-resource-policy"), "same-origin");
}

#[test]
fn the_network_sees_states_and_nothing_else() {
    let mut rig = Rig::on(Ipv4Addr::UNSPECIFIED.into());
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
        let bare = rig.get("/api/v1/status");
        let body = bare.json();
        assert_eq!(body["access"], "status_only");
        assert_eq!(body["sessions"][0]["status"], word);
        assert_eq!(body["sessions"][0]["last_error"]["code"], "pair_rejected");
        let mut replies = vec![bare, rig.get("/"), rig.get("/livez")];
        for path in [
            "/panel.png",
            "/api/v1/sessions/ses_1/qr",
            "/api/v1/sessions/ses_1/messages",
        ] {
            let refused = rig.get(path);
            refused.assert_problem(403, "local_only");
            replies.push(refused);
        }
        for path in ["start", "stop", "logout", "messages"] {
            let refused = rig.post(&format!("/api/v1/sessions/ses_1/{path}"), "{}");
            refused.assert_problem(403, "local_only");
            replies.push(refused);
        }
        for reply in replies {
            for secret in [
                QR_TEXT,
                "secret",
                PHONE,
                &PHONE[PHONE.len() - 4..],
                "Kim",
                "text 0",
            ] {
                assert!(!reply.text.contains(secret), "{secret} in {}", reply.text);
            }
        }
    }
    assert!(rig.wishes.try_recv().is_err(), "a wish got through");
}

#[test]
fn the_status_has_no_secret_even_at_home() {
    let rig = Rig::start();
    for status in [scan(), Status::Working] {
        rig.publish(status);
        let text = rig.get("/api/v1/status").text;
        assert!(!text.contains("secret") && !text.contains(PHONE), "{text}");
    }
}
