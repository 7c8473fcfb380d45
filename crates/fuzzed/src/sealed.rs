//! What lies in the token store, which is to be read after anybody wrote to it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::runtime::Runtime;
use weapp_login::clock::Clock;
use weapp_login::random::Random;
use weapp_login::session::{Lives, Sessions};
use weapp_login::store::{Entry, MemoryTokens, TokenStore, UserStore, Value};
use weapp_login::ticket::Tickets;
use weapp_login::token::{Purpose, Token};
use weapp_login::user::UserId;

struct Store {
    runtime: Runtime,
    random: Random,
    tokens: Arc<MemoryTokens>,
    tickets: Tickets,
    sessions: Sessions,
    /// Kept for as long as the people in it are.
    _folder: tempfile::TempDir,
}

static STORE: LazyLock<Store> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (clock, random) = (Clock::system(), Random::system());
    let folder = tempfile::tempdir().expect("a folder");
    let database = crate::service::settings_in(folder.path()).database;
    let users: Arc<dyn UserStore> = weapp_login::app::open_users(&database, 1).expect("a file that can be made");
    runtime.block_on(users.migrate()).expect("a schema");
    let tokens = Arc::new(MemoryTokens::new(clock.clone()));
    let ttl = chrono::TimeDelta::minutes(5);
    let lives = Lives { idle: ttl, absolute: ttl, per_user: 3 };
    Store {
        tickets: Tickets::new(tokens.clone(), clock.clone(), random.clone(), ttl),
        sessions: Sessions::new(tokens.clone(), users, clock, random.clone(), lives),
        runtime,
        random,
        tokens,
        _folder: folder,
    }
});

/// The first byte says where the rest lies and how: a ticket's or a session's place, sealed by its key or not at all, or a
/// list of sessions. The second is the number of the form.
///
/// # Panics
/// Something opens that was not sealed.
pub fn sealed(input: &[u8]) {
    let [place, form, plain @ ..] = input else { return };
    let store = &*STORE;
    let token = Token::parse("Zt6x0w4v7uYPk2nGn9WJ1mE3m8w0r1lT3oJ0m2c3bq0").expect("43 characters of base64url");
    let purpose = if place & 1 == 0 { Purpose::Ticket } else { Purpose::Session };
    let at = token.place(purpose);
    let authentic = place & 2 == 0;
    let bytes = if authentic { at.seal(*form, plain, &store.random) } else { input.to_vec() };
    store.runtime.block_on(async {
        store.tokens.clear();
        let value = Value { key: at.name(), bytes: &bytes, ttl: Duration::from_secs(300) };
        if place & 4 != 0 {
            let entry = Entry { list: "sessions:7", member: plain, score: 1, forget_below: 0, ttl: value.ttl };
            let _ = store.tokens.put_listed(value, entry, 3).await;
            let _ = store.sessions.of(UserId(7)).await;
        } else {
            let _ = store.tokens.put(value).await;
        }
        let app = store.tickets.app_of(&token).await;
        let session = store.sessions.find(&token).await;
        let redeemed = store.tickets.redeem(token).await;
        let opened = matches!(app, Ok(Some(_))) || matches!(session, Ok(Some(_))) || matches!(redeemed, Ok(Some(_)));
        assert!(authentic || !opened, "only what was sealed opens");
    });
}
