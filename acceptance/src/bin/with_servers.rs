//! Runs a command beside servers of its own: in `VESTIBULE_TEST_REDIS` are the addresses of a plain Redis, of one behind TLS (whose
//! authority is the file `VESTIBULE_TEST_REDIS_CA`) and of a node of a cluster, in `VESTIBULE_TEST_REDIS_SPARE` that of one that may be
//! mistreated, in `VESTIBULE_TEST_POSTGRES` that of a PostgreSQL. A server that this machine does not have has no variable. The servers
//! end with the command.

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
    let postgres = PostgresServer::start()?;
    let (spare, tls) = (RedisServer::start()?, RedisServer::start_with_tls()?);
    let (plain, cluster) = (RedisServer::start()?, RedisServer::start_cluster()?);
    let all: Option<Vec<_>> =
        [&plain, &tls, &cluster].map(|redis| redis.as_ref().map(RedisServer::url)).into_iter().collect();
    let addresses = [
        ("VESTIBULE_TEST_REDIS", all.map(|all| all.join(" "))),
        ("VESTIBULE_TEST_REDIS_CA", tls.as_ref().map(|tls| tls.authority().display().to_string())),
        ("VESTIBULE_TEST_REDIS_SPARE", spare.as_ref().map(RedisServer::url)),
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
