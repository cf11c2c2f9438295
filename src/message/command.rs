//! What people can type instead of a message, where an account has routes: `/agent NAME`, `/agents`,
//! `/new`, `/help`. And what they are answered.

use super::address::Person;
use super::route::Routes;

/// A command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Command<'a> {
    /// `/agent NAME`: talk to that route.
    Agent(&'a str),
    /// `/agents`, or `/agent` alone: which there are.
    Agents,
    /// `/new`: start afresh.
    New,
    /// `/help`
    Help,
}

/// Reads a text. A mention of the account before the command (groups need one) does not count.
pub(super) fn parse<'a>(text: &'a str, me: &Person) -> Option<Command<'a>> {
    let text = without_mention(text.trim(), me);
    let (word, rest) = text
        .split_once(char::is_whitespace)
        .map_or((text, ""), |(word, rest)| (word, rest.trim()));
    let word = word.to_ascii_lowercase();
    match (word.as_str(), rest) {
        ("/agent" | "/agents", "") => Some(Command::Agents),
        ("/agent", name) => Some(Command::Agent(name)),
        ("/new", "") => Some(Command::New),
        ("/help", "") => Some(Command::Help),
        _ => None,
    }
}

fn without_mention<'a>(text: &'a str, me: &Person) -> &'a str {
    let Some(rest) = text.strip_prefix('@') else {
        return text;
    };
    let (name, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let mine = me.phone().is_some_and(|phone| phone.digits() == name)
        || me.lid().is_some_and(|lid| lid.digits() == name);
    if mine { rest.trim_start() } else { text }
}

/// The answer to `/agent` with a name there is.
pub(super) fn switched(name: &str) -> String {
    format!("You are talking to {name} now.")
}

/// The answer to `/agent` where nobody can choose.
pub(super) fn fixed(group: bool) -> String {
    let why = if group {
        "In a group nobody chooses: write to me directly."
    } else {
        "Choosing is switched off here."
    };
    why.to_owned()
}

/// The answer to `/agents`; `unknown`: to a name there is not. `current` is marked.
pub(super) fn list(routes: &Routes, current: Option<&str>, unknown: bool) -> String {
    let mut text = String::from(if unknown {
        "There is nobody of that name. Choose with /agent and one of these:"
    } else if routes.routes.is_empty() {
        "There is nobody to choose from."
    } else {
        "Choose with /agent and one of these:"
    });
    for route in &routes.routes {
        text.push_str("\n- ");
        text.push_str(&route.name);
        if current == Some(route.name.as_str()) {
            text.push_str(" (you are talking to them)");
        }
    }
    text
}

/// The answer to `/new`.
pub(super) const AFRESH: &str = "We start afresh.";

/// The answer to `/help`.
pub(super) const HELP: &str = "/agent NAME: talk to NAME\n\
                               /agents: who there is\n\
                               /new: start afresh\n\
                               /help: this list";
