//! How the library's client is put together for a link.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use whatsapp_rust::prelude::Bot;
use whatsapp_rust::wacore::store::DevicePropsOverride;
use whatsapp_rust::wacore::types::events::{Event as LibraryEvent, EventHandler, EventInterest};
use whatsapp_rust::waproto::whatsapp::device_props::PlatformType;
use whatsapp_rust::{CacheConfig, CacheEntryConfig, anyhow};

use super::{LinkParts, Said};
use crate::whatsapp::desk::Desk;
use crate::whatsapp::http::{Hosts, MediaHttp};
use crate::whatsapp::mail;
use crate::whatsapp::receive::CommitFirst;
use crate::whatsapp::runtime::YieldingTokio;
use crate::whatsapp::translate::INTEREST;
use crate::whatsapp::transport::Endpoint;
use crate::whatsapp::voice::Voice;

/// Puts the library's events into our channels: synchronous, so that their order holds.
struct Tap {
    state: mpsc::UnboundedSender<Said>,
    mail: mpsc::UnboundedSender<Arc<LibraryEvent>>,
}

impl EventHandler for Tap {
    fn handle_event(&self, event: Arc<LibraryEvent>) {
        // The receivers go away only with the link.
        if mail::is_mail(&event) {
            let _ = self.mail.send(Arc::clone(&event));
        }
        if INTEREST.contains(&event.kind()) {
            let _ = self.state.send(Said::Library(event));
        }
    }

    fn interest(&self) -> EventInterest {
        let all = [INTEREST, mail::INTEREST].concat();
        EventInterest::of(&all)
    }
}

/// Builds it. May wait for the network: a box that never had a client version asks for one.
pub(super) async fn build(
    parts: &LinkParts,
    endpoint: Endpoint,
    desk: Arc<Desk>,
    voice: Arc<Voice>,
    hosts: Hosts,
    taps: (
        mpsc::UnboundedSender<Said>,
        mpsc::UnboundedSender<Arc<LibraryEvent>>,
    ),
) -> anyhow::Result<Bot> {
    let (state, mail) = taps;
    let version = parts.versions.current().await;
    let props = DevicePropsOverride::new()
        .with_os(parts.label.clone())
        .with_platform_type(PlatformType::CHROME);
    let durability = CommitFirst::new(desk, voice, endpoint.traffic());
    let bot = Bot::builder()
        .with_backend_arc(parts.store.backend(parts.account))
        .with_transport_factory(endpoint)
        .with_http_client(MediaHttp::new(hosts))
        .with_runtime(YieldingTokio)
        .with_version(version)
        .with_device_props(props)
        .with_wanted_pre_key_count(parts.pre_keys)
        .with_cache_config(small_caches())
        .with_inbound_durability_hook(durability)
        .with_event_handler(Tap { state, mail })
        .skip_history_sync()
        .build()
        .await?;
    Ok(bot)
}

/// The library's caches at a size for 512 MB boards: they are caps, not allocations.
fn small_caches() -> CacheConfig {
    let hour = Some(Duration::from_secs(3600));
    let five_minutes = Some(Duration::from_secs(300));
    CacheConfig {
        group_cache: CacheEntryConfig::new(hour, 32),
        // Must exceed the largest group that is written to.
        device_registry_cache: CacheEntryConfig::new(hour, 1100),
        // Above zero the copy for resends is written in the background, off the sending path.
        recent_messages: CacheEntryConfig::new(five_minutes, 32),
        message_retry_counts: CacheEntryConfig::new(hour, 200),
        undecryptable_dispatched: CacheEntryConfig::new(five_minutes, 200),
        sender_key_devices_cache: CacheEntryConfig::new(hour, 64),
        resend_rate_limiter_capacity: 256,
        seed_msg_secrets_from_history: false,
        ..CacheConfig::default()
    }
}
