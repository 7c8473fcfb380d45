//! Everything fails, one thing after another, while hundreds of phones use the service; afterwards every answer they were
//! given must still be true. `docs/torture.md` tells what is done and what must hold.
//!
//! `TORTURE_SECONDS` of traffic (50 by default, so that every test run has some), `TORTURE_PHONES`, `TORTURE_REDIS` as
//! `single`, `sentinel` or `cluster`, and `TORTURE_SEED`, which repeats the schedule of faults.

mod admin;
mod checker;
mod dice;
mod fault;
mod history;
mod life;
mod nemesis;
mod people;
mod proxy;
mod recorder;
mod redis;
mod replica;
mod report;
mod signing_in;
mod site;
mod tables;

use crate::dice::Dice;
use crate::history::{History, Identity, User};
use crate::life::{Life, World};
use crate::report::Report;
use crate::site::Site;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::runtime::Handle;

/// How old the last suspension must be before sessions are looked at for the last time.
const REACHED: u64 = 61_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn every_answer_stays_true_whatever_fails() {
    let (seconds, count) = (number("TORTURE_SECONDS", 50), number("TORTURE_PHONES", 200));
    let seed = number("TORTURE_SEED", u64::from(std::process::id()));
    let redis = setting("TORTURE_REDIS").unwrap_or_else(|| "single".to_owned());
    println!("TORTURE_SEED={seed} TORTURE_REDIS={redis} TORTURE_SECONDS={seconds} TORTURE_PHONES={count}");
    let site = Site::start(&redis, seed).await;
    let (phones, places) = people::people(&site, count as usize).await;
    let recorder = recorder::Recorder::of(phones);
    let (lying_about, stop) = (Mutex::default(), AtomicBool::new(false));
    let world = &World { site, recorder, places, lying_about, stop };

    let traffic = Duration::from_secs(seconds);
    let mut dice = Dice::new(seed);
    let (nemesis, admin) = (Dice::new(dice.next()), Dice::new(dice.next()));
    let lives = (0..world.places.len()).map(|phone| {
        let (dice, token, earlier) = (Dice::new(dice.next()), None, vec![]);
        Life { world, phone, dice, token, earlier }.live()
    });
    let lives = futures_util::future::join_all(lives.collect::<Vec<_>>());
    let course = async {
        let _stop = Stop(world);
        nemesis::torment(world, traffic, nemesis).await;
        while world.recorder.now() < traffic.as_millis() as u64 || !reached(world) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // On a thread of its own: it waits for servers that come up, and phones do not.
    let runtime = &Handle::current();
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| runtime.block_on(course));
            runtime.block_on(async { tokio::join!(lives, admin::administer(world, traffic, admin)) });
        });
    });

    let history = history(world).await;
    let verdict = checker::check(&history);
    let left_out = [(world.site.has_clock, "move a replica's clock"), (world.site.has_disk, "full disk")];
    let left_out = left_out.into_iter().filter(|(has, _)| !has).map(|(_, name)| name).collect();
    let errors = errors(world);
    println!("{}", Report { seed, redis: &redis, history: &history, verdict: &verdict, left_out, errors });
    if !verdict.violations.is_empty() {
        let kept = std::env::temp_dir().join(format!("torture-{seed}"));
        let copied = testkit::run(testkit::program("cp").arg("-r").arg(world.site.folder.path()).arg(&kept));
        panic!("{} violations; the logs are in {}: {copied:?}", verdict.violations.len(), kept.display());
    }
    assert!(history.operations.iter().filter(|operation| operation.answer.status == 201).count() > 20);
}

/// Stops the world when dropped, also by a panic.
struct Stop<'a>(&'a World);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Relaxed);
    }
}

/// Whether every suspension had its minute.
fn reached(world: &World) -> bool {
    let now = world.recorder.now();
    world.recorder.suspensions.lock().unwrap().iter().all(|suspension| suspension.begin + REACHED < now)
}

async fn history(world: &World) -> History {
    let (site, recorder) = (&world.site, &world.recorder);
    let users: Vec<(u64, Option<String>, String, Option<u64>)> =
        tables::rows(&site.admin, "SELECT id, unionid, status, merged_into FROM users").await.unwrap();
    let identities: Vec<(u64, String, String)> =
        tables::rows(&site.admin, "SELECT user_id, app_id, openid FROM identities").await.unwrap();
    let user = |(id, unionid, status, merged_into)| User { id, unionid, status, merged_into };
    History {
        phones: recorder.phones.clone(),
        operations: std::mem::take(&mut recorder.operations.lock().unwrap()),
        faults: recorder.faults.lock().unwrap().clone(),
        suspensions: recorder.suspensions.lock().unwrap().clone(),
        users: users.into_iter().map(user).collect(),
        identities: identities.into_iter().map(|(user, app, openid)| Identity { user, app, openid }).collect(),
    }
}

fn errors(world: &World) -> BTreeMap<String, usize> {
    let mut errors = BTreeMap::new();
    for said in world.site.replicas.iter().map(replica::Replica::said) {
        for line in said.lines().filter(|line| line.contains("\"ERROR\"") || line.contains("panicked")) {
            let told = serde_json::from_str::<Value>(line).ok();
            let message = told.and_then(|told| Some(told["message"].as_str()?.to_owned()));
            // The line of a request whose answer is counted already.
            if message.as_deref() == Some("request") {
                continue;
            }
            *errors.entry(message.unwrap_or_else(|| line.to_owned())).or_default() += 1;
        }
    }
    errors
}

fn number(name: &str, default: u64) -> u64 {
    setting(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// What the run was asked for.
fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "what the test run was given")]
    std::env::var(name).ok().filter(|text| !text.is_empty())
}
