//! Where others reach the page, and when the network comes back: the address this box has, looked up
//! again and again.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use log::{info, warn};

use crate::event::Event;
use crate::inbox::{Inbox, InboxError};
use crate::limits;
use crate::network::{self, FAR_AWAY};

/// Tells the machine where the page that listens on `listen` is reached, at once when somebody can
/// reach it and whenever that changes; and that the network is back, or is another one.
pub async fn watch(listen: SocketAddr, inbox: Inbox) {
    let mut watcher = Watcher::default();
    loop {
        let own = network::own_address();
        let page = reachable(listen, network::address_to);
        if watcher.tell(own, page, &inbox).await.is_err() {
            return;
        }
        tokio::time::sleep(watcher.rest()).await;
    }
}

/// What was told already.
#[derive(Default)]
struct Watcher {
    own: Option<IpAddr>,
    page: Option<String>,
    /// It has looked at least once: what was there from the beginning is no news.
    looked: bool,
}

impl Watcher {
    async fn tell(
        &mut self,
        own: Option<IpAddr>,
        page: Option<String>,
        inbox: &Inbox,
    ) -> Result<(), InboxError> {
        if page != self.page {
            self.page.clone_from(&page);
            inbox.send(Event::Page(page)).await?;
        }
        let before = std::mem::replace(&mut self.own, own);
        let news = std::mem::replace(&mut self.looked, true) && own != before;
        match own {
            // Another address is another network: what waits there may try at once as well.
            Some(_) if news => {
                info!("network: there is one");
                inbox.send(Event::NetworkUp).await?;
            }
            None if news => warn!("network: gone"),
            _ => {}
        }
        Ok(())
    }

    fn rest(&self) -> Duration {
        if self.own.is_some() {
            limits::ADDRESS_POLL
        } else {
            limits::NETWORK_POLL
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
        ours.find(network::leads_out)?
    } else {
        ip
    };
    let reachable = !ip.is_loopback();
    reachable.then(|| typed(SocketAddr::new(ip, listen.port())))
}

/// Browsers take port 80 where none is named.
fn typed(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) if v4.port() == HTTP => v4.ip().to_string(),
        SocketAddr::V6(v6) if v6.port() == HTTP => format!("[{}]", v6.ip()),
        address => address.to_string(),
    }
}

/// The port of `http://` (RFC 9110, 4.2.1).
const HTTP: u16 = 80;

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
        let chosen = Some("10.0.0.2:81".to_owned());
        assert_eq!(page("10.0.0.2:81", Some("192.168.1.20"), None), chosen);
    }

    #[test]
    fn the_port_that_nobody_types_is_not_shown() {
        let lan = Some("192.168.1.20");
        assert_eq!(page("0.0.0.0:80", lan, None), lan.map(str::to_owned));
        let six = Some("[fd00::7]".to_owned());
        assert_eq!(page("[::]:80", None, Some("fd00::7")), six);
    }

    #[tokio::test]
    async fn the_machine_is_told_at_once() {
        let (inbox, mut events) = Inbox::new();
        let told = tokio::spawn(watch("10.0.0.2:80".parse().unwrap(), inbox));
        let page = Some("10.0.0.2".to_owned());
        assert_eq!(events.recv().await, Some(Event::Page(page)));
        told.abort();
    }

    #[tokio::test]
    async fn a_network_that_comes_back_is_news_and_one_that_was_there_is_not() {
        let (inbox, mut events) = Inbox::new();
        let mut watcher = Watcher::default();
        let lan: Option<IpAddr> = Some("192.168.1.20".parse().unwrap());
        let other: Option<IpAddr> = Some("10.0.0.2".parse().unwrap());
        for own in [lan, lan, None, None] {
            watcher.tell(own, None, &inbox).await.unwrap();
        }
        assert!(events.try_recv().is_err());
        assert_eq!(watcher.rest(), limits::NETWORK_POLL);
        watcher.tell(lan, None, &inbox).await.unwrap();
        assert_eq!(events.try_recv(), Ok(Event::NetworkUp));
        watcher.tell(other, None, &inbox).await.unwrap();
        assert_eq!(events.try_recv(), Ok(Event::NetworkUp));
        assert_eq!(watcher.rest(), limits::ADDRESS_POLL);
        // A box that starts without one and gets it.
        let mut watcher = Watcher::default();
        watcher.tell(None, None, &inbox).await.unwrap();
        watcher.tell(lan, None, &inbox).await.unwrap();
        assert_eq!(events.try_recv(), Ok(Event::NetworkUp));
        assert!(events.try_recv().is_err());
    }
}
