//! Which objects are exceptions. Their arguments stay what the class was called with, as pickle has
//! them: what an `OSError` makes attributes of is still there.

use super::arena::{Arena, Chain, Node, Ref};
use super::heap::Shape;
use super::literal::Literal;
use super::objects::{Args, Object};
use crate::model::exception::WRAPPER;

/// Exceptions of `builtins` whose names do not say so.
const BUILTIN: [&str; 7] = [
    "KeyboardInterrupt",
    "SystemExit",
    "GeneratorExit",
    "StopIteration",
    "StopAsyncIteration",
    "ExceptionGroup",
    "BaseExceptionGroup",
];

/// Modules that hold nothing else.
const MODULES: [&str; 3] = ["celery.exceptions", "billiard.exceptions", "kombu.exceptions"];

/// An exception.
pub(super) struct Exception {
    /// The module of the class
    pub(super) module: String,
    /// The qualified name of the class
    pub(super) name: String,
    /// What the class was called with
    pub(super) args: Args,
    /// `__dict__`, where it is not empty
    pub(super) state: Option<Ref>,
}

/// Whether a class is one of exceptions, by its name: the class itself is not looked at.
pub(super) fn is_exception(module: &str, name: &str) -> bool {
    let class = name.rsplit('.').next().unwrap_or(name);
    MODULES.contains(&module)
        || (module, name) == WRAPPER
        || (module == "builtins" && BUILTIN.contains(&name))
        || ["Error", "Exception", "Warning"].iter().any(|end| class.ends_with(end))
}

/// An object as an exception.
pub(super) fn exception(arena: &Arena<'_>, object: Object) -> Exception {
    let Object { module, name, args, more } = object;
    // The wrapper's attributes are its arguments once more.
    let wrapper = (module.as_str(), name.as_str()) == WRAPPER;
    let state = more.state.filter(|state| !wrapper && !is_empty(arena, *state));
    Exception { module, name, args, state }
}

fn is_empty(arena: &Arena<'_>, state: Ref) -> bool {
    match arena.node(state) {
        Node::Literal(Literal::None) => true,
        Node::Group { shape: Shape::Map, chain } => chain == Chain::default(),
        _ => false,
    }
}
