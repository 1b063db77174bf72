//! A reader of the book: makes, reads, changes and removes users, and knows what every answer must be.
//! Knows the contract of `users` and keeps its own copy of what is stored; after an answer that says nothing it reads again.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::client::{Call, Client};
use super::judge::Documented;
use crate::http::{Answer, request};

/// Ids a reader may use: 1 to this.
const MOST_USERS: u64 = 20;
/// A reader's items expire after an hour; nobody stays as long. Steps.
const LIFE: u32 = 150;
/// Where this machine signs a reader in without a browser (README, "로그인한 독자").
const SIGN_IN: &str = "/_local/cognito/sign-in";
/// A function that was killed may have sent its write already; it takes effect within this time.
const ECHO: Duration = Duration::from_millis(200);

/// What is known of a stored user.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    name: String,
    version: u64,
}

/// A reader, who is somebody else after every life.
#[derive(Debug)]
pub struct Reader {
    client: Client,
    random: Rng,
    /// Signs in, rather than being known by `x-visitor`.
    signs_in: bool,
    identity: (&'static str, String),
    /// What must be stored; `None` when nobody knows.
    stored: Option<BTreeMap<u64, Known>>,
    steps_left: u32,
}

impl Reader {
    /// A reader who has not come yet.
    pub fn new(client: Client, random: Rng, signs_in: bool) -> Self {
        let identity = ("x-visitor", String::new());
        Self { client, random, signs_in, identity, stored: None, steps_left: 0 }
    }

    /// One request, or the few that a new life begins with.
    pub async fn step(&mut self) {
        if self.steps_left == 0 && self.begin_life().await.is_none() {
            return;
        }
        self.steps_left -= 1;
        let Some(stored) = self.stored.take() else { return self.list(None).await };
        match self.random.u8(0..10) {
            0..3 => self.create(stored).await,
            3..5 => self.read(stored).await,
            5..7 => self.replace(stored).await,
            7..9 => self.delete(stored).await,
            _ => self.list(Some(stored)).await,
        }
    }

    async fn begin_life(&mut self) -> Option<()> {
        let name = format!("{:016x}{:016x}", self.random.u64(..), self.random.u64(..));
        if self.signs_in {
            let form = format!("username=soak-{}", &name[..12]);
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            let bytes = request(self.client.address(), "POST", SIGN_IN, &headers, Some(&form));
            let answer = self.client.page("sign in", &bytes, 200).await?.json();
            let Some(token) = answer["access_token"].as_str() else {
                self.client.journal().finding("sign in: no access token".to_owned());
                return None;
            };
            self.identity = ("authorization", format!("Bearer {token}"));
        } else {
            self.identity = ("x-visitor", name);
        }
        self.stored = Some(BTreeMap::new());
        self.steps_left = LIFE;
        Some(())
    }

    async fn ask(
        &mut self,
        what: &'static str,
        method: &str,
        rest: &str,
        if_match: Option<String>,
        body: Option<Value>,
        statuses: &'static [u16],
    ) -> Option<Answer> {
        let path = format!("{}{rest}", if self.signs_in { "/api/me/users" } else { "/api/users" });
        let body = body.map(|body| body.to_string());
        let mut headers = vec![(self.identity.0, self.identity.1.as_str())];
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        if let Some(tag) = &if_match {
            headers.push(("if-match", tag));
        }
        let documented = Documented::function(statuses);
        let call = Call { what, method, path: &path, headers: &headers, body: body.as_deref(), documented };
        let answer = self.client.call(call).await.filter(|answer| {
            // The table did not answer in time, which is documented too: as after a 500 nobody knows what was done.
            let is_unavailable = answer.status == 503;
            if is_unavailable {
                self.client.journal().unavailable();
            }
            !is_unavailable
        });
        if answer.is_none() {
            sleep(ECHO).await;
        }
        answer
    }

