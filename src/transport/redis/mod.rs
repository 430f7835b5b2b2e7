//! Redis connections, made here: one for commands, handed to the `redis` crate, whose types appear in
//! this folder only, and one for events, which is read here. Who reconnects, what is sent when and what a
//! reply means is the caller's affair.

mod attempt;
mod backoff;
mod commands;
mod connect;
mod errors;
mod events;
mod greeting;
mod health;
mod later;
mod messaging;
mod reader;
mod reply;
mod resp;
mod stream;

pub use attempt::attempt;
pub use backoff::Backoff;
pub use commands::{Commands, Request};
pub use connect::{Connected, Notice, Notify, Which, connect, connect_commands, place};
pub use errors::{Refusal, Trouble, Verdict};
pub use events::{Channel, Events, LONGEST_READ};
pub use health::{Pulse, Vital, ticking};
pub use later::send_after;
pub use messaging::ReplyQueue;
pub use reader::{Burst, Heard};
pub use reply::{Outcome, Reply, Sent, send_in_order};
pub use stream::{Meter, Traffic};
