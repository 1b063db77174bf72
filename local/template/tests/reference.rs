//! What is written for people about the template is what the code checks.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use template::reference::markdown;

#[test]
fn the_written_table_is_the_code_s() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    if std::env::var_os("TEMPLATE_BLESS").is_some() {
        std::fs::write(&path, markdown()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written == markdown(),
        "local/template/README.md is not what the code says: TEMPLATE_BLESS=1 cargo test -p template --test reference"
    );
}
