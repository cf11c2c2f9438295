//! A terminal for the program: what it shows as text, and as the pixels an eye or a camera sees.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rqrr::PreparedImage;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A program on a terminal.
pub struct Tty {
    child: Child,
    master: File,
    shown: Arc<(Mutex<Shown>, Condvar)>,
}

#[derive(Default)]
struct Shown {
    text: String,
    ended: bool,
}

/// Colours of the terminal where the program sets none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    Dark,
    Light,
}

impl Tty {
    /// Runs it on a terminal of so many columns and rows.
    pub fn run(mut command: Command, (columns, rows): (u16, u16)) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        resize(&master, columns, rows);
        let name = ptsname(&master, Vec::new()).unwrap();
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let end = || -> Stdio {
            let mut options = OpenOptions::new();
            options.read(true).write(true).open(path).unwrap().into()
        };
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn();
        // The command still holds the other end; reading would never come to an end.
        drop(command);
        let shown: Arc<(Mutex<Shown>, Condvar)> = Arc::default();
        let master = File::from(master);
        std::thread::spawn({
            let (shown, mut master) = (Arc::clone(&shown), master.try_clone().unwrap());
            move || {
                let mut bytes = Vec::new();
                let mut buffer = [0; 4096];
                // The last one to close the other end makes this an error.
                while let Ok(read @ 1..) = master.read(&mut buffer) {
                    bytes.extend_from_slice(&buffer[..read]);
                    shown.0.lock().unwrap().text = String::from_utf8_lossy(&bytes).into_owned();
                    shown.1.notify_all();
                }
                shown.0.lock().unwrap().ended = true;
                shown.1.notify_all();
            }
        });
        Self {
            child: child.unwrap(),
            master,
            shown,
        }
    }

    /// Everything that was written so far, as soon as `wanted` finds something in it.
    pub fn wait<T>(&self, what: &str, wanted: impl Fn(&str) -> Option<T>) -> T {
        let (shown, changed) = &*self.shown;
        let mut now = shown.lock().unwrap();
        loop {
            if let Some(found) = wanted(&now.text) {
                return found;
            }
            assert!(!now.ended, "it ended without {what}: {:?}", now.text);
            let (later, late) = changed.wait_timeout(now, Duration::from_secs(60)).unwrap();
            now = later;
            assert!(!late.timed_out(), "never {what}: {:?}", now.text);
        }
    }

    /// Types.
    pub fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Makes the window another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        resize(&self.master, columns, rows);
    }

    /// Ctrl-C, as the terminal would send it.
    pub fn interrupt(&self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for its end: how it went, and everything it wrote.
    pub fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let (shown, changed) = &*self.shown;
        let ended = changed.wait_while(shown.lock().unwrap(), |shown| !shown.ended);
        let text = ended.unwrap().text.clone();
        (status, text)
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resize(terminal: &impl AsFd, columns: u16, rows: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).unwrap();
}

/// What stands on the program's own screen: all since it last went to the corner.
pub fn screen(text: &str) -> &str {
    text.rsplit("\x1b[H").next().unwrap_or(text)
}

/// The same without colours and other commands.
pub fn words(text: &str) -> String {
    cells(text, Theme::Dark)
        .into_iter()
        .map(|line| line.iter().map(|cell| cell.0).collect::<String>() + "\n")
        .collect()
}

/// The QR on it, as a camera in front of that terminal reads it.
pub fn qr(text: &str, theme: Theme) -> Option<String> {
    const ZOOM: usize = 4;
    let lines = cells(text, theme);
    let columns = lines.iter().map(Vec::len).max()?;
    let ground = (' ', theme == Theme::Dark, theme == Theme::Light);
    let light = |x: usize, y: usize| {
        let cell = lines
            .get(y / 2)
            .and_then(|line| line.get(x))
            .unwrap_or(&ground);
        let (glyph, ink, paper) = *cell;
        match (glyph, y % 2) {
            ('█', _) | ('▀', 0) | ('▄', 1) => ink,
            _ => paper,
        }
    };
    // A frame of the terminal's own colour around it.
    let (width, height) = (columns + 8, lines.len() * 2 + 8);
    let mut image = PreparedImage::prepare_from_greyscale(width * ZOOM, height * ZOOM, |x, y| {
        let (x, y) = (x / ZOOM, y / ZOOM);
        let inside = x.checked_sub(4).zip(y.checked_sub(4));
        let is_light = inside.map_or(theme == Theme::Light, |(x, y)| light(x, y));
        if is_light { 255 } else { 0 }
    });
    let grids = image.detect_grids();
    grids.iter().find_map(|grid| Some(grid.decode().ok()?.1))
}

/// Characters with whether ink and paper are light, line by line. Knows the colours the program uses.
fn cells(text: &str, theme: Theme) -> Vec<Vec<(char, bool, bool)>> {
    let default = (theme == Theme::Dark, theme == Theme::Light);
    let (mut ink, mut paper) = default;
    let mut lines = vec![Vec::new()];
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => {
                let mut code = String::new();
                for c in rest.by_ref() {
                    code.push(c);
                    if c.is_ascii_alphabetic() {
                        break;
                    }
                }
                match code.as_str() {
                    "[38;5;16;48;5;231m" => (ink, paper) = (false, true),
                    "[0m" => (ink, paper) = default,
                    _ => {}
                }
            }
            '\n' => lines.push(Vec::new()),
            '\r' => {}
            c => lines.last_mut().unwrap().push((c, ink, paper)),
        }
    }
    lines
}
