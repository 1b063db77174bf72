//! A permission is taken away over HTTP, the function fails as it would on AWS, and works again when it is given back.

use serde_json::{Value, json};

use crate::harness::{Answer, Local};
use crate::{start, visitor};

const PUT_ITEM: &str = "/_local/roles/UsersRole/actions/dynamodb:PutItem";

fn make(local: &Local) -> Answer {
    local.send("POST", "/api/users", &[("x-visitor", &visitor(1))], Some(&json!({"name": "하늘"})))
}

fn send(local: &Local, method: &str, path: &str) -> (u16, Value) {
    let answer = local.send(method, path, &[], None);
    (answer.status, answer.body)
}

#[test]
fn what_is_taken_away_fails_at_once_and_what_is_given_back_works_again() {
    let local = start(&[]);
    assert_eq!(make(&local).status, 201);
    let (status, taken) = send(&local, "DELETE", PUT_ITEM);
    let table = "arn:aws:dynamodb:ap-northeast-2:123456789012:table/User";
    let expected = |taken| json!({"role": "UsersRole", "action": "dynamodb:PutItem", "resources": [table], "taken": taken});
    assert_eq!((status, taken), (200, expected(true)));
    let refused = make(&local);
    assert_eq!((refused.status, &refused.body["error"]["code"]), (500, &json!("internal")));
    assert_eq!(local.send("GET", "/api/users/1", &[("x-visitor", &visitor(1))], None).status, 200);

    let (_, roles) = send(&local, "GET", "/_local/roles");
    let users = &roles["roles"][0];
    assert_eq!((&users["role"], &users["functions"]), (&json!("UsersRole"), &json!(["UsersFunction"])));
    let flags: Vec<_> = users["actions"].as_array().unwrap().iter().map(|one| one["taken"] == true).collect();
    assert_eq!(flags, [false, false, true, false, false]);
    let denial = roles["denials"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&denial["function"], &denial["action"], &denial["resource"], &denial["reason"]),
        (&json!("UsersFunction"), &json!("dynamodb:PutItem"), &json!(table), &json!("takenAway"))
    );
    let state = local.get("/_local/state.json").body;
    let refusal = state["changes"]["refusals"].as_array().unwrap().last().unwrap();
    assert_eq!((&refusal["by"], &refusal["asked"]), (&json!("iam"), &json!("dynamodb:PutItem")));

    assert_eq!(send(&local, "DELETE", PUT_ITEM).0, 200, "once more is the same");
    assert_eq!(send(&local, "PUT", PUT_ITEM), (200, expected(false)));
    assert_eq!(make(&local).status, 201);
    send(&local, "DELETE", PUT_ITEM);
    send(&local, "DELETE", "/_local/roles/UsersRole/actions/dynamodb:GetItem");
    assert_eq!(send(&local, "PUT", "/_local/roles"), (200, json!({"givenBack": 2})));
    assert_eq!(make(&local).status, 201);

    nothing_else_can_be_switched(&local);
    only_this_server_s_pages_may_switch(&local);
    forms_of_a_page_without_a_script_switch_too(&local);
}

fn nothing_else_can_be_switched(local: &Local) {
    let before = local.get("/_local/roles").body["roles"].clone();
    for (path, code) in [
        ("/_local/roles/UsersRole/actions/dynamodb:Scan", "action_not_granted"),
        ("/_local/roles/UsersRole/actions/dynamodb:*", "action_not_granted"),
        ("/_local/roles/UsersRole/actions/*", "action_not_granted"),
        ("/_local/roles/ColdStartRole/actions/dynamodb:PutItem", "action_not_granted"),
        ("/_local/roles/UsersFunction/actions/dynamodb:PutItem", "role_not_found"),
        ("/_local/roles/%3Cb%3E/actions/x", "role_not_found"),
    ] {
        for method in ["PUT", "DELETE"] {
            let (status, body) = send(local, method, path);
            assert_eq!((status, &body["error"]["code"]), (404, &json!(code)), "{method} {path}");
            assert!(!body["error"]["message"].as_str().unwrap().is_empty());
        }
    }
    assert_eq!(local.get("/_local/roles").body["roles"], before);
}

fn only_this_server_s_pages_may_switch(local: &Local) {
    let other = "http://localhost:1";
    for headers in [
        &[("origin", other)][..],
        &[("origin", "null")],
        &[("origin", local.base.as_str()), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
    ] {
        for (method, path) in [("DELETE", PUT_ITEM), ("POST", PUT_ITEM), ("PUT", "/_local/roles")] {
            assert_eq!(local.send(method, path, headers, None).status, 403, "{method} {headers:?}");
        }
    }
    let own = [("origin", local.base.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(local.send("PUT", "/_local/roles", &own, None).status, 200);
    assert_eq!(make(local).status, 201);
}

fn forms_of_a_page_without_a_script_switch_too(local: &Local) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let post = |path: &str, form: &str| {
        let request = agent.post(format!("{}{path}", local.base));
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send(form).unwrap();
        let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location)
    };
    let back = (303, Some("/_local/#roles".to_owned()));
    assert_eq!(post(PUT_ITEM, "do=take"), back);
    assert_eq!(make(local).status, 500);
    assert_eq!(post(PUT_ITEM, "do=give"), back);
    assert_eq!(make(local).status, 201);
    assert_eq!(post(PUT_ITEM, "do=take"), back);
    assert_eq!(post("/_local/roles", ""), back);
    assert_eq!(make(local).status, 201);
    assert_eq!(post(PUT_ITEM, "do=anything").0, 400);
}
