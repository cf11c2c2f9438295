//! Behaviours of `ProtocolStore` that concern people and groups: sender-key bookkeeping, LIDs,
//! device lists, group snapshots, trusted contact tokens.

use whatsapp_rust::traits::{
    Backend, DeviceInfo, DeviceListRecord, LidPnMappingEntry, TcTokenEntry,
};

use super::behaviours;

const GROUP: &str = "120363000000000001@g.us";
const OTHER: &str = "120363000000000002@g.us";
const ANNA: &str = "100000000000001@lid";

fn mapping(lid: &str, phone: &str, updated_at: i64) -> LidPnMappingEntry {
    LidPnMappingEntry {
        lid: lid.into(),
        phone_number: phone.into(),
        created_at: 1,
        updated_at,
        learning_source: "usync".into(),
    }
}

fn devices(user: &str, ids: &[u32]) -> DeviceListRecord {
    DeviceListRecord {
        user: user.into(),
        devices: ids.iter().map(|id| DeviceInfo::new(*id, Some(1))).collect(),
        timestamp: 77,
        phash: Some("2:abc".into()),
        raw_id: Some(9),
    }
}

fn token(bytes: &[u8], at: i64, sender: Option<i64>) -> TcTokenEntry {
    TcTokenEntry {
        token: bytes.into(),
        token_timestamp: at,
        sender_timestamp: sender,
    }
}

async fn sender_key_devices(b: &dyn Backend, group: &str) -> Vec<(String, bool)> {
    let mut devices = b.get_sender_key_devices(group).await.unwrap();
    devices.sort();
    devices
}

async fn stored(b: &dyn Backend, jid: &str) -> (Vec<u8>, i64, Option<i64>) {
    let entry = b.get_tc_token(jid).await.unwrap().unwrap();
    (entry.token, entry.token_timestamp, entry.sender_timestamp)
}

async fn lid_of(b: &dyn Backend, phone: &str) -> Option<String> {
    b.get_pn_mapping(phone)
        .await
        .unwrap()
        .map(|entry| entry.lid)
}

pub async fn fill(b: &dyn Backend) {
    b.set_sender_key_status(GROUP, &[("filled", true)])
        .await
        .unwrap();
    b.put_lid_mapping(&mapping("L1", "P1", 99)).await.unwrap();
    b.update_device_list(devices("anna", &[99])).await.unwrap();
    b.put_group_metadata(GROUP, b"filled").await.unwrap();
    b.put_tc_token(ANNA, &token(b"filled", 1, Some(1)))
        .await
        .unwrap();
}

pub async fn check_filled(b: &dyn Backend) {
    assert_eq!(
        sender_key_devices(b, GROUP).await,
        [("filled".to_owned(), true)]
    );
    assert_eq!(lid_of(b, "P1").await.unwrap(), "L1");
    assert_eq!(
        b.get_lid_mapping("L1").await.unwrap().unwrap().updated_at,
        99
    );
    assert_eq!(
        b.get_devices("anna").await.unwrap().unwrap().devices[0].device_id,
        99
    );
    assert_eq!(
        b.get_group_metadata(GROUP).await.unwrap().unwrap(),
        b"filled"
    );
    assert_eq!(stored(b, ANNA).await, (b"filled".to_vec(), 1, Some(1)));
}

