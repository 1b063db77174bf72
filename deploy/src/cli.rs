//! The command line of `deploy`.
//! Knows the arguments of each command; what they do stands in the command's own room.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{check, package, publish};

/// 시스템과 책을 AWS에 올린다. (Brings the system and the book to AWS.)
#[derive(Debug, Parser)]
#[command(name = "deploy", version, disable_help_subcommand = true)]
pub struct Options {
    /// 프로젝트 폴더: template.yaml이 있는 곳 (the project's folder)
    #[arg(long, global = true, default_value = ".", value_name = "폴더")]
    pub root: PathBuf,
    #[command(subcommand)]
    #[allow(missing_docs)]
    pub command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 템플릿의 약속과 가장 비싼 달의 요금을 확인한다 (checks the template's contract and its dearest month)
    Check(check::Arguments),
    /// 함수를 zip으로 묶는다: CodeUri가 가리키는 곳에 (packages the functions where CodeUri points)
    Package(package::Arguments),
    /// 지은 책을 S3에 올린다 (publishes the built book)
    Publish(publish::Arguments),
}
