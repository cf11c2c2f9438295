//! The `pairbox` program. Everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    pairbox::program::main(std::env::args_os())
}
