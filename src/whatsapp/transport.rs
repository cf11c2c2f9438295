//! The socket to the service, with its last failure kept for people.
//!
//! The library retries failed connects by itself and tells only its log. Panel and page have to say
//! *why* it takes long (name look-up, TLS, no route), so the factory remembers the last error.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::timeout;
use whatsapp_rust::async_channel::Receiver;
use whatsapp_rust::transport::{Transport, TransportEvent, TransportFactory, from_websocket};
use whatsapp_rust::{anyhow, async_trait};

use crate::clock::Clock;
use crate::fault::Trouble;
use crate::limits;
use crate::network;
use crate::whatsapp::dial::{DialError, DialStep, dial_told};
use crate::whatsapp::obstacle::{Surroundings, obstacle};
use crate::whatsapp::traffic::Traffic;

/// The last connection error; empty after a success.
#[derive(Clone, Default, Debug)]
pub struct LastFailure(Arc<Mutex<Option<Trouble>>>);

impl LastFailure {
    /// What it was.
    #[must_use]
    pub fn get(&self) -> Option<Trouble> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, trouble: Option<Trouble>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// Opens WebSockets to one endpoint.
pub struct Endpoint {
    url: String,
    clock: Clock,
    failure: LastFailure,
    traffic: Traffic,
}

impl Endpoint {
    /// Sockets to `url` (`wss://…`, or `ws://…` to this machine); failures are told to `failure`,
    /// what they carry to `traffic`.
    #[must_use]
    pub fn new(url: &str, clock: Clock, failure: LastFailure, traffic: Traffic) -> Self {
        Self {
            url: url.to_owned(),
            clock,
            failure,
            traffic,
        }
    }

    /// What its sockets tell.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.traffic.clone()
    }

    fn trouble(&self, error: &DialError) -> Trouble {
        let around = Surroundings {
            routed: network::own_address().is_some(),
            clock_set: self.clock.now().wall.is_some(),
        };
        Trouble {
            obstacle: obstacle(error, around),
            why: error.to_string(),
        }
    }
}

#[async_trait]
impl TransportFactory for Endpoint {
    async fn create_transport(
        &self,
    ) -> Result<(Arc<dyn Transport>, Receiver<TransportEvent>), anyhow::Error> {
        let step = Mutex::new(DialStep::default());
        let begins = |next| *step.lock().unwrap_or_else(PoisonError::into_inner) = next;
        let mut dialing = pin!(dial_told(&self.url, &self.traffic, begins));
        let opened = if let Ok(opened) = timeout(limits::DIAL_SLOW, &mut dialing).await {
            opened
        } else {
            let step = *step.lock().unwrap_or_else(PoisonError::into_inner);
            self.failure
                .set(Some(self.trouble(&DialError::TooLong(step))));
            dialing.await
        };
        self.failure
            .set(opened.as_ref().err().map(|error| self.trouble(error)));
        Ok(from_websocket(opened?))
    }
}
