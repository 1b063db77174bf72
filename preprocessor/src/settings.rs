//! The `[preprocessor.live]` table of book.toml: strict, typed, with the place of a mistake.
//! Knows mdBook's configuration, [`crate::place`] and the names that claims may use.

mod bases;
mod checks;
mod sign_in;

use std::{collections::BTreeMap, path::Path};

use mdbook_preprocessor::config::Config;
use serde::{Deserialize, Serialize};

pub use bases::Base;
pub use checks::{Checks, Figures, Pace};
#[cfg(feature = "runner")]
pub use sign_in::TokenRequest;
pub use sign_in::{SignIn, TOKENS, is_token_name};

use crate::{
    claim::{Alias, is_free_name},
    place::{Place, Problem},
    syntax::API_VARIABLE,
};

/// The preprocessor's name: the table is `[preprocessor.live]`.
pub const NAME: &str = "live";

/// Everything an author can set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// What `{{api}}` stands for: a path of the book's own server (`/api`, or empty) or an address with scheme.
    pub api: String,
    /// Path of a JSON file `{"api": "…", "bases": ["…"]}` on the book's own server, from which the page learns another `api`
    /// and which of `bases` answer there.
    pub config: Option<String>,
    /// What else a block's target may begin with, by name.
    pub bases: BTreeMap<String, Base>,
    /// Language of the words around a block.
    pub language: Language,
    /// A missing or outdated recording is an error instead of a warning.
    pub strict: bool,
    /// Folder of the recordings below the book's source folder.
    pub recordings: String,
    /// How script and style reach the page.
    pub assets: Assets,
    /// Emphasis marks that stay literal are errors.
    pub prose_lint: bool,
    /// What else is looked after.
    pub checks: Checks,
    /// Headers added to every request that does not name them itself.
    pub headers: BTreeMap<String, HeaderValue>,
    /// Names usable in claims.
    pub claims: BTreeMap<String, Alias>,
    /// How readers sign in, when blocks use their tokens.
    pub sign_in: Option<SignIn>,
    /// Answer headers a recording keeps besides those that the block or `claims` mention.
    pub record_headers: Vec<String>,
    /// mdBook's own key.
    pub command: Option<String>,
    /// mdBook's own key.
    pub before: Vec<String>,
    /// mdBook's own key.
    pub after: Vec<String>,
    /// mdBook's own key.
    pub renderers: Option<Vec<String>>,
    /// mdBook's own key.
    pub optional: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api: String::new(),
            config: None,
            bases: BTreeMap::new(),
            language: Language::Ko,
            strict: false,
            recordings: "recordings".to_owned(),
            assets: Assets::Inline,
            prose_lint: false,
            checks: Checks::default(),
            headers: BTreeMap::new(),
            claims: BTreeMap::new(),
            sign_in: None,
            record_headers: ["content-type", "location", "etag", "retry-after", "server-timing"]
                .map(str::to_owned)
                .to_vec(),
            command: None,
            before: Vec::new(),
            after: Vec::new(),
            renderers: None,
            optional: false,
        }
    }
}

impl Settings {
    /// The path part of `api`: what a reader sees in place of `{{api}}`.
    pub fn api_path(&self) -> &str {
        let Some((_, rest)) = self.api.split_once("://") else { return &self.api };
        rest.find('/').map_or("", |at| &rest[at..])
    }

    /// A text as readers see it: `{{api}}` and the names of `bases` become their paths.
    pub fn with_paths(&self, text: &str) -> String {
        let api = (API_VARIABLE, self.api_path());
        let bases = self.bases.iter().map(|(name, base)| (name.as_str(), base.path.as_str()));
        bases
            .chain([api])
            .fold(text.to_owned(), |text, (name, path)| text.replace(&format!("{{{{{name}}}}}"), path))
    }
}

#[cfg(feature = "runner")]
impl Settings {
    /// Scheme, host and port of `api` when it names them.
    pub fn api_origin(&self) -> Option<&str> {
        self.api.contains("://").then(|| &self.api[..self.api.len() - self.api_path().len()])
    }
}

/// Language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Korean.
    Ko,
    /// English.
    En,
}

/// How script and style reach the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assets {
    /// Inside each chapter that has blocks; nothing to install, nothing to go stale.
    Inline,
    /// The book lists the scripts in additional-js and `live.css` in additional-css; they are compared byte for byte.
    Files,
}

