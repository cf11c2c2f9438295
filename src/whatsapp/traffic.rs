//! When something was last heard on a link's socket, and word when it opens or closes.
//!
//! Everything counts, down to a ping of the WebSocket: what matters is whether the other end is there.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

/// What a link's sockets tell. Clones are the same.
#[derive(Clone, Default, Debug)]
pub struct Traffic(Arc<Inner>);

#[derive(Default, Debug)]
struct Inner {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default, Debug)]
struct State {
    /// Sockets there were.
    made: u64,
    /// The one that is open, and when it last said something.
    open: Option<(u64, Instant)>,
}

impl Traffic {
    /// How long nothing was heard on the socket that is open; zero when none is.
    #[must_use]
    pub fn quiet(&self) -> Duration {
        self.quiet_at(Instant::now())
    }

    fn quiet_at(&self, now: Instant) -> Duration {
        let heard = self.state().open;
        heard.map_or(Duration::ZERO, |(_, at)| now.saturating_duration_since(at))
    }

    /// Sockets that were opened so far: which one it is now.
    #[must_use]
    pub fn sockets(&self) -> u64 {
        self.state().made
    }

    /// Waits until a socket has opened or closed since the last such wait.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self) -> u64 {
        let mut state = self.state();
        state.made += 1;
        state.open = Some((state.made, Instant::now()));
        self.0.changed.notify_one();
        state.made
    }

    fn heard(&self, socket: u64) {
        if let Some((open, at)) = &mut self.state().open
            && *open == socket
        {
            *at = Instant::now();
        }
    }

    fn closed(&self, socket: u64) {
        let mut state = self.state();
        // An older socket may be dropped after the next was opened.
        if state.open.is_some_and(|(open, _)| open == socket) {
            state.open = None;
            self.0.changed.notify_one();
        }
    }
}

/// A stream whose bytes are noticed as they come.
pub struct Heard<S> {
    inner: S,
    socket: u64,
    traffic: Traffic,
}

impl<S> Heard<S> {
    /// `inner`, just opened.
    pub fn new(inner: S, traffic: &Traffic) -> Self {
        Self {
            inner,
            socket: traffic.opened(),
            traffic: traffic.clone(),
        }
    }
}

impl<S> Drop for Heard<S> {
    fn drop(&mut self) {
        self.traffic.closed(self.socket);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        match &read {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                self.traffic.heard(self.socket);
            }
            // The end, good or bad: the socket may be held for a while yet.
            Poll::Ready(_) => self.traffic.closed(self.socket),
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// Some time to come.
    fn later() -> Instant {
        Instant::now() + Duration::from_secs(7)
    }

    #[tokio::test]
    async fn silence_grows_until_something_comes() {
        let traffic = Traffic::default();
        let later = later();
        assert_eq!(traffic.quiet_at(later), Duration::ZERO);
        let (mut service, ours) = duplex(64);
        let mut ours = Heard::new(ours, &traffic);
        traffic.changed().await;
        let silent = traffic.quiet_at(later);
        assert!(silent > Duration::ZERO);
        // What we send is no sign of the other end.
        ours.write_all(b"ping").await.unwrap();
        assert_eq!(traffic.quiet_at(later), silent);
        service.write_all(b"pong").await.unwrap();
        assert_eq!(traffic.quiet_at(later), silent, "it is not read yet");
        ours.read_u32().await.unwrap();
        assert!(traffic.quiet_at(later) < silent);
    }

    #[tokio::test]
    async fn a_closed_socket_is_not_a_silent_one() {
        let traffic = Traffic::default();
        let (service, ours) = duplex(64);
        let mut ours = Heard::new(ours, &traffic);
        traffic.changed().await;
        drop(service);
        assert_eq!(ours.read(&mut [0; 8]).await.unwrap(), 0);
        traffic.changed().await;
        assert_eq!(traffic.quiet_at(later()), Duration::ZERO);
    }

    #[tokio::test]
    async fn an_old_socket_says_nothing_about_the_new_one() {
        let traffic = Traffic::default();
        let (_service, old) = duplex(64);
        let old = Heard::new(old, &traffic);
        let (_other, new) = duplex(64);
        let _new = Heard::new(new, &traffic);
        let later = later();
        let silent = traffic.quiet_at(later);
        drop(old);
        assert_eq!(traffic.quiet_at(later), silent);
    }
}
