//! Plain data that every layer may use: states, record bytes, decoded values, the remote
//! exception, records to store, the tuple form of results, errors. No I/O, no locks that anyone
//! waits on, no knowledge of how bytes are laid out (that is [`crate::codec`]).

pub(crate) mod base64;
mod content;
mod counters;
mod error;
pub(crate) mod exception;
mod field;
pub(crate) mod iso;
pub(crate) mod isoparse;
mod key;
mod message;
mod meta;
mod nearest;
mod record;
mod state;
mod status;
mod stored;
mod timedelta;
mod tuple;
pub mod value;

pub use content::{Compression, Serializer};
pub use counters::Counters;
pub use error::{Error, Result};
pub use exception::RemoteException;
pub(crate) use field::Field;
pub use key::{Id, Key};
pub(crate) use key::{check_id, check_length};
pub use message::{ExchangeType, Message, Route, SendSettings, TopicQueue, Way};
pub use meta::{DateDone, TaskMeta};
pub(crate) use meta::{Fields, Text, Transcribe};
pub(crate) use nearest::nearest;
pub use record::{Extended, Record, RecordValue};
pub use state::State;
pub use status::{Status, StatusInfo};
pub use stored::Stored;
pub use tuple::ResultTuple;
pub(crate) use tuple::{MAX_TUPLE_DEPTH, too_deep};
pub use value::{Kind, Value};
