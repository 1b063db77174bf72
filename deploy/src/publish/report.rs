//! What a publish will do or has done, in words.
//! Knows the plan; prints nothing.

use std::fmt::Write;

use super::book::Book;
use super::invalidation::Invalidation;
use super::manifest::Manifest;
use super::plan::{Gone, KEPT, Plan, Why};

/// A list in a report names this many files.
const MAX_LISTED: usize = 100;

/// Every step of the plan with its reason.
pub fn plan(plan: &Plan, book: &Book, published: &Manifest, invalidation: &Invalidation) -> String {
    if plan.is_empty(published) {
        return unchanged(book);
    }
    let mut text = format!("올린다: {}", counted(plan, book));
    list(
        &mut text,
        plan.uploads.iter().map(|upload| {
            let size = book.get(&upload.name).map_or(0, |object| object.file.size);
            format!("{} {} ({})", why(upload.why), upload.name, bytes(size))
        }),
    );
    if !plan.retired.is_empty() {
        let _ = write!(
            text,
            "\n물러난다: {}개 (책에서 빠졌지만 {KEPT}번 더 게시할 때까지 남는다)",
            plan.retired.len()
        );
        list(&mut text, plan.retired.iter().cloned());
    }
    if !plan.deletions.is_empty() {
        let _ = write!(text, "\n지운다: {}개", plan.deletions.len());
        list(
            &mut text,
            plan.deletions.iter().map(|deletion| format!("{} {}", gone(deletion.why), deletion.name)),
        );
    }
    if !invalidation.0.is_empty() {
        let _ = write!(text, "\n무효화할 주소 (배포가 있을 때): {}", invalidation.0.join(" "));
    }
    text
}

/// One line about a publish that is done.
pub fn done(plan: &Plan, book: &Book, published: &Manifest) -> String {
    if plan.is_empty(published) {
        return unchanged(book);
    }
    let mut text = format!("게시했다: {}", counted(plan, book));
    if !plan.deletions.is_empty() {
        let _ = write!(text, ", 지운 파일 {}개", plan.deletions.len());
    }
    if !plan.next.retired.is_empty() {
        let _ = write!(text, ", 물러나 있는 파일 {}개", plan.next.retired.len());
    }
    if !published.uncertain.is_empty() {
        text.push_str("\n끝나지 않았던 게시를 이어받아 마쳤다.");
    }
    text
}

fn unchanged(book: &Book) -> String {
    format!("바뀐 것이 없다: 파일 {}개가 모두 그대로다.", book.len())
}

fn counted(plan: &Plan, book: &Book) -> String {
    let size =
        plan.uploads.iter().filter_map(|upload| book.get(&upload.name)).map(|object| object.file.size).sum();
    format!("파일 {}개 가운데 {}개, {}", book.len(), plan.uploads.len(), bytes(size))
}

fn why(why: Why) -> &'static str {
    match why {
        Why::New => "새로  ",
        Why::Content => "내용  ",
        Why::Headers => "헤더  ",
        Why::Uncertain => "다시  ",
    }
}

fn gone(why: Gone) -> &'static str {
    match why {
        Gone::Left => "빠짐  ",
        Gone::Expired => "기한  ",
    }
}

fn list(text: &mut String, lines: impl Iterator<Item = String>) {
    for (n, line) in lines.enumerate() {
        if n == MAX_LISTED {
            text.push_str("\n  …");
            return;
        }
        let _ = write!(text, "\n  {line}");
    }
}

fn bytes(count: u64) -> String {
    indicatif::HumanBytes(count).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::store::Object;

    fn book(files: &[(&str, &str)]) -> Book {
        let object = |content: &str| Object::new(content.to_owned(), "t", "c");
        files.iter().map(|(name, content)| ((*name).to_owned(), object(content))).collect()
    }

    #[test]
    fn a_plan_says_what_and_why() {
        let before = book(&[
            ("a.html", "1"),
            ("b.html", "1"),
            ("c.html", "1"),
            ("x-1a2b3c4d.css", "1"),
            ("index.html", "1"),
        ]);
        let mut published = Plan::new(&before, &Manifest::default()).next;
        published.retired.insert("y-1a2b3c4d.css".to_owned(), KEPT);
        let mut now = book(&[("a.html", "22"), ("b.html", "1"), ("d.html", "1"), ("index.html", "1")]);
        now.get_mut("b.html").unwrap().file.cache_control = "no-store".to_owned();
        let made = Plan::new(&now, &published);
        let invalidation = Invalidation(vec!["/a.html".to_owned()]);
        assert_eq!(
            plan(&made, &now, &published, &invalidation),
            "올린다: 파일 4개 가운데 3개, 4 B\n  새로   d.html (1 B)\n  내용   a.html (2 B)\n  헤더   b.html (1 B)\n\
             물러난다: 1개 (책에서 빠졌지만 3번 더 게시할 때까지 남는다)\n  x-1a2b3c4d.css\n\
             지운다: 2개\n  빠짐   c.html\n  기한   y-1a2b3c4d.css\n무효화할 주소 (배포가 있을 때): /a.html"
        );
        assert_eq!(
            done(&made, &now, &published),
            "게시했다: 파일 4개 가운데 3개, 4 B, 지운 파일 2개, 물러나 있는 파일 1개"
        );
        let same = Plan::new(&now, &made.next);
        assert_eq!(done(&same, &now, &made.next), "바뀐 것이 없다: 파일 4개가 모두 그대로다.");
    }
}
