//! What this box knows of its own network: the address it has there.
//!
//! Nothing is sent to find it out. A UDP socket that is connected somewhere far away gets the address
//! the routes would send from; asking the kernel for its interfaces would need a socket family that
//! the unit forbids.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Far away, and nobody's: TEST-NET-1 (RFC 5737) and the documentation prefix (RFC 3849), port
/// `discard`. IPv4 first, which is shorter to type.
pub const FAR_AWAY: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9),
    SocketAddr::new(
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
        9,
    ),
];

/// The address the box has out there; `None` while it has no way out.
#[must_use]
pub fn own_address() -> Option<IpAddr> {
    let mut ours = FAR_AWAY.into_iter().filter_map(|far| address_to(far).ok());
    ours.find(leads_out)
}

/// Whether an address is one that others could reach.
#[must_use]
pub fn leads_out(own: &IpAddr) -> bool {
    !own.is_loopback() && !own.is_unspecified()
}

/// The address packets to `far` would come from. None is sent.
///
/// # Errors
/// No route leads there.
pub fn address_to(far: SocketAddr) -> io::Result<IpAddr> {
    #[cfg(feature = "bench")]
    if crate::bench::world::is_unplugged() {
        return Err(io::ErrorKind::NetworkUnreachable.into());
    }
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

    #[test]
    fn asking_for_the_own_address_needs_nobody() {
        // A machine without a network refuses; one with a network answers with an address.
        if let Ok(own) = address_to(FAR_AWAY[0]) {
            assert!(own.is_ipv4() && !own.is_unspecified());
        }
    }
}
