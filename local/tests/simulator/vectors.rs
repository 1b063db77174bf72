//! The shared vectors: the rules that run must give what the file says; the browser test holds the page's script to the same file.
//! Knows the model.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::model::{Course, Outcome, Scenario, run};
use crate::{hold, project};

/// A scenario with its name and what must come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    pub name: String,
    pub scenario: Scenario,
    #[serde(default)]
    pub requests: Value,
    #[serde(default)]
    pub environments: Value,
}

const FILE: &str = "local/tests/vectors/placement.json";

pub fn vectors() -> Vec<Vector> {
    serde_json::from_str(&std::fs::read_to_string(project(FILE)).unwrap()).unwrap()
}

#[test]
fn the_rules_give_what_the_vectors_say() {
    let vectors = vectors();
    assert!(vectors.len() >= 15);
    let lines = |values: &Value| {
        let values = values.as_array().unwrap().iter().map(|value| format!("      {value}"));
        values.collect::<Vec<_>>().join(",\n")
    };
    let text = vectors.iter().map(|Vector { name, scenario, .. }| {
        let course = serde_json::to_value(run(scenario)).unwrap();
        format!(
            "  {{\n    \"name\": {},\n    \"scenario\": {},\n    \"requests\": [\n{}\n    ],\n    \"environments\": [\n{}\n    ]\n  }}",
            serde_json::to_string(name).unwrap(),
            serde_json::to_string(scenario).unwrap(),
            lines(&course["requests"]),
            lines(&course["environments"]),
        )
    });
    hold(&project(FILE), &format!("[\n{}\n]\n", text.collect::<Vec<_>>().join(",\n")));
}

/// Scenarios small enough to meet many ties, in numbers whose arithmetic is exact.
pub fn any_scenario() -> impl Strategy<Value = Scenario> {
    let settings = (1_u64..60, 0_u64..80, 0_u64..200);
    let limits = (
        proptest::option::of(0_u32..6),
        proptest::option::of(0_u32..4),
        proptest::option::of((0_u32..9, 0_u32..6)),
    );
    (proptest::collection::vec(0_u64..40, 1..30), settings, limits).prop_map(
        |(mut arrivals, (handler, init, idle), (reserved, provisioned, throttle))| {
            for arrival in &mut arrivals {
                *arrival *= 10;
            }
            arrivals.sort_unstable();
            // A quarter of a second brings a whole number of 64ths of a token.
            let rate = throttle.map(|(rate, _)| f64::from(rate) * 12.5);
            Scenario {
                arrivals,
                handler: handler * 5,
                init: init * 5,
                idle: idle * 5,
                reserved,
                provisioned,
                rate,
                burst: throttle.map(|(_, burst)| f64::from(burst)),
            }
        },
    )
}

proptest! {
    #[test]
    fn whatever_arrives_the_promises_of_lambda_hold(scenario in any_scenario()) {
        let Course { requests, environments } = run(&scenario);
        prop_assert_eq!(requests.len(), scenario.arrivals.len());
        for (outcome, &arrival) in requests.iter().zip(&scenario.arrivals) {
            let &Outcome::Served { start, end, .. } = outcome else { continue };
            prop_assert!(start >= arrival && end == start + scenario.handler);
            // Nobody waits longer than an environment of its own would have taken to start.
            prop_assert!(start <= arrival + scenario.init);
            let beside = requests.iter().zip(&scenario.arrivals).filter(|(other, at)| {
                matches!(other, Outcome::Served { end, .. } if **at <= arrival && *end > arrival)
            });
            if let Some(reserved) = scenario.reserved {
                // Simultaneous arrivals count each other.
                prop_assert!(beside.count() <= reserved as usize);
            }
        }
        for (index, spans) in environments.iter().enumerate() {
            // One thing at a time, without a gap, and frozen never longer than allowed.
            for pair in spans.windows(2) {
                prop_assert_eq!(pair[0].2, Some(pair[1].1));
            }
            let kept = index < scenario.provisioned.unwrap_or(0) as usize;
            for (state, from, to) in spans {
                let long = to.map(|to| to - from);
                if *state == crate::model::State::Freeze && !kept {
                    prop_assert!(long.is_some_and(|long| long <= scenario.idle));
                }
            }
        }
    }
}
