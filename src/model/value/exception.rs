//! What Python shows of an exception, from Celery's map of it: class, module and arguments. A few
//! classes say it in a way of their own, and those that tasks commonly fail with are known here;
//! others show their arguments. Nothing is looked up.

use super::text::{code_points, wtf8};
use super::{Kind, Value, forms};

/// The builtin classes that show `[Errno N] text`.
const OS_ERRORS: [&str; 16] = [
    "OSError",
    "IOError",
    "BlockingIOError",
    "BrokenPipeError",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "FileExistsError",
    "FileNotFoundError",
    "InterruptedError",
    "IsADirectoryError",
    "NotADirectoryError",
    "PermissionError",
    "TimeoutError",
];

/// A part of another exception's text: exceptions inside exceptions are not followed.
fn plain(value: &Value) -> String {
    if value.kind() == Kind::Exception { value.python_repr() } else { value.python_str() }
}

/// The parts of an exception map.
pub(crate) struct Parts {
    /// `exc_type`
    pub(crate) class: String,
    /// `exc_module`
    pub(crate) module: Option<String>,
    /// `exc_message`: an array, or what was stored instead of one.
    pub(crate) args: Option<Value>,
    /// `filename` and `filename2` of `exc_state`, where an `OSError` of two arguments keeps its files.
    files: [Option<Value>; 2],
}

/// The text of an exception, or the value whose `str` it is.
enum Shown {
    Text(String),
    StrOf(Value),
}

/// How a class shows itself.
enum Way {
    Arguments,
    Key,
    Os,
    Decode,
    Encode,
    Translate,
    Group,
    Syntax,
    Json,
    Named,
}

impl Parts {
    pub(crate) fn new(class: String, module: Option<String>, args: Option<Value>) -> Self {
        Self { class, module, args, files: [None, None] }
    }

    /// Of anything with a text under `exc_type`.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let text = |key| value.get_key(key).ok()?.lenient_text();
        Some(Self {
            class: text("exc_type")?,
            module: text("exc_module"),
            args: value.get_key("exc_message").ok(),
            files: ["/exc_state/filename", "/exc_state/filename2"].map(|file| value.pointer(file).ok()),
        })
    }

    /// Of the kind exception, or of an object that can be nothing but an exception map.
    pub(crate) fn of_exception(value: &Value) -> Option<Self> {
        match value.kind() {
            Kind::Exception => Self::of(value),
            Kind::Object if forms::is_exception(value) => {
                Self::of(value).filter(|parts| parts.args.is_some())
            }
            _ => None,
        }
    }

    /// The module; `exceptions` is Python 2's name of `builtins`, and where none was stored it is that.
    pub(crate) fn home(&self) -> &str {
        match self.module.as_deref() {
            None | Some("" | "exceptions") => "builtins",
            Some(module) => module,
        }
    }

    /// What `str` of the exception shows.
    pub(crate) fn text(&self) -> String {
        match self.shown() {
            Shown::Text(text) => text,
            Shown::StrOf(value) => value.python_str(),
        }
    }

    /// How many of its arguments the exception keeps in `args`: an `OSError` takes the names of
    /// files out.
    pub(super) fn kept_arguments(&self) -> usize {
        let list = self.args.as_ref().and_then(Arguments::of).filter(|_| matches!(self.way(), Way::Os));
        if list.is_some_and(|list| list.file(&self.class).is_some()) { 2 } else { usize::MAX }
    }

    fn shown(&self) -> Shown {
        let Some(args) = &self.args else { return Shown::Text(String::new()) };
        let way = self.way();
        let one = |arg: Value| match way {
            // A KeyError shows what its key looks like in the source.
            Way::Key => Shown::Text(arg.python_repr()),
            _ => Shown::StrOf(arg),
        };
        let Some(list) = Arguments::of(args) else { return one(args.clone()) };
        let own = match way {
            Way::Os => list.os_error(self),
            Way::Decode => list.decode_error(),
            Way::Encode => list.encode_error(),
            Way::Translate => list.translate_error(),
            Way::Group => list.group(),
            Way::Syntax => list.syntax_error(),
            Way::Json => list.json_error(),
            Way::Named => Some(format!("{}{}", self.class, list.tuple())),
            Way::Arguments | Way::Key => None,
        };
        match (own, list.count, list.at(0)) {
            (Some(own), ..) => Shown::Text(own),
            (None, 0, _) => Shown::Text(String::new()),
            (None, 1, Some(arg)) => one(arg),
            _ => Shown::Text(list.tuple()),
        }
    }

    fn way(&self) -> Way {
        match (self.home(), self.class.as_str()) {
            ("builtins", "KeyError") | ("celery.exceptions", "NotRegistered" | "QueueNotFound") => Way::Key,
            ("builtins", class) if OS_ERRORS.contains(&class) => Way::Os,
            ("socket", "gaierror" | "herror") => Way::Os,
            ("builtins", "UnicodeDecodeError") => Way::Decode,
            ("builtins", "UnicodeEncodeError") => Way::Encode,
            ("builtins", "UnicodeTranslateError") => Way::Translate,
            ("builtins" | "exceptiongroup", "ExceptionGroup" | "BaseExceptionGroup") => Way::Group,
            ("builtins", "SyntaxError" | "IndentationError" | "TabError") => Way::Syntax,
            ("json.decoder", "JSONDecodeError") => Way::Json,
            ("billiard.exceptions", "SoftTimeLimitExceeded" | "TimeLimitExceeded") => Way::Named,
            _ => Way::Arguments,
        }
    }
}

