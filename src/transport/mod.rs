//! Connections to servers: how they are made, measured and found dead. Knows bytes and replies,
//! but neither tasks nor records.

pub mod redis;
