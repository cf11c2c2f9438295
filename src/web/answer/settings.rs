//! Answers about policy and routes: who may write, and where it goes.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Desk;
use crate::account::AccountId;
use crate::limits::ANSWER;
use crate::message::field::FieldError;
use crate::message::intake::Settings;
use crate::message::policy::Policy;
use crate::message::route::Routes;
use crate::web::backstage::not_kept;
use crate::web::fields::Fields;
use crate::web::problem::Problem;
use crate::web::reply::Reply;

const POLICY: &[&str] = &[
    "dm",
    "allow_from",
    "groups",
    "group_allow_from",
    "require_mention",
    "ack_reaction",
    "read_receipts",
    "self_chat",
    "cold_send",
];

const ROUTES: &[&str] = &["default", "sticky_ttl", "routes", "link"];

impl Desk {
    pub(super) fn settings(&self) -> Result<Arc<Settings>, Problem> {
        Ok(self.backstage()?.store.settings().borrow().clone())
    }

    pub(super) fn policy(&self, id: AccountId) -> Result<Reply, Problem> {
        let settings = self.settings()?;
        let policy = settings.policies.get(&id).cloned().unwrap_or_default();
        Ok(Reply::json(200, &policy))
    }

    pub(super) fn routes(&self, id: AccountId) -> Result<Reply, Problem> {
        let settings = self.settings()?;
        let routes = settings.routes.get(&id).cloned().unwrap_or_default();
        Ok(Reply::json(200, &routes))
    }

    pub(super) fn set_policy(&self, id: AccountId, body: &[u8]) -> Result<Reply, Problem> {
        let policy = policy_of(Fields::parse(body, POLICY)?)?;
        self.keep_policy(id, policy)?;
        self.policy(id)
    }

    pub(super) fn set_routes(&self, id: AccountId, body: &[u8]) -> Result<Reply, Problem> {
        let backstage = self.backstage()?;
        // A webhook they name must still be there when they are kept.
        let _alone = backstage.alone();
        let routes = self.routes_of(id, Fields::parse(body, ROUTES)?)?;
        self.keep_routes(id, routes)?;
        self.routes(id)
    }

    /// Policy and routes within the body of another request, checked.
    pub(super) fn settings_in(
        &self,
        id: AccountId,
        fields: &Fields,
    ) -> Result<(Option<Policy>, Option<Routes>), Problem> {
        let within = |name: &str, known| match fields.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Fields::of(value.clone())?.only(known).map(Some),
        };
        let policy = within("policy", POLICY)?.map(policy_of).transpose()?;
        let routes = within("routes", ROUTES)?;
        let routes = routes.map(|it| self.routes_of(id, it)).transpose()?;
        Ok((policy, routes))
    }

    pub(super) fn keep_policy(&self, id: AccountId, policy: Policy) -> Result<(), Problem> {
        let backstage = self.backstage()?;
        let kept = backstage.wait(ANSWER, backstage.store.put_policy(id, policy))?;
        kept.map(drop).map_err(|error| not_kept(&error))
    }

    pub(super) fn keep_routes(&self, id: AccountId, routes: Routes) -> Result<(), Problem> {
        let backstage = self.backstage()?;
        let kept = backstage.wait(ANSWER, backstage.store.put_routes(id, routes))?;
        kept.map(drop).map_err(|error| not_kept(&error))
    }

    fn routes_of(&self, id: AccountId, fields: Fields) -> Result<Routes, Problem> {
        let routes: Routes = typed(fields, "bad_routes")?;
        let settings = self.settings()?;
        let checked = routes.check(id, &settings.webhooks);
        checked.map_err(|error| wrong("bad_routes", &error))?;
        Ok(routes)
    }
}

fn policy_of(fields: Fields) -> Result<Policy, Problem> {
    let policy: Policy = typed(fields, "bad_policy")?;
    policy
        .check()
        .map_err(|error| wrong("bad_policy", &error))?;
    Ok(policy)
}

/// Fields as a value. What `serde` says of a wrong one repeats it, so the field is found by asking for each
/// alone. A field that is null is as good as left out.
fn typed<T: DeserializeOwned>(fields: Fields, code: &'static str) -> Result<T, Problem> {
    let mut fields = fields.into_map();
    fields.retain(|_, value| !value.is_null());
    let alone = |name: &String, value: &Value| {
        let one = Map::from_iter([(name.clone(), value.clone())]);
        serde_json::from_value::<T>(Value::Object(one)).is_err()
    };
    // Known names only: they can be repeated.
    let bad = fields.iter().find(|(name, value)| alone(name, value));
    if let Some((name, _)) = bad {
        let detail = format!("`{name}` has a value, or a field in it, that cannot be used.");
        return Err(Problem::new(422, code, detail));
    }
    serde_json::from_value(Value::Object(fields)).map_err(|_| {
        let detail = "The fields do not go together.";
        Problem::new(422, code, detail)
    })
}

fn wrong(code: &'static str, error: &FieldError) -> Problem {
    Problem::new(422, code, format!("{error}."))
}
