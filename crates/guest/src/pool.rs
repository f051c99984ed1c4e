//! A bounded pool of connections: at most so many are open, and a waiter gives up after its time.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Failure;

pub struct Pool<T> {
    state: Mutex<State<T>>,
    returned: Condvar,
    open_max: usize,
}

struct State<T> {
    idle: Vec<T>,
    open_count: usize,
}

/// A connection that goes back to its pool when dropped, unless it was found broken.
pub struct Lease<'pool, T> {
    pool: &'pool Pool<T>,
    connection: Option<T>,
    /// The connection was used before, so its peer may have closed it meanwhile.
    pub reused: bool,
}

impl<T> Pool<T> {
    pub fn new(open_max: usize) -> Self {
        let state = Mutex::new(State { idle: Vec::new(), open_count: 0 });
        Self { state, returned: Condvar::new(), open_max }
    }

    /// Takes an idle connection, or makes one, or waits up to `limit` for one to come back.
    pub fn take(
        &self,
        limit: Duration,
        make: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<Lease<'_, T>, Failure> {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        while state.idle.is_empty() && state.open_count >= self.open_max {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failure::new(format!("all {} connections are busy", self.open_max)));
            }
            state = self
                .returned
                .wait_timeout(state, left)
                .map_or_else(|error| error.into_inner().0, |woken| woken.0);
        }
        if let Some(connection) = state.idle.pop() {
            return Ok(Lease { pool: self, connection: Some(connection), reused: true });
        }
        state.open_count += 1;
        drop(state);
        let connection = make().inspect_err(|_| self.forget())?;
        Ok(Lease { pool: self, connection: Some(connection), reused: false })
    }

    /// Closes what is idle, because what broke one connection has most likely broken the others too.
    pub fn close_idle(&self) {
        let mut state = self.lock();
        state.open_count -= state.idle.len();
        let closed = std::mem::take(&mut state.idle);
        drop(state);
        drop(closed);
        self.returned.notify_all();
    }

    fn forget(&self) {
        self.lock().open_count -= 1;
        self.returned.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Lease<'_, T> {
    /// Closes the connection instead of giving it back.
    pub fn discard(mut self) {
        if self.connection.take().is_some() {
            self.pool.forget();
        }
    }
}

impl<T> Drop for Lease<'_, T> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.lock().idle.push(connection);
            self.pool.returned.notify_one();
        }
    }
}

impl<T> Deref for Lease<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // Only `discard` and `drop` take the connection, and both end the lease.
        self.connection.as_ref().expect("a lease holds its connection")
    }
}

impl<T> DerefMut for Lease<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.connection.as_mut().expect("a lease holds its connection")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(5);

    #[test]
    fn no_more_than_the_bound_are_open() {
        let pool = Pool::new(1);
        let first = pool.take(SHORT, || Ok(1)).unwrap();
        assert!(pool.take(SHORT, || Ok(2)).is_err());
        drop(first);
        let again = pool.take(SHORT, || Ok(3)).unwrap();
        assert_eq!((*again, again.reused), (1, true));
    }

    #[test]
    fn a_broken_connection_makes_room() {
        let pool = Pool::new(1);
        pool.take(SHORT, || Ok(1)).unwrap().discard();
        assert!(pool.take(SHORT, || Err(Failure::new("refused"))).is_err());
        assert_eq!(*pool.take(SHORT, || Ok(2)).unwrap(), 2);
        pool.close_idle();
        assert!(!pool.take(SHORT, || Ok(3)).unwrap().reused);
    }
}
