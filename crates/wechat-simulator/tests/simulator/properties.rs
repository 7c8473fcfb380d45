//! Whatever two devices of two people do, in whatever order, while keys expire and time passes: what must always hold.

use crate::harness::{APP, Desk, Signed, empty_signature, options};
use proptest::prelude::*;
use serde_json::json;
use wechat_simulator::{Options, Rotation};

const PEOPLE: [&str; 2] = ["alice", "bob"];
const DEVICES: usize = 2;

#[derive(Debug, Clone, Copy)]
enum Step {
    Login { person: usize, device: usize },
    Exchange { person: usize, device: usize },
    UserInfo { person: usize },
    Expire { person: usize },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (person, device) = (0..PEOPLE.len(), 0..DEVICES);
    prop_oneof![
        3 => (person.clone(), device.clone()).prop_map(|(person, device)| Step::Login { person, device }),
        4 => (person.clone(), device).prop_map(|(person, device)| Step::Exchange { person, device }),
        4 => person.clone().prop_map(|person| Step::UserInfo { person }),
        1 => person.prop_map(|person| Step::Expire { person }),
        2 => prop_oneof![Just(1_u64), Just(100), Just(301), Just(3 * 86_400)].prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// What a backend and an onlooker know of one person.
#[derive(Default)]
struct Seen {
    openid: Option<String>,
    /// The last code of each device, and whether it was exchanged.
    codes: [Option<(String, u64, bool)>; DEVICES],
    /// Every key that an exchange handed out, in order, without repetition.
    keys: Vec<String>,
    data: Vec<(Signed, u64)>,
}

impl Seen {
    fn key(&self, version: u64) -> Option<&String> {
        self.keys.iter().find(|_| version > 0).and_then(|_| self.keys.get(version as usize - 1))
    }
}

struct Story {
    desk: Desk,
    rotation: Rotation,
    elapsed: u64,
    people: [Seen; 2],
}

impl Story {
    fn take(&mut self, step: Step) {
        match step {
            Step::Wait { seconds } => {
                self.elapsed += seconds;
                self.desk.advance(seconds);
            }
            Step::Expire { person } => self.desk.expire_key(PEOPLE[person]),
            Step::Login { person, device } => {
                let code = self.desk.code(PEOPLE[person]);
                self.people[person].codes[device] = Some((code, self.elapsed, false));
            }
            Step::UserInfo { person } => {
                let answer = self.desk.wx(PEOPLE[person], "getUserInfo");
                if answer.status == 200 {
                    let version = self.state(person)["keyVersion"].as_u64().unwrap();
                    self.people[person].data.push((Signed::of(&answer), version));
                }
            }
            Step::Exchange { person, device } => self.exchange(person, device),
        }
    }

    fn exchange(&mut self, person: usize, device: usize) {
        let Some((code, issued, used)) = self.people[person].codes[device].clone() else { return };
        let before = self.state(person)["keyVersion"].as_u64().unwrap();

        let answer = self.desk.exchange(&code);

        let late = self.elapsed - issued >= 300;
        let remembered = self.elapsed - issued < 3600;
        let expected = if used && remembered { Some(40163) } else { (used || late).then_some(40029) };
        assert_eq!(answer.json()["errcode"].as_i64(), expected, "the code's age is {}", self.elapsed - issued);
        let after = self.state(person)["keyVersion"].as_u64().unwrap();
        if expected.is_some() {
            assert_eq!(before, after, "a refused exchange changes nothing");
            return;
        }
        let key = answer.text_of("session_key");
        let seen = &mut self.people[person];
        seen.codes[device].as_mut().unwrap().2 = true;
        let openid = seen.openid.get_or_insert_with(|| answer.text_of("openid"));
        assert_eq!(*openid, answer.text_of("openid"));
        if self.rotation == Rotation::OnExchange {
            assert!(after - before <= 1);
            // Each rotation happens at an exchange, so that every version is handed out and the list is complete.
            match seen.key(after) {
                Some(known) => assert_eq!(*known, key),
                None => seen.keys.push(key.clone()),
            }
            assert_eq!(seen.keys.len() as u64, after);
        } else {
            assert_eq!(before, after, "only a login rotates");
            if seen.keys.last() != Some(&key) {
                assert!(!seen.keys.contains(&key), "no key comes back");
                seen.keys.push(key.clone());
            }
        }
        self.exactly_this_key_is_valid(person, &key);
        assert!(self.desk.user_info(PEOPLE[person]).is_by(&key), "exchange first: the data is always good");
    }

    fn exactly_this_key_is_valid(&self, person: usize, key: &str) {
        let seen = &self.people[person];
        let openid = seen.openid.as_ref().unwrap();
        let token = self.desk.token();
        let expired = self.state(person)["keyExpired"] == json!(true);
        assert!(!(expired && self.rotation == Rotation::OnExchange), "an exchange never hands out a dead key");
        for known in &seen.keys {
            let query = format!(
                "access_token={token}&openid={openid}&signature={}&sig_method=hmac_sha256",
                empty_signature(known)
            );
            let verdict = self.desk.get(&format!("/wxa/checksession?{query}")).errcode();
            assert_eq!(verdict == 0, known == key && !expired);
        }
    }

    fn data_is_good_exactly_under_its_own_key(&self) {
        for (person, seen) in self.people.iter().enumerate() {
            for (data, version) in &seen.data {
                let opened_by: Vec<usize> = (0..seen.keys.len()).filter(|n| data.is_by(&seen.keys[*n])).collect();
                match self.rotation {
                    Rotation::OnExchange if *version > 0 => assert_eq!(opened_by, [*version as usize - 1]),
                    Rotation::OnExchange => assert!(opened_by.is_empty(), "the hidden key is never handed out"),
                    Rotation::OnLogin => assert!(opened_by.len() <= 1),
                }
                let strangers = &self.people[1 - person].keys;
                assert!(!strangers.iter().any(|key| data.is_by(key)));
            }
        }
    }

    fn state(&self, person: usize) -> serde_json::Value {
        self.desk.get(&format!("/control/people/{}?appId={APP}", PEOPLE[person])).json()["apps"][0].clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_any_interleaving_one_key_is_valid_and_data_is_good_under_its_own_key_alone(
        on_login in any::<bool>(),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let rotation = if on_login { Rotation::OnLogin } else { Rotation::OnExchange };
        let desk = Desk::new(Options { rotation, logins_per_second: 1000, exchanges_per_minute: 1000, ..options() });
        let mut story = Story { desk, rotation, elapsed: 0, people: Default::default() };

        steps.into_iter().for_each(|step| story.take(step));

        story.data_is_good_exactly_under_its_own_key();
    }
}
