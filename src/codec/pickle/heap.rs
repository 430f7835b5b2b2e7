//! What the machine makes of a pickle. It runs over two heaps, so that both agree on where every
//! value begins and ends: the arena keeps all of them, the outline next to nothing.

use super::budget::Budget;
use super::cursor::{Fault, Place};
use super::literal::Literal;

/// What kind of group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A tuple
    Tuple,
    /// A list
    List,
    /// A dict: keys and values in turns
    Map,
    /// A set
    Set,
    /// A frozenset
    FrozenSet,
}

/// Where values are put that come after the group or object itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Elements of a list
    Items,
    /// Keys and values of a dict, in turns
    Entries,
    /// Elements of a set
    Members,
}

/// Keeps the values that the machine makes.
pub(super) trait Heap {
    /// A value that is kept.
    type Ref: Copy + PartialEq;

    /// What the machine and its heap may keep.
    fn budget(&mut self) -> &mut Budget;

    /// A value without parts, and where it stands.
    fn literal(&mut self, place: Place, literal: Literal) -> Result<Self::Ref, Fault>;

    /// A group with its first elements.
    fn group(&mut self, shape: Shape, items: &[Self::Ref]) -> Result<Self::Ref, Fault>;

    /// A map that may be the outermost value, and where it is made: it is all there is on the stack.
    fn outermost(&mut self, place: Place, pairs: &[Self::Ref]) -> Result<Self::Ref, Fault> {
        let _ = place;
        self.group(Shape::Map, pairs)
    }

    /// More elements of a group or object; of a map keys and values in turns.
    fn extend(&mut self, target: Self::Ref, slot: Slot, items: &[Self::Ref]) -> Result<(), Fault>;

    /// A class or function by module and qualified name, in Python 2's words where the protocol
    /// uses them.
    fn name(&mut self, module: Self::Ref, name: Self::Ref, python2: bool) -> Result<Self::Ref, Fault>;

    /// What a class or function would make of these arguments.
    fn call(
        &mut self,
        callee: Self::Ref,
        args: Self::Ref,
        kwargs: Option<Self::Ref>,
    ) -> Result<Self::Ref, Fault>;

    /// The state of an object.
    fn build(&mut self, target: Self::Ref, state: Self::Ref) -> Result<(), Fault>;
}
