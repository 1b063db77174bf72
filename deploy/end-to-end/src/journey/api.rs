//! The API as a reader reaches it: through the distribution, and not otherwise.
//! Knows the contract suite and the list of gaps.

use anyhow::{Result, ensure};
use contract::Suite;

use super::Deployed;
use super::readers::Tokens;
use crate::emulator::Emulator;
use crate::gaps::Gaps;
use crate::viewer::Viewer;

/// The whole suite against the distribution, with a signed-in reader.
pub fn contract(deployed: &Deployed, gaps: &Gaps, tokens: &Tokens) -> Result<String> {
    let suite = Suite::new(&deployed.edge.base()).token(Some(tokens.access.clone()));
    gaps.judge(&suite.run(|_| ()))
}

/// Who goes around the distribution has not its secret.
pub fn behind_the_distribution(deployed: &Deployed, emulator: &Emulator) -> Result<String> {
    let api = format!("/_aws/execute-api/{}/$default", deployed.stack.output("ApiId")?);
    let direct = Viewer::new(&emulator.endpoint());
    let visitor = ("x-visitor", "0123456789abcdef0123456789abcdef");
    let paths = ["/api/users", "/api/cold-start/plain-128"];
    for path in paths {
        for headers in [&[visitor][..], &[visitor, ("x-origin-secret", "guess")]] {
            let answer = direct.get(&format!("{api}{path}"), headers)?.status(403)?;
            ensure!(answer.header("x-consumed-capacity").is_empty(), "{path}: 표를 읽었다");
        }
        // A header of the reader's own does not take the place of CloudFront's.
        deployed.viewer.get(path, &[visitor, ("x-origin-secret", "guess")])?.status(200)?;
    }
    Ok(format!("{}곳 모두 비밀 없이는 403, 배포를 거치면 200", paths.len()))
}
