//! Figures about limits: what is refused, what only waits, and what stands behind a function.
//! Knows the model; their captions count with it.

use crate::fragments::{Fragment, IDLE, NONE, choice, every, requests};
use crate::model::{Course, Outcome, Scenario, run};

/// Requests that were refused.
fn refused(course: &Course) -> usize {
    course.requests.iter().filter(|outcome| matches!(outcome, Outcome::Refused { .. })).count()
}

/// Requests that waited for an init.
fn cold(course: &Course) -> usize {
    course.requests.iter().filter(|outcome| matches!(outcome, Outcome::Served { cold: true, .. })).count()
}

/// The longer the work, the more of the same requests are refused: both numbers stand in the caption.
pub fn limit() -> Fragment {
    let arrivals: Vec<u64> = every(40, 30, 0).collect();
    let refused = |handler| {
        let scenario = Scenario {
            arrivals: arrivals.clone(),
            handler,
            init: 200,
            idle: IDLE,
            reserved: Some(10),
            ..Scenario::default()
        };
        refused(&run(&scenario))
    };
    Fragment {
        name: "limit",
        title: "한도 10에 요청 30개",
        blocks: "seat-in-turn seat-at-once",
        unit: "ms",
        slice: 60,
        choices: vec![
            choice("handler", "처리 시간", &[("1초", 1000), ("100ms", 100), ("400ms", 400)]),
            requests(&[
                ("30개를 40ms마다", arrivals.clone()),
                ("30개를 50ms마다", every(50, 30, 0).collect()),
                ("30개를 한꺼번에", every(0, 30, 0).collect()),
            ]),
            choice("reserved", "동시 실행 한도", &[("10", 10), ("20", 20), ("0", 0), ("없음", NONE)]),
            choice("burst", "스로틀", &[("없음", NONE), ("5개까지 몰아서, 초당 10개", 5)]),
        ],
        settings: vec![("init", 200), ("idle", IDLE), ("rate", 10)],
        caption: format!(
            "같은 요청 30개인데 처리에 1초가 걸리면 {}개가, 100ms면 {}개가 거절된다. 동시 실행은 초당 요청 수에 걸리는 시간을 곱한 \
             값이라 느려지면 는다. 한도를 넘은 요청에 Lambda 자신은 429로 답하고, HTTP API를 거친 손님은 503을 본다.",
            refused(1000),
            refused(100),
        ),
    }
}

/// What stands behind a function grows less than it: every environment holds a connection. The caption counts both ways out.
pub fn downstream() -> Fragment {
    let (at_once, queued): (Vec<u64>, Vec<u64>) = (every(0, 40, 0).collect(), every(50, 40, 0).collect());
    let course = |arrivals: &Vec<u64>, handler, reserved| {
        let arrivals = arrivals.clone();
        run(&Scenario { arrivals, handler, init: 200, idle: IDLE, reserved, ..Scenario::default() })
    };
    let connections = |arrivals, handler| course(arrivals, handler, None).environments.len();
    Fragment {
        name: "downstream",
        title: "뒤에 연결 20개짜리 데이터베이스가 있으면",
        blocks: "",
        unit: "ms",
        slice: 75,
        choices: vec![
            requests(&[("40개를 한꺼번에", at_once.clone()), ("큐에서 50ms마다 하나씩", queued.clone())]),
            choice("handler", "처리 시간", &[("400ms", 400), ("1.2초", 1200)]),
            choice("reserved", "예약된 동시성", &[("없음", NONE), ("20", 20)]),
        ],
        settings: vec![("init", 200), ("idle", IDLE)],
        caption: format!(
            "줄 하나가 환경이고, 환경마다 연결을 하나 쥔다. 40개가 한꺼번에 오면 연결이 {}개 필요해서 20개가 모자란다. 20으로 \
             예약하면 데이터베이스는 살지만 손님 {}명이 503을 본다. 같은 40개를 큐에서 50ms마다 하나씩 꺼내면 연결 {}개로 모두 \
             처리한다. 처리가 1.2초로 느려지면 큐를 두어도 {}개가 필요하다.",
            connections(&at_once, 400),
            refused(&course(&at_once, 400, Some(20))),
            connections(&queued, 400),
            connections(&queued, 1200),
        ),
    }
}

/// Reserved and provisioned concurrency on the same requests: the one refuses, the other only prepares.
pub fn settings() -> Fragment {
    let arrivals: Vec<u64> = every(0, 8, 0).chain(every(0, 8, 2000)).collect();
    let seen = |reserved, provisioned| {
        let arrivals = arrivals.clone();
        let scenario = Scenario {
            arrivals,
            handler: 400,
            init: 300,
            idle: IDLE,
            reserved,
            provisioned,
            ..Scenario::default()
        };
        let course = run(&scenario);
        format!("콜드 스타트 {}번, 거절 {}번", cold(&course), refused(&course))
    };
    Fragment {
        name: "settings",
        title: "예약과 프로비저닝을 나란히",
        blocks: "four-free four-provisioned",
        unit: "ms",
        slice: 60,
        choices: vec![
            requests(&[("8개씩 두 번", arrivals.clone())]),
            choice("reserved", "예약된 동시성", &[("없음", NONE), ("4", 4)]),
            choice("provisioned", "프로비저닝된 동시성", &[("없음", 0), ("4", 4)]),
        ],
        settings: vec![("handler", 400), ("init", 300), ("idle", IDLE)],
        caption: format!(
            "여덟 명이 두 번 온다. 둘 다 없으면 {}. 4를 예약하면 {}. 4를 프로비저닝하면 {}. 둘 다 4면 {}이다. 예약은 \
             거절하고, 프로비저닝은 준비만 한다.",
            seen(None, None),
            seen(Some(4), None),
            seen(None, Some(4)),
            seen(Some(4), Some(4)),
        ),
    }
}
