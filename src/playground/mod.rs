//! The page that `dev` serves at `/`: a phone, this service and WeChat side by side, with what each knows.
//!
//! Only `dev` mounts it, because it shows rows of `users` to whoever asks. It never shows an id of WeChat's, a key or a token,
//! and serves every asset itself: the client and the phone on the page are files that the client's package ships.

mod state;

use crate::app::Shared;
use crate::store::StoreError;
use actix_web::HttpResponse;
use actix_web::guard;
use actix_web::http::header;
use actix_web::web::{Query, ServiceConfig, get, post, route};
use state::{Shelves, Wanted};
use std::sync::Arc;

/// Nothing from another host, nothing inline.
const POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($name:literal, $media_type:expr) => {
        (concat!("/playground/", $name), $media_type, include_str!(concat!("assets/", $name)))
    };
}

/// Path, media type and text.
const ASSETS: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("assets/index.html")),
    asset!("icon.svg", "image/svg+xml"),
    asset!("page.css", STYLE),
    asset!("diagram.css", STYLE),
    asset!("phone.css", STYLE),
    asset!("theme.js", SCRIPT),
    asset!("colours.js", SCRIPT),
    asset!("main.js", SCRIPT),
    asset!("scene.js", SCRIPT),
    asset!("wire.js", SCRIPT),
    asset!("diagram.js", SCRIPT),
    asset!("phone.js", SCRIPT),
    asset!("shelves.js", SCRIPT),
    asset!("tour.js", SCRIPT),
    asset!("explanation.js", SCRIPT),
    asset!("levers.js", SCRIPT),
    asset!("service.js", SCRIPT),
    asset!("elements.js", SCRIPT),
    asset!("redact.js", SCRIPT),
    asset!("words.js", SCRIPT),
    asset!("words-en.js", SCRIPT),
    asset!("words-zh.js", SCRIPT),
    ("/playground/client.mjs", SCRIPT, include_str!("../../clients/miniprogram/dist/index.mjs")),
    ("/playground/wx.mjs", SCRIPT, include_str!("../../clients/miniprogram/testing/index.mjs")),
    ("/playground/client.md", TEXT, include_str!("../../clients/miniprogram/README.md")),
    ("/playground/client.zh-CN.md", TEXT, include_str!("../../clients/miniprogram/README.zh-CN.md")),
];

/// The page and what it looks at. Clones look at the same.
#[derive(Clone)]
pub struct Playground {
    shelves: Arc<Shelves>,
    apps: Arc<[String]>,
}

impl Playground {
    /// Looks at the stores of a process.
    ///
    /// # Errors
    /// They cannot be opened.
    pub fn new(shared: &Shared) -> Result<Playground, StoreError> {
        let apps = shared.settings.wechat.apps.iter().map(|app| app.id.to_string()).collect();
        let shelves = Shelves { users: shared.users(1)?, memory: shared.memory.clone() };
        Ok(Playground { shelves: Arc::new(shelves), apps })
    }

    /// Mounts the page at `/`; below `/playground` its assets, `GET state` and `POST start-over`.
    pub fn mount(&self, routes: &mut ServiceConfig) {
        for &(path, media_type, text) in ASSETS {
            let read = route().guard(guard::Any(guard::Get()).or(guard::Head()));
            routes.route(path, read.to(move || async move { asset(media_type, text) }));
        }
        let page = self.clone();
        let state = move |wanted: Query<Wanted>| {
            let page = page.clone();
            async move { page.shelves.shown(&page.apps, &wanted).await }
        };
        let shelves = self.shelves.clone();
        let start_over = move || {
            let shelves = shelves.clone();
            async move { shelves.forget_tokens() }
        };
        routes.route("/playground/state", get().to(state));
        routes.route("/playground/start-over", post().to(start_over));
    }
}

/// Not cached: the next start of a newer program on the same port serves other files.
fn asset(media_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(text)
}
