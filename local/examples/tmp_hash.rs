//! tmp
use sha2::{Digest, Sha256};
fn main() { let b = std::fs::read(std::env::args().nth(1).unwrap()).unwrap(); let t = std::time::Instant::now(); let d = Sha256::digest(&b); println!("{} MB {:?} {:x?}", b.len() >> 20, t.elapsed(), &d[..2]); }
