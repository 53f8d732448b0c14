//! Records that no machine of ours wrote. Whoever has one is a stranger, the log says it once, and nobody is taken for anybody else.

use acceptance::{
    Failure,
    issuer::Issuer,
    log::Log,
    machine::{BASE_URL, Cache, HOST, Keeping, Machine},
    person::Person,
    postgres_server::PostgresServer,
    redis_server::RedisServer,
    shared_place::SharedPlace,
};
use redis::{AsyncCommands, aio::MultiplexedConnection};
use reqwest::{StatusCode, Url};
use sqlx::{Connection, PgConnection};

use crate::{
    Outcome,
    house::{alice_of, in_each_place, page, sign_in},
};

/// What somebody did to the record of the session that began first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    /// The sealed value is no such thing.
    Garbage,
    /// It is the record of the session that began second.
    SomebodyElses,
    /// Nothing of it is what it should be.
    Nonsense,
    /// It is not even of the kind that records are of.
    OtherKind,
}

impl Damage {
    /// PostgreSQL knows what kind each column is of.
    fn is_possible_in(self, place: &SharedPlace) -> bool {
        self != Self::OtherKind || matches!(place, SharedPlace::Redis(_))
    }

    async fn is_done(self, place: &SharedPlace, first: &[String]) -> Outcome {
        match place {
            SharedPlace::Redis(server) => self.is_done_in_redis(server, first).await,
            SharedPlace::Postgres(server) => self.is_done_in_postgresql(server).await,
        }
    }

    async fn is_done_in_redis(self, server: &RedisServer, first: &[String]) -> Outcome {
        let mut connection = redis_at(server).await?;
        let [record] = first else { return Err(format!("one session at first, not {first:?}").into()) };
        let all = records(&mut connection).await?;
        let other = all.iter().find(|name| *name != record).ok_or("a second session")?;
        match self {
            Self::Garbage => connection.hset::<_, _, _, ()>(record, "v", b"\xFFgarbage".as_slice()).await?,
            Self::SomebodyElses => {
                redis::cmd("COPY").arg(other).arg(record).arg("REPLACE").query_async::<()>(&mut connection).await?;
            }
            Self::Nonsense => {
                let fields: Vec<String> = connection.hkeys(record).await?;
                for field in fields {
                    connection.hset::<_, _, _, ()>(record, field, b"\x00nonsense".as_slice()).await?;
                }
            }
            Self::OtherKind => {
                connection.del::<_, ()>(record).await?;
                connection.rpush::<_, _, ()>(record, "a list").await?;
            }
        }
        Ok(())
    }

    async fn is_done_in_postgresql(self, server: &PostgresServer) -> Outcome {
        let sql = match self {
            Self::Garbage | Self::OtherKind => {
                r"UPDATE vestibule_sessions SET value = '\xFF00'
                  WHERE key = (SELECT key FROM vestibule_sessions ORDER BY moment LIMIT 1)"
            }
            Self::SomebodyElses => {
                "UPDATE vestibule_sessions SET value = (SELECT value FROM vestibule_sessions ORDER BY moment DESC LIMIT 1)
                 WHERE key = (SELECT key FROM vestibule_sessions ORDER BY moment LIMIT 1)"
            }
            Self::Nonsense => {
                "ALTER TABLE vestibule_sessions ALTER COLUMN value DROP NOT NULL;
                 UPDATE vestibule_sessions SET value = NULL
                 WHERE key = (SELECT key FROM vestibule_sessions ORDER BY moment LIMIT 1)"
            }
        };
        in_postgresql(server, sql).await
    }
}

async fn redis_at(server: &RedisServer) -> Result<MultiplexedConnection, Failure> {
    Ok(redis::Client::open(server.url())?.get_multiplexed_async_connection().await?)
}

