//! Where trouble that was asked for strikes: around every path of WeChat's and of the phone's. Rules 8 and 39 of
//! docs/simulator.md.

use crate::model::errcode::Errcode;
use crate::model::faults::Kind;
use crate::model::journal::Event;
use crate::model::wechat::Wechat;
use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpResponse};
use std::pin::Pin;
use std::task::{Context, Poll};

/// How an errcode that was asked for is worded on this path.
pub(crate) type Refuse = fn(&Wechat, &str, Errcode) -> HttpResponse;

/// Answers with what strikes the request, or hands it on.
pub(crate) async fn strike(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    refuse: Refuse,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let wechat = request.app_data::<Data<Wechat>>().expect("mounted together").clone();
    let path = request.path().to_owned();
    let host = request.connection_info().host().to_owned();
    let (delay, other) = wechat.faults().take(&host, &path);
    for kind in delay.iter().chain(&other) {
        let at = wechat.now();
        let event = Event { at, kind: "fault", fault: Some(kind.name()), path: Some(path.clone()), ..Event::default() };
        wechat.world().journal.write(event);
    }
    if let Some(Kind::Latency(delay)) = delay {
        actix_web::rt::time::sleep(delay).await;
    }
    Ok(match other {
        None | Some(Kind::Latency(_)) => next.call(request).await?.map_into_boxed_body(),
        Some(Kind::Errcode(errcode)) => request.into_response(refuse(&wechat, &path, Errcode(errcode))),
        Some(Kind::HttpStatus(status)) => request.into_response(gateway_page(status)),
        Some(Kind::DropBefore) => request.into_response(HttpResponse::Ok().body(Hangup)),
        Some(Kind::DropAfter) => next.call(request).await?.map_body(|_, _| BoxBody::new(Hangup)),
        Some(Kind::Garbage(text)) => garble(next.call(request).await?, text).await?,
    })
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
