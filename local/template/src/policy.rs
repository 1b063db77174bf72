//! What a role may do, decided as IAM decides it: an explicit Deny wins, else an Allow is needed, else the answer is no.
//! Knows statements of identity-based policies; knows no YAML and no service's requests.
//!
//! Rules: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements reference" (Action, Resource).

/// A function's execution role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionRole {
    /// Name of the function.
    pub function: String,
    /// The role's logical id; also its name on this machine.
    pub name: String,
    /// What its policies say about DynamoDB and SQS. What they say about other services is AWS's to judge.
    pub statements: Vec<Statement>,
}

/// A role that a service of AWS takes on to call another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The role's logical id; also its name on this machine.
    pub name: String,
    /// See [`ExecutionRole::statements`].
    pub statements: Vec<Statement>,
}

/// One statement of a policy, without conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Whether it grants or takes away.
    pub effect: Effect,
    /// `*`, or `service:Name` with `*` and `?` in the name.
    pub actions: Vec<String>,
    /// `*`, or ARNs with `*` and `?` in their parts.
    pub resources: Vec<String>,
}

/// `Effect` of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Takes away, whatever else is granted.
    Deny,
}

/// What an action is done to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A resource by its ARN.
    Arn(String),
    /// No resource: only `Resource: "*"` speaks of such an action.
    Account,
    /// A resource that could not be told. Only `*` surely allows it, and whatever denies the action may mean it.
    Untold,
}

/// IAM's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement speaks of it.
    NotAllowed,
}

impl ExecutionRole {
    /// Whether the role may do `action` (`dynamodb:GetItem`) to `target`.
    pub fn decide(&self, action: &str, target: &Target) -> Decision {
        decide(&self.statements, action, target)
    }
}

impl Role {
    /// Whether the role may do `action` (`sqs:SendMessage`) to `target`.
    pub fn decide(&self, action: &str, target: &Target) -> Decision {
        decide(&self.statements, action, target)
    }
}

fn decide(statements: &[Statement], action: &str, target: &Target) -> Decision {
    let speaks = |effect: Effect| {
        let mut statements = statements.iter().filter(|statement| statement.effect == effect);
        statements.any(|statement| statement.speaks_of(action, target))
    };
    match (speaks(Effect::Deny), speaks(Effect::Allow)) {
        (true, _) => Decision::Denied,
        (false, true) => Decision::Allowed,
        (false, false) => Decision::NotAllowed,
    }
}

impl Statement {
    fn speaks_of(&self, action: &str, target: &Target) -> bool {
        let of_target = |pattern: &String| match target {
            _ if pattern == "*" => true,
            Target::Arn(arn) => is_arn_like(pattern, arn),
            Target::Account => false,
            Target::Untold => self.effect == Effect::Deny,
        };
        self.actions.iter().any(|pattern| is_action_like(pattern, action))
            && self.resources.iter().any(of_target)
    }
}

/// Actions are compared without regard to case, and wildcards stand in the name only.
fn is_action_like(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    match (pattern.split_once(':'), action.split_once(':')) {
        (Some((service, pattern)), Some((of, name))) => service == of && is_like(pattern, name),
        _ => pattern == "*",
    }
}

/// A wildcard does not reach over the end of its part of an ARN, but the last part may hold colons and slashes.
fn is_arn_like(pattern: &str, arn: &str) -> bool {
    let (pattern, arn): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    pattern.len() == 6
        && arn.len() == 6
        && pattern.iter().zip(&arn).all(|(pattern, part)| is_like(pattern, part))
}

