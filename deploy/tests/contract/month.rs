//! The dearest month: the bound of the public set, and the model's laws.

use deploy::check::MOST_USD;
use deploy::contract::Deployment;
use deploy::cost::{
    BOUNDS, Bounds, Call, Demo, Month, Operation, Parts, Payment, Prices, Request, Source, buckets,
    worst_month,
};
use proptest::prelude::*;

use crate::{read, root, set};

fn month(name: &str, change: impl Fn(String) -> String) -> Month {
    let overrides = set(name).into_iter().map(|(key, value)| {
        let changed = if key.ends_with("Rate") { change(value.clone()) } else { value };
        (key, changed)
    });
    let deployment =
        Deployment::of(&read("template.yaml"), &read("deploy/guard.yaml"), &overrides.collect(), name)
            .unwrap();
    worst_month(&deployment.system, &deployment.guard, &prices(), &BOUNDS).unwrap()
}

fn prices() -> Prices {
    Prices::load(root()).unwrap()
}

#[test]
fn the_dearest_month_of_the_public_set_is_within_its_bound() {
    let total = month("public", |rate| rate).total();
    assert!(total <= MOST_USD, "{total:.2} USD");
    // A bound far away would hold whatever the numbers are.
    assert!(total > MOST_USD * 0.9, "{total:.2} USD: readers could be let in faster");
}

/// The chapter on cost includes this file: the report's table in Markdown.
#[test]
fn the_book_shows_the_month_as_it_is() {
    let month = month("public", |rate| rate);
    let money = |usd: f64| format!("{usd:.2}");
    let row = |name: String, routes: String, parts: &Parts| {
        let cells: Vec<_> = [name, routes].into_iter().chain(parts.each().map(money)).collect();
        format!("| {} | **{:.2}** |\n", cells.join(" | "), parts.total())
    };
    let mut shown =
        "| 라우트 묶음 | 라우트 | API Gateway | CloudFront | Lambda | DynamoDB | SQS | 로그 | 합 |\n"
            .to_owned();
    shown += "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    for line in &month.lines {
        shown += &row(format!("`{}`", line.class), line.routes.to_string(), &line.parts);
    }
    shown += &row("라우트 모두".to_owned(), String::new(), &month.parts());
    let standing: f64 = month.standing.iter().map(|(_, usd)| usd).sum();
    shown += &format!("| 부르지 않아도 드는 것 | | | | | | | | **{standing:.2}** |\n");
    shown += &format!("| **가장 비싼 달** | | | | | | | | **{:.2}** |\n", month.total());

    let file = root().join("book/src/data/worst-month.md");
    if std::env::var_os("DEPLOY_BLESS").is_some() {
        std::fs::write(&file, &shown).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), shown, "DEPLOY_BLESS=1 writes the file anew");
    // The chapter says so below the table.
    let parts = month.parts();
    assert!(parts.each().into_iter().all(|part| part <= parts.lambda), "{parts:?}");
}

#[test]
fn the_template_s_defaults_are_the_public_set() {
    let buckets = |overrides| {
        let (system, guard) = (read("template.yaml"), read("deploy/guard.yaml"));
        buckets(&Deployment::of(&system, &guard, &overrides, "public").unwrap().system, &BOUNDS).unwrap()
    };
    assert_eq!(buckets(set("public")), buckets(Default::default()));
}

#[test]
fn with_every_rate_doubled_it_is_not() {
    let doubled = |rate: String| (rate.parse::<f64>().unwrap() * 2.0).to_string();
    assert!(month("public", doubled).total() > MOST_USD);
}

#[test]
fn every_route_is_counted_once_and_the_sum_is_the_sum_of_its_parts() {
    let month = month("public", |rate| rate);
    let routes: usize = month.lines.iter().map(|line| line.routes).sum();
    assert_eq!(routes, read("template.yaml").matches("Type: AWS::ApiGatewayV2::Route\n").count());
    let lines: f64 = month.lines.iter().map(|line| line.parts.total()).sum();
    let services: f64 = month.parts().each().iter().sum();
    let standing: f64 = month.standing.iter().map(|(_, usd)| usd).sum();
    assert!((lines - services).abs() < 1e-9 && (month.total() - services - standing).abs() < 1e-9);
}

#[test]
fn what_costs_while_idle_and_open_sign_up_are_counted() {
    let standing = |month: &Month, name: &str| {
        month.standing.iter().find(|(known, _)| known.starts_with(name)).map(|(_, usd)| *usd).unwrap()
    };
    let (public, lab) = (month("public", |rate| rate), month("lab", |rate| rate));
    assert_eq!((standing(&public, "준비"), standing(&public, "가입")), (0.0, 0.0));
    assert!(standing(&lab, "준비") > 1.0);
    let mut open = set("public");
    open.insert("SignUp".to_owned(), "open".to_owned());
    let open = Deployment::of(&read("template.yaml"), &read("deploy/guard.yaml"), &open, "public").unwrap();
    let open = worst_month(&open.system, &open.guard, &prices(), &BOUNDS).unwrap();
    assert!(standing(&open, "가입") > 1.0);
}

