//! `POST /v1/register`: redeems a ticket with the data that was signed after the exchange.

use super::body::{Body, base64, within};
use super::client_address::WithinLimit;
use super::device::Device;
use super::signed_in::{SignedIn, sign_in};
use crate::app::App;
use crate::error::{ApiError, Code, Retry};
use crate::store::EventKind;
use crate::ticket::Redeemed;
use crate::token::Token;
use crate::user::Profile;
use crate::wechat::open_data::{self, Refused};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use serde::Deserialize;
use utoipa::ToSchema;

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
    within("rawData", &request.raw_data, 16 * 1024)?;
    within("signature", &request.signature, 128)?;
    let encrypted = base64("encryptedData", &request.encrypted_data, 48 * 1024)?;
    let iv = base64("iv", &request.iv, 128)?;
    let spent = || ApiError::new(Code::TicketInvalid, "the ticket is unknown, expired or spent");
    let token = Token::parse(within("ticket", &request.ticket, 512)?).ok_or_else(spent)?;

    let ticket = app.tickets.redeem(token).await?.ok_or_else(spent)?;

    let profile = match checked(&app, &ticket, &request, &encrypted, &iv) {
        Ok(profile) => profile,
        Err(refused) => {
            let error = refused_at_register(refused, ticket.failures());
            app.tickets.give_back_after_failure(ticket).await?;
            return Err(error);
        }
    };
    let registered = match app.users.register(ticket.identity(), &profile, app.clock.now()).await {
        Ok(registered) => registered,
        Err(error) => {
            app.tickets.give_back_untried(ticket).await?;
            return Err(error.into());
        }
    };
    let (identity, session_key) = (ticket.identity().clone(), ticket.session_key().clone());
    let app_id = identity.app_id.clone();
    let signed_in = match sign_in(&app, &registered.user, identity, session_key, device.0).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            if error.code == Code::StorageUnavailable {
                app.tickets.give_back_untried(ticket).await?;
            }
            return Err(error);
        }
    };
    let (kind, status) = match registered.created {
        true => (EventKind::Register, StatusCode::CREATED),
        false => (EventKind::Login, StatusCode::OK),
    };
    app.events.note(kind, registered.user.id, Some(app_id));
    Ok((Json(signed_in), status))
}

fn checked(
    app: &App,
    ticket: &Redeemed,
    request: &RegisterRequest,
    encrypted: &[u8],
    iv: &[u8],
) -> Result<Profile, Refused> {
    open_data::verify_signature(&request.raw_data, &request.signature, ticket.session_key())?;
    let data = open_data::decrypt(encrypted, iv, ticket.session_key())?;
    open_data::check_watermark(&data, &ticket.identity().app_id)?;
    open_data::check_identity(&data, ticket.identity())?;
    open_data::check_age(&data, app.settings.wechat.data_max_age, app.clock.now())?;
    Ok(open_data::profile(&data))
}

/// With a ticket in hand the data can be had anew; a signature that fails twice needs another exchange.
fn refused_at_register(refused: Refused, failures: u32) -> ApiError {
    let error = ApiError::from(refused);
    match refused {
        Refused::Decryption => error.with_retry(Retry::GetUserInfo),
        Refused::Signature if failures == 0 => error.with_retry(Retry::GetUserInfo),
        _ => error,
    }
}
