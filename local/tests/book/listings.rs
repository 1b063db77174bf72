//! The listings in Node.js and Python do what the chapters say of them. They are run with the events that API Gateway sends; where
//! a language is missing, its test says so and is left out.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::book;

/// Runs a listing: one event a line in, one answer a line out. Those that are handed a table get one in memory.
const NODE: &str = "
const { handler, app } = await import(process.argv[1]);
const rows = new Map();
const table = {
  get: async (id) => rows.get(id),
  putIfAbsent: async (item) => !rows.has(item.id) && !!rows.set(item.id, item),
  updateIfPresent: async (id, name) => {
    const old = rows.get(id);
    return old && (rows.set(id, { ...old, name, version: old.version + 1 }), rows.get(id));
  },
  remove: async (id) => void rows.delete(id),
};
const run = handler ?? app(table);
const text = (await import('node:fs')).readFileSync(0, 'utf8');
for (const line of text.trim().split('\\n')) console.log(JSON.stringify(await run(JSON.parse(line))));
";

/// The same for Python.
const PYTHON: &str = "
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location('listing', sys.argv[1])
listing = importlib.util.module_from_spec(spec)
spec.loader.exec_module(listing)
class Table(dict):
    def put_if_absent(self, item):
        return self.setdefault(item['id'], item) is item
    def update_if_present(self, key, name):
        if key in self:
            self[key] = dict(self[key], name=name, version=self[key]['version'] + 1)
        return self.get(key)
    def remove(self, key):
        self.pop(key, None)
run = listing.handler if hasattr(listing, 'handler') else listing.app(Table())
for line in sys.stdin:
    print(json.dumps(run(json.loads(line), None)))
";

/// The answers of a listing to these events, its body read as JSON; nothing without the language.
fn answers(listing: &str, prepare: &str, events: &[Value]) -> Option<Vec<(u64, Value)>> {
    let file: PathBuf = book().join("listings").join(listing).canonicalize().unwrap();
    let mut command = if listing.ends_with(".mjs") {
        let mut node = Command::new("node");
        node.args(["--input-type=module", "--eval", NODE]).arg(file);
        node
    } else {
        let mut python = Command::new("python3");
        python.args(["-B", "-c", PYTHON]).arg(file);
        python
    };
    command.env("PREPARE", prepare).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(missing) => {
            eprintln!("{listing} is left out: {missing}");
            return None;
        }
    };
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{listing}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let read = |line: &str| {
        let answer: Value = serde_json::from_str(line).unwrap();
        // API Gateway refuses a body that is no text.
        let body = answer.get("body").map_or("null", |body| body.as_str().unwrap());
        (answer["statusCode"].as_u64().unwrap(), serde_json::from_str(body).unwrap())
    };
    let answers: Vec<_> = text.lines().map(read).collect();
    assert_eq!(answers.len(), events.len(), "{listing}: {text}");
    Some(answers)
}

#[test]
fn what_stands_outside_is_done_once_and_what_stands_inside_each_time() {
    let wait = |text: &str| json!({"queryStringParameters": {"wait": text}});
    let events = [json!({}), wait("30"), wait("soon"), wait("501")];
    for listing in ["cold-start/handler.mjs", "cold-start/handler.py"] {
        for prepare in ["init", "first-call"] {
            let Some(answers) = answers(listing, prepare, &events) else { continue };
            let [(200, first), (200, second), (400, letters), (400, long)] = &answers[..] else {
                panic!("{listing}: {answers:?}")
            };
            assert_eq!((&first["invocation"], &second["invocation"]), (&json!(1), &json!(2)), "{listing}");
            assert_eq!((&first["cold"], &second["cold"]), (&json!(true), &json!(false)), "{listing}");
            assert_eq!(first["environmentId"], second["environmentId"], "{listing}");
            assert_eq!(first["index"], second["index"], "built once, in {listing}");
            let ms = |value: &Value| value.as_f64().unwrap();
            assert!(ms(&second["handlerMs"]) >= 29.0, "{listing}: {second}");
            let is_inside = ms(&first["handlerMs"]) >= ms(&first["index"]["buildMs"]);
            assert_eq!(is_inside, prepare == "first-call", "{listing}, {prepare}: {first}");
            for refused in [letters, long] {
                assert_eq!(refused["error"]["code"], "parameter_invalid", "{listing}");
            }
        }
    }
}

#[test]
fn users_are_made_read_replaced_and_deleted() {
    let event = |route: &str, id: Option<&str>, body: Option<Value>| {
        let parameters = id.map(|id| json!({"id": id}));
        json!({"routeKey": route, "pathParameters": parameters, "body": body.map(|body| body.to_string())})
    };
    let (make, read) = ("POST /api/users", "GET /api/users/{id}");
    let (replace, delete) = ("PUT /api/users/{id}", "DELETE /api/users/{id}");
    let named = |name: &str| Some(json!({"id": 7, "name": name}));
    let events = [
        event(read, Some("7"), None),
        event(make, None, named("하늘")),
        event(make, None, named("바다")),
        event(replace, Some("7"), named("노을")),
        event(read, Some("7"), None),
        event(delete, Some("7"), None),
        event(delete, Some("7"), None),
        event(replace, Some("7"), named("노을")),
        event("PATCH /api/users/{id}", Some("7"), None),
    ];
    for listing in ["users/handler.mjs", "users/handler.py"] {
        let Some(answers) = answers(listing, "", &events) else { continue };
        let statuses: Vec<_> = answers.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [404, 201, 409, 200, 200, 204, 204, 404, 404], "{listing}");
        assert_eq!(answers[1].1, json!({"id": 7, "name": "하늘", "version": 1}), "{listing}");
        assert_eq!(answers[2].1["error"]["code"], "id_in_use", "{listing}");
        assert_eq!(answers[4].1, json!({"id": 7, "name": "노을", "version": 2}), "{listing}");
    }
}
