//! Walking what `get` of a set or group returned: its elements are the members' own outcomes, so
//! that a value that is an exception keeps its exception.

use super::Outcome;
use crate::model::{Result, Value, value};
use std::sync::Arc;

impl Outcome {
    /// A value that is no exception, and no set's.
    pub fn plain(value: Value) -> Self {
        Self { value, exception: None, members: None }
    }

    /// The element of an array, or the value of the member at this place of an object.
    pub fn element(&self, index: usize) -> Result<Self> {
        let value = self.value.get(index)?;
        Ok(self.member(index).cloned().unwrap_or_else(|| Self::plain(value)))
    }

    /// What a JSON Pointer (RFC 6901) names.
    pub fn pointer(&self, pointer: &str) -> Result<Self> {
        let value = self.value.pointer(pointer)?;
        let mut member = Some(self);
        for token in pointer.split('/').skip(1) {
            member = member.and_then(|outcome| outcome.member(token.parse().ok()?));
        }
        Ok(member.cloned().unwrap_or_else(|| Self::plain(value)))
    }

    /// The elements of an array, or the members of an object with their keys, in stored order.
    #[allow(clippy::iter_not_returning_iterator)] // a scalar has no elements: that is an error
    pub fn iter(&self) -> Result<OutcomeIter> {
        Ok(OutcomeIter { values: self.value.iter()?, members: self.members.clone(), next: 0 })
    }

    fn member(&self, index: usize) -> Option<&Self> {
        self.members.as_ref()?.get(index)
    }
}

/// Walks the elements of an outcome. Owns what it walks.
#[derive(Clone)]
pub struct OutcomeIter {
    values: value::Iter,
    members: Option<Arc<[Outcome]>>,
    next: usize,
}

impl Iterator for OutcomeIter {
    /// The key (a text value) of an object's member, and what is there.
    type Item = (Option<Value>, Outcome);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.values.next()?;
        let member = self.members.as_ref().and_then(|members| members.get(self.next)).cloned();
        self.next = self.next.saturating_add(1);
        Some((key, member.unwrap_or_else(|| Outcome::plain(value))))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::{
        codec::{Codec, Limits},
        model::{RemoteException, Status},
    };

    fn value(json: &str) -> Value {
        Codec::new(Limits { payload: 1000, depth: 10, ..Limits::default() }).value(json).unwrap()
    }

    fn failure(message: &str) -> Outcome {
        let exception = RemoteException {
            class: "ValueError".into(),
            module: None,
            message: message.into(),
            args: None,
            traceback: None,
            degraded: false,
        };
        Outcome { exception: Some(Arc::new(exception)), ..Outcome::plain(value("{\"exc_type\": 0}")) }
    }

    /// `[1, FAILURE, [FAILURE, {"a": [2]}]]`, as of a set with a group in it.
    fn joined() -> Outcome {
        let inner: Arc<[Outcome]> = [failure("inner"), Outcome::plain(value("{\"a\": [2]}"))].into();
        let nested =
            Outcome { members: Some(inner), ..Outcome::plain(value("[{\"exc_type\": 0}, {\"a\": [2]}]")) };
        let members = [Outcome::plain(value("1")), failure("outer"), nested].into();
        Outcome {
            members: Some(members),
            ..Outcome::plain(value("[1, {\"exc_type\": 0}, [{\"exc_type\": 0}, {\"a\": [2]}]]"))
        }
    }

    fn message(outcome: &Outcome) -> Option<String> {
        outcome.exception.as_ref().map(|exception| exception.message.clone())
    }

    #[test]
    fn elements_keep_their_exception() {
        let joined = joined();
        assert_eq!(joined.element(0).unwrap().value.as_i64().unwrap(), 1);
        assert_eq!(message(&joined.element(0).unwrap()), None);
        assert_eq!(message(&joined.element(1).unwrap()).unwrap(), "outer");
        assert_eq!(message(&joined.element(2).unwrap().element(0).unwrap()).unwrap(), "inner");
        assert_eq!(joined.element(3).unwrap_err().status(), Status::NoSuchValue);
    }

    #[test]
    fn pointers_lead_to_members_and_into_their_values() {
        let joined = joined();
        assert_eq!(message(&joined.pointer("/1").unwrap()).unwrap(), "outer");
        assert_eq!(message(&joined.pointer("/2/0").unwrap()).unwrap(), "inner");
        assert_eq!(joined.pointer("/2/1/a/0").unwrap().value.as_i64().unwrap(), 2);
        assert_eq!(message(&joined.pointer("/1/exc_type").unwrap()), None);
        assert!(joined.pointer("").unwrap().members.is_some());
        assert!(joined.pointer("/2").unwrap().members.is_some());
        assert_eq!(joined.pointer("/2/7").unwrap_err().status(), Status::NoSuchValue);
        assert_eq!(joined.pointer("/+1").unwrap_err().status(), Status::NoSuchValue);
    }

    #[test]
    fn iteration_gives_members_and_then_plain_values() {
        let messages: Vec<_> = joined().iter().unwrap().map(|(_, outcome)| message(&outcome)).collect();
        assert_eq!(messages, [None, Some("outer".to_owned()), None]);
        let plain = Outcome::plain(value("{\"k\": 1}"));
        let (key, outcome) = plain.iter().unwrap().next().unwrap();
        assert_eq!((key.unwrap().json(), outcome.value.as_i64().unwrap()), ("\"k\"", 1));
        assert_eq!(Outcome::plain(value("1")).iter().err().unwrap().status(), Status::WrongType);
    }
}
