//! Commands about messages: sending and listing them, who may write, and where they are taken.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ask::{Confirm, ConsoleOptions, Which};
use super::help;

/// A message to send.
#[derive(Clone, PartialEq, Eq, Debug, Default, Args)]
pub struct SendAsk {
    /// Label, number or session id of the account that sends
    pub account: String,
    /// A phone number, or the address of a person or group
    pub to: String,
    /// What to say
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub text: Option<String>,
    /// Send this file; its ending says what it is
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What is written below the file
    #[arg(long, value_name = "TEXT", requires = "file")]
    pub caption: Option<String>,
    /// Send it as this type of message: image, video, audio, voice, document, sticker [default: what
    /// fits its ending]
    #[arg(long = "as", value_name = "TYPE", requires = "file",
          value_parser = ["image", "video", "audio", "voice", "document", "sticker"])]
    pub kind: Option<String>,
    /// The message that is answered, by its id
    #[arg(long, value_name = "ID")]
    pub quote: Option<String>,
    /// The same key within a day sends nothing again
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// How the service is reached, and what is printed
    #[command(flatten)]
    pub console: ConsoleOptions,
}

/// Which messages to list.
#[derive(Clone, PartialEq, Eq, Debug, Default, Args)]
pub struct MessagesAsk {
    /// Which account
    #[command(flatten)]
    pub which: Which,
    /// Only those of this chat, by its address
    #[arg(long, value_name = "JID")]
    pub chat: Option<String>,
    /// Only those that went this way: inbound or outbound
    #[arg(long, value_name = "WAY", value_parser = ["inbound", "outbound"])]
    pub direction: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub limit: u32,
}

/// What to do with those who wait for approval.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum RequestsAsk {
    /// List them
    #[command(after_long_help = help::REQUESTS_LIST)]
    List(Which),
    /// Let somebody in, by the code they were told
    #[command(after_long_help = help::REQUESTS_APPROVE)]
    Approve(Verdict),
    /// Send somebody away
    #[command(after_long_help = help::REQUESTS_DENY)]
    Deny(Verdict),
}

/// Whom it is about.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct Verdict {
    /// The code they were told
    pub code: String,
    /// Which account
    #[command(flatten)]
    pub which: Which,
}

/// A command about webhooks.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum WebhookAsk {
    /// List them, and how their lines stand
    #[command(after_long_help = help::WEBHOOK_LIST)]
    List(ConsoleOptions),
    /// Make one and print its secret, this once
    #[command(after_long_help = help::WEBHOOK_ADD)]
    Add {
        /// Where events are posted to
        url: String,
        /// What people call it
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// What it hears: message,message.ack,session.* [default: everything but QR codes]
        #[arg(long, value_name = "KIND", value_delimiter = ',')]
        events: Vec<String>,
        /// Only of this account; can be given several times [default: all, those to come too]
        #[arg(long = "account", value_name = "ACCOUNT")]
        accounts: Vec<String>,
        /// How the service is reached, and what is printed
        #[command(flatten)]
        console: ConsoleOptions,
    },
    /// Forget one, and what waits for it
    #[command(after_long_help = help::WEBHOOK_REMOVE)]
    Remove {
        /// Its id, like `wh_3`
        id: String,
        /// Whether it is meant
        #[command(flatten)]
        confirm: Confirm,
        /// How the service is reached, and what is printed
        #[command(flatten)]
        console: ConsoleOptions,
    },
    /// Post a test event to one
    #[command(after_long_help = help::WEBHOOK_TEST)]
    Test(Hook),
    /// List what waits for one, and what was given up
    #[command(after_long_help = help::WEBHOOK_DELIVERIES)]
    Deliveries {
        /// Which
        #[command(flatten)]
        hook: Hook,
        /// Only these: pending or dead
        #[arg(long, value_name = "STATUS", value_parser = ["pending", "dead"])]
        status: Option<String>,
    },
    /// Post something once more that was given up, or all of it
    #[command(after_long_help = help::WEBHOOK_REPLAY)]
    Replay {
        /// Which
        #[command(flatten)]
        hook: Hook,
        /// The delivery, like `dlv_7` [default: all that were given up]
        #[arg(long, value_name = "ID")]
        delivery: Option<String>,
    },
}

/// A webhook, and how to reach the service.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct Hook {
    /// Its id, like `wh_3`
    pub id: String,
    /// How the service is reached, and what is printed
    #[command(flatten)]
    pub console: ConsoleOptions,
}

/// Who may write to an account.
#[derive(Clone, PartialEq, Eq, Debug, Subcommand)]
pub enum PolicyAsk {
    /// Show it
    #[command(after_long_help = help::POLICY_SHOW)]
    Show(Which),
    /// Change some of it
    #[command(after_long_help = help::POLICY_SET)]
    Set {
        /// Label, number or session id
        account: String,
        /// `KEY=VALUE`, as `dm=pairing`, `require_mention=true`; lists with commas, as
        /// `allow_from=+15551234567,+15557654321`; nothing behind the `=` empties it
        #[arg(required = true, value_name = "KEY=VALUE")]
        changes: Vec<String>,
        /// How the service is reached, and what is printed
        #[command(flatten)]
        console: ConsoleOptions,
    },
}

impl RequestsAsk {
    /// How the service is reached.
    #[must_use]
    pub fn console(&self) -> &ConsoleOptions {
        match self {
            Self::List(which) => &which.console,
            Self::Approve(verdict) | Self::Deny(verdict) => &verdict.which.console,
        }
    }
}

impl WebhookAsk {
    /// How the service is reached.
    #[must_use]
    pub fn console(&self) -> &ConsoleOptions {
        match self {
            Self::List(console) | Self::Add { console, .. } | Self::Remove { console, .. } => {
                console
            }
            Self::Test(hook) | Self::Deliveries { hook, .. } | Self::Replay { hook, .. } => {
                &hook.console
            }
        }
    }
}

impl PolicyAsk {
    /// How the service is reached.
    #[must_use]
    pub fn console(&self) -> &ConsoleOptions {
        match self {
            Self::Show(which) => &which.console,
            Self::Set { console, .. } => console,
        }
    }
}
