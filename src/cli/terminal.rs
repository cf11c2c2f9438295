//! Where a command prints to: whether anybody looks at it, in colours, how large it is, and a screen
//! that can be taken back.

use std::io::{self, IsTerminal, Stdout, Write};

use super::failure::Failure;
use super::ink::Ink;

/// Standard output.
#[derive(Debug)]
pub struct Terminal {
    out: Stdout,
    looked_at: bool,
    ink: Ink,
}

/// A screen of one's own on the terminal. What stood there comes back when this ends, and nothing of
/// what was shown stays in the scroll-back: it may be a code.
#[derive(Debug)]
pub struct Screen<'a> {
    terminal: &'a mut Terminal,
    shown: Vec<String>,
    size: (u32, u32),
}

/// The other screen, the cursor hidden, and no wrapping of long lines; and all of it back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// To the corner; to the end of the line; all below.
const HOME: &str = "\x1b[H";
const REST_OF_LINE: &str = "\x1b[K";
const REST_OF_SCREEN: &str = "\x1b[J";

impl Terminal {
    /// Standard output, with colours where somebody sees them and wants them.
    #[must_use]
    pub fn standard() -> Self {
        let out = io::stdout();
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let looked_at = out.is_terminal() && !dumb;
        let colour = looked_at && !unwanted;
        Self {
            out,
            looked_at,
            ink: if colour { Ink::Colour } else { Ink::Plain },
        }
    }

    /// Somebody looks at it, and it understands cursor movements.
    #[must_use]
    pub fn is_looked_at(&self) -> bool {
        self.looked_at
    }

    /// Whether there are colours.
    #[must_use]
    pub fn ink(&self) -> Ink {
        self.ink
    }

    /// Prints this and an end of line, at once.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.print(&format!("{text}\n"))
    }

    /// Prints this, at once.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }

    /// Columns and rows; of something unknown, the ones every terminal once had.
    fn size(&self) -> (u32, u32) {
        match rustix::termios::tcgetwinsize(&self.out) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
                (size.ws_col.into(), size.ws_row.into())
            }
            _ => (80, 24),
        }
    }

    /// A screen of one's own.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn screen(&mut self) -> Result<Screen<'_>, Failure> {
        self.print(ENTER)?;
        let size = self.size();
        Ok(Screen {
            terminal: self,
            shown: Vec::new(),
            size,
        })
    }
}

impl Screen<'_> {
    /// Columns and rows there are now: windows change.
    #[must_use]
    pub fn size(&mut self) -> (u32, u32) {
        let now = self.terminal.size();
        if now != self.size {
            self.size = now;
            self.shown.clear();
        }
        now
    }

    /// Shows these lines and nothing else; does nothing when they are there already.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn show(&mut self, lines: &[String]) -> Result<(), Failure> {
        if self.shown == lines {
            return Ok(());
        }
        let lines_text = lines.join(&format!("{REST_OF_LINE}\r\n"));
        let text = format!("{HOME}{lines_text}{REST_OF_LINE}{REST_OF_SCREEN}");
        self.terminal.print(&text)?;
        self.shown = lines.to_vec();
        Ok(())
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs no tidying.
        let _ = self.terminal.print(LEAVE);
    }
}
