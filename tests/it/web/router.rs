//! The router under thousands of random heads: it never panics, it always answers in one of its
//! forms, and what it lets through it should have.
//!
//! The heads are mixed from words that mean something and from noise; what must hold is said here in
//! other words than the router's own.

use pairbox::token::Caller;
use pairbox::web::reply::Reply;
use pairbox::web::route::operation::Need;
use pairbox::web::route::{Head, Names, Route, route};
use proptest::prelude::*;
use proptest::sample::select;

use super::rig::ids;

/// What clients may send, next to plain noise.
const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "",
];
const PATHS: &[&str] = &[
    "/",
    "/livez",
    "/panel.png",
    "/api/v1/status",
    "/api/v1/sessions",
    "/api/v1/sessions/ses_01KJM3E6C30000000000000007",
    "/api/v1/sessions/ses_01KJM3E6C30000000000000007/qr",
    "/api/v1/sessions/ses_01KJM3E6C30000000000000007/start",
    "/api/v1/sessions/ses_01KJM3E6C30000000000000007/pairing-code",
    "/api/v1/sessions/ses_01KJM3E6C30000000000000007/messages",
    "/api/v1/sessions/ses_1/qr",
    "/api/v1/sessions/ses_99999999999999999999/qr",
    "/api/v1/sessions//qr",
    "/api/v1/tokens/tok_3",
    "/api/v1/tokens/tok_03",
    "/api/v1/access",
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
        let names = Names { sessions: ids(), hosts: Vec::new() };
        let head = Head { method: &method, target: &target, headers: &borrowed };
        match route(&head, &names) {
            Ok(route) => check_route(&route, &method, &headers)?,
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
    route: &Route,
    method: &str,
    headers: &[(String, String)],
) -> Result<(), TestCaseError> {
    let hosts = values(headers, "Host");
    prop_assert_eq!(hosts.len(), 1);
    prop_assert!(!hosts[0].contains("evil"), "{}", hosts[0]);
    let writes = !matches!(method, "GET" | "HEAD");
    let wanted = if writes { method } else { "GET" };
    prop_assert_eq!(route.operation.method.word(), wanted);
    if writes && method != "DELETE" {
        prop_assert!(values(headers, "Content-Type")[0].starts_with("application/json"));
    }
    let needs = !matches!(route.operation.need, Need::Nothing | Need::Anybody);
    prop_assert_eq!(route.permit(&Caller::Stranger).is_err(), needs);
    prop_assert!(route.permit(&Caller::Console).is_ok());
    if needs || writes {
        for site in values(headers, "Sec-Fetch-Site") {
            prop_assert!(site == "same-origin" || site == "none", "{}", site);
        }
        for origin in values(headers, "Origin") {
            prop_assert_eq!(origin, format!("http://{}", hosts[0]));
        }
    }
    Ok(())
}

/// A path with a name for each that stands for something.
pub fn in_full(template: &str, id: &str) -> String {
    [
        ("{id}", id),
        ("{token}", "tok_1"),
        ("{mid}", "3EB0KEPT"),
        ("{jid}", "15550009876@s.whatsapp.net"),
        ("{code}", "ABCD2345"),
        ("{event}", "evt_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ("{webhook}", "wh_1"),
        ("{delivery}", "dlv_1"),
    ]
    .iter()
    .fold(template.to_owned(), |path, (name, sent)| {
        path.replace(name, sent)
    })
}

/// The one check of who may do what, over every operation, kind of caller and session.
#[test]
fn who_may_do_what_is_the_table_of_the_design() {
    use pairbox::account::AccountId;
    use pairbox::token::{Grant, Scope, TokenId};
    let names = Names {
        sessions: ids(),
        hosts: Vec::new(),
    };
    let name = ids().name(AccountId(2));
    let holder = |scopes: &[Scope], accounts: Option<&[u32]>| {
        Caller::Holder(Grant {
            token: TokenId(1),
            scopes: scopes.to_vec(),
            accounts: accounts.map(|all| all.iter().copied().map(AccountId).collect()),
            expires_at: None,
        })
    };
    for row in pairbox::web::route::table::operations() {
        let target = in_full(row.path, &name);
        let json = ("Content-Type", "application/json");
        let head = Head {
            method: row.method.word(),
            target: &target,
            headers: &[("Host", "localhost"), json],
        };
        let route = route(&head, &names).unwrap();
        assert_eq!(route.operation.id, row.id);
        let code = |caller: &Caller| route.permit(caller).err().map(|it| it.code);
        let open = matches!(row.need, Need::Nothing | Need::Anybody);
        assert_eq!(code(&Caller::Stranger), (!open).then_some("unauthorized"));
        assert_eq!(code(&Caller::Console), None);
        assert_eq!(code(&holder(&[Scope::Admin], None)), None, "{}", row.id);
        assert_eq!(code(&holder(&[], None)), (!open).then_some("missing_scope"));
        for scope in Scope::ALL {
            let wanted = row.need.scope();
            let lacks = wanted.is_some_and(|wanted| scope != wanted && scope != Scope::Admin);
            let (mine, other) = (Some(&[2, 5][..]), Some(&[5][..]));
            let limited = |allowed: bool| match (open, lacks, allowed) {
                (true, ..) | (false, false, true) => None,
                (false, true, _) => Some("missing_scope"),
                (false, false, false) => Some("other_session"),
            };
            let one = !matches!(row.need, Need::Box(_));
            assert_eq!(code(&holder(&[scope], None)), limited(true), "{}", row.id);
            assert_eq!(code(&holder(&[scope], mine)), limited(one), "{}", row.id);
            let some = matches!(row.need, Need::Some(_));
            assert_eq!(code(&holder(&[scope], other)), limited(some), "{}", row.id);
        }
    }
}
