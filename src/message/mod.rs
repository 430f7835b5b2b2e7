//! Messages to workers and their answers, as data: task messages of Celery's protocol 2 (`task`, with
//! `send_options` and `saferepr`), the tasks of a group and callbacks as its canvas writes them
//! (`signature`), commands of remote control (`control`), and replies (`reply`). Pure: no I/O, no clock, no
//! random numbers; what a message says of its sender comes in as [`Origin`]. How a broker wraps a
//! message is the broker's affair, how values become bytes the codec's.

pub mod answers;
pub mod control;
mod headers;
mod option_value;
mod origin;
pub mod reply;
mod saferepr;
mod send_options;
mod signal;
mod signature;
pub mod task;

pub use control::{Command, ReplyAddress};
pub use origin::Origin;
pub use send_options::SendOptions;
pub use signal::Signal;
pub use signature::{Call, calls};
pub use task::TaskMessage;

#[cfg(test)]
mod tests;
