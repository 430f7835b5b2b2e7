//! Which calls mean what: the class that a call would make an object of, whichever of pickle's ways
//! it came, and the classes whose objects are plain values. Nothing is called; a class that nobody
//! knows is as good as any other.

use super::arena::{Arena, Call, Chain, More, Node, Ref, Walk};
use super::exceptions::{self, Exception};
use super::heap::Shape;
use super::literal::{self, Decoded, LONGEST_ESCAPE, Literal, Spelling, decoded};
use super::results::{self, Parts};
use super::times::{self, Moment};
use super::{integers, names};
use crate::model::value::text::{code_points, readable};
use std::borrow::Cow;

/// What an object is.
pub(super) enum Meaning<'a> {
    /// bytes or bytearray
    Bytes(Cow<'a, [u8]>),
    /// A list, tuple, set or frozenset
    Group(Shape, Chain),
    /// A dict or one of its kind
    Map(Pairs),
    /// A datetime, date, time or timedelta
    Moment(Moment),
    /// A `decimal.Decimal`
    Decimal(String),
    /// A `uuid.UUID`
    Uuid(u128),
    /// An attribute of a class: a nested class, a member of an enumeration
    Name(String),
    /// An exception
    Exception(Exception),
    /// A result object of Celery
    Result(Parts),
    /// Anything else
    Object(Object),
}

/// An object of a class: what pickle says of it.
pub(super) struct Object {
    /// The module of the class
    pub(super) module: String,
    /// The qualified name of the class
    pub(super) name: String,
    /// The arguments
    pub(super) args: Args,
    /// Keyword arguments, state, elements
    pub(super) more: More,
}

/// Arguments.
#[derive(Clone, Copy, Default)]
pub(super) struct Args {
    /// The first ones, where they are no part of the tuple
    pub(super) lead: [Option<Ref>; 2],
    /// The tuple, or what is left of it
    pub(super) rest: Walk,
}

/// Keys and values of one map after the other.
#[derive(Clone, Copy, Default)]
pub(super) struct Pairs {
    walks: [Walk; 2],
    /// The elements of the first map are pairs themselves.
    nested: bool,
}

impl Args {
    /// The next one.
    pub(super) fn next(&mut self, arena: &Arena<'_>) -> Option<Ref> {
        let lead = self.lead.iter_mut().find_map(Option::take);
        lead.or_else(|| self.rest.next(arena))
    }

    /// The first ones, at most eight.
    pub(super) fn few(mut self, arena: &Arena<'_>) -> Vec<Ref> {
        std::iter::from_fn(|| self.next(arena)).take(8).collect()
    }
}

impl Pairs {
    /// The keys and values of one map.
    pub(super) fn of(arena: &Arena<'_>, chain: Chain) -> Self {
        Self { walks: [arena.walk(chain), Walk::default()], nested: false }
    }

    /// The next key and value.
    pub(super) fn next(&mut self, arena: &Arena<'_>) -> Option<(Ref, Ref)> {
        let [first, second] = &mut self.walks;
        if self.nested {
            if let Some(element) = first.next(arena) {
                return pair(arena, element);
            }
        } else if let (Some(key), Some(value)) = (first.next(arena), first.next(arena)) {
            return Some((key, value));
        }
        Some((second.next(arena)?, second.next(arena)?))
    }
}

/// What an object is.
pub(super) fn meaning<'a>(arena: &Arena<'a>, node: Ref, call: Call) -> Meaning<'a> {
    if let Some((module, name)) = path(arena, node) {
        return Meaning::Name(format!("{module}.{name}"));
    }
    let object = object(arena, call);
    let args = object.args.few(arena);
    let More { kwargs, state, items, entries } = object.more;
    let unchanged = kwargs.is_none() && items == Chain::default() && entries == Chain::default();
    let known = if kwargs.is_some() || items != Chain::default() {
        None
    } else if state.is_none() && entries == Chain::default() {
        value(arena, &object, &args).or_else(|| map(arena, &object, &args))
    } else if state.is_none() {
        map(arena, &object, &args)
    } else if (object.module.as_str(), object.name.as_str()) == ("uuid", "UUID") {
        uuid(arena, state).map(Meaning::Uuid)
    } else {
        None
    };
    if let Some(known) = known {
        return known;
    }
    if unchanged && exceptions::is_exception(&object.module, &object.name) {
        return Meaning::Exception(exceptions::exception(arena, object));
    }
    Meaning::Object(results::without_secrets(arena, object))
}

