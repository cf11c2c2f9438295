//! What can be asked of the service that runs on this box: the shape of those commands.
//!
//! How each is done is `cli`'s business; the long help texts are in `help`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::gateway::{MessagesAsk, PolicyAsk, RequestsAsk, SendAsk, WebhookAsk};
use super::help;
use crate::token::Scope;

/// A command for the service that runs.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum Ask {
    /// Say how the accounts are: one line each, or everything about one
    #[command(after_long_help = help::STATUS)]
    Status(Which),
    /// List the accounts with their numbers and session ids
    #[command(after_long_help = help::ACCOUNTS)]
    Accounts(ConsoleOptions),
    /// Add an account, and start pairing it
    #[command(after_long_help = help::ADD)]
    Add {
        /// Its name, 1 to 25 characters [default: one after the box's]
        label: Option<String>,
        /// Pair by a code to type on the phone with this number
        #[arg(long, value_name = "N")]
        phone: Option<String>,
        /// Do not start pairing
        #[arg(long, conflicts_with = "phone")]
        no_start: bool,
        /// How the service is reached, and what is printed
        #[command(flatten)]
        console: ConsoleOptions,
    },
    /// Bring an account online; pairing begins if it is not linked
    #[command(after_long_help = help::START)]
    Start(Which),
    /// Take an account offline; the link is kept
    #[command(after_long_help = help::STOP)]
    Stop(Which),
    /// Take an account offline and bring it online again
    #[command(after_long_help = help::RESTART)]
    Restart(Which),
    /// Link an account: draw the QR here, or ask for a code to type on the phone
    #[command(after_long_help = help::PAIR)]
    Pair {
        /// Which account
        #[command(flatten)]
        which: Which,
        /// Pair by a code to type on the phone with this number, country code first
        #[arg(long, value_name = "N")]
        phone: Option<String>,
        /// Give up after so many seconds [default: when the codes run out]
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
        timeout: Option<u64>,
    },
    /// Unlink an account at WhatsApp and forget its keys; name and settings stay
    #[command(after_long_help = help::LOGOUT)]
    Logout {
        /// Which account
        #[command(flatten)]
        which: Which,
        /// Whether it is meant
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Give an account another name
    #[command(after_long_help = help::RENAME)]
    Rename {
        /// Label, number or session id
        account: String,
        /// The new name, 1 to 25 characters
        label: String,
        /// How the service is reached, and what is printed
        #[command(flatten)]
        console: ConsoleOptions,
    },
    /// Unlink an account and forget everything about it, its messages too
    #[command(after_long_help = help::DELETE)]
    Delete {
        /// Label, number or session id
        account: String,
        /// Whether it is meant
        #[command(flatten)]
        confirm: Confirm,
        /// How the service is reached, and what is printed
        #[command(flatten)]
        console: ConsoleOptions,
    },
    /// Show an account on the panel; the buttons act on it
    #[command(after_long_help = help::SELECT)]
    Select {
        /// Label, number or session id
        account: String,
        /// How the service is reached, and what is printed
        #[command(flatten)]
        console: ConsoleOptions,
    },
    /// Send a text or a file
    #[command(after_long_help = help::SEND)]
    Send(SendAsk),
    /// List the last messages of an account, and how far those that went out are
    #[command(after_long_help = help::MESSAGES)]
    Messages(MessagesAsk),
    /// Let people in who wrote and wait for approval, or send them away
    #[command(subcommand, after_long_help = help::REQUESTS)]
    Requests(RequestsAsk),
    /// Make, list, test and forget the webhooks that events are posted to
    #[command(subcommand, after_long_help = help::WEBHOOK)]
    Webhook(WebhookAsk),
    /// Show or change who may write to an account, and to whom it writes
    #[command(subcommand, after_long_help = help::POLICY)]
    Policy(PolicyAsk),
    /// Show where the messages of an account are taken
    #[command(after_long_help = help::ROUTES)]
    Routes(Which),
    /// Make, list and take back the tokens that programs and browsers use
    #[command(subcommand, after_long_help = help::TOKEN)]
    Token(TokenAsk),
    /// Say what happened to the accounts, and with --follow what happens
    #[command(after_long_help = help::EVENTS)]
    Events {
        /// Which account
        #[command(flatten)]
        which: Which,
        /// Go on with what happens, until Ctrl-C
        #[arg(long, short)]
        follow: bool,
        /// Only these kinds, as session.status,device.button
        #[arg(long, value_name = "KIND", value_delimiter = ',')]
        types: Vec<String>,
        /// At most so many of the past
        #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "follow",
              value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
    },
}

