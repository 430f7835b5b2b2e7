//! A record that was pushed on the way, for those who want to see them all.

use crate::{
    app::App,
    model::{Stored, TaskMeta},
    sys::Level,
};
use std::sync::Arc;

/// The record decoded. The final one decides; a bad one on the way is not worth the wait, and is
/// only logged.
pub(super) fn decode(app: &App, id: &str, record: Stored) -> Option<Arc<TaskMeta>> {
    match app.codec().decode(record) {
        Ok(meta) => Some(meta),
        Err(error) => {
            app.log().write(Level::Warning, "result", || {
                format!("task {id}: a message cannot be decoded: {}", error.message())
            });
            None
        }
    }
}
