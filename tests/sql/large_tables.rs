//! What the program itself does to tables that have grown.

use crate::cookbook::{PEOPLE, plan};
use crate::database::{full_rows, rows, seeded};
use secrecy::SecretString;
use std::time::Duration;
use weapp_login::store::{MysqlUsers, Transfer};

#[tokio::test(flavor = "multi_thread")]
async fn a_days_events_are_deleted_without_reading_the_others() {
    let database = seeded(PEOPLE).await;
    let mut admin = database.connect().await;
    let ids = rows(&mut admin, "SELECT id FROM login_events ORDER BY at LIMIT 1000").await;
    let ids: Vec<_> = ids.into_iter().map(|row| row[0].clone().unwrap()).collect();
    // What the store asks, with its numbers filled in.
    let old = "SELECT id FROM login_events WHERE at < UTC_TIMESTAMP(3) - INTERVAL 90 DAY ORDER BY at LIMIT 1000";
    let delete = format!("DELETE FROM login_events WHERE id IN ({})", ids.join(", "));

    let (old, delete) = (plan(&mut admin, old).await, plan(&mut admin, &delete).await);

    assert_eq!((old[0].kind.as_str(), old[0].key.as_deref()), ("range", Some("login_events_at")));
    assert_eq!((delete[0].kind.as_str(), delete[0].key.as_deref()), ("range", Some("PRIMARY")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_gives_every_way_in_once_and_in_order() {
    let database = seeded(5000).await;
    let store = MysqlUsers::new(&SecretString::from(database.url()), None, 1, Duration::from_secs(1800)).unwrap();
    let all = "SELECT app_id, openid, CAST(user_id AS CHAR) AS id FROM identities ORDER BY app_id, openid";
    let all = full_rows(&mut database.connect().await, all).await;

    let mut exported = vec![];
    let mut last = None;
    loop {
        let page = store.export(last.as_ref().map(|(app, openid)| (app, openid)), 777).await.unwrap();
        let Some(end) = page.last() else { break };
        last = end.pair.clone();
        exported.extend(page.iter().map(|person| {
            let (app, openid) = person.pair.as_ref().unwrap();
            vec![app.as_str().to_owned(), openid.as_str().to_owned(), person.id.0.to_string()]
        }));
    }

    assert!(all.len() > 5000);
    assert_eq!(exported, all);
}
