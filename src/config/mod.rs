//! Settings: raw text options under Celery's own names on one side, checked and typed settings on
//! the other. One way only: [`Options`] -> [`Config`]. Options are checked one by one as they are
//! set, together with each other and the URL in [`Config::new`]. What an option does is in the
//! table ([`Options::table`]); a URL's parts go before options, and its query before both.
//!
//! How values are written:
//!
//! | form | written |
//! |---|---|
//! | boolean | `true false`, `1 0`, `yes no`, `on off`, in any case |
//! | seconds | `300`, `1.5`, or with a unit: `500ms 10s 30m 2h 1d` |
//! | milliseconds | `1500`, or with a unit, as above |
//! | integer | decimal digits, `-` before them where negative ones are allowed |
//! | size | bytes: `65536`, `64kB` (thousands), `64KiB` (1024s), also MB, MiB, GB, GiB |
//! | text, secret | as it is; the empty text is "no value" |
//! | list | `json,pickle` or `["json", "pickle"]` |
//! | map | `{"name": value}`; its members are options of their own, `map.name`, and so on downwards |
//! | no value | `null`, `none` or empty, where an option allows it |
//!
//! Units and `null` may be in any case, and spaces around values do not count (in text they do).

mod address;
mod broker;
mod broker_options;
mod broker_unused;
mod check;
mod grammar;
mod options;
mod redis;
mod result_options;
mod routes;
mod secret;
mod settings;
mod shape;
mod table;
mod unused;
mod url;

#[cfg(test)]
mod tests;

pub use options::Options;
pub use routes::Routes;
pub use secret::{MASK, Secret};
pub use settings::{
    BackendAddress, BrokerAddress, BrokerSettings, Config, Endpoint, EngineSettings, FormatSettings,
    Protocol, RedisSettings, ResultSettings, SendSettings,
};
pub use table::{Effect, OptionInfo, OptionKind};
