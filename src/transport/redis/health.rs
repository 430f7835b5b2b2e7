//! Tells a dead connection from a slow one. There are no timeouts per command: a connection is
//! dead when replies are owed and not one byte came for a whole health interval. Time is counted
//! in ticks, so a process that was suspended does not find its connections dead on waking.

use super::stream::Meter;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often a pulse is taken in one health interval.
const TICKS_PER_INTERVAL: u32 = 4;
/// Shortest time between two pulses.
const SHORTEST_TICK: Duration = Duration::from_millis(5);

/// Calls `tick` whenever a pulse is to be taken, until it says no or the task is aborted.
pub fn ticking(health_interval: Duration, mut tick: impl FnMut() -> bool + Send + 'static) -> JoinHandle<()> {
    let pause = (health_interval / TICKS_PER_INTERVAL).max(SHORTEST_TICK);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(pause).await;
            if !tick() {
                return;
            }
        }
    })
}

/// What a pulse showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vital {
    /// Alive, or not yet known to be dead.
    Fine,
    /// Silent, and nothing is owed: ask something.
    Ask,
    /// Dead.
    Dead,
}

/// Watches one connection.
#[derive(Debug, Default)]
pub struct Pulse {
    progress: u64,
    silent: u32,
    owing: u32,
}

impl Pulse {
    /// To be called once per tick.
    pub fn take(&mut self, meter: &Meter) -> Vital {
        let progress = meter.progress();
        if progress != self.progress {
            *self = Self { progress, ..Self::default() };
            return Vital::Fine;
        }
        self.silent = self.silent.saturating_add(1);
        if !meter.is_owed() {
            self.owing = 0;
            return if self.silent >= TICKS_PER_INTERVAL / 2 { Vital::Ask } else { Vital::Fine };
        }
        self.owing = self.owing.saturating_add(1);
        // The first tick after a request is a part of a tick only.
        if self.owing > TICKS_PER_INTERVAL { Vital::Dead } else { Vital::Fine }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::stream::Traffic, *};
    use std::sync::Arc;

    #[test]
    fn silence_is_asked_and_then_found_dead() {
        let meter = Meter::new(&Arc::new(Traffic::default()));
        let mut pulse = Pulse::default();
        assert_eq!(pulse.take(&meter), Vital::Fine);
        assert_eq!(pulse.take(&meter), Vital::Ask);
        meter.owe();
        for _ in 0..TICKS_PER_INTERVAL {
            assert_eq!(pulse.take(&meter), Vital::Fine);
        }
        assert_eq!(pulse.take(&meter), Vital::Dead);
    }
}
