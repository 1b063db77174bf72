//! Decides which route takes a request.
//! Knows route keys; knows no HTTP beyond method and path.
//!
//! Priority: API Gateway Developer Guide, "Create routes for HTTP APIs": full match, then greedy path variable, then `$default`;
//! a method of its own before `ANY`. Among routes of one kind the guide's examples let the more literal path win.

use template::{Route, Segment};

/// The routes in the order in which they are tried.
#[derive(Debug)]
pub struct Table(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    index: usize,
    method: Option<String>,
    segments: Option<Vec<Segment>>,
}

/// The route that takes a request, with its path variables.
#[derive(Debug, PartialEq, Eq)]
pub struct Match<'a> {
    /// Index into the API's routes.
    pub index: usize,
    /// `pathParameters` of the event.
    pub variables: Vec<(&'a str, &'a str)>,
}

impl Table {
    /// Orders the routes: of those that take a request, the first is the one that shall.
    pub fn new(routes: &[Route]) -> Self {
        let entry = |(index, route): (usize, &Route)| Entry {
            index,
            method: route.key.method.clone(),
            segments: route.key.segments.clone(),
        };
        let mut entries: Vec<_> = routes.iter().enumerate().map(entry).collect();
        entries.sort_by_cached_key(|entry| std::cmp::Reverse(entry.priority()));
        Self(entries)
    }

    /// Finds the route for a method and a path, decoded.
    pub fn find<'a>(&'a self, method: &str, path: &'a str) -> Option<Match<'a>> {
        // More slashes at the beginning count as one.
        let path = path.trim_start_matches('/');
        self.0.iter().find_map(|entry| {
            let takes = entry.method.as_deref().is_none_or(|own| own == method);
            let variables = takes.then(|| entry.compare(path)).flatten()?;
            Some(Match { index: entry.index, variables })
        })
    }
}

impl Entry {
    /// Kind of match, then how literal each segment is, then whether the method is its own.
    fn priority(&self) -> (u8, Vec<u8>, bool) {
        let Some(segments) = &self.segments else { return (0, Vec::new(), false) };
        let literal = |segment: &Segment| match segment {
            Segment::Literal(_) => 2,
            Segment::Variable(_) => 1,
            Segment::Greedy(_) => 0,
        };
        let greedy = matches!(segments.last(), Some(Segment::Greedy(_)));
        (if greedy { 1 } else { 2 }, segments.iter().map(literal).collect(), self.method.is_some())
    }

    /// The variables when the path fits; none of them is ever empty.
    fn compare<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let mut variables = Vec::new();
        let Some(segments) = &self.segments else { return Some(variables) };
        let mut rest = (!path.is_empty()).then_some(path);
        for segment in segments {
            let here = rest?;
            let (first, behind) = match here.split_once('/') {
                Some((first, behind)) => (first, Some(behind)),
                None => (here, None),
            };
            match segment {
                Segment::Literal(text) if text == first => {}
                Segment::Variable(name) if !first.is_empty() => variables.push((name.as_str(), first)),
                Segment::Greedy(name) if !here.is_empty() => {
                    variables.push((name.as_str(), here));
                    return Some(variables);
                }
                _ => return None,
            }
            rest = behind;
        }
        rest.is_none().then_some(variables)
    }
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

    /// Whatever order the routes stand in, each request is taken by the route named.
    fn check(keys: &[&str], requests: &[(&str, &str)]) {
        let mut keys = keys.to_vec();
        for _ in 0..keys.len() {
            keys.rotate_left(1);
            let table = Table::new(&routes(&keys));
            for (request, expected) in requests {
                let (method, path) = request.split_once(' ').unwrap();
                let taken = table.find(method, path).map_or("none", |found| keys[found.index]);
                assert_eq!(taken, *expected, "{request} of {keys:?}");
            }
        }
    }

    #[test]
    fn the_guide_s_example() {
        check(
            &["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"],
            &[
                ("GET /pets/dog/1", "GET /pets/dog/1"),
                ("GET /pets/dog/2", "GET /pets/dog/{id}"),
                ("GET /pets/cat/1", "GET /pets/{proxy+}"),
                ("POST /test/5", "ANY /{proxy+}"),
                ("GET /", "$default"),
            ],
        );
    }

    #[test]
    fn the_most_specific_route_wins_whatever_the_order() {
        check(
            &[
                "$default",
                "ANY /{proxy+}",
                "GET /users/{id}",
                "ANY /users/{id}",
                "GET /users/me",
                "GET /users/{proxy+}",
            ],
            &[
                ("GET /users/me", "GET /users/me"),
                ("GET /users/1", "GET /users/{id}"),
                ("PUT /users/1", "ANY /users/{id}"),
                ("PUT /users/me", "ANY /users/{id}"),
                ("GET /users/1/x", "GET /users/{proxy+}"),
                ("PUT /users/1/x", "ANY /{proxy+}"),
                ("POST /elsewhere", "ANY /{proxy+}"),
                ("POST /", "$default"),
                ("GET ///users/me", "GET /users/me"),
            ],
        );
    }

    #[test]
    fn a_full_match_goes_before_a_greedy_one_with_more_letters_in_common() {
        check(
            &[
                "GET /pets/dog/{proxy+}",
                "GET /pets/{kind}/{id}",
                "GET /pets/{kind}/{proxy+}",
                "GET /{a}/{b}/{c}",
            ],
            &[
                ("GET /pets/dog/1", "GET /pets/{kind}/{id}"),
                ("GET /pets/dog/1/2", "GET /pets/dog/{proxy+}"),
                ("GET /pets/cat/1/2", "GET /pets/{kind}/{proxy+}"),
                ("GET /x/cat/1", "GET /{a}/{b}/{c}"),
                ("GET /x/cat/1/2", "none"),
            ],
        );
    }

    #[test]
    fn variables_are_never_empty() {
        let table = Table::new(&routes(&["GET /users/{id}", "GET /files/{path+}", "GET /"]));
        let of = |path| table.find("GET", path).map(|found| found.variables);
        assert_eq!(of("/users/한 "), Some(vec![("id", "한 ")]));
        assert_eq!(of("/files/a//b/"), Some(vec![("path", "a//b/")]));
        assert_eq!(of("/"), Some(vec![]));
        assert_eq!(of("//"), Some(vec![]));
        for path in ["/users", "/users/", "/users/1/", "/Users/1", "/users//", "/files", "/files/", "/x"] {
            assert_eq!(of(path), None, "{path}");
        }
        assert_eq!(table.find("POST", "/users/1"), None);
    }
}
