//! All blocks and lessons of a book, checked against each other: ids, captured values, blocks named in claims, predictions.
//! Knows fences, lessons, claims and settings; nothing of HTML, files or HTTP.

use std::{collections::HashMap, ops::Range};

use crate::{
    block::{Block, Need, Places},
    claim::{Claim, parse_claim},
    fence::{Fence, LessonFence, scan_and_read},
    lesson::{Ask, Content, Lesson, Predict},
    place::{ChapterText, Place, Problem},
    reading::{Reader, Reading},
    settings::{Settings, TOKENS, is_token_name},
    syntax::{API_VARIABLE, Piece, VariableUse, pieces},
};

/// The blocks and lessons of one chapter.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "runner"), allow(dead_code, reason = "the runner alone needs all of it"))]
pub struct ChapterBlocks {
    /// The file, relative to the book's root.
    pub path: String,
    /// Each block with the bytes of the chapter that its fence takes, in the order of the text.
    pub blocks: Vec<(Range<usize>, Block)>,
    /// The lessons in the order of the text.
    pub(crate) lessons: Vec<Lesson>,
    /// The bytes that the reader's progress takes.
    pub(crate) progress: Vec<Range<usize>>,
    /// The bytes that the place to sign in takes.
    pub(crate) sign_in: Option<Range<usize>>,
    /// The rest of the chapter, when something is to be checked.
    pub(crate) reading: Option<Reading>,
}

impl ChapterBlocks {
    /// Whether nothing here becomes a widget.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
            && self.lessons.is_empty()
            && self.progress.is_empty()
            && self.sign_in.is_none()
    }
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
            let mut sentences =
                settings.checks.any().then(|| Reader::new(chapter.content, &settings.checks.quotes));
            let scan = scan_and_read(chapter.content, settings.prose_lint, sentences.as_mut());
            let complete = scan.faults.is_empty();
            for fault in scan.faults {
                problems.push(Problem::new(chapter.place(fault.at), fault.message));
            }
            let mut reader = ChapterReader {
                chapter,
                settings,
                complete,
                blocks: Vec::new(),
                lessons: Vec::new(),
                problems: Vec::new(),
            };
            let mut lessons = scan.lessons.into_iter().peekable();
            for fence in scan.fences {
                while let Some(lesson) = lessons.next_if(|lesson| lesson.range.start < fence.range.start) {
                    reader.unique_id(&lesson.id, &lesson.range, &mut ids);
                    reader.lesson(lesson);
                }
                reader.unique_id(&fence.attributes.id, &fence.range, &mut ids);
                reader.fence(fence);
            }
            for lesson in lessons {
                reader.unique_id(&lesson.id, &lesson.range, &mut ids);
                reader.lesson(lesson);
            }
            reader.finish();
            reader.sign_in(&scan.sign_in);
            problems.append(&mut reader.problems);
            ChapterBlocks {
                path: chapter.path.to_owned(),
                blocks: reader.blocks,
                lessons: reader.lessons,
                progress: scan.progress,
                sign_in: scan.sign_in.into_iter().next(),
                reading: sentences.map(Reader::finish),
            }
        })
        .collect();
    (blocks, problems)
}

struct ChapterReader<'a> {
    chapter: &'a ChapterText<'a>,
    settings: &'a Settings,
    /// No fence of this chapter was unreadable. Otherwise a "missing" block may be one of those, and saying so
    /// would send the author after a mistake that is none.
    complete: bool,
    blocks: Vec<(Range<usize>, Block)>,
    lessons: Vec<Lesson>,
    problems: Vec<Problem>,
}

