//! What a token allows: scopes, sessions, a time. Pure; how tokens are made, kept and compared is
//! `store` and `web`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::account::AccountId;
use crate::time::UnixMillis;

/// One thing that can be allowed (API.md, "Who may do what").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// Everything that is only looked at, QR and panel picture included.
    Read,
    /// Start, stop, pairing code, log out.
    Control,
    /// Messages.
    Send,
    /// Everything, tokens too.
    Admin,
}

/// Why a word is no scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a scope is one of: read, control, send, admin")]
pub struct ScopeError;

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Control, Self::Send, Self::Admin];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Control => "control",
            Self::Send => "send",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(word: &str) -> Result<Self, ScopeError> {
        let mut all = Self::ALL.into_iter();
        all.find(|scope| scope.word() == word).ok_or(ScopeError)
    }
}

/// The number of a token: its name on the wire is `tok_N`. Never given out again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TokenId(pub u32);

/// Why a text is no name of a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a token is called tok_ and a number")]
pub struct TokenIdError;

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tok_{}", self.0)
    }
}

impl FromStr for TokenId {
    type Err = TokenIdError;

    /// One spelling for each: no sign, no leading zero.
    fn from_str(name: &str) -> Result<Self, TokenIdError> {
        let digits = name.strip_prefix("tok_").ok_or(TokenIdError)?;
        let id = digits.parse().map(Self).map_err(|_| TokenIdError)?;
        (id.to_string() == name).then_some(id).ok_or(TokenIdError)
    }
}

/// What somebody with a token may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// The token.
    pub token: TokenId,
    /// What is allowed.
    pub scopes: Vec<Scope>,
    /// With which accounts; `None`: with all, those to come included.
    pub accounts: Option<Vec<AccountId>>,
    /// Until when; `None`: until it is taken back.
    pub expires_at: Option<UnixMillis>,
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Caller {
    /// Nobody we know.
    Stranger,
    /// Somebody with a token.
    Holder(Grant),
    /// Whoever can open the control socket: an administrator of the box.
    Console,
}

impl Caller {
    /// Whether this caller may do what needs `scope`, with `account` if it is about one. What is about
    /// the whole box (`None`) is not for tokens limited to some accounts.
    #[must_use]
    pub fn may(&self, scope: Scope, account: Option<AccountId>) -> bool {
        match self {
            Self::Stranger => false,
            Self::Console => true,
            Self::Holder(grant) => {
                let scopes = &grant.scopes;
                let allowed = scopes.contains(&scope) || scopes.contains(&Scope::Admin);
                let among = match (&grant.accounts, account) {
                    (None, _) => true,
                    (Some(accounts), Some(account)) => accounts.contains(&account),
                    (Some(_), None) => false,
                };
                allowed && among
            }
        }
    }

    /// Whether this caller may see an account's number, code and messages.
    #[must_use]
    pub fn sees(&self, account: AccountId) -> bool {
        self.may(Scope::Read, Some(account))
    }
}
