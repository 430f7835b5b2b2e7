//! Python's `repr` of a value, written from a stack of what is still to be shown, so that no nesting
//! is too deep for it. What Python would show of a typed form is written down; an instance, whose
//! class is never looked at, is shown by what it was made from:
//! `<module.Class(argument, **{'name': value}) state={'attribute': value}>`, then `items=[...]` and
//! `entries={...}` of subclasses of list and dict. A class or function is `<module.name>`.

use super::document::{Element, Elements, Span};
use super::exception::Parts;
use super::python::{scalar_repr, typed_repr};
use super::text::{readable, wtf8};
use super::typed::Typed;
use super::{Kind, Value};

impl Value {
    /// What Python's `repr` shows for this value; `<module.Class(...)>` for an instance and
    /// `<module.name>` for a class or function.
    pub fn python_repr(&self) -> String {
        let mut repr = Repr { whole: self, out: String::new(), steps: vec![Step::Value(self.span, false)] };
        while let Some(step) = repr.steps.pop() {
            match step {
                Step::Text(text) => repr.out.push_str(text),
                Step::Value(span, hashed) => repr.value(span, hashed),
                Step::Elements(elements) => repr.element(elements),
            }
        }
        repr.out
    }
}

/// What is still to be shown.
enum Step {
    Text(&'static str),
    /// A value; of what is hashed, the arrays were tuples.
    Value(Span, bool),
    Elements(Rest),
}

/// The rest of the elements of a container.
struct Rest {
    elements: Elements,
    /// The kind whose elements they are.
    kind: Kind,
    hashed: bool,
    fresh: bool,
    /// How many are shown at most.
    left: usize,
}

impl Rest {
    fn new(span: Span, kind: Kind) -> Self {
        Self { elements: Elements::new(span), kind, hashed: kind == Kind::Set, fresh: true, left: usize::MAX }
    }
}

struct Repr<'a> {
    whole: &'a Value,
    out: String,
    steps: Vec<Step>,
}