    /// Compares what an answer says with what it should say; from then on what it says is believed only if it is right.
    fn expect(&self, what: &str, answer: &Answer, status: u16, body: &Value) -> bool {
        let got = answer.json();
        let fits = answer.status == status
            && body.as_object().is_none_or(|fields| fields.iter().all(|(name, value)| &got[name] == value));
        if !fits {
            self.client.journal().finding(format!(
                "{what}: expected {status} {body}, was answered {} {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            ));
        }
        fits
    }

    async fn create(&mut self, mut stored: BTreeMap<u64, Known>) {
        let chosen = self.random.bool().then(|| self.random.u64(1..=MOST_USERS));
        let name = self.name();
        let mut body = json!({ "name": name });
        if let Some(id) = chosen {
            body["id"] = id.into();
        }
        let Some(answer) = self.ask("users create", "POST", "", None, Some(body), &[201, 409, 503]).await
        else {
            return;
        };
        let free = (1..=MOST_USERS).find(|id| !stored.contains_key(id));
        let id = match chosen {
            Some(id) => Some(id).filter(|id| !stored.contains_key(id)),
            None => free,
        };
        let fits = match id {
            Some(id) => {
                stored.insert(id, Known { name: name.clone(), version: 1 });
                self.expect("users create", &answer, 201, &json!({"id": id, "name": name, "version": 1}))
            }
            None => self.expect("users create", &answer, 409, &Value::Null),
        };
        self.stored = fits.then_some(stored);
    }

    async fn read(&mut self, stored: BTreeMap<u64, Known>) {
        let id = self.random.u64(1..=MOST_USERS);
        let Some(answer) =
            self.ask("users read", "GET", &format!("/{id}"), None, None, &[200, 404, 503]).await
        else {
            self.stored = Some(stored);
            return;
        };
        let fits = match stored.get(&id) {
            Some(known) => self.expect("users read", &answer, 200, &shown(id, known)),
            None => self.expect("users read", &answer, 404, &Value::Null),
        };
        self.stored = fits.then_some(stored);
    }

    async fn replace(&mut self, mut stored: BTreeMap<u64, Known>) {
        let id = self.random.u64(1..=MOST_USERS);
        let version = stored.get(&id).map(|known| known.version);
        // Now and then an old tag, which must be refused.
        let stale = version.is_some() && self.random.u8(0..4) == 0;
        let tag = version.filter(|_| self.random.bool() || stale);
        let tag = tag.map(|version| format!("\"{}\"", if stale { version + 7 } else { version }));
        let name = self.name();
        let path = format!("/{id}");
        let body = json!({ "name": name });
        let answer =
            self.ask("users replace", "PUT", &path, tag.clone(), Some(body), &[200, 404, 412, 503]).await;
        let Some(answer) = answer else { return };
        let fits = match version {
            None => self.expect("users replace", &answer, 404, &Value::Null),
            Some(_) if stale => self.expect("users replace", &answer, 412, &Value::Null),
            Some(version) => {
                let known = Known { name, version: version + 1 };
                let expected = shown(id, &known);
                stored.insert(id, known);
                self.expect("users replace", &answer, 200, &expected)
            }
        };
        self.stored = fits.then_some(stored);
    }

    async fn delete(&mut self, mut stored: BTreeMap<u64, Known>) {
        let id = self.random.u64(1..=MOST_USERS);
        let Some(answer) =
            self.ask("users delete", "DELETE", &format!("/{id}"), None, None, &[204, 503]).await
        else {
            return;
        };
        stored.remove(&id);
        self.stored = self.expect("users delete", &answer, 204, &Value::Null).then_some(stored);
    }

    /// Reads all, and compares, or believes it where nobody knows.
    async fn list(&mut self, stored: Option<BTreeMap<u64, Known>>) {
        let Some(answer) = self.ask("users list", "GET", "", None, None, &[200, 503]).await else {
            self.stored = stored;
            return;
        };
        let found = items(&answer.json());
        if let (Some(found), Some(stored)) = (&found, &stored)
            && found != stored
        {
            self.client.journal().finding(format!("users list: expected {stored:?}, found {found:?}"));
        }
        if found.is_none() {
            self.client.journal().finding("users list: not a list of users".to_owned());
        }
        self.stored = found;
    }

    fn name(&mut self) -> String {
        const NAMES: [&str; 5] = ["김하늘", "이바다", "박구름", "Ada", "최숲 👩‍💻"];
        let name = NAMES[self.random.usize(0..NAMES.len())];
        format!("{name} {}", self.random.u16(..))
    }
}

fn shown(id: u64, known: &Known) -> Value {
    json!({"id": id, "name": known.name, "version": known.version})
}

fn items(list: &Value) -> Option<BTreeMap<u64, Known>> {
    let user = |item: &Value| {
        let known = Known { name: item["name"].as_str()?.to_owned(), version: item["version"].as_u64()? };
        Some((item["id"].as_u64()?, known))
    };
    list["items"].as_array()?.iter().map(user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        let list = json!({"items": [{"id": 3, "name": "a", "version": 2, "createdAt": "…"}]});
        assert_eq!(items(&list), Some([(3, Known { name: "a".into(), version: 2 })].into()));
        assert_eq!(items(&json!({"items": [{"id": 3}]})), None);
        assert_eq!(items(&json!({"message": "x"})), None);
    }
}
