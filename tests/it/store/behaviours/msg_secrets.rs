//! Behaviours of `MsgSecretStore`.

use whatsapp_rust::traits::{Backend, MsgSecretEntry};

use super::behaviours;

fn entry(id: &str, secret: u8, expires_at: i64, message_ts: i64) -> MsgSecretEntry {
    MsgSecretEntry {
        chat: "chat@g.us".into(),
        sender: "sender@lid".into(),
        msg_id: id.into(),
        secret: [secret; 32],
        expires_at,
        message_ts,
    }
}

async fn secret(b: &dyn Backend, id: &str) -> Option<(Vec<u8>, i64)> {
    b.get_msg_secret_with_ts("chat@g.us", "sender@lid", id)
        .await
        .unwrap()
}

pub async fn fill(b: &dyn Backend) {
    b.put_msg_secrets(vec![entry("M1", 99, 5, 99)])
        .await
        .unwrap();
}

pub async fn check_filled(b: &dyn Backend) {
    assert_eq!(secret(b, "M1").await, Some((vec![99; 32], 99)));
}

behaviours! {
    async fn a_secret_comes_back(b) {
        b.put_msg_secret("c", "s", "M1", &[7; 32]).await.unwrap();
        assert_eq!(b.get_msg_secret("c", "s", "M1").await.unwrap().unwrap(), [7; 32]);
        assert_eq!(b.get_msg_secret_with_ts("c", "s", "M1").await.unwrap().unwrap().1, 0);
    }

    async fn an_unknown_secret_is_none(b) {
        assert!(b.get_msg_secret("c", "s", "M1").await.unwrap().is_none());
        assert!(b.get_msg_secret_with_ts("c", "s", "M1").await.unwrap().is_none());
    }

    async fn a_secret_is_found_by_all_of_chat_sender_and_id(b) {
        for (chat, sender, id, secret) in
            [("A", "X", "1", 1), ("A", "X", "2", 2), ("A", "Y", "1", 3), ("B", "X", "1", 4)]
        {
            b.put_msg_secret(chat, sender, id, &[secret; 32]).await.unwrap();
        }
        assert_eq!(b.get_msg_secret("A", "X", "1").await.unwrap().unwrap(), [1; 32]);
        assert_eq!(b.get_msg_secret("A", "X", "2").await.unwrap().unwrap(), [2; 32]);
        assert_eq!(b.get_msg_secret("A", "Y", "1").await.unwrap().unwrap(), [3; 32]);
        assert_eq!(b.get_msg_secret("B", "X", "1").await.unwrap().unwrap(), [4; 32]);
    }

    async fn parts_of_a_key_do_not_run_together(b) {
        b.put_msg_secret("ab", "c", "d", &[1; 32]).await.unwrap();
        b.put_msg_secret("a", "bc", "d", &[2; 32]).await.unwrap();
        assert_eq!(b.get_msg_secret("ab", "c", "d").await.unwrap().unwrap(), [1; 32]);
        assert_eq!(b.get_msg_secret("a", "bc", "d").await.unwrap().unwrap(), [2; 32]);
        assert!(b.get_msg_secret("abc", "", "d").await.unwrap().is_none());
    }

    async fn a_batch_counts_all_its_entries_and_the_last_secret_wins(b) {
        let batch = vec![entry("M1", 1, 0, 0), entry("M2", 2, 0, 0), entry("M1", 9, 0, 0)];
        assert_eq!(b.put_msg_secrets(batch).await.unwrap(), 3);
        assert_eq!(secret(&*b, "M1").await.unwrap().0, [9; 32]);
        assert_eq!(secret(&*b, "M2").await.unwrap().0, [2; 32]);
        assert_eq!(b.put_msg_secrets(vec![]).await.unwrap(), 0);
    }

    async fn a_known_time_is_not_lost_to_an_unknown_one(b) {
        b.put_msg_secrets(vec![entry("M1", 1, 0, 500)]).await.unwrap();
        b.put_msg_secrets(vec![entry("M1", 1, 0, 0)]).await.unwrap();
        assert_eq!(secret(&*b, "M1").await.unwrap().1, 500);
    }

    async fn the_later_time_wins(b) {
        b.put_msg_secrets(vec![entry("M1", 1, 0, 500)]).await.unwrap();
        b.put_msg_secrets(vec![entry("M1", 1, 0, 400)]).await.unwrap();
        assert_eq!(secret(&*b, "M1").await.unwrap().1, 500);
        b.put_msg_secrets(vec![entry("M1", 1, 0, 600)]).await.unwrap();
        assert_eq!(secret(&*b, "M1").await.unwrap().1, 600);
    }

    async fn a_deadline_never_moves_closer(b) {
        b.put_msg_secrets(vec![entry("M1", 1, 1_000, 0)]).await.unwrap();
        b.put_msg_secrets(vec![entry("M1", 1, 100, 0)]).await.unwrap();
        assert_eq!(b.delete_expired_msg_secrets(500).await.unwrap(), 0);
        assert_eq!(b.delete_expired_msg_secrets(1_000).await.unwrap(), 1);
    }

    async fn never_is_later_than_any_deadline(b) {
        b.put_msg_secrets(vec![entry("M1", 1, 1_000, 0)]).await.unwrap();
        b.put_msg_secrets(vec![entry("M1", 1, 0, 0)]).await.unwrap();
        b.put_msg_secrets(vec![entry("M1", 1, 5, 0)]).await.unwrap();
        assert_eq!(b.delete_expired_msg_secrets(i64::MAX).await.unwrap(), 0);
        assert!(secret(&*b, "M1").await.is_some());
    }

    async fn secrets_go_at_their_deadline_and_not_before(b) {
        let all = vec![entry("past", 1, 99, 0), entry("now", 2, 100, 0), entry("next", 3, 101, 0)];
        b.put_msg_secrets(all).await.unwrap();
        assert_eq!(b.delete_expired_msg_secrets(100).await.unwrap(), 2);
        assert!(secret(&*b, "past").await.is_none());
        assert!(secret(&*b, "now").await.is_none());
        assert!(secret(&*b, "next").await.is_some());
        assert_eq!(b.delete_expired_msg_secrets(100).await.unwrap(), 0);
    }
}
