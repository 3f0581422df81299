//! The program: what it does is in the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    playmoney::run(std::env::args_os())
}
