//! Each seed becomes what its name says.

use harness::{
    TARGETS, Verdict,
    seeds::{self, Seed},
};

/// V104: the functions themselves judge what was accepted; a target that accepts nothing, or refuses nothing, judges nothing.
#[test]
fn each_seed_becomes_what_its_name_says() {
    let mut others = Vec::new();
    for target in TARGETS {
        let seeds = seeds::of(target).expect("a folder of seeds");
        let became = |seed: &&Seed| Some((target.run)(&seed.bytes)) != seed.expected();
        others.extend(seeds.iter().filter(became).map(|seed| format!("{}/{}", target.name, seed.name)));
        for verdict in [Verdict::Accepted, Verdict::Refused] {
            let has_one = seeds.iter().any(|seed| seed.expected() == Some(verdict));
            assert!(has_one, "{}: no seed that is {verdict:?}", target.name);
        }
    }
    assert!(others.is_empty(), "not what their names say: {others:#?}");
}

/// The repository is not the place for a corpus that a fuzzer found: that one stays with whoever runs it.
#[test]
fn the_seeds_are_few_and_small() {
    let mut all = 0;
    for target in TARGETS {
        for seed in seeds::of(target).expect("a folder of seeds") {
            assert!(seed.bytes.len() <= 8 * 1024, "{}/{} is too large", target.name, seed.name);
            all += seed.bytes.len();
        }
    }
    assert!(all <= 300 * 1024, "{all} bytes of seeds");
}
