//! The credentials of this run: every function has a key id of its own, so a wall knows whose role a request is made with.
//! Knows names of functions and Signature Version 4's header; knows no role and no request.

use std::collections::BTreeMap;

/// One function's credentials, as Lambda gives it those of its role.
#[derive(Debug, Clone)]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
}

/// Everybody who may ask.
#[derive(Debug)]
pub struct Identities {
    /// By function.
    credentials: BTreeMap<String, Credentials>,
    /// Key id → function.
    functions: BTreeMap<String, String>,
}

impl Identities {
    /// Makes credentials for every function. They are random: who does not know a key id is nobody.
    pub fn new<'f>(functions: impl Iterator<Item = &'f str>) -> Self {
        let random = || uuid::Uuid::new_v4().simple().to_string().to_uppercase();
        let mut identities = Self { credentials: BTreeMap::new(), functions: BTreeMap::new() };
        for function in functions {
            // The prefix of a role's temporary keys (IAM User Guide, "Understanding unique ID prefixes").
            let access_key_id = format!("ASIA{}", &random()[..16]);
            identities.functions.insert(access_key_id.clone(), function.to_owned());
            let credentials = Credentials { access_key_id, secret_access_key: random() };
            identities.credentials.insert(function.to_owned(), credentials);
        }
        identities
    }

    /// Function → the variables its SDK takes its credentials from.
    pub fn variables(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let of = |credentials: &Credentials| {
            [
                ("AWS_ACCESS_KEY_ID", credentials.access_key_id.as_str()),
                ("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key),
                ("AWS_SESSION_TOKEN", "local"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
        };
        self.credentials.iter().map(|(function, credentials)| (function.clone(), of(credentials))).collect()
    }

    /// The function that signed with the key id in an `Authorization` header (Signature Version 4:
    /// `AWS4-HMAC-SHA256 Credential=<key id>/<date>/<region>/<service>/aws4_request, …`).
    pub fn of(&self, authorization: &str) -> Option<&str> {
        let parts = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?.split([' ', ',']);
        let mut credentials = parts.filter_map(|part| part.strip_prefix("Credential="));
        let (key_id, _scope) = credentials.next()?.split_once('/')?;
        // Two would let the one be judged and the other be believed.
        let function = self.functions.get(key_id).map(String::as_str);
        function.filter(|_| credentials.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_is_one_function_s() {
        let identities = Identities::new(["A", "B"].into_iter());
        let variables = identities.variables();
        let key = |function: &str| variables[function]["AWS_ACCESS_KEY_ID"].clone();
        assert!(key("A") != key("B") && key("A").starts_with("ASIA") && key("A").len() == 20);
        assert!(variables["A"]["AWS_SECRET_ACCESS_KEY"] != variables["B"]["AWS_SECRET_ACCESS_KEY"]);
        let who = |credential: &str| {
            let header = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0");
            identities.of(&header).map(str::to_owned)
        };
        let of = |function: &str| {
            format!("Credential={}/20261122/ap-northeast-2/dynamodb/aws4_request", key(function))
        };
        assert_eq!(who(&of("A")).as_deref(), Some("A"));
        assert_eq!(who(&of("B")).as_deref(), Some("B"));
        assert_eq!(who(&format!("Credential={}X/20261122", key("A"))), None);
        assert_eq!(who(&format!("Credential={}", key("A"))), None);
        assert_eq!(who(&format!("{}, {}", of("A"), of("B"))), None);
        assert_eq!(who("Credential=/"), None);
        assert!(identities.of(&of("A")).is_none() && identities.of("").is_none());
    }
}
