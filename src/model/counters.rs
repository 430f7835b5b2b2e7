//! Figures about the connections of an app.

/// Figures about connections, for `celery_app_stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections made since the app was opened.
    pub connects: u64,
    /// Records pushed by the store.
    pub messages: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Ids subscribed to at this moment, as confirmed by the server.
    pub subscriptions: u64,
    /// Sockets open at this moment.
    pub sockets: u64,
}

impl Counters {
    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            connects: self.connects + other.connects,
            messages: self.messages + other.messages,
            bytes_received: self.bytes_received + other.bytes_received,
            bytes_sent: self.bytes_sent + other.bytes_sent,
            subscriptions: self.subscriptions + other.subscriptions,
            sockets: self.sockets + other.sockets,
        }
    }
}
