//! The pure parts of a request, one by one: `cargo bench --bench micro`. What the network adds is measured by `make bench`.

use base64::{Engine, engine::general_purpose::STANDARD};
use divan::{Bencher, black_box};
use serde_json::{Map, Value};
use weapp_login::identity::{AppId, SessionKey};
use weapp_login::telemetry::Trace;
use weapp_login::token::{Purpose, Token};
use weapp_login::wechat::open_data;

fn main() {
    divan::main();
}

/// As long as a session is when it is stored.
const SESSION_BYTES: usize = 480;

mod token {
    use super::*;

    #[divan::bench]
    fn random(bencher: Bencher) {
        bencher.bench(Token::random);
    }

    #[divan::bench]
    fn parse(bencher: Bencher) {
        let text = Token::random().text();
        bencher.bench(|| Token::parse(black_box(&text)));
    }

    #[divan::bench]
    fn name(bencher: Bencher) {
        let token = Token::random();
        bencher.bench(|| black_box(&token).name(Purpose::Session));
    }

    #[divan::bench]
    fn seal(bencher: Bencher) {
        let token = Token::random();
        bencher.bench(|| token.seal(Purpose::Session, black_box(&[b'x'; SESSION_BYTES])));
    }

    #[divan::bench]
    fn unseal(bencher: Bencher) {
        let token = Token::random();
        let sealed = token.seal(Purpose::Session, &[b'x'; SESSION_BYTES]);
        bencher.bench(|| token.unseal(Purpose::Session, black_box(&sealed)));
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
    fn signature(bencher: Bencher) {
        let sample = sample("signature_sha1");
        let (raw, signature, key) = (text(&sample, "raw_data"), text(&sample, "signature"), key(&sample));
        bencher.bench(|| open_data::verify_signature(black_box(raw), signature, &key));
    }

    #[divan::bench]
    fn decrypt(bencher: Bencher) {
        let sample = sample("decrypt_user_info");
        let (data, iv, key) = (bytes(&sample, "encrypted_data"), bytes(&sample, "iv"), key(&sample));
        bencher.bench(|| open_data::decrypt(black_box(&data), &iv, &key));
    }

    #[divan::bench]
    fn profile_and_watermark(bencher: Bencher) {
        let sample = sample("decrypt_user_info");
        let opened = open_data::decrypt(&bytes(&sample, "encrypted_data"), &bytes(&sample, "iv"), &key(&sample));
        let (opened, app): (_, AppId) =
            (opened.expect("the sample decrypts"), text(&sample, "appid").parse().expect("an id"));
        bencher.bench(|| (open_data::check_watermark(black_box(&opened), &app), open_data::profile(&opened)));
    }
}

mod trace {
    use super::*;

    #[divan::bench]
    fn of_a_header(bencher: Bencher) {
        let header = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        bencher.bench(|| Trace::from_header(black_box(header)));
    }

    #[divan::bench]
    fn of_our_own(bencher: Bencher) {
        bencher.bench(|| Trace::from_header(black_box(None)));
    }
}
