//! An attempt to connect, carried out in a task of its own, that always says how it ended.

use super::errors::Trouble;
use std::future::Future;
use tokio::task::JoinHandle;

/// Carries out an attempt and hands its end to `ended`, also where it panics or is aborted, so that it
/// is followed by the next like any other.
pub fn attempt<T: Send + 'static>(
    connecting: impl Future<Output = Result<T, Trouble>> + Send + 'static,
    ended: impl FnOnce(Result<T, Trouble>) + Send + 'static,
) -> JoinHandle<()> {
    let teller = Teller { ended: Some(ended), result: None };
    tokio::spawn(async move { teller.tell(connecting.await) })
}

struct Teller<T, F: FnOnce(Result<T, Trouble>)> {
    ended: Option<F>,
    result: Option<Result<T, Trouble>>,
}

impl<T, F: FnOnce(Result<T, Trouble>)> Teller<T, F> {
    fn tell(mut self, result: Result<T, Trouble>) {
        self.result = Some(result);
    }
}

impl<T, F: FnOnce(Result<T, Trouble>)> Drop for Teller<T, F> {
    fn drop(&mut self) {
        let result =
            self.result.take().unwrap_or_else(|| Err(Trouble::passing("the attempt to connect panicked")));
        if let Some(ended) = self.ended.take() {
            ended(result);
        }
    }
}
