//! Which files of `users` know Lambda, which know DynamoDB, and which neither: the chapter on lock-in shows the list.
//! `LOCAL_BLESS=1` writes it anew.

use std::fs;

use crate::book;

/// Files below `demos/users/src` whose text names one of `names`, and the others.
fn knowing<'a>(files: &[(&'a str, String)], names: &[&str]) -> (Vec<&'a str>, Vec<(&'a str, String)>) {
    let knows = |text: &str| names.iter().any(|name| text.contains(name));
    let (with, without): (Vec<_>, Vec<_>) = files.iter().cloned().partition(|(_, text)| knows(text));
    (with.into_iter().map(|(name, _)| name).collect(), without)
}

#[test]
fn the_chapter_names_the_files_that_know_lambda_or_dynamodb() {
    let source = book().join("../demos/users/src");
    let entries = walkdir::WalkDir::new(&source).sort_by_file_name();
    let entries = entries.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let paths: Vec<_> = entries.map(|entry| entry.path().strip_prefix(&source).unwrap().to_owned()).collect();
    let paths = paths.iter().map(|path| path.to_str().unwrap()).filter(|name| name.ends_with(".rs"));
    let files: Vec<_> = paths.map(|name| (name, fs::read_to_string(source.join(name)).unwrap())).collect();

    let (lambda, rest) = knowing(&files, &["lambda_http"]);
    let (dynamodb, rest) = knowing(&rest, &["aws_sdk_dynamodb", "aws_config", "aws_smithy"]);
    assert_eq!(lambda, ["main.rs", "visitor.rs"], "an event stays at the edge");
    let list = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let neither = rest.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let shown = format!(
        "| 아는 것 | 파일 |\n|---|---|\n| Lambda | {} |\n| DynamoDB | {} |\n| 둘 다 모른다 | {} |\n",
        list(lambda),
        list(dynamodb),
        list(neither)
    );
    let file = book().join("src/data/users-modules.md");
    if std::env::var_os("LOCAL_BLESS").is_some() {
        fs::write(&file, &shown).unwrap();
    }
    assert_eq!(fs::read_to_string(file).unwrap(), shown, "LOCAL_BLESS=1 writes the file anew");
}
