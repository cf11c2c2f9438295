//! From a request's head to what is asked: a pure function.
//!
//! Every request passes [`route`] first, so that the rules for all of them are in one place: who
//! may ask at all (`guard`), which paths there are, which methods they take. There is no file
//! system behind the paths and nothing is percent-decoded: a path is one of these or it is a 404.

use super::guard;
use super::problem::Problem;
use crate::account::AccountId;

/// Most messages answered at once, and how many when nothing is said.
const MESSAGES_MAX: usize = 200;
const MESSAGES_DEFAULT: usize = 50;

/// The head of a request.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method as sent.
    pub method: &'a str,
    /// The target as sent: path and query.
    pub target: &'a str,
    /// All headers in order; names in any case.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> Head<'a> {
    /// The value of a header that may be there once; `Err` if it is there more often, which is how
    /// requests are smuggled past a check.
    pub fn header(&self, name: &str) -> Result<Option<&'a str>, Problem> {
        let mut values = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(Problem::new(
                400,
                "repeated_header",
                "A header that may be there once is there more often.",
            )),
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// `GET /`
    Page,
    /// `GET /livez`
    Livez,
    /// `GET /metrics`
    Metrics,
    /// `GET /panel.png`
    PanelPng,
    /// `GET /api/v1/status`
    Status,
    /// `GET /api/v1/sessions/{id}/qr`
    Qr(AccountId),
    /// `POST /api/v1/sessions/{id}/start|stop|logout`
    Control(AccountId, Action),
    /// `GET /api/v1/sessions/{id}/messages`
    ListMessages {
        /// Whose.
        account: AccountId,
        /// At most this many, the newest.
        limit: usize,
    },
    /// `POST /api/v1/sessions/{id}/messages`
    SendMessage(AccountId),
}

/// What can be done to a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Bring it online, or show a fresh QR.
    Start,
    /// Take it offline, keep the link.
    Stop,
    /// Unlink it.
    Logout,
}

/// Finds what is asked, or why it is not answered.
pub fn route(head: &Head<'_>) -> Result<Route, Problem> {
    guard::host(head, &[])?;
    let (path, query) = head.target.split_once('?').unwrap_or((head.target, ""));
    let route = match Method::of(head.method) {
        Some(method) => find(method, path, query)?,
        None => return Err(wrong_method(path)),
    };
    match route {
        Route::Page | Route::Livez | Route::Status => {}
        Route::Metrics | Route::PanelPng | Route::Qr(_) | Route::ListMessages { .. } => {
            guard::same_site(head)?;
        }
        Route::Control(..) | Route::SendMessage(_) => {
            guard::same_site(head)?;
            guard::json_body(head)?;
        }
    }
    Ok(route)
}

/// The methods that mean something here; HEAD is a GET whose body is not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Method {
    Get,
    Post,
}

impl Method {
    fn of(word: &str) -> Option<Self> {
        match word {
            "GET" | "HEAD" => Some(Self::Get),
            "POST" => Some(Self::Post),
            _ => None,
        }
    }
}

fn find(method: Method, path: &str, query: &str) -> Result<Route, Problem> {
    let route = match (method, path) {
        (Method::Get, "/") => Route::Page,
        (Method::Get, "/livez") => Route::Livez,
        (Method::Get, "/metrics") => Route::Metrics,
        (Method::Get, "/panel.png") => Route::PanelPng,
        (Method::Get, "/api/v1/status") => Route::Status,
        _ => return find_session(method, path, query),
    };
    Ok(route)
}

fn find_session(method: Method, path: &str, query: &str) -> Result<Route, Problem> {
    let Some((account, noun)) = session_path(path) else {
        return Err(match allowed(path) {
            Some(_) => wrong_method(path),
            None => Problem::new(404, "not_found", "There is nothing at this path."),
        });
    };
    match (method, noun) {
        (Method::Get, "qr") => qr_format(query).map(|()| Route::Qr(account)),
        (Method::Post, "start" | "connect") => Ok(Route::Control(account, Action::Start)),
        (Method::Post, "stop" | "disconnect") => Ok(Route::Control(account, Action::Stop)),
        (Method::Post, "logout") => Ok(Route::Control(account, Action::Logout)),
        (Method::Get, "messages") => {
            messages_limit(query).map(|limit| Route::ListMessages { account, limit })
        }
        (Method::Post, "messages") => Ok(Route::SendMessage(account)),
        _ => Err(wrong_method(path)),
    }
}

/// `/api/v1/sessions/{id}/{noun}`, if it is one.
fn session_path(path: &str) -> Option<(AccountId, &str)> {
    let (id, noun) = path.strip_prefix("/api/v1/sessions/")?.split_once('/')?;
    session_noun_methods(noun)?;
    Some((parse_session(id)?, noun))
}

/// The account behind `ses_N`.
fn parse_session(id: &str) -> Option<AccountId> {
    let digits = id.strip_prefix("ses_")?;
    // One spelling for each: no sign, no leading zero.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain).map(AccountId)
}

/// How an account is called on the wire.
#[must_use]
pub fn session_id(account: AccountId) -> String {
    format!("ses_{account}")
}

fn session_noun_methods(noun: &str) -> Option<&'static str> {
    match noun {
        "qr" => Some("GET, HEAD"),
        "start" | "connect" | "stop" | "disconnect" | "logout" => Some("POST"),
        "messages" => Some("GET, HEAD, POST"),
        _ => None,
    }
}

/// The methods of a path; `None` when there is nothing.
fn allowed(path: &str) -> Option<&'static str> {
    match path {
        "/" | "/livez" | "/metrics" | "/panel.png" | "/api/v1/status" => Some("GET, HEAD"),
        _ => session_path(path).and_then(|(_, noun)| session_noun_methods(noun)),
    }
}

fn wrong_method(path: &str) -> Problem {
    match allowed(path) {
        Some(methods) => Problem::new(
            405,
            "method_not_allowed",
            format!("This path takes {methods}."),
        )
        .allowing(methods),
        None => Problem::new(404, "not_found", "There is nothing at this path."),
    }
}

/// The values of a query parameter. Unknown parameters are nobody's business.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn qr_format(query: &str) -> Result<(), Problem> {
    match parameter(query, "format") {
        None | Some("svg") => Ok(()),
        Some(_) => Err(Problem::new(
            422,
            "unknown_format",
            "The QR comes as `svg` only.",
        )),
    }
}

fn messages_limit(query: &str) -> Result<usize, Problem> {
    let Some(text) = parameter(query, "limit") else {
        return Ok(MESSAGES_DEFAULT);
    };
    text.parse()
        .ok()
        .filter(|limit| (1..=MESSAGES_MAX).contains(limit))
        .ok_or_else(|| {
            Problem::new(
                422,
                "bad_limit",
                format!("`limit` is a number from 1 to {MESSAGES_MAX}."),
            )
        })
}