impl Value {
    /// What Python's `str` shows for the kind exception. An exception whose only argument is one
    /// shows that one's.
    pub(super) fn exception_str(&self) -> String {
        let mut value = self.clone();
        loop {
            match Parts::of(&value).map(|parts| parts.shown()) {
                Some(Shown::Text(text)) => return text,
                Some(Shown::StrOf(arg)) if arg.kind() == Kind::Exception => value = arg,
                Some(Shown::StrOf(arg)) => return arg.python_str(),
                None => return String::new(),
            }
        }
    }
}

/// The arguments of an exception.
struct Arguments<'a> {
    list: &'a Value,
    count: usize,
}

impl<'a> Arguments<'a> {
    fn of(list: &'a Value) -> Option<Self> {
        if list.kind() != Kind::Array {
            return None;
        }
        Some(Self { list, count: list.len().ok()? })
    }

    fn at(&self, index: usize) -> Option<Value> {
        self.list.get(index).ok()
    }

    fn text(&self, index: usize) -> Option<String> {
        self.at(index).filter(|arg| arg.kind() == Kind::String).map(|arg| arg.python_str())
    }

    fn number(&self, index: usize) -> Option<i64> {
        self.at(index)?.as_i64().ok()
    }

    /// The `repr` of the tuple that they were.
    fn tuple(&self) -> String {
        let list = self.list.python_repr();
        let comma = if self.count == 1 { "," } else { "" };
        format!("({}{comma})", list.get(1..list.len().saturating_sub(1)).unwrap_or_default())
    }

    /// `[Errno 2] No such file: 'name' -> 'other name'`
    fn os_error(&self, parts: &Parts) -> Option<String> {
        if !(2..=5).contains(&self.count) {
            return None;
        }
        let mut shown = format!("[Errno {}] {}", plain(&self.at(0)?), plain(&self.at(1)?));
        let [file, other] = parts.files.clone();
        if let Some(name) = self.file(&parts.class).or(file).filter(|name| !name.is_null()) {
            shown.push_str(": ");
            shown.push_str(&name.python_repr());
            if let Some(other) = self.at(4).or(other).filter(|other| !other.is_null()) {
                shown.push_str(" -> ");
                shown.push_str(&other.python_repr());
            }
        }
        Some(shown)
    }