/// `*` stands for any number of characters, `?` for one. Goes back to the last `*` only, so it takes at most the product of
/// both lengths.
fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                (p, t) = (at + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &str = "arn:aws:dynamodb:ap-northeast-2:123456789012:table/User";

    fn statement(effect: Effect, actions: &[&str], resources: &[&str]) -> Statement {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Statement { effect, actions: texts(actions), resources: texts(resources) }
    }

    fn role(statements: &[Statement]) -> ExecutionRole {
        ExecutionRole { function: "F".into(), name: "R".into(), statements: statements.to_vec() }
    }

    fn table() -> Target {
        Target::Arn(TABLE.to_owned())
    }

    #[test]
    fn one_statement() {
        let allowed = |action: &str, resource: &str| {
            let role = role(&[statement(Effect::Allow, &[action], &[resource])]);
            role.decide("dynamodb:GetItem", &table()) == Decision::Allowed
        };
        for action in
            ["dynamodb:GetItem", "dynamodb:getitem", "dynamodb:Get*", "dynamodb:*", "*", "DynamoDB:?etItem"]
        {
            assert!(allowed(action, TABLE), "{action}");
        }
        for action in
            ["dynamodb:GetItems", "dynamodb:Get", "dynamodb:?GetItem", "s3:GetItem", "s3:*", "dynamodb:Put*"]
        {
            assert!(!allowed(action, TABLE), "{action}");
        }
        for resource in [
            "*",
            "arn:aws:dynamodb:*:*:table/User",
            "arn:aws:dynamodb:ap-northeast-2:123456789012:*",
            "arn:aws:dynamodb:ap-northeast-2:123456789012:table/Us*",
            "arn:aws:dynamodb:ap-northeast-?:123456789012:table/????",
            "arn:*:*:*:*:*",
        ] {
            assert!(allowed("dynamodb:GetItem", resource), "{resource}");
        }
        for resource in [
            "arn:aws:dynamodb:ap-northeast-2:123456789012:table/user",
            "arn:aws:dynamodb:ap-northeast-2:123456789012:table/User/*",
            "arn:aws:dynamodb:ap-northeast-2:123456789012:table/Users",
            "arn:aws:dynamodb:us-east-1:123456789012:table/User",
            "arn:aws:dynamodb:*:table/User",
            "arn:aws:dynamodb:*",
        ] {
            assert!(!allowed("dynamodb:GetItem", resource), "{resource}");
        }
    }

    #[test]
    fn what_no_arn_names_needs_the_star() {
        let on = |resource: &str| role(&[statement(Effect::Allow, &["dynamodb:*"], &[resource])]);
        for target in [Target::Account, Target::Untold] {
            assert_eq!(on("*").decide("dynamodb:ListTables", &target), Decision::Allowed);
            assert_eq!(on("arn:*:*:*:*:*").decide("dynamodb:ListTables", &target), Decision::NotAllowed);
        }
        let but = statement(Effect::Deny, &["dynamodb:PartiQL*"], &[TABLE]);
        let role = role(&[statement(Effect::Allow, &["*"], &["*"]), but]);
        assert_eq!(role.decide("dynamodb:PartiQLSelect", &Target::Untold), Decision::Denied);
        assert_eq!(role.decide("dynamodb:PartiQLSelect", &Target::Account), Decision::Allowed);
    }

    fn statements() -> impl Strategy<Value = Vec<Statement>> {
        let effect = prop_oneof![Just(Effect::Allow), Just(Effect::Deny)];
        let action =
            prop::sample::select(vec!["*", "dynamodb:*", "dynamodb:Get*", "dynamodb:GetItem", "s3:*"]);
        let resource =
            prop::sample::select(vec!["*", TABLE, "arn:aws:dynamodb:*:*:table/*", "arn:aws:s3:::b"]);
        let one = (effect, prop::collection::vec(action, 1..3), prop::collection::vec(resource, 1..3));
        prop::collection::vec(one.prop_map(|(effect, a, r)| statement(effect, &a, &r)), 0..6)
    }

    fn target() -> impl Strategy<Value = Target> {
        prop_oneof![Just(table()), Just(Target::Account), Just(Target::Untold)]
    }

    proptest! {
        #[test]
        fn a_deny_wins_wherever_it_stands(
            mut all in statements(),
            target in target(),
            at in any::<prop::sample::Index>(),
        ) {
            let at = at.index(all.len() + 1);
            all.insert(at, statement(Effect::Deny, &["dynamodb:GetItem"], &["*"]));
            prop_assert_eq!(role(&all).decide("dynamodb:GetItem", &target), Decision::Denied);
        }

        #[test]
        fn a_further_allow_takes_nothing_away_and_a_further_deny_gives_nothing(
            all in statements(),
            more in statements(),
            target in target(),
        ) {
            let before = role(&all).decide("dynamodb:GetItem", &target);
            for one in more {
                let grants = one.effect == Effect::Allow;
                let after = role(&[all.clone(), vec![one]].concat()).decide("dynamodb:GetItem", &target);
                let wrong = if grants {
                    before == Decision::Allowed && after != Decision::Allowed
                } else {
                    before != Decision::Allowed && after == Decision::Allowed
                };
                prop_assert!(!wrong);
            }
        }

        #[test]
        fn the_order_of_statements_means_nothing(all in statements(), target in target()) {
            let turned: Vec<_> = all.iter().rev().cloned().collect();
            let (one, other) = (role(&all), role(&turned));
            prop_assert_eq!(one.decide("dynamodb:GetItem", &target), other.decide("dynamodb:GetItem", &target));
        }

        /// The obvious but slow way to match.
        #[test]
        fn wildcards(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            fn slow(pattern: &[u8], text: &[u8]) -> bool {
                match (pattern.split_first(), text.split_first()) {
                    (None, _) => text.is_empty(),
                    (Some((b'*', rest)), None) => slow(rest, text),
                    (Some((b'*', rest)), Some((_, more))) => slow(rest, text) || slow(pattern, more),
                    (Some((b'?', rest)), Some((_, more))) => slow(rest, more),
                    (Some((byte, rest)), Some((first, more))) => byte == first && slow(rest, more),
                    (Some(_), None) => false,
                }
            }
            prop_assert_eq!(is_like(&pattern, &text), slow(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
