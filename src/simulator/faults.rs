//! Trouble on request: what goes wrong on which path, how often. Rules 8 and 39 of docs/simulator.md.

use super::errcodes::Errcode;
use super::journal::Event;
use super::{Simulator, api, wx};
use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpResponse, web};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// WeChat refuses; nothing happened.
    Errcode(i64),
    /// Everything as usual, later.
    Latency(Duration),
    /// A gateway's page instead of an answer; nothing happened.
    HttpStatus(u16),
    /// It happened, but the answer reads as this text, or is cut in half.
    Garbage(Option<String>),
    /// The connection closes without a byte; nothing happened.
    DropBefore,
    /// The connection closes without a byte; it happened.
    DropAfter,
}

impl Kind {
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Errcode(_) => "errcode",
            Kind::Latency(_) => "latencyMs",
            Kind::HttpStatus(_) => "httpStatus",
            Kind::Garbage(_) => "garbage",
            Kind::DropBefore => "dropBefore",
            Kind::DropAfter => "dropAfter",
        }
    }
}

/// Trouble for the next `times` requests to `path`; a `*` at its end stands for anything. With a `host`, only for those
/// whose `Host` header is that: one address of the simulator fails while another, of the same state, goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub path: String,
    pub host: Option<String>,
    pub kind: Kind,
    pub times: u32,
}

impl Fault {
    fn strikes(&self, host: &str, path: &str) -> bool {
        if self.host.as_ref().is_some_and(|struck| struck != host) {
            return false;
        }
        match self.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == self.path,
        }
    }
}

/// The faults that are still to strike, in the order in which they were asked for.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn active(&self) -> &[Fault] {
        &self.0
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What strikes a request to `path`: at most one delay and one other fault, each the oldest of its sort.
    fn take(&mut self, host: &str, path: &str) -> (Option<Kind>, Option<Kind>) {
        let delay = self.take_first(host, path, |kind| matches!(kind, Kind::Latency(_)));
        let other = self.take_first(host, path, |kind| !matches!(kind, Kind::Latency(_)));
        (delay, other)
    }

    fn take_first(&mut self, host: &str, path: &str, wanted: impl Fn(&Kind) -> bool) -> Option<Kind> {
        let position = self.0.iter().position(|fault| fault.strikes(host, path) && wanted(&fault.kind))?;
        let fault = &mut self.0[position];
        fault.times -= 1;
        let kind = fault.kind.clone();
        if fault.times == 0 {
            self.0.remove(position);
        }
        Some(kind)
    }
}

/// The middleware around every path of WeChat's and of the phone's.
pub(super) async fn strike(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let simulator = request.app_data::<web::Data<Simulator>>().expect("mounted together").clone();
    let path = request.path().to_owned();
    let host = request.connection_info().host().to_owned();
    let (delay, other) = simulator.faults().take(&host, &path);
    for kind in delay.iter().chain(&other) {
        let now = simulator.now();
        let event =
            Event { at: now, kind: "fault", fault: Some(kind.name()), path: Some(path.clone()), ..Event::default() };
        simulator.world().journal.write(event);
    }
    if let Some(Kind::Latency(delay)) = delay {
        actix_web::rt::time::sleep(delay).await;
    }
    Ok(match other {
        None | Some(Kind::Latency(_)) => next.call(request).await?.map_into_boxed_body(),
        Some(Kind::Errcode(errcode)) => request.into_response(refuse(&simulator, &path, Errcode(errcode))),
        Some(Kind::HttpStatus(status)) => request.into_response(gateway_page(status)),
        Some(Kind::DropBefore) => request.into_response(HttpResponse::Ok().body(Hangup)),
        Some(Kind::DropAfter) => next.call(request).await?.map_body(|_, _| BoxBody::new(Hangup)),
        Some(Kind::Garbage(text)) => garble(next.call(request).await?, text).await?,
    })
}

fn refuse(simulator: &Simulator, path: &str, errcode: Errcode) -> HttpResponse {
    if path.starts_with("/wx/") { wx::fault(path, errcode) } else { api::refuse(simulator, path, errcode, None) }
}

fn gateway_page(status: u16) -> HttpResponse {
    let status = StatusCode::from_u16(status).expect("checked when it was asked for");
    let reason = status.canonical_reason().unwrap_or("Error");
    let code = status.as_u16();
    let page = format!(
        "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body>\r\n<center><h1>{code} {reason}</h1></center>\r\n\
         </body>\r\n</html>\r\n"
    );
    HttpResponse::build(status).content_type("text/html").body(page)
}

async fn garble(
    response: ServiceResponse<impl MessageBody + 'static>,
    text: Option<String>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (request, response) = response.into_parts();
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body).await.map_err(Into::into)?;
    let body = text.map_or_else(|| body.slice(..body.len() / 2), Bytes::from);
    *head.status_mut() = StatusCode::OK;
    head.headers_mut().remove(header::CONTENT_LENGTH);
    Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(body))))
}

/// A body that breaks at its first byte. The server then closes the connection with the head still unsent.
struct Hangup;

impl MessageBody for Hangup {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(1)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))))
    }
}
