//! A chapter switches a permission by its blocks, as `check` runs them: the base `{{local}}` of the book's own settings.

use std::path::Path;

use template::Stack;

use crate::start;

/// The stack a template is read for.
pub const STACK: Stack<'static> = Stack {
    id: "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/local/0123",
    origin: "http://127.0.0.1:3000",
};

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A chapter that takes a permission away, sees the function fail, and gives it back.
const CHAPTER: &str = r#"# 권한

```hurl demo id=before
# 만들 수 있다
POST {{api}}/users

{ "name": "하늘" }

HTTP 201
```

```hurl demo id=take-away
# 쓰는 권한을 뺀다
DELETE {{local}}/roles/UsersRole/actions/dynamodb:PutItem

HTTP 200
[Asserts]
jsonpath "$.taken" == true
```

```hurl demo id=without only=local
# 이제 만들 수 없다
POST {{api}}/users

{ "name": "바다" }

HTTP 500
[Asserts]
jsonpath "$.error.code" == "internal"
```

```hurl demo id=give-back
# 모두 돌려준다
PUT {{local}}/roles

HTTP 200
[Asserts]
jsonpath "$.givenBack" == 1
```

```hurl demo id=after
# 다시 만들 수 있다
POST {{api}}/users

{ "name": "바다" }

HTTP 201
```
"#;

/// The project's own settings without the theme and the demands on its chapters.
fn settings() -> String {
    let text = std::fs::read_to_string(root().join("book/book.toml")).unwrap();
    let mut is_live = false;
    let lines = text.lines().filter(|line| {
        if line.starts_with('[') {
            is_live =
                line.starts_with("[preprocessor.live") && !line.starts_with("[preprocessor.live.checks");
        }
        is_live
    });
    lines.collect::<Vec<_>>().join("\n").replace("assets = \"files\"", "")
}

#[test]
fn a_chapter_can_do_it_from_its_blocks() {
    let local = start(&[]);
    let book = tempfile::tempdir().unwrap();
    let source = book.path().join("src");
    std::fs::create_dir(&source).unwrap();
    std::fs::write(book.path().join("book.toml"), settings()).unwrap();
    std::fs::write(source.join("SUMMARY.md"), "- [권한](permissions.md)\n").unwrap();
    std::fs::write(source.join("permissions.md"), CHAPTER).unwrap();
    for _ in 0..2 {
        let report = mdbook_live::runner::check(&local.base, book.path()).unwrap();
        assert!(report.passed(), "{report}");
        assert!(report.blocks.iter().all(|block| block.skipped.is_none()), "{report}");
        assert_eq!(report.blocks.len(), 5);
    }
}
