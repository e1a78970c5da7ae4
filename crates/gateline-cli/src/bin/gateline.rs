//! The program `gateline`. All of it is in the library, so that Python and Node have the same commands.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gateline_cli::main(std::env::args_os()).into()
}
