//! Strict TOML with errors for people: one line that names file, line, key and reason.
//!
//! The schema is the type (serde with `deny_unknown_fields`); this file only finds out *where* an
//! error is, which the parser tells as a byte range, and puts it into words. Used for the
//! configuration and for board files. The text of a file never reaches the log, only the error.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Largest file read, in bytes: a configuration is a page of text, and `/dev/zero` is not one.
const FILE_MAX: u64 = 256 * 1024;

/// What is said about quotes from a word processor, which look right to a person.
const CURLY_QUOTES: &str = "the quotes are typographic ones; write plain \" instead";

/// What is wrong with a file. Prints as one line: `file:line: key: reason`.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub struct FileError {
    /// The file as the person named it.
    pub file: String,
    /// The line, from 1; `None` when the whole file is meant.
    pub line: Option<usize>,
    /// The key with its tables, like `http.listen`; `None` when it is not about one key.
    pub key: Option<String>,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        // The parser's own words may span lines; ours never do.
        let words: Vec<&str> = self.reason.split_whitespace().collect();
        write!(f, ": {}", words.join(" "))
    }
}

/// Reads a file as text.
pub fn read(path: &Path) -> Result<String, FileError> {
    let whole_file = |reason: String| FileError {
        file: path.display().to_string(),
        line: None,
        key: None,
        reason,
    };
    let bytes =
        read_bounded(path).map_err(|error| whole_file(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(whole_file(format!("is larger than {FILE_MAX} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let readable =
            String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        FileError {
            line: Some(1 + readable.matches('\n').count()),
            ..whole_file("is not UTF-8 text from here on".into())
        }
    })?;
    // Editors of another world put a byte order mark in front.
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or(text.clone(), str::to_owned))
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(FILE_MAX + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A TOML text and the name it has for people.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file, as the person named it.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl<'a> Source<'a> {
    /// Something that is not a file, like a command-line option.
    #[must_use]
    pub fn nameless(name: &'a str) -> Self {
        Self {
            file: name,
            text: "",
        }
    }

    /// Parses the text as `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, FileError> {
        toml::from_str(self.text).map_err(|error| self.explain(&error))
    }

    /// An error about a key that parsed but makes no sense. The key's line is looked up; without
    /// that key in the text the whole file is meant.
    #[must_use]
    pub fn error_at(&self, key: &str, reason: &impl ToString) -> FileError {
        let mut keys = Keys::default();
        if let Ok(table) = DeTable::parse(self.text) {
            keys.collect("", table.get_ref());
        }
        let entry = keys.0.iter().find(|entry| entry.path == key);
        FileError {
            file: self.file.to_owned(),
            line: entry.map(|entry| self.line(entry.key.start)),
            key: Some(key.to_owned()).filter(|_| entry.is_some()),
            reason: reason.to_string(),
        }
    }

    fn explain(&self, error: &toml::de::Error) -> FileError {
        let span = error.span();
        let mut keys = Keys::default();
        if let Ok(table) = DeTable::parse(self.text) {
            keys.collect("", table.get_ref());
        }
        let entry = span.as_ref().and_then(|span| keys.innermost(span));
        let is_key = entry.is_some_and(|entry| Some(&entry.key) == span.as_ref());
        FileError {
            file: self.file.to_owned(),
            line: span.as_ref().map(|span| self.line(span.start)),
            key: entry.map(|entry| entry.path.clone()),
            reason: match entry {
                Some(entry) if is_key => unknown_key(entry.name(), error.message()),
                None if self.has_curly_quotes(span.as_ref()) => CURLY_QUOTES.to_owned(),
                _ => error.message().to_owned(),
            },
        }
    }

    /// Whether the line of an error has quotes from a word processor.
    fn has_curly_quotes(&self, span: Option<&Range<usize>>) -> bool {
        let line = span.map_or(1, |span| self.line(span.start));
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        text.contains(['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}'])
    }

    /// The line of a byte, from 1.
    fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(self.text);
        1 + before.matches('\n').count()
    }
}

/// All keys of a document with their places.
#[derive(Default)]
struct Keys(Vec<KeyPlace>);

struct KeyPlace {
    path: String,
    key: Range<usize>,
    value: Range<usize>,
}

impl Keys {
    fn collect(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = if prefix.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{prefix}.{}", key.get_ref())
            };
            self.descend(&path, value);
            self.0.push(KeyPlace {
                path,
                key: key.span(),
                value: value.span(),
            });
        }
    }

    fn descend(&mut self, path: &str, value: &Spanned<DeValue<'_>>) {
        if let DeValue::Table(table) = value.get_ref() {
            self.collect(path, table);
        }
    }

    /// The key whose name or value is the smallest one around `span`.
    fn innermost(&self, span: &Range<usize>) -> Option<&KeyPlace> {
        let around = |place: &Range<usize>| place.start <= span.start && span.end <= place.end;
        self.0
            .iter()
            .filter(|entry| around(&entry.key) || around(&entry.value))
            .min_by_key(|entry| {
                let place = if around(&entry.key) {
                    &entry.key
                } else {
                    &entry.value
                };
                place.len()
            })
    }
}

impl KeyPlace {
    fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }
}

/// serde says "unknown field `x`, expected one of `a`, `b`": the names in it are the keys known at
/// that place.
fn unknown_key(key: &str, message: &str) -> String {
    let quoted = || message.split('`').skip(1).step_by(2);
    if !message.starts_with("unknown field") {
        return message.to_owned();
    }
    let known: Vec<&str> = quoted().skip(1).collect();
    let nearest = known
        .iter()
        .map(|name| (distance(key, name), name))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4);
    match nearest {
        Some((_, name)) => format!("unknown key; did you mean `{name}`?"),
        None => format!("unknown key; known here: {}", known.join(", ")),
    }
}

/// Edits between two words (Levenshtein), on bytes: keys are ASCII.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
