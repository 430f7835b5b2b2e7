//! When Celery calls two results equal: tasks by their id, run at once or not; sets by their
//! members; groups by id, members and parent. A set and a group are equal by their members alone,
//! so that equality is not transitive, and none of these is `Eq`.

use super::{GroupResult, ResultBase, ResultSet};
use std::{collections::HashMap, sync::Arc};

impl PartialEq for ResultBase {
    fn eq(&self, other: &Self) -> bool {
        Comparison::default().run(self, other)
    }
}

/// Equal are sets with the same members in the same order, as in Celery.
impl PartialEq for ResultSet {
    fn eq(&self, other: &Self) -> bool {
        ResultBase::Set(self.clone()) == ResultBase::Set(other.clone())
    }
}

/// Equal are groups with the same id, members and parent, as in Celery.
impl PartialEq for GroupResult {
    fn eq(&self, other: &Self) -> bool {
        ResultBase::Group(self.clone()) == ResultBase::Group(other.clone())
    }
}

/// A comparison under way: with a stack of its own, as parents and members can go deep, and each
/// pair of sets only once, as the same ones can come again and again.
#[derive(Default)]
struct Comparison {
    open: Vec<Lists>,
    /// Whose lists have been opened; held, so that an address stays theirs.
    seen: HashMap<(usize, usize, bool), (ResultBase, ResultBase)>,
}

/// Two lists of equal length, equal up to a position.
struct Lists {
    one: Arc<Vec<ResultBase>>,
    other: Arc<Vec<ResultBase>>,
    at: usize,
}

impl Comparison {
    fn run(mut self, one: &ResultBase, other: &ResultBase) -> bool {
        if !self.may_be_equal(one, other) {
            return false;
        }
        while let Some(lists) = self.open.last_mut() {
            let pair = lists.one.get(lists.at).cloned().zip(lists.other.get(lists.at).cloned());
            lists.at += 1;
            match pair {
                Some((one, other)) if !self.may_be_equal(&one, &other) => return false,
                Some(_) => {}
                None => drop(self.open.pop()),
            }
        }
        true
    }

    /// Whether the two are equal as far as one look goes; what is left to compare is opened.
    fn may_be_equal(&mut self, one: &ResultBase, other: &ResultBase) -> bool {
        let (Some(set), Some(other_set)) = (one.nested_set(), other.nested_set()) else {
            return !one.is_set() && !other.is_set() && one.id() == other.id();
        };
        let groups = match (one, other) {
            (ResultBase::Group(one), ResultBase::Group(other)) => Some((one, other)),
            _ => None,
        };
        let parents = groups.map(|(one, other)| (one.parent(), other.parent()));
        if groups.is_some_and(|(one, other)| one.id() != other.id()) {
            return false;
        }
        if set.is_same(other_set) {
            // Either the same group, or one whose set was taken out of it.
            return true;
        }
        let pair = (set.address(), other_set.address(), groups.is_some());
        if self.seen.insert(pair, (one.clone(), other.clone())).is_some() {
            return true;
        }
        match parents {
            Some((Some(one), Some(other))) => {
                let alone = |result: &ResultBase| Arc::new(vec![result.clone()]);
                self.open.push(Lists { one: alone(one), other: alone(other), at: 0 });
            }
            Some((None, Some(_)) | (Some(_), None)) => return false,
            Some((None, None)) | None => {}
        }
        let (one, other) = (set.members(), other_set.members());
        let same_length = one.len() == other.len();
        self.open.push(Lists { one, other, at: 0 });
        same_length
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{AsyncResult, EagerResult};
    use super::*;
    use crate::{
        app::App,
        config::Options,
        model::{Record, State},
        sys::Log,
    };

    fn app() -> App {
        App::open("memory://", &Options::new(), Log::default()).unwrap()
    }

    fn task(app: &App, id: &str) -> ResultBase {
        ResultBase::Async(AsyncResult::new(app, id).unwrap())
    }

    fn set(app: &App, members: Vec<ResultBase>) -> ResultBase {
        ResultBase::Set(ResultSet::new(app, members).unwrap())
    }

    fn group(app: &App, id: &str, members: Vec<ResultBase>, parent: Option<ResultBase>) -> ResultBase {
        ResultBase::Group(GroupResult::new(app, id, members, parent).unwrap())
    }

    #[test]
    fn as_celery_compares() {
        let app = &app();
        let eager = |id: &str| ResultBase::Eager(EagerResult::new(&Record::new(id, State::Success)).unwrap());
        let (a, b) = (|| task(app, "a"), || task(app, "b"));
        for (one, other, equal) in [
            (a(), a(), true),
            (a(), b(), false),
            (a(), eager("a"), true),
            (eager("a"), a(), true),
            (a(), group(app, "a", vec![], None), false),
            (a(), set(app, vec![a()]), false),
            (set(app, vec![a(), b()]), set(app, vec![a(), b()]), true),
            (set(app, vec![a(), b()]), set(app, vec![b(), a()]), false),
            (set(app, vec![a(), b()]), set(app, vec![a()]), false),
            (set(app, vec![a()]), group(app, "g", vec![a()], None), true),
            (group(app, "g", vec![a()], Some(b())), set(app, vec![a()]), true),
            (group(app, "g", vec![a()], None), group(app, "g", vec![a()], None), true),
            (group(app, "g", vec![a()], None), group(app, "h", vec![a()], None), false),
            (group(app, "g", vec![a()], None), group(app, "g", vec![b()], None), false),
            (group(app, "g", vec![a()], Some(b())), group(app, "g", vec![a()], None), false),
            (group(app, "g", vec![a()], Some(b())), group(app, "g", vec![a()], Some(b())), true),
            (group(app, "g", vec![a()], Some(b())), group(app, "g", vec![a()], Some(a())), false),
            (set(app, vec![set(app, vec![a()])]), set(app, vec![set(app, vec![a()])]), true),
            (set(app, vec![set(app, vec![a()])]), set(app, vec![set(app, vec![b()])]), false),
        ] {
            assert_eq!(one == other, equal, "{one:?} {other:?}");
        }
    }

    #[test]
    fn long_and_tangled_ones_take_no_longer() {
        let app = &app();
        let chain = || {
            let mut last = group(app, "g", vec![], None);
            for _ in 0..100_000 {
                last = group(app, "g", vec![], Some(last));
            }
            last
        };
        assert!(chain() == chain());
        let tangle = |end: &str| {
            let mut last = set(app, vec![task(app, end)]);
            for _ in 0..100 {
                last = set(app, vec![last.clone(), last]);
            }
            last
        };
        assert!(tangle("a") == tangle("a"));
        assert!(tangle("a") != tangle("b"));
    }
}
