//! Opening the socket to the service, one step after the other, each with an error of its own.
//!
//! The library's factory does the same in one call and tells what went wrong as one text. People have
//! to be told whether it is the name service, the network or a login page, so the steps are taken
//! here, with the library's own TLS settings and WebSocket.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};

use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_websockets::{ClientBuilder, MaybeTlsStream, WebSocketStream};
use ureq::http::Uri;
use whatsapp_rust::transport::{Connector, default_tls_connector};

use crate::limits;
use crate::whatsapp::traffic::{Heard, Traffic};

/// What a browser on WhatsApp Web sends (`WHATSAPP_WEB_ORIGIN` of the library).
const ORIGIN: &str = "https://web.whatsapp.com";

/// An open socket to the service.
pub type Socket = WebSocketStream<Heard<MaybeTlsStream<TcpStream>>>;

/// Why no socket came about.
#[derive(Debug, Error)]
pub enum DialError {
    /// The address of the service is none.
    #[error("the endpoint {0:?} is no address")]
    Endpoint(String),
    /// Its name could not be looked up.
    #[error("looking up the name {name}: {source}")]
    Lookup {
        /// The name.
        name: String,
        /// The resolver's words.
        source: io::Error,
    },
    /// It was looked up, and has no address.
    #[error("the name {0} has no address")]
    NoAddress(String),
    /// None of its addresses takes a connection.
    #[error("connecting: {0}")]
    Connect(#[source] io::Error),
    /// Who answered there did not prove to be the service.
    #[error("TLS: {0}")]
    Tls(#[source] tokio_websockets::Error),
    /// It did not become a WebSocket.
    #[error("WebSocket: {0}")]
    Upgrade(#[source] tokio_websockets::Error),
    /// It takes longer than [`limits::DIAL_SLOW`], or took longer than [`limits::DIAL`], and this step
    /// was under way.
    #[error("{0} takes too long")]
    TooLong(DialStep),
}

/// A step of opening the socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DialStep {
    /// Its name becomes addresses.
    #[default]
    Lookup,
    /// TCP.
    Connect,
    /// TLS.
    Tls,
    /// From HTTP to WebSocket.
    Upgrade,
}

impl fmt::Display for DialStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "looking up the name",
            Self::Connect => "connecting",
            Self::Tls => "TLS",
            Self::Upgrade => "the WebSocket's beginning",
        })
    }
}

/// Opens a socket to `url` (`wss://…`, or `ws://…` to this machine), whose traffic is told.
///
/// # Errors
/// [`DialError`], within [`limits::DIAL`].
pub async fn dial(url: &str, traffic: &Traffic) -> Result<Socket, DialError> {
    dial_told(url, traffic, |_| {}).await
}

/// The same; each step is told as it begins.
///
/// # Errors
/// As [`dial`].
pub async fn dial_told(
    url: &str,
    traffic: &Traffic,
    begins: impl Fn(DialStep) + Sync,
) -> Result<Socket, DialError> {
    let no_endpoint = || DialError::Endpoint(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| no_endpoint())?;
    let encrypted = uri.scheme_str() != Some("ws");
    let host = uri.host().ok_or_else(no_endpoint)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });

    let end = Instant::now() + limits::DIAL;
    begins(DialStep::Lookup);
    let addresses = look_up(host, port, end).await?;
    begins(DialStep::Connect);
    let stream = connect(&addresses, end).await?;
    // Stanzas are small and wait for their answers. One that cannot be set is a slower socket.
    let _ = stream.set_nodelay(true);
    let connector = if encrypted {
        default_tls_connector()
    } else {
        Connector::Plain
    };
    begins(DialStep::Tls);
    let wrapped = step(DialStep::Tls, end, connector.wrap(host, stream)).await?;
    let stream = Heard::new(wrapped.map_err(DialError::Tls)?, traffic);
    let origin = ORIGIN.parse().map_err(|_| no_endpoint())?;
    let builder = ClientBuilder::from_uri(uri.clone())
        .add_header(ureq::http::header::ORIGIN, origin)
        .map_err(DialError::Upgrade)?;
    begins(DialStep::Upgrade);
    let upgraded = step(DialStep::Upgrade, end, builder.connect_on(stream)).await?;
    let (socket, _) = upgraded.map_err(DialError::Upgrade)?;
    Ok(socket)
}

/// Look-ups under way. One that hangs holds a thread of the runtime until the resolver gives up,
/// whoever still waits for it, and fifty links ask at once when a network comes back.
static LOOK_UPS: Semaphore = Semaphore::const_new(limits::LOOK_UPS);

async fn look_up(name: &str, port: u16, end: Instant) -> Result<Vec<SocketAddr>, DialError> {
    let target = (name.to_owned(), port);
    let look = async {
        // Nobody closes it.
        let turn = LOOK_UPS.acquire().await.ok();
        let look = tokio::task::spawn_blocking(move || {
            let found = target.to_socket_addrs().map(Vec::from_iter);
            drop(turn);
            found
        });
        look.await
            .unwrap_or_else(|died| Err(io::Error::other(died)))
    };
    let found = step(DialStep::Lookup, end, look).await?;
    let addresses = found.map_err(|source| DialError::Lookup {
        name: name.to_owned(),
        source,
    })?;
    if addresses.is_empty() {
        return Err(DialError::NoAddress(name.to_owned()));
    }
    Ok(addresses)
}

/// Tries one address after the other, in the resolver's order. Of several errors the one that says
/// most is kept: "unreachable" is what every address of a family says that the network has not.
async fn connect(addresses: &[SocketAddr], end: Instant) -> Result<TcpStream, DialError> {
    let all = async {
        let mut worst: Option<io::Error> = None;
        for address in addresses {
            let failed = match timeout(limits::DIAL_ADDRESS, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => error,
                Err(_) => io::ErrorKind::TimedOut.into(),
            };
            if worst.as_ref().is_none_or(says_little) {
                worst = Some(failed);
            }
        }
        Err(worst.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
    };
    step(DialStep::Connect, end, all)
        .await?
        .map_err(DialError::Connect)
}

/// Whether the error only says that there is no way.
pub(crate) fn says_little(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable
    )
}

async fn step<T>(
    step: DialStep,
    end: Instant,
    work: impl Future<Output = T>,
) -> Result<T, DialError> {
    timeout_at(end, work)
        .await
        .map_err(|_| DialError::TooLong(step))
}
