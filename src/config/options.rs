//! Raw settings.

use super::table::OptionInfo;
use crate::model::Result;
use std::{collections::BTreeMap, fmt};

/// Raw settings, as text under their names.
#[derive(Clone, Default)]
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
        todo!()
    }

    /// Sets one, after checking its shape.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let _ = (key, value);
        todo!()
    }

    /// Sets a boolean.
    pub fn set_bool(&mut self, key: &str, value: bool) -> Result<()> {
        self.set(key, if value { "true" } else { "false" })
    }

    /// Sets a whole number.
    pub fn set_i64(&mut self, key: &str, value: i64) -> Result<()> {
        self.set(key, &value.to_string())
    }

    /// Sets a time in seconds.
    pub fn set_seconds(&mut self, key: &str, value: f64) -> Result<()> {
        self.set(key, &format!("{value}s"))
    }

    /// What was set, as text.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// Goes back to the default.
    pub fn unset(&mut self, key: &str) -> Result<()> {
        let _ = key;
        todo!()
    }

    /// The names of those that were set and have no effect here.
    pub fn ignored(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.values.keys().copied()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().finish()
    }
}
