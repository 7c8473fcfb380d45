//! A listener of its own for what is not for phones.

use crate::phone::Phone;
use crate::site::Site;
use testkit::free_port;

#[tokio::test(flavor = "multi_thread")]
async fn with_an_internal_listener_phones_find_nothing_that_is_not_theirs() {
    let site = Site::start(&[]).await;
    let internal = format!("127.0.0.1:{}", free_port());
    let replica = site.replica(&[("INTERNAL_LISTEN", &internal)]);
    let internal = format!("http://{internal}");
    let token = Phone::of(&site, "alice").join(&replica.base).await.text("token").to_owned();

    let mut outside = vec![];
    for path in ["/metrics", "/readyz", "/v1/introspect", "/v1/auth", "/v1/auth/orders"] {
        outside.push(site.get(&replica.base, path, &token).await.status.as_u16());
    }
    let inside = site.get(&internal, "/v1/auth", &token).await;

    assert_eq!(outside, [404; 5]);
    assert_eq!(inside.status, 204, "{inside:?}");
    assert_eq!(site.get(&internal, "/readyz", "").await.status, 200);
    assert_eq!(site.get(&internal, "/metrics", "").await.status, 200);
    assert_eq!(site.get(&replica.base, "/v1/session", &token).await.status, 200);
    assert_eq!(site.get(&replica.base, "/healthz", "").await.status, 200);
}
