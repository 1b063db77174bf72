//! When the word index is built: never, in the init phase, or in the first call.
//! Knows the index; the handler only asks for it.

use crate::index::WordIndex;
use environment::clock::{milliseconds, thread_cpu};
use serde::Serialize;
use std::{
    env,
    time::{Duration, Instant},
};
use tokio::sync::OnceCell;

/// The initial consonants of 서버리스, "serverless".
const SEARCHED: &str = "ㅅㅂㄹㅅ";

/// `PREPARE` says something this function does not know.
#[derive(Debug, thiserror::Error)]
#[error("환경 변수 PREPARE는 none, init, first-call 가운데 하나여야 한다 (PREPARE must be one of these)")]
pub struct UnknownPreparation;

/// What this function prepares, and when.
pub enum Preparation {
    /// Nothing: `plain`.
    Nothing,
    /// The index, which exists before the first call: `heavy`.
    Done(Prepared),
    /// The index, by whichever call comes first: `lazy`.
    AtFirstCall(OnceCell<Prepared>),
}

/// An index and what it cost.
pub struct Prepared {
    index: WordIndex,
    wall: Duration,
    cpu: Duration,
}

/// What an answer says about the index.
#[derive(Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IndexReport {
    /// Words in it.
    words: usize,
    /// Places in which a word is listed.
    entries: usize,
    /// Wall time it took to build, in ms.
    build_ms: f64,
    /// CPU time it took to build, in ms.
    build_cpu_ms: f64,
    /// A search done for this answer.
    search: Search,
}

#[derive(Debug, Serialize, PartialEq)]
struct Search {
    initials: &'static str,
    found: usize,
    first: Option<String>,
}

impl Preparation {
    /// Reads `PREPARE` (`none`, `init` or `first-call`) and prepares at once what is to be prepared in init.
    ///
    /// # Errors
    /// When the variable is missing or says anything else.
    pub fn from_env() -> Result<Self, UnknownPreparation> {
        Self::named(&env::var("PREPARE").unwrap_or_default())
    }

    // ANCHOR: prepare
    /// The same for a given value of `PREPARE`.
    ///
    /// # Errors
    /// When the value is not one of the three.
    pub fn named(value: &str) -> Result<Self, UnknownPreparation> {
        match value {
            "none" => Ok(Self::Nothing),
            "init" => Ok(Self::Done(Prepared::build())),
            "first-call" => Ok(Self::AtFirstCall(OnceCell::new())),
            _ => Err(UnknownPreparation),
        }
    }
    // ANCHOR_END: prepare

    /// The report on the index, if this function has one, and the CPU time this very call spent on building it.
    ///
    /// # Errors
    /// When the building thread could not be started or died.
    pub(crate) async fn report(&self) -> Result<(Option<IndexReport>, Duration), tokio::task::JoinError> {
        match self {
            Self::Nothing => Ok((None, Duration::ZERO)),
            Self::Done(prepared) => Ok((Some(prepared.report()), Duration::ZERO)),
            Self::AtFirstCall(cell) => {
                let before = cell.initialized();
                let prepared = cell.get_or_try_init(|| tokio::task::spawn_blocking(Prepared::build)).await?;
                let spent = if before { Duration::ZERO } else { prepared.cpu };
                Ok((Some(prepared.report()), spent))
            }
        }
    }
}

impl Prepared {
    fn build() -> Self {
        let (wall, cpu) = (Instant::now(), thread_cpu());
        let index = WordIndex::build();
        Self { index, wall: wall.elapsed(), cpu: thread_cpu() - cpu }
    }

    fn report(&self) -> IndexReport {
        let mut found = self.index.by_initials(SEARCHED);
        let first = found.next().map(str::to_owned);
        IndexReport {
            words: self.index.words(),
            entries: self.index.entries(),
            build_ms: milliseconds(self.wall),
            build_cpu_ms: milliseconds(self.cpu),
            search: Search { initials: SEARCHED, found: found.count() + usize::from(first.is_some()), first },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prepare_knows_three_words() {
        assert!(matches!(Preparation::named("none"), Ok(Preparation::Nothing)));
        assert!(matches!(Preparation::named("first-call"), Ok(Preparation::AtFirstCall(_))));
        for unknown in ["", "None", "lazy", "first_call", "init "] {
            assert!(Preparation::named(unknown).is_err(), "{unknown:?}");
        }
    }

    #[tokio::test]
    async fn the_first_call_pays_for_the_index_and_the_second_does_not() {
        let lazy = Preparation::named("first-call").unwrap();
        let (first, paid) = lazy.report().await.unwrap();
        let (second, paid_again) = lazy.report().await.unwrap();
        assert!(paid > Duration::from_millis(10), "{paid:?}");
        assert_eq!(paid_again, Duration::ZERO);
        assert_eq!(first, second);

        let (heavy, paid) = Preparation::named("init").unwrap().report().await.unwrap();
        assert_eq!(paid, Duration::ZERO);
        let (heavy, first) = (heavy.unwrap(), first.unwrap());
        assert_eq!((heavy.words, heavy.entries, heavy.search), (first.words, first.entries, first.search));
    }
}
