//! Where others reach the page: the address this box has on its network, looked up again and again.
//!
//! Nothing is sent to find it out. A UDP socket that is connected somewhere far away gets the address
//! the routes would send from; asking the kernel for its interfaces would need a socket family that
//! the unit forbids.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use tokio::time::{MissedTickBehavior, interval};

use crate::event::Event;
use crate::inbox::Inbox;
use crate::limits;

/// Far away, and nobody's: TEST-NET-1 (RFC 5737) and the documentation prefix (RFC 3849), port
/// `discard`.
const FAR_AWAY: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9),
    SocketAddr::new(
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
        9,
    ),
];

/// Tells the machine where the page that listens on `listen` is reached: at once when somebody can
/// reach it, and whenever that changes.
pub async fn watch(listen: SocketAddr, inbox: Inbox) {
    let mut look = interval(limits::ADDRESS_POLL);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        look.tick().await;
        let page = reachable(listen, own_address);
        if page != told {
            told.clone_from(&page);
            if inbox.send(Event::Page(page)).await.is_err() {
                return;
            }
        }
    }
}

/// As others type it; `None` when only this machine can, or the box has no address.
fn reachable(listen: SocketAddr, own: impl Fn(SocketAddr) -> io::Result<IpAddr>) -> Option<String> {
    let ip = listen.ip().to_canonical();
    let ip = if ip.is_unspecified() {
        // A socket for IPv6 takes IPv4 as well (ipv6(7), bindv6only), and that is shorter to type.
        let mut ours = FAR_AWAY
            .into_iter()
            .filter(|far| far.is_ipv4() || ip.is_ipv6())
            .filter_map(|far| own(far).ok());
        ours.find(|ip| !ip.is_loopback() && !ip.is_unspecified())?
    } else {
        ip
    };
    let reachable = !ip.is_loopback();
    reachable.then(|| SocketAddr::new(ip, listen.port()).to_string())
}

/// The address packets to `far` would come from. None is sent.
fn own_address(far: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr = if far.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(far)?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(listen: &str, v4: Option<&str>, v6: Option<&str>) -> Option<String> {
        reachable(listen.parse().unwrap(), |far| {
            let own = if far.is_ipv4() { v4 } else { v6 };
            let own = own.ok_or(io::ErrorKind::NetworkUnreachable)?;
            Ok(own.parse().unwrap())
        })
    }

    #[test]
    fn a_page_for_this_machine_is_nowhere_else() {
        for listen in ["127.0.0.1:8080", "[::1]:8080", "[::ffff:127.0.0.1]:8080"] {
            assert_eq!(page(listen, Some("192.168.1.20"), None), None, "{listen}");
        }
    }

    #[test]
    fn a_page_for_everybody_is_at_the_address_of_the_box() {
        let lan = Some("192.168.1.20");
        let here = Some("192.168.1.20:8080".to_owned());
        assert_eq!(page("0.0.0.0:8080", lan, Some("fd00::7")), here);
        assert_eq!(page("[::]:8080", lan, Some("fd00::7")), here);
        let six = Some("[fd00::7]:8080".to_owned());
        assert_eq!(page("[::]:8080", None, Some("fd00::7")), six);
        // Nobody listens there.
        assert_eq!(page("0.0.0.0:8080", None, Some("fd00::7")), None);
        // No network: routes lead nowhere, or home.
        assert_eq!(page("[::]:8080", None, None), None);
        assert_eq!(page("0.0.0.0:8080", Some("127.0.0.1"), None), None);
    }

    #[test]
    fn an_address_somebody_chose_is_the_address() {
        let chosen = Some("10.0.0.2:80".to_owned());
        assert_eq!(page("10.0.0.2:80", Some("192.168.1.20"), None), chosen);
    }

    #[tokio::test]
    async fn the_machine_is_told_at_once() {
        let (inbox, mut events) = Inbox::new();
        let told = tokio::spawn(watch("10.0.0.2:80".parse().unwrap(), inbox));
        let page = Some("10.0.0.2:80".to_owned());
        assert_eq!(events.recv().await, Some(Event::Page(page)));
        told.abort();
    }

    #[test]
    fn asking_for_the_own_address_needs_nobody() {
        // A machine without a network refuses; one with a network answers with an address.
        if let Ok(own) = own_address(FAR_AWAY[0]) {
            assert!(own.is_ipv4() && !own.is_unspecified());
        }
    }
}
