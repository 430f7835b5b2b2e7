//! What an actor tells itself after a pause.

use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Sends an event after a pause, if anybody takes events then.
pub fn send_after<T: Send + 'static>(pause: Duration, events: &UnboundedSender<T>, event: T) {
    let events = events.clone();
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        let _ = events.send(event);
    });
}
