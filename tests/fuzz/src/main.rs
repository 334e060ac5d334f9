//! Looks for panics, hangs and crashes in what runs scripts. See the README.

mod chance;
/// The grammar of the differential tests.
#[path = "../../differential"]
#[allow(dead_code, reason = "what replays and cuts is for the tests")]
mod grammar {
    mod choices;
    mod generator;

    /// The program of a number.
    pub(crate) fn program(number: u64) -> Vec<u8> {
        generator::program(&mut choices::Choices::random(0, number)).into_bytes()
    }
}
mod messages;
mod mutate;
mod natives;
mod shrink;
mod stand;
mod values;

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use clap::{Parser, ValueEnum};

use self::{
    chance::Chance,
    messages::Messages,
    mutate::Mutator,
    natives::Natives,
    stand::{Counts, Stand},
};

/// Runs cases of one kind until time or their number is up. Exit codes: 0 nothing was found, 1 something
/// was, 2 a case hangs.
#[derive(Parser)]
struct Options {
    #[arg(value_enum)]
    what: What,
    /// Ends after so many cases.
    #[arg(long, default_value_t = u64::MAX)]
    cases: u64,
    /// Ends after so many seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The number of the first case. A case depends on its number and nothing else.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Prints this one case and runs it.
    #[arg(long)]
    show: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Every native, property and operator with values at the edges.
    Natives,
    /// Programs: of a grammar, and scripts of the repository that were mutated.
    Programs,
    /// Bytes on their way from a file to a script.
    Assets,
    /// Bytes on their way from one machine to another.
    Messages,
}

/// Milliseconds of work after which a case hangs. The dearest honest one takes some 50.
const HANG: u64 = 10_000;
/// Milliseconds on the wall after which it hangs whatever it does: a machine that is busy with other things, or a
/// process that was stopped for a while, is no hang.
const STUCK: u64 = 600_000;

/// Makes cases from their numbers.
struct Maker {
    what: What,
    natives: Natives,
    mutator: Mutator,
    messages: Messages,
}

/// A case, in parts that it may be cut into.
struct Case {
    parts: Vec<String>,
    bytes: Vec<u8>,
}

impl Maker {
    fn new(what: What) -> std::io::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut seeds = Vec::new();
        for folder in
            ["seeds", "../honest", "../hostile", "../../assets/scripts", "../../assets/tests/api"]
        {
            for entry in fs::read_dir(root.join(folder))? {
                let path = entry?.path();
                if path.extension().is_some_and(|ending| ending == "rhai") {
                    let bytes = fs::read(&path)?;
                    // What is longer is slow to change and hardly another case.
                    if bytes.len() <= 4096 {
                        seeds.push((path, bytes));
                    }
                }
            }
        }
        // Folders come in any order; cases shall not.
        seeds.sort();
        let seeds = seeds.into_iter().map(|(_, bytes)| bytes).collect();
        let mutator = Mutator::new(seeds, include_str!("../dictionary.txt"));
        Ok(Self { what, natives: Natives::new(), mutator, messages: Messages::new() })
    }

    fn case(&self, number: u64) -> Case {
        let mut chance = Chance::new(number);
        let whole = |bytes| Case { parts: Vec::new(), bytes };
        match self.what {
            What::Natives => {
                let parts = self.natives.case(&mut chance);
                let bytes = natives::program(&parts);
                Case { parts, bytes }
            }
            What::Programs if chance.one_in(4) => whole(grammar::program(number)),
            What::Programs => whole(self.mutator.case(&mut chance)),
            What::Assets => whole(asset(&self.mutator, &mut chance)),
            What::Messages => whole(self.messages.case(&mut chance)),
        }
    }
}

/// A file as it may lie on a disk: text of all kinds, cut, with marks, in other encodings, too long, noise.
fn asset(mutator: &Mutator, chance: &mut Chance) -> Vec<u8> {
    let text = mutator.case(chance);
    match chance.below(8) {
        0 => (0..chance.below(3_000)).map(|_| chance.byte()).collect(),
        1 => [b"\xef\xbb\xbf".to_vec(), text].concat(),
        2 => [b"\xef\xbb".to_vec(), text].concat(),
        3 => String::from_utf8_lossy(&text).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        4 => text.iter().map(|byte| byte | 0x80).collect(),
        5 => text.repeat(1 + chance.below(300_000 / text.len().max(1))),
        6 => {
            let at = chance.below(text.len() + 1);
            let odd: &[&[u8]] = &[
                b"\xff",
                b"\xc0\x80",
                b"\xed\xa0\x80",
                b"\xf4\x90\x80\x80",
                b"\xe2\x80\xae",
                b"\0",
                b"\r",
                b"\x1a",
            ];
            [&text[..at], *chance.of::<&[u8]>(odd), &text[at..]].concat()
        }
        _ => text,
    }
}

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a case panics with, if it does.
fn panics(what: What, stand: &Stand, bytes: Vec<u8>) -> Result<&'static str, String> {
    PANIC.with_borrow_mut(Option::take);
    let run = || match what {
        What::Messages => messages::run(&bytes),
        _ => stand.run(bytes.clone()),
    };
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|_| PANIC.with_borrow_mut(Option::take).unwrap_or_else(|| "a panic".to_owned()))
}

