//! Behaviours of `ProtocolStore` that concern messages: sent ones kept for a retry, received ones
//! not yet taken over, base keys of sessions.
//!
//! The store stamps rows with its own clock, so expiry is tested with cut-offs at the ends of time.

use whatsapp_rust::traits::{Backend, PendingInboundKey, PendingInboundRow};

use super::behaviours;

const CHAT: &str = "15550000001@s.whatsapp.net";
const GROUP: &str = "120363000000000001@g.us";

fn row<'a>(sender: &'a str, id: &'a str, message: &'a [u8]) -> PendingInboundRow<'a> {
    PendingInboundRow {
        chat: CHAT,
        sender,
        id,
        message,
    }
}

pub async fn fill(b: &dyn Backend) {
    b.store_sent_message(CHAT, "M1", b"filled").await.unwrap();
    b.store_pending_inbound(CHAT, CHAT, "M1", b"filled")
        .await
        .unwrap();
    b.save_base_key(CHAT, "M1", b"filled").await.unwrap();
}

pub async fn check_filled(b: &dyn Backend) {
    let pending = b.get_pending_inbound(CHAT, CHAT, "M1").await.unwrap();
    assert_eq!(pending.unwrap(), b"filled");
    assert!(b.has_same_base_key(CHAT, "M1", b"filled").await.unwrap());
    let sent = b.take_sent_message(CHAT, "M1").await.unwrap();
    assert_eq!(sent.unwrap(), b"filled");
    b.store_sent_message(CHAT, "M1", b"filled").await.unwrap();
}