/// The objects that are plain values.
fn value<'a>(arena: &Arena<'a>, object: &Object, args: &[Ref]) -> Option<Meaning<'a>> {
    match (object.module.as_str(), object.name.as_str(), args) {
        ("_codecs", "encode", [text, codec]) | ("builtins", "bytearray", [text, codec]) => {
            latin1(arena, *text, *codec).map(|bytes| Meaning::Bytes(Cow::Owned(bytes)))
        }
        ("builtins", "bytes" | "bytearray", []) => Some(Meaning::Bytes(Cow::Borrowed(b""))),
        ("builtins", "bytes" | "bytearray", [given]) => bytes(arena, *given).map(Meaning::Bytes),
        ("builtins", "list", args) => group(arena, Shape::List, args),
        ("builtins", "tuple", args) => group(arena, Shape::Tuple, args),
        ("builtins", "set", args) => group(arena, Shape::Set, args),
        ("builtins", "frozenset", args) => group(arena, Shape::FrozenSet, args),
        ("decimal", "Decimal", [text]) => self::text(arena, *text).map(Meaning::Decimal),
        ("datetime", name, args) => times::moment(arena, name, args).map(Meaning::Moment),
        ("celery.app.base" | "celery.result" | "celery.contrib.abortable", name, args) => {
            results::parts(arena, name, args).map(Meaning::Result)
        }
        _ => None,
    }
}

fn group<'a>(arena: &Arena<'a>, shape: Shape, args: &[Ref]) -> Option<Meaning<'a>> {
    match args {
        [] => Some(Meaning::Group(shape, Chain::default())),
        [elements] => match arena.node(*elements) {
            Node::Group { shape: Shape::Map, .. } => None,
            Node::Group { chain, .. } => Some(Meaning::Group(shape, chain)),
            _ => None,
        },
        _ => None,
    }
}

/// The kinds of dict that differ from a dict only in what they can do.
fn map<'a>(arena: &Arena<'a>, object: &Object, args: &[Ref]) -> Option<Meaning<'a>> {
    let args = match (object.module.as_str(), object.name.as_str(), args) {
        ("builtins", "dict", args)
        | ("collections", "OrderedDict" | "Counter", args)
        | ("collections", "defaultdict", [_, args @ ..]) => args,
        ("collections", "defaultdict", []) => &[],
        _ => return None,
    };
    let (first, nested) = match args {
        [] => (Walk::default(), false),
        [given] => match arena.node(*given) {
            Node::Group { shape: Shape::Map, chain } => (arena.walk(chain), false),
            // As `OrderedDict` of Python 2 is pickled.
            Node::Group { shape: Shape::List, chain } => {
                let all_pairs = arena.elements(chain).all(|element| pair(arena, element).is_some());
                (all_pairs.then(|| arena.walk(chain))?, true)
            }
            _ => return None,
        },
        _ => return None,
    };
    let second = arena.walk(object.more.entries);
    Some(Meaning::Map(Pairs { walks: [first, second], nested }))
}

fn pair(arena: &Arena<'_>, element: Ref) -> Option<(Ref, Ref)> {
    let Node::Group { shape: Shape::List | Shape::Tuple, chain } = arena.node(element) else { return None };
    let mut walk = arena.walk(chain);
    let pair = (walk.next(arena)?, walk.next(arena)?);
    walk.next(arena).is_none().then_some(pair)
}

fn uuid(arena: &Arena<'_>, state: Option<Ref>) -> Option<u128> {
    match arena.node(entry(arena, state?, "int")?) {
        Node::Literal(Literal::Int(number)) => u128::try_from(number).ok(),
        Node::Literal(Literal::Long(span)) => integers::unsigned128(span.of(arena.pickle())),
        Node::Literal(Literal::Digits(span)) => {
            std::str::from_utf8(span.of(arena.pickle())).ok()?.parse().ok()
        }
        _ => None,
    }
}

