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
  pairbox backup FILE         all of it in one encrypted file

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
/// `send`
pub const SEND: &str = page!(
    "  pairbox send shop +15551234567 \"The order is ready.\"
  pairbox send shop 0151-23456789 --file invoice.pdf --caption \"March\"
  pairbox send shop 120363041234567890@g.us \"Closed today.\" --key closed-2026-03-01"
);
/// `messages`
pub const MESSAGES: &str = page!(
    "  pairbox messages shop
  pairbox messages shop --direction outbound --limit 5
  pairbox messages --json | jq -r '.data[].text'"
);
/// `requests`
pub const REQUESTS: &str = page!(
    "  pairbox requests list shop
  pairbox requests approve ABCD2345 shop
  pairbox requests deny ABCD2345"
);
/// `requests list`
pub const REQUESTS_LIST: &str = page!("  pairbox requests list shop");
/// `requests approve`
pub const REQUESTS_APPROVE: &str = page!("  pairbox requests approve ABCD2345 shop");
/// `requests deny`
pub const REQUESTS_DENY: &str = page!("  pairbox requests deny ABCD2345");
/// `webhook`
pub const WEBHOOK: &str = page!(
    "  pairbox webhook add http://192.168.1.20:8000/whatsapp --events message,message.ack
  pairbox webhook list
  pairbox webhook test wh_1
  pairbox webhook deliveries wh_1 --status dead
  pairbox webhook replay wh_1"
);
/// `webhook list`
pub const WEBHOOK_LIST: &str = page!("  pairbox webhook list");
/// `webhook add`
pub const WEBHOOK_ADD: &str = page!(
    "  pairbox webhook add http://192.168.1.20:8000/whatsapp
  pairbox webhook add https://example.org/in --account shop --events message"
);
/// `webhook remove`
pub const WEBHOOK_REMOVE: &str = page!("  pairbox webhook remove wh_1 --yes");
/// `webhook test`
pub const WEBHOOK_TEST: &str = page!("  pairbox webhook test wh_1");
/// `webhook deliveries`
pub const WEBHOOK_DELIVERIES: &str = page!("  pairbox webhook deliveries wh_1 --status dead");
/// `webhook replay`
pub const WEBHOOK_REPLAY: &str = page!(
    "  pairbox webhook replay wh_1
  pairbox webhook replay wh_1 --delivery dlv_7"
);
/// `policy`
pub const POLICY: &str = page!(
    "  pairbox policy show shop
  pairbox policy set shop dm=pairing require_mention=true"
);
/// `policy show`
pub const POLICY_SHOW: &str = page!("  pairbox policy show shop");
/// `policy set`
pub const POLICY_SET: &str = page!(
    "  pairbox policy set shop dm=allowlist allow_from=+15551234567,+15557654321
  pairbox policy set shop ack_reaction="
);
/// `routes`
pub const ROUTES: &str = page!("  pairbox routes shop --json");
/// `backup`
pub const BACKUP: &str = "\
The file is an age file for a passphrase: without pairbox, `age --decrypt` opens it. In it are the keys
of all accounts: whoever has file and passphrase is linked to them. The passphrase is asked for, twice;
for scripts it is the first line of --passphrase-file (`-`: of standard input).

Examples:
  pairbox backup /media/usb/pairbox.age
  pairbox backup pairbox.age --passphrase-file /etc/pairbox/passphrase --force
  pairbox backup - --passphrase-file /etc/pairbox/passphrase | ssh nas \"cat > pairbox.age\"

Exit codes: 0 done, 1 refused or failed: there is no backup, 2 wrong arguments or no passphrase,
3 socket not to be used, 5 no answer in time.";
/// `restore`
pub const RESTORE: &str = "\
Two boxes with the same keys destroy each other, so without --force it only says what is in the backup,
and why. With it the backup takes the place of the store of this box, which is kept beside it. Nobody has
to scan a code.

Examples:
  pairbox restore /media/usb/pairbox.age
  pairbox restore /media/usb/pairbox.age --force

Exit codes: 0 restored, 1 refused or failed: nothing was changed, 2 wrong arguments, no passphrase, or
--force is missing, 3 socket not to be used.";
/// `reset`
pub const RESET: &str = "\
While the service runs its accounts are unlinked, so that their phones forget the box. Once it is stopped
everything it kept is removed. So it is said twice, before and after `systemctl stop pairbox`. The
configuration file stays.

Examples:
  pairbox reset
  pairbox reset --yes

Exit codes: 0 reset, 1 refused, failed, or the service runs still, 2 wrong arguments, or nobody to ask,
3 service not reachable, 5 no answer in time.";
/// `boards`
pub const BOARDS: &str = page_alone!(
    "  pairbox boards
  pairbox boards ssd1306-i2c"
);
/// `check`
pub const CHECK: &str = page_alone!("  pairbox check");
/// `run`
pub const RUN: &str = "\
Examples:
  pairbox run
  pairbox run --config pairbox.toml --listen 127.0.0.1:8080

Exit codes: 0 done, 1 failed, 2 wrong arguments, 78 failed, and nothing but a change of the
configuration or another version of the program will help.";
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
