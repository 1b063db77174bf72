//! Two readers, any sequence of requests: each sees exactly what a world of its own would show.
//! The model is a map per reader; whatever the function answers is compared with it, word for word.

#![allow(clippy::unwrap_used)]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::{Reader, engine, runtime};

#[derive(Clone, Debug)]
enum Tag {
    None,
    Current,
    Stale,
}

#[derive(Clone, Debug)]
enum Step {
    Create(Option<u8>),
    Read(u8),
    List,
    Replace(u8, Tag),
    Delete(u8, Tag),
}

fn tag() -> impl Strategy<Value = Tag> {
    prop_oneof![3 => Just(Tag::None), 2 => Just(Tag::Current), 1 => Just(Tag::Stale)]
}

/// Mostly few ids, so that steps meet each other; sometimes any.
fn id() -> impl Strategy<Value = u8> {
    prop_oneof![5 => 1..=4_u8, 1 => 1..=20_u8]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => proptest::option::weighted(0.7, id()).prop_map(Step::Create),
        3 => id().prop_map(Step::Read),
        1 => Just(Step::List),
        3 => (id(), tag()).prop_map(|(id, tag)| Step::Replace(id, tag)),
        2 => (id(), tag()).prop_map(|(id, tag)| Step::Delete(id, tag)),
    ]
}

/// What one reader should see: name and version by id.
#[derive(Default)]
struct World {
    users: BTreeMap<u8, (String, u64)>,
}

impl World {
    fn shown(&self, id: u8) -> Value {
        let (name, version) = &self.users[&id];
        json!({"id": id, "name": name, "version": version})
    }

    fn header(&self, id: u8, tag: &Tag) -> Option<(bool, String)> {
        let current = self.users.get(&id).map_or(1, |(_, version)| *version);
        match tag {
            Tag::None => None,
            Tag::Current => Some((true, format!("\"{current}\""))),
            Tag::Stale => Some((false, format!("\"{}\"", current + 1))),
        }
    }
}

/// The parts of an answered user that the model knows.
fn known(body: &Value) -> Value {
    json!({"id": body["id"], "name": body["name"], "version": body["version"]})
}

async fn take(reader: &Reader, world: &mut World, step: Step, name: String) -> String {
    let body =
        |id: Option<u8>| id.map_or(json!({"name": name}), |id| json!({"id": id, "name": name})).to_string();
    match step {
        Step::Create(wanted) => {
            let free = (1..=20).find(|id| !world.users.contains_key(id));
            let id = wanted.or(free);
            let answer = reader.post(&body(wanted)).await;
            match id.filter(|id| !world.users.contains_key(id)) {
                Some(id) => {
                    world.users.insert(id, (name, 1));
                    assert_eq!((answer.status.as_u16(), known(&answer.body)), (201, world.shown(id)));
                }
                None => assert_eq!(answer.status, 409),
            }
            answer.text
        }
        Step::Read(id) => {
            let answer = reader.get(&format!("/api/users/{id}")).await;
            if world.users.contains_key(&id) {
                assert_eq!((answer.status.as_u16(), known(&answer.body)), (200, world.shown(id)));
            } else {
                assert_eq!(answer.status, 404);
            }
            answer.text
        }
        Step::List => {
            let answer = reader.get("/api/users").await;
            let shown: Vec<_> = answer.body["items"].as_array().unwrap().iter().map(known).collect();
            let expected: Vec<_> = world.users.keys().map(|id| world.shown(*id)).collect();
            assert_eq!((answer.status.as_u16(), shown), (200, expected));
            answer.text
        }
        Step::Replace(id, tag) => {
            let tag = world.header(id, &tag);
            let answer = reader
                .put(&format!("/api/users/{id}"), tag.as_ref().map(|(_, tag)| tag.as_str()), &body(None))
                .await;
            match (world.users.get_mut(&id), tag) {
                (None, _) => assert_eq!(answer.status, 404),
                (Some(_), Some((false, _))) => assert_eq!(answer.status, 412),
                (Some(user), _) => {
                    *user = (name, user.1 + 1);
                    assert_eq!((answer.status.as_u16(), known(&answer.body)), (200, world.shown(id)));
                }
            }
            answer.text
        }
        Step::Delete(id, tag) => {
            let tag = world.header(id, &tag);
            let headers: Vec<_> =
                tag.as_ref().map(|(_, tag)| ("if-match", tag.as_str())).into_iter().collect();
            let answer = reader.send("DELETE", &format!("/api/users/{id}"), &headers, None).await;
            if world.users.contains_key(&id) && matches!(tag, Some((false, _))) {
                assert_eq!(answer.status, 412);
            } else {
                world.users.remove(&id);
                assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
            }
            answer.text
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn nobody_sees_or_changes_another_s_users(steps in proptest::collection::vec((any::<bool>(), step()), 1..40)) {
        engine();
        runtime().block_on(async {
            let readers = [Reader::new().await, Reader::new().await];
            let mut worlds = [World::default(), World::default()];
            for (number, (second, step)) in steps.into_iter().enumerate() {
                let who = usize::from(second);
                // Names tell whose they are: what one reader wrote must never reach the other.
                let name = format!("reader{who} step{number}");
                let text = take(&readers[who], &mut worlds[who], step, name).await;
                assert!(!text.contains(&format!("reader{}", 1 - who)), "{text}");
            }
        });
    }
}
