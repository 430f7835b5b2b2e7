//! `celery_graph_t`: a result and what hangs on it, as nodes and edges.

use super::{
    boundary::Call,
    error::celery_error_t,
    handle::{OfProcess, Opaque, Shared},
    result::{ResultBody, celery_result_t},
    result_list::no_such_index,
    status::celery_status_t,
    text::{LazyText, Text},
};
use crate::result::DependencyGraph;
use std::{ffi::c_char, ptr};

/// A graph of results that never changes. Free it with celery_graph_free().
pub struct celery_graph_t {
    _private: [u8; 0],
}

pub(super) struct GraphBody {
    graph: DependencyGraph,
    dot: LazyText,
}

impl Opaque for celery_graph_t {
    type Body = OfProcess<GraphBody>;
    const NAME: &'static str = "celery_graph_t";

    fn is_forked(body: &Self::Body) -> bool {
        body.is_forked()
    }
}

impl Shared for celery_graph_t {}

/// Walks a result and all that hangs on it, and keeps what it met (`build_graph`). Equal results are
/// one node.
///
/// @param result not nullable.
/// @param intermediate whether results that are not ready may be in it: their children are not
/// followed.
/// @param graph not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INCOMPLETE where, without intermediate, a result is not ready, with
/// its id in *err; CELERY_ERR_WRONG_KIND; CELERY_ERR_DECODE, CELERY_ERR_CONTENT_DISALLOWED,
/// CELERY_ERR_NOT_BUILT_IN, CELERY_ERR_TOO_LARGE and CELERY_ERR_TOO_DEEP for the record of one of them;
/// CELERY_ERR_RELEASED; CELERY_ERR_UNREACHABLE; CELERY_ERR_AUTH; CELERY_ERR_PERMISSION;
/// CELERY_ERR_BAD_DATABASE; CELERY_ERR_SERVER; CELERY_ERR_CLOSED; CELERY_ERR_FORKED;
/// CELERY_ERR_RECURSIVE; CELERY_ERR_PANIC; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *graph with celery_graph_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: up to the option operation_timeout_ms for each level of the graph.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_result_build_graph(
    result: *const celery_result_t,
    intermediate: bool,
    graph: *mut *mut celery_graph_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_result_build_graph", err) }.run(|call| {
        let graph = call.out(graph, "graph")?;
        let built = DependencyGraph::build(call.shared(result, "result")?.base(), intermediate)?;
        graph.share(OfProcess::new(GraphBody { graph: built, dot: LazyText::default() }));
        Ok(())
    })
}

/// Gives the number of results in a graph.
///
/// @param graph not nullable.
/// @return how many indexes celery_graph_node() knows; 0 for NULL, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_graph_node_count(graph: *const celery_graph_t) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_graph_node_count") }
        .answer(0, |call| Ok(call.shared(graph, "graph")?.graph.nodes.len()))
}

/// Gives one result of a graph, in the order of the walk: the first is where it began.
///
/// @param graph not nullable.
/// @param index from 0.
/// @param node not nullable.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *node with celery_result_free(); free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_graph_node(
    graph: *const celery_graph_t,
    index: usize,
    node: *mut *mut celery_result_t,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_graph_node", err) }.run(|call| {
        let node = call.out(node, "node")?;
        let nodes = &call.shared(graph, "graph")?.graph.nodes;
        let found = nodes.get(index).ok_or_else(|| no_such_index(index, nodes.len(), "nodes"))?;
        node.share(ResultBody::new(found.clone()));
        Ok(())
    })
}

/// Gives the number of edges of a graph.
///
/// @param graph not nullable.
/// @return how many indexes celery_graph_edge() knows; 0 for NULL, and in a forked child.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_graph_edge_count(graph: *const celery_graph_t) -> usize {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_graph_edge_count") }
        .answer(0, |call| Ok(call.shared(graph, "graph")?.graph.edges.len()))
}

/// Gives one edge of a graph: the result at to hangs on that at from. It points as
/// in Celery's graph.
///
/// @param graph not nullable.
/// @param index from 0.
/// @param from not nullable: gets the index of a node.
/// @param to not nullable: gets the index of a node.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_NO_SUCH_VALUE; CELERY_ERR_FORKED; CELERY_ERR_NULL_ARGUMENT.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_graph_edge(
    graph: *const celery_graph_t,
    index: usize,
    from: *mut usize,
    to: *mut usize,
    err: *mut *mut celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_graph_edge", err) }.run(|call| {
        let (from, to) = (call.data(from, "from")?, call.data(to, "to")?);
        let edges = &call.shared(graph, "graph")?.graph.edges;
        let edge = edges.get(index).ok_or_else(|| no_such_index(index, edges.len(), "edges"))?;
        from.set(edge.0);
        to.set(edge.1);
        Ok(())
    })
}

/// Gives the graph as text for Graphviz, as Celery's `graph.to_dot()` writes it.
///
/// @param graph not nullable.
/// @param len nullable: gets the length in bytes.
/// @return the text; NULL for NULL, and in a forked child.
/// Ownership: borrowed, until the graph is freed.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_graph_dot(graph: *const celery_graph_t, len: *mut usize) -> *const c_char {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_graph_dot") }.answer(ptr::null(), |call| {
        let body = call.shared(graph, "graph")?;
        let Some(text) = body.dot.get(|| Some(Text::new(body.graph.to_dot()))) else {
            return Ok(ptr::null());
        };
        call.fill(len, text.len());
        Ok(text.pointer())
    })
}

/// Frees a graph. NULL is fine. Results taken from it stay. In a forked child it does nothing.
///
/// @param graph nullable.
/// Ownership: the handle is gone.
/// Threads: one thread, once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_graph_free(graph: *mut celery_graph_t) {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::plain("celery_graph_free") }.act(|call| {
        call.release(graph);
    });
}
