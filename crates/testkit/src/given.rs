//! The servers that the test run was given.

/// What the test run was given under `name`, such as `TEST_REDIS_URL`.
///
/// # Panics
/// Nothing was: the suite was started without its servers.
#[must_use]
pub fn given(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "what the test run was given")]
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run the tests by `make test`"))
}

/// The addresses of the database's nodes where the test run was given a cluster, `TEST_DATABASE_NODES`; the one of
/// `TEST_DATABASE_URL` where it was not.
///
/// # Panics
/// Neither was given.
#[must_use]
pub fn nodes() -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "what the test run was given")]
    let nodes = std::env::var("TEST_DATABASE_NODES").unwrap_or_else(|_| given("TEST_DATABASE_URL"));
    nodes.split(',').map(str::to_owned).collect()
}
