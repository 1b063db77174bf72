//! The contract's and the cost model's constants beside those of the functions' code and the book's recordings.

use deploy::contract::{KEY, TTL};
use deploy::cost::BOUNDS;

use crate::{read, root};

#[test]
fn the_table_s_key_is_the_one_the_code_writes() {
    assert_eq!(KEY, (users::KEY_ATTRIBUTE, users::KEY_TYPE));
    assert_eq!(TTL, users::TTL_ATTRIBUTE);
}

#[test]
fn the_functions_refuse_what_the_cost_model_does_not_count() {
    let bound = |name: &str| {
        let (_, most) = cold_start::BOUNDS.iter().find(|(known, _)| *known == name).unwrap();
        f64::from(*most)
    };
    assert_eq!((BOUNDS.work_ms, BOUNDS.wait_ms), (bound("work"), bound("wait")));
    assert_eq!(BOUNDS.users, f64::from(users::MOST_USERS));
    let float = |count: usize| f64::from(u32::try_from(count).unwrap());
    assert_eq!(BOUNDS.body_bytes, float(users::LONGEST_BODY));
    assert_eq!(BOUNDS.events, float(events::LISTED));
    assert_eq!(BOUNDS.event_units * 1_024.0, float(events::LONGEST_ITEM));
    assert_eq!(BOUNDS.event_body_bytes, float(events::LONGEST_BODY));
    assert_eq!(BOUNDS.account_units * 1_024.0, float(payments::LONGEST_ITEM));
    assert_eq!(BOUNDS.payment_body_bytes, float(payments::LONGEST_BODY));
    // {"amount":10000,"key":"…","order":"…","paidAt":"2026-11-22T00:00:00.012Z"}, and what is around all of them.
    assert!(
        BOUNDS.account_bytes >= f64::from(payments::MOST_PAYMENTS) * (14.0 + 72.0 + 50.0 + 36.0 + 6.0) + 40.0
    );
    assert_eq!(BOUNDS.mistake_ms, mistakes::TOO_LONG.as_secs_f64() * 1_000.0);
    assert_eq!(BOUNDS.mistake_reads, f64::from(mistakes::MOST_READS));
    assert_eq!(BOUNDS.mistake_writes, f64::from(mistakes::MOST_WRITES));
    assert_eq!(BOUNDS.write_units * 1_024.0, float(mistakes::LONGEST_ITEM));
}

/// Numbers after `"name":` in a recording.
fn numbers(text: &str, name: &str) -> Vec<f64> {
    let key = format!("\"{name}\":");
    let rest = text.split(key.as_str()).skip(1);
    rest.filter_map(|rest| {
        let end = rest.find([',', '}', '\n'])?;
        rest[..end].trim().parse().ok()
    })
    .collect()
}

#[test]
fn no_recording_prepared_for_longer_than_the_cost_model_says() {
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("book/src/recordings")).unwrap() {
        let path = entry.unwrap().path();
        for ms in numbers(&std::fs::read_to_string(&path).unwrap(), "buildCpuMs") {
            seen += 1;
            assert!(ms <= BOUNDS.prepare_ms, "{}: {ms} ms", path.display());
        }
    }
    assert!(seen > 3, "the recordings no longer say how long the index took");
}

#[test]
fn an_init_counts_twice_what_was_measured_on_lambda() {
    let data: toml::Table = toml::from_str(&read("book/src/data/lambda-perf.toml")).unwrap();
    let rust =
        data["row"].as_array().unwrap().iter().find(|row| row["text"].as_str().unwrap().starts_with("Rust"));
    let init = rust.unwrap()["init_128"].as_integer().unwrap();
    assert!(BOUNDS.init_ms >= 2.0 * f64::from(u32::try_from(init).unwrap()), "{init}");
}

/// Lambda's JSON lines about one cold call, with every value as long as it gets ("Lambda telemetry API: Event schema").
const PLATFORM_LINES: [&str; 3] = [
    r#"{"time":"2026-11-23T03:10:09.123Z","type":"platform.initStart","record":{"initializationType":"on-demand","phase":"init","runtimeVersion":"provided:al2023.v100","runtimeVersionArn":"arn:aws:lambda:ap-northeast-2::runtime:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","functionName":"serverless-book-ProvisionedFunction-0123456789AB","functionVersion":"$LATEST","instanceId":"i-0123456789abcdef0","instanceMaxMemory":1769}}"#,
    r#"{"time":"2026-11-23T03:10:09.123Z","type":"platform.start","record":{"requestId":"01234567-89ab-4def-8123-456789abcdef","version":"$LATEST"}}"#,
    r#"{"time":"2026-11-23T03:10:09.123Z","type":"platform.report","record":{"requestId":"01234567-89ab-4def-8123-456789abcdef","metrics":{"durationMs":20000.123,"billedDurationMs":20041,"memorySizeMB":1769,"maxMemoryUsedMB":1769,"initDurationMs":40.123},"tracing":{"spanId":"0123456789abcdef","type":"X-Amzn-Trace-Id","value":"Root=1-01234567-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0;Lineage=1:01234567:0"},"status":"success"}}"#,
];

/// A line of `environment` with every field it can have.
const FUNCTION_LINE: &str = r#"{"timestamp":"2026-11-23T03:10:09.123456Z","level":"INFO","message":"answered","requestId":"01234567-89ab-4def-8123-456789abcdef","route":"GET /api/cold-start/provisioned","status":400,"code":"parameter_too_large","visitor":"01234567","environment":"0123456789abcdef0123456789abcdef","invocation":123456,"cold":true,"initMs":326.905,"handlerMs":4360.274,"dbMs":1234.567,"capacityUnits":40.0,"target":"environment::layer"}"#;

#[test]
fn log_lines_fit_what_the_cost_model_counts() {
    let platform: usize = PLATFORM_LINES.iter().map(|line| line.len()).sum();
    assert!(f64::from(u32::try_from(platform).unwrap()) <= BOUNDS.platform_log_bytes, "{platform}");
    let own = FUNCTION_LINE.len();
    assert!(f64::from(u32::try_from(own).unwrap()) <= BOUNDS.function_log_bytes, "{own}");
}
