//! The page's functions against the vectors that the Rust side reads too.

use anyhow::Result;
use serde_json::{Value, json};

use crate::fixture::fixture;
use crate::page::{Page, driver};

#[test]
fn the_page_judges_as_the_runner_does() -> Result<()> {
    let Some(driver) = driver()? else {
        return Ok(());
    };
    let page = Page::open(&driver, &format!("{}/users.html", fixture().split))?;
    for (name, vectors, judge) in [
        (
            "requests",
            include_str!("../vectors/requests.json"),
            "try { return { ok: mdbookLive.fill(vector.text, vector.vars) } } catch (problem) { return { error: problem.message } }",
        ),
        (
            "queries",
            include_str!("../vectors/queries.json"),
            "let json;
             try { json = JSON.parse(vector.response.body) } catch {}
             return { pass: mdbookLive.holds({ ...vector.response, total: vector.response.duration, json }, vector) }",
        ),
        (
            "claims",
            include_str!("../vectors/claims.json"),
            "try {
                return { result: mdbookLive.judge(vector.expr, vector.aliases, (block = 'this') => vector.runs[block]) }
             } catch (problem) {
                const missing = problem.message === 'claimNotRun' ? { missing: problem.args[0] ?? 'this' } : {};
                return { result: { held: null, left: null, right: null, ...missing } }
             }",
        ),
    ] {
        let vectors: Vec<Value> = serde_json::from_str(vectors)?;
        assert!(vectors.len() > 20, "{name}");
        let judged = page.session.script(
            &format!("return arguments[0].map(vector => {{ {judge} }})"),
            &[json!(vectors)],
        )?;
        for (vector, judged) in vectors.iter().zip(judged.as_array().into_iter().flatten()) {
            let members = ["ok", "error", "pass", "result"].into_iter();
            let expected: Value = members
                .filter_map(|key| Some((key.to_owned(), vector.get(key)?.clone())))
                .collect::<serde_json::Map<_, _>>()
                .into();
            assert!(alike(&expected, judged), "{name}: {vector}\npage: {judged}");
        }
        assert_eq!(judged.as_array().map(Vec::len), Some(vectors.len()), "{name}");
    }
    Ok(())
}

/// Equal, with numbers compared as numbers: a browser writes 1 for 1.0.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
            _ => false,
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| alike(value, other)))
        }
        (a, b) => a == b,
    }
}
