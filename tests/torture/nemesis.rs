//! One fault at a time, with pauses, as the seed says.

use crate::dice::Dice;
use crate::fault::deck;
use crate::life::World;
use std::time::Duration;
use tokio::task::block_in_place;

/// Strikes until `traffic` has passed. What it breaks it heals.
pub async fn torment(world: &World, traffic: Duration, mut dice: Dice) {
    let longest = if traffic > Duration::from_secs(120) { 9_000 } else { 3_500 };
    let end = traffic.as_millis() as u64;
    loop {
        for plan in deck(&mut dice, world.site.replicas.len(), longest) {
            if !plan.fault.possible(&world.site) {
                continue;
            }
            tokio::time::sleep(plan.after).await;
            let now = world.recorder.now();
            if now + plan.lasts.as_millis() as u64 > end {
                return;
            }
            println!("{:>8.1} s  {:?} for {:.1} s", now as f64 / 1e3, plan.fault, plan.lasts.as_secs_f64());
            let fault = world.recorder.fault_begins(plan.fault.name(), plan.fault.to_redis(&world.site));
            plan.fault.strike(&world.site, plan.lasts).await;
            let revived = block_in_place(|| world.site.tables.lock().unwrap().revive());
            if let Some(last_words) = revived {
                println!("the database had ended by itself and was started again:\n{last_words}");
            }
            world.recorder.fault_ends(fault);
        }
    }
}
