//! The appendices say what the rest of the project says: the glossary as `terms.toml`, the list of what changed as
//! `notes.toml`, the table of numbers as the chapters that quote AWS's documentation.

use std::collections::BTreeMap;
use std::fs;

use crate::book;
use crate::notes;

fn page(name: &str) -> String {
    fs::read_to_string(book().join("src").join(name)).unwrap()
}

/// The cells of each row of a page's tables, heads and rules left out.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let lines: Vec<_> = page.lines().collect();
    let is_rule = |line: &str| line.starts_with("|--");
    let kept = lines
        .iter()
        .enumerate()
        .filter(|(at, line)| line.starts_with("| ") && !lines.get(at + 1).is_some_and(|next| is_rule(next)));
    kept.map(|(_, line)| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn is_hangul(word: &str) -> bool {
    word.chars().all(|c| c == ' ' || ('가'..='힣').contains(&c))
}

/// `[spellings]` of terms.toml, and the right-hand sides of its part «One word for one thing».
fn spellings() -> (BTreeMap<String, String>, Vec<String>) {
    let text = fs::read_to_string(book().join("terms.toml")).unwrap();
    let terms: toml::Table = toml::from_str(&text).unwrap();
    let spellings = terms["spellings"].as_table().unwrap();
    let spellings =
        spellings.iter().map(|(wrong, right)| (wrong.clone(), right.as_str().unwrap().to_owned()));
    let part = text.split_once("# One word for one thing\n").unwrap().1.split("\n\n").next().unwrap();
    let part: toml::Table = toml::from_str(part).unwrap();
    (spellings.collect(), part.values().map(|right| right.as_str().unwrap().to_owned()).collect())
}

#[test]
fn the_glossary_has_every_term_the_build_enforces() {
    let glossary = page("a-glossary.md");
    let terms: Vec<_> = rows(&glossary).into_iter().map(|row| row[0]).collect();
    assert!(terms.len() > 60, "{} terms", terms.len());
    for right in spellings().1 {
        let known = terms.iter().any(|term| term.contains(right.as_str()) || right.contains(term));
        assert!(known, "terms.toml insists on «{right}», which the glossary does not explain");
    }
}

#[test]
fn the_build_enforces_how_the_glossary_spaces_a_term() {
    let (spellings, _) = spellings();
    let glossary = page("a-glossary.md");
    for term in
        rows(&glossary).into_iter().map(|row| row[0]).filter(|term| term.contains(' ') && is_hangul(term))
    {
        let joined = term.replace(' ', "");
        let refused =
            spellings.iter().any(|(wrong, right)| joined.contains(wrong) && term.contains(right.as_str()));
        assert!(refused, "nothing in terms.toml refuses «{joined}» for «{term}»");
    }
}

#[test]
fn the_glossary_is_in_the_order_of_the_alphabet() {
    let glossary = page("a-glossary.md");
    for part in glossary.split("\n## ").skip(1) {
        let terms: Vec<_> =
            rows(part).into_iter().map(|row| row[0].to_lowercase().replace(' ', "")).collect();
        assert!(terms.is_sorted(), "{terms:?}");
    }
}

#[test]
fn what_changed_has_a_line_for_every_statement_and_leads_to_where_it_is_shown() {
    let errata = page("d-errata.md");
    let told: Vec<_> = rows(&errata).into_iter().filter(|row| row.len() == 5).collect();
    let statements = notes::read().statement;
    let ids: Vec<_> = statements.iter().map(|statement| statement.id.as_str()).collect();
    assert_eq!(told.iter().map(|row| row[0]).collect::<Vec<_>>(), ids);
    let chapters = notes::chapters();
    for (row, statement) in told.into_iter().zip(&statements) {
        let [id, note, verdict, text, place] = row[..] else { unreachable!() };
        assert_eq!(note.trim_matches(['“', '”']), statement.note, "{id}");
        assert!(["○", "△", "×", "+"].contains(&verdict) && !text.is_empty(), "{id}: {verdict}");
        assert_eq!(verdict == "+", note.starts_with("(노트에 없다)"), "{id}");
        let places = notes::places(statement, &chapters);
        assert!(
            places.iter().any(|chapter| place.contains(chapter.as_str())),
            "{id}: {place} is none of {places:?}"
        );
    }
}

/// Headings of the third level with what follows each, up to the part of the dictionary nothing of which can be pressed.
fn executed(dictionary: &str) -> Vec<(&str, &str)> {
    let (executed, _) = dictionary.split_once("{#not-here}").unwrap();
    let entries = executed.split("\n### ").skip(1).map(|entry| entry.split("\n## ").next().unwrap());
    entries.map(|entry| entry.split_once('\n').unwrap()).collect()
}

#[test]
fn every_error_of_the_dictionary_is_caused_by_a_block_with_a_claim_and_has_its_cause_and_its_cure() {
    let dictionary = page("b-errors.md");
    let entries = executed(&dictionary);
    assert!(entries.len() >= 18, "{} entries", entries.len());
    for (heading, entry) in entries {
        assert!(heading.contains("{#"), "«{heading}» has no address");
        let blocks: Vec<_> = entry.split("```hurl demo id=err-").skip(1).collect();
        assert!(!blocks.is_empty(), "«{heading}» cannot be pressed");
        for block in blocks {
            let block = block.split("\n```").next().unwrap();
            assert!(block.contains("\n# claim: status("), "«{heading}»: {block} claims nothing");
        }
        for part in ["**까닭.**", "**고치기.**"] {
            assert!(entry.contains(part), "«{heading}» has no {part}");
        }
    }
}

#[test]
fn the_dictionary_s_index_leads_to_every_entry() {
    let dictionary = page("b-errors.md");
    let (_, index) = dictionary.split_once("{#find}").unwrap();
    let index = index.split("\n## ").next().unwrap();
    for (heading, _) in executed(&dictionary) {
        let address = heading.split_once("{#").unwrap().1.trim_end_matches('}');
        assert!(index.contains(&format!("](#{address})")), "«{heading}» is not in the index");
    }
}

/// Numbers with their units, as in «1,769MB», «15분», «10초»; days; and bare numbers with a comma.
fn figures(text: &str) -> Vec<String> {
    const UNITS: [&str; 17] = [
        "GB-초", "MB", "GB", "KB", "TB", "ms", "초", "분", "시간", "일", "년", "개", "번", "요청", "건", "%",
        "배",
    ];
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let named = rest[..start]
            .ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '$' | '#' | '^' | '`'));
        let tail = &rest[start..];
        let end =
            tail.find(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.' | '-'))).unwrap_or(tail.len());
        let number = tail[..end].trim_end_matches([',', '.', '-']);
        let after = tail[number.len()..].trim_start();
        let scale = if after.starts_with('만') { "만" } else { "" };
        let after = after[scale.len()..].trim_start();
        let unit = UNITS.iter().find(|unit| after.starts_with(**unit));
        if !named {
            match unit {
                Some(unit) => found.push(format!("{number}{scale}{unit}")),
                None if number.contains([',', '-']) => found.push(number.to_owned()),
                None => {}
            }
        }
        rest = &tail[end..];
    }
    found
}

