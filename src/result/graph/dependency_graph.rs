//! `build_graph`: the results that hang on a result as nodes and edges. How they are written
//! down is in [`super::dot`].

use super::{Dependencies, Dependency, Identity, dot};
use crate::{model::Result, result::ResultBase};
use std::collections::HashMap;

/// What hangs on what (`celery.utils.graph.DependencyGraph`, as `AsyncResult.build_graph` makes it).
#[derive(Clone, Debug)]
pub struct DependencyGraph {
    /// The results, each once, in the order in which the walk met them; the root is the first. A
    /// task and a group of the same id are two; groups of the same id are one.
    pub nodes: Vec<ResultBase>,
    /// From a result to one of its children, as indexes of `nodes`, in the order of the walk. Where
    /// a result names a child twice, so does the graph.
    pub edges: Vec<(usize, usize)>,
}

impl DependencyGraph {
    /// The graph of a result (`AsyncResult.build_graph`, and its `graph` without `intermediate`).
    /// One batched read for what hangs on each result, up to 256 tasks at once.
    ///
    /// Fails as [`Dependencies::new`] and [`Dependencies::next`]: with `Incomplete` where a result is
    /// not ready and `intermediate` is false.
    pub fn build(root: &ResultBase, intermediate: bool) -> Result<Self> {
        let mut walk = Dependencies::new(root, intermediate)?;
        let mut graph = Self { nodes: Vec::new(), edges: Vec::new() };
        let mut indexes = HashMap::new();
        while let Some(Dependency { parent, node }) = walk.next()? {
            let to = *indexes.entry(Identity::of(&node)?).or_insert_with(|| {
                graph.nodes.push(node);
                graph.nodes.len() - 1
            });
            if let Some(parent) = parent
                && let Some(&from) = indexes.get(&Identity::of(&parent)?)
            {
                graph.edges.push((from, to));
            }
        }
        Ok(graph)
    }

    /// The graph in the language of Graphviz: the text that Celery's `graph.to_dot(file)` writes.
    /// A `"` or `\` in an id has a `\` before it, which Celery leaves out.
    pub fn to_dot(&self) -> String {
        let labels: Vec<&str> = self.nodes.iter().map(|node| node.id().map_or("", |id| id)).collect();
        dot::write(&labels, &self.edges)
    }
}
