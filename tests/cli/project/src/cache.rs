//! A cache that forgets what was not used for the longest time.

use std::collections::HashMap;

pub struct LruCache<V> {
    capacity: usize,
    clock: u64,
    entries: HashMap<String, (u64, V)>,
}

impl<V> LruCache<V> {
    pub fn new(capacity: usize) -> Self {
        LruCache { capacity, clock: 0, entries: HashMap::new() }
    }

    /// Looks a key up and marks it as used just now.
    pub fn get(&mut self, key: &str) -> Option<&V> {
        self.clock += 1;
        let clock = self.clock;
        self.entries.get_mut(key).map(|entry| {
            entry.0 = clock;
            &entry.1
        })
    }

    /// Stores a value; evicts the least recently used entry when full.
    pub fn put(&mut self, key: String, value: V) {
        self.clock += 1;
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.evict_oldest();
        }
        self.entries.insert(key, (self.clock, value));
    }

    fn evict_oldest(&mut self) {
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.0).map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            self.entries.remove(&key);
        }
    }
}
