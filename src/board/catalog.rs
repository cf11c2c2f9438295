//! All boards there are: those that come with the program, and those of a folder.
//!
//! A file in the folder is called after its board (`NAME.toml`) and wins over one of the program's
//! with the same name. A file that is wrong is kept with its error: it is in nobody's way until its
//! board is the one asked for.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Board, BoardError};
use crate::config::source::{self, FileError, Source};

/// The boards that come with the program.
const EMBEDDED: &[(&str, &str)] = &[
    ("ssd1306-i2c", include_str!("../../board/ssd1306-i2c.toml")),
    (
        "ssd1306-i2c-32",
        include_str!("../../board/ssd1306-i2c-32.toml"),
    ),
    ("sh1106-i2c", include_str!("../../board/sh1106-i2c.toml")),
    (
        "adafruit-oled-bonnet",
        include_str!("../../board/adafruit-oled-bonnet.toml"),
    ),
    (
        "waveshare-oled-hat-1.3",
        include_str!("../../board/waveshare-oled-hat-1.3.toml"),
    ),
    (
        "ssd1309-2.42",
        include_str!("../../board/ssd1309-2.42.toml"),
    ),
    ("sh1107-1.5", include_str!("../../board/sh1107-1.5.toml")),
    (
        "waveshare-epd-2.13-v4",
        include_str!("../../board/waveshare-epd-2.13-v4.toml"),
    ),
    (
        "waveshare-epd-2.7-v2",
        include_str!("../../board/waveshare-epd-2.7-v2.toml"),
    ),
    (
        "waveshare-epd-4.2-v2",
        include_str!("../../board/waveshare-epd-4.2-v2.toml"),
    ),
    ("headless", include_str!("../../board/headless.toml")),
    #[cfg(feature = "bench")]
    ("bench", include_str!("../../board/bench.toml")),
];

/// Where boards of one's own are looked for.
pub const DEFAULT_FOLDER: &str = "/etc/pairbox/board.d";

/// The names of the boards that come with the program.
pub fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|(name, _)| *name)
}

/// The board of that name among those that come with the program.
///
/// # Panics
/// Never: a test parses every one of them.
pub fn resolve(name: &str) -> Result<Board, BoardError> {
    let Some((name, text)) = EMBEDDED.iter().find(|(known, _)| *known == name) else {
        return Err(BoardError::Unknown {
            name: name.to_owned(),
            known: names().collect::<Vec<_>>().join(", "),
        });
    };
    #[allow(clippy::expect_used, reason = "see above")]
    let board = Board::parse(&format!("board/{name}.toml"), text).expect("embedded boards parse");
    Ok(board)
}

/// All boards there are, by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Catalog {
    /// The files of the folder, by the board they are called after.
    own: BTreeMap<String, Result<Board, FileError>>,
    /// Why the folder could not be looked into, if it is there.
    folder: Option<FileError>,
}

impl Catalog {
    /// Those of the program only.
    #[must_use]
    pub fn embedded() -> Self {
        Self {
            own: BTreeMap::new(),
            folder: None,
        }
    }

    /// Those of the program and of the `*.toml` in `folder`, which need not be there.
    #[must_use]
    pub fn load(folder: &Path) -> Self {
        let mut catalog = Self::embedded();
        match std::fs::read_dir(folder) {
            Ok(entries) => {
                for path in entries.flatten().map(|entry| entry.path()) {
                    let stem = path.file_stem().and_then(|stem| stem.to_str());
                    if let (Some(name), Some("toml")) =
                        (stem, path.extension().and_then(|end| end.to_str()))
                    {
                        catalog.own.insert(name.to_owned(), read(&path, name));
                    }
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                catalog.folder = Some(FileError {
                    file: folder.display().to_string(),
                    line: None,
                    key: None,
                    reason: format!("cannot be read: {error}"),
                });
            }
        }
        catalog
    }

    /// The names of all boards, those of the program first. Broken files are not among them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let sound = self.own.iter().filter(|(_, board)| board.is_ok());
        let own = sound.map(|(name, _)| name.as_str());
        let own = own.filter(|name| !names().any(|known| known == *name));
        Iterator::chain(names().map(|name| -> &str { name }), own)
    }

    /// The board of that name. Errors about the name itself are about `key` of `source`.
    pub fn resolve(&self, name: &str, source: &Source<'_>) -> Result<Board, FileError> {
        if let Some(own) = self.own.get(name) {
            return own.clone();
        }
        resolve(name).map_err(|_| {
            let error = BoardError::Unknown {
                name: name.to_owned(),
                known: self.names().collect::<Vec<_>>().join(", "),
            };
            source.error_at("board", &error)
        })
    }

    /// Every board there is, in the order of [`Self::names`].
    pub fn boards(&self) -> impl Iterator<Item = Board> {
        self.names()
            .filter_map(|name| self.resolve(name, &Source::nameless("board")).ok())
    }

    /// What is wrong in the folder, one line each.
    pub fn complaints(&self) -> impl Iterator<Item = &FileError> {
        let broken = self.own.values().filter_map(|board| board.as_ref().err());
        self.folder.iter().chain(broken)
    }
}

/// Reads a file of the folder; it must be called after its board.
fn read(path: &Path, name: &str) -> Result<Board, FileError> {
    let file = path.display().to_string();
    let text = source::read(path)?;
    let board = Board::parse(&file, &text)?;
    if board.name == name {
        return Ok(board);
    }
    let reason = format!(
        "must be `{name}`, as the file is called, not `{}`",
        board.name
    );
    let source = Source {
        file: &file,
        text: &text,
    };
    Err(source.error_at("name", &reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{Level, Pull};

    #[test]
    fn every_embedded_board_parses_under_its_own_name() {
        for name in names() {
            let board = resolve(name).unwrap();
            assert_eq!(board.name, name);
            assert!(!board.title.is_empty());
            // Polarity and resistor belong together, or the line floats while nobody presses.
            for (_, line) in board.buttons.iter() {
                assert!(matches!(
                    (line.pull, line.pressed),
                    (Pull::Up, Level::Low) | (Pull::Down, Level::High) | (Pull::Off, _)
                ));
            }
        }
        assert_eq!(resolve("ssd1306-i2c").unwrap().geometry(), Some((128, 64)));
        assert_eq!(resolve("headless").unwrap().geometry(), None);
    }

    #[test]
    fn every_file_in_the_folder_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("board");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.strip_suffix(".toml").map(str::to_owned)
            })
            .collect();
        files.sort_unstable();
        let mut embedded: Vec<&str> = names().collect();
        embedded.sort_unstable();
        assert_eq!(files, embedded);
    }
}
