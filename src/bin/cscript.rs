//! The `cscript` command-line tool; all of it is in the library.

use bevy_cscript::alloc::Counting;

// `cscript attack` measures what scripts allocate.
#[global_allocator]
static ALLOC: Counting = Counting::system();

fn main() -> std::process::ExitCode {
    bevy_cscript::cli::main()
}
