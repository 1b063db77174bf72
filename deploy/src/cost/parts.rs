//! Money by service. Knows that parts add up and nothing else.

use std::iter::Sum;
use std::ops::{Add, Mul};

/// US dollars, by who is paid.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Parts {
    /// API Gateway: requests.
    pub gateway: f64,
    /// CloudFront: requests and transfer.
    pub cdn: f64,
    /// Lambda: requests and duration.
    pub lambda: f64,
    /// DynamoDB: units.
    pub table: f64,
    /// SQS: requests.
    pub queue: f64,
    /// CloudWatch: what the logs take in.
    pub logs: f64,
}

impl Parts {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.gateway + self.cdn + self.lambda + self.table + self.queue + self.logs
    }

    /// Each part, in the order of a report's columns.
    pub fn each(&self) -> [f64; 6] {
        [self.gateway, self.cdn, self.lambda, self.table, self.queue, self.logs]
    }
}

impl Add for Parts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            gateway: self.gateway + other.gateway,
            cdn: self.cdn + other.cdn,
            lambda: self.lambda + other.lambda,
            table: self.table + other.table,
            queue: self.queue + other.queue,
            logs: self.logs + other.logs,
        }
    }
}

impl Mul<f64> for Parts {
    type Output = Self;

    fn mul(self, times: f64) -> Self {
        Self {
            gateway: self.gateway * times,
            cdn: self.cdn * times,
            lambda: self.lambda * times,
            table: self.table * times,
            queue: self.queue * times,
            logs: self.logs * times,
        }
    }
}

impl Sum for Parts {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}
