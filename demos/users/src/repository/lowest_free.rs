//! Gives a new user the lowest id nobody uses, also when several requests want it at the same moment.
//! Knows the other operations of the repository only.

use super::{Meter, Repository};
use crate::{item::Item, key::StoredId, profile::Profile, refusal::Refusal};
use std::collections::HashSet;

impl Repository {
    /// Creates a user under the first of these ids that is free.
    ///
    /// Looks which are taken, then tries the others in order: whoever was quicker in between makes the condition fail, and
    /// the next id's turn comes. One read and one write where nobody interferes, at most one write for each id.
    ///
    /// # Errors
    /// [`Refusal::AllIdsUsed`], or why the table did not answer.
    pub(crate) async fn create_lowest_free(
        &self,
        meter: &Meter,
        ids: impl Iterator<Item = StoredId> + Clone,
        profile: &Profile,
        now: i64,
    ) -> Result<Item, Refusal> {
        let taken = self.list(meter, ids.clone(), now).await?;
        let taken: HashSet<StoredId> = taken.into_iter().map(|item| item.id).collect();
        for id in ids.filter(|id| !taken.contains(id)) {
            match self.create(meter, id, profile, now).await {
                Err(Refusal::IdInUse) => {}
                done => return done,
            }
        }
        Err(Refusal::AllIdsUsed)
    }
}
