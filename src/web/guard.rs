//! Who may ask: the checks that keep other web sites out of the box. Pure.
//!
//! A browser that may reach this box also runs the scripts of every site its person visits, and they
//! can reach us: by a name of theirs that resolves to our address (DNS rebinding, stopped by
//! [`host`]), or by posting blindly (CSRF, stopped by [`same_site`] and [`json_body`], and for what a
//! cookie does by [`own_page`]). No other origin is ever allowed to read our answers (no CORS). Who
//! asks is found in `access`.

use std::net::{IpAddr, Ipv6Addr};

use super::problem::Problem;
use super::route::Head;

/// The `Host` must be an IP address, `localhost`, a name under `.local` or one of the configured
/// `names` (`[http] names`): no name that a stranger could register.
pub fn host(head: &Head<'_>, names: &[String]) -> Result<(), Problem> {
    match head.header("Host")? {
        None => Err(Problem::new(
            400,
            "no_host",
            "The request does not say which host it is for.",
        )),
        Some(host) if is_own_name(host, names) => Ok(()),
        Some(_) => Err(Problem::new(
            403,
            "foreign_host",
            "Use the box's IP address, localhost, its name under .local, or one of [http] names.",
        )),
    }
}

fn is_own_name(host: &str, names: &[String]) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, port)| {
            address.parse::<Ipv6Addr>().is_ok() && is_port_or_nothing(port)
        });
    }
    let (name, port) = match host.find(':') {
        Some(colon) => host.split_at(colon),
        None => (host, ""),
    };
    let is_configured = || names.iter().any(|own| own.eq_ignore_ascii_case(name));
    is_port_or_nothing(port)
        && (matches!(name.parse(), Ok(IpAddr::V4(_))) || is_local_name(name) || is_configured())
}

fn is_port_or_nothing(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok())
}

/// `localhost`, or one or more labels before `.local` (RFC 6762).
fn is_local_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name == "localhost"
        || name
            .strip_suffix(".local")
            .is_some_and(|labels| labels.split('.').all(is_label))
}

/// What browsers say about the page a request comes from must be that it is ours. Programs say
/// nothing, and are not what this is about.
pub fn same_site(head: &Head<'_>) -> Result<(), Problem> {
    let fetched = match head.header("Sec-Fetch-Site")? {
        None | Some("same-origin" | "none") => true,
        Some(_) => false,
    };
    let origin = match (head.header("Origin")?, head.header("Host")?) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin
            .strip_prefix("http://")
            .is_some_and(|authority| authority.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    };
    if fetched && origin {
        Ok(())
    } else {
        Err(cross_site())
    }
}

fn cross_site() -> Problem {
    Problem::new(403, "cross_site", "Another site's page may not do this.")
}

/// What a cookie does has to come from our own page, and the browser has to say so; only what changes
/// nothing (`looks`) may come without that word.
pub fn own_page(head: &Head<'_>, looks: bool) -> Result<(), Problem> {
    same_site(head)?;
    let told =
        head.header("Sec-Fetch-Site")? == Some("same-origin") || head.header("Origin")?.is_some();
    if looks || told {
        Ok(())
    } else {
        Err(cross_site())
    }
}

/// A form of another site cannot send this content type, so whoever does is a program or our page.
/// Wanted without a body, too.
pub fn json_body(head: &Head<'_>) -> Result<(), Problem> {
    let sent = head.header("Content-Type")?.unwrap_or_default();
    let media_type = sent.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::new(
            415,
            "not_json",
            "Send `Content-Type: application/json`, also without a body.",
        ))
    }
}
