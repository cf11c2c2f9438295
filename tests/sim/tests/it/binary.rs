//! The program a person runs: it links a companion by a line on its input.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::companion::{Companion, DEADLINE, backend};

/// The running program and the lines it prints.
struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pairbox-sim"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines() {
                if sender.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            lines,
        }
    }

    /// The next line that begins so; gives the rest of it.
    fn line(&self, begin: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(DEADLINE).unwrap();
            if let Some(rest) = line.strip_prefix(begin) {
                return rest.trim().to_owned();
            }
        }
    }

    fn put(&mut self, command: &str) {
        writeln!(self.input.as_ref().unwrap(), "{command}").unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_person_links_and_unlinks_a_companion() {
    let mut program = Program::start();
    let url = program.line("url");
    let mut companion = Companion::start_at(&url, &backend());
    let qr = companion.wait_qr();
    program.put("scan nonsense");
    assert!(program.line("error:").contains("fields"));
    program.put(&format!("scan {qr}"));
    assert_eq!(program.line("ok"), "linked 15550001111:1@s.whatsapp.net");
    companion.wait_connected();
    program.put("text good  morning");
    program.line("ok");
    assert_eq!(companion.wait_text().1, "good  morning");
    companion.send_text("15550002222", "and to you");
    assert_eq!(program.line("the contact reads:"), "and to you");
    program.put("remove");
    program.line("ok");
    companion.wait_ended();
    program.put("quit");
    let status = program.child.wait().unwrap();
    assert!(status.success());
}
