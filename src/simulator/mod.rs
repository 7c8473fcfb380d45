//! WeChat's side, on this machine: what its servers answer, what a phone hands to a mini program, and the state between
//! the two that makes a first sign-in fail when the calls come in the wrong order. Its rules, and the HTTP with examples,
//! are in docs/simulator.md.
//!
//! It must share nothing with the service but [`crate::identity`]: code in common would let a mistake agree with itself.
//! It keeps everything in memory, needs no network, and is no place for a real secret.

mod api;
mod api_exchange;
mod api_tokens;
mod api_wxa;
mod codes;
mod control;
mod control_faults;
mod control_options;
mod control_people;
mod entropy;
mod errcodes;
mod exchange;
mod faults;
mod journal;
mod keys;
mod options;
mod payloads;
mod people;
mod quotas;
mod signing;
mod tokens;
mod world;
mod wx;

pub use options::{Options, Rotation, SimulatedApp, UnknownRotation};
pub use people::{ANONYMOUS_AVATAR, ANONYMOUS_NICKNAME};

use actix_web::{App, HttpResponse, HttpServer, dev::Server, web};
use faults::Faults;
use std::net::TcpListener;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use world::World;

/// How long an idle connection stays open. Longer than any client keeps one, which would otherwise meet its closing.
const PATIENCE: Duration = Duration::from_secs(120);

/// The time in Unix milliseconds. `POST /control/clock` is added to what it says.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// One simulated WeChat. Clones are handles to the same one; any number of threads may use them.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    clock: Clock,
    advanced: AtomicI64,
    world: Mutex<World>,
    faults: Mutex<Faults>,
}

impl Simulator {
    /// A WeChat in which nobody has signed in yet.
    pub fn new(options: Options, clock: Clock) -> Simulator {
        let world = Mutex::new(World::new(options.clone()));
        let inner = Inner { options, clock, advanced: AtomicI64::new(0), world, faults: Mutex::default() };
        Simulator { inner: Arc::new(inner) }
    }

    /// Mounts `/sns`, `/cgi-bin`, `/wxa`, `/wx` and `/control` on an actix application, beside whatever else it serves.
    pub fn configure(&self) -> impl FnOnce(&mut web::ServiceConfig) + Clone + Send + 'static {
        let simulator = self.clone();
        move |service: &mut web::ServiceConfig| {
            service.app_data(web::Data::new(simulator));
            api::mount(service);
            wx::mount(service);
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
        let nothing_here = || async { HttpResponse::NotFound().json(control::Refusal::new("no such path")) };
        let app = move || App::new().configure(simulator.configure()).default_service(web::to(nothing_here));
        let server = HttpServer::new(app).workers(1).disable_signals();
        Ok(server.keep_alive(PATIENCE).client_request_timeout(PATIENCE).listen(listener)?.run())
    }

    /// The simulator's time in Unix milliseconds: the clock's, and what it was advanced by.
    fn now(&self) -> i64 {
        (self.inner.clock)() + self.advanced()
    }

    fn advanced(&self) -> i64 {
        self.inner.advanced.load(Ordering::SeqCst)
    }

    fn advance(&self, milliseconds: i64) {
        self.inner.advanced.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Forgets everybody, every fault, every change of options and the advanced time. The log's numbers go on, so that who
    /// follows it sees the reset.
    fn reset(&self) {
        let mut world = self.world();
        let written = world.journal.last_seq();
        *world = World::new(self.inner.options.clone());
        *self.faults() = Faults::default();
        self.inner.advanced.store(0, Ordering::SeqCst);
        world.journal.continue_after(written);
        let now = self.now();
        world.journal.write(world::event("reset", None, now));
    }

    /// One question at a time: this lock is what makes a code single use.
    fn world(&self) -> MutexGuard<'_, World> {
        self.inner.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.inner.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