/// Whether a footnote says what AWS's own documentation or announcements say.
fn is_of_aws(definition: &str) -> bool {
    [
        "AWS Lambda Developer Guide",
        "Amazon API Gateway Developer Guide",
        "Amazon DynamoDB Developer Guide",
        "Amazon SQS Developer Guide",
        "AWS What's New",
        "AWS Compute Blog",
    ]
    .iter()
    .any(|title| definition.starts_with(title))
}

#[test]
fn every_limit_a_chapter_quotes_stands_in_the_table_of_numbers() {
    let numbers = page("c-numbers.md").replace(' ', "");
    let mut missing = Vec::new();
    let mut seen = 0;
    for (name, chapter) in notes::chapters() {
        if name.starts_with(|c: char| c.is_ascii_lowercase()) {
            continue; // an appendix
        }
        let definitions = chapter.text.lines().filter_map(|line| line.strip_prefix("[^")?.split_once("]: "));
        for (note, _) in definitions.filter(|(_, definition)| is_of_aws(definition)) {
            let mark = format!("[^{note}]");
            for paragraph in chapter.text.split("\n\n").filter(|paragraph| !paragraph.starts_with("[^")) {
                for (at, _) in paragraph.match_indices(&mark) {
                    let before = &paragraph[..at];
                    let from = [". ", "] ", "|", "\n"].iter().filter_map(|end| before.rfind(end)).max();
                    let sentence = &before[from.map_or(0, |at| at + 1)..];
                    let figures = figures(sentence);
                    seen += figures.len();
                    let unknown =
                        figures.into_iter().filter(|figure| !numbers.contains(&figure.replace(' ', "")));
                    missing
                        .extend(unknown.map(|figure| format!("{name}: {figure} in «{}»", sentence.trim())));
                }
            }
        }
    }
    assert!(seen > 20, "{seen} figures");
    assert!(missing.is_empty(), "c-numbers.md lacks:\n{}", missing.join("\n"));
}

#[test]
fn figures_are_read_with_their_units() {
    let text =
        "1,769MB가 vCPU 1개다. 2025-08-01부터, 기본 1,000이다. 100만 요청, `plain-128`, $0.20, 15분까지";
    assert_eq!(figures(text), ["1,769MB", "1개", "2025-08-01", "1,000", "100만요청", "15분"]);
}
