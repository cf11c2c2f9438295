//! Getting at what a message is about: envelopes within envelopes, and the names of what we have no
//! word for. Pure.

use whatsapp_rust::waproto::whatsapp as wa;

/// Calls a macro with the fields that are an envelope and nothing else: around the message itself.
macro_rules! envelopes {
    ($call:ident!($($first:tt)*)) => {
        $call!($($first)*
            device_sent_message, ephemeral_message, view_once_message, view_once_message_v2,
            view_once_message_v2_extension, document_with_caption_message, edited_message,
            group_mentioned_message, bot_invoke_message, lottie_sticker_message, event_cover_image,
            status_mention_message, poll_creation_option_image_message, associated_child_message,
            group_status_mention_message, poll_creation_message_v4, status_add_yours,
            group_status_message, limit_sharing_message, bot_task_message, question_message,
            group_status_message_v2, bot_forwarded_message, question_reply_message,
            newsletter_admin_profile_message, newsletter_admin_profile_message_v2, spoiler_message,
            newsletter_admin_profile_status_message, comment_message,
        )
    };
}

#[cfg(test)]
pub(super) use envelopes;

macro_rules! open_one {
    ($message:ident, $($field:ident,)+) => {
        $(
            if let Some(inner) = $message.$field.as_option().and_then(|it| it.message.as_option()) {
                return Some(inner);
            }
        )+
    };
}

fn opened(message: &wa::Message) -> Option<&wa::Message> {
    envelopes!(open_one!(message,));
    None
}

/// The message inside all envelopes. The decoder bounds how many there are.
pub(super) fn innermost(message: &wa::Message) -> &wa::Message {
    let mut inner = message;
    while let Some(next) = opened(inner) {
        inner = next;
    }
    inner
}

/// Calls a macro with the fields that have a context: what is quoted, who is mentioned.
macro_rules! with_context {
    ($call:ident!($($first:tt)*)) => {
        $call!($($first)*
            extended_text_message, image_message, video_message, ptv_message, audio_message,
            document_message, sticker_message, location_message, live_location_message,
            contact_message, contacts_array_message, buttons_message, buttons_response_message,
            list_message, list_response_message, template_message, template_button_reply_message,
            interactive_message, interactive_response_message, poll_creation_message,
            poll_creation_message_v2, poll_creation_message_v3, poll_creation_message_v5,
            poll_creation_message_v6, product_message, order_message, group_invite_message,
            event_message, sticker_pack_message, newsletter_admin_invite_message, album_message,
        )
    };
}

macro_rules! first_context {
    ($message:ident, $($field:ident,)+) => {
        $(
            if let Some(context) =
                $message.$field.as_option().and_then(|it| it.context_info.as_option())
            {
                return Some(context);
            }
        )+
    };
}

/// What a message is in answer to, and whom it mentions.
pub(super) fn context(message: &wa::Message) -> Option<&wa::ContextInfo> {
    with_context!(first_context!(message,));
    None
}

macro_rules! first_name {
    ($message:ident, $($field:ident = $name:literal,)+) => {
        $(
            if $message.$field.is_set() {
                return $name;
            }
        )+
    };
}

/// The protocol's name of something we have no word for; `unknown` when it is newer than this program.
pub(super) fn name(message: &wa::Message) -> &'static str {
    first_name! { message,
        poll_creation_message = "poll_creation",
        poll_creation_message_v2 = "poll_creation",
        poll_creation_message_v3 = "poll_creation",
        poll_creation_message_v5 = "poll_creation",
        poll_creation_message_v6 = "poll_creation",
        poll_update_message = "poll_update",
        poll_add_option_message = "poll_add_option",
        poll_result_snapshot_message = "poll_result",
        poll_result_snapshot_message_v3 = "poll_result",
        event_message = "event",
        event_invite_message = "event_invite",
        enc_event_response_message = "event_response",
        call = "call",
        call_log_messsage = "call_log",
        bcall_message = "call",
        scheduled_call_creation_message = "scheduled_call",
        scheduled_call_edit_message = "scheduled_call_edit",
        group_invite_message = "group_invite",
        product_message = "product",
        order_message = "order",
        invoice_message = "invoice",
        send_payment_message = "payment",
        request_payment_message = "payment_request",
        decline_payment_request_message = "payment_declined",
        cancel_payment_request_message = "payment_cancelled",
        payment_invite_message = "payment_invite",
        payment_reminder_message = "payment_reminder",
        split_payment_message = "split_payment",
        album_message = "album",
        sticker_pack_message = "sticker_pack",
        keep_in_chat_message = "keep_in_chat",
        pin_in_chat_message = "pin_in_chat",
        enc_reaction_message = "encrypted_reaction",
        enc_comment_message = "encrypted_comment",
        secret_encrypted_message = "encrypted_edit",
        request_phone_number_message = "phone_number_request",
        newsletter_admin_invite_message = "channel_invite",
        newsletter_follower_invite_message_v2 = "channel_invite",
        rich_response_message = "rich_response",
        placeholder_message = "placeholder",
        interactive_message = "interactive",
        interactive_response_message = "interactive_response",
        buttons_message = "buttons",
        buttons_response_message = "buttons_response",
        list_message = "list",
        list_response_message = "list_response",
        template_message = "template",
        template_button_reply_message = "template_button_reply",
        highly_structured_message = "template",
        image_message = "image",
        video_message = "video",
        audio_message = "audio",
        document_message = "document",
        sticker_message = "sticker",
        location_message = "location",
        live_location_message = "location",
        contact_message = "contact",
        contacts_array_message = "contact",
        reaction_message = "reaction",
        extended_text_message = "empty_text",
    }
    "unknown"
}

/// Whether it is only for the program: keys, history, what devices of one account tell each other.
pub(super) fn is_machinery(message: &wa::Message) -> bool {
    message.protocol_message.is_set()
        || message.sticker_sync_rmr_message.is_set()
        || message.message_history_bundle.is_set()
        || message.message_history_notice.is_set()
        || message.group_root_key_share.is_set()
        || message.root_secret_distribute_message.is_set()
        || message.status_notification_message.is_set()
        // A key for a group, by itself. With anything else it travels along.
        || (message.sender_key_distribution_message.is_set()
            || message.fast_ratchet_key_sender_key_distribution_message.is_set())
            && name(message) == "unknown"
}
