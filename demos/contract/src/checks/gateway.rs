//! What API Gateway answers by itself: routes and methods the template does not name never reach a function.
//! HTTP APIs send 404 for a wrong method too, and know no 405.

use super::Check;
use crate::service::Payload;

const UNROUTED: [(&str, &str); 8] = [
    ("GET", "/api/nothing"),
    ("GET", "/api/users/1/friends"),
    ("PATCH", "/api/users/1"),
    ("PUT", "/api/users"),
    ("DELETE", "/api/users"),
    ("POST", "/api/users/1"),
    ("GET", "/api/cold-start/plain-64"),
    ("POST", "/api/cold-start/plain-128"),
];

pub(super) fn checks() -> Vec<Check> {
    let unrouted = UNROUTED.map(|(method, path)| {
        Check::new(format!("gateway: {method} {path} is no route"), move |service| {
            let visitor = [("x-visitor", "0123456789abcdef0123456789abcdef")];
            service.send(method, path, &visitor, Payload::Nothing)?.of_the_gateway(404, "Not Found")
        })
    });
    unrouted.into()
}