impl ChapterReader<'_> {
    fn unique_id(&mut self, id: &str, range: &Range<usize>, ids: &mut HashMap<String, Place>) {
        let place = self.chapter.place(range.start);
        match ids.get(id) {
            Some(first) if *first != place => {
                let message =
                    format!("id `{id}`은(는) {first}에서 이미 쓴다. 책 전체에서 하나뿐인 이름을 준다.");
                self.problems.push(Problem::new(place, message));
            }
            Some(_) => {}
            None => {
                ids.insert(id.to_owned(), place);
            }
        }
    }

    fn lesson(&mut self, fence: LessonFence) {
        let names: Vec<&str> = self.settings.claims.keys().map(String::as_str).collect();
        match Lesson::read(fence, &names) {
            Ok(lesson) => self.lessons.push(lesson),
            Err(faults) => {
                self.complete = false;
                self.problems.extend(
                    faults.into_iter().map(|fault| Problem::new(self.chapter.place(fault.at), fault.message)),
                );
            }
        }
    }

    /// What can be said only when the whole chapter has been read.
    fn finish(&mut self) {
        if !self.complete {
            return;
        }
        for lesson in &self.lessons {
            if let Content::Compare(compare) = &lesson.content {
                let known = |id: &str| self.blocks.iter().any(|(_, block)| block.id() == id);
                self.problems.extend(compare.blocks().filter(|(id, _)| !known(id)).map(|(id, at)| {
                    let message =
                        format!("블록 `{id}`이(가) 이 장에 없다. 나란히 두는 블록은 같은 장에 있어야 한다.");
                    Problem::new(lesson.place(*self.chapter, at), message)
                }));
            }
            let Content::Predict(Predict { block: None, .. }) = &lesson.content else { continue };
            let message = format!(
                "예측 `{0}`을(를) 쓰는 블록이 이 장의 뒤쪽에 없다. 블록에 `predict={0}`을 적는다.",
                lesson.id
            );
            self.problems.push(Problem::new(self.chapter.place(lesson.range.start), message));
        }
    }

    /// Whether readers can sign in where they need to.
    fn sign_in(&mut self, places: &[Range<usize>]) {
        let configured = self.settings.sign_in.is_some();
        for (number, place) in places.iter().enumerate() {
            let message = match number {
                0 if configured => continue,
                0 => "로그인할 곳이 설정에 없다. book.toml에 [preprocessor.live.sign-in]의 page를 적는다.",
                _ => "로그인 단추는 한 장에 하나다.",
            };
            self.problems.push(Problem::new(self.chapter.place(place.start), message.to_owned()));
        }
        if !places.is_empty() {
            return;
        }
        if let Some((range, _)) = self.blocks.iter().find(|(_, block)| !block.tokens.is_empty()) {
            let message = "로그인한 독자의 토큰을 쓰는 블록이 있는데 이 장에 로그인 단추가 없다. `<div class=\"live-sign-in\"></div>`를 넣는다.";
            self.problems.push(Problem::new(self.chapter.place(range.start), message.to_owned()));
        }
    }

    /// The tokens a block sends. They belong into headers: addresses and bodies are logged and recorded.
    fn tokens(&mut self, fence: &Fence) -> Vec<&'static str> {
        if self.settings.sign_in.is_none() {
            return Vec::new();
        }
        let request = &fence.demo.request;
        let elsewhere = [Some(&request.target), request.body.as_ref()].into_iter().flatten();
        let elsewhere: Vec<&str> = elsewhere.flat_map(|text| variables(text)).collect();
        let mut tell = |at: usize, message: String| {
            let place = self.chapter.place(fence.source.in_chapter(at));
            self.problems.push(Problem::new(place, message));
        };
        let known = |used: &&VariableUse| is_token_name(&used.name);
        for used in
            fence.demo.uses.iter().filter(known).filter(|used| elsewhere.contains(&used.name.as_str()))
        {
            tell(
                used.at,
                format!("토큰 `{}`은(는) 헤더에만 쓴다. 주소와 본문은 로그와 기록에 남는다.", used.name),
            );
        }
        for capture in fence.demo.captures.iter().filter(|capture| is_token_name(&capture.name)) {
            tell(capture.at, format!("`{}`의 값은 로그인이 준다. 다른 이름으로 기억한다.", capture.name));
        }
        let used = |name: &&str| fence.demo.uses.iter().any(|used| used.name == **name);
        TOKENS.into_iter().filter(used).collect()
    }

    /// Finds the prediction that a block with `predict=` names.
    fn predict(&mut self, fence: &Fence) {
        let Some(name) = &fence.attributes.predict else { return };
        let opening = &self.chapter.content[fence.range.clone()];
        let at = fence.range.start + opening.find("predict=").unwrap_or(0);
        let place = self.chapter.place(at);
        let mut tell = |place: Place, message: String| self.problems.push(Problem::new(place, message));
        let lesson = self.lessons.iter_mut().find(|lesson| lesson.id == *name);
        let Some(lesson) = lesson else {
            if self.complete {
                tell(
                    place,
                    format!(
                        "예측 `{name}`이(가) 이 장의 앞쪽에 없다. `toml predict id={name}` 칸을 이 블록 앞에 둔다."
                    ),
                );
            }
            return;
        };
        let Content::Predict(predict) = &mut lesson.content else {
            return tell(place, format!("`{name}`은(는) 예측이 아니다. `toml predict`의 id를 쓴다."));
        };
        if let Some(first) = &predict.block {
            return tell(
                place,
                format!("예측 `{name}`은(는) 블록 `{first}`이(가) 이미 쓴다. 예측 하나에 블록 하나다."),
            );
        }
        let id = &fence.attributes.id;
        predict.block = Some(id.clone());
        if fence.demo.claims.is_empty() {
            tell(
                place,
                "predict를 쓰는 블록에는 답이 될 주장(`# claim: …`)이 하나는 있어야 한다.".to_owned(),
            );
        }
        let Ask::Choice(outcomes) = &predict.ask else { return };
        let unknown: Vec<_> = outcomes
            .iter()
            .flat_map(|outcome| &outcome.blocks)
            .filter(|named| named.id != *id && !self.blocks.iter().any(|(_, block)| block.id() == named.id))
            .cloned()
            .collect();
        for named in unknown.into_iter().filter(|_| self.complete) {
            tell(
                lesson.place(*self.chapter, named.at),
                format!("`when`이 가리키는 블록 `{}`은(는) `{id}`도 그 앞선 블록도 아니다.", named.id),
            );
        }
    }

    fn fence(&mut self, fence: Fence) {
        let tokens = self.tokens(&fence);
        let needs = self.needs(&fence, &tokens);
        let claims = self.claims(&fence);
        self.predict(&fence);
        let request = &fence.demo.request;
        let caption =
            fence.demo.caption.clone().unwrap_or_else(|| {
                self.settings.with_paths(&format!("{} {}", request.method, request.target))
            });
        let base = self.base(&fence);
        let block = Block {
            places: self.places(&fence),
            attributes: fence.attributes,
            demo: fence.demo,
            text: fence.source.text,
            base,
            caption,
            claims,
            needs,
            tokens,
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

    /// The base that has to answer where the block is run, beside `api`.
    fn base(&mut self, fence: &Fence) -> Option<String> {
        let bases = &self.settings.bases;
        let attributes_at = fence.attributes_at;
        let mut tell =
            |at: usize, message: String| self.problems.push(Problem::new(self.chapter.place(at), message));
        let known = || bases.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let unknown = |name: &str| {
            let known = if bases.is_empty() {
                "지금은 하나도 없다".to_owned()
            } else {
                format!("지금 있는 이름: {}", known())
            };
            format!("바탕 주소 `{name}`이(가) book.toml의 [preprocessor.live.bases]에 없다. {known}.")
        };
        for (capture, at) in
            fence.demo.captures.iter().map(|capture| (capture, fence.source.in_chapter(capture.at)))
        {
            if bases.contains_key(&capture.name) {
                tell(at, format!("`{}`은(는) 바탕 주소의 이름이라 변수 이름으로 쓸 수 없다.", capture.name));
            }
        }
        if let Some((name, at)) = &fence.attributes.only
            && !bases.contains_key(name)
        {
            tell(attributes_at + at, unknown(name));
        }
        let target = &fence.demo.base;
        if target.name == API_VARIABLE {
            return fence.attributes.only.as_ref().map(|(name, _)| name.clone());
        }
        let at = fence.source.in_chapter(target.at);
        if !bases.contains_key(&target.name) {
            tell(at, unknown(&target.name));
        } else if let Some((_, at)) = fence.attributes.only {
            tell(
                attributes_at + at,
                "only는 `{{api}}`로 시작하는 블록에만 쓴다. 이 블록은 주소가 이미 말한다.".to_owned(),
            );
        }
        if let Some(at) = fence.attributes.parallel_at {
            tell(
                attributes_at + at,
                "한꺼번에 보내기(parallel)는 `{{api}}`로 시작하는 블록에만 쓴다.".to_owned(),
            );
        }
        Some(target.name.clone())
    }

    fn needs(&mut self, fence: &Fence, tokens: &[&str]) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        for used in fence.demo.uses.iter().filter(|used| !tokens.contains(&used.name.as_str())) {
            if needs.iter().any(|need| need.name == used.name) || self.settings.bases.contains_key(&used.name)
            {
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

/// The names between `{{` and `}}`.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).unwrap_or_default().into_iter().filter_map(|piece| match piece {
        Piece::Variable(name, _) => Some(name),
        Piece::Text(_) => None,
    })
}
