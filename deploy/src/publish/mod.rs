//! `deploy publish`: the built book to S3, so that no reader ever sees half of it.
//! Knows the built book and S3's and CloudFront's APIs.

use std::path::Path;

use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;

use crate::{aws, stack};

mod arguments;
mod book;
mod config_file;
mod invalidation;
mod journal;
mod manifest;
mod neighbours;
mod plan;
mod progress;
mod removal;
mod report;
mod s3;
mod scripts;
mod sequence;
mod store;
#[cfg(test)]
mod tests;

pub use arguments::{Arguments, Prefix};
use invalidation::{Distribution, Edge, Invalidation};
use journal::Journal;
use plan::Plan;
use progress::Progress;
use s3::Bucket;
use sequence::Sequence;
use stack::Outputs;
use store::Store;

/// Publishes the book below `root`, or removes a preview, and gives the report to print.
///
/// # Errors
/// The build is not whole, somebody else is publishing, or AWS refuses.
pub async fn run(root: &Path, arguments: &Arguments) -> Result<String> {
    if arguments.remove && arguments.prefix.is_root() {
        bail!("책 전체는 지우지 않는다: --remove는 --prefix pr-12/처럼 미리 보기에만 쓴다.");
    }
    let files = if arguments.remove { None } else { Some(book::read(&root.join(&arguments.book))?) };
    let settings = aws::settings().await?;
    let target = Target::find(&settings, arguments).await?;
    let bucket = Bucket::new(&settings, &target.bucket);
    let edge = Distribution::new(&settings, target.distribution);
    let journal = Journal::open(&bucket, &arguments.prefix, &run_name()?).await?;
    let Some(files) = files else { return remove(&bucket, &edge, journal, arguments).await };
    let mut config = None;
    if let Some(outputs) = &target.outputs {
        scripts::refuse_blocked(&files, outputs.require("ScriptHashes")?)?;
    }
    // A preview's pages ask the host they are on for `/config.json`, which is the book's.
    if arguments.prefix.is_root() {
        config = Some(config_file::content(target.outputs.as_ref())?);
    }
    let book = book::objects(files, config, &arguments.prefix)?;
    publish(&bucket, &edge, journal, &book, arguments).await
}

async fn publish<S: Store, E: Edge>(
    store: &S,
    edge: &E,
    journal: Journal<'_, S>,
    book: &book::Book,
    arguments: &Arguments,
) -> Result<String> {
    let (prefix, published) = (&arguments.prefix, journal.manifest().clone());
    if !arguments.force {
        plan::refuse_collapse(book, &published)?;
    }
    let plan = Plan::new(book, &published);
    if plan.is_empty(&published) {
        return Ok(report::done(&plan, book, &published));
    }
    neighbours::refuse_overlap(store, prefix, book, &published).await?;
    if arguments.dry_run {
        let invalidation = Invalidation::of(&plan, &published, journal.is_new(), prefix);
        let text = report::plan(&plan, book, &published, &invalidation);
        return Ok(format!("{text}\n아무것도 쓰지 않았다 (--dry-run)."));
    }
    let progress = Progress::new(plan.uploads.len() + plan.deletions.len());
    let sequence = Sequence { store, edge, prefix, progress: &progress, journal };
    sequence.carry_out(book, &plan).await?;
    Ok(report::done(&plan, book, &published))
}

async fn remove<S: Store, E: Edge>(
    store: &S,
    edge: &E,
    journal: Journal<'_, S>,
    arguments: &Arguments,
) -> Result<String> {
    let prefix = &arguments.prefix;
    if journal.is_new() {
        return Ok(format!("{}에는 게시한 것이 없다.", prefix.as_str()));
    }
    let count = removal::names(journal.manifest()).len();
    if arguments.dry_run {
        return Ok(format!(
            "{}의 파일 {count}개를 지운다.\n아무것도 쓰지 않았다 (--dry-run).",
            prefix.as_str()
        ));
    }
    let progress = Progress::new(count);
    removal::remove(store, edge, prefix, journal, &progress)
        .await
        .context("같은 명령을 다시 실행하면 이어서 지운다")?;
    Ok(format!("{}의 파일 {count}개를 지웠다.", prefix.as_str()))
}

/// Where a publish goes.
struct Target {
    bucket: String,
    distribution: Option<String>,
    outputs: Option<Outputs>,
}

impl Target {
    async fn find(settings: &SdkConfig, arguments: &Arguments) -> Result<Target> {
        if let Some(stack) = &arguments.stack {
            let outputs = stack::outputs(settings, stack).await?;
            let bucket = outputs.require("SiteBucket")?.to_owned();
            let distribution = Some(outputs.require("DistributionId")?.to_owned());
            return Ok(Target { bucket, distribution, outputs: Some(outputs) });
        }
        let bucket = arguments.bucket.clone().context("--stack이나 --bucket이 있어야 한다")?;
        Ok(Target { bucket, distribution: arguments.distribution.clone(), outputs: None })
    }
}

/// Tells this run's writes from everybody else's.
fn run_name() -> Result<String> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random)?;
    Ok(format!("{:016x}", u64::from_be_bytes(random)))
}
