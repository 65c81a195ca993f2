use std::collections::HashMap;

/// Keeps the values that were used last; the oldest one goes when the cache is full.
pub struct LruCache<V> {
    capacity: usize,
    clock: u64,
    entries: HashMap<String, (u64, V)>,
}

impl<V> LruCache<V> {
    pub fn get(&mut self, key: &str) -> Option<&V> {
        self.clock += 1;
        let clock = self.clock;
        self.entries.get_mut(key).map(|entry| {
            entry.0 = clock;
            &entry.1
        })
    }

    pub fn put(&mut self, key: &str, value: V) {
        self.clock += 1;
        if self.entries.len() >= self.capacity && !self.entries.contains_key(key) {
            self.evict();
        }
        self.entries.insert(key.to_string(), (self.clock, value));
    }

    fn evict(&mut self) {
        let oldest = self.entries.iter().min_by_key(|(_, e)| e.0).map(|(k, _)| k.clone());
        if let Some(key) = oldest {
            self.entries.remove(&key);
        }
    }
}
