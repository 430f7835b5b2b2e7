//! The C functions, and nothing but C: pointer checks, text in and out, `catch_unwind`, the fork
//! check. What a function does is in the module below that has its name. The documentation
//! comments of the exported functions and types are the header's text, so they speak to C
//! programmers; the header's preamble is in `cbindgen.toml`.
//!
//! One file per handle. `boundary` is the frame of every function, `handle` the ownership behind
//! the pointers, `text` strings in and out, `callback` functions of the C program.
//!
//! Every exported function's comment has the same shape, which `tests/ffi_table.rs` checks and
//! from which the test of NULL arguments is generated: what it does; for each pointer `@param
//! name nullable` or `@param name not nullable`; `@return`; then the lines Ownership, Threads,
//! Blocks and Since.

#![allow(non_camel_case_types, reason = "the types carry their C names")]
#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "the comments are the text of the C header"
)]
#![allow(clippy::missing_safety_doc, reason = "the header's preamble is the contract of every function")]

mod boundary;
mod handle;
mod text;

pub mod app;
pub mod app_stats;
pub mod batch;
pub mod callback;
pub mod cancel;
pub mod control;
pub mod dependencies;
pub mod eager_result;
pub mod error;
mod exception;
pub mod get_callbacks;
pub mod get_options;
pub mod graph;
pub mod group_result;
pub mod log;
pub mod meta;
pub mod meta_exception;
pub mod meta_fields;
pub mod options;
pub mod queue;
pub mod record;
pub mod record_extended;
pub mod result;
pub mod result_family;
pub mod result_iter;
pub mod result_join;
pub mod result_list;
pub mod result_set;
pub mod result_state;
pub mod result_then;
pub mod result_wait;
pub mod revoke;
pub mod revoke_options;
pub mod send;
pub mod state;
pub mod status;
pub mod value;
pub mod value_exception;
pub mod value_kind;
pub mod value_scalar;
pub mod value_text;
pub mod value_walk;
pub mod version;
pub mod wait_many;
