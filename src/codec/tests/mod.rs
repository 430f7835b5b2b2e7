//! Records as their users see them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::float_cmp)]

mod compression;
mod encoding;
mod hostile;
mod looks;
#[cfg(any(feature = "msgpack", feature = "yaml"))]
mod parts;
mod payloads;
mod reading;
mod small;

use super::*;
use crate::model::Id;

const ID: &str = "3f7ab5ab-0d9e-4d1c-8f3e-0c5b3a1b2c3d";

fn codec() -> Codec {
    Codec::new(Limits { payload: 64 << 20, depth: 1000, ..Limits::default() })
}

fn meta(text: &str) -> Arc<TaskMeta> {
    codec().decode(Stored::new(text.as_bytes())).unwrap()
}

fn glance(text: &str, id: &str) -> (State, bool) {
    let Glance { state, same_task } = codec().glance(&Stored::new(text.as_bytes()), id).unwrap();
    (state, same_task)
}

fn usual(result: &str) -> String {
    format!(
        "{{\"status\": \"SUCCESS\", \"result\": {result}, \"traceback\": null, \"children\": [], \
         \"date_done\": \"2026-11-22T08:46:01.419812+00:00\", \"task_id\": \"{ID}\"}}"
    )
}

fn task(id: &str, parent: Option<ResultTuple>) -> ResultTuple {
    ResultTuple { id: Id::from(id), parent: parent.map(Box::new), members: None }
}
