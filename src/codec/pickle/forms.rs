//! How objects are spelled: the typed forms of what is a plain value, Celery's map of exceptions,
//! and class, arguments and state of anything else.

use super::arena::{Chain, More, Ref};
use super::exceptions::Exception;
use super::objects::{Args, Meaning, Object, Pairs};
use super::render::{Render, Step};
use super::results::Parts;
use super::times::{Delta, Moment};
use crate::model::Result;

impl Render<'_> {
    /// Writes what an object is, or plans it.
    pub(super) fn meaning(&mut self, meaning: Meaning<'_>) -> Result<()> {
        match meaning {
            Meaning::Bytes(bytes) => return self.out.bytes(&bytes),
            Meaning::Decimal(text) => return self.out.typed_text("decimal", &text),
            Meaning::Name(name) => return self.out.typed_text("name", &name),
            Meaning::Moment(Moment::Text(name, text)) => return self.out.typed_text(name, &text),
            Meaning::Moment(Moment::Zoned(name, text, zone)) => self.zoned(name, text, zone),
            Meaning::Moment(Moment::Delta(delta)) => self.delta(delta),
            Meaning::Uuid(number) => self.plan([
                Step::OpenTyped("uuid"),
                Step::OpenObject,
                Step::Key("hex"),
                Step::Text(format!("{number:032x}")),
                Step::CloseObject,
                Step::CloseTyped,
            ]),
            Meaning::Group(shape, chain) => self.group(shape, chain),
            Meaning::Map(pairs) => self.map(pairs),
            Meaning::Result(parts) => self.result(&parts),
            Meaning::Object(object) => self.object(object),
            Meaning::Exception(exception) => {
                self.plan([Step::CloseTyped]);
                self.exception(exception);
                self.plan([Step::OpenTyped("exception")]);
            }
        }
        Ok(())
    }

    /// A time in a zone whose offset only a database knows: the call that makes it.
    fn zoned(&mut self, name: &'static str, text: String, zone: Ref) {
        self.plan([Step::CloseArray, Step::Key("state"), Step::Null, Step::CloseObject, Step::CloseTyped]);
        self.plan([Step::OpenArray, Step::TypedText(name, text), Step::Value(zone)]);
        self.object_of(format!("datetime.{name}"));
    }

    fn delta(&mut self, Delta { days, seconds, micros }: Delta) {
        self.plan([
            Step::OpenTyped("timedelta"),
            Step::OpenObject,
            Step::Key("days"),
            Step::Integer(days),
            Step::Key("seconds"),
            Step::Integer(seconds),
            Step::Key("microseconds"),
            Step::Integer(micros),
            Step::CloseObject,
            Step::CloseTyped,
        ]);
    }

    fn result(&mut self, Parts { id, parent, members }: &Parts) {
        self.plan([Step::CloseArray]);
        match members {
            Some(members) => self.elements(*members),
            None => self.plan([Step::Null]),
        }
        self.plan([
            Step::OpenArray,
            Step::OpenArray,
            Step::Value(*id),
            parent.map_or(Step::Null, Step::Value),
            Step::CloseArray,
        ]);
    }

    /// Celery's map of an exception.
    pub(super) fn exception(&mut self, exception: Exception) {
        let Exception { module, name, args, state } = exception;
        self.plan([Step::CloseObject]);
        if let Some(state) = state {
            self.plan([Step::Key("exc_state"), Step::Value(state)]);
        }
        self.plan([Step::Key("exc_module"), Step::Text(module)]);
        self.arguments(args);
        self.plan([Step::OpenObject, Step::Key("exc_type"), Step::Text(name), Step::Key("exc_message")]);
    }

    fn object(&mut self, object: Object) {
        let Object { module, name, args, more: More { kwargs, state, items, entries } } = object;
        self.plan([Step::CloseObject, Step::CloseTyped]);
        if entries != Chain::default() {
            let pairs = Pairs::of(self.arena, entries);
            self.plan([Step::Key("entries"), Step::OpenArray, Step::Pairs(pairs), Step::CloseArray]);
        }
        if items != Chain::default() {
            self.elements(items);
            self.plan([Step::Key("items")]);
        }
        if let Some(kwargs) = kwargs {
            self.plan([Step::Key("kwargs"), Step::Value(kwargs)]);
        }
        self.plan([Step::Key("state"), state.map_or(Step::Null, Step::Value)]);
        self.arguments(args);
        self.object_of(format!("{module}.{name}"));
    }

    /// The head of an object, before its arguments.
    fn object_of(&mut self, class: String) {
        self.plan([
            Step::OpenTyped("object"),
            Step::OpenObject,
            Step::Key("class"),
            Step::Text(class),
            Step::Key("args"),
        ]);
    }

    fn arguments(&mut self, args: Args) {
        self.plan([Step::Elements(args.rest), Step::CloseArray]);
        self.plan(args.lead.into_iter().flatten().map(Step::Value).collect::<Vec<_>>());
        self.plan([Step::OpenArray]);
    }

    fn elements(&mut self, chain: Chain) {
        self.plan([Step::OpenArray, Step::Elements(self.arena.walk(chain)), Step::CloseArray]);
    }
}
