//! Writes the seeds anew: `cargo run --package harness --bin seeds`. Signatures, content keys and nonces are drawn anew, so files change
//! that nobody changed; what a fuzzer found and somebody put there stays.

use std::{error::Error, fs};

use harness::{corpus, seeds};

fn main() -> Result<(), Box<dyn Error>> {
    for (target, name, bytes) in corpus::made() {
        let folder = seeds::folder(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}
