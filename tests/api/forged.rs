//! Data that WeChat's key holds together in every way, and that is about somebody else.

use super::Mode;
use crate::harness::{APP, TestApp};
use crate::stand_in::StandIn;
use base64::{Engine, engine::general_purpose::STANDARD};
use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use testkit::Answer;

const KEY: &str = "tiihtNczf5v6AKRyjwEUhQ==";
const OPENID: &str = "oGZUI0egBJY1zhBYw2KhdUfwVJJE";
const UNIONID: &str = "ocMvos6NjeKLIBqg5Mr9QjxrP1FA";

/// A service whose WeChat gives everybody the same identity and session key, and a ticket of that person's.
async fn with_ticket() -> (TestApp<Mode>, String) {
    let exchanged = json!({"session_key": KEY, "openid": OPENID, "unionid": UNIONID}).to_string();
    let wechat = StandIn::start(&[("text/plain", &exchanged)]).await;
    let test = TestApp::<Mode>::against(&wechat.base, &[]).await;
    let answer = test.post("/v1/login", &json!({"code": "c", "appId": APP})).await;
    (test, answer.text("ticket").to_owned())
}

/// What a phone hands over about whoever `ids` say, signed and encrypted with the session key itself.
fn data_about(ids: Value) -> Value {
    let mut plain = json!({"nickName": "Mallory", "gender": 0});
    plain["watermark"] = json!({"appid": APP, "timestamp": weapp_login::clock::Clock::system().now().timestamp()});
    plain.as_object_mut().unwrap().extend(ids.as_object().unwrap().clone());
    let (key, iv): ([u8; 16], [u8; 16]) = (STANDARD.decode(KEY).unwrap().try_into().unwrap(), [7; 16]);
    let cipher = cbc::Encryptor::<aes::Aes128>::new(&key.into(), &iv.into());
    let raw = r#"{"nickName":"Mallory","gender":0}"#;
    json!({
        "rawData": raw,
        "signature": hex::encode(Sha1::digest(format!("{raw}{KEY}"))),
        "encryptedData": STANDARD.encode(cipher.encrypt_padded_vec::<Pkcs7>(plain.to_string().as_bytes())),
        "iv": STANDARD.encode(iv),
    })
}

async fn registered(test: &TestApp<Mode>, ticket: &str, ids: Value) -> Answer {
    let mut form = data_about(ids);
    form["ticket"] = ticket.into();
    test.post("/v1/register", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn data_about_the_tickets_own_person_registers_them() {
    let (test, ticket) = with_ticket().await;

    let answer = registered(&test, &ticket, json!({"openId": OPENID, "unionId": UNIONID})).await;

    assert_eq!((answer.status.as_u16(), &answer.body["user"]["nickname"]), (201, &json!("Mallory")));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_openid_does_not_register() {
    let (test, ticket) = with_ticket().await;

    let answer = registered(&test, &ticket, json!({"openId": "oAnotherPerson", "unionId": UNIONID})).await;

    assert_eq!(answer.problem(), (422, "identity_mismatch", "none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_unionid_does_not_register() {
    let (test, ticket) = with_ticket().await;

    let answer = registered(&test, &ticket, json!({"openId": OPENID, "unionId": "uAnotherPerson"})).await;

    assert_eq!(answer.problem(), (422, "identity_mismatch", "none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_ids_are_refused_wherever_data_is_opened() {
    let (test, ticket) = with_ticket().await;
    let token = registered(&test, &ticket, json!({})).await.text("token").to_owned();
    for ids in [json!({"openId": "oAnotherPerson"}), json!({"unionId": "uAnotherPerson"})] {
        for path in ["/v1/open-data", "/v1/me/phone"] {
            let request = test.http.post(format!("{}{path}", test.base)).bearer_auth(&token);

            let answer = Answer::to(request.json(&data_about(ids.clone()))).await.unwrap();

            assert_eq!(answer.problem().1, "identity_mismatch", "{path} {ids}");
        }
    }
}
