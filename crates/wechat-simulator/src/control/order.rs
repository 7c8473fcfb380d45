//! How orders are read and answered. Nothing here tells a code, a key or an id.

use crate::model::ids::{AppId, is_name};
use crate::model::world::World;
use actix_web::{HttpResponse, http::StatusCode};
use serde::{Deserialize, Deserializer, Serialize};

/// What was wrong with an order.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    error: String,
}

impl Refusal {
    pub(crate) fn new(error: impl Into<String>) -> Refusal {
        Refusal { error: error.into() }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)
    }
}

impl actix_web::ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::BadRequest().json(self)
    }
}

pub(super) type Answer = Result<HttpResponse, Refusal>;

pub(super) fn ok(body: impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(body))
}

pub(super) fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refusal> {
    let text = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(|error| Refusal::new(error.to_string()))
}

/// Tells `null` from a field that is not there.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Puts a value that was given in its place.
pub(super) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

pub(super) fn named(person: &str) -> Result<&str, Refusal> {
    if is_name(person) { Ok(person) } else { Err(Refusal::new("a person's name has 1 to 64 characters")) }
}

/// The app that is meant; the only one need not be named.
pub(super) fn app_meant(world: &World, id: Option<&str>) -> Result<AppId, Refusal> {
    match id {
        Some(id) => world.known_app(id).map_err(|_unknown| Refusal::new(format!("there is no app {id:?}"))),
        None if world.apps.len() == 1 => Ok(world.apps.keys().next().expect("there is one").clone()),
        None => Err(Refusal::new("appId is missing")),
    }
}
