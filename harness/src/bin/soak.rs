//! Runs a target over its seeds and over mutations of them for so many seconds, and prints what it did: executions, seconds, and the
//! slowest input in milliseconds. It ends with an error when one took longer than the limit.

use std::{
    env,
    error::Error,
    process::ExitCode,
    time::{Duration, Instant},
};

use harness::{
    Target,
    mutation::{Dice, mutated},
    runner::{LIMIT, timed},
    seeds,
};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(seconds)) = (arguments.next(), arguments.next()) else {
        return Err("soak TARGET SECONDS [NUMBER]".into());
    };
    let target = Target::named(&name).ok_or("there is no such target")?;
    let number = arguments.next().map_or(Ok(0), |number| number.parse())?;
    let (seeds, limit) = (seeds::of(target)?, Duration::from_secs(seconds.parse()?));
    let (mut dice, began, mut executions, mut slowest) = (Dice::new(number), Instant::now(), 0_u64, Duration::ZERO);
    for seed in &seeds {
        slowest = slowest.max(timed(target, &seed.bytes, slowest).1);
    }
    while began.elapsed() < limit {
        let input = mutated(target, &seeds, &mut dice);
        slowest = slowest.max(timed(target, &input, slowest).1);
        executions += 1;
    }
    say(&format!("{name} {executions} {seconds} {:.3}", slowest.as_secs_f64() * 1000.0));
    Ok(if slowest <= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "it is what the program is for")]
fn say(line: &str) {
    println!("{line}");
}
