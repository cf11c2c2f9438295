//! What must not end the process or the listening, tried on a process of its own.
//!
//! The process is this test binary again, running nothing but [`page_of_its_own`].

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::rig::Rig;

/// Says how many files the process may have open, and that it is one.
const OPEN_FILES: &str = "PAIRBOX_TEST_OPEN_FILES";
const DEADLINE: Duration = Duration::from_secs(60);

/// A page in a process of its own; killed when dropped.
struct Page {
    process: Child,
    address: SocketAddr,
}

impl Page {
    fn start(open_files: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "web::survival::page_of_its_own", "--nocapture"])
            .env(OPEN_FILES, open_files.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Panics of the library are what is tried here.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("listening on ")?.1.parse().ok())
            .unwrap();
        Self { process, address }
    }

    /// Asks for the status; `None` when nobody answers.
    fn status_line(&self) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        let request = "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.lines().next().map(str::to_owned)
    }

    /// Asks until it is answered, or fails.
    fn wait_until_it_answers(&mut self) {
        let deadline = pairbox::clock::Clock::start();
        loop {
            if self.status_line().as_deref() == Some("HTTP/1.1 200 OK") {
                return;
            }
            assert_eq!(self.process.try_wait().unwrap(), None, "the process ended");
            assert!(deadline.mono().0 < DEADLINE, "nobody answers any more");
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Not a test by itself: the body of the process.
#[test]
fn page_of_its_own() {
    let Ok(open_files) = std::env::var(OPEN_FILES) else {
        return;
    };
    let limit = Some(open_files.parse().unwrap());
    let both = Rlimit {
        current: limit,
        maximum: limit,
    };
    setrlimit(Resource::Nofile, both).unwrap();
    let rig = Rig::start();
    println!("listening on {}", rig.address);
    // Until the test lets go.
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn few_files_are_enough_for_the_page() {
    for open_files in [48, 64] {
        let mut page = Page::start(open_files);
        page.wait_until_it_answers();
        let held: Vec<TcpStream> = (0..80)
            .map_while(|_| TcpStream::connect(page.address).ok())
            .collect();
        assert!(held.len() > 40, "only {} connections", held.len());
        // Whoever asks is let in, and those who do not give way.
        page.wait_until_it_answers();
        drop(held);
        page.wait_until_it_answers();
    }
}

#[test]
fn a_promised_body_of_any_size_allocates_nothing() {
    let mut page = Page::start(256);
    for length in [
        "2000000",
        "1000000000000000",
        "9223372036854775807",
        "18446744073709551615",
    ] {
        for start in [
            "POST /api/v1/sessions/ses_1/messages",
            "POST /nowhere",
            "GET /api/v1/status",
        ] {
            let mut stream = TcpStream::connect(page.address).unwrap();
            stream.set_read_timeout(Some(DEADLINE)).unwrap();
            let request = format!(
                "{start} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 Content-Length: {length}\r\n\r\n{{"
            );
            stream.write_all(request.as_bytes()).unwrap();
            // The first line of an answer, while the body is still owed.
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            assert!(line.starts_with("HTTP/1.1 "), "{start}, {length}: {line:?}");
            drop(stream);
            page.wait_until_it_answers();
        }
    }
}
