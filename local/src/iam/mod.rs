//! IAM on one machine: whose credentials a request is signed with, and what that role may do at this moment.
//! Knows the template's execution roles; knows no service's requests. A reader may take what a policy allows away from a role,
//! for this run, and give it back; what the template does not grant cannot be given.

mod denial;
mod grant;
mod identity;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use template::policy::{Decision, Effect, ExecutionRole};
use tokio::sync::watch;

pub use denial::{Denial, Denials, Reason};
pub use grant::{Grant, NotGranted, RoleGrants};
use identity::Identities;

/// The roles of this run. Clones share them.
#[derive(Debug, Clone)]
pub struct Iam {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// As the template has them, one for each function.
    roles: Vec<ExecutionRole>,
    identities: Identities,
    now: RwLock<Now>,
    changes: watch::Sender<u64>,
    denials: Denials,
}

/// What is so at this moment.
#[derive(Debug)]
struct Now {
    /// Role and action, as the template writes it.
    taken: BTreeSet<(String, String)>,
    /// Function → its role without what is taken away.
    effective: BTreeMap<String, Arc<ExecutionRole>>,
}

impl Iam {
    /// Makes credentials for every role's function. Nothing is taken away yet.
    pub fn new(roles: Vec<ExecutionRole>) -> Self {
        let identities = Identities::new(roles.iter().map(|role| role.function.as_str()));
        let now = RwLock::new(Now::new(&roles, BTreeSet::new()));
        let shared =
            Shared { roles, identities, now, changes: watch::Sender::new(0), denials: Denials::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Function → the variables its SDK takes its credentials from.
    pub fn credentials(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        self.shared.identities.variables()
    }

    /// The role, as it is now, whose function signed with the key id in an `Authorization` header; `None` for anybody else.
    pub fn role_of(&self, authorization: &str) -> Option<Arc<ExecutionRole>> {
        let function = self.shared.identities.of(authorization)?;
        let now = self.shared.now.read().unwrap_or_else(PoisonError::into_inner);
        now.effective.get(function).cloned()
    }

    /// The role of a function, as it is now: for what Lambda does in its name.
    pub fn role(&self, function: &str) -> Option<Arc<ExecutionRole>> {
        let now = self.shared.now.read().unwrap_or_else(PoisonError::into_inner);
        now.effective.get(function).cloned()
    }

    /// What the template grants to each role, and what of it is taken away, in the order of the template.
    pub fn grants(&self) -> Vec<RoleGrants> {
        let now = self.shared.now.read().unwrap_or_else(PoisonError::into_inner);
        grant::of(&self.shared.roles, &now.taken)
    }

    /// Takes `action` away from `role`: from now on it is as if the policies did not name it.
    ///
    /// # Errors
    /// The template does not grant it.
    pub fn take_away(&self, role: &str, action: &str) -> Result<Grant, NotGranted> {
        self.switch(role, action, true)
    }

    /// Gives back what was taken away.
    ///
    /// # Errors
    /// The template does not grant it.
    pub fn give_back(&self, role: &str, action: &str) -> Result<Grant, NotGranted> {
        self.switch(role, action, false)
    }

    /// Gives back everything; how many actions that were.
    pub fn give_all_back(&self) -> usize {
        let mut now = self.shared.now.write().unwrap_or_else(PoisonError::into_inner);
        let count = now.taken.len();
        *now = Now::new(&self.shared.roles, BTreeSet::new());
        drop(now);
        self.changed();
        count
    }

    fn switch(&self, role: &str, action: &str, take: bool) -> Result<Grant, NotGranted> {
        let mut now = self.shared.now.write().unwrap_or_else(PoisonError::into_inner);
        let roles = grant::of(&self.shared.roles, &now.taken);
        let known = roles.into_iter().find(|known| known.role == role).ok_or(NotGranted::NoRole)?;
        let grant = known.actions.into_iter().find(|grant| grant.action.eq_ignore_ascii_case(action));
        let grant = grant.ok_or(NotGranted::NoAction)?;
        let mut taken = now.taken.clone();
        let key = (role.to_owned(), grant.action.clone());
        if take {
            taken.insert(key)
        } else {
            taken.remove(&key)
        };
        *now = Now::new(&self.shared.roles, taken);
        drop(now);
        self.changed();
        Ok(Grant { taken: take, ..grant })
    }

    /// Tells of every change of what is taken away; the number itself means nothing.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    fn changed(&self) {
        self.shared.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Remembers that `role` was not allowed to do `action` to `resource`, and says why not.
    pub fn denied(&self, role: &ExecutionRole, action: &str, resource: &str, decision: Decision) -> Reason {
        let is_granted = self.shared.roles.iter().any(|original| {
            original.function == role.function && grant::names(original, Effect::Allow, action, resource)
        });
        let reason = match decision {
            Decision::Denied => Reason::ExplicitDeny,
            _ if is_granted => Reason::TakenAway,
            _ => Reason::NotGranted,
        };
        self.shared.denials.add(role, action, resource, reason);
        reason
    }

    /// What was denied.
    pub fn denials(&self) -> &Denials {
        &self.shared.denials
    }
}

impl Now {
    fn new(roles: &[ExecutionRole], taken: BTreeSet<(String, String)>) -> Self {
        let effective = roles.iter().map(|role| (role.function.clone(), Arc::new(without(role, &taken))));
        Self { effective: effective.collect(), taken }
    }
}

/// The role as if its policies did not name what is taken: only what allows is ever left out, so it can do nothing more.
fn without(role: &ExecutionRole, taken: &BTreeSet<(String, String)>) -> ExecutionRole {
    let mut role = role.clone();
    for statement in role.statements.iter_mut().filter(|statement| statement.effect == Effect::Allow) {
        statement.actions.retain(|action| !taken.contains(&(role.name.clone(), action.clone())));
    }
    role
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use template::policy::{Statement, Target};

    use super::*;

    const TABLE: &str = "arn:aws:dynamodb:ap-northeast-2:123456789012:table/User";

    fn statement(effect: Effect, actions: &[&str], resource: &str) -> Statement {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        Statement { effect, actions, resources: vec![resource.to_owned()] }
    }

    fn role(function: &str, name: &str, statements: &[Statement]) -> ExecutionRole {
        ExecutionRole { function: function.into(), name: name.into(), statements: statements.to_vec() }
    }

    fn iam() -> Iam {
        let writes = statement(Effect::Allow, &["dynamodb:PutItem", "dynamodb:Get*"], TABLE);
        let again = statement(Effect::Allow, &["dynamodb:PutItem"], "*");
        let no_scan = statement(Effect::Deny, &["dynamodb:Scan"], "*");
        let shared = [writes, again, no_scan];
        Iam::new(vec![role("A", "Shared", &shared), role("B", "Shared", &shared), role("C", "None", &[])])
    }

    fn now(iam: &Iam, function: &str) -> Arc<ExecutionRole> {
        let key = &iam.credentials()[function]["AWS_ACCESS_KEY_ID"];
        iam.role_of(&format!("AWS4-HMAC-SHA256 Credential={key}/x")).unwrap()
    }

    fn may(iam: &Iam, function: &str, action: &str) -> bool {
        now(iam, function).decide(action, &Target::Arn(TABLE.to_owned())) == Decision::Allowed
    }

    #[test]
    fn what_is_taken_from_a_role_is_taken_from_all_its_functions_until_it_is_given_back() {
        let iam = iam();
        let changes = iam.changes();
        assert!(may(&iam, "A", "dynamodb:PutItem") && may(&iam, "B", "dynamodb:GetItem"));
        let taken = iam.take_away("Shared", "DynamoDB:putitem").unwrap();
        let resources = vec![TABLE.to_owned(), "*".to_owned()];
        assert_eq!(taken, Grant { action: "dynamodb:PutItem".into(), resources, taken: true });
        for function in ["A", "B"] {
            assert!(!may(&iam, function, "dynamodb:PutItem") && may(&iam, function, "dynamodb:GetItem"));
        }
        assert!(iam.take_away("Shared", "dynamodb:PutItem").is_ok(), "once more is the same");
        assert!(iam.take_away("Shared", "dynamodb:Get*").is_ok(), "a wildcard is one line");
        assert!(!may(&iam, "A", "dynamodb:GetItem"));
        let (all, shared) = (iam.grants(), &iam.grants()[0]);
        assert_eq!((all.len(), all[1].role.as_str(), all[1].actions.len()), (2, "None", 0));
        assert_eq!(
            (shared.functions.as_slice(), shared.actions.len()),
            (&["A".to_owned(), "B".to_owned()][..], 2)
        );
        assert!(shared.actions.iter().all(|grant| grant.taken));
        assert!(!iam.give_back("Shared", "dynamodb:PutItem").unwrap().taken);
        assert!(may(&iam, "B", "dynamodb:PutItem") && !may(&iam, "B", "dynamodb:GetItem"));
        assert_eq!((iam.give_all_back(), iam.give_all_back()), (1, 0));
        assert!(may(&iam, "A", "dynamodb:GetItem") && changes.has_changed().unwrap());
    }

    #[test]
    fn what_the_template_does_not_grant_can_be_neither_taken_nor_given() {
        let iam = iam();
        for (role, action, why) in [
            ("Shared", "dynamodb:Scan", NotGranted::NoAction),
            ("Shared", "dynamodb:GetItem", NotGranted::NoAction),
            ("Shared", "*", NotGranted::NoAction),
            ("None", "dynamodb:PutItem", NotGranted::NoAction),
            ("shared", "dynamodb:PutItem", NotGranted::NoRole),
            ("A", "dynamodb:PutItem", NotGranted::NoRole),
        ] {
            assert_eq!(iam.give_back(role, action), Err(why), "{role} {action}");
            assert_eq!(iam.take_away(role, action), Err(why), "{role} {action}");
        }
        assert!(!may(&iam, "A", "dynamodb:Scan") && !may(&iam, "C", "dynamodb:PutItem"));
    }

    #[test]
    fn a_denial_says_whether_the_reader_or_the_template_is_the_reason() {
        let iam = iam();
        let mut listener = iam.denials().subscribe();
        let deny = |action: &str, decision| {
            let role = now(&iam, "A");
            iam.denied(&role, action, TABLE, decision)
        };
        assert_eq!(deny("dynamodb:DeleteItem", Decision::NotAllowed), Reason::NotGranted);
        assert_eq!(deny("dynamodb:Scan", Decision::Denied), Reason::ExplicitDeny);
        iam.take_away("Shared", "dynamodb:Get*").unwrap();
        assert_eq!(deny("dynamodb:GetItem", Decision::NotAllowed), Reason::TakenAway);
        let reasons: Vec<_> = iam.denials().recent().iter().map(|denial| denial.reason).collect();
        assert_eq!(reasons, [Reason::NotGranted, Reason::ExplicitDeny, Reason::TakenAway]);
        let first = listener.try_recv().unwrap();
        assert_eq!(
            (first.sequence, first.function.as_str(), first.action.as_str()),
            (0, "A", "dynamodb:DeleteItem")
        );
        for _ in 0..2 * denial::MOST {
            deny("dynamodb:DeleteItem", Decision::NotAllowed);
        }
        let recent = iam.denials().recent();
        assert_eq!((recent.len(), recent[denial::MOST - 1].sequence), (denial::MOST, 202));
    }

    proptest! {
        #[test]
        fn nothing_that_is_switched_allows_what_the_template_does_not(
            switches in prop::collection::vec((any::<bool>(), 0..4usize, 0..6usize), 0..30),
        ) {
            let (iam, before) = (iam(), iam());
            let (roles, actions) = (
                ["Shared", "None", "A", ""],
                ["dynamodb:PutItem", "dynamodb:Get*", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:*", "*"],
            );
            for (take, role, action) in switches {
                let (role, action) = (roles[role], actions[action]);
                let _ = if take { iam.take_away(role, action) } else { iam.give_back(role, action) };
                for function in ["A", "B", "C"] {
                    for action in actions {
                        for target in [Target::Arn(TABLE.to_owned()), Target::Account, Target::Untold] {
                            let (now, then) = (now(&iam, function).decide(action, &target), self::now(&before, function).decide(action, &target));
                            prop_assert!(now != Decision::Allowed || then == Decision::Allowed, "{function} {action}");
                        }
                    }
                }
            }
            iam.give_all_back();
            for function in ["A", "B", "C"] {
                prop_assert_eq!(now(&iam, function), self::now(&before, function));
            }
        }
    }
}
