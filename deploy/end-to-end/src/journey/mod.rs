//! The way from an empty account to a book that is read, and back: every step in its order.
//! Knows the rooms; each step's own checks stand in a file of their own.

mod api;
mod guard;
mod kills;
mod readers;
mod site;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::runtime::Runtime;

use crate::Options;
use crate::aws::Aws;
use crate::book;
use crate::bucket::Bucket;
use crate::emulator::Emulator;
use crate::gaps::Gaps;
use crate::publisher::Publisher;
use crate::python::{self, Python, finish};
use crate::relay::Relay;
use crate::report::Report;
use crate::stack::{Deploy, NAME, Order, Stack, architecture, public_parameters};
use crate::viewer::Viewer;
use crate::zips;

/// The stack as it answers: through the distribution as readers see it, and at its own addresses.
pub struct Deployed {
    aws: Aws,
    stack: Stack,
    /// The distribution, as its readers reach it.
    edge: Relay,
    viewer: Viewer,
    bucket: Bucket,
}

/// Goes the whole way.
///
/// # Errors
/// A step failed that all later ones stand on.
pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let root = options.root.canonicalize().context("--root")?;
    let programs = std::env::current_exe()?.parent().context("current_exe")?.to_owned();
    let folder = root.join("target/end-to-end");
    fs::create_dir_all(&folder)?;
    let runtime = Runtime::new()?;

    let gaps = Gaps::read()?;
    let installed = python::version("ministack");
    ensure!(installed == Some(gaps.ministack.as_str()), "gaps.toml은 MiniStack {}의 것이다", gaps.ministack);
    let python = report.needed("도구: target/end-to-end 아래의 Python 환경", || {
        let python = Python::install(&options.python, &folder.join("python"))?;
        Ok((python, format!("MiniStack {}", gaps.ministack)))
    })?;
    report.needed("프로그램: deploy와 local", || {
        compile(&root, "deploy")?;
        compile(&root, "local")?;
        Ok(((), "cargo build -p deploy, -p local".into()))
    })?;
    let zips = report.needed("함수: deploy package", || zips::package(&programs, &root, &folder))?;
    let (first, second) = report.needed("책: 지금 판과, 한나절 고친 판", || {
        let first = book::build(&programs, &root, &folder.join("book"))?;
        let (copy, reworked) = (folder.join("project"), folder.join("book-reworked"));
        let second = book::build_reworked(&programs, &root, &copy, &reworked)?;
        let (files, bytes) = (first.files.len(), first.files.values().map(Vec::len).sum::<usize>());
        let changed =
            second.files.iter().filter(|(name, content)| first.files.get(*name) != Some(content)).count();
        let seen = format!("{files}개 파일, {bytes} 바이트; 고친 판은 {changed}개가 새것이다");
        Ok(((first, second), seen))
    })?;
    let emulator = report.needed("MiniStack을 루프백에", || {
        let emulator = Emulator::start(&python, &folder)?;
        let seen = emulator.endpoint();
        Ok((emulator, seen))
    })?;
    let front = runtime.block_on(Relay::start(emulator.address(), None, None))?;
    let deploy = Deploy { root: &root, folder: &folder, zips: &zips, gaps: &gaps };
    let secret = random_letters()?;
    let stack_parameters =
        [("OriginSecret", secret.as_str()), ("SignUp", "open"), ("Architecture", architecture())];
    let deployed = report.needed("스택: 진짜 template.yaml", || {
        let aws = Aws::new(python.program("aws"), &front.base());
        let parameters = public_parameters(&root, &stack_parameters)?;
        let order = Order { name: NAME, template: "template.yaml", parameters };
        let stack = deploy.stack(&aws, &order)?;
        stack.has_outputs()?;
        let resources = stack.resources(&aws)?;
        ensure!(resources.iter().all(|[_, _, status]| status == "CREATE_COMPLETE"), "{resources:?}");
        stack.point_api_at(&aws, &folder, &emulator)?;
        let site = stack.output("SiteUrl")?.trim_start_matches("https://").to_owned();
        let edge = runtime.block_on(Relay::start(emulator.address(), Some(&site), None))?;
        let viewer = Viewer::new(&edge.base());
        let bucket = Bucket::new(&front.base(), stack.output("SiteBucket")?);
        let seen = format!("리소스 {}개가 CREATE_COMPLETE, 출력은 약속대로다", resources.len());
        Ok((Deployed { aws, stack, edge, viewer, bucket }, seen))
    })?;

    let tokens = report.needed("독자: 가입하고, 코드와 PKCE로 로그인한다", || {
        readers::sign_in(&deployed, &Viewer::new(&emulator.endpoint()))
    })?;
    report
        .check("토큰: 범위가 든 액세스 토큰만 통한다", || readers::tokens(&deployed, &tokens));
    report.check("API: 배포를 거친 HTTP 계약", || api::contract(&deployed, &gaps, &tokens));
    report.check("API: 배포를 거치지 않은 요청", || {
        api::behind_the_distribution(&deployed, &emulator)
    });

    let publisher =
        report.needed("게시자: github-role.yaml이 주는 권한만 가진 사용자", || {
            let publisher = Publisher::create(&deployed.aws, &programs, &deployed.stack, &deploy)?;
            Ok((publisher, "역할의 정책을 그대로 붙였다".into()))
        })?;
    let site =
        site::Site { runtime: &runtime, emulator: &emulator, deployed: &deployed, publisher: &publisher };
    report.needed("게시: 처음", || Ok(((), site.first(&first)?)))?;
    report.check("버킷: 바이트와 헤더를 하나하나 되읽는다", || site.stored(&first));
    report.check("배포: 독자가 보는 페이지와 헤더", || site.seen(&first));
    report.check("버킷: 주인 없는 읽기와 TLS 없는 요청", || site.closed(&front.base()));
    report.check("게시: 바뀐 것이 없을 때", || site.again(&first));
    report.check("게시: 한 페이지만 바뀌었을 때", || site.one_page(&first, &folder));
    report.check("게시: 아무 데서나 끊겼을 때", || {
        kills::kills(&site, [&first, &second], options.kills, options.seed)
    });
    report.check("차단: 데모를 끄고 다시 켠다", || guard::drill(&deployed, &deploy));
    report.check("정리: 비우고 지우면 아무것도 남지 않는다", || site.leave());
    Ok(())
}

/// Compiles a program of this workspace beside this one. One at a time: together they would be compiled with each other's
/// features, all dependencies anew.
fn compile(root: &Path, package: &str) -> Result<()> {
    let cargo: PathBuf = std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from);
    let mut command = Command::new(cargo);
    finish(command.current_dir(root).args(["build", "--quiet", "--locked", "-p", package]))?;
    Ok(())
}

fn random_letters() -> Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).context("난수가 없다")?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}

/// Runs `look` until it gives something or `patience` is over; the emulator does some things a moment later.
fn eventually<T>(patience: Duration, mut look: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
    let deadline = std::time::Instant::now() + patience;
    loop {
        if let Some(found) = look()? {
            return Ok(Some(found));
        }
        if std::time::Instant::now() > deadline {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