async fn in_postgresql(server: &PostgresServer, sql: &'static str) -> Outcome {
    let mut connection = PgConnection::connect(&server.url()).await?;
    sqlx::raw_sql(sql).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// The names of all sessions.
async fn records(connection: &mut MultiplexedConnection) -> Result<Vec<String>, Failure> {
    Ok(connection.keys("*:s:*").await?)
}

/// As if nobody had been here before; the names of the sessions there are is none.
async fn swept(place: &SharedPlace) -> Outcome {
    match place {
        SharedPlace::Redis(server) => {
            let mut connection = redis_at(server).await?;
            let all = records(&mut connection).await?;
            if all.is_empty() { Ok(()) } else { Ok(connection.del::<_, ()>(all).await?) }
        }
        SharedPlace::Postgres(server) => in_postgresql(server, "DELETE FROM vestibule_sessions").await,
    }
}

async fn names(place: &SharedPlace) -> Result<Vec<String>, Failure> {
    match place {
        SharedPlace::Redis(server) => records(&mut redis_at(server).await?).await,
        SharedPlace::Postgres(_) => Ok(Vec::new()),
    }
}

async fn leaves_a_stranger(place: &SharedPlace, damage: Damage) -> Outcome {
    swept(place).await?;
    let issuers = [Issuer::start("one").await?, Issuer::start("two").await?];
    let machine = Machine::start(&issuers, place.store().await?, Keeping::Sessions, Cache::Off).await?;
    let alice = Person::new()?.led_to(HOST, machine.address())?;
    sign_in(&alice, &issuers[0]).await?;
    let first = names(place).await?;
    let other = Person::new()?.led_to(HOST, machine.address())?;
    sign_in(&other, &issuers[1]).await?;
    damage.is_done(place, &first).await?;

    let log = Log::begin();
    for _ in 0..5 {
        let answer = alice.copied(&Url::parse(BASE_URL)?, machine.address())?.ask(&page("/who")).await?;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{damage:?}: {}", answer.html);
    }
    let said = log.lines();
    assert_eq!(said.len(), 1, "{damage:?}: {said:#?}");
    let answer = other.ask(&page("/who")).await?;
    assert!(answer.html.starts_with("two alice"), "{damage:?}: {}", answer.html);
    sign_in(&alice, &issuers[0]).await
}

/// A corrupt or foreign record is "not signed in", and never somebody else's session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_a_record_that_cannot_be_read_is_a_stranger() -> Outcome {
    in_each_place(async |place| {
        let damages = [Damage::Garbage, Damage::SomebodyElses, Damage::Nonsense, Damage::OtherKind];
        for damage in damages.into_iter().filter(|damage| damage.is_possible_in(&place)) {
            leaves_a_stranger(&place, damage).await?;
        }
        Ok(())
    })
    .await
}

/// V64: what cannot be read may have been the end of this session, so nobody can say that it was not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_that_cannot_be_read_lets_nobody_in() -> Outcome {
    in_each_place(async |place| {
        let issuers = [Issuer::start("one").await?];
        let machine = Machine::start(&issuers, place.store().await?, Keeping::Marks, Cache::Off).await?;
        let person = Person::new()?.led_to(HOST, machine.address())?;
        sign_in(&person, &issuers[0]).await?;
        let copy = person.copied(&Url::parse(BASE_URL)?, machine.address())?;
        let (issuer, subject) = alice_of(&issuers[0])?;
        machine.vestibule().log_out_everywhere((&issuer, &subject)).await?;
        match &place {
            SharedPlace::Redis(server) => {
                let mut connection = redis_at(server).await?;
                let marks: Vec<String> = connection.keys("*:m:*").await?;
                for mark in marks {
                    connection.set::<_, _, ()>(mark, "no mark").await?;
                }
            }
            SharedPlace::Postgres(server) => {
                let sql = "ALTER TABLE vestibule_marks ALTER COLUMN ours DROP NOT NULL; UPDATE vestibule_marks SET ours = NULL";
                in_postgresql(server, sql).await?;
            }
        }
        let answer = copy.ask(&page("/who")).await?;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.html);
        Ok(())
    })
    .await
}
