//! An administrator who suspends people and takes it back, by SQL.

use crate::dice::Dice;
use crate::history::{Operation, Suspension};
use crate::life::World;
use crate::tables::run_sql;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// How long somebody stays suspended: longer than it may take to reach every session.
const HOLD: u64 = 80_000;
/// How many at once.
const AT_ONCE: usize = 4;
/// When suspensions begin that reach everybody within a short run, and how long before the end of a long one they cease.
const EARLY: u64 = 6_000;
const LATE: u64 = 70_000;

/// Suspends people until the world stops; `traffic` is how long that takes at least.
pub async fn administer(world: &World, traffic: Duration, mut dice: Dice) {
    let last = (traffic.as_millis() as u64).saturating_sub(LATE).max(EARLY);
    let mut suspended: Vec<usize> = vec![];
    while !world.stop.load(Relaxed) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = world.recorder.now();
        let over = |place: &usize| world.recorder.suspensions.lock().unwrap()[*place].begin + HOLD < now;
        for place in suspended.extract_if(.., |place| over(place)).collect::<Vec<_>>() {
            let user = {
                let mut suspensions = world.recorder.suspensions.lock().unwrap();
                suspensions[place].end = now;
                suspensions[place].user
            };
            set_status(world, user, "active").await;
        }
        if suspended.len() < AT_ONCE && now > 2_000 && now < last {
            let seen = somebody(world, &mut dice);
            let taken = |user: u64| world.recorder.suspensions.lock().unwrap().iter().any(|one| one.user == user);
            if let Some(user) = seen.filter(|user| !taken(*user)) {
                set_status(world, user, "suspended").await;
                let begin = world.recorder.now();
                let mut suspensions = world.recorder.suspensions.lock().unwrap();
                suspensions.push(Suspension { user, begin, end: u64::MAX });
                suspended.push(suspensions.len() - 1);
            }
        }
    }
}

/// The account of a recent sign-in.
fn somebody(world: &World, dice: &mut Dice) -> Option<u64> {
    let operations = world.recorder.operations.lock().unwrap();
    operations.iter().rev().skip(dice.below(50)).find_map(Operation::signed_in_to)
}

/// Tries until the database has it. Only the living can be suspended or restored.
async fn set_status(world: &World, user: u64, status: &str) {
    let statement = format!(
        "UPDATE users SET status = '{status}' WHERE id = {user} AND status IN ('active', 'suspended') AND merged_into IS NULL"
    );
    while run_sql(&world.site.admin, &statement).await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
