//! The names that kombu's Redis transport gives to things: lists of queues and priorities, channels of
//! broadcasts, sets of bindings, and what stands in them.

use crate::config::BrokerSettings;

/// The highest priority that this transport knows.
const HIGHEST: u8 = 9;

/// The names under one broker's settings.
pub(super) struct Names {
    prefix: String,
    fanout_prefix: String,
    separator: String,
    steps: Vec<u8>,
}

impl Names {
    pub(super) fn new(settings: &BrokerSettings, prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            fanout_prefix: settings.fanout_prefix.clone(),
            separator: settings.separator.clone(),
            steps: settings.priority_steps.clone(),
        }
    }

    /// The list of a queue that messages of this priority go into.
    pub(super) fn list(&self, queue: &str, priority: u8) -> Vec<u8> {
        let priority = priority.min(HIGHEST);
        // Below the first step Python's index wraps around to the last.
        let step = self.steps.iter().rev().find(|step| **step <= priority).or(self.steps.last());
        self.list_of_step(queue, step.copied().unwrap_or_default())
    }

    fn list_of_step(&self, queue: &str, step: u8) -> Vec<u8> {
        let Self { prefix, separator, .. } = self;
        match step {
            0 => format!("{prefix}{queue}").into_bytes(),
            _ => format!("{prefix}{queue}{separator}{step}").into_bytes(),
        }
    }

    /// All lists of a queue, that of priority 0 first.
    pub(super) fn lists(&self, queue: &str) -> Vec<Vec<u8>> {
        let mut lists = vec![self.list(queue, 0)];
        for step in &self.steps {
            let list = self.list_of_step(queue, *step);
            if !lists.contains(&list) {
                lists.push(list);
            }
        }
        lists
    }

    /// The channel of a fanout exchange.
    pub(super) fn channel(&self, exchange: &str) -> Vec<u8> {
        format!("{}{}{exchange}", self.prefix, self.fanout_prefix).into_bytes()
    }

    /// The set of what is bound to an exchange.
    pub(super) fn bindings(&self, exchange: &str) -> Vec<u8> {
        format!("{}_kombu.binding.{exchange}", self.prefix).into_bytes()
    }

    /// The set of those of them that stay when an exchange is not used for long.
    pub(super) fn permanent_bindings(&self, exchange: &str) -> Vec<u8> {
        format!("{}_kombu.binding_permanent.{exchange}", self.prefix).into_bytes()
    }

    /// The sorted set that says until when bindings that do not stay are used.
    pub(super) fn deadlines(&self) -> Vec<u8> {
        format!("{}_kombu.binding_deadlines", self.prefix).into_bytes()
    }

    /// What stands in a set of bindings for a queue.
    pub(super) fn binding(&self, routing_key: &str, queue: &str) -> Vec<u8> {
        let Self { separator, .. } = self;
        format!("{routing_key}{separator}{separator}{queue}").into_bytes()
    }

    /// The same for a queue that is bound to a topic exchange. Without the pattern such a queue would get all
    /// that others send through the exchange.
    pub(super) fn topic_binding(&self, topic: &str, queue: &str) -> Vec<u8> {
        let Self { separator, .. } = self;
        format!("{topic}{separator}{}{separator}{queue}", pattern(topic)).into_bytes()
    }

    /// The queue of a binding, where the routing key is the one that it is bound with: the same text, or
    /// for a topic exchange a pattern of words.
    pub(super) fn bound(&self, binding: &[u8], routing_key: &str) -> Option<String> {
        let binding = std::str::from_utf8(binding).ok()?;
        let mut parts = binding.splitn(3, self.separator.as_str());
        let (key, pattern, queue) = (parts.next()?, parts.next()?, parts.next()?);
        let matches = if pattern.is_empty() { key == routing_key } else { is_topic(key, routing_key) };
        matches.then(|| queue.to_owned())
    }
}

/// Whether a routing key belongs to a topic as kombu has it, which is not quite AMQP's way: `*` is a word of at
/// least one character, `#` is any text, and the dots on both sides of it stay. Linear in both.
fn is_topic(topic: &str, routing_key: &str) -> bool {
    let key = routing_key.as_bytes();
    // How much of the key the parts so far may have used up.
    let mut reached = vec![false; key.len() + 1];
    if let Some(none) = reached.first_mut() {
        *none = true;
    }
    for (index, word) in topic.split('.').enumerate() {
        if index > 0 {
            reached = behind(&reached, key, b".");
        }
        reached = match word {
            "#" => behind_anything(&reached),
            "*" => behind_a_word(&reached, key),
            word => behind(&reached, key, word.as_bytes()),
        };
    }
    reached.last() == Some(&true)
}

fn behind(reached: &[bool], key: &[u8], part: &[u8]) -> Vec<bool> {
    let ends = |end: usize| {
        let start = end.checked_sub(part.len())?;
        Some(*reached.get(start)? && key.get(start..end)? == part)
    };
    (0..=key.len()).map(|end| ends(end).unwrap_or(false)).collect()
}

