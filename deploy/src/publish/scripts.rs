//! Whether the deployed policy lets the book's own inline scripts run.
//! Knows the hashes of the book and the output `ScriptHashes` of the stack.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use book_files::{Files, InlineScripts};

/// # Errors
/// A page has an inline script whose hash `deployed` (the stack's output `ScriptHashes`) does not name: browsers would refuse
/// to run it.
pub fn refuse_blocked(files: &Files, deployed: &str) -> Result<()> {
    let list = InlineScripts::of(files).source_list();
    let allowed: BTreeSet<&str> = deployed.split_whitespace().collect();
    let missing: Vec<&str> = list.split_whitespace().filter(|source| !allowed.contains(source)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "책의 인라인 스크립트 {}개를 배포된 정책이 막는다: 올리면 차례와 테마가 움직이지 않는다.\n  {}\n\
         template.yaml의 Mappings에 적힌 `Hashes`를 이 값으로 고치고 스택을 먼저 배포한다 (출력 ScriptHashes):\n  {list}",
        missing.len(),
        missing.join("\n  ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CSP Level 3, 6.7.3.3's example.
    const HELLO: &str = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";

    #[test]
    fn a_script_that_would_not_run_stops_the_publish() {
        let page = b"<script>alert('Hello, world.');</script>".to_vec();
        let files = Files::from([("index.html".to_owned(), page)]);
        assert!(refuse_blocked(&files, &format!("'sha256-other='  {HELLO}")).is_ok());
        let message = refuse_blocked(&files, "'sha256-other='").unwrap_err().to_string();
        assert!(message.contains(HELLO) && message.contains("ScriptHashes"), "{message}");
    }
}
