//! What an operation of the API is: one row of the table in `table`, from which the router, `Allow`,
//! the permission check and the OpenAPI document are made. Pure; words only.

use super::query::Parameter;
use super::{Ask, Asked};
use crate::account::AccountId;
use crate::token::Scope;
use crate::web::problem::Problem;

/// One thing that can be asked for: a method on a path.
#[derive(Debug)]
pub struct Operation {
    /// Its name in the OpenAPI document: `startSession`.
    pub id: &'static str,
    /// The method; a GET answers HEAD too.
    pub method: Method,
    /// The path: `{id}` stands for a session's name, `{token}` for a token's, and so on.
    pub path: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What whoever asks has to have.
    pub need: Need,
    /// The parameters of its query.
    pub query: &'static [Parameter],
    /// What is to be sent along.
    pub body: Body,
    /// The answers that are no problems.
    pub answers: &'static [Answer],
    /// The codes of problems of its own; those that follow from need, body and path come along by
    /// themselves ([`Operation::problems`]).
    pub problems: &'static [&'static str],
    /// From the path's names and the query to what is asked.
    pub make: fn(&Asked<'_>) -> Result<Ask, Problem>,
}

/// The methods that mean something here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Looks only.
    Get,
    /// Does something.
    Post,
    /// Says what it is from now on.
    Put,
    /// Changes something.
    Patch,
    /// Takes something away.
    Delete,
}

/// What whoever asks has to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Nothing, and it is the same for everybody: tokens are not even looked at.
    Nothing,
    /// Nothing, but who asks matters for the answer.
    Anybody,
    /// A scope, with the session it is about.
    Session(Scope),
    /// A scope, for whichever sessions; the answer holds only those.
    Some(Scope),
    /// A scope, for the whole box.
    Box(Scope),
}

/// What is to be sent along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    /// Nothing; what is there is not read.
    None,
    /// JSON of this schema, or nothing.
    Optional(&'static str),
    /// JSON of this schema.
    Json(&'static str),
    /// JSON of the first schema, or a multipart body of the second, which brings a file.
    JsonOrFile(&'static str, &'static str),
}

/// An answer that is no problem.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What it means.
    pub what: &'static str,
    /// The forms it comes in; none when it has no body.
    pub forms: &'static [Form],
}

/// A media type, and the schema of what is in it.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The media type without parameters.
    pub media: &'static str,
    /// The name of a schema.
    pub schema: &'static str,
}

impl Method {
    /// The method of that word; HEAD is a GET whose body is not sent.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "GET" | "HEAD" => Some(Self::Get),
            "POST" => Some(Self::Post),
            "PUT" => Some(Self::Put),
            "PATCH" => Some(Self::Patch),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Need {
    /// The scope that is wanted, and for what.
    #[must_use]
    pub fn scope(self) -> Option<Scope> {
        match self {
            Self::Nothing | Self::Anybody => None,
            Self::Session(scope) | Self::Some(scope) | Self::Box(scope) => Some(scope),
        }
    }
}

/// Problems that any request can meet, before it is known what it asks for.
const OF_ALL: &[&str] = &[
    "bad_request",
    "broken",
    "busy",
    "crowded",
    "cut_off",
    "expectation_failed",
    "foreign_host",
    "head_too_large",
    "http_version",
    "no_answer",
    "no_door",
    "no_host",
    "repeated_header",
    "too_long",
    "too_slow",
];

/// Problems of whatever needs a scope.
const OF_CALLERS: &[&str] = &["cross_site", "missing_scope", "unauthorized"];

/// Problems with telling who asks.
const OF_TOKENS: &[&str] = &["bad_token", "clock_not_set", "two_credentials"];

/// Problems of whatever takes a body.
const OF_BODIES: &[&str] = &[
    "bad_field",
    "bad_json",
    "cross_site",
    "cut_off",
    "not_json",
    "unknown_field",
];

/// Problems of whatever takes a file.
const OF_FILES: &[&str] = &[
    "bad_multipart",
    "spool_failed",
    "too_large",
    "too_many_uploads",
];

impl Operation {
    /// Every code a problem of this operation can have, in alphabetic order.
    #[must_use]
    pub fn problems(&self) -> Vec<&'static str> {
        let mut codes = [OF_ALL, self.problems].concat();
        if self.need != Need::Nothing {
            codes.extend(OF_TOKENS);
        }
        match self.need {
            Need::Nothing | Need::Anybody => {}
            Need::Session(_) => {
                codes.extend(OF_CALLERS);
                codes.extend(["other_session", "unknown_session"]);
            }
            Need::Some(_) => codes.extend(OF_CALLERS),
            Need::Box(_) => {
                codes.extend(OF_CALLERS);
                codes.push("other_session");
            }
        }
        match self.body {
            Body::None => {}
            Body::Optional(_) | Body::Json(_) => codes.extend(OF_BODIES),
            Body::JsonOrFile(..) => codes.extend([OF_BODIES, OF_FILES].concat()),
        }
        if self.method != Method::Get {
            codes.push("cross_site");
        }
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Whether an answer of this operation may have that status.
    #[must_use]
    pub fn lists(&self, status: u16) -> bool {
        let said = self.answers.iter().any(|answer| answer.status == status);
        said || self
            .problems()
            .iter()
            .any(|code| crate::web::problem::codes::statuses(code).any(|one| one == status))
    }

    /// The names in its path that stand for something, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let pieces = self.path.split('/');
        pieces.filter_map(|piece| piece.strip_prefix('{')?.strip_suffix('}'))
    }

    /// The session this is about, if the operation is about one.
    pub(super) fn is_about(&self, account: Option<AccountId>) -> Option<AccountId> {
        account.filter(|_| matches!(self.need, Need::Session(_)))
    }
}
