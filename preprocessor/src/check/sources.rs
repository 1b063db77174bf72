//! No figure without date and source: a footnote that names both, a badge, a dated data file, or code that shows it.
//! Knows [`Reading`] and [`Figures`].

use std::{cell::LazyCell, collections::HashSet};

use super::figure::{Figure, figures, numbers};
use crate::{
    reading::{Block, Kind, Reading},
    settings::Figures,
    syntax::Fault,
};

/// Every figure of a chapter that nothing covers anywhere in it, at its first place; and footnotes that are no source.
/// `included` are the texts of included files.
pub(crate) fn check<'a>(
    reading: &'a Reading,
    settings: &Figures,
    included: impl Iterator<Item = &'a str>,
    faults: &mut Vec<Fault>,
) {
    footnotes(reading, faults);
    // Most chapters name all their sources: then nobody asks what their code shows.
    let in_code =
        LazyCell::new(|| reading.codes().chain(included).flat_map(numbers).collect::<HashSet<u64>>());
    let mut covered = HashSet::new();
    let mut open = Vec::new();
    let mut section = Section::default();
    for (index, block) in reading.blocks.iter().enumerate() {
        section.enter(block, settings);
        if section.sources || block.quoted || block.footnote {
            continue;
        }
        let text = block.text.text();
        let mut assumed = None;
        for figure in figures(text, settings) {
            let assumed = *assumed.get_or_insert_with(|| {
                let says = |word: &String| text.contains(word.as_str());
                section.badge || settings.assumptions.iter().any(says) || is_covered(reading, index, settings)
            });
            if assumed {
                covered.insert(figure.key());
            } else if !in_code.contains(&figure.value.to_bits()) && !is_asked(text, &figure) {
                open.push((
                    figure.key(),
                    text[figure.start..figure.end].to_owned(),
                    block.text.in_file(figure.start),
                ));
            }
        }
    }
    for reason in reading.reasons() {
        for figure in figures(reason.text(), settings) {
            if !in_code.contains(&figure.value.to_bits()) && !is_asked(reason.text(), &figure) {
                let shown = reason.text()[figure.start..figure.end].to_owned();
                open.push((figure.key(), shown, reason.in_file(figure.start)));
            }
        }
    }
    for (key, shown, at) in open {
        if covered.insert(key) {
            let message = format!(
                "`{shown}`에 날짜와 출처가 없다. 날짜가 든 각주 `[^…]`나 배지를 같은 문단에 붙인다. 한 장에서 한 번이면 되고, 문제의 해설에 나온 숫자는 본문에서 밝힌다."
            );
            faults.push(Fault::new(at, message));
        }
    }
}

/// Where in the chapter a block stands.
#[derive(Default)]
struct Section {
    /// In the list of sources, which begins with a heading of this level.
    sources: bool,
    sources_level: usize,
    /// Below a heading with a badge.
    badge: bool,
    badge_level: usize,
}

impl Section {
    fn enter(&mut self, block: &Block, settings: &Figures) {
        let Kind::Heading(level) = block.kind else { return };
        self.sources &= level > self.sources_level;
        self.badge &= level > self.badge_level;
        if block.text.text().trim() == settings.sources {
            (self.sources, self.sources_level) = (true, level);
        }
        if has_badge(block, settings) {
            (self.badge, self.badge_level) = (true, level);
        }
    }
}

/// Whether the block or a neighbour that belongs to it names a source.
fn is_covered(reading: &Reading, index: usize, settings: &Figures) -> bool {
    let block = &reading.blocks[index];
    if names_source(block, settings) {
        return true;
    }
    let neighbours = [index.checked_sub(1), index.checked_add(1)];
    let mut neighbours = neighbours.into_iter().flatten().filter_map(|at| reading.blocks.get(at));
    match block.kind {
        Kind::Item(intro) => intro.is_some_and(|intro| names_source(&reading.blocks[intro], settings)),
        Kind::Table => neighbours.any(|other| match other.kind {
            Kind::Paragraph => names_source(other, settings),
            _ => is_data(reading, other),
        }),
        Kind::Paragraph => neighbours.any(|other| match other.kind {
            Kind::Table => names_source(other, settings),
            _ => is_data(reading, other),
        }),
        _ => false,
    }
}

fn names_source(block: &Block, settings: &Figures) -> bool {
    !block.references.is_empty() || has_badge(block, settings)
}

fn has_badge(block: &Block, settings: &Figures) -> bool {
    block.classes.contains(&settings.badge)
}

/// A figure drawn or calculated from a data file, which carries date and source, or a comparison of recordings.
fn is_data(reading: &Reading, block: &Block) -> bool {
    let Kind::Code(fence) = block.kind else { return false };
    let fence = &reading.fences[fence];
    let has_data = || fence.text.text().lines().any(|line| line.starts_with("data"));
    fence.is("toml", "compare") || (fence.is("toml", "calc") || fence.is("toml", "bars")) && has_data()
}

/// Whether the figure's sentence is a question, which states nothing.
fn is_asked(text: &str, figure: &Figure<'_>) -> bool {
    let rest = &text[figure.end..];
    let end = rest.char_indices().find(|&(at, c)| {
        let next = rest[at + c.len_utf8()..].chars().next();
        matches!(c, '?' | '!' | '\n') || c == '.' && !next.is_some_and(|c| c.is_alphanumeric())
    });
    end.is_some_and(|(_, c)| c == '?')
}

