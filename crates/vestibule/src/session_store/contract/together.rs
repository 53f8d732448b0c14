//! Many callers at once, on one thread: each is asked in turn, so that they stand in the middle of things at the same time.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use super::Breach;

/// How many callers there are at once.
pub(super) const CALLERS: u8 = 64;

pub(super) type Caller<'a, T> = Pin<Box<dyn Future<Output = Result<T, Breach>> + Send + 'a>>;

/// What all of these find, once all are done.
pub(super) async fn all<T>(mut callers: Vec<Caller<'_, T>>) -> Result<Vec<T>, Breach> {
    let mut found = Vec::new();
    poll_fn(|cx| {
        callers.retain_mut(|caller| match caller.as_mut().poll(cx) {
            Poll::Ready(result) => {
                found.push(result);
                false
            }
            Poll::Pending => true,
        });
        if callers.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    found.into_iter().collect()
}

/// What as many callers as there may be find, of whom each does the same.
pub(super) async fn callers<'a, T, F>(call: impl Fn(u8) -> F) -> Result<Vec<T>, Breach>
where
    F: Future<Output = Result<T, Breach>> + Send + 'a,
{
    all((0..CALLERS).map(|number| Box::pin(call(number)) as Caller<'_, T>).collect()).await
}

/// Lets the others go first.
pub(super) async fn pause() {
    let mut paused = false;
    poll_fn(|cx| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