#[test]
fn a_function_the_model_does_not_know_is_an_error_with_its_place() {
    let text = read("template.yaml").replacen("target/lambda/users.zip", "target/lambda/unknown.zip", 1);
    let deployment = Deployment::of(&text, &read("deploy/guard.yaml"), &set("public"), "public").unwrap();
    let error =
        worst_month(&deployment.system, &deployment.guard, &prices(), &BOUNDS).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 10, "{error}");
    assert!(error.starts_with("template.yaml:") && error.contains("UsersFunction"), "{error}");
}

fn demo() -> impl Strategy<Value = Demo> {
    use Operation::{Create, Delete, List, Read, Replace};
    let users = [List, Read, Create, Replace, Delete].map(Demo::Users);
    let events =
        [Source::List, Source::Keep, Source::Queue { receives: 5 }, Source::Schedule].map(Demo::Events);
    let payments = [Payment::Look, Payment::Pay, Payment::BeginAnew].map(Demo::Payments);
    let others = vec![Demo::Plain, Demo::Heavy, Demo::Lazy, Demo::Mistakes];
    proptest::sample::select([others, users.to_vec(), events.to_vec(), payments.to_vec()].concat())
}

fn total(request: &Request) -> f64 {
    request.price(&prices(), &BOUNDS, true).total()
}

proptest! {
    #[test]
    fn no_part_is_ever_negative_and_arm_is_never_dearer(demo in demo(), memory in 128.0..10_240.0, timeout in 1.0..900_000.0) {
        let call = Call { demo, memory_mb: memory, timeout_ms: timeout, arm: true, access_log_bytes: 400.0 };
        let request = call.dearest(&BOUNDS);
        let parts = request.price(&prices(), &BOUNDS, true);
        prop_assert!(parts.each().iter().all(|usd| *usd >= 0.0 && usd.is_finite()));
        prop_assert!((parts.each().iter().sum::<f64>() - parts.total()).abs() < 1e-15);
        prop_assert!(parts.total() <= request.price(&prices(), &BOUNDS, false).total());
    }

    #[test]
    fn more_of_anything_never_costs_less(demo in demo(), field in 0..10_usize, more in 0.0..1e6) {
        let call = Call { demo, memory_mb: 512.0, timeout_ms: 10_000.0, arm: true, access_log_bytes: 400.0 };
        let less = call.dearest(&BOUNDS);
        let mut dearer = less;
        let fields: [&mut f64; 10] = [
            &mut dearer.request_bytes, &mut dearer.origin_bytes, &mut dearer.answer_bytes, &mut dearer.billed_ms,
            &mut dearer.memory_mb, &mut dearer.reads, &mut dearer.writes, &mut dearer.log_bytes,
            &mut dearer.invocations, &mut dearer.messages,
        ];
        *fields.into_iter().nth(field).unwrap() += more;
        prop_assert!(total(&dearer) >= total(&less));
    }

    #[test]
    fn wider_bounds_never_make_a_request_cheaper(demo in demo(), factor in 1.0..10.0) {
        let wider = Bounds {
            work_ms: BOUNDS.work_ms * factor, wait_ms: BOUNDS.wait_ms * factor, prepare_ms: BOUNDS.prepare_ms * factor,
            init_ms: BOUNDS.init_ms * factor, table_call_ms: BOUNDS.table_call_ms * factor, users: BOUNDS.users * factor,
            events: BOUNDS.events * factor, event_units: BOUNDS.event_units * factor,
            event_bytes: BOUNDS.event_bytes * factor, account_units: BOUNDS.account_units * factor,
            account_bytes: BOUNDS.account_bytes * factor, payment_body_bytes: BOUNDS.payment_body_bytes * factor, user_bytes: BOUNDS.user_bytes * factor, body_bytes: BOUNDS.body_bytes * factor, mistake_ms: BOUNDS.mistake_ms * factor,
            mistake_reads: BOUNDS.mistake_reads * factor, mistake_writes: BOUNDS.mistake_writes * factor, ..BOUNDS
        };
        let call = Call { demo, memory_mb: 512.0, timeout_ms: 20_000.0, arm: true, access_log_bytes: 400.0 };
        prop_assert!(total(&call.dearest(&wider)) >= total(&call.dearest(&BOUNDS)));
    }
}
