//! Decides which route takes a request.
//! Knows route keys; knows no HTTP beyond method and path.
//!
//! Priority: API Gateway Developer Guide, "Working with routes for HTTP APIs": full match, then greedy path variable, then
//! `$default`; a method of its own before `ANY`.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use template::{Route, Segment};

/// The route that takes a request, with its decoded path variables.
#[derive(Debug)]
pub struct Match<'r> {
    /// Index into the API's routes.
    pub index: usize,
    /// The route.
    pub route: &'r Route,
    /// `pathParameters` of the event.
    pub variables: BTreeMap<String, String>,
}

/// Finds the route for a method and a path (as sent, percent-encoded).
pub fn find<'r>(routes: &'r [Route], method: &str, path: &str) -> Option<Match<'r>> {
    let path: Vec<&str> = match path.trim_start_matches('/') {
        "" => Vec::new(),
        path => path.split('/').collect(),
    };
    let candidates = routes.iter().enumerate().filter_map(|(index, route)| {
        if route.key.method.as_deref().is_some_and(|own| own != method) {
            return None;
        }
        let (rank, variables) = match &route.key.segments {
            None => (Vec::new(), BTreeMap::new()),
            Some(pattern) => compare(pattern, &path)?,
        };
        Some(((rank, route.key.method.is_some()), Match { index, route, variables }))
    });
    candidates.max_by(|(left, _), (right, _)| left.cmp(right)).map(|(_, found)| found)
}

/// How well each segment fits: a literal beats a variable, a variable beats a greedy one; `$default` has no rank at all.
fn compare(pattern: &[Segment], path: &[&str]) -> Option<(Vec<u8>, BTreeMap<String, String>)> {
    let mut rank = vec![1];
    let mut variables = BTreeMap::new();
    let mut rest = path;
    for segment in pattern {
        let (first, others) = rest.split_first()?;
        match segment {
            Segment::Literal(text) if text == first => rank.push(3),
            Segment::Literal(_) => return None,
            Segment::Variable(_) if first.is_empty() => return None,
            Segment::Variable(name) => {
                variables.insert(name.clone(), decode(first));
                rank.push(2);
            }
            Segment::Greedy(name) => {
                variables.insert(name.clone(), decode(&rest.join("/")));
                rank.push(0);
                return Some((rank, variables));
            }
        }
        rest = others;
    }
    rest.is_empty().then_some((rank, variables))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use template::{Integration, RouteKey};

    fn routes(keys: &[&str]) -> Vec<Route> {
        let route = |key: &&str| Route {
            key: RouteKey::parse(key).unwrap(),
            integration: Integration::Function((*key).into()),
            throttle: None,
            timeout: None,
            authorization: None,
        };
        keys.iter().map(route).collect()
    }

    #[test]
    fn the_most_specific_route_wins_whatever_the_order() {
        let mut keys = [
            "$default",
            "ANY /{proxy+}",
            "GET /users/{id}",
            "ANY /users/{id}",
            "GET /users/me",
            "GET /users/{proxy+}",
        ];
        for _ in 0..keys.len() {
            keys.rotate_left(1);
            let routes = routes(&keys);
            let taken =
                |method, path| find(&routes, method, path).map(|found| found.route.key.to_string()).unwrap();
            assert_eq!(taken("GET", "/users/me"), "GET /users/me");
            assert_eq!(taken("GET", "/users/1"), "GET /users/{id}");
            assert_eq!(taken("PUT", "/users/1"), "ANY /users/{id}");
            assert_eq!(taken("GET", "/users/1/x"), "GET /users/{proxy+}");
            assert_eq!(taken("POST", "/elsewhere"), "ANY /{proxy+}");
            assert_eq!(taken("POST", "/"), "$default");
        }
    }

    #[test]
    fn variables_are_decoded_and_never_empty() {
        let routes = routes(&["GET /users/{id}"]);
        let found = find(&routes, "GET", "/users/%ED%95%9C%20%2F").unwrap();
        assert_eq!(found.variables["id"], "한 /");
        for path in ["/users", "/users/", "/users/1/", "/Users/1", "//users/1x/"] {
            assert!(find(&routes, "GET", path).is_none(), "{path}");
        }
        assert!(find(&routes, "POST", "/users/1").is_none());
    }
}
