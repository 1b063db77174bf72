//! Where the emulator is not AWS: `gaps.toml`, read by people and by the job.
//! Knows that file. A gap that has closed is told too, so that the list stays true.

use std::fmt;

use anyhow::{Context, Result, ensure};
use contract::{Outcome, Report};
use serde::Deserialize;

const FILE: &str = include_str!("../gaps.toml");

/// The whole list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    /// The version of MiniStack it was seen with.
    pub ministack: String,
    /// What has to be written differently in the template for this emulator.
    #[serde(default)]
    pub edit: Vec<Edit>,
    /// Checks of the contract suite that cannot pass there.
    #[serde(default)]
    pub check: Vec<Check>,
    /// What nothing in this job notices; a person has to know.
    #[serde(default)]
    pub silent: Vec<Silent>,
}

/// One change to the text of a template before it is deployed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The template, below the project's folder.
    pub file: String,
    pub find: String,
    /// Where the change ends, if `find` is only its beginning.
    #[serde(default)]
    pub until: Option<String>,
    pub replace: String,
    pub why: String,
}

/// Checks whose name begins so are known to fail, and in no other way than this.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    pub name: String,
    /// All of it stands in the failure.
    pub says: Vec<String>,
    pub why: String,
}

impl Check {
    fn explains(&self, outcome: &Outcome) -> bool {
        let said = outcome.failure.as_deref().unwrap_or_default();
        outcome.name.starts_with(self.name.as_str())
            && self.says.iter().all(|text| said.contains(text.as_str()))
    }
}

/// One sentence for people.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silent {
    pub why: String,
}

impl Gaps {
    /// Reads the list.
    ///
    /// # Errors
    /// The file is not of this form.
    pub fn read() -> Result<Gaps> {
        toml::from_str(FILE).context("gaps.toml")
    }

    /// The text of the template `file` as this emulator can create it.
    ///
    /// # Errors
    /// An edit finds nothing: the template has changed, and the list has to follow.
    pub fn edited(&self, file: &str, template: &str) -> Result<String> {
        let mut text = template.to_owned();
        for Edit { find, until, replace, why, .. } in self.edit.iter().filter(|edit| edit.file == file) {
            let gone = || {
                format!(
                    "gaps.toml: {file}에 `{find}`가 없다 ({why}). 템플릿이 바뀌었으면 이 항목을 고치거나 지운다"
                )
            };
            let start = text.find(find.as_str()).with_context(gone)?;
            if let Some(until) = until {
                let end = start + text[start..].find(until.as_str()).with_context(gone)? + until.len();
                text.replace_range(start..end, replace);
            } else {
                text = text.replace(find.as_str(), replace);
            }
        }
        Ok(text)
    }

    /// Judges a run of the contract suite: whether what failed is exactly what is known to.
    ///
    /// # Errors
    /// A check failed that is on no list, or all checks of a listed gap passed.
    pub fn judge(&self, report: &Report) -> Result<String> {
        let known = |outcome: &Outcome| self.check.iter().any(|check| check.explains(outcome));
        let new: Vec<_> =
            report.failures().filter(|outcome| !known(outcome)).map(ToString::to_string).collect();
        ensure!(new.is_empty(), "{report}\n{}", new.join("\n"));
        for check in &self.check {
            let still = report.failures().any(|outcome| check.explains(outcome));
            ensure!(still, "gaps.toml: `{}`는 이제 통과한다. 목록에서 지운다", check.name);
        }
        Ok(format!("{report}: 실패는 모두 gaps.toml에 적힌 {}가지 틈이다", self.check.len()))
    }
}

impl fmt::Display for Gaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edits = self.edit.iter().map(|edit| ("고쳐서 배포", &edit.why));
        let checks = self.check.iter().map(|check| ("알려진 실패", &check.why));
        let silent = self.silent.iter().map(|silent| ("보이지 않음", &silent.why));
        writeln!(f, "MiniStack {}이 AWS와 다른 점 (gaps.toml):", self.ministack)?;
        for (kind, why) in edits.chain(checks).chain(silent) {
            writeln!(f, "- {kind}: {why}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn gaps() -> Gaps {
        let text = "ministack = '1'
            edit = [{ file = 'f', find = 'a', replace = 'b', why = 'c' }]
            check = [{ name = 'x: ', says = ['seen'], why = 'y' }]";
        toml::from_str(text).unwrap()
    }

    fn report(outcomes: &[(&str, &str)]) -> Report {
        let outcomes = outcomes.iter().map(|(name, failure)| Outcome {
            name: (*name).into(),
            failure: (!failure.is_empty()).then(|| (*failure).into()),
        });
        Report { outcomes: outcomes.collect() }
    }

    #[test]
    fn the_list_is_of_the_installed_version_and_fits_the_template() {
        let gaps = Gaps::read().unwrap();
        assert_eq!(Some(gaps.ministack.as_str()), crate::python::version("ministack"));
        let templates = [
            ("template.yaml", include_str!("../../../template.yaml")),
            ("deploy/github-role.yaml", include_str!("../../github-role.yaml")),
            ("deploy/guard.yaml", include_str!("../../guard.yaml")),
        ];
        for (file, text) in templates {
            assert_ne!(gaps.edited(file, text).unwrap(), text, "{file}");
        }
        assert!(gaps.edit.iter().all(|edit| templates.iter().any(|(file, _)| edit.file == *file)));
    }

    #[test]
    fn only_listed_failures_are_forgiven_and_closed_gaps_are_told() {
        assert!(gaps().judge(&report(&[("x: 1", "was seen"), ("z", "")])).is_ok());
        assert!(gaps().judge(&report(&[("x: 1", "was seen"), ("z", "seen")])).is_err());
        assert!(gaps().judge(&report(&[("x: 1", "was seen"), ("x: 2", "something else")])).is_err());
        let closed = gaps().judge(&report(&[("x: 1", ""), ("z", "")])).unwrap_err();
        assert!(closed.to_string().contains("`x: `"), "{closed}");
    }

    #[test]
    fn an_edit_that_finds_nothing_is_an_error() {
        assert_eq!(gaps().edited("f", "xax").unwrap(), "xbx");
        assert_eq!(gaps().edited("g", "xax").unwrap(), "xax");
        assert!(gaps().edited("f", "xxx").is_err());
        let mut gaps = gaps();
        gaps.edit[0].until = Some("c".into());
        assert_eq!(gaps.edited("f", "x-a-b-c-a-c").unwrap(), "x-b-a-c");
        assert!(gaps.edited("f", "cab").is_err());
    }
}
