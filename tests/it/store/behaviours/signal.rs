//! Behaviours of `SignalStore`: identities, sessions, pre-keys, sender keys.

use std::sync::Arc;

use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::traits::Backend;

use super::behaviours;

const ANNA: &str = "15550000001@s.whatsapp.net.0";
const ANNA_LAPTOP: &str = "15550000001:7@s.whatsapp.net.0";
const BEN: &str = "15550000002@s.whatsapp.net.0";
const GROUP_ANNA: &str = "120363000000000001@g.us:15550000001@s.whatsapp.net.0";

fn rows(rows: &[(&str, &'static [u8])]) -> Vec<(Arc<str>, Bytes)> {
    rows.iter()
        .map(|(address, value)| (Arc::from(*address), Bytes::from_static(value)))
        .collect()
}

fn keys(keys: &[(u32, &'static [u8])]) -> Vec<(u32, Bytes)> {
    keys.iter()
        .map(|(id, record)| (*id, Bytes::from_static(record)))
        .collect()
}

pub async fn fill(b: &dyn Backend) {
    b.put_identity(ANNA, [1; 32]).await.unwrap();
    b.put_session(ANNA, b"filled").await.unwrap();
    b.store_prekey(1, b"filled", false).await.unwrap();
    b.store_signed_prekey(1, b"filled").await.unwrap();
    b.put_sender_key(GROUP_ANNA, b"filled").await.unwrap();
}

pub async fn check_filled(b: &dyn Backend) {
    assert_eq!(b.load_identity(ANNA).await.unwrap(), Some([1; 32]));
    assert_eq!(b.get_session(ANNA).await.unwrap().unwrap(), "filled");
    assert_eq!(b.load_prekey(1).await.unwrap().unwrap(), "filled");
    assert_eq!(b.load_signed_prekey(1).await.unwrap().unwrap(), b"filled");
    assert_eq!(
        b.get_sender_key(GROUP_ANNA).await.unwrap().unwrap(),
        b"filled"
    );
}

behaviours! {
    async fn an_identity_comes_back(b) {
        b.put_identity(ANNA, [9; 32]).await.unwrap();
        assert_eq!(b.load_identity(ANNA).await.unwrap(), Some([9; 32]));
    }

    async fn an_unknown_identity_is_none(b) {
        assert_eq!(b.load_identity(ANNA).await.unwrap(), None);
    }

    async fn a_changed_identity_replaces_the_old_one(b) {
        b.put_identity(ANNA, [1; 32]).await.unwrap();
        b.put_identity(ANNA, [2; 32]).await.unwrap();
        assert_eq!(b.load_identity(ANNA).await.unwrap(), Some([2; 32]));
    }

    async fn a_deleted_identity_is_gone_and_others_stay(b) {
        b.put_identities_batch(&[(ANNA.into(), [1; 32]), (BEN.into(), [2; 32])]).await.unwrap();
        b.delete_identity(ANNA).await.unwrap();
        assert_eq!(b.load_identity(ANNA).await.unwrap(), None);
        assert_eq!(b.load_identity(BEN).await.unwrap(), Some([2; 32]));
    }

    async fn deleting_an_unknown_identity_is_fine(b) {
        b.delete_identity(ANNA).await.unwrap();
    }

    async fn a_batch_of_identities_inserts_and_replaces(b) {
        b.put_identity(ANNA, [1; 32]).await.unwrap();
        b.put_identities_batch(&[(ANNA.into(), [3; 32]), (BEN.into(), [4; 32])]).await.unwrap();
        assert_eq!(b.load_identity(ANNA).await.unwrap(), Some([3; 32]));
        assert_eq!(b.load_identity(BEN).await.unwrap(), Some([4; 32]));
    }

    async fn the_last_of_equal_addresses_in_a_batch_wins(b) {
        b.put_sessions_batch(&rows(&[(ANNA, b"first"), (ANNA, b"last")])).await.unwrap();
        assert_eq!(b.get_session(ANNA).await.unwrap().unwrap(), "last");
    }

    async fn a_session_comes_back(b) {
        b.put_session(ANNA, b"ratchet").await.unwrap();
        assert_eq!(b.get_session(ANNA).await.unwrap().unwrap(), "ratchet");
        assert!(b.has_session(ANNA).await.unwrap());
    }

    async fn an_empty_session_is_a_session(b) {
        b.put_session(ANNA, b"").await.unwrap();
        assert_eq!(b.get_session(ANNA).await.unwrap().unwrap(), "");
        assert!(b.has_session(ANNA).await.unwrap());
    }

    async fn an_unknown_session_is_none(b) {
        assert!(b.get_session(ANNA).await.unwrap().is_none());
        assert!(!b.has_session(ANNA).await.unwrap());
    }

    async fn a_large_session_comes_back_whole(b) {
        let large = (0..200_000_u32).map(|i| (i % 251) as u8).collect::<Vec<_>>();
        b.put_session(ANNA, &large).await.unwrap();
        assert_eq!(b.get_session(ANNA).await.unwrap().unwrap(), large);
    }

    async fn a_batch_of_sessions_inserts_and_replaces(b) {
        b.put_sessions_batch(&rows(&[(ANNA, b"one"), (BEN, b"two")])).await.unwrap();
        b.put_sessions_batch(&rows(&[(ANNA, b"three")])).await.unwrap();
        assert_eq!(b.get_session(ANNA).await.unwrap().unwrap(), "three");
        assert_eq!(b.get_session(BEN).await.unwrap().unwrap(), "two");
    }

    async fn an_empty_batch_changes_nothing(b) {
        b.put_session(ANNA, b"one").await.unwrap();
        b.put_sessions_batch(&[]).await.unwrap();
        b.put_identities_batch(&[]).await.unwrap();
        b.put_sender_keys_batch(&[]).await.unwrap();
        b.store_prekeys_batch(&[], true).await.unwrap();
        assert_eq!(b.get_session(ANNA).await.unwrap().unwrap(), "one");
    }

    async fn a_deleted_session_is_gone_and_the_other_device_stays(b) {
        b.put_sessions_batch(&rows(&[(ANNA, b"phone"), (ANNA_LAPTOP, b"laptop")])).await.unwrap();
        b.delete_session(ANNA).await.unwrap();
        assert!(!b.has_session(ANNA).await.unwrap());
        assert_eq!(b.get_session(ANNA_LAPTOP).await.unwrap().unwrap(), "laptop");
    }

    async fn deleting_an_unknown_session_is_fine(b) {
        b.delete_session(BEN).await.unwrap();
        assert!(!b.has_session(BEN).await.unwrap());
    }

    async fn nothing_is_known_of_a_new_user(b) {
        assert!(!b.has_signal_state_for_user("15550000001").await.unwrap());
    }

    async fn a_session_of_the_phone_is_state_of_the_user(b) {
        b.put_session(ANNA, b"s").await.unwrap();
        assert!(b.has_signal_state_for_user("15550000001").await.unwrap());
    }

    async fn a_session_of_a_linked_device_is_state_of_the_user(b) {
        b.put_session(ANNA_LAPTOP, b"s").await.unwrap();
        assert!(b.has_signal_state_for_user("15550000001").await.unwrap());
    }

    async fn an_identity_alone_is_state_of_the_user(b) {
        b.put_identity(ANNA_LAPTOP, [7; 32]).await.unwrap();
        assert!(b.has_signal_state_for_user("15550000001").await.unwrap());
    }

    async fn a_longer_number_with_the_same_beginning_is_another_user(b) {
        b.put_session("155500000019@s.whatsapp.net.0", b"s").await.unwrap();
        b.put_identity("155500000018:3@s.whatsapp.net.0", [7; 32]).await.unwrap();
        assert!(!b.has_signal_state_for_user("15550000001").await.unwrap());
    }

    async fn a_shorter_number_is_another_user(b) {
        b.put_session("1555000000@s.whatsapp.net.0", b"s").await.unwrap();
        assert!(!b.has_signal_state_for_user("15550000001").await.unwrap());
    }

    async fn neighbours_in_key_order_do_not_count_as_the_user(b) {
        // '/' and ';' are next to ':' and 'A' is next to '@'.
        for near in ["15550000001/1@x", "15550000001;1@x", "15550000001A@x", "15550000001?@x"] {
            b.put_session(near, b"s").await.unwrap();
        }
        assert!(!b.has_signal_state_for_user("15550000001").await.unwrap());
    }

    async fn after_deleting_all_nothing_is_known_of_the_user(b) {
        b.put_session(ANNA_LAPTOP, b"s").await.unwrap();
        b.put_identity(ANNA, [7; 32]).await.unwrap();
        b.delete_session(ANNA_LAPTOP).await.unwrap();
        b.delete_identity(ANNA).await.unwrap();
        assert!(!b.has_signal_state_for_user("15550000001").await.unwrap());
    }

    async fn a_prekey_comes_back(b) {
        b.store_prekey(5, b"record", false).await.unwrap();
        assert_eq!(b.load_prekey(5).await.unwrap().unwrap(), "record");
        assert!(b.load_prekey(6).await.unwrap().is_none());
    }

    async fn a_batch_of_prekeys_comes_back_in_the_order_asked_for(b) {
        b.store_prekeys_batch(&keys(&[(1, b"a"), (2, b"b"), (3, b"c")]), false).await.unwrap();
        let found = b.load_prekeys_batch(&[3, 9, 1]).await.unwrap();
        assert_eq!(found, keys(&[(3, b"c"), (1, b"a")]));
    }

    async fn a_full_batch_of_prekeys_fits(b) {
        let all = (1..=812).map(|id| (id, Bytes::from(vec![id as u8; 70]))).collect::<Vec<_>>();
        b.store_prekeys_batch(&all, false).await.unwrap();
        let ids = all.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        assert_eq!(b.load_prekeys_batch(&ids).await.unwrap(), all);
        assert_eq!(b.get_max_prekey_id().await.unwrap(), 812);
    }

    async fn a_prekey_stored_again_is_replaced(b) {
        b.store_prekey(5, b"old", true).await.unwrap();
        b.store_prekey(5, b"new", false).await.unwrap();
        assert_eq!(b.load_prekey(5).await.unwrap().unwrap(), "new");
    }

    async fn marking_prekeys_uploaded_keeps_their_records(b) {
        b.store_prekeys_batch(&keys(&[(1, b"a"), (2, b"b")]), false).await.unwrap();
        b.mark_prekeys_uploaded(&[1, 2]).await.unwrap();
        assert_eq!(b.load_prekeys_batch(&[1, 2]).await.unwrap(), keys(&[(1, b"a"), (2, b"b")]));
    }

    async fn marking_prekeys_uploaded_never_brings_one_back(b) {
        b.store_prekeys_batch(&keys(&[(1, b"a"), (2, b"b")]), false).await.unwrap();
        b.remove_prekey(1).await.unwrap();
        b.mark_prekeys_uploaded(&[1, 2, 77]).await.unwrap();
        assert!(b.load_prekey(1).await.unwrap().is_none());
        assert!(b.load_prekey(77).await.unwrap().is_none());
        assert_eq!(b.get_max_prekey_id().await.unwrap(), 2);
    }

    async fn the_highest_prekey_id_of_none_is_zero(b) {
        assert_eq!(b.get_max_prekey_id().await.unwrap(), 0);
    }

    async fn the_highest_prekey_id_is_a_number_not_a_text(b) {
        let batch = keys(&[(9, b"a"), (10, b"b"), (65_536, b"c")]);
        b.store_prekeys_batch(&batch, false).await.unwrap();
        assert_eq!(b.get_max_prekey_id().await.unwrap(), 65_536);
        b.remove_prekey(65_536).await.unwrap();
        assert_eq!(b.get_max_prekey_id().await.unwrap(), 10);
    }

    async fn removing_a_prekey_twice_is_fine(b) {
        b.store_prekey(5, b"record", false).await.unwrap();
        b.remove_prekey(5).await.unwrap();
        b.remove_prekey(5).await.unwrap();
        assert!(b.load_prekey(5).await.unwrap().is_none());
    }

    async fn signed_prekeys_come_back_alone_and_together(b) {
        b.store_signed_prekey(1, b"one").await.unwrap();
        b.store_signed_prekey(2, b"two").await.unwrap();
        b.store_signed_prekey(1, b"one again").await.unwrap();
        assert_eq!(b.load_signed_prekey(1).await.unwrap().unwrap(), b"one again");
        let mut all = b.load_all_signed_prekeys().await.unwrap();
        all.sort();
        assert_eq!(all, [(1, b"one again".to_vec()), (2, b"two".to_vec())]);
    }

    async fn a_removed_signed_prekey_is_gone(b) {
        b.store_signed_prekey(1, b"one").await.unwrap();
        b.remove_signed_prekey(1).await.unwrap();
        b.remove_signed_prekey(1).await.unwrap();
        assert!(b.load_signed_prekey(1).await.unwrap().is_none());
        assert!(b.load_all_signed_prekeys().await.unwrap().is_empty());
    }

    async fn prekeys_and_signed_prekeys_have_numbers_of_their_own(b) {
        b.store_prekey(1, b"one-time", false).await.unwrap();
        b.store_signed_prekey(1, b"signed").await.unwrap();
        b.remove_prekey(1).await.unwrap();
        assert_eq!(b.load_signed_prekey(1).await.unwrap().unwrap(), b"signed");
    }

    async fn a_sender_key_comes_back_and_goes(b) {
        assert!(b.get_sender_key(GROUP_ANNA).await.unwrap().is_none());
        b.put_sender_key(GROUP_ANNA, b"key").await.unwrap();
        assert_eq!(b.get_sender_key(GROUP_ANNA).await.unwrap().unwrap(), b"key");
        b.delete_sender_key(GROUP_ANNA).await.unwrap();
        assert!(b.get_sender_key(GROUP_ANNA).await.unwrap().is_none());
        b.delete_sender_key(GROUP_ANNA).await.unwrap();
    }

    async fn a_batch_of_sender_keys_inserts_and_replaces(b) {
        b.put_sender_key(GROUP_ANNA, b"old and longer").await.unwrap();
        b.put_sender_keys_batch(&rows(&[(GROUP_ANNA, b"new"), (BEN, b"b")])).await.unwrap();
        assert_eq!(b.get_sender_key(GROUP_ANNA).await.unwrap().unwrap(), b"new");
        assert_eq!(b.get_sender_key(BEN).await.unwrap().unwrap(), b"b");
    }

    async fn the_same_address_in_different_tables_is_not_mixed_up(b) {
        b.put_session(ANNA, b"session").await.unwrap();
        b.put_sender_key(ANNA, b"sender").await.unwrap();
        b.put_identity(ANNA, [5; 32]).await.unwrap();
        b.delete_session(ANNA).await.unwrap();
        assert_eq!(b.get_sender_key(ANNA).await.unwrap().unwrap(), b"sender");
        assert_eq!(b.load_identity(ANNA).await.unwrap(), Some([5; 32]));
    }
}
