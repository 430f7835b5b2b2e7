//! Redis connections: one for commands, one for events, both made here and handed to the `redis`
//! crate, whose types appear in this folder only. Who reconnects, what is sent when and what a
//! reply means is the caller's affair.

mod commands;
mod connect;
mod errors;
mod events;
mod greeting;
mod health;
mod reply;
mod stream;

pub use commands::{Commands, Request};
pub use connect::{Connected, Notice, Notify, Which, connect, place};
pub use errors::{Refusal, Trouble, Verdict};
pub use events::Events;
pub use health::{Pulse, TICKS_PER_INTERVAL, Vital};
pub use reply::{Outcome, Reply, Sent, send_in_order};
pub use stream::{Meter, Traffic};
