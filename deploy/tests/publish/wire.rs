//! What goes over the wire: every request with the headers that matter, and how many there are.
//! Knows the AWS of these tests, which honours conditional writes as S3 does.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::bucket::{Aws, BUCKET, STACK, Stored};
use crate::gate::{Gate, Sent};
use crate::program::{SECRET, book, command, complaint, printed, run, write};
use crate::servers::Server;

const INDEX: &str = "<script>alert('Hello, world.');</script>";
/// The hash of that script (CSP Level 3, 6.7.3.3's example).
const HASH: &str = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";

const FILES: [(&str, &str); 6] = [
    ("CNAME", "example.org"),
    ("css/book-1a2b3c4d.css", "a{}"),
    ("images/map.svg", "<svg/>"),
    ("index.html", INDEX),
    ("장/하나.html", "one"),
    ("장/둘.html", "two"),
];

struct Scene {
    aws: Aws,
    gate: Gate,
    root: TempDir,
}

impl Scene {
    async fn new(files: &[(&str, &str)]) -> Scene {
        let outputs = [
            ("SiteBucket", BUCKET),
            ("DistributionId", "E1"),
            ("ScriptHashes", HASH),
            ("SignInIssuer", "https://issuer.example/pool"),
            ("SignInClient", "client1"),
            ("SignInScope", "openid book/users"),
        ];
        let outputs = outputs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let aws = Aws { outputs: BTreeMap::from(outputs), ..Aws::default() };
        let gate = Gate::open(Server::own(aws.clone()).await.address).await;
        Scene { aws, gate, root: book(files) }
    }

    async fn publish(&self, arguments: &[&str]) -> Output {
        self.gate.sent();
        run(self.root.path(), self.gate.address, arguments).await
    }

    async fn published(&self, arguments: &[&str]) -> (String, Vec<String>) {
        let printed = printed(&self.publish(arguments).await);
        (printed, self.gate.sent().iter().map(line).collect())
    }

    fn keys(&self) -> Vec<String> {
        self.aws.objects.lock().unwrap().keys().cloned().collect()
    }
}

/// A request in one line, with the headers that matter.
fn line(sent: &Sent) -> String {
    let path = percent_encoding::percent_decode_str(&sent.path).decode_utf8().unwrap().into_owned();
    let path = path.split("?x-id=").next().unwrap();
    let mut line = format!("{} {path}", sent.method);
    for name in ["content-type", "cache-control"] {
        if sent.method == "PUT" {
            line.push_str(&format!(" | {}", sent.header(name)));
        }
    }
    match (sent.header("if-match"), sent.header("if-none-match")) {
        ("-", "-") => {}
        ("-", none) => line.push_str(&format!(" | none match {none}")),
        _ => line.push_str(" | match"),
    }
    if path.starts_with("/2020-05-31/") {
        let body = std::str::from_utf8(&sent.body).unwrap();
        let paths: Vec<&str> =
            body.split("<Path>").skip(1).map(|part| part.split("</Path>").next().unwrap()).collect();
        line.push_str(&format!(" | {}", paths.join(" ")));
    }
    line
}

const STACK_ARGUMENTS: [&str; 2] = ["--stack", STACK];
const RECORD: &str = "/book/.publish/manifest.json | application/json; charset=utf-8 | no-cache";

