//! The router under thousands of random heads: it never panics, it always answers in one of its
//! forms, and what it lets through it should have.
//!
//! The heads are mixed from words that mean something and from noise; what must hold is said here in
//! other words than the router's own.

use pairbox::web::reply::Reply;
use pairbox::web::route::{Head, Route, route};
use proptest::prelude::*;
use proptest::sample::select;

/// What clients may send, next to plain noise.
const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "",
];
const PATHS: &[&str] = &[
    "/",
    "/livez",
    "/panel.png",
    "/api/v1/status",
    "/api/v1/sessions/ses_1/qr",
    "/api/v1/sessions/ses_1/start",
    "/api/v1/sessions/ses_1/stop",
    "/api/v1/sessions/ses_1/logout",
    "/api/v1/sessions/ses_1/messages",
    "/api/v1/sessions/ses_01/qr",
    "/api/v1/sessions/ses_99999999999999999999/qr",
    "/api/v1/sessions//qr",
    "/../etc/passwd",
    "//",
    "*",
    "http://127.0.0.1/",
];
const QUERIES: &[&str] = &[
    "",
    "?",
    "?limit=5",
    "?limit=-1",
    "?limit=201",
    "?format=png",
    "?a&b=&=c",
];
const NAMES: &[&str] = &[
    "Host",
    "host",
    "Origin",
    "Sec-Fetch-Site",
    "Content-Type",
    "content-type",
];
const VALUES: &[&str] = &[
    "127.0.0.1:8080",
    "[::1]:8080",
    "pairbox.local",
    "evil.example",
    "127.0.0.1.evil.example",
    "evil.local.example",
    ".local",
    "http://127.0.0.1:8080",
    "http://evil.example",
    "null",
    "same-origin",
    "none",
    "same-site",
    "cross-site",
    "application/json",
    "application/json; charset=utf-8",
    "text/plain",
];

fn text(known: &'static [&'static str], noise: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(known).prop_map(str::to_owned),
        1 => noise,
    ]
}

fn header() -> impl Strategy<Value = (String, String)> {
    (text(NAMES, "[ -~]{0,12}"), text(VALUES, "[ -~]{0,40}"))
}

fn target() -> impl Strategy<Value = String> {
    (text(PATHS, "/[ -~]{0,60}"), text(QUERIES, "\\?[ -~]{0,30}"))
        .prop_map(|(path, query)| path + &query)
}

/// What the values of a header say, each once, whatever the order.
fn values<'a>(headers: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    headers
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn every_head_gets_a_route_or_a_problem(
        method in text(METHODS, "[A-Z]{0,8}"),
        target in target(),
        // A plausible host is there in half of the cases, or nothing would ever get through.
        host in proptest::option::of(select(&["127.0.0.1:8080", "pairbox.local"][..])),
        mut headers in proptest::collection::vec(header(), 0..5),
    ) {
        if let Some(host) = host {
            headers.push(("Host".into(), host.into()));
        }
        let borrowed: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let head = Head { method: &method, target: &target, headers: &borrowed };
        match route(&head) {
            Ok(route) => check_route(route, &method, &headers)?,
            Err(problem) => {
                let reply = Reply::from(problem.clone());
                prop_assert_eq!(reply.content_type, "application/problem+json");
                prop_assert!((400..500).contains(&reply.status), "{:?}", reply);
                let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
                prop_assert_eq!(&body["status"], &serde_json::json!(reply.status));
                prop_assert_eq!(&body["code"], &serde_json::json!(problem.code));
                prop_assert_eq!(reply.status == 405, problem.allow.is_some());
            }
        }
    }
}

/// What must hold of a head that was let through, said in other words than the router's.
fn check_route(
    route: Route,
    method: &str,
    headers: &[(String, String)],
) -> Result<(), TestCaseError> {
    let hosts = values(headers, "Host");
    prop_assert_eq!(hosts.len(), 1);
    prop_assert!(!hosts[0].contains("evil"), "{}", hosts[0]);
    let writes = matches!(route, Route::Control(..) | Route::SendMessage(_));
    prop_assert_eq!(method == "POST", writes);
    if writes {
        prop_assert!(values(headers, "Content-Type")[0].starts_with("application/json"));
    }
    if !matches!(route, Route::Page | Route::Livez | Route::Status) {
        for site in values(headers, "Sec-Fetch-Site") {
            prop_assert!(site == "same-origin" || site == "none", "{}", site);
        }
        for origin in values(headers, "Origin") {
            prop_assert_eq!(origin, format!("http://{}", hosts[0]));
        }
    }
    Ok(())
}