behaviours! {
    async fn a_new_group_has_no_sender_key_devices(b) {
        assert!(b.get_sender_key_devices(GROUP).await.unwrap().is_empty());
    }

    async fn sender_key_status_is_kept_for_each_device(b) {
        b.set_sender_key_status(GROUP, &[("a:1", true), ("a:2", false)]).await.unwrap();
        b.set_sender_key_status(GROUP, &[("a:2", true), ("b:1", false)]).await.unwrap();
        let expected = [("a:1".into(), true), ("a:2".into(), true), ("b:1".into(), false)];
        assert_eq!(sender_key_devices(&*b, GROUP).await, expected);
        assert!(sender_key_devices(&*b, OTHER).await.is_empty());
    }

    async fn an_empty_status_update_changes_nothing(b) {
        b.set_sender_key_status(GROUP, &[]).await.unwrap();
        assert!(sender_key_devices(&*b, GROUP).await.is_empty());
    }

    async fn clearing_a_group_leaves_the_others(b) {
        for group in [GROUP, OTHER, "120363000000000001@g.usx"] {
            b.set_sender_key_status(group, &[("a", true), ("\u{10ffff}", true)]).await.unwrap();
        }
        b.clear_sender_key_devices(GROUP).await.unwrap();
        assert!(sender_key_devices(&*b, GROUP).await.is_empty());
        assert_eq!(sender_key_devices(&*b, OTHER).await.len(), 2);
        assert_eq!(sender_key_devices(&*b, "120363000000000001@g.usx").await.len(), 2);
        b.clear_sender_key_devices("never seen").await.unwrap();
    }

    async fn devices_are_forgotten_in_all_groups(b) {
        for group in [GROUP, OTHER] {
            b.set_sender_key_status(group, &[("a:1", true), ("a:11", true), ("b", true)])
                .await
                .unwrap();
        }
        b.delete_sender_key_device_rows(&["a:1", "b", "unknown"]).await.unwrap();
        for group in [GROUP, OTHER] {
            assert_eq!(sender_key_devices(&*b, group).await, [("a:11".to_owned(), true)]);
        }
        b.delete_sender_key_device_rows(&[]).await.unwrap();
        assert_eq!(sender_key_devices(&*b, GROUP).await.len(), 1);
    }

    async fn all_groups_can_be_cleared_at_once(b) {
        b.set_sender_key_status(GROUP, &[("a", true)]).await.unwrap();
        b.set_sender_key_status(OTHER, &[("a", true)]).await.unwrap();
        b.clear_all_sender_key_devices().await.unwrap();
        assert!(sender_key_devices(&*b, GROUP).await.is_empty());
        assert!(sender_key_devices(&*b, OTHER).await.is_empty());
    }

    async fn a_mapping_is_found_from_both_sides(b) {
        b.put_lid_mapping(&mapping("L1", "P1", 10)).await.unwrap();
        let entry = b.get_lid_mapping("L1").await.unwrap().unwrap();
        assert_eq!((&*entry.phone_number, entry.updated_at), ("P1", 10));
        assert_eq!((entry.created_at, &*entry.learning_source), (1, "usync"));
        assert_eq!(lid_of(&*b, "P1").await.unwrap(), "L1");
    }

    async fn an_unknown_mapping_is_none(b) {
        assert!(b.get_lid_mapping("L1").await.unwrap().is_none());
        assert!(b.get_pn_mapping("P1").await.unwrap().is_none());
        assert!(b.get_all_lid_mappings().await.unwrap().is_empty());
    }

    async fn the_most_recent_lid_of_a_number_wins(b) {
        b.put_lid_mapping(&mapping("L1", "P1", 10)).await.unwrap();
        b.put_lid_mapping(&mapping("L2", "P1", 20)).await.unwrap();
        assert_eq!(lid_of(&*b, "P1").await.unwrap(), "L2");
        assert!(b.get_lid_mapping("L1").await.unwrap().is_some());
    }

    async fn of_equally_recent_lids_the_one_put_last_wins(b) {
        b.put_lid_mappings(&[mapping("L2", "P1", 10), mapping("L1", "P1", 10)]).await.unwrap();
        assert_eq!(lid_of(&*b, "P1").await.unwrap(), "L1");
    }

    async fn a_lid_that_moves_to_another_number_leaves_the_old_one(b) {
        b.put_lid_mapping(&mapping("L1", "P1", 10)).await.unwrap();
        b.put_lid_mapping(&mapping("L1", "P2", 20)).await.unwrap();
        assert!(lid_of(&*b, "P1").await.is_none());
        assert_eq!(lid_of(&*b, "P2").await.unwrap(), "L1");
        assert_eq!(b.get_lid_mapping("L1").await.unwrap().unwrap().phone_number, "P2");
    }

    async fn a_batch_of_mappings_is_stored_and_listed(b) {
        let batch = (0..50).map(|i| mapping(&format!("L{i}"), &format!("P{i}"), i));
        b.put_lid_mappings(&batch.collect::<Vec<_>>()).await.unwrap();
        b.put_lid_mappings(&[]).await.unwrap();
        let mut all = b.get_all_lid_mappings().await.unwrap();
        all.sort_by_key(|entry| entry.updated_at);
        assert_eq!(all.len(), 50);
        assert_eq!((&*all[49].lid, &*all[49].phone_number), ("L49", "P49"));
    }

    async fn a_device_list_comes_back_whole(b) {
        b.update_device_list(devices("anna", &[0, 3, 17])).await.unwrap();
        let record = b.get_devices("anna").await.unwrap().unwrap();
        assert_eq!(record.user, "anna");
        assert_eq!(record.devices.iter().map(|d| d.device_id).collect::<Vec<_>>(), [0, 3, 17]);
        assert_eq!((record.timestamp, record.raw_id), (77, Some(9)));
        assert_eq!(record.phash.as_deref(), Some("2:abc"));
        assert!(b.get_devices("ann").await.unwrap().is_none());
    }

    async fn device_lists_are_replaced_in_batches(b) {
        b.update_device_list(devices("anna", &[0])).await.unwrap();
        b.update_device_lists(vec![devices("anna", &[0, 1]), devices("ben", &[])]).await.unwrap();
        assert_eq!(b.get_devices("anna").await.unwrap().unwrap().devices.len(), 2);
        assert!(b.get_devices("ben").await.unwrap().unwrap().devices.is_empty());
        b.update_device_lists(vec![]).await.unwrap();
    }

    async fn a_deleted_device_list_is_gone(b) {
        b.update_device_list(devices("anna", &[0])).await.unwrap();
        b.delete_devices("anna").await.unwrap();
        b.delete_devices("anna").await.unwrap();
        assert!(b.get_devices("anna").await.unwrap().is_none());
    }

    async fn a_group_snapshot_comes_back_is_replaced_and_goes(b) {
        assert!(b.get_group_metadata(GROUP).await.unwrap().is_none());
        b.put_group_metadata(GROUP, b"v1").await.unwrap();
        b.put_group_metadata(OTHER, b"other").await.unwrap();
        b.put_group_metadata(GROUP, b"v2").await.unwrap();
        assert_eq!(b.get_group_metadata(GROUP).await.unwrap().unwrap(), b"v2");
        b.delete_group_metadata(GROUP).await.unwrap();
        b.delete_group_metadata(GROUP).await.unwrap();
        assert!(b.get_group_metadata(GROUP).await.unwrap().is_none());
        assert_eq!(b.get_group_metadata(OTHER).await.unwrap().unwrap(), b"other");
    }

    async fn a_token_comes_back_is_replaced_and_goes(b) {
        assert!(b.get_tc_token(ANNA).await.unwrap().is_none());
        b.put_tc_token(ANNA, &token(&[1], 10, Some(5))).await.unwrap();
        b.put_tc_token(ANNA, &token(&[2], 9, None)).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await, (vec![2], 9, None));
        b.delete_tc_token(ANNA).await.unwrap();
        b.delete_tc_token(ANNA).await.unwrap();
        assert!(b.get_tc_token(ANNA).await.unwrap().is_none());
    }

    async fn all_contacts_with_tokens_are_listed(b) {
        assert!(b.get_all_tc_token_jids().await.unwrap().is_empty());
        b.put_tc_token("b@lid", &token(&[1], 1, None)).await.unwrap();
        b.touch_tc_token_sender_timestamp("a@lid", 1).await.unwrap();
        let mut jids = b.get_all_tc_token_jids().await.unwrap();
        jids.sort();
        assert_eq!(jids, ["a@lid", "b@lid"]);
    }

    async fn giving_out_our_token_makes_a_row_without_one(b) {
        b.touch_tc_token_sender_timestamp(ANNA, 1_000).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await, (vec![], 1_000, Some(1_000)));
    }

    async fn giving_out_our_token_keeps_theirs(b) {
        b.put_tc_token(ANNA, &token(&[7, 8], 2_000, None)).await.unwrap();
        b.touch_tc_token_sender_timestamp(ANNA, 3_000).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await, (vec![7, 8], 2_000, Some(3_000)));
    }

    async fn the_time_we_gave_out_ours_only_moves_forward(b) {
        b.touch_tc_token_sender_timestamp(ANNA, 5_000).await.unwrap();
        b.touch_tc_token_sender_timestamp(ANNA, 3_000).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await.2, Some(5_000));
    }

    async fn a_received_token_keeps_the_time_we_gave_out_ours(b) {
        b.touch_tc_token_sender_timestamp(ANNA, 5_000).await.unwrap();
        b.store_received_tc_token(ANNA, &[1, 2], 4_000).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await, (vec![1, 2], 4_000, Some(5_000)));
    }

    async fn the_first_received_token_has_no_sender_time(b) {
        b.store_received_tc_token(ANNA, &[9], 4_000).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await, (vec![9], 4_000, None));
    }

    async fn a_newer_token_wins_and_an_older_one_does_not(b) {
        b.store_received_tc_token(ANNA, &[1], 5_000).await.unwrap();
        b.store_received_tc_token(ANNA, &[2], 3_000).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await, (vec![1], 5_000, None));
        b.store_received_tc_token(ANNA, &[3], 7_000).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await, (vec![3], 7_000, None));
    }

    async fn of_two_tokens_of_one_time_the_second_wins(b) {
        b.store_received_tc_token(ANNA, &[1], 5_000).await.unwrap();
        b.store_received_tc_token(ANNA, &[2], 5_000).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await, (vec![2], 5_000, None));
    }

    async fn a_row_without_a_token_takes_any_token(b) {
        b.touch_tc_token_sender_timestamp(ANNA, 9_000).await.unwrap();
        b.store_received_tc_token(ANNA, &[4], 6_000).await.unwrap();
        assert_eq!(stored(&*b, ANNA).await, (vec![4], 6_000, Some(9_000)));
    }

    async fn a_token_goes_only_when_both_windows_have_passed(b) {
        // Tokens younger than 1000 live, our own giving-out younger than 2000 lives.
        for (jid, entry, lives) in [
            ("recent giving", token(&[], 2_500, Some(2_500)), true),
            ("old giving", token(&[], 100, Some(100)), false),
            ("old token, recent giving", token(&[1], 1, Some(2_500)), true),
            ("old token", token(&[1], 1, None), false),
            ("recent token", token(&[1], 5_000, None), true),
            ("recent token, old giving", token(&[1], 1_000, Some(1)), true),
            ("no token, recent time", token(&[], 5_000, None), false),
            ("at the edge", token(&[1], 999, Some(2_000)), true),
            ("past both edges", token(&[1], 999, Some(1_999)), false),
        ] {
            b.put_tc_token(jid, &entry).await.unwrap();
            let removed = b.delete_expired_tc_tokens(1_000, 2_000).await.unwrap();
            assert_eq!(removed, u32::from(!lives), "{jid}");
            assert_eq!(b.get_tc_token(jid).await.unwrap().is_some(), lives, "{jid}");
        }
    }

    async fn pruning_nothing_removes_nothing(b) {
        assert_eq!(b.delete_expired_tc_tokens(i64::MAX, i64::MAX).await.unwrap(), 0);
    }
}
