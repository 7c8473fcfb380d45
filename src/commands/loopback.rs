//! Only for this machine: a request that names another host was sent by a page that means us without knowing it.
//!
//! A web page can have its own name lead to 127.0.0.1 and then read what is answered there (DNS rebinding). It cannot keep
//! the browser from sending that name.

use crate::error::{ApiError, Code};
use crate::exchange::Exchange;
use actix_web::guard::{Guard, GuardContext};
use actix_web::http::header;
use actix_web::web::{ServiceConfig, scope, to};
use actix_web::{HttpRequest, HttpResponse};
use std::net::IpAddr;

/// Answers every request that was not sent to a name or an address of this machine, or to `own`. It must be mounted before
/// everything else. Ports do not matter: a gateway on this machine has its own.
pub(super) fn refuse_others(routes: &mut ServiceConfig, own: &str) {
    routes.service(scope("").guard(ForeignHost(own.to_owned())).default_service(to(refused)));
}

struct ForeignHost(String);

impl Guard for ForeignHost {
    fn check(&self, context: &GuardContext<'_>) -> bool {
        let host = context.head().headers().get(header::HOST).and_then(|host| host.to_str().ok());
        !host.is_some_and(|host| is_local(host) || name(host).eq_ignore_ascii_case(&self.0))
    }
}

/// Whether `host`, as the header has it, is this machine.
fn is_local(host: &str) -> bool {
    let name = name(host);
    let is_name = |known: &str| name.eq_ignore_ascii_case(known);
    is_name("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A host without its port and without the brackets of IPv6.
pub(super) fn name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

async fn refused(request: HttpRequest) -> HttpResponse {
    let detail = "this service is for its own machine: call it by localhost or 127.0.0.1";
    Exchange::of(&request).refused(&ApiError::new(Code::InvalidRequest, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_few_names() {
        for host in ["localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:8080", "127.9.9.9:1", "[::1]:8080", "[::1]"]
        {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            ":8080",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "192.0.2.1:8080",
            "[::2]",
            "::1",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
