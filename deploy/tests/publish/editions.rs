//! Editions of one book that differ in every file, and the reader who looks whether one is whole.
//! Knows the pages of these books and which assets they name.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::bucket::BUCKET;
use crate::gate::read;

const PAGES: usize = 8;

/// Every page of an edition names that edition's style, its own picture, and the index page all pages.
pub fn edition(number: u32) -> Vec<(String, String)> {
    let style = format!("css/book-{number:08x}.css");
    let mut files = vec![
        (style.clone(), format!("/* {number} */")),
        ("404.html".to_owned(), format!("{number} {style}")),
    ];
    // Each edition has a page and a picture that the next one does not have.
    let pages = (0..PAGES).map(|page| page.to_string()).chain([format!("only-{number}")]);
    let mut index = format!("{number} {style}");
    for page in pages {
        let picture = format!("images/{page}.svg");
        files.push((picture.clone(), format!("<svg>{number}</svg>")));
        files.push((format!("p/{page}.html"), format!("{number} {style} {picture}")));
        index.push_str(&format!(" p/{page}.html"));
    }
    files.push(("index.html".to_owned(), index));
    files
}

/// A reader walks the book from its index page: every page it names is there, of one of the two editions, and with all
/// that the page names.
pub async fn is_whole(server: SocketAddr, editions: &BTreeSet<u32>, at: &str) {
    let load = async |name: &str| {
        read(server, &format!("/{BUCKET}/{name}")).await.map(|body| String::from_utf8(body).unwrap())
    };
    let index = load("index.html").await.unwrap_or_else(|| panic!("{at}: no index page"));
    let links: Vec<String> =
        index.split(' ').filter(|word| word.ends_with(".html")).map(str::to_owned).collect();
    assert_eq!(links.len(), PAGES + 1, "{at}");
    for page in links.iter().map(String::as_str).chain(["index.html", "404.html"]) {
        // A page of the old edition goes only when no page names it any more.
        let text = load(page).await.unwrap_or_else(|| panic!("{at}: {page} is linked and not there"));
        let number: u32 = text.split(' ').next().unwrap().parse().unwrap();
        assert!(editions.contains(&number), "{at}: {page} is of edition {number}");
        for asset in text.split(' ').filter(|word| word.contains('/') && !word.ends_with(".html")) {
            let content =
                load(asset).await.unwrap_or_else(|| panic!("{at}: {page} names {asset}, which is not there"));
            let is_one =
                |edition| [format!("<svg>{edition}</svg>"), format!("/* {edition} */")].contains(&content);
            assert!(editions.iter().any(is_one), "{at}: {asset}: {content}");
        }
    }
}

pub async fn is_exactly(server: SocketAddr, number: u32, at: &str) {
    for (name, content) in edition(number) {
        let found = read(server, &format!("/{BUCKET}/{name}")).await;
        assert_eq!(found.as_deref(), Some(content.as_bytes()), "{at}: {name}");
    }
    let gone = read(server, &format!("/{BUCKET}/p/only-{}.html", number - 1)).await;
    assert_eq!(gone, None, "{at}: a page of the edition before");
}

pub fn files(edition: &[(String, String)]) -> Vec<(&str, &str)> {
    edition.iter().map(|(name, content)| (name.as_str(), content.as_str())).collect()
}
