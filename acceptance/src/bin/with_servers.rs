//! Runs a command beside a Redis and a PostgreSQL server of its own, whose addresses are in `VESTIBULE_TEST_REDIS` and
//! `VESTIBULE_TEST_POSTGRES`; a server that this machine does not have has no variable. The servers end with the command.

use std::{
    env,
    io::{self, Write},
    process::{Command, ExitCode},
};

use acceptance::{Failure, postgres_server::PostgresServer, redis_server::RedisServer};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => {
            // If standard error is gone too, the exit code still says it.
            let _ = writeln!(io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let mut words = env::args_os().skip(1);
    let program = words.next().ok_or("say which command to run: with_servers COMMAND..")?;
    let (redis, postgres) = (RedisServer::start()?, PostgresServer::start()?);
    let addresses = [
        ("VESTIBULE_TEST_REDIS", redis.as_ref().map(RedisServer::url)),
        ("VESTIBULE_TEST_POSTGRES", postgres.as_ref().map(PostgresServer::url)),
    ];
    let mut command = Command::new(program);
    command.args(words);
    for (name, address) in addresses {
        command.envs(address.map(|address| (name, address)));
    }
    // Without a code somebody ended it.
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
