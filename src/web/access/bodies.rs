//! What is sent and answered about tokens and codes, as JSON. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::limits::{TOKEN_LIFE_MAX, TOKEN_NAME_CHARS};
use crate::secret::Secret;
use crate::store::{Life, StoredToken};
use crate::token::Scope;
use crate::ulid::SessionIds;
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::rfc3339;

/// Codes have so many digits.
const CODE_DIGITS: usize = 6;

/// The body of `POST /api/v1/tokens`.
pub(super) struct NewTokenBody {
    pub name: String,
    pub scopes: Vec<Scope>,
    pub accounts: Option<Vec<AccountId>>,
    pub lasts: Option<Duration>,
}

#[derive(Deserialize)]
struct RawToken {
    name: String,
    scopes: Vec<String>,
    sessions: Option<Vec<String>>,
    expires_in_s: Option<u64>,
}

impl NewTokenBody {
    pub fn parse(body: &[u8], sessions: SessionIds) -> Result<Self, Problem> {
        let raw: RawToken = object(body, &["name", "scopes", "sessions", "expires_in_s"])?;
        let name = raw.name.trim();
        let fits = (1..=TOKEN_NAME_CHARS).contains(&name.chars().count());
        if !fits || name.chars().any(char::is_control) {
            let detail = format!("`name` has 1 to {TOKEN_NAME_CHARS} characters.");
            return Err(Problem::new(422, "bad_name", detail));
        }
        let scopes: Result<Vec<Scope>, _> = raw.scopes.iter().map(|word| word.parse()).collect();
        let mut scopes = scopes
            .ok()
            .filter(|scopes| !scopes.is_empty())
            .ok_or_else(|| {
                let detail = "`scopes` is a list of one or more of: read, control, send, admin.";
                Problem::new(422, "bad_scopes", detail)
            })?;
        scopes.sort_unstable();
        scopes.dedup();
        let lasts = raw.expires_in_s.map(Duration::from_secs);
        if lasts.is_some_and(|lasts| lasts.is_zero() || lasts > TOKEN_LIFE_MAX) {
            let most = TOKEN_LIFE_MAX.as_secs();
            let detail = format!("`expires_in_s` is a number of seconds from 1 to {most}.");
            return Err(Problem::new(422, "bad_expiry", detail));
        }
        Ok(Self {
            name: name.to_owned(),
            accounts: accounts(raw.sessions.as_deref(), &scopes, sessions)?,
            scopes,
            lasts,
        })
    }
}

/// The accounts a token is limited to.
fn accounts(
    named: Option<&[String]>,
    scopes: &[Scope],
    sessions: SessionIds,
) -> Result<Option<Vec<AccountId>>, Problem> {
    let Some(named) = named else { return Ok(None) };
    let known: Option<Vec<_>> = named.iter().map(|name| sessions.account(name)).collect();
    let mut accounts = known.ok_or_else(unknown_session)?;
    if accounts.is_empty() {
        let detail = "`sessions` is a list of one or more sessions; leave it out for all.";
        return Err(Problem::new(422, "bad_sessions", detail));
    }
    if scopes.contains(&Scope::Admin) {
        // It could make itself a token without that limit, or nothing of what it says it may.
        let detail = "A token that may do everything cannot be limited to some sessions.";
        return Err(Problem::new(422, "bad_sessions", detail));
    }
    accounts.sort_unstable();
    accounts.dedup();
    Ok(Some(accounts))
}

pub(super) fn unknown_session() -> Problem {
    Problem::new(
        422,
        "bad_sessions",
        "`sessions` names one that does not exist.",
    )
}

/// The body of `POST /api/v1/access`.
pub(super) struct CodeBody {
    pub code: Secret,
}

impl CodeBody {
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct RawCode {
            code: String,
        }
        let raw: RawCode = object(body, &["code"])?;
        let code = Secret::new(raw.code);
        let digits = code.expose().bytes();
        if digits.len() == CODE_DIGITS && digits.clone().all(|digit| digit.is_ascii_digit()) {
            Ok(Self { code })
        } else {
            let detail = format!("`code` is the {CODE_DIGITS} digits on the panel.");
            Err(Problem::new(422, "bad_code", detail))
        }
    }
}

/// A JSON object without other fields than these.
fn object<T: for<'de> Deserialize<'de>>(body: &[u8], fields: &[&str]) -> Result<T, Problem> {
    Fields::parse(body, fields)?;
    // Its words are not passed on: they quote the value.
    serde_json::from_slice(body).map_err(|_| {
        let fields = fields.join(", ");
        let detail = format!("The fields are {fields}; see /api/v1/openapi.json for their kinds.");
        Problem::new(422, "bad_body", detail)
    })
}

/// A token, for an administrator: what it allows, not what it is.
#[derive(Serialize)]
pub(super) struct TokenView<'a> {
    id: String,
    name: &'a str,
    scopes: Vec<&'static str>,
    sessions: Option<Vec<String>>,
    /// `token`, or `browser` for one that stands in a cookie.
    kind: &'static str,
    created_at: Option<String>,
    expires_at: Option<String>,
    /// It ends when the box is restarted: it was made while the clock was not set.
    until_restart: bool,
    /// It is the one the request was made with.
    own: bool,
}

impl<'a> TokenView<'a> {
    pub fn of(token: &'a StoredToken, sessions: SessionIds, own: bool) -> Self {
        let is = &token.is;
        let accounts = is.accounts.as_ref();
        Self {
            id: token.id.to_string(),
            name: &is.name,
            scopes: is.scopes.iter().map(|scope| scope.word()).collect(),
            sessions: accounts.map(|all| all.iter().map(|id| sessions.name(*id)).collect()),
            kind: if is.browser { "browser" } else { "token" },
            created_at: is.created_at.map(rfc3339::format),
            expires_at: match is.life {
                Life::Until(end) => Some(rfc3339::format(end)),
                Life::Endless | Life::ThisRun => None,
            },
            until_restart: is.life == Life::ThisRun,
            own,
        }
    }
}

/// `GET /api/v1/tokens`.
#[derive(Serialize)]
pub(super) struct TokenList<'a> {
    data: Vec<TokenView<'a>>,
    /// There are never so many that they need a second page.
    next_cursor: Option<String>,
}

impl<'a> TokenList<'a> {
    pub fn of(data: Vec<TokenView<'a>>) -> Self {
        Self {
            data,
            next_cursor: None,
        }
    }
}

/// `POST /api/v1/tokens`.
#[derive(Serialize)]
pub(super) struct Created<'a> {
    pub token: TokenView<'a>,
    /// The token itself: said this once.
    pub secret: &'a str,
}

/// `POST /api/v1/access`.
#[derive(Serialize)]
pub(super) struct SignedIn<'a> {
    pub token: TokenView<'a>,
}

/// `POST /api/v1/access/code`.
#[derive(Serialize)]
pub(super) struct CodeShown {
    expires_in_ms: u64,
}

impl CodeShown {
    pub fn lasting(left: Duration) -> Self {
        Self {
            expires_in_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
