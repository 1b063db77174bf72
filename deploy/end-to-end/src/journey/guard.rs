//! The kill switch of `deploy/guard.yaml`: its way through the states, and what its calls do.
//! Knows Step Functions through the CLI. The emulator runs the states but cannot make their calls, so the way is gone with
//! written answers (`answers.json`), and the calls are made by the CLI, with the parameters of the deployed state machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::{Deployed, eventually};
use crate::aws::Aws;
use crate::stack::{Deploy, Order, Stack};

const NAME: &str = "serverless-book-guard";
/// A way through the states without a retry takes less than a second.
const PATIENCE: Duration = Duration::from_secs(60);
const ROUTE: &str = "/api/cold-start/plain-128";

/// Deploys the guard and turns its switch off and on.
pub fn drill(deployed: &Deployed, deploy: &Deploy<'_>) -> Result<String> {
    let (aws, stack) = (&deployed.aws, &deployed.stack);
    let mut parameters = BTreeMap::from([("Mail".to_owned(), "maintainer@example.com".to_owned())]);
    for output in ["ApiId", "Functions", "TableName"] {
        parameters.insert(output.to_owned(), stack.output(output)?.to_owned());
    }
    let order = Order { name: NAME, template: "deploy/guard.yaml", parameters };
    let guard = deploy.stack(aws, &order)?;
    let (off, on) = (Machine::read(aws, &guard, "KillSwitch")?, Machine::read(aws, &guard, "SwitchOn")?);
    let functions: Vec<_> = stack.output("Functions")?.split(',').collect();

    let mut seen = vec![ways(&off, &on, functions.len(), &guard.physical(aws, "StageBefore")?)?];
    seen.push(calls(deployed, deploy.folder, &off, &on, &functions)?);
    guard.delete(aws)?;
    Ok(seen.join("\n"))
}

/// A deployed state machine.
struct Machine<'a> {
    aws: &'a Aws,
    arn: String,
    states: Value,
}

impl Machine<'_> {
    fn read<'a>(aws: &'a Aws, guard: &Stack, output: &str) -> Result<Machine<'a>> {
        let arn = guard.output(output)?.to_owned();
        let answer = aws.json(&["stepfunctions", "describe-state-machine", "--state-machine-arn", &arn])?;
        let definition: Value = serde_json::from_str(answer["definition"].as_str().context("definition")?)?;
        Ok(Machine { aws, arn, states: definition["States"].clone() })
    }

    /// Runs it, with the written answers of `case` if one is given, to its end.
    fn run(&self, case: &str) -> Result<Execution> {
        let arn = if case.is_empty() { self.arn.clone() } else { format!("{}#{case}", self.arn) };
        let started = self.aws.json(&["stepfunctions", "start-execution", "--state-machine-arn", &arn])?;
        let execution = started["executionArn"].as_str().context("executionArn")?;
        let end = eventually(PATIENCE, || {
            let now =
                self.aws.json(&["stepfunctions", "describe-execution", "--execution-arn", execution])?;
            Ok((now["status"] != "RUNNING").then_some(now))
        })?;
        let end = end.context("상태 머신이 끝나지 않는다")?;
        let ask =
            ["stepfunctions", "get-execution-history", "--execution-arn", execution, "--max-items", "1000"];
        let history = self.aws.json(&ask)?;
        let events = || history["events"].as_array().into_iter().flatten();
        let entered = events().filter_map(|event| event["stateEnteredEventDetails"]["name"].as_str());
        let failed = events().filter_map(|event| event["taskFailedEventDetails"]["resource"].as_str());
        let missed = failed.filter(|resource| resource.contains(":lambda:")).count();
        Ok(Execution { end, entered: entered.map(str::to_owned).collect(), missed })
    }

    /// What a state tells the service, as the CLI takes it.
    fn parameters(&self, state: &str) -> Result<&Value> {
        let parameters = &self.states[state]["Parameters"];
        ensure!(parameters.is_object(), "상태 {state}에 Parameters가 없다");
        Ok(parameters)
    }
}

struct Execution {
    end: Value,
    /// The states outside of a `Map`, in order.
    entered: Vec<String>,
    /// Calls of Lambda that failed.
    missed: usize,
}

impl Execution {
    /// Whether it came through these states in this order, whatever stands between them.
    fn went(&self, way: &str, functions: usize) -> Result<()> {
        let mut entered = self.entered.iter();
        let in_order = way.split(' ').all(|state| entered.any(|name| name == state));
        ensure!(in_order, "{way}: {:?}, {}", self.entered, self.end);
        ensure!(self.missed == functions, "함수 {functions}개 가운데 {}개를 시도했다", self.missed);
        ensure!(self.end["error"] == "NotEverythingReached", "{}", self.end);
        Ok(())
    }
}

