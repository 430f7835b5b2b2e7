//! The content types of records: serializers and compressions by Celery's names for them. Which
//! bytes they stand for is the codec's matter.

/// A serializer of records (`result_serializer`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Serializer {
    /// `json`
    Json,
    /// `pickle`
    Pickle,
    /// `yaml`
    Yaml,
    /// `msgpack`
    Msgpack,
}

impl Serializer {
    /// All of them, built in or not.
    pub const ALL: [Self; 4] = [Self::Json, Self::Pickle, Self::Yaml, Self::Msgpack];

    /// Celery's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Pickle => "pickle",
            Self::Yaml => "yaml",
            Self::Msgpack => "msgpack",
        }
    }

    /// Its content type, as `accept_content` may name it too.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Pickle => "application/x-python-serialize",
            Self::Yaml => "application/x-yaml",
            Self::Msgpack => "application/x-msgpack",
        }
    }

    /// Its content encoding in messages: text is UTF-8, all else is `binary`.
    pub fn content_encoding(self) -> &'static str {
        match self {
            Self::Json | Self::Yaml => "utf-8",
            Self::Pickle | Self::Msgpack => "binary",
        }
    }

    /// The serializer that a name or content type stands for, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let same = |known: &str| known.eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(|serializer| same(serializer.name()) || same(serializer.content_type()))
    }

    /// Whether this build can read and write it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Json => true,
            Self::Pickle => cfg!(feature = "pickle"),
            Self::Yaml => cfg!(feature = "yaml"),
            Self::Msgpack => cfg!(feature = "msgpack"),
        }
    }
}

/// A compression of records (`result_compression`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// `gzip`, which is a zlib stream
    Gzip,
    /// `bzip2`
    Bzip2,
    /// `lzma`, an xz container
    Lzma,
    /// `brotli`
    Brotli,
    /// `zstd`
    Zstd,
}

impl Compression {
    /// All of them, built in or not.
    pub const ALL: [Self; 5] = [Self::Gzip, Self::Bzip2, Self::Lzma, Self::Brotli, Self::Zstd];

    /// kombu's names for it, the usual one first.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Gzip => &["gzip", "zlib"],
            Self::Bzip2 => &["bzip2", "bzip"],
            Self::Lzma => &["lzma", "xz"],
            Self::Brotli => &["brotli"],
            Self::Zstd => &["zstd", "zstandard"],
        }
    }

    /// The content type that stands in front of compressed data.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Gzip => "application/x-gzip",
            Self::Bzip2 => "application/x-bz2",
            Self::Lzma => "application/x-lzma",
            Self::Brotli => "application/x-brotli",
            Self::Zstd => "application/zstd",
        }
    }

    /// The compression that a name or content type stands for, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let same = |known: &&str| known.eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(|found| found.names().iter().any(same) || same(&found.mime()))
    }

    /// Whether this build can read and write it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Gzip => cfg!(feature = "gzip"),
            Self::Bzip2 => cfg!(feature = "bzip2"),
            Self::Lzma => cfg!(feature = "lzma"),
            Self::Brotli => cfg!(feature = "brotli"),
            Self::Zstd => cfg!(feature = "zstd"),
        }
    }
}
