//! Reads the query of a call: three bounded whole numbers of milliseconds, nothing else.
//! Knows the error shape; the numbers mean nothing here.

use axum::http::StatusCode;
use environment::Problem;
use std::time::Duration;

/// What a call asks for. Each is zero unless given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// CPU time to use before the answer.
    pub work: Duration,
    /// Time to wait before the answer, without using the processor.
    pub wait: Duration,
    /// How long to tick in the background after the answer.
    pub after: Duration,
}

/// Name and largest value in ms, in the order of the fields. What the dearest call costs follows from them.
pub const BOUNDS: [(&str, u16); 3] = [("work", 200), ("wait", 500), ("after", 2_000)];

impl Parameters {
    /// Parses a raw query string (without `?`); no decoding, because nothing legal needs any.
    ///
    /// # Errors
    /// Status 400: an unknown or repeated name, a value that is not a plain decimal number, or one beyond its bound.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let mut values = [None; BOUNDS.len()];
        for pair in
            query.unwrap_or_default().split('&').filter(|_| query.is_some_and(|query| !query.is_empty()))
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(place) = BOUNDS.iter().position(|(known, _)| *known == name) else {
                return Err(refuse(
                    "parameter_unknown",
                    "모르는 매개변수가 있다. `work`, `wait`, `after`만 쓸 수 있다.",
                ));
            };
            let (name, bound) = BOUNDS[place];
            if values[place].is_some() {
                return Err(refuse(
                    "parameter_repeated",
                    format!("`{name}`이(가) 두 번 적혀 있다. 한 번만 적는다."),
                ));
            }
            values[place] = Some(number(name, bound, value)?);
        }
        let [work, wait, after] = values.map(|ms| Duration::from_millis(u64::from(ms.unwrap_or_default())));
        Ok(Self { work, wait, after })
    }
}

/// A decimal number as people write it: digits only, no leading zero.
fn number(name: &str, bound: u16, value: &str) -> Result<u16, Problem> {
    let plain = value.bytes().all(|b| b.is_ascii_digit()) && (value == "0" || !value.starts_with('0'));
    if value.is_empty() || !plain {
        return Err(refuse(
            "parameter_invalid",
            format!(
                "`{name}`에는 0부터 {bound}까지의 정수를 밀리초로 적는다. 부호, 소수점, 앞의 0은 쓰지 않는다."
            ),
        ));
    }
    // Digits that do not fit the type are beyond every bound.
    value.parse().ok().filter(|ms| *ms <= bound).ok_or_else(|| {
        refuse(
            "parameter_too_large",
            format!("`{name}`은(는) {bound}까지만 받는다(밀리초). 더 작은 수로 보내 보자."),
        )
    })
}

fn refuse(code: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(work: u64, wait: u64, after: u64) -> Parameters {
        let [work, wait, after] = [work, wait, after].map(Duration::from_millis);
        Parameters { work, wait, after }
    }

    #[test]
    fn absent_means_zero_and_bounds_are_inclusive() {
        assert_eq!(Parameters::parse(None), Ok(ms(0, 0, 0)));
        assert_eq!(Parameters::parse(Some("")), Ok(ms(0, 0, 0)));
        assert_eq!(Parameters::parse(Some("work=0")), Ok(ms(0, 0, 0)));
        assert_eq!(Parameters::parse(Some("after=2000&work=200&wait=500")), Ok(ms(200, 500, 2000)));
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        let cases = [
            ("work=201", "parameter_too_large"),
            ("wait=501", "parameter_too_large"),
            ("after=2001", "parameter_too_large"),
            ("work=99999999999999999999999", "parameter_too_large"),
            ("work=", "parameter_invalid"),
            ("work", "parameter_invalid"),
            ("work=-1", "parameter_invalid"),
            ("work=+1", "parameter_invalid"),
            ("work=1e1", "parameter_invalid"),
            ("work=1.0", "parameter_invalid"),
            ("work=007", "parameter_invalid"),
            ("work=00", "parameter_invalid"),
            ("work=%31", "parameter_invalid"),
            ("work=1=2", "parameter_invalid"),
            ("wait=１", "parameter_invalid"),
            ("wait= 1", "parameter_invalid"),
            ("work=1&work=1", "parameter_repeated"),
            ("Work=1", "parameter_unknown"),
            ("work=1&", "parameter_unknown"),
            ("&", "parameter_unknown"),
            ("sleep=1", "parameter_unknown"),
        ];
        for (query, code) in cases {
            assert_eq!(Parameters::parse(Some(query)).unwrap_err().code, code, "{query}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_taken_exactly_when_it_is_within_its_bound(work in 0..400_u16, wait in 0..1000_u16, after in 0..4000_u16) {
            let query = format!("wait={wait}&after={after}&work={work}");
            let fits = work <= 200 && wait <= 500 && after <= 2000;
            let expected = fits.then(|| ms(work.into(), wait.into(), after.into()));
            prop_assert_eq!(Parameters::parse(Some(&query)).ok(), expected);
        }

        #[test]
        fn no_query_panics(query in "\\PC{0,40}|(work|wait|after|x)?[=&]?[0-9e+.-]{0,6}&?(work|wait)?=?[0-9]{0,30}") {
            let _ = Parameters::parse(Some(&query));
        }
    }
}
