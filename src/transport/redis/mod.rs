//! Redis connections, made, written and read here: one for commands and one for events. Who reconnects,
//! what is sent when and what a reply means is the caller's affair.

mod answers;
mod attempt;
mod backoff;
mod burst;
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
pub use burst::{Burst, Heard};
pub use commands::{Commands, Name, Request};
pub use connect::{Connected, Notice, Notify, Which, connect, connect_commands, place};
pub use errors::{Refusal, Trouble, Verdict};
pub use events::{Events, LONGEST_READ};
pub use health::{Pulse, Vital, ticking};
pub use later::send_after;
pub use messaging::ReplyQueue;
pub use reply::Reply;
pub use stream::{Meter, Traffic};
