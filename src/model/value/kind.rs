//! What a value can be. How each kind is recognised is in `typed` and `forms`.

/// What a value is, after the typed forms have been recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// null
    Null,
    /// true or false
    Bool,
    /// An integer of any size
    Int,
    /// A number with a fraction or an exponent, NaN, Infinity, -Infinity
    Float,
    /// Text
    String,
    /// Bytes (kombu's `bytes` and `base64`)
    Bytes,
    /// A list or a tuple
    Array,
    /// A map with text keys
    Object,
    /// kombu's `datetime`
    DateTime,
    /// kombu's `date`
    Date,
    /// kombu's `time`
    Time,
    /// kombu's `decimal`
    Decimal,
    /// kombu's `uuid`
    Uuid,
    /// A `set` or `frozenset`; its elements are those of an array
    Set,
    /// A map in which some key is neither text, number, boolean nor null; its keys are values
    Map,
    /// A `timedelta`
    TimeDelta,
    /// An instance of some class, by what it was made from: an object with the members `class`,
    /// `args`, `state` and, where it has them, `kwargs`, `items`, `entries`
    PythonObject,
    /// A class or function, by its name `module.qualname`
    PythonName,
    /// An exception: Celery's map of `exc_type`, `exc_message`, `exc_module`, and `exc_state` where
    /// it has attributes
    Exception,
}

impl Kind {
    /// The kind in words, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Int => "an integer",
            Self::Float => "a float",
            Self::String => "text",
            Self::Bytes => "bytes",
            Self::Array => "an array",
            Self::Object => "an object",
            Self::DateTime => "a datetime",
            Self::Date => "a date",
            Self::Time => "a time",
            Self::Decimal => "a decimal",
            Self::Uuid => "a uuid",
            Self::Set => "a set",
            Self::Map => "a map",
            Self::TimeDelta => "a timedelta",
            Self::PythonObject => "a Python object",
            Self::PythonName => "a Python name",
            Self::Exception => "an exception",
        }
    }

    /// Whether values of this kind have elements.
    pub fn is_container(self) -> bool {
        self.has_keys() || matches!(self, Self::Array | Self::Set)
    }

    /// Whether the elements of this kind have keys.
    pub fn has_keys(self) -> bool {
        matches!(self, Self::Object | Self::Map | Self::PythonObject | Self::Exception)
    }
}
