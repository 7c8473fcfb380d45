//! Whether a person lets a mini program have personal data. Rules 41 and 42 of docs/simulator.md.

use super::ids::AppId;
use super::people::Privacy;
use super::world::World;

impl World {
    /// Where `person` stands with `app`; strangers as everybody does at first.
    pub(crate) fn privacy(&self, person: &str, app: &AppId) -> Privacy {
        self.people.get(person).and_then(|person| person.privacy.get(app)).copied().unwrap_or_default()
    }

    /// Sets where `person` stands with `app`.
    pub(crate) fn set_privacy(&mut self, person: &str, app: &AppId, privacy: Privacy) {
        self.meet_person(person).privacy.insert(app.clone(), privacy);
    }
}
