//! The command line of `bench`.
//! Knows the arguments of each command; what they do stands in the command's own room.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::soak;

/// 로컬 서버를 재고, 오래 두들겨 본다. (Measures the local server beside its peers, and soaks it.)
#[derive(Debug, Parser)]
#[command(name = "bench", disable_help_subcommand = true)]
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
    /// 오랫동안 섞어 부르고 함수를 죽이며 답과 메모리를 지켜본다 (mixed load and kills; watches answers and memory)
    Soak(soak::Arguments),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Options::command().debug_assert();
    }
}