struct Done {
    cases: u64,
    calls: u64,
    counts: Counts,
    found: usize,
}

fn fuzz(options: &Options, maker: &Maker, now: &Now) -> Done {
    let stand = Stand::new();
    let started = Instant::now();
    let mut done = Done { cases: 0, calls: 0, counts: Counts::new(), found: 0 };
    let mut known = BTreeSet::new();
    let mut told = started;
    while done.cases < options.cases && started.elapsed().as_secs() < options.seconds {
        let number = options.from + done.cases;
        let case = maker.case(number);
        now.begin(number, started);
        match panics(options.what, &stand, case.bytes.clone()) {
            Ok(outcome) => {
                *done.counts.entry(outcome).or_default() += 1;
                // Of what was stopped on its way nobody knows how far it came.
                if outcome == "ends" {
                    done.calls += case.parts.len() as u64;
                }
            }
            Err(message) => {
                *done.counts.entry("panic").or_default() += 1;
                if known.insert(message.clone()) {
                    done.found += 1;
                    let same = |bytes: Vec<u8>| {
                        panics(options.what, &stand, bytes).is_err_and(|other| other == message)
                    };
                    let small = shrink::shrunk(case, same);
                    let path = findings().join(format!("case-{number}.rhai"));
                    println!("case {number}: {message}\n  see {}", path.display());
                    if let Err(error) =
                        fs::create_dir_all(findings()).and_then(|()| fs::write(&path, &small))
                    {
                        println!(
                            "  which cannot be written: {error}\n{}",
                            String::from_utf8_lossy(&small)
                        );
                    }
                }
            }
        }
        now.end();
        done.cases += 1;
        if told.elapsed() > Duration::from_secs(20) {
            told = Instant::now();
            println!(
                "{:?} s, {} cases, next {}",
                started.elapsed().as_secs(),
                done.cases,
                number + 1
            );
        }
    }
    done
}

fn findings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("findings")
}

/// What is running, for the watchdog.
#[derive(Default)]
struct Now {
    case: AtomicU64,
    /// Milliseconds from the start at which it began, and one; 0 if nothing is running.
    since: AtomicU64,
    /// Milliseconds that the process had worked by then.
    worked: AtomicU64,
    start: Mutex<Option<Instant>>,
}

/// Milliseconds that this process has worked; those on the wall where that is not known.
fn worked(started: Instant) -> u64 {
    #[cfg(unix)]
    {
        let _ = started;
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
    }
    #[cfg(not(unix))]
    {
        started.elapsed().as_millis() as u64
    }
}

impl Now {
    fn begin(&self, case: u64, started: Instant) {
        self.start.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(started);
        self.case.store(case, Relaxed);
        self.worked.store(worked(started), Relaxed);
        self.since.store(started.elapsed().as_millis() as u64 + 1, Relaxed);
    }

    fn end(&self) {
        self.since.store(0, Relaxed);
    }

    /// The case that has been running for too long.
    fn hangs(&self) -> Option<u64> {
        let started = (*self.start.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since = self.since.load(Relaxed);
        let waited = (started.elapsed().as_millis() as u64).saturating_sub(since);
        let work = worked(started).saturating_sub(self.worked.load(Relaxed));
        (since > 0 && (work > HANG || waited > STUCK)).then(|| self.case.load(Relaxed))
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let maker = match Maker::new(options.what) {
        Ok(maker) => Arc::new(maker),
        Err(error) => {
            println!("error: the seeds cannot be read: {error}");
            return ExitCode::from(2);
        }
    };
    if options.show {
        println!("{}", String::from_utf8_lossy(&maker.case(options.from).bytes));
    }
    let options =
        Arc::new(Options { cases: if options.show { 1 } else { options.cases }, ..options });
    std::panic::set_hook(Box::new(|panic| {
        PANIC.with_borrow_mut(|place| {
            place.get_or_insert(panic.to_string());
        });
    }));
    let now = Arc::new(Now::default());
    let started = Instant::now();
    let worker = {
        let (options, maker, now) = (options.clone(), maker.clone(), now.clone());
        // As much stack as script threads have.
        let builder = std::thread::Builder::new().stack_size(16 * 1024 * 1024);
        builder.spawn(move || fuzz(&options, &maker, &now))
    };
    let worker = match worker {
        Ok(worker) => worker,
        Err(error) => {
            println!("error: no thread could be started: {error}");
            return ExitCode::from(2);
        }
    };
    while !worker.is_finished() {
        std::thread::sleep(Duration::from_millis(50));
        if let Some(case) = now.hangs() {
            println!("case {case} hangs; see it with `--from {case} --show`");
            return ExitCode::from(2);
        }
    }
    let Ok(done) = worker.join() else {
        println!("error: the fuzzer itself panicked");
        return ExitCode::from(2);
    };
    println!(
        "{} cases, {} calls of natives in {:.1} s: {} different panics, 0 hangs; {:?}",
        done.cases,
        done.calls,
        started.elapsed().as_secs_f64(),
        done.found,
        done.counts
    );
    if done.found == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
