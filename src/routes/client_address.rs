//! Who asks, by address, and whether they may ask again.

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::rate_limit::Told;
use crate::routes::detached::run;
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use ipnet::IpNet;
use std::future::{Future, Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;

/// The client's address: the peer's, or the one that a trusted proxy vouches for.
#[derive(Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

impl FromRequest for ClientAddress {
    type Error = ApiError;
    type Future = Ready<Result<ClientAddress, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(ClientAddress(address(request))))
    }
}

/// What `T` extracts from a request whose address was counted, and was below its limit. Beyond the limit nothing is
/// looked at.
pub struct WithinLimit<T>(pub T);

impl<T: FromRequest<Error = ApiError> + 'static> FromRequest for WithinLimit<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<WithinLimit<T>, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = request.app_data::<Data<App>>().expect("the server holds the app");
        let (limits, address) = (app.limits.clone(), address(request));
        let counted = run(&app.runtime, async move { limits.from_address(address).await });
        let inner = T::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let told = counted.await?;
            if let Some(told) = told {
                request.extensions_mut().insert(told);
            }
            refuse_beyond(told)?;
            inner.await.map(WithinLimit)
        })
    }
}

/// The error of a limit that is reached.
pub fn refuse_beyond(told: Option<Told>) -> Result<(), ApiError> {
    match told.and_then(|told| told.allowance.wait) {
        None => Ok(()),
        Some(wait) => Err(ApiError::new(Code::RateLimited, "too many requests; see Retry-After").after(wait)),
    }
}

fn address(request: &HttpRequest) -> IpAddr {
    let app = request.app_data::<Data<App>>().expect("the server holds the app");
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip());
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    vouched(peer, forwarded, &app.settings.server.trusted_proxies)
}

/// The last address that no trusted proxy wrote about another one. What stands before it could be anybody's invention.
fn vouched<'a>(peer: IpAddr, forwarded: impl Iterator<Item = &'a str>, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(&address.to_canonical()));
    let hops: Vec<_> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = parsed(hop) else { break };
        client = address;
    }
    client
}

fn parsed(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        vouched(peer.parse().unwrap(), forwarded.iter().copied(), &trusted).to_string()
    }

    #[test]
    fn a_header_counts_only_from_a_trusted_proxy() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_client_wrote_itself_does_not_count() {
        assert_eq!(client("10.0.0.1", &["1.2.3.4, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["1.2.3.4", "198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["nonsense"]), "10.0.0.1");
    }

    #[test]
    fn ports_and_brackets_are_read() {
        assert_eq!(client("::1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(client("::1", &["198.51.100.1:5000"]), "198.51.100.1");
    }
}
