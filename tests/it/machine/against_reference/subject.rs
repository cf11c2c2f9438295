//! Which account an event or an effect is about.

use pairbox::account::AccountId;
use pairbox::event::{Effect, Event, GatewayEvent, Intent};

/// The account an event is about; `None`: about none or all.
pub fn whose(event: &Event) -> Option<AccountId> {
    match event {
        Event::Link { account, .. }
        | Event::Store { account, .. }
        | Event::Gateway(GatewayEvent::Requests { account, .. }) => Some(*account),
        Event::Intent { intent, .. } => match intent {
            Intent::Connect(account)
            | Intent::Disconnect(account)
            | Intent::Restart(account)
            | Intent::Delete(account)
            | Intent::Select(account)
            | Intent::Change { account, .. }
            | Intent::PairByCode { account, .. }
            | Intent::Decide { account, .. }
            | Intent::Logout(account) => Some(*account),
            Intent::AddAccount { .. }
            | Intent::ShowAccessCode { .. }
            | Intent::TryAccessCode { .. }
            | Intent::AcknowledgeRestore
            | Intent::ResetTokens => None,
        },
        Event::Gateway(GatewayEvent::Outbox(_))
        | Event::Edge(_)
        | Event::Panel(_)
        | Event::Page(_)
        | Event::Written(_)
        | Event::NetworkUp
        | Event::ClockSet
        | Event::Disk(_)
        | Event::Shutdown => None,
    }
}

pub fn who_is_asked(effect: &Effect) -> Option<AccountId> {
    match effect {
        Effect::StartLink { account, .. }
        | Effect::StopLink { account, .. }
        | Effect::Unlink { account, .. }
        | Effect::WipeAuth { account }
        | Effect::DeleteAccount { account }
        | Effect::RequestCode { account, .. }
        | Effect::Decide { account, .. }
        | Effect::SaveRecord { account, .. } => Some(*account),
        Effect::Answer { .. } | Effect::ResetTokens | Effect::ForgetRestored => None,
    }
}