    /// The file of an `OSError`: its name or descriptor. A number in a `BlockingIOError` is how much
    /// was written.
    fn file(&self, class: &str) -> Option<Value> {
        let file = self.at(2).filter(|file| (3..=5).contains(&self.count) && !file.is_null())?;
        let written = class == "BlockingIOError" && matches!(file.kind(), Kind::Int | Kind::Float);
        (!written).then_some(file)
    }

    fn decode_error(&self) -> Option<String> {
        let (encoding, reason) = (self.text(0)?, self.text(4)?);
        let data = self.at(1).filter(|data| data.kind() == Kind::Bytes)?;
        let (start, end) = (self.number(2)?, self.number(3)?);
        let byte = usize::try_from(start).ok().and_then(|at| data.as_bytes().ok()?.get(at).copied());
        let what = match byte.filter(|_| start.checked_add(1) == Some(end)) {
            Some(byte) => format!("byte 0x{byte:02x} in position {start}"),
            None => format!("bytes in position {start}-{}", end.saturating_sub(1)),
        };
        Some(format!("'{encoding}' codec can't decode {what}: {reason}"))
    }

    fn encode_error(&self) -> Option<String> {
        let (encoding, what) = (self.text(0)?, self.characters(1)?);
        Some(format!("'{encoding}' codec can't encode {what}: {}", self.text(4)?))
    }

    fn translate_error(&self) -> Option<String> {
        Some(format!("can't translate {}: {}", self.characters(0)?, self.text(3)?))
    }

    /// The characters that a codec stumbled over: the text, where they start and where they end.
    fn characters(&self, index: usize) -> Option<String> {
        let text = self.at(index).filter(|text| text.kind() == Kind::String)?;
        let (start, end) = (self.number(index + 1)?, self.number(index + 2)?);
        let point = usize::try_from(start).ok().and_then(|at| code_points(&wtf8(text.bytes())).nth(at));
        Some(match point.filter(|_| start.checked_add(1) == Some(end)) {
            Some(point @ 0..=0xFF) => format!("character '\\x{point:02x}' in position {start}"),
            Some(point @ 0x100..=0xFFFF) => format!("character '\\u{point:04x}' in position {start}"),
            Some(point) => format!("character '\\U{point:08x}' in position {start}"),
            None => format!("characters in position {start}-{}", end.saturating_sub(1)),
        })
    }

    /// `message (2 sub-exceptions)`; serializers other than pickle store the list as a text.
    fn group(&self) -> Option<String> {
        let members = self.at(1).filter(|members| members.kind() == Kind::Array && self.count == 2)?;
        let count = members.len().ok()?;
        let plural = if count == 1 { "" } else { "s" };
        Some(format!("{} ({count} sub-exception{plural})", self.text(0)?))
    }

    /// `message: line 1 column 2 (char 1)`, of message, document and place.
    fn json_error(&self) -> Option<String> {
        let document = self.at(1).filter(|document| document.kind() == Kind::String && self.count == 3)?;
        let place = usize::try_from(self.number(2)?).ok()?;
        let (mut line, mut column) = (1_usize, 1_usize);
        for point in code_points(&wtf8(document.bytes())).take(place) {
            (line, column) = if point == u32::from('\n') { (line + 1, 1) } else { (line, column + 1) };
        }
        Some(format!("{}: line {line} column {column} (char {place})", self.text(0)?))
    }

    /// `message (file.py, line 1)`
    fn syntax_error(&self) -> Option<String> {
        let details = self.at(1).filter(|_| self.count == 2)?;
        let details = Arguments::of(&details).filter(|details| details.count >= 4)?;
        let message = plain(&self.at(0)?);
        let file = details.text(0).map(|path| path.rsplit('/').next().unwrap_or_default().to_owned());
        Some(match (file, details.number(1)) {
            (Some(file), Some(line)) => format!("{message} ({file}, line {line})"),
            (Some(file), None) => format!("{message} ({file})"),
            (None, Some(line)) => format!("{message} (line {line})"),
            (None, None) => message,
        })
    }
}
