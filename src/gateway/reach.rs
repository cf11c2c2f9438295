//! Which addresses the box may be sent to by somebody's URL. A home network is what it is for; the
//! neighbours of a machine in a data centre that hand out its credentials are not.
//!
//! Names are judged by what they resolve to, at the moment a connection is made and for that connection:
//! a name that means one address when it is looked at and another one later gets nowhere. `ureq` keeps
//! its traits for this outside its promise of stability (`ureq::unversioned`), so they stay in this file.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use thiserror::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// The address is one that nothing is sent to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the address is link-local or of a cloud's metadata service: nothing is sent there")]
pub struct Forbidden;

/// Names of metadata services (Google Cloud, Amazon EC2).
const NAMES: &[&str] = &[
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
];

/// Whether nothing is sent to an address: link-local ones (RFC 3927, RFC 4291), among them the metadata
/// service of most clouds, and those of the others: Alibaba (100.100.100.200), Oracle (192.0.0.192), Azure
/// (168.63.129.16), Amazon (`fd00:ec2::254`), Google (`fd20:ce::254`).
#[must_use]
pub fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => is_forbidden_4(four),
        IpAddr::V6(six) => {
            six.is_unicast_link_local()
                || six == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
                || six == Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)
                || within(six).is_some_and(is_forbidden_4)
        }
    }
}

fn is_forbidden_4(address: Ipv4Addr) -> bool {
    const OTHERS: [Ipv4Addr; 3] = [
        Ipv4Addr::new(100, 100, 100, 200),
        Ipv4Addr::new(192, 0, 0, 192),
        Ipv4Addr::new(168, 63, 129, 16),
    ];
    address.is_link_local() || OTHERS.contains(&address)
}

/// The IPv4 address an IPv6 address leads to: mapped and compatible ones (RFC 4291), NAT64 (RFC 6052) and
/// 6to4 (RFC 3056).
fn within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let four = |high: u16, low: u16| {
        let [high, low] = [high.to_be_bytes(), low.to_be_bytes()];
        Ipv4Addr::new(high[0], high[1], low[0], low[1])
    };
    match parts[..6] {
        [0, 0, 0, 0, 0, 0 | 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(four(parts[6], parts[7])),
        [0x2002, ..] => Some(four(parts[1], parts[2])),
        _ => None,
    }
}

/// Whether a URL's host is forbidden as it is written: for those who take URLs. That a name resolves to
/// such an address is only seen when something is sent there.
#[must_use]
pub fn is_forbidden_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = host.parse() {
        return is_forbidden(address);
    }
    let name = host.trim_end_matches('.');
    NAMES.iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// Settings of all requests to addresses that somebody gave us: no proxy, no redirects, no error for a
/// status, so much time in all.
#[must_use]
pub fn settings(timeout: Duration) -> Config {
    Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent(concat!("pairbox/", env!("CARGO_PKG_VERSION")))
        .max_idle_connections_per_host(crate::limits::COURIER_LANES)
        .max_idle_connections(crate::limits::COURIER_FLIGHTS)
        .build()
}

/// An agent that goes nowhere it may not.
#[must_use]
pub fn agent(config: Config) -> Agent {
    agent_with(config, DefaultResolver::default())
}

/// The same with names looked up by somebody else.
#[must_use]
pub fn agent_with(config: Config, names: impl Resolver) -> Agent {
    Agent::with_parts(config, DefaultConnector::default(), Guard { names })
}

/// Looks names up, and drops what is forbidden.
#[derive(Debug)]
struct Guard<R> {
    names: R,
}

impl<R: Resolver> Resolver for Guard<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        if uri.host().is_some_and(is_forbidden_host) {
            return Err(Error::Other(Box::new(Forbidden)));
        }
        let all = self.names.resolve(uri, config, timeout)?;
        let mut good = self.empty();
        for address in all.iter().filter(|it| !is_forbidden(it.ip())) {
            good.push(*address);
        }
        if good.is_empty() {
            return Err(Error::Other(Box::new(Forbidden)));
        }
        Ok(good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hands_out_credentials_is_forbidden_however_it_is_written() {
        for text in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "[fe80::1]",
            "fe80::abcd:1",
            "[fd00:ec2::254]",
            "fd20:ce::254",
            "[::ffff:169.254.169.254]",
            "::ffff:a9fe:a9fe",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "metadata.google.internal",
            "METADATA.google.internal.",
            "instance-data",
        ] {
            assert!(is_forbidden_host(text), "{text}");
        }
    }

    #[test]
    fn a_home_network_is_what_it_is_for() {
        for text in [
            "192.168.1.20",
            "10.0.0.1",
            "172.16.0.1",
            "127.0.0.1",
            "[::1]",
            "fd00::7",
            "::ffff:192.168.1.20",
            "example.org",
            "metadata.example.org",
            "nas.local",
            "8.8.8.8",
        ] {
            assert!(!is_forbidden_host(text), "{text}");
        }
    }
}
