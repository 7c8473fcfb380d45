//! Which visits of the day this process has written down, so that it writes each once.

use crate::identity::AppId;
use crate::store::{EventKind, Noted, Visit};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

/// People who are remembered, in a few megabytes. Beyond that all are forgotten, and written once more.
const MAX_REMEMBERED: usize = 200_000;

/// Visits of the latest part of a day.
#[derive(Default)]
pub(super) struct Recent {
    part: DateTime<Utc>,
    people: HashMap<AppId, HashSet<i64>>,
    remembered: usize,
}

impl Recent {
    /// Leaves out of `batch` the visits that are written, and adds those that its sign-ins are.
    pub(super) fn complete(&mut self, batch: &mut Vec<Noted>) {
        let mut visits = vec![];
        batch.retain(|noted| match noted {
            Noted::Visit(visit) => self.is_new(visit),
            Noted::Event(event) if matches!(event.kind, EventKind::Login | EventKind::Register) => {
                if let (Some(user_id), Some(app_id)) = (event.user_id, &event.app_id) {
                    let visit = Visit::new(event.at, user_id, app_id.clone());
                    if self.is_new(&visit) {
                        visits.push(Noted::Visit(visit));
                    }
                }
                true
            }
            _ => true,
        });
        batch.append(&mut visits);
    }

    fn is_new(&mut self, visit: &Visit) -> bool {
        if visit.at > self.part || self.remembered >= MAX_REMEMBERED {
            *self = Recent { part: visit.at.max(self.part), ..Recent::default() };
        }
        if visit.at < self.part {
            return true;
        }
        if !self.people.contains_key(&visit.app_id) {
            self.people.insert(visit.app_id.clone(), HashSet::new());
        }
        let new = self.people.get_mut(&visit.app_id).is_some_and(|people| people.insert(visit.user_id.0));
        self.remembered += usize::from(new);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::LoginEvent;
    use crate::user::UserId;

    #[test]
    fn a_visit_is_written_once_in_each_part_of_a_day() {
        let at = |time: &str| time.parse::<DateTime<Utc>>().unwrap();
        let app: AppId = "wx0123456789abcdef".parse().unwrap();
        let login = |time| LoginEvent::new(at(time), EventKind::Login, UserId(1), Some(app.clone())).into();
        let used = |time| Noted::Visit(Visit::new(at(time), UserId(1), app.clone()));
        let mut recent = Recent::default();
        let mut visits = |batch: Vec<Noted>| {
            let mut batch = batch;
            recent.complete(&mut batch);
            batch.iter().filter(|noted| matches!(noted, Noted::Visit(_))).count()
        };

        assert_eq!(visits(vec![login("2026-11-25T01:00:00Z"), login("2026-11-25T02:00:00Z")]), 1);
        assert_eq!(visits(vec![used("2026-11-25T15:00:00Z")]), 0);
        assert_eq!(visits(vec![used("2026-11-25T16:00:00Z"), login("2026-11-25T17:00:00Z")]), 1);
    }
}
