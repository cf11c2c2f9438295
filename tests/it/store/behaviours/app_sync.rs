//! Behaviours of `AppSyncStore`: sync keys, versions, mutation MACs.

use whatsapp_rust::traits::{AppStateSyncKey, Backend};
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::appstate::processor::AppStateMutationMAC;

use super::behaviours;

fn key(data: u8) -> AppStateSyncKey {
    AppStateSyncKey {
        key_data: vec![data; 32],
        fingerprint: vec![data, 1, 2],
        timestamp: 1_700_000_000 + i64::from(data),
    }
}

fn mac(index: u8, value: u8) -> AppStateMutationMAC {
    AppStateMutationMAC {
        index_mac: vec![index; 32],
        value_mac: vec![value; 32],
    }
}

fn version(version: u64) -> HashState {
    HashState {
        version,
        hash: [version as u8; 128],
        ..HashState::default()
    }
}

pub async fn fill(b: &dyn Backend) {
    b.set_sync_key(b"k1", key(99)).await.unwrap();
    b.set_version("regular", version(99)).await.unwrap();
    b.put_mutation_macs("regular", 1, &[mac(1, 99)])
        .await
        .unwrap();
}

pub async fn check_filled(b: &dyn Backend) {
    assert_eq!(
        b.get_sync_key(b"k1").await.unwrap().unwrap().key_data,
        [99; 32]
    );
    assert_eq!(b.get_latest_sync_key_id().await.unwrap().unwrap(), b"k1");
    assert_eq!(b.get_version("regular").await.unwrap().version, 99);
    let mac = b.get_mutation_mac("regular", &[1; 32]).await.unwrap();
    assert_eq!(mac.unwrap(), [99; 32]);
}

behaviours! {
    async fn a_sync_key_comes_back(b) {
        b.set_sync_key(b"k1", key(1)).await.unwrap();
        let stored = b.get_sync_key(b"k1").await.unwrap().unwrap();
        assert_eq!(stored.key_data, [1; 32]);
        assert_eq!(stored.fingerprint, [1, 1, 2]);
        assert_eq!(stored.timestamp, 1_700_000_001);
    }

    async fn an_unknown_sync_key_is_none(b) {
        assert!(b.get_sync_key(b"k1").await.unwrap().is_none());
        assert!(b.get_latest_sync_key_id().await.unwrap().is_none());
    }

    async fn a_sync_key_stored_again_is_replaced(b) {
        b.set_sync_key(b"k1", key(1)).await.unwrap();
        b.set_sync_key(b"k1", key(2)).await.unwrap();
        assert_eq!(b.get_sync_key(b"k1").await.unwrap().unwrap().key_data, [2; 32]);
    }

    async fn the_latest_sync_key_is_the_one_stored_last(b) {
        b.set_sync_key(b"zz", key(1)).await.unwrap();
        b.set_sync_key(b"aa", key(2)).await.unwrap();
        assert_eq!(b.get_latest_sync_key_id().await.unwrap().unwrap(), b"aa");
        b.set_sync_key(b"zz", key(1)).await.unwrap();
        assert_eq!(b.get_latest_sync_key_id().await.unwrap().unwrap(), b"zz");
    }

    async fn key_ids_may_hold_any_byte(b) {
        b.set_sync_key(&[0, 255, 0], key(1)).await.unwrap();
        b.set_sync_key(&[0, 255], key(2)).await.unwrap();
        assert_eq!(b.get_sync_key(&[0, 255, 0]).await.unwrap().unwrap().key_data, [1; 32]);
        assert_eq!(b.get_sync_key(&[0, 255]).await.unwrap().unwrap().key_data, [2; 32]);
    }

    async fn the_version_of_an_unknown_collection_is_the_beginning(b) {
        let state = b.get_version("regular").await.unwrap();
        assert_eq!((state.version, state.hash), (0, [0; 128]));
    }

    async fn a_version_comes_back_with_its_hash(b) {
        b.set_version("regular", version(7)).await.unwrap();
        b.set_version("critical_block", version(3)).await.unwrap();
        b.set_version("regular", version(8)).await.unwrap();
        let state = b.get_version("regular").await.unwrap();
        assert_eq!((state.version, state.hash), (8, [8; 128]));
        assert_eq!(b.get_version("critical_block").await.unwrap().version, 3);
    }

    async fn a_mac_comes_back_and_is_replaced(b) {
        b.put_mutation_macs("regular", 1, &[mac(1, 10), mac(2, 20)]).await.unwrap();
        b.put_mutation_macs("regular", 2, &[mac(1, 11)]).await.unwrap();
        assert_eq!(b.get_mutation_mac("regular", &[1; 32]).await.unwrap().unwrap(), [11; 32]);
        assert_eq!(b.get_mutation_mac("regular", &[2; 32]).await.unwrap().unwrap(), [20; 32]);
        assert!(b.get_mutation_mac("regular", &[3; 32]).await.unwrap().is_none());
    }

    async fn macs_belong_to_their_collection(b) {
        b.put_mutation_macs("regular", 1, &[mac(1, 10)]).await.unwrap();
        assert!(b.get_mutation_mac("regular_low", &[1; 32]).await.unwrap().is_none());
        assert!(b.get_mutation_mac("regula", &[1; 32]).await.unwrap().is_none());
    }

    async fn many_macs_are_looked_up_at_once(b) {
        b.put_mutation_macs("regular", 1, &[mac(1, 10), mac(2, 20)]).await.unwrap();
        let found = b.get_mutation_macs("regular", &[[1; 32], [9; 32], [2; 32]]).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[&[1; 32]], [10; 32]);
        assert_eq!(found[&[2; 32]], [20; 32]);
        assert!(b.get_mutation_macs("regular", &[]).await.unwrap().is_empty());
    }

    async fn deleted_macs_are_gone(b) {
        b.put_mutation_macs("regular", 1, &[mac(1, 10), mac(2, 20)]).await.unwrap();
        b.delete_mutation_macs("regular", &[vec![1; 32], vec![9; 32]]).await.unwrap();
        assert!(b.get_mutation_mac("regular", &[1; 32]).await.unwrap().is_none());
        assert!(b.get_mutation_mac("regular", &[2; 32]).await.unwrap().is_some());
        b.delete_mutation_macs("regular", &[]).await.unwrap();
    }

    async fn clearing_macs_clears_that_collection_only(b) {
        for collection in ["regula", "regular", "regular_high", "regular\u{1}"] {
            b.put_mutation_macs(collection, 1, &[mac(1, 10), mac(255, 10)]).await.unwrap();
        }
        b.clear_mutation_macs("regular").await.unwrap();
        assert!(b.get_mutation_mac("regular", &[1; 32]).await.unwrap().is_none());
        assert!(b.get_mutation_mac("regular", &[255; 32]).await.unwrap().is_none());
        for collection in ["regula", "regular_high", "regular\u{1}"] {
            assert!(b.get_mutation_mac(collection, &[255; 32]).await.unwrap().is_some());
        }
        b.clear_mutation_macs("never seen").await.unwrap();
    }
}