#[tokio::test(flavor = "multi_thread")]
async fn a_first_publish() {
    let scene = Scene::new(&FILES).await;
    let (report, mut lines) = scene.published(&STACK_ARGUMENTS).await;
    // Requests of one phase, and the looks at new folders, are under way at once.
    lines[2..5].sort();
    lines[7..9].sort();
    lines[10..12].sort();
    assert_eq!(
        lines,
        [
            "POST /".to_owned(),
            "GET /book/.publish/manifest.json".to_owned(),
            "HEAD /book/css/.publish/manifest.json".to_owned(),
            "HEAD /book/images/.publish/manifest.json".to_owned(),
            "HEAD /book/장/.publish/manifest.json".to_owned(),
            format!("PUT {RECORD} | none match *"),
            "PUT /book/css/book-1a2b3c4d.css | text/css; charset=utf-8 | public, max-age=31536000, immutable"
                .to_owned(),
            "PUT /book/config.json | application/json; charset=utf-8 | no-cache".to_owned(),
            "PUT /book/images/map.svg | image/svg+xml; charset=utf-8 | no-cache".to_owned(),
            "HEAD /book/.publish/manifest.json".to_owned(),
            "PUT /book/장/둘.html | text/html; charset=utf-8 | no-cache".to_owned(),
            "PUT /book/장/하나.html | text/html; charset=utf-8 | no-cache".to_owned(),
            "PUT /book/index.html | text/html; charset=utf-8 | no-cache".to_owned(),
            "POST /2020-05-31/distribution/E1/invalidation | /*".to_owned(),
            format!("PUT {RECORD} | match"),
        ]
    );
    assert!(report.contains("파일 6개 가운데 6개"), "{report}");
    let config: Value = serde_json::from_slice(&scene.aws.read("config.json").unwrap().content).unwrap();
    assert_eq!(
        config,
        serde_json::json!({
            "api": "/api", "issuer": "https://issuer.example/pool", "client": "client1", "scope": "openid book/users",
        })
    );
    assert_eq!(scene.aws.read("장/하나.html").unwrap().content, b"one");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_changed_and_one_page_changed() {
    let scene = Scene::new(&FILES).await;
    scene.published(&STACK_ARGUMENTS).await;
    let (report, lines) = scene.published(&STACK_ARGUMENTS).await;
    assert_eq!(lines, ["POST /", "GET /book/.publish/manifest.json"], "{report}");
    let mut files = FILES;
    files[4].1 = "ONE";
    write(scene.root.path(), &files);
    let (_, lines) = scene.published(&STACK_ARGUMENTS).await;
    assert_eq!(
        lines,
        [
            "POST /".to_owned(),
            "GET /book/.publish/manifest.json".to_owned(),
            format!("PUT {RECORD} | match"),
            "PUT /book/장/하나.html | text/html; charset=utf-8 | no-cache".to_owned(),
            "POST /2020-05-31/distribution/E1/invalidation | /%EC%9E%A5/%ED%95%98%EB%82%98.html".to_owned(),
            format!("PUT {RECORD} | match"),
        ]
    );
    // With a bucket alone: one request, and `config.json` is what is known without a stack.
    let (_, lines) = scene.published(&["--bucket", BUCKET]).await;
    assert!(
        lines.contains(&"PUT /book/config.json | application/json; charset=utf-8 | no-cache".to_owned()),
        "{lines:?}"
    );
    assert_eq!(scene.aws.read("config.json").unwrap().content, br#"{"api":"/api"}"#);
    let (_, lines) = scene.published(&["--bucket", BUCKET]).await;
    assert_eq!(lines, ["GET /book/.publish/manifest.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_published_is_deleted_and_only_after_everything_else() {
    let scene = Scene::new(&FILES).await;
    let foreign = Stored {
        content: b"x".to_vec(),
        content_type: "text/plain".to_owned(),
        cache_control: String::new(),
    };
    scene.aws.objects.lock().unwrap().insert("장/foreign.html".to_owned(), foreign.clone());
    scene.published(&STACK_ARGUMENTS).await;
    write(scene.root.path(), &[FILES[3], FILES[4]]);
    let (report, _) = scene.published(&[&STACK_ARGUMENTS[..], &["--dry-run", "--force"]].concat()).await;
    assert!(report.contains("장/둘.html") && report.contains("images/map.svg"), "{report}");
    let printed = printed(&scene.publish(&[&STACK_ARGUMENTS[..], &["--force"]].concat()).await);
    let sent = scene.gate.sent();
    let lines: Vec<String> = sent.iter().map(line).collect();
    assert_eq!(
        lines[2..],
        [
            format!("PUT {RECORD} | match"),
            "HEAD /book/.publish/manifest.json".to_owned(),
            "POST /book/?delete".to_owned(),
            "POST /book/?delete".to_owned(),
            "POST /2020-05-31/distribution/E1/invalidation | /%EC%9E%A5/%EB%91%98.html /images/map.svg"
                .to_owned(),
            format!("PUT {RECORD} | match"),
        ]
    );
    let body = |n: usize| String::from_utf8(sent[n].body.to_vec()).unwrap();
    assert!(
        body(4).contains("<Key>장/둘.html</Key>") && body(4).matches("<Key>").count() == 1,
        "{}",
        body(4)
    );
    assert!(
        body(5).contains("<Key>images/map.svg</Key>") && body(5).matches("<Key>").count() == 1,
        "{}",
        body(5)
    );
    assert!(printed.contains("지운 파일 2개") && printed.contains("물러나 있는 파일 1개"), "{printed}");
    assert_eq!(scene.aws.read("장/foreign.html"), Some(foreign));
    assert!(scene.aws.read("css/book-1a2b3c4d.css").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_comes_and_goes_beside_the_book() {
    let scene = Scene::new(&FILES).await;
    scene.published(&STACK_ARGUMENTS).await;
    let before = scene.keys();
    let preview = [&STACK_ARGUMENTS[..], &["--prefix", "pr-12/"]].concat();
    let (_, lines) = scene.published(&preview).await;
    assert!(
        lines.iter().skip(1).filter(|line| !line.starts_with("GET")).all(|line| line.contains("pr-12/")),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"POST /2020-05-31/distribution/E1/invalidation | /pr-12/*".to_owned()),
        "{lines:?}"
    );
    assert_eq!(scene.aws.read("pr-12/config.json"), None);
    assert!(scene.aws.read("pr-12/index.html").is_some());
    let (report, _) = scene.published(&[&preview[..], &["--remove"]].concat()).await;
    assert!(report.contains("pr-12/의 파일 5개를 지웠다"), "{report}");
    assert_eq!(scene.keys(), before);
    let message = complaint(&scene.publish(&[&STACK_ARGUMENTS[..], &["--remove"]].concat()).await);
    assert!(message.contains("--prefix"), "{message}");
    assert!(complaint(&scene.publish(&["--bucket", BUCKET, "--prefix", "../x"]).await).contains("pr-12/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_before_the_first_write() {
    let scene = Scene::new(&[("index.html", "<script>other()</script>"), ("a.xyz", "")]).await;
    let message = complaint(&scene.publish(&STACK_ARGUMENTS).await);
    assert!(message.contains("ScriptHashes") && message.contains("'sha256-"), "{message}");
    let message = complaint(&scene.publish(&["--bucket", BUCKET]).await);
    assert!(message.contains("a.xyz"), "{message}");
    let message = complaint(&scene.publish(&["--stack", "unknown"]).await);
    assert!(message.contains("unknown") && message.contains("ValidationError"), "{message}");
    let message = complaint(&scene.publish(&["--bucket", "nobody"]).await);
    assert!(message.contains("NoSuchBucket"), "{message}");
    assert!(scene.keys().is_empty(), "{:?}", scene.keys());
    write(scene.root.path(), &[("a.html", "")]);
    let message = complaint(&scene.publish(&STACK_ARGUMENTS).await);
    assert!(message.contains("cargo run -- build") && scene.gate.sent().is_empty(), "{message}");
}

/// What a role without `s3:ListBucket` meets: a first publish asks for objects that are not there.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_right_is_named() {
    let scene = Scene::new(&FILES).await;
    scene.gate.refuse("HEAD /book/", 403, "");
    let message = complaint(&scene.publish(&STACK_ARGUMENTS).await);
    assert!(message.contains("HTTP 403, Forbidden") && message.contains("ListBucket"), "{message}");
    assert!(scene.keys().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_region_or_keys_it_says_what_to_do() {
    let scene = Scene::new(&FILES).await;
    let arguments = ["--bucket", BUCKET];
    let missing = async |root: &Path, name: &str| {
        let output = command(root, scene.gate.address, &arguments).env_remove(name).output().await.unwrap();
        complaint(&output)
    };
    let message = missing(scene.root.path(), "AWS_REGION").await;
    assert!(message.contains("AWS_REGION="), "{message}");
    let message = missing(scene.root.path(), "AWS_ACCESS_KEY_ID").await;
    assert!(message.contains("aws login"), "{message}");
    assert!(scene.keys().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_the_middle_says_how_far_it_came_and_a_repeat_finishes_it() {
    let scene = Scene::new(&FILES).await;
    scene.gate.refuse(
        "PUT /book/index.html",
        403,
        "<Error><Code>AccessDenied</Code><Message>no</Message></Error>",
    );
    let message = complaint(&scene.publish(&STACK_ARGUMENTS).await);
    for part in ["6개 가운데 5개", "같은 명령을 다시", "s3://book/index.html", "AccessDenied"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!message.contains(SECRET));
    assert!(scene.aws.read("index.html").is_none());
    // The same bucket, without the refusal.
    let direct = Gate::open(Server::own(scene.aws.clone()).await.address).await;
    let report = printed(&run(scene.root.path(), direct.address, &STACK_ARGUMENTS).await);
    assert!(report.contains("이어받아"), "{report}");
    assert_eq!(scene.aws.read("index.html").unwrap().content, INDEX.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_s3_can_not_do_at_the_moment_is_tried_again() {
    let scene = Scene::new(&FILES).await;
    scene.gate.refuse_once(
        "PUT /book/index.html",
        503,
        "<Error><Code>SlowDown</Code><Message>no</Message></Error>",
    );
    let (_, lines) = scene.published(&STACK_ARGUMENTS).await;
    assert_eq!(lines.iter().filter(|line| line.starts_with("PUT /book/index.html")).count(), 2, "{lines:?}");
    assert!(scene.aws.read("index.html").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_publishers_touches_nothing() {
    let scene = Scene::new(&FILES).await;
    scene.gate.refuse(
        "PUT /book/.publish/",
        412,
        "<Error><Code>PreconditionFailed</Code><Message>x</Message></Error>",
    );
    let message = complaint(&scene.publish(&STACK_ARGUMENTS).await);
    assert!(message.contains("다른 게시") && message.contains("아무것도 올리지 않았다"), "{message}");
    assert!(scene.keys().is_empty());
}
