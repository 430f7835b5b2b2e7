//! Every option and every form of URL, from text to checked settings.

#![allow(clippy::unwrap_used, clippy::panic)]

#[cfg(feature = "redis")]
mod broker;
mod options;
#[cfg(feature = "redis")]
mod probes;
#[cfg(feature = "redis")]
mod redis;

use super::{Config, Options};
use crate::model::{Error, Result};

fn open(url: &str, settings: &[(&str, &str)]) -> Result<Config> {
    let mut options = Options::new();
    for (key, value) in settings {
        options.set(key, value)?;
    }
    Config::new(url, &options)
}

fn refusal(url: &str, settings: &[(&str, &str)]) -> Error {
    match open(url, settings) {
        Ok(config) => panic!("{url} with {settings:?} was accepted: {config:?}"),
        Err(error) => error,
    }
}
