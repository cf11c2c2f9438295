//! The library's view of our runtime: tokio with one thread.
//!
//! The library's own adapter assumes several threads and never yields, so that a long offline
//! backlog would keep buttons and timers waiting. This one yields between messages.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use whatsapp_rust::wacore::runtime::AbortHandle;
use whatsapp_rust::{Runtime, TokioRuntime, async_trait};

type Task = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// tokio on one thread.
pub struct YieldingTokio;

#[async_trait]
impl Runtime for YieldingTokio {
    fn spawn(&self, future: Task) -> AbortHandle {
        TokioRuntime.spawn(future)
    }

    fn spawn_detached(&self, future: Task) {
        TokioRuntime.spawn_detached(future);
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        TokioRuntime.sleep(duration)
    }

    fn spawn_blocking(
        &self,
        job: Box<dyn FnOnce() + Send + 'static>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        TokioRuntime.spawn_blocking(job)
    }

    fn yield_now(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        Some(Box::pin(tokio::task::yield_now()))
    }
}
