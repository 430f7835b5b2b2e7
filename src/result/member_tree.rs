//! The members that somebody waits for, as a tree: members, the members of sets among them and so
//! on down to tasks, each with what is known of it. Pure bookkeeping: who is asked and how one
//! waits is in [`super::gather`].

use super::{AsyncResult, ResultBase, ResultSet};
use crate::model::{Error, Id, Stored, TaskMeta};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// What is known of a task.
#[derive(Clone, Debug)]
pub(super) enum TaskEnd {
    /// Not that it has finished.
    Waiting,
    /// It has finished with this record, which nobody has decoded.
    Stored(Stored),
    /// It has finished.
    Finished(Arc<TaskMeta>),
    /// The handle alone tells: it was run at once, or its result is ignored.
    Local,
    /// It has finished, but its record gives nothing.
    Unreadable(Error),
    /// It cannot be waited for.
    Failed(Error),
    /// It is no longer a member.
    Gone,
}

/// A task to wait for.
pub(super) struct Leaf {
    pub(super) result: ResultBase,
    /// The position of the member that it is, or is part of; `None` for one that is no member.
    pub(super) top: Option<usize>,
    pub(super) end: TaskEnd,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    /// A task, by its place among the leaves.
    Leaf(usize),
    /// A set, by its place among the nodes.
    Node(usize),
    /// It was removed; its position stays, so that those of others do.
    Gone,
}

/// A member of the set that is waited for.
struct Top {
    /// What it is if it is a set; a task is among the leaves.
    set: Option<ResultBase>,
    /// How many of its tasks have not finished.
    missing: usize,
    ended: bool,
    gone: bool,
    /// Whether its end was told.
    told: bool,
}

/// Something has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A task; told before the member that it ends.
    Leaf(usize),
    /// The member at this position, for the first time.
    Top(usize),
}

/// A set.
#[derive(Default)]
struct Node {
    /// `None` at the root.
    set: Option<ResultSet>,
    /// The position of the member that it is, or is part of; `None` for the one at the root.
    top: Option<usize>,
    children: Vec<Child>,
    /// Where the members stand, once one was removed.
    places: Option<HashMap<Place, VecDeque<usize>>>,
    gone: bool,
}

/// What tells members apart.
#[derive(PartialEq, Eq, Hash)]
enum Place {
    Task(Id),
    Set(usize),
}

/// The tree.
pub(super) struct MemberTree {
    nodes: Vec<Node>,
    tops: Vec<Top>,
    leaves: Vec<Leaf>,
    steps: VecDeque<Step>,
    /// Members that have not ended.
    unfinished: usize,
}

/// Follows a set that is put into the tree at this place, and gives the members it has then.
pub(super) type Follow<'a> = &'a dyn Fn(&ResultSet, usize) -> Arc<Vec<ResultBase>>;

/// The set at the root.
pub(super) const ROOT: usize = 0;

