//! `deploy check`: what can be said about a deployment before it costs anything.
//! Knows the contract, the cost model and the built book; prints nothing.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use book_files::InlineScripts;

use crate::contract::{Deployment, PUBLIC, RULES, check};
use crate::cost::{BOUNDS, Prices, table, worst_month};

/// The most a month of the set [`PUBLIC`] may cost, US dollars: what somebody pays who left it alone for a month.
pub const MOST_USD: f64 = 60.0;
/// Where `local build` puts the book.
const BOOK: &str = "book/book";

/// Arguments of `deploy check`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// samconfig.toml의 매개변수 묶음 (a parameter set of samconfig.toml)
    #[arg(long, default_value = PUBLIC, value_name = "이름")]
    pub config_env: String,
}

/// Checks the template below `root` and gives the report to print.
///
/// # Errors
/// The template breaks its contract, the dearest month is above the bound, or the template lets other scripts run than the
/// built book has. The error carries the whole report.
pub fn run(root: &Path, arguments: &Arguments) -> Result<String> {
    let set = arguments.config_env.as_str();
    let deployment = Deployment::load(root, set)?;
    let prices = Prices::load(root)?;
    let mut broken = Vec::new();
    let mut text = String::new();

    let findings = check(&deployment);
    // Writing into a String does not fail.
    if findings.is_empty() {
        let _ = writeln!(text, "템플릿의 약속 {}가지를 지킨다.", RULES.len());
    } else {
        broken.push(format!("템플릿의 약속 {}곳이 어긋난다", findings.len()));
        for finding in &findings {
            let _ = writeln!(text, "{finding}");
        }
    }

    let month = worst_month(&deployment.system, &deployment.guard, &prices, &BOUNDS)?;
    let _ = write!(text, "\n{}", table(&month, &prices, set));
    if set == PUBLIC {
        let _ = writeln!(text, "- 공개 배포의 한도는 {MOST_USD:.2} USD다.");
        if month.total() > MOST_USD {
            broken.push(format!(
                "가장 비싼 달이 {:.2} USD다. samconfig.toml의 초당 수를 줄인다",
                month.total()
            ));
        }
    }

    match scripts(root, &deployment)? {
        Ok(line) => {
            let _ = write!(text, "\n{line}");
        }
        Err(line) => {
            let _ = writeln!(text, "\n{line}");
            broken.push("책의 인라인 스크립트와 `ScriptHashes`가 다르다".to_owned());
        }
    }
    if broken.is_empty() { Ok(text) } else { bail!("{}\n\n{text}", broken.join(", ")) }
}

/// Compares the scripts the template lets run with those of the built book.
fn scripts(root: &Path, deployment: &Deployment) -> Result<Result<String, String>> {
    let folder = root.join(BOOK);
    if !folder.is_dir() {
        return Ok(Ok(format!(
            "{BOOK}이(가) 없어 인라인 스크립트는 대조하지 못했다. `cargo run -- build`로 짓는다."
        )));
    }
    let built = InlineScripts::of(&book_files::read(&folder)?).source_list();
    let allowed = deployment.system.outputs.get("ScriptHashes").map(String::as_str).unwrap_or_default();
    Ok(if built == allowed {
        Ok(format!(
            "지은 책의 인라인 스크립트 {}개가 `ScriptHashes`와 같다.",
            built.split_whitespace().count()
        ))
    } else {
        Err(format!("template.yaml의 Mappings에 적힌 `Hashes`를 지은 책에 맞춘다:\n{built}"))
    })
}
