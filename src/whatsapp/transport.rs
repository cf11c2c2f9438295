//! The socket to the service, with its last failure kept for people.
//!
//! The library retries failed connects by itself and tells only its log. Panel and page have to say
//! *why* it takes long (name look-up, TLS, no route), so the factory remembers the last error.

use std::sync::{Arc, Mutex, PoisonError};

use whatsapp_rust::async_channel::Receiver;
use whatsapp_rust::transport::{
    TokioWebSocketTransportFactory, Transport, TransportEvent, TransportFactory,
};
use whatsapp_rust::{anyhow, async_trait};

/// The last connection error in the transport's words; empty after a success.
#[derive(Clone, Default, Debug)]
pub struct LastFailure(Arc<Mutex<Option<String>>>);

impl LastFailure {
    /// What it was.
    #[must_use]
    pub fn get(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, why: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }
}

/// Opens WebSockets to one endpoint.
pub struct Endpoint {
    factory: TokioWebSocketTransportFactory,
    failure: LastFailure,
}

impl Endpoint {
    /// Sockets to `url` (`wss://…`, or `ws://…` to this machine); failures are told to `failure`.
    #[must_use]
    pub fn new(url: &str, failure: LastFailure) -> Self {
        Self {
            factory: TokioWebSocketTransportFactory::new().with_url(url),
            failure,
        }
    }
}

#[async_trait]
impl TransportFactory for Endpoint {
    async fn create_transport(
        &self,
    ) -> Result<(Arc<dyn Transport>, Receiver<TransportEvent>), anyhow::Error> {
        let opened = self.factory.create_transport().await;
        self.failure
            .set(opened.as_ref().err().map(|error| format!("{error:#}")));
        opened
    }
}
