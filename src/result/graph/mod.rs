//! The results that hang on a result: walking them ([`Dependencies`]), and the graph that they
//! make ([`DependencyGraph`]). How results wait and are read is not here.

mod dependencies;
mod dependency_graph;
mod dot;

pub use dependencies::{Dependencies, Dependency, get_leaf};
pub use dependency_graph::DependencyGraph;

use super::ResultBase;
use crate::model::{Error, Id, Result, Status};

/// By what a result is known in a walk and in a graph: its id, and whether it is a group's.
///
/// Celery compares groups member by member. Here the id decides, as it does in the text of a
/// graph: a record that names many unlike groups by one id cannot make a walk slow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Identity {
    id: Id,
    is_group: bool,
}

impl Identity {
    fn of(result: &ResultBase) -> Result<Self> {
        let Some(id) = result.id() else {
            return Err(Error::new(
                Status::WrongKind,
                "a ResultSet has no id, and so no place among dependencies; walk its members, or use a GroupResult",
            ));
        };
        Ok(Self { id: id.clone(), is_group: matches!(result, ResultBase::Group(_)) })
    }
}
