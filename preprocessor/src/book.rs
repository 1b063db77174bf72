//! All blocks of a book, checked against each other: ids, captured values, blocks named in claims.
//! Knows fences, claims and settings; nothing of HTML, files or HTTP.

use std::{collections::HashMap, ops::Range};

use crate::{
    block::{Block, Need, Places},
    claim::{Claim, parse_claim},
    fence::{Fence, scan},
    place::{Place, Problem},
    settings::Settings,
};

/// The text of one chapter.
#[derive(Clone, Copy, Debug)]
pub struct ChapterText<'a> {
    /// The file, relative to the book's root: `src/users.md`.
    pub path: &'a str,
    /// Its Markdown.
    pub content: &'a str,
}

/// The blocks of one chapter in the order of the text.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "runner"), allow(dead_code, reason = "the runner alone needs all of it"))]
pub struct ChapterBlocks {
    /// The file, relative to the book's root.
    pub path: String,
    /// Each block with the bytes of the chapter that its fence takes.
    pub blocks: Vec<(Range<usize>, Block)>,
}

/// Reads every chapter; the result has one entry per chapter, in the same order.
///
/// Mistakes are collected over the whole book; a chapter's entry then lacks the mistaken blocks.
pub fn read_blocks(chapters: &[ChapterText<'_>], settings: &Settings) -> (Vec<ChapterBlocks>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut ids: HashMap<String, Place> = HashMap::new();
    let blocks = chapters
        .iter()
        .map(|chapter| {
            let scan = scan(chapter.content, settings.prose_lint);
            let complete = scan.faults.is_empty();
            for fault in scan.faults {
                problems.push(Problem::new(chapter.place(fault.at), fault.message));
            }
            let mut reader =
                ChapterReader { chapter, settings, complete, blocks: Vec::new(), problems: Vec::new() };
            for fence in scan.fences {
                reader.unique_id(&fence, &mut ids);
                reader.fence(fence);
            }
            problems.append(&mut reader.problems);
            ChapterBlocks { path: chapter.path.to_owned(), blocks: reader.blocks }
        })
        .collect();
    (blocks, problems)
}

impl ChapterText<'_> {
    fn place(&self, at: usize) -> Place {
        Place::of_offset(self.path, self.content, at)
    }
}

struct ChapterReader<'a> {
    chapter: &'a ChapterText<'a>,
    settings: &'a Settings,
    /// No fence of this chapter was unreadable. Otherwise a "missing" block may be one of those, and saying so
    /// would send the author after a mistake that is none.
    complete: bool,
    blocks: Vec<(Range<usize>, Block)>,
    problems: Vec<Problem>,
}

impl ChapterReader<'_> {
    fn unique_id(&mut self, fence: &Fence, ids: &mut HashMap<String, Place>) {
        let place = self.chapter.place(fence.range.start);
        let id = &fence.attributes.id;
        match ids.get(id) {
            Some(first) if *first != place => {
                let message =
                    format!("id `{id}`은(는) {first}에서 이미 쓴다. 책 전체에서 하나뿐인 이름을 준다.");
                self.problems.push(Problem::new(place, message));
            }
            Some(_) => {}
            None => {
                ids.insert(id.clone(), place);
            }
        }
    }

    fn fence(&mut self, fence: Fence) {
        let needs = self.needs(&fence);
        let claims = self.claims(&fence);
        let request = &fence.demo.request;
        let caption = fence.demo.caption.clone().unwrap_or_else(|| {
            format!("{} {}", request.method, request.target.replace("{{api}}", self.settings.api_path()))
        });
        let block = Block {
            places: self.places(&fence),
            attributes: fence.attributes,
            demo: fence.demo,
            text: fence.source.text,
            caption,
            claims,
            needs,
        };
        self.blocks.push((fence.range, block));
    }

    fn places(&self, fence: &Fence) -> Places {
        let place = |at: usize| self.chapter.place(fence.source.in_chapter(at));
        Places {
            fence: self.chapter.place(fence.range.start),
            status: place(fence.demo.status_at),
            captures: fence.demo.captures.iter().map(|capture| place(capture.at)).collect(),
            asserts: fence.demo.asserts.iter().map(|assert| place(assert.at)).collect(),
            claims: fence.demo.claims.iter().map(|claim| place(claim.at)).collect(),
        }
    }

    fn needs(&mut self, fence: &Fence) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        for used in &fence.demo.uses {
            if needs.iter().any(|need| need.name == used.name) {
                continue;
            }
            let producer = self
                .blocks
                .iter()
                .rev()
                .find(|(_, block)| block.demo.captures.iter().any(|capture| capture.name == used.name));
            match producer {
                Some((_, block)) => {
                    needs.push(Need { name: used.name.clone(), block: block.id().to_owned() })
                }
                None if self.complete => {
                    let at = fence.source.in_chapter(used.at);
                    let message = format!(
                        "변수 `{}`을(를) 이 장의 앞선 블록 어디에서도 기억하지 않는다. 앞선 블록의 [Captures]에 `{0}: …`를 쓰거나 이름을 고친다.",
                        used.name
                    );
                    self.problems.push(Problem::new(self.chapter.place(at), message));
                }
                None => {}
            }
        }
        needs
    }

    fn claims(&mut self, fence: &Fence) -> Vec<Claim> {
        let names: Vec<&str> = self.settings.claims.keys().map(String::as_str).collect();
        let mut claims = Vec::new();
        for claim in &fence.demo.claims {
            let place = |at: usize| self.chapter.place(fence.source.in_chapter(claim.at + at));
            match parse_claim(&claim.text, &names) {
                Err(fault) => self.problems.push(Problem::new(place(fault.at), fault.message)),
                Ok(parsed) => {
                    for block in &parsed.blocks {
                        let earlier = self.blocks.iter().any(|(_, earlier)| earlier.id() == block.id);
                        if self.complete && !earlier && block.id != fence.attributes.id {
                            let message = format!(
                                "주장이 가리키는 블록 `{}`이(가) 이 장의 앞쪽에 없다. 주장은 자기 블록과 앞선 블록만 볼 수 있다.",
                                block.id
                            );
                            self.problems.push(Problem::new(place(block.at), message));
                        }
                    }
                    claims.push(Claim { text: claim.text.clone(), expr: parsed.expr });
                }
            }
        }
        claims
    }
}
