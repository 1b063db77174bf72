//! How dear one request can be: what the functions and the gateway refuse to exceed, and what was measured.
//! Knows numbers only. A test compares the functions' own constants, the recordings and the log lines with these.

/// The bounds of every request. Times in ms, sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// `work` of demos/cold-start: CPU time a call may use.
    pub work_ms: f64,
    /// `wait` of demos/cold-start.
    pub wait_ms: f64,
    /// CPU time of the word index (`PREPARE`); the dearest in the book's recordings took 536 ms, on a slow 2.1 GHz core.
    pub prepare_ms: f64,
    /// Init of a cold start without preparation. Twice what a bare Rust function took on Lambda
    /// (book/src/data/lambda-perf.toml, 18 ms), for `users` also makes its TLS ready.
    pub init_ms: f64,
    /// What a handler does beside all this.
    pub handler_ms: f64,
    /// One call of DynamoDB. AWS says single-digit milliseconds; a batch of twenty and a first handshake take longer.
    pub table_call_ms: f64,
    /// After this `users` answers 503 (demos/users, `DEADLINE`): how long a table in trouble can make a call.
    pub deadline_ms: f64,
    /// Ids a visitor has: keys of a list, and tries of a creation that others keep overtaking.
    pub users: f64,
    /// Read units of one item of `users`, read consistently: items are at most 1 KB, a unit is 4 KB.
    pub read_units: f64,
    /// Write units of one item of `users`; a write whose condition fails costs the same.
    pub write_units: f64,
    /// The longest body `users` looks at.
    pub body_bytes: f64,
    /// Request line and headers (API Gateway: "Total combined size of request line and header values", 10,240 bytes).
    pub request_head_bytes: f64,
    /// An answer's status line and headers.
    pub answer_head_bytes: f64,
    /// One user in an answer, with `?raw=true`: the item of at most 1 KB twice, and the names around it.
    pub user_bytes: f64,
    /// Events a list of demos/events shows: a reader's and the schedule's.
    pub events: f64,
    /// Write units of one: items are at most 4 KB.
    pub event_units: f64,
    /// The longest body demos/events looks at, and the largest message its queue takes.
    pub event_body_bytes: f64,
    /// One event in an answer.
    pub event_bytes: f64,
    /// Write units of an account of demos/payments: items are at most 2 KB.
    pub account_units: f64,
    /// An account in an answer: ten payments of at most 200 bytes as JSON, each with its key and its order.
    pub account_bytes: f64,
    /// The longest body demos/payments looks at.
    pub payment_body_bytes: f64,
    /// What demos/mistakes waits for where it waits; its time limit is over long before.
    pub mistake_ms: f64,
    /// Read units of its dearest mistake.
    pub mistake_reads: f64,
    /// Write units of its dearest mistake.
    pub mistake_writes: f64,
    /// An answer of demos/cold-start: twenty background ticks and the index's report.
    pub timing_bytes: f64,
    /// What Lambda writes about a call that started cold, in its JSON form: initStart, start, report.
    pub platform_log_bytes: f64,
    /// The line of our own.
    pub function_log_bytes: f64,
    /// What CloudWatch adds to every event ("CloudWatch Logs quotas": 26 bytes), five events a call.
    pub log_event_bytes: f64,
    /// The value of one `$context` variable in the access log; the longest are a route and an id of 36 characters.
    pub access_value_bytes: f64,
    /// What API Gateway counts as one request.
    pub gateway_piece_bytes: f64,
    /// The largest body API Gateway passes on.
    pub gateway_body_bytes: f64,
    /// Memory at which a function has one whole CPU, in MB.
    pub full_cpu_mb: f64,
    /// Sign-ups a second Cognito lets through while they are open (its default quota, "UserCreation").
    pub sign_ups_per_second: f64,
    /// Hours until DynamoDB has deleted an expired item ("within a few days").
    pub ttl_hours: f64,
}

/// The bounds as they are.
pub const BOUNDS: Bounds = Bounds {
    work_ms: 200.0,
    wait_ms: 500.0,
    prepare_ms: 600.0,
    init_ms: 40.0,
    handler_ms: 50.0,
    table_call_ms: 20.0,
    deadline_ms: 8_000.0,
    users: 20.0,
    read_units: 1.0,
    write_units: 1.0,
    body_bytes: 4_096.0,
    request_head_bytes: 10_240.0,
    answer_head_bytes: 1_024.0,
    user_bytes: 2_400.0,
    events: 12.0,
    event_units: 4.0,
    event_body_bytes: 1_024.0,
    event_bytes: 4_096.0,
    account_units: 2.0,
    account_bytes: 2_048.0,
    payment_body_bytes: 1_024.0,
    mistake_ms: 60_000.0,
    mistake_reads: 1.0,
    mistake_writes: 2.0,
    timing_bytes: 2_048.0,
    platform_log_bytes: 1_100.0,
    function_log_bytes: 512.0,
    log_event_bytes: 5.0 * 26.0,
    access_value_bytes: 36.0,
    gateway_piece_bytes: 512.0 * 1_024.0,
    gateway_body_bytes: 10.0 * 1_024.0 * 1_024.0,
    full_cpu_mb: 1_769.0,
    sign_ups_per_second: 50.0,
    ttl_hours: 96.0,
};