/// The ways through the states. No written answer reaches into a `Map`, so no function is ever stopped here, and every way
/// ends where that is said: all of them tried, `NotEverythingReached`.
fn ways(off: &Machine<'_>, on: &Machine<'_>, functions: usize, before: &str) -> Result<String> {
    let open = "ReadStage IsOpen RememberStage CloseStage StageIsClosed StopFunctions Look IsAllDone NotAll";
    off.run("Answered")?.went(open, functions).context("열린 스테이지를 닫는다")?;
    let kept = off.aws.json(&["ssm", "get-parameter", "--name", before])?;
    let kept: Value = serde_json::from_str(kept["Parameter"]["Value"].as_str().context("StageBefore")?)?;
    ensure!(kept["RouteSettings"]["GET /api/users"]["ThrottlingRateLimit"] == 3, "기억한 것: {kept}");
    let deaf = "ReadStage CloseStage StageStaysOpen StopFunctions Look IsAllDone NotAll";
    off.run("")?.went(deaf, functions).context("스테이지가 답하지 않는다")?;
    let back = "RecallStage OpenStage ListFunctions StartFunctions Look IsAllDone NotAll";
    on.run("Answered")?.went(back, functions).context("되돌린다")?;
    Ok(format!(
        "상태 머신: 스테이지를 기억하고 닫는다; 닫지 못해도 함수 {functions}개를 다 시도하고, 다 되지 않았다고 말한다"
    ))
}

/// What the calls do to the stage, the functions and a reader.
fn calls(
    deployed: &Deployed,
    folder: &Path,
    off: &Machine<'_>,
    on: &Machine<'_>,
    functions: &[&str],
) -> Result<String> {
    let (aws, api) = (&deployed.aws, deployed.stack.output("ApiId")?);
    let look = || aws.json(&["apigatewayv2", "get-stage", "--api-id", api, "--stage-name", "$default"]);
    let before = look()?;
    deployed.viewer.get(ROUTE, &[])?.status(200)?;
    let mut refused = BTreeSet::new();
    for _ in 0..2 {
        update_stage(aws, folder, off.parameters("CloseStage")?)?;
        for function in functions {
            let put = ["lambda", "put-function-concurrency", "--function-name", function];
            aws.json(&[&put[..], &["--reserved-concurrent-executions", "0"]].concat())?;
        }
        is_closed(aws, api, &look()?)?;
        let answer = deployed.viewer.get(ROUTE, &[])?;
        ensure!([429, 503].contains(&answer.status), "꺼진 데모가 {}로 답한다", answer.status);
        refused.insert(answer.status);
    }
    let mut open = on.parameters("OpenStage")?.clone();
    let fields = open.as_object_mut().context("OpenStage")?;
    fields.retain(|name, _| !name.ends_with(".$"));
    for name in ["DefaultRouteSettings", "RouteSettings"] {
        fields.insert(name.to_owned(), before[name].clone());
    }
    update_stage(aws, folder, &open)?;
    for function in functions {
        aws.json(&["lambda", "delete-function-concurrency", "--function-name", function])?;
    }
    let after = look()?;
    for name in ["DefaultRouteSettings", "RouteSettings"] {
        ensure!(after[name] == before[name], "{name}: 되돌린 뒤 {} (전에는 {})", after[name], before[name]);
    }
    deployed.viewer.get(ROUTE, &[])?.status(200)?;
    let routes = before["RouteSettings"].as_object().map_or(0, serde_json::Map::len);
    Ok(format!(
        "호출: 경로 {routes}개와 기본값이 모두 0, 독자는 {refused:?}; 되돌리면 200이고 스테이지는 전과 같다"
    ))
}

fn update_stage(aws: &Aws, folder: &Path, parameters: &Value) -> Result<()> {
    let file = folder.join("stage.json");
    fs::write(&file, parameters.to_string())?;
    aws.json(&["apigatewayv2", "update-stage", "--cli-input-json", &format!("file://{}", file.display())])?;
    Ok(())
}

/// Every route of the API lets nothing through: those the switch forgot would keep their own bucket.
fn is_closed(aws: &Aws, api: &str, stage: &Value) -> Result<()> {
    let zero = |settings: &Value| {
        ["ThrottlingRateLimit", "ThrottlingBurstLimit"]
            .iter()
            .all(|name| settings[*name].as_f64() == Some(0.0))
    };
    if !zero(&stage["DefaultRouteSettings"]) {
        bail!("기본값이 열려 있다: {}", stage["DefaultRouteSettings"]);
    }
    let routes = aws.json(&["apigatewayv2", "get-routes", "--api-id", api])?;
    let keys: Vec<_> = routes["Items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|route| route["RouteKey"].as_str())
        .collect();
    ensure!(!keys.is_empty(), "경로가 없다: {}", json!(routes));
    let open: Vec<_> = keys.into_iter().filter(|key| !zero(&stage["RouteSettings"][*key])).collect();
    ensure!(open.is_empty(), "열려 있는 경로: {open:?}");
    Ok(())
}
