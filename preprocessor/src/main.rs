//! The program mdBook starts: reads a book from standard input, writes it with widgets to standard output.
//! Knows the library and the command line.

use std::{
    io::{self, BufWriter, Read, Write},
    process::ExitCode,
};

use anyhow::Result;
use mdbook_live::Live;
use mdbook_preprocessor::Preprocessor;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let live = Live::new(|remark| eprintln!("{remark}"));
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => preprocess(&live),
        ["supports", renderer] => {
            return if live.supports_renderer(renderer).unwrap_or(false) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        _ => Err(anyhow::anyhow!("모르는 명령이다.")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// mdBook's protocol. Standard input is read whole first: parsing from the pipe costs four times as much.
fn preprocess(live: &Live) -> Result<()> {
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input)?;
    let (context, book) = mdbook_preprocessor::parse_input(&input[..])?;
    let book = live.run(&context, book)?;
    let mut output = BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut output, &book)?;
    output.flush()?;
    Ok(())
}
