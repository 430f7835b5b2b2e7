//! The operating system as the models see it. What waits is the library's own code; what it waits
//! with is the checker's.

#[path = "../../../../src/sys/cancel.rs"]
mod cancel;
mod driver;
mod eventfd;
#[path = "../../../../src/sys/fork.rs"]
pub mod fork;
#[path = "../../../../src/sys/log.rs"]
mod log;
#[path = "../../../../src/sys/park.rs"]
mod park;
mod primitives {
    pub use crate::checker::{AtomicBool, Condvar, Mutex, MutexGuard, now};
}
mod sync;
mod thread;
#[path = "../../../../src/sys/time.rs"]
mod time;

pub use cancel::Cancel;
pub use driver::{Driver, sleep};
pub use eventfd::{EventFd, is_readable};
pub use log::{Level, Log};
pub use park::{ParkEnd, Parking, ParkingGuard};
pub use sync::{Mutex, MutexGuard};
pub use thread::{ThreadRole, role};
pub use time::Deadline;
