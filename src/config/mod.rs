//! Settings: raw text options under Celery's own names on one side, checked and typed settings on
//! the other. One way only: [`Options`] -> [`Config`].

use crate::model::Result;

/// Raw settings, as text under their names.
#[derive(Clone, Default)]
pub struct Options {}

/// Checked settings.
#[derive(Clone)]
pub struct Config {}

impl Config {
    /// Checks everything once.
    pub fn new(url: &str, options: &Options) -> Result<Self> {
        let _ = (url, options);
        todo!()
    }
}
