//! What is wrong with a field of a policy or of routes: its name as people wrote it, and the reason.

use thiserror::Error;

/// A field that is not taken. The reason repeats no value: values are numbers of people.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{field}`: {why}")]
pub struct FieldError {
    /// The field, as `routes[2].match.text`.
    pub field: String,
    /// The reason, without a full stop.
    pub why: String,
}

impl FieldError {
    /// Of that field, for that reason.
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            why: why.into(),
        }
    }
}
