//! Letting people in: one loop a door, one task a connection.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::crowd::{Crowd, NoPlace};
use super::inner::open_files;
use super::{Door, House, connection};
use crate::limits::{
    HTTP_CONNECTIONS, HTTP_CONNECTIONS_A_PEER, HTTP_CONTROL_CONNECTIONS, HTTP_FAREWELL,
    HTTP_FILES_KEPT, HTTP_KNOCK,
};

/// The page's port.
pub(super) async fn lan(listener: TcpListener, house: Arc<House>) {
    // With few files to open there are fewer places, so that connections never take the last one.
    let files = open_files().saturating_sub(HTTP_FILES_KEPT);
    let most = HTTP_CONNECTIONS
        .min(files)
        .max(HTTP_CONTROL_CONNECTIONS / 2);
    let mut guests = Guests::new(Door::Lan, Crowd::new(most, HTTP_CONNECTIONS_A_PEER), &house);
    loop {
        tokio::select! {
            () = house.ends() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    // An answer is written in one go: nothing is gained by waiting for more of it.
                    let _ = stream.set_nodelay(true);
                    guests.let_in(stream, Some(peer.ip().to_canonical())).await;
                }
                Err(error) => guests.cannot_accept(&error).await,
            },
        }
        guests.turn().await;
    }
    drop(listener);
    guests.say_farewell().await;
}

/// The control socket.
pub(super) async fn control(listener: UnixListener, path: PathBuf, house: Arc<House>) {
    let crowd = Crowd::new(HTTP_CONTROL_CONNECTIONS, HTTP_CONTROL_CONNECTIONS);
    let mut guests = Guests::new(Door::Control, crowd, &house);
    loop {
        tokio::select! {
            () = house.ends() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => guests.let_in(stream, None).await,
                Err(error) => guests.cannot_accept(&error).await,
            },
        }
        guests.turn().await;
    }
    drop(listener);
    // It is ours, and the next run would take it for a leftover anyway.
    let _ = std::fs::remove_file(path);
    guests.say_farewell().await;
}

struct Guests {
    door: Door,
    crowd: Crowd,
    house: Arc<House>,
    tasks: JoinSet<()>,
}

impl Guests {
    fn new(door: Door, crowd: Crowd, house: &Arc<House>) -> Self {
        Self {
            door,
            crowd,
            house: house.clone(),
            tasks: JoinSet::new(),
        }
    }

    async fn let_in<S>(&mut self, stream: S, peer: Option<IpAddr>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let seat = loop {
            match self.crowd.admit(peer, Instant::now()) {
                // Meanwhile the kernel keeps those who come.
                Err(NoPlace::Until(then)) => sleep_until(then).await,
                seat => break seat,
            }
        };
        match seat {
            Ok(seat) => {
                let seat = Arc::new(seat);
                let house = self.house.clone();
                let attended = connection::attend(stream, self.door, seat.clone(), house);
                let task = self.tasks.spawn(attended);
                seat.belongs_to(task);
            }
            Err(_) => {
                // A few bytes into an empty buffer: this does not wait.
                self.tasks.spawn(connection::turn_away(stream));
            }
        }
    }

    /// After each newcomer the others get their turn, so that one that has sent its request is heard
    /// before a crowd behind it takes its place. Ended tasks are let go of; a panic in one is its own.
    async fn turn(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            if let Err(died) = ended
                && died.is_panic()
            {
                log::error!("a connection ended with a panic");
            }
        }
        tokio::task::yield_now().await;
    }

    /// Too many open files, mostly: somebody has to go.
    async fn cannot_accept(&mut self, error: &std::io::Error) {
        log::warn!("the page cannot let anybody in: {error}");
        let _ = self.crowd.shrink();
        sleep(HTTP_KNOCK).await;
    }

    async fn say_farewell(mut self) {
        // Whoever has asked nothing goes by itself, streams end; the rest get their answers.
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // Whoever takes longer is cut off.
        let _ = timeout(HTTP_FAREWELL, all).await;
    }
}
