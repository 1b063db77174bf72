//! One block of a book: its fence, its claims and the earlier blocks whose values it uses.
//! Knows fences, claims, places and what settings put in the place of a base.

use serde::Serialize;

use crate::{
    claim::Claim,
    place::Place,
    settings::Settings,
    syntax::{Attributes, Demo},
};

/// A block that passed every check of the book.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "runner"), allow(dead_code, reason = "the runner alone needs all of it"))]
pub struct Block {
    /// What the fence's info string says.
    pub attributes: Attributes,
    /// What the text says.
    pub demo: Demo,
    /// The base without which it makes no sense: its target's, or the one its attribute `only` names. `None`: it needs `api` alone.
    pub base: Option<String>,
    /// The name a reader sees: the first comment, or method and target.
    pub caption: String,
    /// The claims, read and typed.
    pub claims: Vec<Claim>,
    /// The variables it uses and the blocks that capture them.
    pub needs: Vec<Need>,
    /// The tokens of a signed-in reader it sends.
    pub tokens: Vec<&'static str>,
    /// Where its parts stand.
    pub places: Places,
    /// The text as the author wrote it.
    pub text: String,
}

/// Where the parts of a block stand in the author's file.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "runner"), allow(dead_code, reason = "the runner alone needs all of it"))]
pub struct Places {
    /// The fence.
    pub fence: Place,
    /// The `HTTP` line.
    pub status: Place,
    /// One per capture.
    pub captures: Vec<Place>,
    /// One per assert.
    pub asserts: Vec<Place>,
    /// One per claim.
    pub claims: Vec<Place>,
}

/// A variable and the earlier block of the chapter that captures it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// The variable.
    pub name: String,
    /// The block's id.
    pub block: String,
}

impl Block {
    /// The block's id.
    pub fn id(&self) -> &str {
        &self.attributes.id
    }

    /// What is sent, in one canonical text: a recording belongs to a block as long as this stays the same.
    pub fn request_text(&self) -> String {
        let request = &self.demo.request;
        let mut text = format!("{} {}\n", request.method, request.target);
        for (name, value) in &request.headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        if self.demo.repeat > 1 {
            text.push_str(&format!("[Options]\nrepeat: {}\n", self.demo.repeat));
            if self.demo.delay > 0 {
                text.push_str(&format!("delay: {}ms\n", self.demo.delay));
            }
            if self.attributes.parallel > 1 {
                text.push_str(&format!("# parallel: {}\n", self.attributes.parallel));
            }
        }
        if let Some(body) = &request.body {
            text.push('\n');
            text.push_str(body);
            text.push('\n');
        }
        text
    }

    /// The request as readers see and edit it: request line, headers, a blank line, the body.
    pub fn shown_request(&self, settings: &Settings) -> String {
        let request = &self.demo.request;
        let mut text = format!("{} {}", request.method, request.target);
        for (name, value) in &request.headers {
            text.push_str(&format!("\n{name}: {value}"));
        }
        if let Some(body) = &request.body {
            text.push_str("\n\n");
            text.push_str(body);
        }
        settings.with_paths(&text)
    }
}
