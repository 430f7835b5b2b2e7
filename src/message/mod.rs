//! Messages for workers and what workers answer, as text and bytes: nothing here sends anything. What a
//! broker wraps around them is the broker's affair.

pub mod answers;
mod command;

pub use answers::Whereabouts;
pub use command::{Command, Signal, Ticket};
