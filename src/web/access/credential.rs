//! What a request carries to show who sends it: a token in `Authorization` or `X-Api-Key`, or cookies.
//! Pure.

use super::bad_token;
use crate::web::problem::Problem;
use crate::web::route::Head;

/// Name of the cookie.
pub(super) const COOKIE: &str = "pairbox";

/// A token that was sent on purpose. Without `Debug`: it is a secret.
#[derive(Clone, Copy)]
pub(super) struct Credential<'a> {
    /// The token as sent.
    pub text: &'a str,
}

/// Everything that was sent.
pub(super) struct Sent<'a> {
    /// By a program, or by our page with a token that was pasted there.
    pub explicit: Option<Credential<'a>>,
    /// By a browser, of itself. There can be several of one name, for other paths or domains.
    pub cookies: Vec<&'a str>,
}

/// What a head carries.
///
/// # Errors
/// 400 `two_credentials` when two different tokens are sent, 401 for another scheme than `Bearer`.
pub(super) fn of<'a>(head: &Head<'a>) -> Result<Sent<'a>, Problem> {
    let bearer = head.header("Authorization")?.map(bearer).transpose()?;
    let key = head.header("X-Api-Key")?.map(str::trim);
    let explicit = match (bearer, key) {
        (Some(bearer), Some(key)) if bearer != key => return Err(two()),
        (bearer, key) => bearer.or(key),
    };
    let cookies = head.headers.iter();
    let cookies = cookies.filter(|(name, _)| name.eq_ignore_ascii_case("Cookie"));
    let cookies = cookies.flat_map(|(_, pairs)| pairs.split(';'));
    let cookies = cookies.filter_map(|pair| pair.trim().split_once('='));
    Ok(Sent {
        explicit: explicit.map(|text| Credential { text }),
        cookies: cookies
            .filter(|(name, _)| *name == COOKIE)
            .map(|(_, value)| value)
            .collect(),
    })
}

/// The token of `Bearer TOKEN` (RFC 6750; the scheme's name in any case).
fn bearer(value: &str) -> Result<&str, Problem> {
    match value.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => Ok(token.trim()),
        _ => Err(bad_token()),
    }
}

/// Two different ones at once: whoever sends that does not know what it is doing.
pub(super) fn two() -> Problem {
    Problem::new(
        400,
        "two_credentials",
        "The request carries two different tokens. Send one; a browser signs out first.",
    )
}
