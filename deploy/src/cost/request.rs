//! The dearest request a route can be asked, and its price.
//! Knows what a demo does and what each thing costs; knows no template.

use super::bounds::Bounds;
use super::parts::Parts;
use super::prices::Prices;
use super::work::Demo;

/// A function as a caller finds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Call {
    /// What it does.
    pub demo: Demo,
    /// `MemorySize`, MB.
    pub memory_mb: f64,
    /// `Timeout`, ms.
    pub timeout_ms: f64,
    /// Whether it runs on arm64.
    pub arm: bool,
    /// Length of its line in the access log, bytes.
    pub access_log_bytes: f64,
}

/// What one request uses. Every field is at least 0, and the price grows with each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    /// Head and body, bytes.
    pub request_bytes: f64,
    /// Bytes CloudFront sends on to the API: bodies and heads of writes; those of reads are free.
    pub origin_bytes: f64,
    /// Head and body of the answer, bytes.
    pub answer_bytes: f64,
    /// How often the function is called for it.
    pub invocations: f64,
    /// Billed by Lambda for each: init and handler, ms.
    pub billed_ms: f64,
    /// MB.
    pub memory_mb: f64,
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
    /// Requests to SQS.
    pub messages: f64,
    /// Taken in by CloudWatch, bytes.
    pub log_bytes: f64,
}

/// Bytes in what CloudFront and CloudWatch call a GB; the smaller GB is the dearer one.
pub(super) const GB: f64 = 1e9;

impl Call {
    /// The dearest request: cold, with every number at its bound.
    pub fn dearest(&self, bounds: &Bounds) -> Request {
        let share = (self.memory_mb / bounds.full_cpu_mb).min(1.0);
        let work = self.demo.work(bounds);
        let handler = work.busy_ms / share + work.waiting_ms;
        let of_function = bounds.platform_log_bytes + bounds.function_log_bytes + bounds.log_event_bytes;
        Request {
            request_bytes: bounds.request_head_bytes + work.body_bytes,
            origin_bytes: if work.is_sent_on { bounds.request_head_bytes + work.body_bytes } else { 0.0 },
            answer_bytes: bounds.answer_head_bytes + work.answer_bytes,
            invocations: work.invocations,
            // Init runs at full speed whatever the memory.
            billed_ms: work.init_ms + handler.min(self.timeout_ms),
            memory_mb: self.memory_mb,
            reads: work.reads,
            writes: work.writes,
            messages: work.messages,
            log_bytes: work.invocations * of_function + self.access_log_bytes,
        }
    }
}

impl Request {
    /// What it costs.
    pub fn price(&self, prices: &Prices, bounds: &Bounds, arm: bool) -> Parts {
        let pieces = |bytes: f64| (bytes / bounds.gateway_piece_bytes).ceil().max(1.0);
        let gb_second = if arm { prices.lambda.gb_second_arm } else { prices.lambda.gb_second_x86 };
        // Lambda bills whole milliseconds, and counts 1,024 MB to the GB.
        let gb_seconds = self.billed_ms.ceil() / 1_000.0 * self.memory_mb / 1_024.0;
        Parts {
            gateway: prices.api.http * pieces(self.request_bytes + self.answer_bytes),
            cdn: prices.cloudfront.request
                + prices.cloudfront.gb * self.answer_bytes / GB
                + prices.cloudfront.origin_gb * self.origin_bytes / GB,
            lambda: self.invocations * (prices.lambda.request + gb_second * gb_seconds),
            table: prices.ddb.read * self.reads + prices.ddb.write * self.writes,
            queue: prices.sqs.request * self.messages,
            logs: prices.logs.gb * self.log_bytes / GB,
        }
    }
}
