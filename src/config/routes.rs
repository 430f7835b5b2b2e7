//! Celery's `task_routes` in the forms that are no Python code: which options a task is sent with because of its
//! name. What the options mean is not known here; they are checked when a task is sent.

use super::grammar;
use serde_json::{Value, json};

/// Where tasks go by their names, as `celery.app.routes.Router` finds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    tables: Vec<Table>,
}

/// `MapRoute`: names first, then patterns in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Table {
    /// With the options, a JSON object.
    names: Vec<(String, String)>,
    patterns: Vec<(String, String)>,
}

impl Routes {
    /// The options that a task of this name is sent with where the call does not say otherwise: a JSON object of
    /// arguments of `send_task`.
    #[must_use]
    pub fn of(&self, task: &str) -> Option<&str> {
        self.tables.iter().find_map(|table| table.of(task))
    }

    /// Reads the option's text; `None` where it has none of the forms.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if grammar::is_null(text) {
            return Some(Self::default());
        }
        let tables = match serde_json::from_str(text).ok()? {
            Value::Object(_) => vec![Table::read(text)?],
            Value::Array(_) => members(text).into_iter().map(Table::read).collect::<Option<_>>()?,
            _ => return None,
        };
        Some(Self { tables })
    }
}

/// The members of a JSON array, or the names and values of an object one after the other, as they stand in a
/// text that is known to be right: the order is lost in [`serde_json::Map`], and it counts.
fn members(text: &str) -> Vec<&str> {
    let between = |c: char| c.is_ascii_whitespace() || matches!(c, ',' | ':');
    let text = text.trim();
    let mut rest = text.get(1..text.len().saturating_sub(1)).unwrap_or_default().trim_start_matches(between);
    let mut members = Vec::new();
    while !rest.is_empty() {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        if !matches!(values.next(), Some(Ok(_))) {
            break;
        }
        let Some((member, behind)) = rest.split_at_checked(values.byte_offset()) else { break };
        members.push(member);
        rest = behind.trim_start_matches(between);
    }
    members
}

impl Table {
    /// Reads an object, or an array of pairs.
    fn read(text: &str) -> Option<Self> {
        let mut table = Self::default();
        match serde_json::from_str(text).ok()? {
            Value::Object(_) => {
                for pair in members(text).chunks(2) {
                    let [name, route] = pair else { return None };
                    table.add(serde_json::from_str(name).ok()?, serde_json::from_str(route).ok()?)?;
                }
            }
            Value::Array(pairs) => {
                for pair in pairs {
                    let Value::Array(pair) = pair else { return None };
                    let [Value::String(name), route] = <[Value; 2]>::try_from(pair).ok()? else {
                        return None;
                    };
                    table.add(name, route)?;
                }
            }
            _ => return None,
        }
        Some(table)
    }

    fn add(&mut self, name: String, route: Value) -> Option<()> {
        let options = match route {
            Value::String(queue) => json!({"queue": queue}),
            Value::Object(_) => route,
            _ => return None,
        };
        let entries = if name.contains('*') { &mut self.patterns } else { &mut self.names };
        entries.push((name, options.to_string()));
        Some(())
    }

    fn of(&self, task: &str) -> Option<&str> {
        // Of two equal names Python's dict keeps the last.
        let name = self.names.iter().rev().find(|(name, _)| name == task);
        let found = name.or_else(|| self.patterns.iter().find(|(pattern, _)| matches(pattern, task)));
        found.map(|(_, options)| options.as_str())
    }
}

/// What one place of a pattern stands for.
enum Place {
    /// `*`
    Any,
    /// `?`
    One,
    /// A character as it is.
    Exactly(char),
    /// `[a-z]`, or `[!a-z]`.
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl Place {
    fn takes(&self, found: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Exactly(wanted) => *wanted == found,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&found)) != *negated
            }
        }
    }
}

/// Python's `fnmatch`, in time of the lengths multiplied at most.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = places(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read) = (0, 0);
    // Where to go on if it does not fit: behind the last `*`, which then takes one character more.
    let mut again: Option<(usize, usize)> = None;
    while let Some(found) = text.get(read) {
        match pattern.get(at) {
            Some(Place::Any) => {
                at += 1;
                again = Some((at, read));
            }
            Some(place) if place.takes(*found) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((behind, taken)) = again else { return false };
                again = Some((behind, taken + 1));
                (at, read) = (behind, taken + 1);
            }
        }
    }
    pattern.iter().skip(at).all(|place| matches!(place, Place::Any))
}

