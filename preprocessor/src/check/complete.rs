//! Chapters that must let a reader predict, see a claim judged and answer a question.
//! Knows [`Reading`].

use crate::reading::Reading;

/// What a complete chapter still lacks; `None` when nothing.
pub(crate) fn missing(reading: &Reading) -> Option<String> {
    let has = |second: &str| reading.fences.iter().any(|fence| fence.is("toml", second));
    let claims = reading.fences.iter().any(|fence| {
        fence.is("hurl", "demo")
            && fence.text.text().lines().any(|line| {
                line.strip_prefix('#').is_some_and(|comment| comment.trim_start().starts_with("claim:"))
            })
    });
    let parts = [
        ("예측(```toml predict)", has("predict")),
        ("주장(블록의 `# claim:`)", claims),
        ("확인 문제(```toml quiz)", has("quiz")),
    ];
    let lacking: Vec<_> = parts.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    (!lacking.is_empty())
        .then(|| format!("이 장에 {}이(가) 없다. 설정의 complete에 든 장이다.", lacking.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::tests::read;

    #[test]
    fn each_part_is_asked_for() {
        let predict = "```toml predict id=a\n```\n\n";
        let claim = "```hurl demo id=b\n# 제목\n#  claim: runs == 1\nGET {{api}}/x\nHTTP 200\n```\n\n";
        let quiz = "```toml quiz id=c\n```\n\n";
        let lacking = |chapter: &str| missing(&read(chapter, &[])).unwrap_or_default();
        assert_eq!(lacking(&format!("{predict}{claim}{quiz}")), "");
        assert!(lacking(&format!("{claim}{quiz}")).starts_with("이 장에 예측"));
        assert!(lacking(&format!("{predict}{quiz}")).starts_with("이 장에 주장"));
        assert!(lacking(&format!("{predict}{claim}")).starts_with("이 장에 확인 문제"));
        assert_eq!(lacking("# claim: 제목\n").matches(", ").count(), 2);
    }
}
