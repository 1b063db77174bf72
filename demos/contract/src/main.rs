//! The suite as a program: `contract --base URL`, one line for each check, exit status 1 if one failed.
//! Parses, calls and prints.

#![allow(clippy::print_stdout)]

use clap::Parser;
use contract::Suite;
use std::{process::ExitCode, time::Duration};

/// 배포된 데모가 약속한 대로 답하는지 HTTP로 확인한다 (checks a deployment of the demos against their HTTP contract).
#[derive(Parser)]
struct Arguments {
    /// 배포의 주소, /api 앞까지 (address of the deployment, up to but not including /api)
    #[arg(long, value_name = "URL")]
    base: String,
    /// 요청 사이에 쉬는 밀리초. 스로틀이 빡빡한 배포에 쓴다 (pause between requests, for tightly throttled deployments)
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pause: u64,
    /// VISITOR_BURST의 값. 주면 독자별 스로틀(429)도 확인한다 (also check the throttle of one visitor)
    #[arg(long, value_name = "N")]
    visitor_burst: Option<u32>,
    /// 로그인한 독자의 액세스 토큰. 주면 /api/me도 확인한다 (access token of a signed-in reader: also check /api/me)
    #[arg(long, value_name = "TOKEN", env = "CONTRACT_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// 이름에 이 글자가 든 확인만 한다 (only checks whose name contains this)
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let suite = Suite::new(&arguments.base)
        .pause(Duration::from_millis(arguments.pause))
        .visitor_burst(arguments.visitor_burst)
        .token(arguments.token)
        .only(&arguments.only);
    let report = suite.run(|outcome| println!("{outcome}"));
    println!("{report}");
    if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
