//! Celery's own objects inside of values: results become their tuple form, and what knows how to
//! connect somewhere (backends, apps, connections) is not spelled out, as it may hold a password.

use super::arena::{Arena, Chain, More, Node, Ref};
use super::heap::Shape;
use super::literal::Literal;
use super::objects::{Args, Object, path, text};

/// The parts of a result's tuple form.
pub(super) struct Parts {
    /// The id
    pub(super) id: Ref,
    /// The parent's result
    pub(super) parent: Option<Ref>,
    /// A group's results
    pub(super) members: Option<Chain>,
}

/// The tuple form of what a class of Celery's results makes of these arguments, or what an app does
/// in its place (`_unpickle_appattr`).
pub(super) fn parts(arena: &Arena<'_>, class: &str, args: &[Ref]) -> Option<Parts> {
    let (class, args) = match (class, args) {
        ("_unpickle_appattr", [class, args]) => {
            (text(arena, *class)?, arena.elements(arena.tuple(*args)?).take(8).collect())
        }
        ("_unpickle_appattr", _) => return None,
        _ => (class.to_owned(), args.to_vec()),
    };
    match (class.as_str(), args.as_slice()) {
        // (id, backend, task name, app, parent)
        ("AsyncResult" | "AbortableAsyncResult", [id, rest @ ..]) => {
            let parent = rest.get(3).filter(|parent| arena.node(**parent) != Node::Literal(Literal::None));
            Some(Parts { id: *id, parent: parent.copied(), members: None })
        }
        ("EagerResult", [id, ..]) => Some(Parts { id: *id, parent: None, members: None }),
        ("GroupResult", [id, results]) => match arena.node(*results) {
            Node::Group { shape: Shape::List | Shape::Tuple, chain } => {
                Some(Parts { id: *id, parent: None, members: Some(chain) })
            }
            _ => None,
        },
        _ => None,
    }
}

/// The object, or only its class where it may hold credentials.
pub(super) fn without_secrets(arena: &Arena<'_>, object: Object) -> Object {
    let rebuilt = matches!(
        (object.module.as_str(), object.name.as_str()),
        ("celery.backends.base", "unpickle_backend")
            | ("celery.app.utils" | "celery.app.base", "_unpickle_app" | "_unpickle_app_v2")
    );
    let class =
        if rebuilt { object.args.few(arena).first().and_then(|class| path(arena, *class)) } else { None };
    let connects = rebuilt
        || object.module.starts_with("celery.backends.")
        || (object.module == "kombu.connection" && object.name.ends_with("Connection"));
    if !connects {
        return object;
    }
    let (module, name) = class.unwrap_or((object.module, object.name));
    Object { module, name, args: Args::default(), more: More::default() }
}
