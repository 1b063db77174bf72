//! What the name at the front of a block's target may stand for beside `{{api}}`: places that not every server of the book has.
//! Knows the rules for their names and paths.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::syntax::{API_VARIABLE, is_variable_name};

/// A path of the book's own server that answers in some places only: an interface of a developer's machine, say, which
/// the published book does not have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Base {
    /// What the name stands for: `/_local`.
    pub path: String,
    /// What readers are told: where such a block works, and what they have where it does not.
    pub absent: String,
}

/// The longest sentence, in characters: it stands in the page and in a status line.
const LONGEST: usize = 300;

/// What is wrong with the table, beside the path of `{{api}}`.
pub(super) fn problems(bases: &BTreeMap<String, Base>, api_path: &str) -> Vec<String> {
    let mut messages = Vec::new();
    for (name, base) in bases {
        if !is_variable_name(name) || name == API_VARIABLE {
            messages.push(format!(
                "bases의 이름 `{name}`은(는) 쓸 수 없다. 영문자, 숫자, `_`로 쓰고 `api`는 피한다."
            ));
        }
        let path = &base.path;
        let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte));
        if !plain
            || !path.starts_with('/')
            || path.contains("//")
            || path.contains("/.")
            || path.ends_with('/')
        {
            messages.push(format!(
                "bases.{name}의 path = \"{path}\"는 쓸 수 없다. 책과 같은 서버의 경로를 \"/_local\"처럼 끝에 /가 없게 쓴다."
            ));
        }
        let others = bases.iter().filter(|(other, _)| *other != name).map(|(_, other)| other.path.as_str());
        // An address must say by itself which base it is below. An empty `api` is the rest of the server.
        if others
            .chain([api_path].into_iter().filter(|path| !path.is_empty()))
            .any(|other| is_below(path, other))
        {
            messages.push(format!(
                "bases.{name}의 path가 다른 바탕 주소와 겹친다. 서로의 아래에 있지 않게 쓴다."
            ));
        }
        if base.absent.trim().is_empty() || base.absent.chars().count() > LONGEST {
            messages.push(format!("bases.{name}의 absent에는 독자에게 보일 글을 {LONGEST}자까지 쓴다."));
        }
    }
    messages
}

/// Whether `path` is `other` or lies below it.
fn is_below(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
