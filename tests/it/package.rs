//! What the .deb says about the program, held against the program. The package itself is tried by
//! `tests/package/run`.

use std::fs;
use std::path::{Path, PathBuf};

use pairbox::store::SCHEMA;

fn in_tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn package_file(name: &str) -> String {
    fs::read_to_string(in_tree("systemd/debian").join(name)).unwrap()
}

/// The number in a line like `schema=3`.
fn schema_of(preinst: &str) -> Option<u32> {
    let line = preinst
        .lines()
        .find_map(|line| line.strip_prefix("schema="));
    line.and_then(|number| number.parse().ok())
}

/// The words after `Choices:` of a question.
fn choices_of<'a>(templates: &'a str, question: &str) -> Vec<&'a str> {
    let at = templates.find(&format!("Template: {question}\n")).unwrap();
    let choices = templates[at..].lines();
    let choices = choices.filter_map(|line| line.strip_prefix("Choices: "));
    choices.take(1).flat_map(|line| line.split(", ")).collect()
}

/// An older package would be unpacked over a newer store, or a fitting one refused.
#[test]
fn the_package_knows_the_schema_of_its_program() {
    assert_eq!(schema_of("#!/bin/sh\nschema=7\n"), Some(7));
    assert_eq!(schema_of(&package_file("preinst")), Some(SCHEMA));
}

/// What is offered for `config.txt` is a file the package brings, and none is left out.
#[test]
fn the_package_offers_every_board() {
    let templates = package_file("templates");
    let mut offered = choices_of(&templates, "pairbox/board");
    assert_eq!(offered.remove(0), "later");
    offered.sort_unstable();
    let files = fs::read_dir(in_tree("board/config.txt.d")).unwrap();
    let mut boards: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    boards.sort_unstable();
    assert_eq!(offered, boards);
}
