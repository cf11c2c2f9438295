//! The visitor: `src/visitor.rs` on a board, asked line by line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use pairbox_chips::Picture;
use pairbox_fakeboard::module::Module;
use pairbox_fakeboard::{Board, Plan, available, spawn};

/// What the module heard, in words.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    /// What it heard since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

/// A module at 0x3c that writes down what it hears, and drives line 24 low.
struct Ear(Heard);

impl Module for Ear {
    fn i2c_write(&mut self, address: u8, bytes: &[u8]) -> bool {
        self.0.note(format!("{address:02x}: {bytes:02x?}"));
        address == 0x3c
    }

    fn i2c_read(&mut self, address: u8, bytes: &mut [u8]) -> bool {
        bytes.fill(0x43);
        address == 0x3c
    }

    fn spi_write(&mut self, bytes: &[u8]) {
        let text = if bytes.len() > 8 {
            format!("{} bytes", bytes.len())
        } else {
            format!("{bytes:02x?}")
        };
        self.0.note(format!("spi: {text}"));
    }

    fn set_line(&mut self, line: u32, high: bool) {
        if line == 25 {
            self.0.note(format!("dc {}", u8::from(high)));
        }
    }

    fn levels(&mut self) -> Vec<(u32, bool)> {
        vec![(24, false)]
    }

    fn picture(&self) -> Picture {
        Picture::from_fn(1, 1, |_, _| false)
    }
}

/// A visitor on a board.
pub struct Visitor {
    pub board: Board,
    pub heard: Heard,
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Visitor {
    /// A visitor on a Pi 3, or `None` with a line that says why not.
    pub fn come() -> Option<Self> {
        Self::come_to(Plan::default())
    }

    /// A visitor on a board like that.
    pub fn come_to(plan: Plan) -> Option<Self> {
        if let Err(why) = available() {
            // Past the test harness, which swallows what passing tests print.
            let _ = writeln!(std::io::stderr().lock(), "fakeboard: NOT CHECKED, {why}");
            return None;
        }
        let heard = Heard::default();
        let board = Board::new(plan, Ear(heard.clone())).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fakeboard-visitor"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = spawn(&board, &mut command, None).unwrap();
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        heard.take();
        Some(Self {
            board,
            heard,
            child,
            orders,
            answers,
        })
    }

    /// The answer to an order.
    pub fn ask(&mut self, order: &str) -> String {
        let orders = self.orders.as_mut().unwrap();
        writeln!(orders, "{order}").unwrap();
        let mut answer = String::new();
        let read = self.answers.read_line(&mut answer).unwrap();
        assert!(read > 0, "the visitor is gone after {order:?}");
        answer.trim_end().to_owned()
    }

    /// An order that goes well; what it answers.
    pub fn get(&mut self, order: &str) -> String {
        let answer = self.ask(order);
        let told = answer.strip_prefix("ok");
        told.unwrap_or_else(|| panic!("{order}: {answer}"))
            .trim()
            .to_owned()
    }

    /// An order that is refused, with words in the refusal.
    pub fn refused(&mut self, order: &str, words: &str) {
        let answer = self.ask(order);
        assert!(
            answer.starts_with("error") && answer.contains(words),
            "{order}: {answer}"
        );
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        // The end of its orders is the end of it.
        self.orders = None;
        let ended = self.child.wait();
        if !std::thread::panicking() {
            assert!(ended.unwrap().success());
            assert_eq!(self.board.complaints(), Vec::<String>::new());
        }
    }
}
