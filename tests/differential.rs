//! The backends mean the same: what a script does on one of them it does on every other.
//!
//! - `differential/*.rhai` hold small scripts by feature of the language, each with what becomes of
//!   it; `BLESS=1 cargo test --test differential corpus` writes that anew.
//! - The scripts that come with the crate are run, too.
//! - Programs made at random are compared, and one that differs is made small. A long run:
//!   `DIFF_PROGRAMS=2000000 cargo test --release --test differential -- generated --nocapture`,
//!   with `DIFF_SEED` for programs other than those of seed 0, and `DIFF_FROM` for the number of the first.
//!   Those that differ are told by number while it runs, and made small at its end; `DIFF_FROM=number
//!   DIFF_PROGRAMS=1` makes one of them small.
//!
//!   A program of a run is shown by `DIFF_PROGRAM=number` and `-- generated_program_is_shown`.
//!
//! A backend is added in `outcome.rs`: a variant of `Backend`, its place in `Backend::ALL`, and its
//! compiler.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "tests fail by panics and are read")]

/// Counts, so that no program takes all the memory there is: the reference has no other bound.
#[global_allocator]
static ALLOC: bevy_cscript::alloc::Counting = bevy_cscript::alloc::Counting::system();

mod differential {
    /// Many instances of a script, called side by side and one by one.
    mod abreast;
    /// The numbers that a generated program is made of.
    mod choices;
    /// The hand-written scripts.
    mod corpus;
    /// Programs at random, compared.
    mod generated;
    /// The grammar: from numbers to a program.
    mod generator;
    /// What a backend makes of a script.
    mod outcome;
    /// Programs at random, saved and loaded.
    mod resumed;
    /// The scripts that come with the crate.
    mod shipped;
    /// From a program that differs to a small one.
    mod shrink;
    /// The world that scripts run in, and how they are called.
    mod stage;
}