fn footnotes(reading: &Reading, faults: &mut Vec<Fault>) {
    let footnotes = &reading.footnotes;
    for (index, definition) in footnotes.definitions.iter().enumerate() {
        let name = &definition.name;
        if footnotes.definitions[..index].iter().any(|earlier| earlier.name == *name) {
            faults.push(Fault::new(definition.at, format!("각주 `[^{name}]`를 두 번 정의했다.")));
        } else if !footnotes.references.iter().any(|(used, _)| used == name) {
            let message = format!(
                "각주 `[^{name}]`를 가리키는 곳이 없어 책에 나오지 않는다. 숫자 뒤에 `[^{name}]`를 붙이거나 목록 항목으로 바꾼다."
            );
            faults.push(Fault::new(definition.at, message));
        } else if !has_year(&definition.text) {
            let message = format!(
                "각주 `[^{name}]`에 날짜가 없다. 발행일이나 확인한 날을 2026, 2026-11, 2026-11-22처럼 적는다."
            );
            faults.push(Fault::new(definition.at, message));
        }
    }
    for block in reading.blocks.iter().filter(|block| !block.quoted) {
        if let Some(at) = block.text.text().find("[^") {
            faults
                .push(Fault::new(block.text.in_file(at), "정의가 없는 각주다. 출처에 `[^이름]: …`을 쓴다."));
        }
    }
    for (name, at) in &footnotes.references {
        if !footnotes.definitions.iter().any(|definition| definition.name == *name) {
            faults.push(Fault::new(
                *at,
                format!("각주 `[^{name}]`의 정의가 없다. 출처에 `[^{name}]: …`을 쓴다."),
            ));
        }
    }
}

/// A year of the twentieth or twenty-first century that stands alone.
fn has_year(text: &str) -> bool {
    let digits = text.split(|c: char| !c.is_ascii_digit());
    digits.into_iter().any(|run| run.len() == 4 && (run.starts_with("19") || run.starts_with("20")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::figure::tests::settings, reading::tests::read};

    fn told(chapter: &str) -> Vec<String> {
        let mut faults = Vec::new();
        check(
            &read(chapter, &["노트:".to_owned()]),
            &settings(),
            std::iter::once("let x = 77;"),
            &mut faults,
        );
        faults.sort_by_key(|fault| fault.at);
        let shown =
            |fault: &Fault| chapter[fault.at..].chars().take_while(|c| !" .|\n".contains(*c)).collect();
        faults.iter().map(shown).collect()
    }

    #[test]
    fn a_figure_needs_a_source_once_per_chapter() {
        assert_eq!(told("84분이었다. 84분, 85분.\n"), ["84분이었다", "85분"]);
        assert_eq!(told("84분.\n\n84분이었다.[^s]\n\n[^s]: 신문(2018-11-22)\n"), [""; 0]);
        assert_eq!(told("84분. <span class=\"badge model\">모델</span>\n\n85분.\n"), ["85분"]);
    }

    #[test]
    fn tables_and_lists_take_the_source_of_their_introduction() {
        let source = "[^s]: 문서(2026)\n";
        let table = "| a | b |\n|---|---|\n| 15분 | 3초 |\n";
        assert!(told(&format!("표다.[^s]\n\n{table}\n{source}")).is_empty());
        assert!(told(&format!("{table}\n표다.[^s]\n\n{source}")).is_empty());
        assert!(told(&format!("4초.\n\n| a[^s] |\n|---|\n| 15분 |\n\n{source}")).is_empty());
        assert_eq!(told(&format!("표다.[^s]\n\n글.\n\n{table}\n{source}")), ["15분", "3초"]);
        assert!(told(&format!("목록이다.[^s]\n\n- 3초\n- 4초\n\n{source}")).is_empty());
        assert_eq!(told(&format!("- 3초[^s]\n- 4초\n\n{source}")), ["4초"]);
    }

    #[test]
    fn data_code_questions_assumptions_and_quotes_need_none() {
        assert!(told("월 $1.42다.\n\n```toml calc id=a\ndata = \"p.toml\"\n```\n").is_empty());
        assert_eq!(told("월 $1.42다.\n\n```toml calc id=a\n```\n"), ["$1"]);
        assert!(told("400ms와 128MB, 77분. `wait=400`, `plain-128`\n").is_empty());
        assert!(told("128MB에서 몇 초일까? 30초라고 치자.\n\n> 노트: 15분\n").is_empty());
        assert_eq!(told("128MB다. 왜 그럴까?\n"), ["128MB다"]);
        assert!(told("## 모델 <span class=\"badge\">모델</span>\n\n3초\n\n### 안\n\n4초\n").is_empty());
        assert_eq!(told("## 모델 <span class=\"badge\">모델</span>\n\n3초\n\n## 밖\n\n4초\n"), ["4초"]);
        assert!(told("## 출처\n\n- 신문(2018-11-22), 84분\n").is_empty());
    }

    #[test]
    fn questions_are_no_code_and_their_reasons_need_the_chapter() {
        let quiz = |why: &str| format!("```toml quiz id=a\ntext = \"41초\"\nwhy = \"{why}\"\n```\n");
        assert_eq!(told(&quiz("42초다.")), ["42초다"]);
        assert_eq!(told(&format!("41초.\n\n{}", quiz("아니다."))), ["41초"]);
        assert!(told(&format!("42초다.[^s]\n\n{}\n[^s]: 문서(2026)\n", quiz("42초다."))).is_empty());
        assert!(told(&format!("`wait=43`\n\n{}", quiz("43ms다."))).is_empty());
    }

    #[test]
    fn footnotes_must_be_dated_defined_and_used() {
        assert_eq!(told("84분[^s]\n\n[^s]: 신문\n"), ["[^s]:"]);
        assert_eq!(told("글\n\n[^s]: 신문 2018\n"), ["[^s]:"]);
        assert_eq!(told("글[^none]\n"), ["[^none]"]);
    }
}
