//! The cookbook among ten million people, who are invented once, into a database that stays:
//!
//! ```sh
//! (echo 'SET @people = 10000000;'; cat sql/seed-benchmark.sql) | mysql weapp_large
//! LARGE_DATABASE=mysql://user:password@127.0.0.1:3306/weapp_large cargo test --test sql ten_million -- --ignored --nocapture
//! ```

use crate::cookbook::{known, plan};
use crate::database::rows;
use crate::document::{days, questions};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use std::time::Instant;
use testkit::given;

/// How long whoever asks every day may wait for an answer.
const PATIENCE: f64 = 60.0;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the database that LARGE_DATABASE names, which takes half an hour to fill"]
async fn what_is_asked_daily_among_ten_million_is_found_by_an_index_and_soon() {
    let mut admin = Conn::from_url(given("LARGE_DATABASE")).await.unwrap();
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
