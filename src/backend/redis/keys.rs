//! How Celery spells the keys of its records in Redis. The channel on which a record is published
//! has the name of its key.

use crate::{model::Key, transport::redis::Name};

const TASK: &str = "celery-task-meta-";
const GROUP: &str = "celery-taskset-meta-";

/// Spells keys with the app's prefix.
pub(super) struct Keys {
    task: String,
    group: String,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { task: format!("{prefix}{TASK}"), group: format!("{prefix}{GROUP}") }
    }

    /// The key and channel of a task, in two parts.
    pub(super) fn channel<'a>(&'a self, id: &'a str) -> Name<'a> {
        [self.task.as_bytes(), id.as_bytes()]
    }

    /// A key in two parts.
    pub(super) fn parts<'a>(&'a self, key: &'a Key) -> Name<'a> {
        match key {
            Key::Task(id) => self.channel(id),
            Key::Group(id) => [self.group.as_bytes(), id.as_bytes()],
        }
    }

    pub(super) fn of(&self, key: &Key) -> Vec<u8> {
        self.parts(key).concat()
    }

    /// The task whose channel this is, if it is one of this app.
    pub(super) fn task_of<'a>(&self, channel: &'a [u8]) -> Option<&'a str> {
        std::str::from_utf8(channel.strip_prefix(self.task.as_bytes())?).ok()
    }

    /// The pattern of all channels, as an access rule spells it.
    pub(super) fn channel_rule(&self) -> String {
        format!("&{}*", self.task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spelled_as_celery_does() {
        let keys = Keys::new("app_");
        assert_eq!(keys.of(&Key::Task("x".into())), b"app_celery-task-meta-x");
        assert_eq!(keys.of(&Key::Group("x".into())), b"app_celery-taskset-meta-x");
        assert_eq!(keys.task_of(b"app_celery-task-meta-x"), Some("x"));
        assert_eq!(keys.task_of(b"celery-task-meta-x"), None);
        assert_eq!(keys.task_of(b"app_celery-task-meta-\xff"), None);
        assert_eq!(keys.channel_rule(), "&app_celery-task-meta-*");
    }
}
