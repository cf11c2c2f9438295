//! What policies and routes may say: the first field that is wrong is named.

use pairbox::message::policy::Policy;
use pairbox::message::route::Routes;
use pairbox::message::webhook::WebhookId;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::any;
use super::desk::{Desk, OURS, THEIRS, webhook};

fn policy_field(body: Value) -> Option<String> {
    let policy: Policy = serde_json::from_value(body).unwrap();
    policy.check().err().map(|error| error.field)
}

fn routes_error(body: Value) -> Option<String> {
    let routes: Routes = serde_json::from_value(body).unwrap();
    let mut desk = Desk::new();
    let mut other = webhook(&["*"]);
    other.sessions = Some(vec![THEIRS]);
    desk.settings.webhooks.insert(WebhookId(2), other);
    let checked = routes.check(OURS, &desk.settings.webhooks);
    checked.err().map(|error| error.to_string())
}

#[test]
fn policies() {
    for (body, field) in [
        (json!({}), None),
        (
            json!({"dm": "pairing", "allow_from": ["*", "+1 (555) 000-2222", "900000000000002@lid"]}),
            None,
        ),
        (
            json!({"group_allow_from": ["120363000000000001@g.us", "15550002222@s.whatsapp.net"]}),
            None,
        ),
        (json!({"allow_from": ["*", "alice"]}), Some("allow_from[1]")),
        (
            json!({"allow_from": ["0555 0002222"]}),
            Some("allow_from[0]"),
        ),
        (
            json!({"allow_from": ["120363000000000001@g.us"]}),
            Some("allow_from[0]"),
        ),
        (json!({"allow_from": vec!["*"; 1001]}), Some("allow_from")),
        (
            json!({"group_allow_from": ["status@broadcast"]}),
            Some("group_allow_from[0]"),
        ),
        (json!({"ack_reaction": "👀"}), None),
        (json!({"ack_reaction": "👨‍👩‍👧‍👦"}), None),
        (json!({"ack_reaction": "3️⃣"}), None),
        (json!({"ack_reaction": ""}), Some("ack_reaction")),
        (json!({"ack_reaction": "ok"}), Some("ack_reaction")),
        (json!({"ack_reaction": "é"}), Some("ack_reaction")),
        (json!({"ack_reaction": "👀👀"}), Some("ack_reaction")),
    ] {
        assert_eq!(policy_field(body.clone()).as_deref(), field, "{body}");
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn routes() {
    let one =
        |matches: Value| json!({"routes": [{"name": "finn", "webhook": "wh_1", "match": matches}]});
    let named = |name: &str| json!({"name": name, "webhook": "wh_1"});
    for (body, error) in [
        (json!({}), None),
        (
            json!({"default": "FINN", "routes": [named("finn"), named("eric")]}),
            None,
        ),
        (
            json!({"routes": [named("finn"), named("Finn")]}),
            Some("`routes[1].name`: another route"),
        ),
        (
            json!({"routes": [named("")]}),
            Some("`routes[0].name`: it has to be"),
        ),
        (
            json!({"routes": [named("my agent")]}),
            Some("`routes[0].name`: it has to be"),
        ),
        (
            json!({"default": "mia", "routes": [named("finn")]}),
            Some("`default`: no route"),
        ),
        (json!({"default": "mia"}), Some("`default`: no route")),
        (
            json!({"sticky_ttl": 604_801}),
            Some("`sticky_ttl`: it is more"),
        ),
        (
            json!({"routes": [{"name": "finn", "webhook": "wh_9"}]}),
            Some("`routes[0].webhook`: there is no"),
        ),
        (
            json!({"routes": [{"name": "finn", "webhook": "wh_2"}]}),
            Some("`routes[0].webhook`: that webhook is not"),
        ),
        (json!({"link": "wh_1"}), None),
        (json!({"link": "wh_2"}), Some("`link`: that webhook is not")),
        (
            json!({"link": "wh_1", "routes": [named("finn")]}),
            Some("`link`: everything goes there"),
        ),
        (one(json!({})), Some("`routes[0].match`: it says nothing")),
        (one(json!({"text": "YES*"})), None),
        (
            one(json!({"text": " "})),
            Some("`routes[0].match.text`: it is empty"),
        ),
        (
            one(json!({"text": "x".repeat(101)})),
            Some("`routes[0].match.text`: it has more"),
        ),
        (
            one(json!({"from": "alice"})),
            Some("`routes[0].match.from`: it has to be"),
        ),
        (
            one(json!({"from": ["*", "120363000000000001@g.us"]})),
            Some("`routes[0].match.from[1]`: it is not a person"),
        ),
        (
            one(json!({"group": "15550002222"})),
            Some("`routes[0].match.group`: it is not a group"),
        ),
        (
            one(json!({"group": []})),
            Some("`routes[0].match.group`: it has to have"),
        ),
    ] {
        let found = routes_error(body.clone());
        match (&found, error) {
            (Some(found), Some(error)) if found.starts_with(error) => {}
            (None, None) => {}
            _ => panic!("{body}: {found:?}, not {error:?}"),
        }
    }
    let fifty_one: Vec<Value> = (0..51).map(|n| named(&format!("r{n}"))).collect();
    let found = routes_error(json!({"routes": fifty_one})).unwrap();
    assert!(found.starts_with("`routes`: "), "{found}");
}

proptest! {
    /// What can be kept comes back as it was.
    #[test]
    fn what_is_kept_reads_back(policy in any::policy(), routes in any::routes()) {
        let row = serde_json::to_string(&policy).unwrap();
        prop_assert_eq!(serde_json::from_str::<Policy>(&row).unwrap(), policy);
        let row = serde_json::to_string(&routes).unwrap();
        prop_assert_eq!(serde_json::from_str::<Routes>(&row).unwrap(), routes);
    }
}
