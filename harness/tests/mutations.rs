//! A few thousand mutations of the seeds a run, always the same ones.

#![expect(clippy::print_stdout, reason = "the figures that SECURITY.md has")]

use harness::{
    Target,
    mutation::{Dice, mutated},
    seeds,
};

fn run(name: &str) {
    let target = Target::named(name).expect("a target");
    let seeds = seeds::of(target).expect("a folder of seeds");
    let mut dice = Dice::new(1);
    for _ in 0..target.mutations {
        let input = mutated(target, &seeds, &mut dice);
        // A panic in there is the failure; what led to it is here.
        let ran = std::panic::catch_unwind(|| (target.run)(&input));
        assert!(ran.is_ok(), "{name}: {:?}", String::from_utf8_lossy(&input));
    }
    println!("inputs: {}", target.mutations + seeds.len());
}

/// One test a target, so that they run side by side and name what failed. V104: none of it panics.
macro_rules! targets {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*

        /// V104
        #[test]
        fn every_target_is_here() {
            let here = [$(stringify!($name)),*];
            let all: Vec<_> = harness::TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(here.as_slice(), all.as_slice());
        }
    };
}

targets!(
    jws,
    jwe,
    jwk_set,
    id_token,
    logout_token,
    metadata,
    registration,
    token_answer,
    userinfo,
    authorization,
    identifier,
    webfinger_answer,
    cookies,
    sealed,
    return_address,
    settings,
    whole_flow
);
