//! What a walk asks of results of all kinds, until `ResultBase` itself can be asked.

use crate::{
    model::Result,
    result::{GetOptions, Outcome, ResultBase},
};

pub(super) trait Dispatch {
    fn ready(&self) -> Result<bool>;
    fn get(&self, options: &GetOptions) -> Result<Outcome>;
    fn children(&self) -> Result<Option<Vec<ResultBase>>>;
}

impl Dispatch for ResultBase {
    fn ready(&self) -> Result<bool> {
        match self {
            Self::Async(result) => result.ready(),
            Self::Eager(_) => Ok(true),
            Self::Set(_) | Self::Group(_) => {
                for member in self.children()?.unwrap_or_default() {
                    if !Dispatch::ready(&member)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    fn get(&self, options: &GetOptions) -> Result<Outcome> {
        match self {
            Self::Async(result) => result.get(options),
            Self::Eager(result) => result.get(options),
            Self::Set(set) => set.get(options),
            Self::Group(group) => group.set().get(options),
        }
    }

    fn children(&self) -> Result<Option<Vec<ResultBase>>> {
        match self {
            Self::Async(result) => result.children(),
            Self::Eager(_) => Ok(None),
            Self::Set(set) => Ok(Some(set.members().to_vec())),
            Self::Group(group) => Ok(Some(group.members().to_vec())),
        }
    }
}
