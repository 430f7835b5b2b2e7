//! Settings: raw text options under Celery's own names on one side, checked and typed settings on
//! the other. One way only: [`Options`] -> [`Config`].

mod options;
mod secret;
mod settings;
mod table;

pub use options::Options;
pub use secret::{MASK, Secret};
pub use settings::{
    BackendAddress, Config, Endpoint, EngineSettings, Protocol, RedisSettings, ResultSettings,
};
pub use table::{Effect, OptionInfo, OptionKind};

use crate::model::Result;

impl Config {
    /// Checks everything once.
    pub fn new(url: &str, options: &Options) -> Result<Self> {
        let _ = (url, options);
        todo!()
    }
}
