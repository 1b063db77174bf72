//! The site over real sockets: a small book is built, served, changed, broken and mended.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use local::site::Site;
use local::site::build::build_once;
use local::wall::Wall;
use local::watch::{Sources, Watcher};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(60);

fn book(chapter: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join("book").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("book.toml", "[book]\ntitle = \"작은 책\"\n[build]\ncreate-missing = false\n");
    write("src/SUMMARY.md", "- [처음](first.md)\n- [안쪽](inner/README.md)\n- [한글](한글.md)\n");
    write("src/first.md", chapter);
    write("src/inner/README.md", "# 안쪽\n");
    write("src/한글.md", "# 한글 이름\n");
    std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    folder
}

struct Served {
    address: SocketAddr,
    site: Site,
    book: PathBuf,
    _watcher: Watcher,
    _folder: tempfile::TempDir,
}

/// The wall as the server has it, in front of the pages alone.
async fn guard(request: Request, next: Next) -> Response {
    match Wall::default().check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn serve(folder: tempfile::TempDir) -> Served {
    let root = folder.path().to_owned();
    let book = root.join("book");
    let sources = Sources { root: root.clone(), book: book.clone(), functions: root.join("demos") };
    let (watcher, changes) = Watcher::start(&sources).unwrap();
    let site = Site::new(book.clone(), root.join("scratch"), watch::channel(Vec::new()).1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = site.router(address.port()).layer(axum::middleware::from_fn(guard));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let running = site.clone();
    tokio::spawn(async move { running.run(changes.book).await });
    Served { address, site, book, _watcher: watcher, _folder: folder }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Served {
    /// One request exactly as written: no client in between that would tidy the path or the headers.
    async fn raw(&self, line: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("{line} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        timeout(LONG, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Answer { status: head[9..12].parse().unwrap(), head, body: bytes[end + 4..].to_vec() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.raw(&format!("GET {path}"), "Host: localhost\r\n").await
    }

    async fn events(&self, query: &str) -> Events {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request =
            format!("GET /_local/events{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        let status = timeout(LONG, lines.next_line()).await.unwrap().unwrap().unwrap();
        Events { status: status[9..12].parse().unwrap(), lines }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.book.join(name), text).unwrap();
    }
}

struct Events {
    status: u16,
    lines: tokio::io::Lines<BufReader<TcpStream>>,
}

impl Events {
    /// The data of the next event of that name; `None` at the end of the stream.
    async fn next(&mut self, name: &str) -> Option<String> {
        let mut is_named = false;
        loop {
            let line = timeout(LONG, self.lines.next_line()).await.unwrap().ok()??;
            if let Some(event) = line.strip_prefix("event: ") {
                is_named = event == name;
            } else if let Some(data) = line.strip_prefix("data: ").filter(|_| is_named) {
                return Some(data.to_owned());
            }
        }
    }
}

#[tokio::test]
async fn pages_are_served_like_from_a_bucket() {
    let served = serve(book("# 처음\n\n안녕\n")).await;
    let index = served.get("/").await;
    assert_eq!((index.status, index.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(index.header("cache-control"), Some("no-cache"));
    assert_eq!(index.header("x-content-type-options"), Some("nosniff"));
    assert!(index.text().contains("안녕"));

    let etag = index.header("etag").unwrap().to_owned();
    for known in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
        let again = served.raw("GET /", &format!("Host: localhost\r\nIf-None-Match: {known}\r\n")).await;
        assert_eq!(
            (again.status, again.body.len(), again.header("etag")),
            (304, 0, Some(etag.as_str())),
            "{known}"
        );
    }
    let other = served.raw("GET /", "Host: localhost\r\nIf-None-Match: \"x\"\r\n").await;
    assert_eq!(other.status, 200);

    let head = served.raw("HEAD /", "Host: localhost\r\n").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(index.body.len().to_string().as_str()));

    let packed = served.raw("GET /", "Host: localhost\r\nAccept-Encoding: gzip\r\n").await;
    assert_eq!((packed.status, packed.header("content-encoding")), (200, Some("gzip")));
    assert_eq!(packed.header("vary"), Some("accept-encoding"));
    assert_eq!(packed.header("etag"), Some(format!("W/{etag}").as_str()));
    assert_eq!(packed.header("content-length"), Some(packed.body.len().to_string().as_str()));
    assert!(packed.body.len() < index.body.len() / 2 && packed.body.starts_with(&[0x1f, 0x8b]));
    assert_eq!((index.header("content-encoding"), index.header("vary")), (None, Some("accept-encoding")));

    assert_eq!(served.get("/inner/").await.status, 200);
    let inner = served.get("/inner?x=1").await;
    assert_eq!((inner.status, inner.header("location")), (307, Some("/inner/?x=1")));
    assert_eq!(served.get("/%ED%95%9C%EA%B8%80.html").await.status, 200);

    let missing = served.get("/no/such/page.html").await;
    assert_eq!((missing.status, missing.header("etag")), (404, None));
    assert_eq!(missing.header("content-type"), Some("text/html; charset=utf-8"));
    let post = served.raw("POST /", "Host: localhost\r\nContent-Length: 0\r\n").await;
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")));

    assert_eq!(served.get("/config.json").await.text(), r#"{"api":"/api","spread":true,"bases":["local"]}"#);
    let script = served.get("/_local/live.js").await;
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert!(script.text().contains("EventSource"));
}

#[tokio::test]
async fn no_request_leaves_the_book() {
    let served = serve(book("# 처음\n")).await;
    for path in [
        "/../secret.txt",
        "/../../../../../../etc/hostname",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/inner/../../secret.txt",
        "/inner/..",
        "//etc/hostname",
        "/%2fetc/hostname",
        "/..\\secret.txt",
        "/%00",
        "/%ff",
        "/book.toml",
        "/index.html%00.png",
    ] {
        let answer = served.get(path).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn served_pages_have_the_script_and_a_policy_that_allows_their_own() {
    let served = serve(book("# 처음\n\n<script>window.mine = 1;</script>\n")).await;
    let index = served.get("/").await;
    let version = index.header("etag").unwrap().trim_matches('"').to_owned();
    let tag = format!("<script src=\"/_local/live.js\" data-version=\"{version}\" defer></script>\n");
    assert_eq!(index.text().matches(&tag).count(), 1);

    // The build itself knows nothing of the server.
    let plain = served.book.parent().unwrap().join("plain");
    build_once(&served.book, Some(&plain)).unwrap();
    let built = std::fs::read_to_string(plain.join("index.html")).unwrap();
    assert_eq!(index.text().replace(&tag, ""), built);

    let policy = index.header("content-security-policy").unwrap();
    let port = served.address.port();
    assert!(policy.contains(&format!("connect-src 'self' http://*.localhost:{port};")), "{policy}");
    let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
    assert!(!scripts.contains("unsafe"), "{scripts}");
    let mut inline = 0;
    for page in ["/", "/inner/", "/print.html"] {
        let page = served.get(page).await;
        for part in page.text().split("<script>").skip(1) {
            let script = part.split("</script>").next().unwrap();
            let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
            assert!(scripts.contains(&format!("'sha256-{hash}'")), "{script}");
            inline += 1;
        }
    }
    assert!(inline > 6, "{inline}");
}

#[tokio::test]
async fn every_page_carries_the_headers_of_the_published_book() {
    let served = serve(book("# 처음\n")).await;
    for path in ["/", "/inner/", "/print.html", "/toc.html", "/no/such/page"] {
        let page = served.get(path).await;
        for (name, value) in book_files::PAGE_HEADERS {
            assert_eq!(page.header(name), Some(value), "{path}");
        }
        let policy = page.header("content-security-policy").unwrap();
        for part in ["frame-ancestors 'self'", "object-src 'none'", "base-uri 'self'", "form-action 'self'"] {
            assert!(policy.split("; ").any(|known| known == part), "{path}: {policy}");
        }
    }
}

#[tokio::test]
async fn what_has_a_fingerprint_is_kept_for_ever_and_changed_content_has_another() {
    let folder = book("# 처음\n");
    let root = folder.path().join("book");
    std::fs::write(
        root.join("book.toml"),
        "[book]\ntitle = \"책\"\n[output.html]\nadditional-js = [\"mine.js\"]\n",
    )
    .unwrap();
    let mut names = Vec::new();
    for text in ["'하나'", "'둘'", "'하나'"] {
        std::fs::write(root.join("mine.js"), text).unwrap();
        let dest = folder.path().join("built");
        build_once(&root, Some(&dest)).unwrap();
        let files = book_files::read(&dest).unwrap();
        let name = files.keys().find(|name| name.starts_with("mine")).unwrap().clone();
        assert!(String::from_utf8_lossy(&files["index.html"]).contains(&name), "{name}");
        names.push(name);
        std::fs::remove_dir_all(&dest).unwrap();
    }
    assert_ne!(names[0], names[1]);
    assert_eq!(names[0], names[2]);

    let served = serve(folder).await;
    let script = served.get(&format!("/{}", names[0])).await;
    assert_eq!(script.header("cache-control"), Some(book_files::IMMUTABLE));
    let etag = script.header("etag").unwrap().to_owned();
    let known = format!("Host: localhost\r\nIf-None-Match: {etag}\r\n");
    let again = served.raw(&format!("GET /{}", names[0]), &known).await;
    assert_eq!((again.status, again.header("cache-control")), (304, Some(book_files::IMMUTABLE)));
    // A name of an older build is missing, and that is not kept.
    let gone = served.get(&format!("/{}", names[1])).await;
    assert_eq!((gone.status, gone.header("cache-control")), (404, Some(book_files::REVALIDATE)));
    for path in ["/", "/first.html", "/toc.html", "/config.json", "/_local/live.js"] {
        assert_eq!(served.get(path).await.header("cache-control"), Some(book_files::REVALIDATE), "{path}");
    }
}

#[tokio::test]
async fn a_saved_chapter_reloads_open_pages_and_a_broken_book_keeps_the_last_good_one() {
    let served = serve(book("# 처음\n")).await;
    let first = served.get("/").await.header("etag").unwrap().trim_matches('"').to_owned();
    let mut events = served.events(&format!("?version={first}")).await;
    assert_eq!(events.next("functions").await.unwrap(), "[]");
    assert_eq!(events.next("book").await.unwrap(), r#"{"error":null}"#);

    served.write("src/first.md", "# 처음\n\n새 문장\n");
    let second = events.next("reload").await.unwrap();
    assert_ne!(second, first);
    assert!(served.get("/").await.text().contains("새 문장"));

    // A page that slept through the change learns of it when it listens again; one that did not is left alone.
    assert_eq!(served.events(&format!("?version={first}")).await.next("reload").await.unwrap(), second);

    served.write("src/SUMMARY.md", "- [처음](first.md)\n- [없음](missing.md)\n");
    let error = loop {
        let data = events.next("book").await.unwrap();
        if !data.contains("null") {
            break data;
        }
    };
    assert!(error.contains("missing.md"), "{error}");
    let index = served.get("/").await;
    assert!(index.status == 200 && index.text().contains("새 문장"));

    served.write("src/SUMMARY.md", "- [처음](first.md)\n");
    assert_eq!(events.next("book").await.unwrap(), r#"{"error":null}"#);

    served.site.close();
    assert_eq!(events.next("none").await, None);
}

#[tokio::test]
async fn a_book_broken_from_the_start_says_so_and_heals() {
    let folder = book("# 처음\n");
    std::fs::write(folder.path().join("book/book.toml"), "[book]\ntitle = <1>\n").unwrap();
    let served = serve(folder).await;
    let broken = served.get("/any/page.html").await;
    assert_eq!((broken.status, broken.header("content-type")), (503, Some("text/html; charset=utf-8")));
    assert!(
        broken.text().contains("title = &lt;1&gt;") && !broken.text().contains("<1>"),
        "{}",
        broken.text()
    );
    assert!(broken.text().contains("data-version=\"\""));
    assert!(broken.header("content-security-policy").unwrap().contains("script-src 'self';"));

    let mut events = served.events("?version=").await;
    served.write("book.toml", "[book]\ntitle = \"x\"\n");
    events.next("reload").await.unwrap();
    assert_eq!(served.get("/").await.status, 200);
}

#[tokio::test]
async fn the_wall_stands_in_front_of_everything() {
    let served = serve(book("# 처음\n")).await;
    for host in ["localhost", "127.0.0.1:1", "a.localhost"] {
        assert_eq!(served.raw("GET /config.json", &format!("Host: {host}\r\n")).await.status, 200, "{host}");
    }
    for path in ["/", "/config.json", "/_local/events", "/_local/live.js"] {
        let refused = served.raw(&format!("GET {path}"), "Host: book.example\r\n").await;
        assert_eq!(refused.status, 421, "{path}");
        assert!(!refused.text().contains("html"));
    }
    let foreign = "Host: localhost\r\nOrigin: https://book.example\r\nContent-Length: 0\r\n";
    assert_eq!(served.raw("POST /", foreign).await.status, 403);
    assert_eq!(served.raw("GET /", foreign).await.status, 200);
}

#[tokio::test]
async fn listeners_are_bounded_and_places_are_given_back() {
    let served = serve(book("# 처음\n")).await;
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(served.events("").await);
    }
    assert!(open.iter().all(|events| events.status == 200));
    assert_eq!(served.events("").await.status, 503);
    drop(open);
    let again = timeout(LONG, async {
        while served.events("").await.status != 200 {
            tokio::task::yield_now().await;
        }
    });
    again.await.unwrap();
}

#[test]
fn without_a_book_the_message_names_the_file() {
    let error = build_once(Path::new("/nowhere"), None).unwrap_err().to_string();
    assert!(error.contains("/nowhere/book.toml"), "{error}");
}
