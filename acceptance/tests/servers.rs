//! The servers themselves do what the tests of stores take for granted.

use acceptance::{Failure, postgres_server::PostgresServer, redis_server::RedisServer};

#[test]
fn a_server_that_was_killed_is_back_where_it_was() -> Result<(), Failure> {
    if let Some(mut redis) = RedisServer::start()? {
        let url = redis.url();
        redis.kill();
        redis.restart()?;
        assert_eq!(redis.url(), url);
    }
    if let Some(mut postgres) = PostgresServer::start()? {
        postgres.freeze()?;
        postgres.thaw()?;
        for _ in 0..3 {
            postgres.kill();
            postgres.restart()?;
        }
    }
    Ok(())
}
