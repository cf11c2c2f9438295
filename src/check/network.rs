//! The way to WhatsApp, as far as a connection: our address, the name, TCP. Each has its deadline, and
//! nothing is sent but what TCP itself needs.

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use ureq::http::Uri;

use super::Network;
use crate::clock::Clock;

/// A resolver that has not answered by then will not: its own retries take 5 s each (resolv.conf(5)).
const LOOK_UP: Duration = Duration::from_secs(6);

/// A connection takes less than a second anywhere on earth; this is three SYNs.
const CONNECT: Duration = Duration::from_secs(4);

/// Addresses tried: the first of each family, usually.
const TRIED: usize = 2;

/// Somewhere that is not here: the blocks for documentation (RFC 5737, RFC 3849). A datagram socket
/// "connected" to it tells which address we would use; nothing is sent.
const ELSEWHERE: [&str; 2] = ["192.0.2.1:9", "[2001:db8::1]:9"];

/// Looks at the way to the service behind `endpoint`, a URL that the configuration has accepted.
pub(super) fn look(endpoint: &str, clock: Clock) -> Network {
    let uri: Option<Uri> = endpoint.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let scheme = uri.as_ref().and_then(Uri::scheme_str);
    let usual = if scheme == Some("ws") { 80 } else { 443 };
    let port = uri.as_ref().and_then(Uri::port_u16).unwrap_or(usual);
    let host = host.trim_matches(['[', ']']).to_owned();
    let named = look_up(&host, port);
    let reached = match &named {
        Ok(addresses) if !addresses.is_empty() => Some(reach(addresses, clock)),
        _ => None,
    };
    Network {
        host,
        port,
        own: ELSEWHERE.into_iter().find_map(own_address),
        named: named.map(|addresses| addresses.len()),
        reached,
    }
}

fn own_address(elsewhere: &str) -> Option<IpAddr> {
    let elsewhere: SocketAddr = elsewhere.parse().ok()?;
    let any: &str = if elsewhere.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(elsewhere).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The system's look-up has no deadline: it is left behind in its thread, which ends with the process.
fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let (answer, answers) = channel();
    let asked = (host.to_owned(), port);
    thread::Builder::new()
        .name("look-up".into())
        .spawn(move || {
            let found = asked.to_socket_addrs().map(Iterator::collect);
            // Nobody listens any more once the deadline is over.
            let _ = answer.send(found.map_err(|error| error.to_string()));
        })
        .map_err(|error| error.to_string())?;
    answers
        .recv_timeout(LOOK_UP)
        .unwrap_or_else(|_| Err(format!("no answer within {} s", LOOK_UP.as_secs())))
}

fn reach(addresses: &[SocketAddr], clock: Clock) -> Result<Duration, String> {
    let mut why = String::new();
    for address in addresses.iter().take(TRIED) {
        let before = clock.mono();
        match TcpStream::connect_timeout(address, CONNECT) {
            Ok(_) => return Ok(clock.mono().0.saturating_sub(before.0)),
            Err(error) => why = error.to_string(),
        }
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_this_machine_is_reached_and_a_closed_port_is_not() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = look(&format!("ws://127.0.0.1:{port}/ws"), Clock::start());
        assert_eq!((found.host.as_str(), found.port), ("127.0.0.1", port));
        assert_eq!(found.named, Ok(1));
        assert!(matches!(found.reached, Some(Ok(_))), "{found:?}");
        drop(listener);
        let found = look(&format!("ws://127.0.0.1:{port}/ws"), Clock::start());
        assert!(matches!(found.reached, Some(Err(_))), "{found:?}");
    }

    #[test]
    fn ports_follow_from_the_scheme() {
        // A name that never resolves (RFC 6761).
        let found = look("wss://pairbox.invalid/ws", Clock::start());
        assert_eq!((found.host.as_str(), found.port), ("pairbox.invalid", 443));
        assert!(found.named.is_err());
        assert_eq!(found.reached, None);
    }
}
