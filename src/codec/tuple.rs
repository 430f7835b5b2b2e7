//! The tuple form of results as JSON text.

use super::spell;
use crate::model::ResultTuple;

/// Appends the tuple form.
pub(super) fn write(tuple: &ResultTuple, out: &mut String) {
    write_steps(vec![Step::Tuple(tuple)], out);
}

/// Appends an array of tuple forms.
pub(super) fn write_list(tuples: &[ResultTuple], out: &mut String) {
    write_steps(vec![Step::List(tuples)], out);
}

enum Step<'a> {
    Tuple(&'a ResultTuple),
    List(&'a [ResultTuple]),
    Text(&'static str),
}

/// Works off a stack of its own: chains of parents can be long.
fn write_steps(mut steps: Vec<Step<'_>>, out: &mut String) {
    while let Some(step) = steps.pop() {
        match step {
            Step::Text(text) => out.push_str(text),
            Step::Tuple(ResultTuple { id, parent, members }) => {
                out.push_str("[[");
                spell::text(id, out);
                out.push_str(", ");
                steps.push(Step::Text("]"));
                steps.push(members.as_deref().map_or(Step::Text("null"), Step::List));
                steps.push(Step::Text("], "));
                steps.push(parent.as_deref().map_or(Step::Text("null"), Step::Tuple));
            }
            Step::List(tuples) => {
                out.push('[');
                steps.push(Step::Text("]"));
                for (index, tuple) in tuples.iter().enumerate().rev() {
                    steps.push(Step::Tuple(tuple));
                    if index > 0 {
                        steps.push(Step::Text(", "));
                    }
                }
            }
        }
    }
}