/// The class that a call makes an object of, and what it gets.
pub(super) fn object(arena: &Arena<'_>, call: Call) -> Object {
    let mut args = Args {
        rest: arena.tuple(call.args).map(|chain| arena.walk(chain)).unwrap_or_default(),
        ..Args::default()
    };
    let mut more = arena.more(call);
    let Some((module, mut name)) = path(arena, call.callee) else {
        // An object that is called, such as a functools.partial.
        let (module, name) = callee_class(arena, call.callee);
        args.lead = [Some(call.callee), None];
        return Object { module, name: format!("{name}.__call__"), args, more };
    };
    if matches!(module.as_str(), "zoneinfo" | "backports.zoneinfo") && name == "ZoneInfo._unpickle" {
        // (key, whether it may come from the cache)
        args = Args { lead: [args.next(arena), None], ..Args::default() };
        name.truncate("ZoneInfo".len());
    }
    if module != "copyreg" {
        return Object { module, name, args, more };
    }
    let whole = args;
    let class = args.next(arena).and_then(|class| path(arena, class));
    let given = match name.as_str() {
        "__newobj__" => Some(args),
        "__newobj_ex__" => match args.few(arena).as_slice() {
            [positional, kwargs] => arena.tuple(*positional).map(|chain| {
                more.kwargs = Some(*kwargs);
                Args { rest: arena.walk(chain), ..Args::default() }
            }),
            _ => None,
        },
        // (class, base, what the base makes of it)
        "_reconstructor" => match args.few(arena).as_slice() {
            [base, _] if path(arena, *base).is_some_and(|(_, name)| name == "object") => {
                Some(Args::default())
            }
            [_, state] => Some(Args { lead: [Some(*state), None], ..Args::default() }),
            _ => None,
        },
        _ => None,
    };
    match (class, given) {
        (Some((module, name)), Some(args)) => Object { module, name, args, more },
        _ => Object { module, name, args: whole, more },
    }
}

/// The class of a callee that is an object itself.
fn callee_class(arena: &Arena<'_>, callee: Ref) -> (String, String) {
    let class = match arena.node(callee) {
        Node::Call(call) => path(arena, call.callee),
        _ => None,
    };
    class.unwrap_or_else(|| ("builtins".to_owned(), "object".to_owned()))
}

/// Bytes of the longest path that is looked at: the same one may be asked for with every object.
const LONGEST_PATH: usize = 1_000;

/// Module and qualified name of a class or function: its name, or `getattr` of another one's. What is
/// longer than any program's is none.
pub(super) fn path(arena: &Arena<'_>, node: Ref) -> Option<(String, String)> {
    let mut attributes: Vec<String> = Vec::new();
    let (mut node, mut left) = (node, LONGEST_PATH);
    // Classes within classes; deeper nesting is nobody's.
    for _ in 0..16 {
        match arena.node(node) {
            Node::Name { module, name, python2 } => {
                spend(&mut left, arena, &[module, name])?;
                let (module, mut name) = renamed(arena, module, name, python2)?;
                for attribute in attributes.iter().rev() {
                    name.push('.');
                    name.push_str(attribute);
                }
                return Some((module, name));
            }
            Node::Call(call) => {
                let Node::Name { module, name, python2 } = arena.node(call.callee) else { return None };
                spend(&mut left, arena, &[module, name])?;
                if renamed(arena, module, name, python2)? != ("builtins".to_owned(), "getattr".to_owned()) {
                    return None;
                }
                let mut args = arena.walk(arena.tuple(call.args)?);
                let (owner, attribute) = (args.next(arena)?, args.next(arena)?);
                spend(&mut left, arena, &[attribute])?;
                attributes.push(text(arena, attribute)?);
                node = owner;
            }
            _ => return None,
        }
    }
    None
}

/// Takes the lengths of these texts from what a path may have.
fn spend(left: &mut usize, arena: &Arena<'_>, texts: &[Ref]) -> Option<()> {
    for node in texts {
        let Node::Literal(Literal::Text(span, _)) = arena.node(*node) else { return None };
        *left = left.checked_sub(span.len())?;
    }
    Some(())
}

