//! The authorities that everybody knows, for machines without ca-certificates.

use reqwest::Certificate;

/// Their certificates, as they travel in the program.
pub fn public_roots() -> impl Iterator<Item = Certificate> {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    roots.filter_map(|root| Certificate::from_der(root).ok())
}
