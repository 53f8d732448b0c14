//! The store over real servers. `VESTIBULE_TEST_REDIS` has their URLs, with spaces between; the first is asked about everything, the
//! others (a node of a cluster, a server behind TLS with the authority of `VESTIBULE_TEST_REDIS_CA`) keep the contract.
//! `VESTIBULE_TEST_REDIS_SPARE` is one that is made a replica, and filled. Without these, tests say that they were skipped, or fail
//! where `VESTIBULE_REQUIRE_REAL=1`.

#![expect(clippy::print_stdout, reason = "what was skipped and what was counted is for whoever runs them")]

mod real {
    pub(crate) mod server;

    mod contract;
    mod foreign;
    mod notices;
    mod rights;
    mod spare;
    mod tls;
    mod trips;
}
