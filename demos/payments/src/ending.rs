//! Failing on purpose: `?fail=before` ends the process before anything is written, `?fail=after` when all of it is.
//! Knows a request's query; how a process ends is said by who starts it.

use crate::refusal::Refusal;

/// Ends the process, so that Lambda gets no answer to an invocation.
pub type End = fn() -> !;

/// Where a request wants the function to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fail {
    /// Nowhere.
    Never,
    /// Before the write: nothing has happened.
    Before,
    /// After the write: it has happened, and nobody is told.
    After,
}

impl Fail {
    /// Reads the query of a payment.
    ///
    /// # Errors
    /// [`Refusal::QueryUnknown`] for any other query.
    pub(crate) fn of(query: Option<&str>) -> Result<Self, Refusal> {
        match query {
            None | Some("") => Ok(Self::Never),
            Some("fail=before") => Ok(Self::Before),
            Some("fail=after") => Ok(Self::After),
            Some(_) => Err(Refusal::QueryUnknown),
        }
    }

    /// Ends the process if this is where it should.
    pub(crate) fn at(self, place: Self, end: End) {
        if self == place {
            tracing::warn!("ends without an answer, as the request wished");
            end()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_to_fail_and_no_other_query() {
        for (query, fail) in [
            (None, Fail::Never),
            (Some(""), Fail::Never),
            (Some("fail=before"), Fail::Before),
            (Some("fail=after"), Fail::After),
        ] {
            assert_eq!(Fail::of(query), Ok(fail));
        }
        for odd in ["fail", "fail=", "fail=later", "fail=AFTER", "fail=after&fail=after", "fail=after&", "&"]
        {
            assert_eq!(Fail::of(Some(odd)), Err(Refusal::QueryUnknown), "{odd}");
        }
    }
}
