//! How long the cookbook's daily questions take. Among twenty thousand people, or among those of a database that stays:
//!
//! ```sh
//! (echo 'SET @people = 10000000;'; cat sql/seed-benchmark.sql) | mysql weapp_large
//! LARGE_DATABASE=mysql://user:password@127.0.0.1:3306/weapp_large cargo test --test sql many_people -- --nocapture
//! ```

use crate::cookbook::{PEOPLE, known, plan};
use crate::database::{rows, seeded};
use crate::document::{days, questions};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use std::time::Instant;
use testkit::Database;

/// How long whoever asks every day may wait for an answer, in seconds.
const PATIENCE: f64 = 60.0;

/// The database to ask, and what drops it in the end.
async fn database() -> (Conn, Option<Database>) {
    #[expect(clippy::disallowed_methods, reason = "which database a developer wants to ask")]
    let large = std::env::var("LARGE_DATABASE").ok();
    match large {
        Some(url) => (Conn::from_url(url).await.unwrap(), None),
        None => {
            let database = seeded(PEOPLE).await;
            (database.connect().await, Some(database))
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_daily_is_found_by_an_index_and_soon_however_many_people_there_are() {
    let (mut admin, _database) = database().await;
    for line in days(8) {
        admin.query_drop(line).await.unwrap();
    }
    let people = rows(&mut admin, "SELECT COUNT(*) FROM users").await;
    println!("among {} accounts", people[0][0].as_ref().unwrap());

    for question in questions().into_iter().filter(|question| question.daily && !question.sql.starts_with("UPDATE")) {
        let plan = plan(&mut admin, &question.sql).await;
        assert!(plan.iter().all(known), "{}: {plan:?}", question.title);
        let begin = Instant::now();
        let found = rows(&mut admin, &question.sql).await.len();
        let took = begin.elapsed().as_secs_f64();
        println!("| {} | {found} | {took:.3} |", question.title);
        assert!(took < PATIENCE, "{}: {took} s", question.title);
    }
}
