//! Who is connected, and who gives way when there is no place left. Pure but for the task that is
//! ended.
//!
//! A newcomer matters more than somebody who has not managed to ask anything: a page that is opened
//! sends its request at once, a connection that holds a place does not. So the oldest of those goes,
//! then the oldest that only waits for its next request, then the oldest that takes its answer slowly.
//! Whoever is being answered, or listens to a stream, stays; if all do, the newcomer is told to come
//! back.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::limits::HTTP_GRACE;

/// What a connection is doing, in the order in which they give way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Doing {
    /// It never completed a request.
    Fresh,
    /// It did, and has not completed the next.
    Waiting,
    /// It takes an answer.
    Taking,
    /// Its request is with a worker.
    Answered,
    /// It listens to a stream.
    Listening,
}

/// One connection.
#[derive(Clone, Debug)]
struct Seated {
    peer: Option<IpAddr>,
    doing: Doing,
    /// Grows with every change of anybody: tells who is longest at it, without a clock.
    since: u64,
    came: Instant,
    task: Option<AbortHandle>,
}

/// All connections of one door.
#[derive(Clone, Debug)]
pub(super) struct Crowd {
    seats: Arc<Mutex<Seats>>,
    most: usize,
    most_a_peer: usize,
}

#[derive(Debug, Default)]
struct Seats {
    taken: BTreeMap<u64, Seated>,
    last: u64,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    crowd: Crowd,
    number: u64,
}

/// Why there is no place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoPlace {
    /// Nobody would give way.
    Full,
    /// Whoever would has only just come: not before then.
    Until(Instant),
}

impl Crowd {
    /// Room for `most`, of one address at most `most_a_peer`.
    pub fn new(most: usize, most_a_peer: usize) -> Self {
        Self {
            seats: Arc::default(),
            most,
            most_a_peer,
        }
    }

    /// Gives a newcomer a place, if need be somebody else's. An address that is at its own limit takes
    /// its own place; one that finds the house full takes nobody's who came this moment, and whose
    /// request is on its way.
    pub fn admit(&self, peer: Option<IpAddr>, now: Instant) -> Result<Seat, NoPlace> {
        let mut seats = self.seats();
        let of_peer = |seated: &Seated| peer.is_some() && seated.peer == peer;
        if seats.taken.values().filter(|it| of_peer(it)).count() >= self.most_a_peer {
            seats.give_way(of_peer, None)?;
        } else if seats.taken.len() >= self.most {
            seats.give_way(|_| true, Some(now))?;
        }
        seats.last += 1;
        let number = seats.last;
        let seated = Seated {
            peer,
            doing: Doing::Fresh,
            since: number,
            came: now,
            task: None,
        };
        seats.taken.insert(number, seated);
        Ok(Seat {
            crowd: self.clone(),
            number,
        })
    }

    /// Somebody gives way without a newcomer: there are no files left for one.
    pub fn shrink(&self) -> Result<(), NoPlace> {
        self.seats().give_way(|_| true, None)
    }

    fn seats(&self) -> std::sync::MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    fn give_way(
        &mut self,
        who: impl Fn(&Seated) -> bool,
        mercy: Option<Instant>,
    ) -> Result<(), NoPlace> {
        let candidates = self
            .taken
            .iter()
            .filter(|(_, seated)| seated.doing < Doing::Answered && who(seated));
        let first = candidates.min_by_key(|(_, seated)| (seated.doing, seated.since));
        let (number, seated) = first.ok_or(NoPlace::Full)?;
        let until = seated.came + HTTP_GRACE;
        if mercy.is_some_and(|now| seated.doing == Doing::Fresh && now < until) {
            return Err(NoPlace::Until(until));
        }
        let number = *number;
        if let Some(task) = self.taken.remove(&number).and_then(|seated| seated.task) {
            task.abort();
        }
        Ok(())
    }
}

impl Seat {
    /// A number no other connection of this door has or had.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The task to end when this one has to give way.
    pub fn belongs_to(&self, task: AbortHandle) {
        if let Some(seated) = self.crowd.seats().taken.get_mut(&self.number) {
            seated.task = Some(task);
        }
    }

    /// What the connection does from now on.
    pub fn does(&self, doing: Doing) {
        let mut seats = self.crowd.seats();
        seats.last += 1;
        let since = seats.last;
        if let Some(seated) = seats.taken.get_mut(&self.number) {
            seated.doing = doing;
            seated.since = since;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.crowd.seats().taken.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "as it is asked for")]
    fn peer(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[allow(clippy::disallowed_methods, reason = "any moment will do")]
    fn now() -> Instant {
        Instant::now()
    }

    fn here(crowd: &Crowd) -> Vec<u64> {
        crowd.seats().taken.keys().copied().collect()
    }

    #[test]
    fn the_oldest_that_never_asked_gives_way() {
        let crowd = Crowd::new(3, 3);
        let start = now();
        let later = start + HTTP_GRACE;
        let seats: Vec<Seat> = (1..=3)
            .map(|last| crowd.admit(peer(last), start).unwrap())
            .collect();
        seats[0].does(Doing::Waiting);
        let early = crowd.admit(peer(4), start).unwrap_err();
        assert_eq!(early, NoPlace::Until(later));
        let newcomer = crowd.admit(peer(4), later).unwrap();
        assert!(!here(&crowd).contains(&seats[1].number()));
        assert!(here(&crowd).contains(&seats[0].number()));
        // Then the other one that never asked, then the newcomer itself, then who waits.
        for gone in [&seats[2], &newcomer, &seats[0]] {
            let busy = crowd.admit(peer(5), later + HTTP_GRACE).unwrap();
            assert!(!here(&crowd).contains(&gone.number()));
            busy.does(Doing::Answered);
            std::mem::forget(busy);
        }
        assert_eq!(crowd.admit(peer(6), later).unwrap_err(), NoPlace::Full);
        assert_eq!(crowd.shrink(), Err(NoPlace::Full));
    }

    #[test]
    fn one_address_displaces_its_own_only() {
        let crowd = Crowd::new(10, 2);
        let other = crowd.admit(peer(1), now()).unwrap();
        let own: Vec<Seat> = (0..2)
            .map(|_| crowd.admit(peer(2), now()).unwrap())
            .collect();
        let newcomer = crowd.admit(peer(2), now()).unwrap();
        let left = [other.number(), own[1].number(), newcomer.number()];
        assert_eq!(here(&crowd), left);
        own[1].does(Doing::Answered);
        newcomer.does(Doing::Listening);
        assert_eq!(crowd.admit(peer(2), now()).unwrap_err(), NoPlace::Full);
        // Connections without an address are not one peer.
        let unnamed: Vec<_> = (0..5).map(|_| crowd.admit(None, now()).unwrap()).collect();
        assert_eq!(here(&crowd).len(), 3 + unnamed.len());
    }

    #[test]
    fn a_place_comes_back() {
        let crowd = Crowd::new(1, 1);
        for _ in 0..3 {
            let seat = crowd.admit(peer(1), now()).unwrap();
            seat.does(Doing::Answered);
        }
        assert_eq!(here(&crowd), Vec::<u64>::new());
    }
}
