//! The command line of `bench`.
//! Knows the arguments of each command; what they do stands in the command's own room.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{requests, soak};

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
    /// 초당 요청 수와 걸린 시간을 cargo lambda watch와 번갈아 잰다 (requests per second and init, beside cargo lambda watch)
    Requests(requests::Arguments),
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
