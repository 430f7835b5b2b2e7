//! The table of options.

/// One option, for documentation, bindings and tests.
#[derive(Debug, Clone, Copy)]
pub struct OptionInfo {
    /// Its name.
    pub name: &'static str,
    /// The text that means the same as leaving it out; empty where that is "unset".
    pub default: &'static str,
    /// One sentence: what it does here.
    pub doc: &'static str,
    /// How its value is written.
    pub kind: OptionKind,
    /// Whether it does anything.
    pub effect: Effect,
}

/// How the value of an option is written; the grammar is in [`crate::config`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// `true`, `false`.
    Boolean,
    /// A time, a plain number being seconds.
    Seconds,
    /// A time, a plain number being milliseconds.
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
