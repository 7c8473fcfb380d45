//! weapp-login signs people in to WeChat mini programs in the order that works: the code is exchanged first, and the data
//! that WeChat signs is fetched after that.
//!
//! # The rooms
//!
//! | storey | rooms |
//! |---|---|
//! | commands | [`commands`] |
//! | web | [`server`] → [`routes`] · [`playground`], which only `dev` opens → [`exchange`] → [`error`] |
//! | wiring | [`background`] → [`app`] |
//! | meaning | [`desk`] → [`ticket`] · [`session`] · [`decryption_budget`] · [`rate_limit`] · [`clock_offset`] · [`phone_code`] → [`access_token`] · [`events`] |
//! | outside world | [`store`] · [`wechat`] |
//! | words | [`telemetry`] → [`settings`] · [`token`] → [`seal`] · [`identity`] · [`registration`] · [`user`] → [`random`] · [`clock`] · [`public_roots`] |
//!
//! A room imports from the storeys below its own, and within one where an arrow leads; rooms with a dot between them do not
//! know each other. `tests/architecture.rs` reads this table and keeps it. WeChat's side is a crate of its own,
//! [`wechat_simulator`], which knows nothing of this one: shared code would let a mistake agree with itself. Only
//! [`commands`] open it.
//!
//! # The two flows
//!
//! **Login**: `routes/login.rs` has [`wechat`] exchange the code for an identity and a session key, and asks
//! [`store::People::find`] whose it is. Somebody known is signed in (`routes/signed_in.rs` → [`session`]); for somebody
//! unknown [`ticket`] keeps both, sealed.
//!
//! **Register**: `routes/register.rs` redeems the ticket, checks the data with [`wechat::open_data`], and
//! [`store::People::register`] stores the person: the unique keys decide who was first. A check that fails, or a store
//! that does not answer, gives the ticket back with the life that remains to it.

#![warn(missing_docs, unreachable_pub)]

pub mod access_token;
pub mod app;
pub mod background;
pub mod clock;
pub mod clock_offset;
pub mod commands;
pub mod decryption_budget;
pub mod desk;
pub mod error;
pub mod events;
pub mod exchange;
pub mod identity;
pub mod phone_code;
pub mod playground;
pub mod public_roots;
pub mod random;
pub mod rate_limit;
pub mod registration;
pub mod routes;
pub mod seal;
pub mod server;
pub mod session;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod ticket;
pub mod token;
pub mod user;
pub mod wechat;
