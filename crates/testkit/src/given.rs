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
