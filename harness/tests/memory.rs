//! What an input makes us allocate grows with the input and with nothing else.

use std::alloc::System;

use harness::{
    TARGETS,
    mutation::{Dice, mutated},
    seeds,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// So much for each byte of an input, all that was given back in between included; and so much for whatever it is: an application
/// and a provider are built for some.
const A_BYTE: usize = 4 * 1024;
const AT_ALL: usize = 8 * 1024 * 1024;

/// V83, V104. The only test of this file: what another allocates meanwhile would count as its own.
#[test]
fn an_input_makes_us_allocate_in_proportion_to_its_length() {
    for target in TARGETS {
        let seeds = seeds::of(target).expect("a folder of seeds");
        let mut dice = Dice::new(2);
        let mutations = (0..target.mutations / 20).map(|_| mutated(target, &seeds, &mut dice));
        for input in seeds.iter().map(|seed| seed.bytes.clone()).chain(mutations) {
            let region = Region::new(ALLOCATOR);
            let _ = (target.run)(&input);
            let (allocated, most) = (region.change().bytes_allocated, AT_ALL + A_BYTE * input.len());
            assert!(allocated <= most, "{}: {allocated} bytes for an input of {}", target.name, input.len());
        }
    }
}
