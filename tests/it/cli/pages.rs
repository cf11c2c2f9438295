//! Help, completions and manual pages, held to the definition of the command line.

use clap::{Command, CommandFactory};
use pairbox::args::CommandLine;

use super::desk::{bare, ran};

/// Every command, subcommands of subcommands too, with the words that call it.
fn commands() -> Vec<(String, Command)> {
    fn below(path: &str, command: &Command, all: &mut Vec<(String, Command)>) {
        for sub in command.get_subcommands() {
            let path = format!("{path} {}", sub.get_name());
            below(&path, sub, all);
            all.push((path, sub.clone()));
        }
    }
    let mut all = Vec::new();
    let mut whole = CommandLine::command();
    whole.build();
    below("pairbox", &whole, &mut all);
    // Hidden is what no person calls.
    all.retain(|(path, command)| !path.contains(" help") && !command.is_hide_set());
    assert!(all.len() > 20, "{}", all.len());
    all
}

#[test]
fn every_command_has_help_an_example_and_its_exit_codes() {
    for (path, command) in commands() {
        assert!(
            command.get_about().is_some(),
            "{path} says nothing about itself"
        );
        let more = command.get_after_long_help().map(ToString::to_string);
        let more = more.unwrap_or_else(|| panic!("{path} has no examples"));
        let (_, examples) = more.split_once("Examples:\n").unwrap();
        let (examples, codes) = examples.split_once("\n\nExit codes:").unwrap();
        for line in examples.lines() {
            let example = line.trim_start().split(&['|', '>'][..]).next().unwrap();
            let example = example.trim_start_matches("TOKEN=$(").trim_end_matches(')');
            assert!(example.contains(&path), "{path}: {line}");
            let words = words(example.trim());
            if let Err(error) = CommandLine::command().try_get_matches_from(&words) {
                panic!("{path}: the example {line:?} does not work: {error}");
            }
        }
        assert!(
            codes.contains("0 ") && codes.contains("2 wrong arguments"),
            "{path}: {codes}"
        );
        for argument in command.get_arguments() {
            let name = argument.get_id();
            assert!(argument.get_help().is_some(), "{path}: {name} has no help");
        }
    }
}

/// A line as a shell takes it apart, quotes and nothing else.
fn words(line: &str) -> Vec<String> {
    let pieces = line.split('"').enumerate();
    pieces
        .flat_map(|(at, piece)| match at % 2 {
            0 => piece.split_whitespace().map(str::to_owned).collect(),
            _ => vec![piece.to_owned()],
        })
        .collect()
}

#[test]
fn completions_know_every_command_and_option() {
    for shell in ["bash", "zsh", "fish"] {
        let made = ran(bare(&["completions", shell]).output().unwrap());
        assert_eq!((made.code, made.err.as_str()), (0, ""));
        for (path, command) in commands() {
            assert!(made.out.contains(command.get_name()), "{shell}: {path}");
            for long in command.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(made.out.contains(long), "{shell}: {path} --{long}");
            }
        }
    }
}

#[test]
fn there_is_a_manual_for_every_command() {
    let whole = ran(bare(&["man"]).output().unwrap());
    assert_eq!(whole.code, 0);
    assert!(whole.out.contains(".TH pairbox 1"), "{}", whole.out);
    assert!(whole.out.contains("130") && whole.out.contains("PAIRBOX_SOCKET"));

    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap();
    let made = ran(bare(&["man", "--into", into]).output().unwrap());
    assert_eq!(made.code, 0, "{}", made.err);
    for (path, command) in commands() {
        let file = folder.path().join(format!("{}.1", path.replace(' ', "-")));
        let page = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("no {file:?}"));
        assert!(page.contains("Examples:"), "{path}");
        for long in command.get_arguments().filter_map(clap::Arg::get_long) {
            let long = long.replace('-', "\\-");
            assert!(page.contains(&long), "{path}: {long}");
        }
    }
    let nowhere = ran(bare(&["man", "--into", "/nonexistent"]).output().unwrap());
    assert_eq!(nowhere.code, 1);
    assert!(!nowhere.err.is_empty());
}

#[test]
fn help_is_about_the_command() {
    let help = ran(bare(&["pair", "--help"]).output().unwrap());
    assert_eq!(help.code, 0);
    assert!(help.out.starts_with("Link an account"), "{}", help.out);
    let help = ran(bare(&["--help"]).output().unwrap());
    assert!(
        help.out.starts_with("Links WhatsApp accounts"),
        "{}",
        help.out
    );
}
