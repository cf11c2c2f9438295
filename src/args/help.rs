//! The second half of every `--help` and manual page: examples, and what the exit code says.
//!
//! The numbers are [`crate::cli::failure`]'s; a test holds the two together, and another one sees to
//! it that no command goes without an example.

/// Two texts with an empty line between them.
macro_rules! page {
    ($examples:literal) => {
        concat!(
            "Examples:\n",
            $examples,
            "\n\nExit codes: 0 done, 1 refused or failed, 2 wrong arguments, 3 service not reachable,\n\
             4 account or token not found or ambiguous, 5 no answer in time."
        )
    };
}

/// The same for what works without the service.
macro_rules! page_alone {
    ($examples:literal) => {
        concat!(
            "Examples:\n",
            $examples,
            "\n\nExit codes: 0 done, 1 failed, 2 wrong arguments."
        )
    };
}

/// Of the whole.
pub const PAIRBOX: &str = "\
Examples:
  pairbox status              how the accounts are
  pairbox pair                link the account: the QR is drawn here
  pairbox pair --phone 15551234567
                              link it with a code to type on the phone
  pairbox events --follow     what happens, as it happens
  pairbox token create --scope read,send
                              a token for a program
  pairbox check               look at hardware, network, clock and disk

ACCOUNT is the account's label or the start of it, its number in `pairbox accounts`, or its
session id. It can be left out where there is one account.

Exit codes:
  0    done
  1    refused, or it failed: the message says why
  2    wrong arguments
  3    the service is not running, or its socket cannot be reached
  4    no such account or token, or several that could be meant
  5    no answer in time
  6    pair: not paired
  130  interrupted by Ctrl-C

Environment:
  PAIRBOX_SOCKET  the control socket, where --socket does not say it
  NO_COLOR        no colours, when it is set to anything; the QR keeps its two, it cannot be
                  read without them

Files:
  /run/pairbox/control.sock   the control socket; root and the group pairbox may use it
  /etc/pairbox/pairbox.toml   the configuration; `pairbox check-config` reads it";

/// `status`
pub const STATUS: &str = page!(
    "  pairbox status
  pairbox status shop
  pairbox status --json | jq -r '.sessions[].status'"
);
/// `accounts`
pub const ACCOUNTS: &str = page!(
    "  pairbox accounts
  pairbox accounts --json | jq -r '.data[].id'"
);
/// `add`
pub const ADD: &str = page!(
    "  pairbox add shop
  pairbox add shop --phone 15551234567
  pairbox add archive --no-start"
);
/// `start`
pub const START: &str = page!(
    "  pairbox start
  pairbox start shop"
);
/// `stop`
pub const STOP: &str = page!("  pairbox stop shop");
/// `restart`
pub const RESTART: &str = page!("  pairbox restart shop");
/// `pair`
pub const PAIR: &str = "\
On the phone: WhatsApp, Settings, Linked devices, Link a device. The first QR is good for a minute,
the next five for 20 s each; a new one takes the place of the old. On a terminal the code is gone
from the screen when it ends. Ctrl-C ends the watching, not the pairing: `pairbox stop` does that.

With --json one document a line: the session whenever it changes, and every code as the API tells it
(`code`, `expires_at`).

Examples:
  pairbox pair
  pairbox pair shop --phone +15551234567
  pairbox pair shop --timeout 120 --json

Exit codes: 0 paired (or linked already), 1 refused or failed, 2 wrong arguments, 3 service not
reachable, 4 account not found or ambiguous, 5 timed out, 6 not paired, 130 interrupted.";
/// `logout`
pub const LOGOUT: &str = page!(
    "  pairbox logout shop
  pairbox logout shop --yes"
);
/// `rename`
pub const RENAME: &str = page!("  pairbox rename shop \"Corner shop\"");
/// `delete`
pub const DELETE: &str = page!(
    "  pairbox delete shop
  pairbox delete 2 --yes"
);
/// `select`
pub const SELECT: &str = page!("  pairbox select shop");
/// `token`
pub const TOKEN: &str = page!(
    "  pairbox token create --scope read,send \"order desk\"
  pairbox token list
  pairbox token revoke tok_3"
);
/// `token create`
pub const TOKEN_CREATE: &str = page!(
    "  pairbox token create
  pairbox token create --scope read,send --account shop --expires-in 90d \"order desk\"
  TOKEN=$(pairbox token create --scope control)"
);
/// `token list`
pub const TOKEN_LIST: &str = page!("  pairbox token list");
/// `token revoke`
pub const TOKEN_REVOKE: &str = page!("  pairbox token revoke tok_3");
/// `events`
pub const EVENTS: &str = page!(
    "  pairbox events
  pairbox events --follow shop
  pairbox events --follow --types session.status --json"
);
/// `boards`
pub const BOARDS: &str = page_alone!(
    "  pairbox boards
  pairbox boards ssd1306-i2c"
);
/// `check`
pub const CHECK: &str = page_alone!("  pairbox check");
/// `run`
pub const RUN: &str = page_alone!(
    "  pairbox run
  pairbox run --config pairbox.toml --listen 127.0.0.1:8080"
);
/// `check-config`
pub const CHECK_CONFIG: &str = page_alone!("  pairbox check-config pairbox.toml");
/// `panel-test`
pub const PANEL_TEST: &str = page_alone!("  pairbox panel-test --seconds 5");
/// `button-test`
pub const BUTTON_TEST: &str = page_alone!("  pairbox button-test");
/// `completions`
pub const COMPLETIONS: &str = page_alone!(
    "  pairbox completions bash > /usr/share/bash-completion/completions/pairbox
  pairbox completions zsh > /usr/local/share/zsh/site-functions/_pairbox
  pairbox completions fish > ~/.config/fish/completions/pairbox.fish"
);
/// `man`
pub const MAN: &str = page_alone!(
    "  pairbox man | man -l -
  pairbox man --into /usr/local/share/man/man1"
);
