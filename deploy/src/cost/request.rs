//! The dearest request a route can be asked, and its price.
//! Knows what the functions do within the bounds; knows no template.

use super::bounds::Bounds;
use super::parts::Parts;
use super::prices::Prices;

/// What a demo does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demo {
    /// demos/cold-start without preparation.
    Plain,
    /// The index in init.
    Heavy,
    /// The index in the first call.
    Lazy,
    /// demos/users.
    Users(Operation),
}

/// What a call of demos/users asks of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// All twenty ids in one read.
    List,
    /// One id.
    Read,
    /// All ids, then a conditional write for each until one is free.
    Create,
    /// One conditional write, with a body.
    Replace,
    /// One conditional write.
    Delete,
}

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
    /// Billed by Lambda: init and handler, ms.
    pub billed_ms: f64,
    /// MB.
    pub memory_mb: f64,
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
    /// Taken in by CloudWatch, bytes.
    pub log_bytes: f64,
}

/// Bytes in what CloudFront and CloudWatch call a GB; the smaller GB is the dearer one.
pub(super) const GB: f64 = 1e9;

impl Call {
    /// The dearest request: cold, with every number at its bound.
    pub fn dearest(&self, bounds: &Bounds) -> Request {
        let share = (self.memory_mb / bounds.full_cpu_mb).min(1.0);
        let busy = (bounds.work_ms + bounds.handler_ms) / share + bounds.wait_ms;
        let (init, handler) = match self.demo {
            Demo::Plain => (bounds.init_ms, busy),
            // Init runs at full speed whatever the memory.
            Demo::Heavy => (bounds.init_ms + bounds.prepare_ms, busy),
            Demo::Lazy => (bounds.init_ms, busy + bounds.prepare_ms / share),
            Demo::Users(operation) => {
                let waiting = operation.table_calls(bounds) * bounds.table_call_ms;
                (bounds.init_ms, bounds.handler_ms / share + waiting)
            }
        };
        let (reads, writes) = match self.demo {
            Demo::Users(operation) => operation.units(bounds),
            _ => (0.0, 0.0),
        };
        let (body, sent_on, answer) = match self.demo {
            Demo::Users(operation) => operation.bytes(bounds),
            _ => (0.0, 0.0, bounds.timing_bytes),
        };
        let logs = bounds.platform_log_bytes
            + bounds.function_log_bytes
            + bounds.log_event_bytes
            + self.access_log_bytes;
        Request {
            request_bytes: bounds.request_head_bytes + body,
            origin_bytes: sent_on,
            answer_bytes: bounds.answer_head_bytes + answer,
            billed_ms: init + handler.min(self.timeout_ms),
            memory_mb: self.memory_mb,
            reads,
            writes,
            log_bytes: logs,
        }
    }
}

impl Operation {
    fn table_calls(self, bounds: &Bounds) -> f64 {
        match self {
            Self::Create => 1.0 + bounds.users,
            Self::List | Self::Read | Self::Replace | Self::Delete => 1.0,
        }
    }

    /// Read and write units. A batch rounds each item up on its own.
    fn units(self, bounds: &Bounds) -> (f64, f64) {
        let (read, write) = (bounds.read_units, bounds.write_units);
        match self {
            Self::List => (bounds.users * read, 0.0),
            Self::Read => (read, 0.0),
            Self::Create => (bounds.users * read, bounds.users * write),
            Self::Replace | Self::Delete => (0.0, write),
        }
    }

    /// Body of the request, what CloudFront sends on and charges for, body of the answer.
    fn bytes(self, bounds: &Bounds) -> (f64, f64, f64) {
        let (body, head, user) = (bounds.body_bytes, bounds.request_head_bytes, bounds.user_bytes);
        match self {
            Self::List => (0.0, 0.0, bounds.users * user),
            Self::Read => (0.0, 0.0, user),
            Self::Create | Self::Replace => (body, head + body, user),
            Self::Delete => (0.0, head, user),
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
            lambda: prices.lambda.request + gb_second * gb_seconds,
            table: prices.ddb.read * self.reads + prices.ddb.write * self.writes,
            logs: prices.logs.gb * self.log_bytes / GB,
        }
    }
}
