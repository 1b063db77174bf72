//! A chapter's blocks as one `.hurl` file for the real `hurl` program.
//! Knows the book's blocks and settings.

use crate::{
    book::ChapterBlocks,
    settings::{HeaderValue, Settings, TOKENS},
};

/// The blocks as the author wrote them, with a note on how to run the file.
pub fn export(chapter: &ChapterBlocks, settings: &Settings) -> String {
    let mut text =
        format!("# {}\n# 실행: hurl --test --variable api=<주소>{}", chapter.path, settings.api_path());
    for (name, base) in &settings.bases {
        if chapter.blocks.iter().any(|(_, block)| block.text.contains(&format!("{{{{{name}}}}}"))) {
            text.push_str(&format!(" --variable {name}=<주소>{}", base.path));
        }
    }
    for (name, value) in &settings.headers {
        let value = match value {
            HeaderValue::Constant(text) => text.clone(),
            HeaderValue::Random(random) => format!("<16진수 {}자리>", random.random_hex),
        };
        text.push_str(&format!(" --header \"{name}: {value}\""));
    }
    for name in TOKENS {
        if chapter.blocks.iter().any(|(_, block)| block.tokens.contains(&name)) {
            text.push_str(&format!(" --secret {name}=<토큰>"));
        }
    }
    text.push_str(" <이 파일>\n");
    for (_, block) in &chapter.blocks {
        text.push_str(&format!("\n# id: {}\n", block.id()));
        if block.attributes.parallel > 1 {
            let note =
                format!("# 책은 한꺼번에 {}번 보내지만 hurl은 차례로 보낸다.\n", block.attributes.parallel);
            text.push_str(&note);
        }
        text.push_str(block.text.trim_end());
        text.push('\n');
    }
    text
}
