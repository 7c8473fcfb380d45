//! WeChat's side of a mini program's login, on this machine: what its servers answer, what a phone hands to a mini
//! program, and the state between the two that makes a first sign-in fail when the calls come in the wrong order. Its
//! rules, and the HTTP with examples, are in docs/simulator.md.
//!
//! It must know nothing of any service that is tested with it: code in common would let a mistake agree with itself. It
//! keeps everything in memory, needs no network, and is no place for a real secret.
//!
//! | room | what stands in it |
//! |---|---|
//! | `server` | WeChat's servers, as a backend asks them: `/sns`, `/cgi-bin`, `/wxa` |
//! | `phone` | a phone, as a mini program asks it: `/wx/{person}/{api}` |
//! | `control` | the levers of a test: `/control` |
//! | `model` | the state machine behind all three; knows nothing of HTTP |
//!
//! The first three do not know each other. What two of them write is in `payloads`, what may go wrong with any answer in
//! `trouble`, and WeChat's cryptography in `signing`.

mod control;
mod hex;
mod model;
mod payloads;
mod phone;
mod server;
mod signing;
mod trouble;

pub use model::ids::AppId;
pub use model::options::{Options, Rotation, SimulatedApp};
pub use model::people::{ANONYMOUS_AVATAR, ANONYMOUS_NICKNAME};
pub use model::time::Clock;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use model::wechat::Wechat;
use std::net::TcpListener;
use std::time::Duration;

/// How long an idle connection stays open. Longer than any client keeps one, which would otherwise meet its closing.
const KEEP_ALIVE: Duration = Duration::from_secs(120);

/// One simulated WeChat. Clones are handles to the same one; any number of threads may use them.
#[derive(Clone)]
pub struct Simulator {
    wechat: web::Data<Wechat>,
}

impl Simulator {
    /// A WeChat in which nobody has signed in yet. `POST /control/clock` is added to what `clock` says.
    #[must_use]
    pub fn new(options: Options, clock: Clock) -> Simulator {
        Simulator { wechat: web::Data::new(Wechat::new(options, clock)) }
    }

    /// Mounts `/sns`, `/cgi-bin`, `/wxa`, `/wx` and `/control` on an actix application, beside whatever else it serves.
    pub fn configure(&self) -> impl FnOnce(&mut web::ServiceConfig) + Clone + Send + 'static {
        let wechat = self.wechat.clone();
        move |service: &mut web::ServiceConfig| {
            service.app_data(wechat);
            server::mount(service);
            phone::mount(service);
            control::mount(service);
        }
    }

    /// Serves the simulator alone on `listener`, with one worker. It leaves the process's signals alone: end it with the
    /// handle of the answer.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn serve(&self, listener: TcpListener) -> std::io::Result<Server> {
        let simulator = self.clone();
        let app = move || App::new().configure(simulator.configure()).default_service(web::to(control::nothing_here));
        let server = HttpServer::new(app).workers(1).disable_signals();
        Ok(server.keep_alive(KEEP_ALIVE).client_request_timeout(KEEP_ALIVE).listen(listener)?.run())
    }
}
