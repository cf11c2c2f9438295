//! A thousand connections that deal out a byte a second, against the real program: the page goes on.
//!
//! Half of them come from one address, the others from one each, and whoever is shown out comes back at
//! once. Figures are printed; what is asserted is that every request of the page is answered and that
//! the program holds no more connections than it says.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pairbox::clock::Clock;
use pairbox::limits::{HTTP_CONNECTIONS, HTTP_WORKERS, STREAMS};
use pairbox_rig::power::{PoweredBox, Socket};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

/// How many, and for how many seconds.
const CROWD: usize = 1000;
const SECONDS: usize = 60;

/// Longest wait for an answer before the test fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// Between two requests of the page.
const PAUSE: Duration = Duration::from_millis(40);

const HEAD: &[u8] =
    b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// An address of this machine for each of the second half; one for the first.
fn address(nth: usize) -> Ipv4Addr {
    if nth < CROWD / 2 {
        Ipv4Addr::new(127, 0, 0, 2)
    } else {
        let [.., high, low] = u32::try_from(nth).unwrap().to_be_bytes();
        Ipv4Addr::new(127, 1, high, low)
    }
}

/// Connects without waiting: a crowd does not queue.
fn come(nth: usize, to: SocketAddr) -> Option<TcpStream> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket: OwnedFd = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).ok()?;
    bind(&socket, &SocketAddr::new(IpAddr::V4(address(nth)), 0)).ok()?;
    // In progress is as good as done.
    let _ = connect(&socket, &to);
    Some(TcpStream::from(socket))
}

/// A crowd at work until it is told to go; it counts how often somebody was shown out.
fn crowd(to: SocketAddr, shown_out: &AtomicUsize, stop: &mpsc::Receiver<()>) {
    let mut all: Vec<(Option<TcpStream>, usize)> =
        (0..CROWD).map(|nth| (come(nth, to), 0)).collect();
    while stop.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
        for (nth, (stream, sent)) in all.iter_mut().enumerate() {
            let byte = HEAD[*sent % HEAD.len()];
            let alive = stream.as_ref().is_some_and(|mut stream| {
                let gone = stream.read(&mut [0; 512]).is_ok();
                !gone
                    && match stream.write(&[byte]) {
                        Ok(_) => true,
                        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
                    }
            });
            if alive {
                *sent += 1;
            } else {
                shown_out.fetch_add(1, Ordering::Relaxed);
                (*stream, *sent) = (come(nth, to), 0);
            }
        }
    }
}

/// Opens the page as a browser does; its status line.
fn ask(to: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

/// Asks for a time; how long each answer took, sorted.
fn ask_for(seconds: usize, powered: &PoweredBox) -> (Vec<Duration>, u64, usize) {
    let clock = Clock::start();
    let (_never, pause) = mpsc::channel::<()>();
    let (mut took, mut rss, mut files) = (Vec::new(), 0, 0);
    while clock.mono().0 < Duration::from_secs(seconds as u64) {
        for path in ["/", "/api/v1/status", "/livez"] {
            let began = clock.mono();
            assert_eq!(ask(powered.page(), path), "HTTP/1.1 200 OK");
            took.push(clock.mono().since(began));
        }
        rss = rss.max(powered.rss_kib().unwrap());
        files = files.max(open_files(powered.id()));
        let _ = pause.recv_timeout(PAUSE);
    }
    took.sort();
    (took, rss, files)
}

fn open_files(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .count()
}

fn show(what: &str, took: &[Duration]) {
    let at = |part: usize| took[(took.len() * part / 100).min(took.len() - 1)];
    let (half, most, max) = (at(50), at(99), took[took.len() - 1]);
    figure!(
        "{what}: {} answers, p50 {half:.1?}, p99 {most:.1?}, max {max:.1?}",
        took.len()
    );
}

#[test]
fn a_crowd_of_slow_clients_keeps_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let socket = Socket {
        program: vec![env!("CARGO_BIN_EXE_pairbox").to_owned()],
        folder: folder.path().to_owned(),
        // Nobody links anything here.
        endpoint: "ws://127.0.0.1:9/".into(),
        version_url: "http://127.0.0.1:9/".into(),
        hardware: None,
        extra: String::new(),
        record: pairbox_rig::record::Record::of_this_test(),
    };
    let powered = socket.power_on().unwrap();
    let page = powered.page();
    let (took, rss_before, files_before) = ask_for(3, &powered);
    show("page alone", &took);

    let shown_out = Arc::new(AtomicUsize::new(0));
    let (stop, stopped) = mpsc::channel();
    let attack = thread::spawn({
        let shown_out = shown_out.clone();
        move || crowd(page, &shown_out, &stopped)
    });
    let (took, rss_during, files) = ask_for(SECONDS, &powered);
    show("page with a crowd of 1000", &took);
    drop(stop);
    attack.join().unwrap();
    let (took, rss_after, _) = ask_for(3, &powered);
    show("page after it", &took);
    let shown_out = shown_out.load(Ordering::Relaxed);
    figure!(
        "RSS {rss_before} KiB before, {rss_during} at most during, {rss_after} after; {files} open \
         files at most; {shown_out} times somebody was shown out"
    );
    // It was an attack, and it got no more than it was meant to.
    assert!(shown_out > CROWD, "only {shown_out} were shown out");
    assert!(
        files <= files_before + HTTP_CONNECTIONS + 3 * (HTTP_WORKERS + STREAMS),
        "{files}"
    );
    assert!(powered.switch_off().unwrap().0.success());
}
