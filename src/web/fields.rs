//! The fields of a JSON body, read one by one with the problems API.md wants. Pure.
//!
//! The name of an unknown field is the client's text. It comes back only if it is a short plain word,
//! which can carry nothing; values never do.

use serde_json::{Map, Value};

use super::problem::Problem;

/// A body that is a JSON object with known fields only.
pub struct Fields(Map<String, Value>);

/// Longest name of an unknown field that is repeated.
const NAME_MAX: usize = 40;

/// A body that is no JSON: where, and nothing of it.
pub(super) fn no_json(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let detail = format!("The body is not JSON: line {line}, column {column}.");
    Problem::new(400, "bad_json", detail)
}

impl Fields {
    /// Reads a body. Nothing at all counts as an object without fields.
    pub fn parse(body: &[u8], known: &[&str]) -> Result<Self, Problem> {
        Self::object(body)?.only(known)
    }

    /// Reads a body of which others say what it may have.
    pub fn object(body: &[u8]) -> Result<Self, Problem> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Map::new()));
        }
        let value: Value = serde_json::from_slice(body).map_err(|error| no_json(&error))?;
        Self::of(value)
    }

    /// The fields of a value that has to be an object.
    pub fn of(value: Value) -> Result<Self, Problem> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(bad("The body has to be a JSON object.")),
        }
    }

    /// The same, if these are all that are there.
    pub fn only(self, known: &[&str]) -> Result<Self, Problem> {
        let Self(fields) = self;
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(unknown(name, known)),
            None => Ok(Self(fields)),
        }
    }

    /// A text; `None` when the field is not there or null.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(bad(format!("`{name}` has to be a text."))),
        }
    }

    /// A text that has to be there.
    pub fn wanted_text(&self, name: &str) -> Result<&str, Problem> {
        self.text(name)?
            .ok_or_else(|| bad(format!("`{name}` is missing.")))
    }

    /// True or false; `None` when the field is not there or null.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(bad(format!("`{name}` has to be true or false."))),
        }
    }

    /// What is in a field, null or not; `None` when it is not there.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All fields.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// A list of texts; `None` when the field is not there or null.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, Problem> {
        let texts = |all: &'_ Vec<Value>| all.iter().all(Value::is_string);
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(all)) if texts(all) => {
                Ok(Some(all.iter().filter_map(Value::as_str).collect()))
            }
            Some(_) => Err(bad(format!("`{name}` has to be a list of texts."))),
        }
    }

    /// Whether the field is there, null or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(422, "bad_field", detail.into())
}

/// A field that is not known here.
pub(super) fn unknown(name: &str, known: &[&str]) -> Problem {
    let plain = (1..=NAME_MAX).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let which = if plain {
        format!("There is no field `{name}` here")
    } else {
        "One of the fields is not known here".to_owned()
    };
    let detail = match known {
        [] => format!("{which}: this takes none."),
        _ => format!("{which}: this takes {}.", known.join(", ")),
    };
    Problem::new(422, "unknown_field", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> (u16, &'static str, String) {
        let problem = Fields::parse(body.as_bytes(), &["label", "start"])
            .err()
            .unwrap();
        (problem.status, problem.code, problem.detail.into_owned())
    }

    #[test]
    fn unknown_fields_are_named_if_that_is_harmless() {
        let (status, code, detail) = said(r#"{"label":"x","lable":"secret"}"#);
        assert_eq!((status, code), (422, "unknown_field"));
        assert_eq!(
            detail,
            "There is no field `lable` here: this takes label, start."
        );
        for name in [
            "15550001234",
            "<script>",
            "a\\u0000",
            "",
            "2@abc",
            "_x",
            "é",
        ] {
            let (_, code, detail) = said(&format!("{{\"{name}\":1}}"));
            assert_eq!(code, "unknown_field");
            assert!(detail.starts_with("One of the fields"), "{detail}");
        }
        let (_, _, detail) = said(&format!("{{\"{}\":1}}", "a".repeat(41)));
        assert!(detail.starts_with("One of the fields"), "{detail}");
    }

    #[test]
    fn what_is_no_object_is_told_apart() {
        assert_eq!(said("{").1, "bad_json");
        assert_eq!(said("\u{feff}{}").1, "bad_json");
        assert_eq!(said("[]").1, "bad_field");
        assert_eq!(said(&"[".repeat(10_000)).1, "bad_json");
        assert!(Fields::parse(b" \r\n", &[]).is_ok());
        let fields = Fields::parse(br#"{"a":null,"b":"x","c":-1}"#, &["a", "b", "c"]).unwrap();
        assert_eq!(fields.text("a").unwrap(), None);
        assert!(fields.has("a") && !fields.has("d"));
        assert_eq!(fields.text("b").unwrap(), Some("x"));
        assert!(fields.flag("b").is_err() && fields.text("c").is_err());
    }
}
