/// A Bloom filter: says "surely not" or "perhaps".
pub struct Bloom {
    bits: Vec<u64>,
    hashes: u32,
}

impl Bloom {
    pub fn add(&mut self, item: &[u8]) {
        for i in 0..self.hashes {
            let bit = self.slot(item, i);
            self.bits[bit / 64] |= 1 << (bit % 64);
        }
    }

    pub fn may_contain(&self, item: &[u8]) -> bool {
        (0..self.hashes).all(|i| {
            let bit = self.slot(item, i);
            self.bits[bit / 64] & (1 << (bit % 64)) != 0
        })
    }
}
