//! Connections, kept open.
use std::sync::Mutex;

/// How many are kept.
pub const LIMIT: usize = 8;
static mut COUNT: usize = 0;

/// Keeps connections open.
#[derive(Debug, Clone)]
pub struct Pool<T> {
    name: String,
    free: Vec<T>,
}

pub enum State {
    Open,
    Closed(String),
}

pub trait Take {
    fn take(&self) -> State;
}

impl<T> Take for Pool<T> {
    /// Takes one.
    #[inline]
    fn take(&self) -> State {
        State::Open
    }
}

macro_rules! pooled {
    ($x:expr) => {
        $x
    };
}

type Pools = Vec<Pool<u8>>;

#[cfg(test)]
mod tests {
    #[test]
    fn takes() {
        assert!(true);
    }
}
