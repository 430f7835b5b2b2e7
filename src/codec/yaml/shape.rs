//! What a part of a record is: the tags that `safe_load` knows.

use crate::model::{Error, Result, Status};
use std::borrow::Cow;

/// What a part is, by its tag or by how it is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    /// `!!null`
    Null,
    /// `!!bool`
    Bool,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!str`
    Text,
    /// `!!binary`
    Binary,
    /// `!!timestamp`
    Timestamp,
    /// The key `<<`
    Merge,
    /// The key `=`
    Default,
    /// `!!seq`
    Seq,
    /// `!!omap` and `!!pairs`: a list of maps of one pair each
    Pairs,
    /// `!!map`
    Map,
    /// `!!set`
    Set,
    /// A part that stands elsewhere
    Alias,
    /// What a tag beyond the safe subset makes of a part
    Foreign,
    /// The place of a part of the record that cannot be read
    Refused,
}

const NAMES: [(&str, Shape); 14] = [
    ("null", Shape::Null),
    ("bool", Shape::Bool),
    ("int", Shape::Int),
    ("float", Shape::Float),
    ("str", Shape::Text),
    ("binary", Shape::Binary),
    ("timestamp", Shape::Timestamp),
    ("merge", Shape::Merge),
    ("value", Shape::Default),
    ("seq", Shape::Seq),
    ("omap", Shape::Pairs),
    ("pairs", Shape::Pairs),
    ("map", Shape::Map),
    ("set", Shape::Set),
];

impl Shape {
    /// The shape that a tag names; `None` for the tag `!`, which names none.
    pub(super) fn tagged(handle: &str, suffix: &str, known: Option<Cow<'_, str>>) -> Result<Option<Self>> {
        if matches!((handle, suffix), ("!", "") | ("", "!")) {
            return Ok(None);
        }
        if let Some((_, shape)) = known.and_then(|known| NAMES.iter().find(|(name, _)| *name == known)) {
            return Ok(Some(*shape));
        }
        let tag: String = handle.chars().chain(suffix.chars()).take(100).collect();
        let message = format!("the yaml record has the tag {tag:?}, which is not in the safe subset");
        Err(Error::new(Status::Decode, message))
    }

    pub(super) fn is_scalar(self) -> bool {
        !self.is_list() && !self.is_map() && !matches!(self, Self::Alias | Self::Foreign | Self::Refused)
    }

    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::Seq | Self::Pairs)
    }

    pub(super) fn is_map(self) -> bool {
        matches!(self, Self::Map | Self::Set)
    }
}