impl MemberTree {
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![Node::default()],
            tops: Vec::new(),
            leaves: Vec::new(),
            steps: VecDeque::new(),
            unfinished: 0,
        }
    }

    /// So many members are about to come to the root.
    pub(super) fn reserve(&mut self, members: usize) {
        self.tops.reserve(members);
        self.leaves.reserve(members);
        if let Some(root) = self.nodes.first_mut() {
            root.children.reserve(members);
        }
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    pub(super) fn leaf(&self, leaf: usize) -> Option<&Leaf> {
        self.leaves.get(leaf)
    }

    /// How many positions there are; those of removed members count.
    pub(super) fn positions(&self) -> usize {
        self.tops.len()
    }

    /// The member at this position, unless it was removed.
    pub(super) fn member(&self, position: usize) -> Option<&ResultBase> {
        let top = self.tops.get(position).filter(|top| !top.gone)?;
        match (&top.set, self.child(position)) {
            (None, Child::Leaf(leaf)) => self.leaf(leaf).map(|leaf| &leaf.result),
            (set, _) => set.as_ref(),
        }
    }

    /// The members of a node in order.
    pub(super) fn children(&self, node: usize) -> &[Child] {
        self.nodes.get(node).map_or(&[], |node| &node.children)
    }

    /// What the member at this position is.
    pub(super) fn child(&self, position: usize) -> Child {
        self.children(ROOT).get(position).copied().unwrap_or(Child::Gone)
    }

    /// Whether the member at this position has ended, or was removed.
    pub(super) fn has_ended(&self, position: usize) -> bool {
        self.tops.get(position).is_none_or(|top| top.ended || top.gone)
    }

    /// Whether every member has ended.
    pub(super) fn is_complete(&self) -> bool {
        self.unfinished == 0
    }

    /// What has ended and was not told yet, in the order of the ends.
    pub(super) fn next_step(&mut self) -> Option<Step> {
        while let Some(step) = self.steps.pop_front() {
            match step {
                Step::Leaf(leaf) if self.is_waited_for(leaf) => return Some(step),
                Step::Top(position) => {
                    let Some(top) = self.tops.get_mut(position) else { continue };
                    if top.ended && !top.gone && !std::mem::replace(&mut top.told, true) {
                        return Some(step);
                    }
                }
                Step::Leaf(_) => {}
            }
        }
        None
    }

    /// Whether something may have ended that was not told yet.
    pub(super) fn has_steps(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Adds a task that is watched beside the members and delays no end.
    pub(super) fn add_companion(&mut self, result: AsyncResult) {
        self.leaves.push(Leaf { result: ResultBase::Async(result), top: None, end: TaskEnd::Waiting });
    }

    /// Appends a member to a node, with all that it consists of.
    pub(super) fn add(&mut self, node: usize, member: &ResultBase, follow: Follow<'_>) {
        let Some(parent) = self.nodes.get(node).filter(|node| !node.gone) else { return };
        let top = parent.top.unwrap_or_else(|| self.add_top(member));
        // Held until all is in, so that the member does not end before.
        self.miss(top);
        let mut open = Vec::new();
        self.add_child(node, top, member, follow, &mut open);
        while let Some(level) = open.last_mut() {
            let (node, member) = (level.node, level.members.get(level.at).cloned());
            level.at += 1;
            match member {
                Some(member) => self.add_child(node, top, &member, follow, &mut open),
                None => drop(open.pop()),
            }
        }
        self.found(top);
    }

    /// Takes out the first member of a node that is this one; gives the tasks that nobody waits
    /// for any more.
    pub(super) fn remove(&mut self, node: usize, member: &ResultBase) -> Vec<usize> {
        let Some(index) = self.find(node, member) else { return Vec::new() };
        let Some(child) = self.nodes.get_mut(node).and_then(|node| node.children.get_mut(index)) else {
            return Vec::new();
        };
        let mut left = Vec::new();
        let mut rest = vec![std::mem::replace(child, Child::Gone)];
        let top = if node == ROOT { Some(index) } else { self.nodes.get(node).and_then(|node| node.top) };
        if node == ROOT
            && let Some(top) = self.tops.get_mut(index)
        {
            top.gone = true;
            self.unfinished -= usize::from(!top.ended);
        }
        while let Some(child) = rest.pop() {
            match child {
                Child::Gone => {}
                Child::Node(node) => {
                    let Some(node) = self.nodes.get_mut(node) else { continue };
                    node.gone = true;
                    rest.append(&mut node.children);
                }
                Child::Leaf(leaf) => {
                    let Some(Leaf { end, .. }) = self.leaves.get_mut(leaf) else { continue };
                    if matches!(std::mem::replace(end, TaskEnd::Gone), TaskEnd::Waiting) {
                        left.push(leaf);
                        if let Some(top) = top {
                            self.found(top);
                        }
                    }
                }
            }
        }
        left
    }

    /// What has become known of a task. The first end counts.
    pub(super) fn finish(&mut self, leaf: usize, end: TaskEnd) {
        let Some(Leaf { end: known, top, .. }) = self.leaves.get_mut(leaf) else { return };
        if !matches!(known, TaskEnd::Waiting) {
            return;
        }
        *known = end;
        let top = *top;
        self.steps.push_back(Step::Leaf(leaf));
        if let Some(top) = top {
            self.found(top);
        }
    }

    /// Decodes what is not decoded.
    pub(super) fn decode(&mut self, leaf: usize) {
        if let Some(Leaf { result: ResultBase::Async(result), end, .. }) = self.leaves.get_mut(leaf)
            && let TaskEnd::Stored(record) = end
        {
            *end = decoded(result, record.clone());
        }
    }

    fn add_top(&mut self, member: &ResultBase) -> usize {
        let set = member.nested_set().is_some().then(|| member.clone());
        self.tops.push(Top { set, missing: 0, ended: true, gone: false, told: false });
        self.tops.len() - 1
    }

    fn add_child(
        &mut self,
        node: usize,
        top: usize,
        member: &ResultBase,
        follow: Follow<'_>,
        open: &mut Vec<Level>,
    ) {
        let child = match member.nested_set() {
            Some(set) => {
                let node = self.nodes.len();
                self.nodes.push(Node { set: Some(set.clone()), top: Some(top), ..Node::default() });
                open.push(Level { node, members: follow(set, node), at: 0 });
                Child::Node(node)
            }
            None => Child::Leaf(self.add_leaf(top, member)),
        };
        let Some(parent) = self.nodes.get_mut(node) else { return };
        if let Some(places) = &mut parent.places
            && let Some(place) = place(member)
        {
            places.entry(place).or_default().push_back(parent.children.len());
        }
        parent.children.push(child);
    }

    fn add_leaf(&mut self, top: usize, member: &ResultBase) -> usize {
        let end = end_in_the_handle(member);
        self.leaves.push(Leaf { result: member.clone(), top: Some(top), end: TaskEnd::Waiting });
        self.miss(top);
        let leaf = self.leaves.len() - 1;
        if let Some(end) = end {
            self.finish(leaf, end);
        }
        leaf
    }

    fn miss(&mut self, position: usize) {
        let Some(top) = self.tops.get_mut(position) else { return };
        top.missing += 1;
        if std::mem::take(&mut top.ended) && !top.gone {
            self.unfinished += 1;
        }
    }

    fn found(&mut self, position: usize) {
        let Some(top) = self.tops.get_mut(position) else { return };
        top.missing -= 1;
        if top.missing == 0 && !top.ended && !top.gone {
            top.ended = true;
            self.unfinished -= 1;
            self.steps.push_back(Step::Top(position));
        }
    }

    fn is_waited_for(&self, leaf: usize) -> bool {
        self.leaf(leaf).is_some_and(|leaf| !matches!(leaf.end, TaskEnd::Gone))
    }

    /// The index of the first member of a node that is this one; it is not found there again.
    fn find(&mut self, node: usize, member: &ResultBase) -> Option<usize> {
        if self.nodes.get(node)?.places.is_none() {
            let mut places: HashMap<Place, VecDeque<usize>> = HashMap::new();
            for (index, child) in self.children(node).iter().enumerate() {
                if let Some(place) = self.place(*child) {
                    places.entry(place).or_default().push_back(index);
                }
            }
            self.nodes.get_mut(node)?.places = Some(places);
        }
        let places = self.nodes.get_mut(node)?.places.as_mut()?;
        let place = place(member)?;
        let found = places.get_mut(&place)?;
        let index = found.pop_front();
        if found.is_empty() {
            places.remove(&place);
        }
        index
    }

    fn place(&self, child: Child) -> Option<Place> {
        match child {
            Child::Leaf(leaf) => self.leaf(leaf).and_then(|leaf| place(&leaf.result)),
            Child::Node(node) => self.nodes.get(node)?.set.as_ref().map(|set| Place::Set(set.address())),
            Child::Gone => None,
        }
    }
}

/// A set whose members are being added.
struct Level {
    node: usize,
    members: Arc<Vec<ResultBase>>,
    at: usize,
}

/// The end of a task whose handle knows it.
fn end_in_the_handle(member: &ResultBase) -> Option<TaskEnd> {
    let ResultBase::Async(result) = member else { return Some(TaskEnd::Local) };
    if result.is_ignored() {
        return Some(TaskEnd::Local);
    }
    match result.cache().finished() {
        Ok(None) => None,
        Ok(Some(meta)) => Some(TaskEnd::Finished(meta)),
        Err(released) => Some(TaskEnd::Unreadable(released.with_task_id(result.id()))),
    }
}

/// The end of a task by its record, which the handle remembers.
fn decoded(result: &AsyncResult, record: Stored) -> TaskEnd {
    match result.decode(record) {
        Ok(meta) => TaskEnd::Finished(meta),
        Err(error) => TaskEnd::Unreadable(error),
    }
}

fn place(member: &ResultBase) -> Option<Place> {
    match member.nested_set() {
        Some(set) => Some(Place::Set(set.address())),
        None => member.id().cloned().map(Place::Task),
    }
}
