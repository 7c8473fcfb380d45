//! The pure parts of a request, one by one: `cargo bench --bench micro`. What the network adds is measured by `make bench`.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta};
use divan::{Bencher, black_box};
use serde_json::{Map, Value};
use weapp_login::identity::{Identity, SessionKey};
use weapp_login::random::Random;
use weapp_login::telemetry::Trace;
use weapp_login::token::{Purpose, Token};
use weapp_login::wechat::open_data::{self, Expected, Sealed};

fn main() {
    divan::main();
}

/// As long as a session is when it is stored.
const SESSION_BYTES: usize = 480;

mod token {
    use super::*;

    #[divan::bench]
    fn random(bencher: Bencher) {
        let random = Random::system();
        bencher.bench(|| Token::random(&random));
    }

    #[divan::bench]
    fn parse(bencher: Bencher) {
        let text = Token::random(&Random::system()).text();
        bencher.bench(|| Token::parse(black_box(&text)));
    }

    #[divan::bench]
    fn place(bencher: Bencher) {
        let token = Token::random(&Random::system());
        bencher.bench(|| black_box(&token).place(Purpose::Session));
    }

    #[divan::bench]
    fn seal(bencher: Bencher) {
        let (random, token) = (Random::system(), Token::random(&Random::system()));
        bencher.bench(|| token.place(Purpose::Session).seal(1, black_box(&[b'x'; SESSION_BYTES]), &random));
    }

    #[divan::bench]
    fn open(bencher: Bencher) {
        let (random, token) = (Random::system(), Token::random(&Random::system()));
        let sealed = token.place(Purpose::Session).seal(1, &[b'x'; SESSION_BYTES], &random);
        bencher.bench(|| token.place(Purpose::Session).open(black_box(&sealed)));
    }
}

/// The samples of WeChat's own documentation.
mod data {
    use super::*;

    fn sample(kind: &str) -> Map<String, Value> {
        let all: Vec<Map<String, Value>> =
            serde_json::from_str(include_str!("../tests/fixtures/vectors.json")).expect("the samples are JSON");
        all.into_iter().find(|sample| sample["kind"] == kind).expect("there is one of each kind")
    }

    fn text<'a>(sample: &'a Map<String, Value>, name: &str) -> &'a str {
        sample[name].as_str().expect("samples are made of text")
    }

    fn key(sample: &Map<String, Value>) -> SessionKey {
        text(sample, "session_key").to_owned().try_into().expect("the sample has a session key")
    }

    fn bytes(sample: &Map<String, Value>, name: &str) -> Vec<u8> {
        STANDARD.decode(text(sample, name)).expect("the sample is base64")
    }

    #[divan::bench]
    fn open(bencher: Bencher) {
        let sample = sample("decrypt_user_info");
        let (encrypted, iv, key) = (bytes(&sample, "encrypted_data"), bytes(&sample, "iv"), key(&sample));
        let identity = Identity {
            app_id: text(&sample, "appid").parse().expect("an id"),
            openid: "oGZUI0egBJY1zhBYw2KhdUfwVJJE".parse().expect("an openid"),
            unionid: None,
        };
        let expected = Expected { identity: &identity, max_age: TimeDelta::zero(), now: DateTime::UNIX_EPOCH };
        bencher.bench(|| {
            let sealed = Sealed { encrypted: black_box(&encrypted), iv: &iv, signed: None };
            open_data::open(sealed, &key, &expected).expect("the sample is what it must be").profile()
        });
    }
}

mod trace {
    use super::*;

    #[divan::bench]
    fn of_a_header(bencher: Bencher) {
        let random = Random::system();
        let header = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        bencher.bench(|| Trace::from_header(black_box(header), &random));
    }

    #[divan::bench]
    fn of_our_own(bencher: Bencher) {
        let random = Random::system();
        bencher.bench(|| Trace::from_header(black_box(None), &random));
    }
}
