//! Behaviours of `DeviceStore`: the identity.

use std::sync::Arc;

use whatsapp_rust::traits::Backend;
use whatsapp_rust::wacore::store::{CachedNoiseCert, CachedServerCertChain, Device};
use whatsapp_rust::waproto::whatsapp as wa;

use super::behaviours;

/// A device as it is after pairing, login, and months of use.
pub fn paired() -> Device {
    let mut device = Device::new();
    device.pn = Some("15550001111:3@s.whatsapp.net".parse().unwrap());
    device.lid = Some("100000012345678:3@lid".parse().unwrap());
    device.push_name = "Front desk".into();
    device.account = Some(Arc::new(wa::ADVSignedDeviceIdentity {
        details: Some(vec![1, 2, 3]),
        account_signature_key: Some(vec![4; 32]),
        account_signature: Some(vec![5; 64]),
        device_signature: Some(vec![6; 64]),
    }));
    device.edge_routing_info = Some(vec![8, 9]);
    device.props_hash = Some("hash".into());
    device.next_pre_key_id = 813;
    device.first_unupload_pre_key_id = 400;
    device.server_has_prekeys = true;
    device.nct_salt = Some(vec![1; 16]);
    device.login_counter = 12;
    device.lid_migrated = true;
    device.read_receipts_disabled = true;
    let cert = |key: u8| CachedNoiseCert {
        key: [key; 32],
        not_before: 1,
        not_after: 2,
    };
    device.server_cert_chain = Some(CachedServerCertChain {
        intermediate: cert(1),
        leaf: cert(2),
    });
    device
}

/// Everything of a device that is stored, as JSON.
pub fn image(device: &Device) -> serde_json::Value {
    serde_json::to_value(device).unwrap()
}

async fn loaded(b: &dyn Backend) -> Device {
    b.load().await.unwrap().unwrap()
}

pub async fn fill(b: &dyn Backend) {
    let mut device = paired();
    device.push_name = "filled".into();
    b.save(&device).await.unwrap();
}

pub async fn check_filled(b: &dyn Backend) {
    assert_eq!(loaded(b).await.push_name, "filled");
}

behaviours! {
    async fn there_is_no_device_at_first(b) {
        assert!(!b.exists().await.unwrap());
        assert!(b.load().await.unwrap().is_none());
    }

    async fn creating_makes_a_device_that_is_not_paired(b) {
        assert!(b.create().await.unwrap() > 0);
        assert!(b.exists().await.unwrap());
        assert!(!loaded(&*b).await.is_registered());
    }

    async fn creating_again_keeps_the_keys(b) {
        b.create().await.unwrap();
        let first = image(&loaded(&*b).await);
        b.create().await.unwrap();
        assert_eq!(image(&loaded(&*b).await), first);
    }

    async fn creating_never_replaces_a_paired_device(b) {
        let device = paired();
        b.save(&device).await.unwrap();
        b.create().await.unwrap();
        assert_eq!(image(&loaded(&*b).await), image(&device));
    }

    async fn a_saved_device_exists(b) {
        b.save(&Device::new()).await.unwrap();
        assert!(b.exists().await.unwrap());
    }

    async fn every_stored_field_of_a_device_comes_back(b) {
        let device = paired();
        b.save(&device).await.unwrap();
        let stored = loaded(&*b).await;
        assert_eq!(image(&stored), image(&device));
        assert_eq!(
            stored.identity_key.private_key.serialize(),
            device.identity_key.private_key.serialize()
        );
    }

    async fn the_prekey_watermarks_come_back(b) {
        let mut device = paired();
        for (next, first) in [(1, 0), (813, 1), (813, 813), (u32::MAX, 814)] {
            device.next_pre_key_id = next;
            device.first_unupload_pre_key_id = first;
            b.save(&device).await.unwrap();
            let stored = loaded(&*b).await;
            assert_eq!(stored.next_pre_key_id, next);
            assert_eq!(stored.first_unupload_pre_key_id, first);
        }
    }

    async fn the_last_save_wins(b) {
        let mut device = paired();
        b.save(&device).await.unwrap();
        device.push_name = "Back office".into();
        device.server_cert_chain = None;
        b.save(&device).await.unwrap();
        let stored = loaded(&*b).await;
        assert_eq!(stored.push_name, "Back office");
        assert!(stored.server_cert_chain.is_none());
    }

    async fn saving_the_same_device_again_is_fine(b) {
        let device = paired();
        b.save(&device).await.unwrap();
        b.save(&device).await.unwrap();
        assert_eq!(image(&loaded(&*b).await), image(&device));
    }

    async fn a_new_client_version_is_saved(b) {
        let mut device = paired();
        b.save(&device).await.unwrap();
        device.app_version_tertiary += 1;
        device.app_version_last_fetched_ms += 86_400_000;
        b.save(&device).await.unwrap();
        assert_eq!(image(&loaded(&*b).await), image(&device));
    }
}