/// Module and name of a class or function, in Python 3's words.
pub(super) fn renamed(arena: &Arena<'_>, module: Ref, name: Ref, python2: bool) -> Option<(String, String)> {
    let (module, name) = (text(arena, module)?, text(arena, name)?);
    match names::modern(&module, &name).filter(|_| python2) {
        Some((module, new)) => Some((module.to_owned(), new.map_or(name, str::to_owned))),
        None => Some((module, name)),
    }
}

/// A text, lone surrogates made readable.
pub(super) fn text(arena: &Arena<'_>, node: Ref) -> Option<String> {
    let Node::Literal(Literal::Text(span, spelling)) = arena.node(node) else { return None };
    match decoded(span.of(arena.pickle()), spelling).ok()? {
        Decoded::Text(text) => Some(readable(&text)),
        Decoded::Bytes(_) => None,
    }
}

/// Whether a value is this text.
pub(super) fn is_text(arena: &Arena<'_>, node: Ref, expected: &str) -> bool {
    let Node::Literal(Literal::Text(span, spelling)) = arena.node(node) else { return false };
    literal::is_text(span.of(arena.pickle()), spelling, expected)
}

/// The value of a text key in a small dict.
pub(super) fn entry(arena: &Arena<'_>, map: Ref, key: &str) -> Option<Ref> {
    let Node::Group { shape: Shape::Map, chain } = arena.node(map) else { return None };
    let mut pairs = Pairs::of(arena, chain);
    std::iter::from_fn(|| pairs.next(arena))
        .take(16)
        .find(|(found, _)| is_text(arena, *found, key))
        .map(|(_, value)| value)
}

/// bytes of at most this many, as protocols 0 to 5 and Python 2 write them.
pub(super) fn short_bytes<'a>(arena: &Arena<'a>, node: Ref, most: usize) -> Option<Cow<'a, [u8]>> {
    let text = match arena.node(node) {
        Node::Call(call) => object(arena, call).args.next(arena)?,
        _ => node,
    };
    let stored = match arena.node(text) {
        Node::Literal(Literal::Bytes(span) | Literal::Text(span, _)) => span.of(arena.pickle()),
        _ => return None,
    };
    if stored.len() > most.saturating_mul(LONGEST_ESCAPE) { None } else { bytes(arena, node) }
}

/// bytes, or what stands for them.
fn bytes<'a>(arena: &Arena<'a>, node: Ref) -> Option<Cow<'a, [u8]>> {
    match arena.node(node) {
        Node::Literal(Literal::Bytes(span) | Literal::Text(span, Spelling::Python2)) => {
            Some(Cow::Borrowed(span.of(arena.pickle())))
        }
        Node::Literal(Literal::Text(span, spelling)) => {
            match (decoded(span.of(arena.pickle()), spelling).ok()?, spelling) {
                (Decoded::Bytes(bytes), _) | (Decoded::Text(bytes), Spelling::Quoted) => Some(bytes),
                (Decoded::Text(text), _) => latin1_bytes(&text).map(Cow::Owned),
            }
        }
        Node::Call(call) => {
            let Object { module, name, args, .. } = object(arena, call);
            match (module.as_str(), name.as_str(), args.few(arena).as_slice()) {
                ("_codecs", "encode", [text, codec]) => latin1(arena, *text, *codec).map(Cow::Owned),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The text that protocols 0 to 2 write for bytes.
fn latin1(arena: &Arena<'_>, node: Ref, codec: Ref) -> Option<Vec<u8>> {
    if !["latin1", "latin-1", "iso-8859-1"].iter().any(|name| is_text(arena, codec, name)) {
        return None;
    }
    let Node::Literal(Literal::Text(span, spelling)) = arena.node(node) else { return None };
    match decoded(span.of(arena.pickle()), spelling).ok()? {
        Decoded::Text(text) => latin1_bytes(&text),
        Decoded::Bytes(bytes) => Some(bytes.into_owned()),
    }
}

fn latin1_bytes(text: &[u8]) -> Option<Vec<u8>> {
    code_points(text).map(|point| u8::try_from(point).ok()).collect()
}
