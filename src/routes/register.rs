//! `POST /v1/register`: redeems a ticket in one of three ways: with what `wx.getUserInfo` gave after the exchange, with the
//! tap that tells the phone number, or with the exchange alone.

use super::extract::{Body, Caller, WithinLimit};
use super::phone;
use super::register_form::{Form, RegisterRequest, spent};
use super::signed_in::{NotSignedIn, SignedIn, sign_in};
use crate::app::App;
use crate::error::{ApiError, Code, Retry};
use crate::events::SignIn;
use crate::identity::AppId;
use crate::registration::Way;
use crate::store::{EventKind, Newcomer, Outcome, Registered, StoreError};
use crate::telemetry::sign_ins::Registration;
use crate::ticket::{Redeemed, Settlement};
use crate::user::{Phone, Profile};
use crate::wechat::open_data::{self, Expected, Refused, Sealed};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};

/// What it fails with.
pub(super) const FAILURES: &[Code] = &[
    Code::TicketInvalid,
    Code::SignatureMismatch,
    Code::DecryptionFailed,
    Code::WatermarkMismatch,
    Code::IdentityMismatch,
    Code::DataStale,
    Code::UserSuspended,
    Code::RegistrationClosed,
    Code::PhoneCodeInvalid,
    Code::WechatRejected,
    Code::WechatQuotaExhausted,
    Code::WechatUnavailable,
    Code::RateLimited,
    Code::InvalidRequest,
    Code::PayloadTooLarge,
];

/// Register with a ticket.
///
/// Three ways, told apart by what is sent; a mini program may not accept all of them, and the login's `ways` names those that
/// it does. A half of `userInfo` is refused.
///
/// A ticket is spent by success and by its third failed check. After another failure it is good for what remains of its
/// life: `retry` tells what to get anew. Of several requests with one ticket at once, one is answered and the others are
/// told `ticket_invalid`.
#[utoipa::path(post, path = "/v1/register", tag = "Signing in", request_body = RegisterRequest, responses(
    (status = 201, description = "Registered and signed in", body = SignedIn),
    (status = 200, description = "Was registered by then; signed in", body = SignedIn)))]
pub(super) async fn register(
    app: Data<App>,
    caller: Caller,
    WithinLimit(Body(request)): WithinLimit<Body<RegisterRequest>>,
) -> Result<(Json<SignedIn>, StatusCode), ApiError> {
    let form = Form::try_from(request)?;
    let mut app_id = None;
    let answer = redeemed(&app, &caller, &form, &mut app_id).await;
    if let Err(error) = &answer {
        let (kind, code) = (EventKind::RegisterFailed, Some(error.code.name()));
        let (user_id, way, origin) = (caller.account(), Some(form.way), caller.origin);
        app.shared.events.sign_in(SignIn { kind, user_id, app_id, way, code, origin });
    }
    answer
}

/// The ticket's redemption and what follows; it tells the ticket's mini program as soon as that is known.
async fn redeemed(
    app: &App,
    caller: &Caller,
    form: &Form,
    app_id: &mut Option<AppId>,
) -> Result<(Json<SignedIn>, StatusCode), ApiError> {
    require_open(app, form).await?;

    let ticket = app.tickets.redeem(form.token.clone()).await?.ok_or_else(spent)?;
    *app_id = Some(ticket.identity().app_id.clone());

    match registered(app, &ticket, form, caller).await {
        Ok(registered) => Ok(registered),
        Err(Failed { settlement, error }) => {
            app.tickets.settle(ticket, settlement).await?;
            Err(error)
        }
    }
}

/// Whether the ticket's mini program takes somebody new in this way. Where all of them do, the ticket is not looked at.
async fn require_open(app: &App, form: &Form) -> Result<(), ApiError> {
    let apps = &app.settings().wechat.apps;
    if apps.iter().all(|app| app.registration.contains(&form.way)) {
        return Ok(());
    }
    let id = app.tickets.app_of(&form.token).await?.ok_or_else(spent)?;
    let ways = apps.iter().find(|app| app.id == id).map_or(&[][..], |app| &app.registration);
    if ways.contains(&form.way) {
        return Ok(());
    }
    let detail = match ways {
        [] => "this mini program takes nobody new".to_owned(),
        ways => {
            let ways: Vec<_> = ways.iter().map(ToString::to_string).collect();
            format!("this mini program takes nobody new in the way {}, only: {}", form.way, ways.join(", "))
        }
    };
    Err(ApiError::new(Code::RegistrationClosed, detail))
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

/// Between redemption and settlement: the way's proof, the account, the session.
async fn registered(
    app: &App,
    ticket: &Redeemed,
    form: &Form,
    caller: &Caller,
) -> Result<(Json<SignedIn>, StatusCode), Failed> {
    let profile = match form.sealed() {
        Some(sealed) => checked(app, ticket, sealed)?,
        None => Profile::default(),
    };
    let Some(code) = form.phone_code.as_deref() else {
        return stored(app, ticket, form.way, &profile, None, caller).await;
    };
    let phone = phone::number(app, ticket.identity(), code)
        .await
        .map_err(|error| Failed { settlement: Settlement::Untried, error })?;
    let registered = stored(app, ticket, form.way, &profile, Some(&phone), caller).await;
    if matches!(&registered, Err(Failed { settlement: Settlement::Untried, .. })) {
        phone::keep(app, ticket.identity(), code, &phone).await;
    }
    registered
}

/// The profile in what `wx.getUserInfo` gave, if that is what it must be.
fn checked(app: &App, ticket: &Redeemed, sealed: Sealed<'_>) -> Result<Profile, Failed> {
    let (max_age, now) = (app.settings().wechat.data_max_age, app.clock().now());
    let expected = Expected { identity: ticket.identity(), max_age, now };
    let opened = open_data::open(sealed, ticket.session_key(), &expected)
        .map_err(|refused| Failed { settlement: Settlement::Tried, error: failed_check(refused, ticket.failures()) })?;
    Ok(opened.profile())
}

/// The account and the session.
async fn stored(
    app: &App,
    ticket: &Redeemed,
    way: Way,
    profile: &Profile,
    phone: Option<&Phone>,
    caller: &Caller,
) -> Result<(Json<SignedIn>, StatusCode), Failed> {
    let identity = ticket.identity();
    let newcomer = Newcomer { identity, profile, phone, accounts: app.settings().wechat.phone_accounts };
    let Registered { user, outcome } = app.users.register(newcomer, app.clock().now()).await?;
    let signed_in = sign_in(app, caller, user, identity.clone(), ticket.session_key().clone()).await?;
    let (kind, status, ended) = match outcome {
        Outcome::Created => (EventKind::Register, StatusCode::CREATED, Registration::Created),
        Outcome::Known => (EventKind::Login, StatusCode::OK, Registration::Known),
        Outcome::Linked => (EventKind::Login, StatusCode::OK, Registration::Linked),
    };
    app.shared.sign_ins.count_registration(&identity.app_id, way, ended);
    let (user_id, app_id) = (caller.account(), Some(identity.app_id.clone()));
    app.shared.events.sign_in(SignIn { kind, user_id, app_id, way: Some(way), code: None, origin: caller.origin });
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