/// The value of a configured header, or of a field of a configured form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HeaderValue {
    /// The same text in every request.
    Constant(String),
    /// Random lower-case hexadecimal digits, fresh for each chapter run.
    Random(RandomHex),
}

/// `{ random-hex = 32 }`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RandomHex {
    /// Number of digits, 1 to 64.
    pub random_hex: usize,
}

/// Reads and checks the table; `root` is the folder of book.toml, used only to name the place of a mistake.
///
/// # Errors
/// Unknown keys, wrong types and values out of bounds.
pub fn read_settings(config: &Config, root: &Path) -> Result<Settings, Vec<Problem>> {
    let key = format!("preprocessor.{NAME}");
    let settings = match config.get::<Settings>(&key) {
        Ok(settings) => settings.unwrap_or_default(),
        Err(error) => return Err(vec![toml_problem(root, &format!("{error:#}"))]),
    };
    let problems = bounds(&settings, &table_place(root));
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// The file again, this time with spans; other tables are skipped.
#[derive(Deserialize)]
struct BookToml {
    preprocessor: Option<PreprocessorTable>,
}

#[derive(Deserialize)]
struct PreprocessorTable {
    #[allow(dead_code, reason = "read only to find where it fails")]
    live: Option<Settings>,
}

fn toml_problem(root: &Path, error: &str) -> Problem {
    let text = std::fs::read_to_string(root.join("book.toml")).unwrap_or_default();
    let advice = "book.toml의 [preprocessor.live]와 환경 변수 MDBOOK_PREPROCESSOR__LIVE__…를 확인한다.";
    match toml::from_str::<BookToml>(&text).map(|book| book.preprocessor) {
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let message = format!("설정을 읽을 수 없다: {}. {advice}", error.message());
            Problem::new(Place::of_offset("book.toml", &text, at), message)
        }
        Ok(_) => Problem::new(table_place(root), format!("설정을 읽을 수 없다: {}. {advice}", error.trim())),
    }
}

/// Where the table begins.
fn table_place(root: &Path) -> Place {
    let text = std::fs::read_to_string(root.join("book.toml")).unwrap_or_default();
    let at = text.find(&format!("[preprocessor.{NAME}]")).unwrap_or(0);
    Place::of_offset("book.toml", &text, at)
}

