//! The table of options: what a row says, and how a row is found. The rows stand elsewhere: those that act in
//! `result_options.rs` and `broker_options.rs`, the settings of Celery that say nothing to a client in
//! `unused.rs` and `broker_unused.rs`; all together are [`table`].

use super::{
    broker_options, broker_unused,
    grammar::Unit,
    result_options,
    shape::{self, Parsed, Shape},
    unused,
};
use crate::model::{Error, Result, Status, nearest};
use once_cell::race::OnceBox;
use std::time::Duration;

/// One option, for documentation, bindings and tests.
#[derive(Debug, Clone, Copy)]
pub struct OptionInfo {
    /// Its name.
    pub name: &'static str,
    /// The text that means the same as leaving it out; empty where that is "no value".
    pub default: &'static str,
    /// One sentence: what it does here, or why nothing.
    pub doc: &'static str,
    /// How its value is written.
    pub kind: OptionKind,
    /// Whether it does anything.
    pub effect: Effect,
    pub(super) shape: Shape,
}

/// How the value of an option is written; the grammar is described in [`crate::config`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// `true` or `false`.
    Boolean,
    /// A time; a plain number is in seconds.
    Seconds,
    /// A time; a plain number is in milliseconds.
    Milliseconds,
    /// A whole number.
    Integer,
    /// A number of bytes.
    Size,
    /// Text.
    Text,
    /// Texts separated by commas, or a JSON array.
    List,
    /// A JSON object.
    Map,
    /// Text that is never shown.
    Secret,
}

/// Whether an option does anything here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changes what the library does.
    Acts,
    /// It is accepted, because Celery knows it, and has no effect.
    Ignored,
}

impl OptionInfo {
    /// Reads a value; the error names option, value and what would be right.
    pub(super) fn parse(&self, value: &str) -> Result<Parsed> {
        self.shape.parse(value).map_err(|refusal| {
            let shown = match self.kind {
                OptionKind::Secret | OptionKind::Map => "this value".to_owned(),
                _ => shape::quote(value),
            };
            Error::new(
                refusal.status,
                format!("option {:?} cannot be {shown}: {}", self.name, refusal.needed),
            )
        })
    }

    pub(super) const fn acts(
        name: &'static str,
        default: &'static str,
        kind: OptionKind,
        shape: Shape,
        doc: &'static str,
    ) -> Self {
        Self { name, default, doc, kind, effect: Effect::Acts, shape }
    }

    /// A setting of Celery's that is accepted and does nothing.
    pub(super) const fn ignored(
        name: &'static str,
        default: &'static str,
        kind: OptionKind,
        doc: &'static str,
    ) -> Self {
        Self { name, default, doc, kind, effect: Effect::Ignored, shape: Shape::Anything }
    }

    pub(super) const fn boolean(name: &'static str, default: &'static str, doc: &'static str) -> Self {
        Self::acts(name, default, OptionKind::Boolean, Shape::Boolean, doc)
    }

    pub(super) const fn text(name: &'static str, doc: &'static str) -> Self {
        Self::acts(name, "", OptionKind::Text, Shape::Text, doc)
    }

    pub(super) const fn secret(name: &'static str, doc: &'static str) -> Self {
        Self::acts(name, "", OptionKind::Secret, Shape::Text, doc)
    }

    pub(super) const fn seconds(
        name: &'static str,
        default: &'static str,
        least: Least,
        doc: &'static str,
    ) -> Self {
        let (least, null) = match least {
            Least::Null => (Duration::ZERO, true),
            Least::Millis(millis) => (Duration::from_millis(millis), false),
        };
        let shape = Shape::Duration { unit: Unit::Seconds, least, most: CENTURY, null };
        Self::acts(name, default, OptionKind::Seconds, shape, doc)
    }

    pub(super) const fn milliseconds(name: &'static str, default: &'static str, doc: &'static str) -> Self {
        let least = Duration::from_millis(1);
        let shape = Shape::Duration { unit: Unit::Milliseconds, least, most: DAY, null: false };
        Self::acts(name, default, OptionKind::Milliseconds, shape, doc)
    }

    pub(super) const fn count(
        name: &'static str,
        default: &'static str,
        most: i64,
        doc: &'static str,
    ) -> Self {
        let shape = Shape::Integer { least: 1, most, null: false };
        Self::acts(name, default, OptionKind::Integer, shape, doc)
    }
}

/// The smallest value of a time.
pub(super) enum Least {
    /// Zero, or no value at all.
    Null,
    /// This many milliseconds.
    Millis(u64),
}

const DAY: Duration = Duration::from_secs(86_400);
/// Far beyond any use, and far below where Redis or a clock overflows.
const CENTURY: Duration = Duration::from_secs(36_500 * 86_400);

/// Every option there is: first what acts, then what is accepted and ignored.
pub(super) fn table() -> &'static [OptionInfo] {
    static TABLE: OnceBox<Vec<OptionInfo>> = OnceBox::new();
    TABLE.get_or_init(|| {
        let acting = result_options::ROWS.iter().chain(broker_options::ROWS).copied();
        Box::new(acting.chain(unused::rows()).chain(broker_unused::rows()).collect())
    })
}

/// The row of this name.
pub(super) fn find(name: &str) -> Option<&'static OptionInfo> {
    table().iter().find(|info| info.name == name)
}

/// Whether this name is a map, the members of which are options behind a dot.
pub(super) fn is_prefix(name: &str) -> bool {
    table().iter().any(|info| info.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

/// The error for a name that is not in the table.
pub(super) fn unknown(name: &str) -> Error {
    let hint = nearest(name, table().iter().map(|info| info.name))
        .map_or(String::new(), |nearest| format!("; the nearest is {nearest:?}"));
    Error::new(Status::UnknownOption, format!("there is no option {}{hint}", shape::quote(name)))
}