impl Repr<'_> {
    fn value(&mut self, span: Span, hashed: bool) {
        let text = self.whole.document.bytes(span);
        match text.first() {
            Some(b'[') if hashed => self.tuple(span),
            Some(b'[') => self.elements("[", Rest::new(span, Kind::Array), "]"),
            Some(b'{') => {
                let value = self.whole.at(span);
                match Typed::of(&value) {
                    None => self.elements("{", Rest::new(span, Kind::Object), "}"),
                    Some(typed) => self.typed(&value, typed),
                }
            }
            _ => scalar_repr(text, &mut self.out),
        }
    }

    fn typed(&mut self, value: &Value, typed: Typed) {
        let kind = typed.kind();
        let (name, inner) = typed.parts();
        match kind {
            Kind::Set if self.is_empty(inner.span) => {
                self.out.push_str(name);
                self.out.push_str("()");
            }
            Kind::Set if name == "set" => self.elements("{", Rest::new(inner.span, kind), "}"),
            Kind::Set => self.elements("frozenset({", Rest::new(inner.span, kind), "})"),
            Kind::Map => self.elements("{", Rest::new(inner.span, kind), "}"),
            Kind::PythonObject => self.object(&inner),
            Kind::Exception => self.exception(value),
            _ => typed_repr(value, &mut self.out),
        }
    }

    /// Only what is hashable is a key or an element of a set: no list, but a tuple.
    fn tuple(&mut self, span: Span) {
        let close = if self.whole.document.count(span) == 1 { ",)" } else { ")" };
        self.elements("(", Rest { hashed: true, ..Rest::new(span, Kind::Array) }, close);
    }

    fn object(&mut self, inner: &Value) {
        let mut steps = Vec::new();
        self.out.push('<');
        self.out
            .push_str(&inner.find("class").map_or_else(String::new, |class| readable(&wtf8(class.bytes()))));
        self.out.push('(');
        let args = inner.find("args").map_or((0, 0), |args| args.span);
        steps.push(Step::Elements(Rest::new(args, Kind::Array)));
        if let Some(kwargs) = inner.find("kwargs") {
            steps.push(Step::Text(if self.is_empty(args) { "**" } else { ", **" }));
            steps.push(Step::Value(kwargs.span, false));
        }
        steps.push(Step::Text(")"));
        for (name, title) in [("state", " state="), ("items", " items=")] {
            if let Some(part) = inner.find(name).filter(|part| !part.is_null()) {
                steps.extend([Step::Text(title), Step::Value(part.span, false)]);
            }
        }
        if let Some(entries) = inner.find("entries") {
            let rest = Rest::new(entries.span, Kind::Map);
            steps.extend([Step::Text(" entries={"), Step::Elements(rest), Step::Text("}")]);
        }
        steps.push(Step::Text(">"));
        self.steps.extend(steps.into_iter().rev());
    }

    fn exception(&mut self, value: &Value) {
        let Some(parts) = Parts::of(value) else { return };
        self.out.push_str(parts.class.rsplit('.').next().unwrap_or_default());
        self.out.push('(');
        self.steps.push(Step::Text(")"));
        match &parts.args {
            Some(args) if args.kind() == Kind::Array => {
                let left = parts.kept_arguments();
                self.steps.push(Step::Elements(Rest { left, ..Rest::new(args.span, Kind::Array) }));
            }
            Some(args) => self.steps.push(Step::Value(args.span, false)),
            None => {}
        }
    }

    fn elements(&mut self, open: &str, rest: Rest, close: &'static str) {
        self.out.push_str(open);
        self.steps.extend([Step::Text(close), Step::Elements(rest)]);
    }

    fn element(&mut self, mut rest: Rest) {
        let document = &self.whole.document;
        let Some(left) = rest.left.checked_sub(1) else { return };
        let Some(element) = rest.elements.next(document) else { return };
        let Element { key, value } = rest.kind.entry(document, element);
        let hashed = rest.hashed;
        if !std::mem::take(&mut rest.fresh) {
            self.out.push_str(", ");
        }
        self.steps.extend([Step::Elements(Rest { left, ..rest }), Step::Value(value, hashed)]);
        if let Some(key) = key {
            self.steps.extend([Step::Text(": "), Step::Value(key, true)]);
        }
    }

    fn is_empty(&self, span: Span) -> bool {
        self.whole.document.count(span) == 0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn repr(json: &str) -> String {
        Value::check(json.as_bytes().into(), 0, json.len(), 1000).unwrap().python_repr()
    }

    fn typed(name: &str, inner: &str) -> String {
        format!(r#"{{"__type__":"{name}","__value__":{inner}}}"#)
    }

    #[test]
    fn kinds_of_python() {
        let exception =
            typed("exception", r#"{"exc_type":"Outer.Inner","exc_message":["a",2],"exc_module":"gen"}"#);
        for (name, inner, python) in [
            ("set", "[1]", "{1}"),
            ("set", "[]", "set()"),
            ("frozenset", r#"["a"]"#, "frozenset({'a'})"),
            ("frozenset", "[ ]", "frozenset()"),
            ("set", "[[1],[1,[2,3]]]", "{(1,), (1, (2, 3))}"),
            ("map", r#"[[[1,2],"x"],["k",[1]],[[],{}]]"#, "{(1, 2): 'x', 'k': [1], (): {}}"),
            (
                "timedelta",
                r#"{"days":1,"seconds":2,"microseconds":3}"#,
                "datetime.timedelta(days=1, seconds=2, microseconds=3)",
            ),
            ("name", r#""gen.Color""#, "<gen.Color>"),
            ("object", r#"{"class":"gen.Color","args":[1],"state":null}"#, "<gen.Color(1)>"),
            (
                "object",
                r#"{"class":"gen.P","args":[],"state":{"x":[1]},"kwargs":{"a":1},"items":[1,2],"entries":[[[1],2]]}"#,
                "<gen.P(**{'a': 1}) state={'x': [1]} items=[1, 2] entries={(1,): 2}>",
            ),
            ("object", r#"{"class":"a.B","args":[1,2],"state":0,"kwargs":{}}"#, "<a.B(1, 2, **{}) state=0>"),
            (
                "exception",
                r#"{"exc_type":"ValueError","exc_message":[],"exc_module":"builtins"}"#,
                "ValueError()",
            ),
            (
                "exception",
                r#"{"exc_type":"FileNotFoundError","exc_message":[2,"No","/f"],"exc_module":"builtins"}"#,
                "FileNotFoundError(2, 'No')",
            ),
            ("exception", r#"{"exc_type":"E","exc_message":"text"}"#, "E('text')"),
            ("set", &format!("[{exception}]"), "{Inner('a', 2)}"),
        ] {
            assert_eq!(repr(&typed(name, inner)), python, "{name} {inner}");
        }
    }
}