behaviours! {
    async fn a_sent_message_can_be_taken_once(b) {
        b.store_sent_message(CHAT, "M1", b"payload").await.unwrap();
        assert_eq!(b.take_sent_message(CHAT, "M1").await.unwrap().unwrap(), b"payload");
        assert!(b.take_sent_message(CHAT, "M1").await.unwrap().is_none());
    }

    async fn an_unknown_sent_message_is_none(b) {
        assert!(b.take_sent_message(CHAT, "M1").await.unwrap().is_none());
    }

    async fn a_sent_message_is_found_by_chat_and_id(b) {
        b.store_sent_message(CHAT, "M1", b"one").await.unwrap();
        b.store_sent_message(GROUP, "M1", b"two").await.unwrap();
        assert!(b.take_sent_message(CHAT, "M2").await.unwrap().is_none());
        assert_eq!(b.take_sent_message(GROUP, "M1").await.unwrap().unwrap(), b"two");
        assert_eq!(b.take_sent_message(CHAT, "M1").await.unwrap().unwrap(), b"one");
    }

    async fn a_message_sent_again_replaces_the_first(b) {
        b.store_sent_message(CHAT, "M1", b"one").await.unwrap();
        b.store_sent_message(CHAT, "M1", b"two").await.unwrap();
        assert_eq!(b.take_sent_message(CHAT, "M1").await.unwrap().unwrap(), b"two");
    }

    async fn young_sent_messages_are_kept(b) {
        b.store_sent_message(CHAT, "M1", b"one").await.unwrap();
        assert_eq!(b.delete_expired_sent_messages(0).await.unwrap(), 0);
        assert!(b.take_sent_message(CHAT, "M1").await.unwrap().is_some());
    }

    async fn old_sent_messages_go_and_are_counted(b) {
        b.store_sent_message(CHAT, "M1", b"one").await.unwrap();
        b.store_sent_message(GROUP, "M2", b"two").await.unwrap();
        assert_eq!(b.delete_expired_sent_messages(i64::MAX).await.unwrap(), 2);
        assert_eq!(b.delete_expired_sent_messages(i64::MAX).await.unwrap(), 0);
        assert!(b.take_sent_message(CHAT, "M1").await.unwrap().is_none());
    }

    async fn a_pending_message_stays_until_it_is_deleted(b) {
        b.store_pending_inbound(CHAT, CHAT, "M1", b"text").await.unwrap();
        for _ in 0..2 {
            let pending = b.get_pending_inbound(CHAT, CHAT, "M1").await.unwrap();
            assert_eq!(pending.unwrap(), b"text");
        }
        b.delete_pending_inbound(CHAT, CHAT, "M1").await.unwrap();
        assert!(b.get_pending_inbound(CHAT, CHAT, "M1").await.unwrap().is_none());
        b.delete_pending_inbound(CHAT, CHAT, "M1").await.unwrap();
    }

    async fn a_pending_message_is_found_by_chat_sender_and_id(b) {
        b.store_pending_inbound(GROUP, "anna", "M1", b"a").await.unwrap();
        b.store_pending_inbound(GROUP, "ben", "M1", b"b").await.unwrap();
        b.store_pending_inbound(CHAT, "anna", "M1", b"c").await.unwrap();
        b.delete_pending_inbound(GROUP, "anna", "M1").await.unwrap();
        assert!(b.get_pending_inbound(GROUP, "anna", "M1").await.unwrap().is_none());
        assert_eq!(b.get_pending_inbound(GROUP, "ben", "M1").await.unwrap().unwrap(), b"b");
        assert_eq!(b.get_pending_inbound(CHAT, "anna", "M1").await.unwrap().unwrap(), b"c");
    }

    async fn a_pending_message_stored_again_is_replaced(b) {
        b.store_pending_inbound(CHAT, CHAT, "M1", b"one").await.unwrap();
        b.store_pending_inbound(CHAT, CHAT, "M1", b"two").await.unwrap();
        assert_eq!(b.get_pending_inbound(CHAT, CHAT, "M1").await.unwrap().unwrap(), b"two");
    }

    async fn pending_messages_come_and_go_in_batches(b) {
        b.store_pending_inbound_batch(&[row("anna", "1", b"a"), row("anna", "2", b"b")])
            .await
            .unwrap();
        assert_eq!(b.get_pending_inbound(CHAT, "anna", "2").await.unwrap().unwrap(), b"b");
        let key = |id| PendingInboundKey { chat: CHAT, sender: "anna", id };
        b.delete_pending_inbound_batch(&[key("1"), key("never")]).await.unwrap();
        assert!(b.get_pending_inbound(CHAT, "anna", "1").await.unwrap().is_none());
        assert!(b.get_pending_inbound(CHAT, "anna", "2").await.unwrap().is_some());
        b.store_pending_inbound_batch(&[]).await.unwrap();
        b.delete_pending_inbound_batch(&[]).await.unwrap();
    }

    async fn a_full_batch_of_pending_messages_fits(b) {
        let ids = (0..400).map(|i| format!("3EB0{i:04X}")).collect::<Vec<_>>();
        let rows = ids.iter().map(|id| row("anna", id, &[7; 900])).collect::<Vec<_>>();
        b.store_pending_inbound_batch(&rows).await.unwrap();
        for id in &ids {
            assert!(b.get_pending_inbound(CHAT, "anna", id).await.unwrap().is_some());
        }
        assert_eq!(b.delete_expired_pending_inbound(i64::MAX).await.unwrap(), 400);
    }

    async fn old_pending_messages_go_and_young_ones_stay(b) {
        b.store_pending_inbound(CHAT, CHAT, "M1", b"one").await.unwrap();
        assert_eq!(b.delete_expired_pending_inbound(0).await.unwrap(), 0);
        assert!(b.get_pending_inbound(CHAT, CHAT, "M1").await.unwrap().is_some());
        assert_eq!(b.delete_expired_pending_inbound(i64::MAX).await.unwrap(), 1);
        assert!(b.get_pending_inbound(CHAT, CHAT, "M1").await.unwrap().is_none());
    }

    async fn a_base_key_is_recognised(b) {
        b.save_base_key("addr", "M1", b"base").await.unwrap();
        assert!(b.has_same_base_key("addr", "M1", b"base").await.unwrap());
        assert!(!b.has_same_base_key("addr", "M1", b"other").await.unwrap());
        assert!(!b.has_same_base_key("addr", "M2", b"base").await.unwrap());
        assert!(!b.has_same_base_key("else", "M1", b"base").await.unwrap());
    }

    async fn a_base_key_is_replaced_and_deleted(b) {
        b.save_base_key("addr", "M1", b"one").await.unwrap();
        b.save_base_key("addr", "M1", b"two").await.unwrap();
        assert!(!b.has_same_base_key("addr", "M1", b"one").await.unwrap());
        b.delete_base_key("addr", "M1").await.unwrap();
        b.delete_base_key("addr", "M1").await.unwrap();
        assert!(!b.has_same_base_key("addr", "M1", b"two").await.unwrap());
    }
}
