//! `POST /v1/register`: redeems a ticket with the data that was signed after the exchange.

use super::extract::{Body, Device, WithinLimit, base64, within};
use super::signed_in::{NotSignedIn, SignedIn, sign_in};
use crate::app::App;
use crate::error::{ApiError, Code, Retry};
use crate::store::{EventKind, Newcomer, StoreError};
use crate::ticket::{Redeemed, Settlement};
use crate::token::Token;
use crate::wechat::open_data::{self, Expected, Refused, Sealed, Signed};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use serde::Deserialize;
use utoipa::ToSchema;

/// What it fails with.
pub const FAILURES: &[Code] = &[
    Code::TicketInvalid,
    Code::SignatureMismatch,
    Code::DecryptionFailed,
    Code::WatermarkMismatch,
    Code::IdentityMismatch,
    Code::DataStale,
    Code::UserSuspended,
    Code::RateLimited,
    Code::InvalidRequest,
    Code::PayloadTooLarge,
];

/// The ticket together with everything that `wx.getUserInfo` gave.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegisterRequest {
    ticket: String,
    /// Byte for byte as the phone gave it.
    raw_data: String,
    /// 40 hexadecimal digits.
    signature: String,
    /// Base64.
    encrypted_data: String,
    /// Base64.
    iv: String,
}

/// Register with a ticket.
///
/// A ticket is spent by success and by its third failed check. After another failure it is good for what remains of its
/// life: `retry` tells what to get anew. Of several requests with one ticket at once, one is answered and the others are
/// told `ticket_invalid`.
#[utoipa::path(post, path = "/v1/register", tag = "Signing in", request_body = RegisterRequest, responses(
    (status = 201, description = "Registered and signed in", body = SignedIn),
    (status = 200, description = "Was registered by then; signed in", body = SignedIn)))]
pub async fn register(
    app: Data<App>,
    device: Device,
    WithinLimit(Body(request)): WithinLimit<Body<RegisterRequest>>,
) -> Result<(Json<SignedIn>, StatusCode), ApiError> {
    let raw_data = within("rawData", &request.raw_data, 16 * 1024)?;
    let signature = within("signature", &request.signature, 128)?;
    let encrypted = base64("encryptedData", &request.encrypted_data, 48 * 1024)?;
    let iv = base64("iv", &request.iv, 128)?;
    let sealed = Sealed { encrypted: &encrypted, iv: &iv, signed: Some(Signed { raw_data, signature }) };
    let spent = || ApiError::new(Code::TicketInvalid, "the ticket is unknown, expired or spent");
    let token = Token::parse(within("ticket", &request.ticket, 512)?).ok_or_else(spent)?;

    let ticket = app.tickets.redeem(token).await?.ok_or_else(spent)?;

    match registered(&app, &ticket, sealed, device.0).await {
        Ok(registered) => Ok(registered),
        Err(Failed { settlement, error }) => {
            app.tickets.settle(ticket, settlement).await?;
            Err(error)
        }
    }
}

/// Why no registration came of a ticket, and what becomes of the ticket.
struct Failed {
    settlement: Settlement,
    error: ApiError,
}

/// A store that does not answer is no fault of the client's.
impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed { settlement: Settlement::Untried, error: error.into() }
    }
}

impl From<NotSignedIn> for Failed {
    fn from(reason: NotSignedIn) -> Failed {
        match reason {
            NotSignedIn::Suspended => Failed { settlement: Settlement::Spent, error: reason.into() },
            NotSignedIn::Store(error) => error.into(),
        }
    }
}

/// Between redemption and settlement: the checks, the account, the session.
async fn registered(
    app: &App,
    ticket: &Redeemed,
    sealed: Sealed<'_>,
    device: String,
) -> Result<(Json<SignedIn>, StatusCode), Failed> {
    let now = app.clock().now();
    let expected = Expected { identity: ticket.identity(), max_age: app.settings().wechat.data_max_age, now };
    let opened = open_data::open(sealed, ticket.session_key(), &expected)
        .map_err(|refused| Failed { settlement: Settlement::Tried, error: failed_check(refused, ticket.failures()) })?;
    let registered = app.users.register(Newcomer::new(ticket.identity(), &opened.profile()), now).await?;
    let (user_id, created) = (registered.user.id, registered.created());
    let (identity, session_key) = (ticket.identity().clone(), ticket.session_key().clone());
    let signed_in = sign_in(app, registered.user, identity, session_key, device).await?;
    let (kind, status) = match created {
        true => (EventKind::Register, StatusCode::CREATED),
        false => (EventKind::Login, StatusCode::OK),
    };
    app.shared.events.note(kind, user_id, Some(ticket.identity().app_id.clone()));
    Ok((Json(signed_in), status))
}

/// With a ticket in hand the data can be had anew; a signature that fails twice needs another exchange.
fn failed_check(refused: Refused, failures: u32) -> ApiError {
    let error = ApiError::from(refused);
    match refused {
        Refused::Decryption => error.with_retry(Retry::GetUserInfo),
        Refused::Signature if failures == 0 => error.with_retry(Retry::GetUserInfo),
        _ => error,
    }
}
