//! A value that a file states.

use std::fmt;
use std::ops::Deref;

use sehat_diagnostic::Origin;

/// A value and the place where a file states it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stated<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Stated<T> {
    pub const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Stated<U> {
        Stated { value: change(self.value), origin: self.origin }
    }
}

impl<T> Deref for Stated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Display> fmt::Display for Stated<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
