//! The page that `dev` serves at `/`: a phone, this service and WeChat side by side.
//!
//! Only `dev` mounts it: it shows the rows of `users`.

use crate::app::App;
use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, get};

/// The page and what it looks at.
#[derive(Clone)]
pub struct Playground {}

impl Playground {
    pub fn new(_: &App) -> Playground {
        Playground {}
    }

    /// Mounts the page at `/`.
    pub fn mount(&self, routes: &mut ServiceConfig) {
        routes.route(
            "/",
            get().to(|| async { HttpResponse::Ok().content_type("text/html; charset=utf-8").body("weapp-login") }),
        );
    }
}
