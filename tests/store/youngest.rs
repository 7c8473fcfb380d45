//! What a page that shows a few accounts reads.

use super::Backend;
use crate::backends::People;
use crate::histories::{identity, named, now};
use weapp_login::store::Newcomer;
use weapp_login::user::Status;

#[tokio::test(flavor = "multi_thread")]
async fn the_youngest_accounts_come_first_with_their_pairs_and_no_more_than_asked_for() {
    let (_backend, users) = Backend::migrated().await;
    let mut ids = vec![];
    for name in ["oA", "oB", "oC", "oD"] {
        let unionid = (name == "oD").then_some("uD");
        let registered =
            users.register(Newcomer::new(&identity("wx1", name, unionid), &named(name)), now()).await.unwrap();
        ids.push(registered.user.id);
    }
    users.find(&identity("wx2", "oD2", Some("uD")), now()).await.unwrap();
    users.erase(ids[2], now().into()).await.unwrap();

    let youngest = users.youngest(ids[0], 2).await.unwrap();

    let seen: Vec<_> =
        youngest.iter().map(|account| (account.user.id, account.user.status, account.pairs.len())).collect();
    assert_eq!(seen, [(ids[3], Status::Active, 2), (ids[2], Status::Erased, 0)]);
    assert_eq!(youngest[0].unionid.as_ref().map(|unionid| unionid.as_str()), Some("uD"));
    assert_eq!(youngest[0].pairs[1].1.as_str(), "oD2");
    assert!(users.youngest(ids[3], 2).await.unwrap().is_empty());
}
