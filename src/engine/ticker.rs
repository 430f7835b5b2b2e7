//! The ticker: a timer on the engine thread for what is owed, polled or swept. It runs only while
//! somebody waits.

use super::{Shared, registry::Sweep};
use crate::{
    backend::Wakes,
    sys::{Level, sleep},
};
use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// Short enough for owed reads while a server loads its data, long enough to cost nothing.
const PERIOD: Duration = Duration::from_millis(50);

impl Shared {
    /// Starts the ticker unless it runs, or the store wakes without it.
    pub(super) fn begin_ticking(self: &Arc<Self>) {
        if self.wakes(Wakes::Direct) || !self.registry.lock().begin_ticking() {
            return;
        }
        let weak = Arc::downgrade(self);
        if let Err(error) = self.driver.spawn(tick_while_needed(weak)) {
            self.registry.lock().cannot_tick();
            self.log
                .write(Level::Error, "engine", || format!("the engine thread cannot be started: {error}"));
        }
    }

    fn tick(&self) -> bool {
        let sweep = self.settings.reread_interval.map(|silence| Sweep {
            silence,
            budget: usize::try_from(self.settings.reread_rate / 20).unwrap_or(usize::MAX).max(1),
            period: PERIOD,
        });
        let goes_on = self.registry.lock().tick(Instant::now(), sweep);
        self.flush();
        goes_on
    }
}

async fn tick_while_needed(shared: Weak<Shared>) {
    loop {
        sleep(PERIOD).await;
        let Some(shared) = shared.upgrade() else { return };
        if !shared.tick() {
            return;
        }
    }
}
