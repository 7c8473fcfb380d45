//! The HTTP client of the tests.

use reqwest::Client;

/// A client for servers on this machine: without TLS, without a proxy.
///
/// # Panics
/// Never: what it is made of is complete.
#[must_use]
pub fn client() -> Client {
    install_crypto();
    Client::builder().tls_certs_only([]).no_proxy().build().unwrap()
}

/// Lets clients be made that could speak TLS. Once is enough and more does no harm.
pub(crate) fn install_crypto() {
    // An error says that the process has a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
