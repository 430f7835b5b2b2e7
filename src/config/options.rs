//! Raw settings: text under names, each checked on its own as it is set. What they mean together
//! is found out in [`Config::new`](super::Config::new).

use super::{
    grammar,
    secret::MASK,
    table::{self, Effect, OptionInfo, OptionKind},
};
use crate::model::{Error, Result, Status};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt};

/// Raw settings, as text under their names. `Debug` shows no passwords.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Options {
    values: BTreeMap<&'static str, String>,
}

impl Options {
    /// No settings: every default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every option there is.
    pub fn table() -> &'static [OptionInfo] {
        table::table()
    }

    /// Sets one, after checking its shape. A map (`result_backend_transport_options`) is taken
    /// apart into its members, which replace those set before.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        if table::is_prefix(key) {
            return self.set_map(key, value);
        }
        let info = table::find(key).ok_or_else(|| table::unknown(key))?;
        info.parse(value)?;
        self.values.insert(info.name, value.to_owned());
        Ok(())
    }

    /// Sets a boolean.
    pub fn set_bool(&mut self, key: &str, value: bool) -> Result<()> {
        self.set(key, if value { "true" } else { "false" })
    }

    /// Sets a whole number.
    pub fn set_i64(&mut self, key: &str, value: i64) -> Result<()> {
        self.set(key, &value.to_string())
    }

    /// Sets a time in seconds, also where a plain number would be milliseconds.
    pub fn set_seconds(&mut self, key: &str, value: f64) -> Result<()> {
        self.set(key, &format!("{value}s"))
    }

    /// What was set, as text. A map has none: its members do.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// Goes back to the default; for a map, with all its members.
    pub fn unset(&mut self, key: &str) -> Result<()> {
        if table::is_prefix(key) {
            self.unset_members(key);
            return Ok(());
        }
        let info = table::find(key).ok_or_else(|| table::unknown(key))?;
        self.values.remove(info.name);
        Ok(())
    }

    /// The names of those that were set and have no effect here.
    pub fn ignored(&self) -> impl Iterator<Item = &'static str> + '_ {
        let is_ignored = |name: &&str| table::find(name).is_some_and(|info| info.effect == Effect::Ignored);
        self.values.keys().copied().filter(is_ignored)
    }

    fn set_map(&mut self, key: &str, value: &str) -> Result<()> {
        let members = grammar::map(value).ok_or_else(|| {
            Error::new(
                Status::InvalidOption,
                format!("option {key:?} cannot be this value: needed is a JSON object, {{\"name\": value}}"),
            )
        })?;
        let mut flat = Vec::new();
        flatten(key, &members, &mut flat)?;
        // Nothing is changed before everything is known to be right.
        self.unset_members(key);
        self.values.extend(flat);
        Ok(())
    }

    fn unset_members(&mut self, key: &str) {
        self.values.retain(|name, _| !name.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')));
    }
}

fn flatten(key: &str, members: &Map<String, Value>, flat: &mut Vec<(&'static str, String)>) -> Result<()> {
    for (member, value) in members {
        let name = format!("{key}.{member}");
        match value {
            Value::Object(members) if table::is_prefix(&name) => flatten(&name, members, flat)?,
            value => {
                let info = table::find(&name).ok_or_else(|| table::unknown(&name))?;
                let text = grammar::text_of(value);
                info.parse(&text)?;
                flat.push((info.name, text));
            }
        }
    }
    Ok(())
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.values.iter().map(|(name, value)| {
            let secret = table::find(name).is_none_or(|info| info.kind == OptionKind::Secret);
            (name, if secret { MASK } else { value })
        });
        f.debug_map().entries(shown).finish()
    }
}
