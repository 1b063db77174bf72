//! The dearest month: every bucket full at its beginning and emptied as fast as it fills, to its end.
//! Knows buckets, requests and prices; how it looks on a screen is `report`'s business.

use anyhow::Result;
use template::evaluated::Evaluated;

use super::bounds::Bounds;
use super::parts::Parts;
use super::prices::Prices;
use super::request::Request;
use super::routes::{Bucket, buckets};
use super::standing::{Standing, standing};

/// Seconds of the longest month, 31 days.
pub const SECONDS: f64 = 31.0 * 24.0 * 3_600.0;

/// The routes that share their numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What they have in common: the parameter, or the one route.
    pub class: String,
    /// How many routes.
    pub routes: usize,
    /// Requests per second of each.
    pub rate: f64,
    /// Requests at once of each.
    pub burst: f64,
    /// US dollars of all of them together.
    pub parts: Parts,
}

/// A month, US dollars.
#[derive(Debug, Clone)]
pub struct Month {
    /// By class of route, in the order of the template.
    pub lines: Vec<Line>,
    /// What no route causes.
    pub standing: Vec<Standing>,
    /// The sum of the routes' rates, requests per second.
    pub rate: f64,
    /// What bodies as large as the gateway passes on would add, though the functions refuse them.
    pub huge_bodies: f64,
    /// What a table would add that makes every call last until its deadline.
    pub slow_table: f64,
    /// What a table would cost that serves its maximum all month.
    pub table_maximum: f64,
}

impl Month {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.parts().total() + self.standing.iter().map(|(_, usd)| usd).sum::<f64>()
    }

    /// What the routes cost, by service.
    pub fn parts(&self) -> Parts {
        self.lines.iter().map(|line| line.parts).sum()
    }

    /// What the routes cost in one hour, should a flood be noticed so soon.
    pub fn hour(&self) -> f64 {
        self.parts().total() / (SECONDS / 3_600.0)
    }
}

/// Requests a bucket grants in a month.
fn requests(bucket: &Bucket) -> f64 {
    bucket.rate * SECONDS + bucket.burst
}

/// Computes the month of a template with its guard.
///
/// # Errors
/// A route or a function the model does not know: all of them at once.
pub fn worst_month(
    template: &Evaluated,
    guard: &Evaluated,
    prices: &Prices,
    bounds: &Bounds,
) -> Result<Month> {
    let buckets = buckets(template, bounds)?;
    let mut lines: Vec<Line> = Vec::new();
    let (mut log_bytes, mut huge_bodies, mut slow_table) = (0.0, 0.0, 0.0);
    for bucket in &buckets {
        let (call, requests) = (bucket.call, requests(bucket));
        let request = call.dearest(bounds);
        let price = request.price(prices, bounds, call.arm);
        log_bytes += requests * request.log_bytes;
        let mut huge = request;
        huge.request_bytes += bounds.gateway_body_bytes;
        huge_bodies += requests * (huge.price(prices, bounds, call.arm).gateway - price.gateway);
        if request.reads + request.writes > 0.0 {
            let billed_ms = bounds.init_ms + bounds.deadline_ms.min(call.timeout_ms);
            let slow = Request { billed_ms, ..request };
            slow_table += requests * (slow.price(prices, bounds, call.arm).lambda - price.lambda);
        }
        let parts = price * requests;
        match lines.iter_mut().find(|line| line.class == bucket.class) {
            Some(line) => {
                line.routes += 1;
                line.parts = line.parts + parts;
            }
            None => lines.push(Line {
                class: bucket.class.clone(),
                routes: 1,
                rate: bucket.rate,
                burst: bucket.burst,
                parts,
            }),
        }
    }
    let units = |name: &str| {
        let tables = template.of("AWS::DynamoDB::Table");
        let units = tables.filter_map(|table| table.at(&["OnDemandThroughput", name])?.parse::<f64>("").ok());
        units.sum::<f64>() * SECONDS
    };
    Ok(Month {
        standing: standing(template, guard, &buckets, log_bytes, prices, bounds)?,
        rate: buckets.iter().map(|bucket| bucket.rate).sum(),
        lines,
        huge_bodies,
        slow_table,
        table_maximum: units("MaxReadRequestUnits") * prices.ddb.read
            + units("MaxWriteRequestUnits") * prices.ddb.write,
    })
}
