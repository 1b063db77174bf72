//! The widgets' scripts and styles together. Each file has a bound of its own beside its other tests; together they have
//! less room than apart.

use std::process::Command;

use crate::book;

/// Bytes of files of the book's theme, each as `gzip -9` packs it.
fn gzipped(names: &[&str]) -> usize {
    let theme = book().join("theme");
    let packed = |name: &&str| {
        let packed = Command::new("gzip").args(["-9", "-n", "-c"]).arg(theme.join(name)).output().unwrap();
        assert!(packed.status.success() && packed.stdout.len() > 100, "{name}: {packed:?}");
        packed.stdout.len()
    };
    names.iter().map(packed).sum()
}

#[test]
fn the_scripts_and_styles_of_all_widgets_are_light() {
    let scripts = gzipped(&["live.js", "lesson.js", "figure.js", "simulator.js", "journey.js"]);
    assert!(scripts <= 14_000, "{scripts} bytes of scripts");
    // Only where readers sign in and take tokens apart.
    let few = gzipped(&["sign-in.js", "token.js"]);
    assert!(few <= 5_500, "{few} bytes of scripts that few pages load");
    let tabs = gzipped(&["languages.js"]);
    assert!(tabs <= 1_100, "{tabs} bytes of a script for the pages with a listing in several languages");
    let styles = gzipped(&["live.css", "book.css"]);
    assert!(styles <= 5_000, "{styles} bytes of styles");
}
