//! Getting in by standing at the box: the panel shows a code, whoever can read it types it.
//!
//! The machine keeps the code, counts the tries and makes the pauses; here the digits are made by chance,
//! and the browser gets its cookie.

use super::bodies::{CodeBody, CodeShown, SignedIn};
use super::credential::COOKIE;
use super::{AccessDesk, after, too_slow, waiting};
use crate::event::{Answer, Denial, Intent, Source};
use crate::limits::{ACCESS_CODE, BROWSER_TOKEN_LIFE};
use crate::secret::Secret;
use crate::store::{Life, NewToken};
use crate::time::Mono;
use crate::token::{Caller, Scope};
use crate::web::problem::Problem;
use crate::web::reply::Reply;

/// What the token of a browser is called, unless its person says otherwise.
const BROWSER: &str = "browser";

impl AccessDesk {
    /// `POST /api/v1/access/code`: the panel shows a code.
    ///
    /// # Errors
    /// 409 `no_panel`, 429 `locked`, 503 `busy` or `ending`.
    pub fn show_code(&self) -> Result<Reply, Problem> {
        let code = make_code()
            .ok_or_else(|| Problem::new(503, "no_chance", "The system gives no random numbers."))?;
        self.ask(Intent::ShowAccessCode { code })?;
        // It may have been up already.
        let now = self.parts.clock.mono();
        let shown = self.parts.snapshots.borrow().access.clone();
        let left = shown.map_or(ACCESS_CODE, |code| code.expires_at.since(now));
        Ok(Reply::json(202, &CodeShown::lasting(left)))
    }

    /// `POST /api/v1/access`: a code was typed. Whoever typed the right one gets a token in a cookie.
    ///
    /// # Errors
    /// 403 `wrong_code`, 409 `no_code`, 422 for a wrong body, 429 `locked`, 503.
    pub fn sign_in(&self, body: &[u8]) -> Result<Reply, Problem> {
        let typed = CodeBody::parse(body)?;
        // Without a place for the token the code would be used up for nothing.
        self.store()?;
        self.ask(Intent::TryAccessCode { code: typed.code })?;
        let now = self.parts.clock.now().wall;
        let (text, token) = self.keep(NewToken {
            name: BROWSER.to_owned(),
            scopes: vec![Scope::Admin],
            accounts: None,
            created_at: now,
            life: now.map_or(Life::ThisRun, |now| {
                Life::Until(after(now, BROWSER_TOKEN_LIFE))
            }),
            browser: true,
            digest: [0; 32],
        })?;
        let body = SignedIn {
            token: self.view(&token, Some(token.id)),
        };
        let reply = Reply::json(200, &body);
        let seconds = BROWSER_TOKEN_LIFE.as_secs();
        Ok(reply.header("Set-Cookie", &cookie(text.expose(), seconds)))
    }

    /// `DELETE /api/v1/access`: takes the caller's own token back, and the cookie away.
    ///
    /// # Errors
    /// 503 `store`.
    pub fn sign_out(&self, caller: &Caller) -> Result<Reply, Problem> {
        if let Caller::Holder(grant) = caller {
            self.remove(grant.token)?;
        }
        let reply = Reply::new(204, "application/json", Vec::new());
        Ok(reply.header("Set-Cookie", &cookie("", 0)))
    }

    /// Asks the machine, and waits for its answer.
    fn ask(&self, intent: Intent) -> Result<(), Problem> {
        let asked = self
            .parts
            .tickets
            .ask(&self.parts.inbox, intent, Source::Page);
        let answer = asked.map_err(|error| {
            Problem::new(503, "busy", format!("Not done: {error}.")).retry_after_s(1)
        })?;
        match waiting::wait(answer).ok_or_else(too_slow)? {
            Ok(Answer::Done | Answer::Added(_) | Answer::Typed { .. }) => Ok(()),
            Ok(Answer::Denied(denial)) => Err(self.refusal(&denial)),
            Err(_) => Err(ending()),
        }
    }

    fn refusal(&self, denial: &Denial) -> Problem {
        match denial {
            Denial::NoPanel => Problem::new(
                409,
                "no_panel",
                "This box has no panel that could show a code. On the box, run: pairbox token create",
            ),
            Denial::NoAccessCode => Problem::new(
                409,
                "no_code",
                "No code is on the panel (any more). Ask for one.",
            ),
            Denial::WrongAccessCode { left } => Problem::new(
                403,
                "wrong_code",
                format!("That is not the code on the panel. Tries left: {left}."),
            ),
            Denial::AccessLocked { until } => self.locked(*until),
            Denial::StoreFailed { why } => {
                Problem::new(503, "store", format!("The storage failed: {why}."))
            }
            Denial::Ending
            | Denial::UnknownAccount
            | Denial::LabelTaken
            | Denial::TooManyAccounts
            | Denial::AlreadyLinked
            | Denial::NoTypedCode { .. } => ending(),
        }
    }

    fn locked(&self, until: Mono) -> Problem {
        let left = until.since(self.parts.clock.mono());
        let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
        Problem::new(
            429,
            "locked",
            "Too many wrong codes. Wait, or make a token on the box: pairbox token create",
        )
        .retry_after_s(seconds.saturating_add(1))
    }
}

fn ending() -> Problem {
    Problem::new(503, "ending", "The box is ending or starting; try again.").retry_after_s(1)
}

/// Sent back by browsers to this box only, shown to no script, and sent along with nothing that another
/// site starts. (No `Secure`: on a LAN there is no HTTPS.)
fn cookie(value: &str, seconds: u64) -> String {
    format!("{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}")
}

/// Six digits, each code as likely as any other.
fn make_code() -> Option<Secret> {
    const CODES: u32 = 1_000_000;
    // Numbers past the last whole million would make some codes likelier.
    const FAIR: u32 = u32::MAX - u32::MAX % CODES;
    loop {
        let number = getrandom::u32().ok()?;
        if number < FAIR {
            return Some(Secret::new(format!("{:06}", number % CODES)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_six_digits_and_differ() {
        let codes: std::collections::BTreeSet<_> = (0..1000)
            .map(|_| make_code().unwrap().expose().to_owned())
            .collect();
        assert!(codes.len() > 990, "{}", codes.len());
        for code in codes {
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }
}