fn bounds(settings: &Settings, place: &Place) -> Vec<Problem> {
    let mut messages = Vec::new();
    let api = &settings.api;
    let absolute = api.starts_with("http://") || api.starts_with("https://");
    if !(api.is_empty() || api.starts_with('/') && !api.starts_with("//") || absolute)
        || api.ends_with('/')
        || !api.bytes().all(|b| b.is_ascii_graphic())
        || api.contains(['#', '?', '"', '{', '}', '\\'])
    {
        messages.push(format!(
            "api = \"{api}\"는 쓸 수 없다. \"/api\", \"https://예.example/api\", \"\"처럼 끝에 /가 없게 쓴다."
        ));
    }
    if settings.config.as_deref().is_some_and(|config| config.is_empty() || config.contains("//")) {
        messages.push("config는 책과 같은 서버의 파일이다. 예: config = \"/config.json\"".to_owned());
    }
    messages.extend(bases::problems(&settings.bases, settings.api_path()));
    let folder = Path::new(&settings.recordings);
    if settings.recordings.is_empty()
        || !folder.components().all(|c| matches!(c, std::path::Component::Normal(_)))
    {
        messages.push("recordings는 책의 src 아래 폴더 이름이다. 예: recordings = \"recordings\"".to_owned());
    }
    for (name, value) in &settings.headers {
        if !is_token(name) {
            messages.push(format!("headers의 `{name}`은(는) 헤더 이름이 아니다."));
        }
        match value {
            HeaderValue::Constant(text) if !text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') => {
                messages.push(format!("headers.{name}의 값은 ASCII 글자로만 쓴다."));
            }
            HeaderValue::Random(random) if !(1..=64).contains(&random.random_hex) => {
                messages.push(format!("headers.{name}의 random-hex는 1에서 64 사이다."));
            }
            _ => {}
        }
    }
    if let Some(sign_in) = &settings.sign_in {
        messages.extend(sign_in.faults(settings.config.is_some()));
    }
    for (name, alias) in &settings.claims {
        if !is_free_name(name) {
            messages.push(format!(
                "claims의 이름 `{name}`은(는) 쓸 수 없다. 소문자로 시작하고 소문자, 숫자, `_`로 쓰며 함수 이름과 겹치지 않게 한다."
            ));
        }
        if !is_token(alias.header()) {
            messages.push(format!("claims.{name}의 header가 헤더 이름이 아니다."));
        }
    }
    for name in settings.record_headers.iter().filter(|name| !is_token(name)) {
        messages.push(format!("record-headers의 `{name}`은(는) 헤더 이름이 아니다."));
    }
    messages.into_iter().map(|message| Problem::new(place.clone(), message)).collect()
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn read(toml: &str) -> Result<Settings, Vec<Problem>> {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("book.toml"), toml).unwrap();
        read_settings(&Config::from_str(toml).unwrap(), root.path())
    }

    #[test]
    fn without_a_table_the_defaults_hold() {
        assert_eq!(read("[book]\n").unwrap(), Settings::default());
    }

    #[test]
    fn reads_the_whole_table() {
        let settings = read(
            r#"
[preprocessor.live]
command = "mdbook-live"
before = ["links"]
renderers = ["html"]
api = "/api"
language = "en"
strict = true
assets = "files"
bases.local = { path = "/_local", absent = "Only here." }
[preprocessor.live.headers]
x-visitor = { random-hex = 32 }
x-book = "mine"
[preprocessor.live.claims]
cold = { count = { header = "x-cold-start", equals = "true" } }
environments = { distinct = { header = "x-environment-id" } }
"#,
        )
        .unwrap();
        assert_eq!(settings.headers["x-visitor"], HeaderValue::Random(RandomHex { random_hex: 32 }));
        assert_eq!(settings.claims["environments"], Alias::Distinct { header: "x-environment-id".into() });
        assert!(settings.strict);
        assert_eq!(settings.with_paths("{{api}}/a {{local}}/b {{c}}"), "/api/a /_local/b {{c}}");
    }

    #[test]
    fn a_base_has_a_name_a_path_and_a_sentence_of_its_own() {
        let of = |bases: &str| read(&format!("[preprocessor.live]\napi = \"/api\"\n{bases}"));
        assert!(of("bases.local = { path = \"/_local\", absent = \"여기에는 없다.\" }").is_ok());
        for bases in [
            "bases.api = { path = \"/_local\", absent = \"x\" }",
            "bases.a-b = { path = \"/_local\", absent = \"x\" }",
            "bases.newUuid = { path = \"/_local\", absent = \"x\" }",
            "bases.local = { path = \"/api\", absent = \"x\" }",
            "bases.local = { path = \"/api/x\", absent = \"x\" }",
            "bases.local = { path = \"/_local/\", absent = \"x\" }",
            "bases.local = { path = \"//host\", absent = \"x\" }",
            "bases.local = { path = \"/../x\", absent = \"x\" }",
            "bases.local = { path = \"\", absent = \"x\" }",
            "bases.local = { path = \"http://x\", absent = \"x\" }",
            "bases.local = { path = \"/_local\", absent = \" \" }",
            "bases.local = { path = \"/_local\" }",
            "bases.local = { path = \"/_local\", absent = \"x\", other = 1 }",
            "bases.a = { path = \"/x\", absent = \"x\" }\nbases.b = { path = \"/x/y\", absent = \"x\" }",
        ] {
            let problems = of(bases).expect_err(bases);
            assert_eq!(problems.len(), 1, "{bases}: {problems:?}");
        }
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place() {
        let problems = read("[book]\n\n[preprocessor.live]\nrenderer = [\"html\"]\n").unwrap_err();
        assert_eq!(problems[0].place.to_string(), "book.toml:4:1");
        assert!(problems[0].message.contains("renderer"), "{}", problems[0].message);
    }

    #[test]
    fn values_out_of_bounds_are_told_all_at_once() {
        let problems = read(
            "[preprocessor.live]\napi = \"api/\"\nconfig = \"https://example.org/c.json\"\nrecordings = \"../x\"\n[preprocessor.live.headers]\nx = { random-hex = 0 }\n[preprocessor.live.claims]\nmedian = { distinct = { header = \"x\" } }\n",
        )
        .unwrap_err();
        assert_eq!(problems.len(), 5, "{problems:?}");
        assert!(problems.iter().all(|p| p.place.to_string() == "book.toml:1:1"));
    }
}
