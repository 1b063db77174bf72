//! All checks by name.
//! Knows each group of them; they know only the service.

mod authorizer;
mod cold_start;
mod events;
mod gateway;
mod isolation;
mod mistakes;
mod payments;
mod throttle;
mod users;
mod users_refused;

use crate::service::Service;
use anyhow::Result;

/// Asks a deployment and says what was seen if something does not hold.
type Run = dyn Fn(&Service) -> Result<()>;

/// One thing that must hold.
pub(crate) struct Check {
    /// As a sentence.
    pub name: String,
    /// How it is looked at.
    pub run: Box<Run>,
}

impl Check {
    fn new(name: impl Into<String>, run: impl Fn(&Service) -> Result<()> + 'static) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }
}

/// In the order they run. Some need to know more than the address: a visitor's burst, a reader's access token.
pub(crate) fn all(visitor_burst: Option<u32>, token: Option<&str>) -> impl Iterator<Item = Check> {
    let throttle = visitor_burst.map(throttle::check);
    let groups = [
        gateway::checks(),
        authorizer::checks(),
        token.map(authorizer::checks_with).unwrap_or_default(),
        users::checks(),
        users_refused::checks(),
        isolation::checks(),
        cold_start::checks(),
        events::checks(),
        payments::checks(),
        mistakes::checks(),
    ];
    groups.into_iter().flatten().chain(throttle)
}