fn behind_anything(reached: &[bool]) -> Vec<bool> {
    let mut any = false;
    let seen = |reached: &bool| {
        any |= *reached;
        any
    };
    reached.iter().map(seen).collect()
}

fn behind_a_word(reached: &[bool], key: &[u8]) -> Vec<bool> {
    let mut inside = false;
    let ends = |(byte, reached): (&u8, &bool)| {
        inside = (inside || *reached) && *byte != b'.';
        inside
    };
    std::iter::once(false).chain(key.iter().zip(reached).map(ends)).collect()
}

/// The regular expression that kombu writes down for a topic: `key_to_pattern`.
fn pattern(topic: &str) -> String {
    let word = |word: &str| match word {
        "#" => ".*?".to_owned(),
        "*" => r"[^\.]+".to_owned(),
        word => word.chars().fold(String::new(), |mut escaped, c| {
            match c {
                '\0' => escaped.push_str(r"\000"),
                '#' | '*' => escaped.push(c),
                c if c.is_alphanumeric() => escaped.push(c),
                c => escaped.extend(['\\', c]),
            }
            escaped
        }),
    };
    format!("^{}$", topic.split('.').map(word).collect::<Vec<_>>().join(r"\."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(steps: &[u8]) -> Names {
        Names {
            prefix: "p:".to_owned(),
            fanout_prefix: "/2.".to_owned(),
            separator: "\x06\x16".to_owned(),
            steps: steps.to_vec(),
        }
    }

    #[test]
    fn priorities_have_lists_of_their_own() {
        let list =
            |steps: &[u8], priority| String::from_utf8(names(steps).list("q", priority)).unwrap_or_default();
        for (priority, expected) in
            [(0, "p:q"), (2, "p:q"), (3, "p:q\x06\x163"), (8, "p:q\x06\x166"), (255, "p:q\x06\x169")]
        {
            assert_eq!(list(&[0, 3, 6, 9], priority), expected);
        }
        assert_eq!(list(&[5], 1), "p:q\x06\x165");
        assert_eq!(list(&[], 4), "p:q");
        let lists = |steps: &[u8]| names(steps).lists("q");
        assert_eq!(lists(&[0, 3]), [&b"p:q"[..], b"p:q\x06\x163"]);
        assert_eq!(
            lists(&[5, 8]),
            [b"p:q\x06\x168", b"p:q\x06\x165"],
            "where answers go, which have priority 0"
        );
        assert_eq!(lists(&[]), [b"p:q"]);
    }

    #[test]
    fn bindings_name_the_queues_of_a_routing_key() {
        let names = names(&[0]);
        assert_eq!(names.binding("key", "q"), b"key\x06\x16\x06\x16q");
        let bound = |binding: &str, key: &str| names.bound(binding.replace('|', "\x06\x16").as_bytes(), key);
        assert_eq!(bound("key||q", "key").as_deref(), Some("q"));
        assert_eq!(bound("key||q", "other"), None);
        assert_eq!(bound("garbage", "garbage"), None);
        for (topic, key, expected) in [
            ("a.*", "a.b", true),
            ("a.*", "a.b.c", false),
            ("a.*", "a.", false),
            ("a.#", "a", false),
            ("a.#", "a.", true),
            ("a.#", "a.b.c", true),
            ("#.c", "a.b.c", true),
            ("#.c", "c", false),
            ("a.#.c", "a.c", false),
            ("a.#.c", "a..c", true),
            ("#", "", true),
            ("ż.*.ó", "ż.łł.ó", true),
            ("a.b", "a.b", true),
            ("a.b", "a.c", false),
            ("*.*", "a", false),
        ] {
            assert_eq!(bound(&format!("{topic}|^x$|q"), key).is_some(), expected, "{topic} {key}");
        }
    }

    /// As kombu 5.7 writes them.
    #[test]
    fn topics_are_bound_with_their_pattern() {
        for (topic, expected) in [
            ("task.default", r"^task\.default$"),
            ("a.*.#", r"^a\.[^\.]+\..*?$"),
            ("#", "^.*?$"),
            ("a_b-c d.ż*", r"^a\_b\-c\ d\.ż*$"),
            ("a\0", r"^a\000$"),
            ("", "^$"),
        ] {
            assert_eq!(pattern(topic), expected);
        }
        let binding = names(&[0]).topic_binding("a.#", "q");
        assert_eq!(binding, b"a.#\x06\x16^a\\..*?$\x06\x16q");
        assert_eq!(names(&[0]).bound(&binding, "a.b").as_deref(), Some("q"));
    }

    #[test]
    fn channels_and_keys_bear_the_prefix() {
        let names = names(&[0]);
        assert_eq!(names.channel("celery.pidbox"), b"p:/2.celery.pidbox");
        assert_eq!(names.bindings("celery"), b"p:_kombu.binding.celery");
    }
}
