//! Reading a JSON object field by field and collecting everything that is wrong with it, in the words of Zod's flatten:
//! the platform is written in TypeScript and its errors have that shape (contract 3.1).

use serde_json::{Map, Value, json};

use super::url::is_url;

/// All that is wrong with a body or a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors {
    form: Vec<String>,
    fields: Vec<(&'static str, Vec<String>)>,
}

impl FieldErrors {
    /// Wrong as a whole.
    #[must_use]
    pub fn form(message: &str) -> Self {
        Self { form: vec![message.to_owned()], fields: Vec::new() }
    }

    /// Wrong in one field.
    #[must_use]
    pub fn field(name: &'static str, message: &str) -> Self {
        let mut errors = Self::default();
        errors.add(name, message.to_owned());
        errors
    }

    /// One more message about a field.
    pub fn add(&mut self, name: &'static str, message: String) {
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, messages)) => messages.push(message),
            None => self.fields.push((name, vec![message])),
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.form.is_empty() && self.fields.is_empty()
    }

    /// The names of the fields that are wrong, in the order of the documents.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|(name, _)| *name)
    }

    /// The error's `detail`: `{"formErrors": […], "fieldErrors": {"field": ["message"]}}`.
    #[must_use]
    pub fn detail(&self) -> Value {
        let fields: Map<String, Value> =
            self.fields.iter().map(|(name, messages)| ((*name).to_owned(), json!(messages))).collect();
        json!({"formErrors": self.form, "fieldErrors": fields})
    }
}

/// Whether a field may be left out. `null` is not leaving out: Zod's `optional` refuses it, and so do we.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Missing is an error.
    Required,
    /// Missing is fine.
    Optional,
}

/// The body as a JSON object.
///
/// # Errors
/// If the bytes are not JSON, or JSON of another type.
pub fn object_of(bytes: &[u8]) -> Result<Map<String, Value>, FieldErrors> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(FieldErrors::form(&format!("Expected object, received {}", type_of(&other)))),
        Err(_) => Err(FieldErrors::form("Body is not valid JSON")),
    }
}

/// Reads fields by name; a field that is wrong reads as `None` and is remembered. Keys nobody asks for are ignored.
#[derive(Debug)]
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    errors: FieldErrors,
}

impl<'a> Fields<'a> {
    /// Starts reading.
    #[must_use]
    pub fn of(object: &'a Map<String, Value>) -> Self {
        Self { object, errors: FieldErrors::default() }
    }

    /// Everything that was wrong.
    #[must_use]
    pub fn errors(self) -> FieldErrors {
        self.errors
    }

    /// A string of `least` to `most` characters, counted as JavaScript counts them, in UTF-16 code units.
    pub fn text(&mut self, name: &'static str, need: Need, least: usize, most: usize) -> Option<&'a str> {
        let text = self.string(name, need)?;
        let length = text.encode_utf16().count();
        let wrong = match (length < least, length > most) {
            (false, false) => return Some(text),
            _ if least == most => format!("String must contain exactly {least} character(s)"),
            (true, _) => format!("String must contain at least {least} character(s)"),
            (_, true) => format!("String must contain at most {most} character(s)"),
        };
        self.wrong(name, wrong)
    }

    /// A string that `accepts` takes.
    pub fn matching(&mut self, name: &'static str, need: Need, accepts: fn(&str) -> bool) -> Option<&'a str> {
        let text = self.string(name, need)?;
        if accepts(text) { Some(text) } else { self.wrong(name, "Invalid".to_owned()) }
    }

    /// An absolute URL of at most `most` characters.
    pub fn url(&mut self, name: &'static str, need: Need, most: usize) -> Option<&'a str> {
        let text = self.string(name, need)?;
        let before = self.errors.clone();
        if !is_url(text) {
            self.errors.add(name, "Invalid url".to_owned());
        }
        if text.encode_utf16().count() > most {
            self.errors.add(name, format!("String must contain at most {most} character(s)"));
        }
        (self.errors == before).then_some(text)
    }

    /// One of a set of words; `options` are listed in the message.
    pub fn word<T>(
        &mut self,
        name: &'static str,
        need: Need,
        options: &[&str],
        parse: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let expected = options.iter().map(|option| format!("'{option}'")).collect::<Vec<_>>().join(" | ");
        let value = self.present(name, need)?;
        let Some(text) = value.as_str() else {
            return self.wrong(name, format!("Expected {expected}, received {}", type_of(value)));
        };
        parse(text).or_else(|| self.wrong(name, format!("Invalid enum value. Expected {expected}, received '{text}'")))
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &'static str, need: Need) -> Option<bool> {
        let value = self.present(name, need)?;
        value.as_bool().or_else(|| self.wrong(name, format!("Expected boolean, received {}", type_of(value))))
    }

    /// A whole number from `least` to `most`. `25000.0` is one, as it is in JavaScript.
    pub fn integer(&mut self, name: &'static str, need: Need, least: i64, most: i64) -> Option<i64> {
        let value = self.present(name, need)?;
        let Value::Number(number) = value else {
            return self.wrong(name, format!("Expected number, received {}", type_of(value)));
        };
        let magnitude = Whole::of(number);
        if magnitude == Whole::Fraction {
            self.errors.add(name, "Expected integer, received float".to_owned());
        }
        let (below, above) = match magnitude {
            Whole::Fits(value) => (value < least, value > most),
            Whole::TooSmall => (true, false),
            Whole::TooLarge => (false, true),
            Whole::Fraction => (false, false),
        };
        if below {
            self.errors.add(name, format!("Number must be greater than or equal to {least}"));
        }
        if above {
            self.errors.add(name, format!("Number must be less than or equal to {most}"));
        }
        match magnitude {
            Whole::Fits(value) if !below && !above => Some(value),
            _ => None,
        }
    }

    fn string(&mut self, name: &'static str, need: Need) -> Option<&'a str> {
        let value = self.present(name, need)?;
        value.as_str().or_else(|| self.wrong(name, format!("Expected string, received {}", type_of(value))))
    }

    fn present(&mut self, name: &'static str, need: Need) -> Option<&'a Value> {
        let value = self.object.get(name);
        if value.is_none() && need == Need::Required {
            self.errors.add(name, "Required".to_owned());
        }
        value
    }

    fn wrong<T>(&mut self, name: &'static str, message: String) -> Option<T> {
        self.errors.add(name, message);
        None
    }
}

/// A JSON number as a whole one, without arithmetic on floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    Fits(i64),
    TooSmall,
    TooLarge,
    Fraction,
}

impl Whole {
    fn of(number: &serde_json::Number) -> Self {
        if let Some(value) = number.as_i64() {
            return Self::Fits(value);
        }
        // Rust prints a float without an exponent, and a whole one without a point.
        let text = number.as_f64().map_or_else(|| number.to_string(), |float| format!("{float}"));
        match text.parse::<i64>() {
            Ok(value) => Self::Fits(value),
            Err(_) if text.contains('.') => Self::Fraction,
            Err(_) if text.starts_with('-') => Self::TooSmall,
            Err(_) => Self::TooLarge,
        }
    }
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