/// A command about tokens.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum TokenAsk {
    /// Make a token and print it, this once
    #[command(after_long_help = help::TOKEN_CREATE)]
    Create {
        /// What it is for, for the list
        #[arg(default_value = "command line")]
        name: String,
        /// What it allows: read, control, send, admin
        #[arg(
            long = "scope",
            value_name = "SCOPE",
            value_delimiter = ',',
            default_value = "read"
        )]
        scopes: Vec<Scope>,
        /// Only with this account; can be given several times [default: all, those to come too]
        #[arg(long = "account", value_name = "ACCOUNT")]
        accounts: Vec<String>,
        /// Until when it is good: 30m, 12h, 90d [default: until it is taken back]
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires_in: Option<u64>,
        /// How the service is reached, and what is printed
        #[command(flatten)]
        console: ConsoleOptions,
    },
    /// List the tokens: what they allow, not what they are
    #[command(after_long_help = help::TOKEN_LIST)]
    List(ConsoleOptions),
    /// Take a token back
    #[command(after_long_help = help::TOKEN_REVOKE)]
    Revoke {
        /// Its id, like `tok_3`
        id: String,
        /// How the service is reached, and what is printed
        #[command(flatten)]
        console: ConsoleOptions,
    },
}

/// An account, and how to reach the service.
#[derive(Clone, PartialEq, Eq, Debug, Default, Args)]
pub struct Which {
    /// Label (or the start of one), number as in `pairbox accounts`, or session id; not needed where
    /// there is one account
    pub account: Option<String>,
    /// How the service is reached, and what is printed
    #[command(flatten)]
    pub console: ConsoleOptions,
}

/// How the service is reached, and how the answer is printed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Args)]
#[command(next_help_heading = "Output and connection")]
pub struct ConsoleOptions {
    /// Print the API's JSON
    #[arg(long)]
    pub json: bool,
    /// The service's control socket [default: `PAIRBOX_SOCKET`, else as configured, else
    /// /run/pairbox/control.sock]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// The service's configuration file, for its socket [default: /etc/pairbox/pairbox.toml, if it is
    /// there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Consent to what cannot be undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Args)]
pub struct Confirm {
    /// Do not ask; needed where nobody can be asked
    #[arg(long, short)]
    pub yes: bool,
}

impl Ask {
    /// How the service is reached.
    #[must_use]
    pub fn console(&self) -> &ConsoleOptions {
        match self {
            Self::Status(which)
            | Self::Start(which)
            | Self::Stop(which)
            | Self::Restart(which)
            | Self::Pair { which, .. }
            | Self::Logout { which, .. }
            | Self::Routes(which)
            | Self::Events { which, .. } => &which.console,
            Self::Accounts(console)
            | Self::Add { console, .. }
            | Self::Rename { console, .. }
            | Self::Delete { console, .. }
            | Self::Select { console, .. } => console,
            Self::Send(ask) => &ask.console,
            Self::Messages(ask) => &ask.which.console,
            Self::Requests(ask) => ask.console(),
            Self::Webhook(ask) => ask.console(),
            Self::Policy(ask) => ask.console(),
            Self::Token(ask) => match ask {
                TokenAsk::List(console)
                | TokenAsk::Create { console, .. }
                | TokenAsk::Revoke { console, .. } => console,
            },
        }
    }
}

/// A time like `90d` in seconds.
fn lifetime(text: &str) -> Result<u64, String> {
    let wrong = || "a time is a number and one of m, h, d: 30m, 12h, 90d".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    if number == 0 {
        return Err(wrong());
    }
    Ok(u64::from(number) * seconds)
}

#[cfg(test)]
mod tests {
    use super::lifetime;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(lifetime("30m"), Ok(1800));
        assert_eq!(lifetime("12h"), Ok(43_200));
        assert_eq!(lifetime("90d"), Ok(7_776_000));
        for wrong in ["", "d", "0d", "-1d", "5", "5w", "5é", "99999999999d"] {
            assert!(lifetime(wrong).is_err(), "{wrong}");
        }
    }
}
