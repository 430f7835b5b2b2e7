//! The results that hang on a result: walking them, and the graph they make.

use super::{GetOptions, Outcome, ResultBase};
use crate::model::{Error, Result, Status};

/// `iterdeps`: a result and what hangs on it, breadth first.
pub struct Dependencies {}

/// One step of a walk.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// On what it hangs; `None` for the root.
    pub parent: Option<ResultBase>,
    /// The result.
    pub node: ResultBase,
}

#[allow(unused, missing_docs, clippy::unused_self, clippy::should_implement_trait)]
impl Dependencies {
    pub fn new(root: &ResultBase, intermediate: bool) -> Result<Self> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    /// The next one; fails with `Incomplete` after a result that is not ready.
    pub fn next(&mut self) -> Result<Option<Dependency>> {
        Ok(None)
    }
    /// `collect`: the next one with its value, waiting for it.
    pub fn collect_next(&mut self, options: &GetOptions) -> Result<Option<(Dependency, Outcome)>> {
        Ok(None)
    }
}

/// `get_leaf`: the value of the last result of the walk.
#[allow(unused, missing_docs)]
pub fn get_leaf(root: &ResultBase, options: &GetOptions) -> Result<Outcome> {
    Err(Error::new(Status::Unsupported, "stub"))
}

/// `build_graph`.
#[derive(Clone, Debug)]
pub struct DependencyGraph {
    /// In the order in which the walk met them.
    pub nodes: Vec<ResultBase>,
    /// From and to, as indexes of nodes.
    pub edges: Vec<(usize, usize)>,
}

#[allow(unused, missing_docs, clippy::unused_self)]
impl DependencyGraph {
    pub fn build(root: &ResultBase, intermediate: bool) -> Result<Self> {
        Err(Error::new(Status::Unsupported, "stub"))
    }
    /// The text that Celery's `graph.to_dot()` writes.
    pub fn to_dot(&self) -> String {
        String::new()
    }
}
