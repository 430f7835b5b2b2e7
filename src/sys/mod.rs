//! The operating system: fork generation, locks, parking with exact deadlines, cancel tokens,
//! the engine thread with its runtime, the log sink. One of the two places with `unsafe`
//! (the other is `ffi`). Knows nothing of tasks or records.

mod cancel;
mod driver;
mod eventfd;
pub mod fork;
mod host;
mod log;
mod park;
mod primitives;
mod sync;
mod thread;
mod time;

pub use cancel::Cancel;
pub(crate) use driver::panic_message;
pub use driver::{Driver, Hold, sleep};
pub use eventfd::EventFd;
pub use host::host_name;
pub use log::{Level, Log};
pub use park::{ParkEnd, Parking, ParkingGuard};
pub use sync::{Mutex, MutexGuard};
pub use thread::{ThreadRole, Worker, role};
pub use time::{Deadline, unix_micros};