fn places(pattern: &str) -> Vec<Place> {
    let mut places = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
        places.push(match first {
            '*' => Place::Any,
            '?' => Place::One,
            '[' => match set(rest) {
                Some((set, behind)) => {
                    rest = behind;
                    set
                }
                None => Place::Exactly('['),
            },
            other => Place::Exactly(other),
        });
    }
    places
}

/// What stands behind `[`; `None` where no `]` ends it. A `]` in the first place ends nothing.
fn set(rest: &str) -> Option<(Place, &str)> {
    let (negated, rest) = rest.strip_prefix('!').map_or((false, rest), |rest| (true, rest));
    let first = rest.chars().next()?.len_utf8();
    let end = first + rest.get(first..)?.find(']')?;
    let members: Vec<char> = rest.get(..end)?.chars().collect();
    let mut ranges = Vec::new();
    let mut members = members.as_slice();
    loop {
        members = match members {
            [from, '-', to, behind @ ..] => {
                ranges.push((*from, *to));
                behind
            }
            [one, behind @ ..] => {
                ranges.push((*one, *one));
                behind
            }
            [] => break,
        };
    }
    Some((Place::Set { negated, ranges }, rest.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn route(routes: &str, task: &str) -> Option<String> {
        Routes::parse(routes).unwrap().of(task).map(str::to_owned)
    }

    #[test]
    fn a_name_goes_before_patterns_and_patterns_by_order() {
        let routes =
            r#"{"feed.*": "feeds", "*": {"queue": "rest", "priority": 3}, "feed.now": {"queue": "now"}}"#;
        assert_eq!(route(routes, "feed.now").as_deref(), Some(r#"{"queue":"now"}"#));
        assert_eq!(route(routes, "feed.later").as_deref(), Some(r#"{"queue":"feeds"}"#));
        assert!(route(routes, "other").unwrap().contains(r#""queue":"rest""#));
    }

    #[test]
    fn all_of_celerys_forms() {
        for (routes, expected) in [
            ("null", None),
            ("{}", None),
            ("[]", None),
            (r#"{"a.b": "q"}"#, Some(r#"{"queue":"q"}"#)),
            (r#"[{"x": "p"}, {"a.b": "q"}]"#, Some(r#"{"queue":"q"}"#)),
            (r#"[[["a.*", {"queue": "q"}], ["a.b*", "p"]]]"#, Some(r#"{"queue":"q"}"#)),
            (r#"[{"a.*": "p"}, {"a.b": "q"}]"#, Some(r#"{"queue":"p"}"#)),
            (r#"{"a.b": {}}"#, Some("{}")),
        ] {
            assert_eq!(route(routes, "a.b").as_deref(), expected, "{routes}");
        }
        for wrong in
            ["\"my.Router\"", "[\"my.Router\"]", "{\"a\": 1}", "[[[\"a\"]]]", "[[[1, \"q\"]]]", "{", "1"]
        {
            assert_eq!(Routes::parse(wrong), None, "{wrong}");
        }
    }

    /// Expected values are those of `fnmatch.fnmatchcase` in Python 3.11.
    #[test]
    fn patterns_match_as_in_python() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*", "a\nb", true),
            ("a*c", "abcbc", true),
            ("a*c", "abcb", false),
            ("*.b.*", "a.b.c", true),
            ("a?c*", "abc", true),
            ("a?c*", "ac", false),
            ("[ab]*", "bx", true),
            ("[!ab]*", "bx", false),
            ("[!ab]*", "cx", true),
            ("[a-c]*", "b", true),
            ("[a-c]*", "-", false),
            ("[a-]*", "-", true),
            ("[]]*", "]", true),
            ("[*", "[x", true),
            ("[]*", "[]x", true),
            ("é?*", "éé", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        let many = "*a".repeat(1_000);
        assert!(!matches(&(many + "b"), &"a".repeat(10_000)));
    }
}
