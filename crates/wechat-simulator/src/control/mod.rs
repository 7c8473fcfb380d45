//! The levers of a test: people, keys, time and trouble. Nothing here tells a code, a key or an id.

mod apps;
mod checks;
mod faults;
mod options;
mod order;
mod overview;
mod people;

use actix_web::{HttpResponse, web};

/// Mounts `/control`.
pub(crate) fn mount(service: &mut web::ServiceConfig) {
    let person = "/control/people/{person:[^/]*}";
    service
        .service(web::resource("/control").get(overview::overview))
        .service(web::resource("/control/log").get(overview::log))
        .service(web::resource(person).get(people::show_person).put(people::change_person))
        .service(web::resource(format!("{person}/expire-session-key")).post(people::expire_session_key))
        .service(web::resource(format!("{person}/prefetch")).post(people::prefetch))
        .service(web::resource("/control/apps/{app}").put(apps::change_app))
        .service(web::resource("/control/options").put(options::change_options))
        .service(web::resource("/control/checks").put(checks::change_checks))
        .service(web::resource("/control/clock").post(overview::advance_clock))
        .service(web::resource("/control/faults").post(faults::add_fault).delete(faults::clear_faults))
        .service(web::resource("/control/reset").post(overview::reset));
}

/// What a simulator that serves alone answers where it has no path.
pub(crate) async fn nothing_here() -> HttpResponse {
    HttpResponse::NotFound().json(order::Refusal::new("no such path"))
}
