//! RESP, versions 2 and 3, as far as our connections speak it. Pure: bytes in and frames out,
//! commands in and bytes out; what they mean is not known here.

mod command;
mod frame;
mod inbox;

pub(super) use command::command;
pub(super) use frame::{DEPTH, Frame, Garbage, Limits};
pub(super) use inbox::Inbox;
