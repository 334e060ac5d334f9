//! Programs at random, run by every backend and compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::{Duration, Instant},
};

use bevy_cscript::{
    contract::ErrorKind,
    script::{ScriptThreads, ScriptWorkers},
};

use super::{
    choices::Choices,
    generator::program,
    outcome::{Backend, Difference, Outcome, Own, Verdict, run},
    shrink::shrink,
    stage::{Call, calls},
};

/// What a comparison makes of the outcome of a backend, by its place in the list, before it looks.
type Bias = fn(usize, &str, &mut Outcome);

/// No difference but those of the backends.
const HONEST: Bias = |_, _, _| {};

/// Programs of a seed, and how they are compared.
#[derive(Clone, Copy)]
struct Trial {
    seed: u64,
    /// The first is the one that the others are held against.
    backends: &'static [Backend],
    bias: Bias,
}

/// What was seen of some programs.
#[derive(Clone, Debug, Default)]
struct Tally {
    programs: usize,
    /// Refused when they were loaded.
    refused: usize,
    /// Why, how often, and the last one.
    reasons: BTreeMap<String, (usize, u64)>,
    /// With an error in some call.
    failed: usize,
    /// Compared only up to where a backend was stopped in its own way.
    cut: usize,
    bytes: usize,
    generating: Duration,
    slowest: (Duration, u64),
    /// Programs that differ, or that made a backend panic.
    wrong: Vec<u64>,
}

/// The calls of every generated program.
fn plan() -> Vec<Call> {
    calls(3).into_iter().filter(|call| call.function == "on_update").collect()
}

impl Trial {
    /// The outcomes of a program.
    fn outcomes(self, text: &str, calls: &[Call]) -> Vec<Outcome> {
        let outcomes = self.backends.iter().enumerate().map(|(i, backend)| {
            let mut outcome = run(*backend, text, calls);
            (self.bias)(i, text, &mut outcome);
            outcome
        });
        outcomes.collect()
    }

    fn tally(self, indices: Range<u64>) -> Tally {
        let calls = plan();
        let mut tally = Tally::default();
        for index in indices {
            let begun = Instant::now();
            let text = program(&mut Choices::random(self.seed, index));
            let generated = Instant::now();
            let outcomes = self.outcomes(&text, &calls);
            tally.slowest = tally.slowest.max((generated.elapsed(), index));
            tally.generating += generated - begun;
            tally.programs += 1;
            tally.bytes += text.len();
            if let Some(fault) = outcomes[0].refused.first() {
                tally.refused += 1;
                let reason = tally.reasons.entry(fault.message.clone()).or_default();
                *reason = (reason.0 + 1, index);
            }
            tally.failed += usize::from(outcomes[0].steps.iter().any(|step| step.error.is_some()));
            match verdict(&outcomes) {
                Verdict::Same => {}
                Verdict::Cut => tally.cut += 1,
                Verdict::Different => tally.wrong.push(index),
            }
        }
        tally
    }

    /// Runs many programs on all threads, with a word now and then if there are very many.
    fn tally_all(self, workers: &ScriptWorkers, indices: Range<u64>) -> Tally {
        const BATCH: u64 = 250;
        let round = BATCH * 16 * workers.count() as u64;
        let begun = Instant::now();
        let mut told = begun;
        let mut total = Tally::default();
        for start in indices.clone().step_by(round as usize) {
            let end = (start + round).min(indices.end);
            let known = total.wrong.len();
            let mut batches: Vec<_> = (start..end)
                .step_by(BATCH as usize)
                .map(|from| from..(from + BATCH).min(end))
                .collect();
            let tallies = workers.run_batches(&mut batches, 1, |batches| {
                batches.iter().map(|batch| self.tally(batch.clone())).collect::<Vec<_>>()
            });
            tallies.into_iter().flatten().for_each(|tally| total.add(tally));
            let is_news = total.wrong.len() > known || end == indices.end;
            if is_news || told.elapsed() > Duration::from_secs(5) {
                told = Instant::now();
                println!("up to {end}: {}", total.shown(begun.elapsed(), workers.count()));
            }
            if total.wrong.len() >= ENOUGH {
                break;
            }
        }
        total
    }

    /// A program that differs, made small; it goes on to differ in the same way.
    fn shrunk(self, index: u64) -> (Difference, String) {
        let calls = plan();
        let mut choices = Choices::random(self.seed, index);
        let text = program(&mut choices);
        let way = difference(&self.outcomes(&text, &calls));
        let shows = |text: &str| {
            let outcomes = self.outcomes(text, &calls);
            verdict(&outcomes) == Verdict::Different && difference(&outcomes) == way
        };
        (way, shrink(choices.finish().0, shows))
    }

    /// What is said of programs that differ: each small program once.
    fn report(self, wrong: &[u64]) -> String {
        let mut text = format!("{} programs differ:\n", wrong.len());
        let mut told = BTreeSet::new();
        for index in wrong.iter().take(ENOUGH) {
            let (way, small) = self.shrunk(*index);
            // Programs of one shape are one difference.
            let shape: String = small.chars().filter(|c| !c.is_alphanumeric()).collect();
            if !told.insert((format!("{way:?}"), shape)) {
                continue;
            }
            text += &format!("\nprogram {index} of seed {}: {way:?}\n{small}\n", self.seed);
            let outcomes = self.outcomes(&small, &plan());
            for (i, outcome) in outcomes.iter().enumerate() {
                let other = &outcomes[usize::from(i == 0)];
                text += &format!("    {:?}\n{}", self.backends[i], outcome.beside(other));
            }
        }
        text
    }
}

/// So many programs that differ end a run and are made small.
const ENOUGH: usize = 20;

/// In what the first of several outcomes and another one differ.
fn difference(outcomes: &[Outcome]) -> Difference {
    let other = outcomes[1..]
        .iter()
        .find(|other| outcomes[0].compare(other, Own::Limits) == Verdict::Different);
    other.map_or(Difference::Error, |other| outcomes[0].difference(other))
}

/// How the outcomes of all backends compare. A backend that panicked is wrong in any case.
fn verdict(outcomes: &[Outcome]) -> Verdict {
    let panicked = |outcome: &Outcome| {
        outcome.steps.iter().any(|s| s.error.as_ref().is_some_and(|e| e.kind == ErrorKind::Host))
    };
    if outcomes.iter().any(panicked) {
        return Verdict::Different;
    }
    let mut verdict = Verdict::Same;
    for other in &outcomes[1..] {
        match outcomes[0].compare(other, Own::Limits) {
            Verdict::Same => {}
            Verdict::Cut => verdict = Verdict::Cut,
            Verdict::Different => return Verdict::Different,
        }
    }
    verdict
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.programs += other.programs;
        self.refused += other.refused;
        for (reason, (count, index)) in other.reasons {
            let known = self.reasons.entry(reason).or_default();
            *known = (known.0 + count, index);
        }
        self.failed += other.failed;
        self.cut += other.cut;
        self.bytes += other.bytes;
        self.generating += other.generating;
        self.slowest = self.slowest.max(other.slowest);
        self.wrong.extend(other.wrong);
    }

    fn shown(&self, elapsed: Duration, threads: usize) -> String {
        let programs = self.programs.max(1);
        let percent = |count: usize| 100.0 * count as f64 / programs as f64;
        format!(
            "{programs} programs of {} bytes, {:.0} a second on {threads} threads ({:.1} µs each to \
             generate); {:.1} % refused, {:.1} % with errors, {:.2} % cut short, {} wrong {:?}; \
             slowest {:.1} ms (program {})",
            self.bytes / programs,
            programs as f64 / elapsed.as_secs_f64(),
            self.generating.as_secs_f64() * 1e6 / programs as f64,
            percent(self.refused),
            percent(self.failed),
            percent(self.cut),
            self.wrong.len(),
            self.wrong,
            self.slowest.0.as_secs_f64() * 1e3,
            self.slowest.1,
        )
    }
}

/// A number that the environment may give.
pub(super) fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect(name))
}

/// Programs that differ because they come upon a difference that is meant: seed, number, and the row of the list of
/// those in `docs/language.md`. Who changes what the generator makes finds new ones, if any, by a long run.
const EXPLAINED: [(u64, u64, &str); 2] = [
    (0, 1_575_860, "`blob[0][bit] = ..`, which stock Rhai forgets"),
    (
        0,
        1_988_971,
        "`s[-1] = 'x'`, where stock Rhai counts from the beginning, and fails behind the end",
    ),
];

#[test]
fn generated_programs_do_the_same_on_every_backend() {
    let workers = ScriptWorkers::new(ScriptThreads::Auto).expect("threads can be started");
    let seed = number("DIFF_SEED", 0);
    let trial = Trial { seed, backends: Backend::ALL, bias: HONEST };
    let first = number("DIFF_FROM", 0);
    let tally = trial.tally_all(&workers, first..first + number("DIFF_PROGRAMS", 2_000));
    if std::env::var_os("DIFF_REASONS").is_some() {
        println!("{:#?}", tally.reasons);
    }
    let explained =
        |index: &u64| EXPLAINED.iter().find(|known| (known.0, known.1) == (seed, *index));
    let (known, wrong): (Vec<u64>, Vec<u64>) =
        tally.wrong.iter().partition(|index| explained(index).is_some());
    for known in known.iter().filter_map(explained) {
        println!("program {} differs, and is meant to: {}", known.1, known.2);
    }
    let tried = first..first + tally.programs as u64;
    let mut stale = EXPLAINED.iter().filter(|known| known.0 == seed && tried.contains(&known.1));
    let stale = stale.find(|known| !tally.wrong.contains(&known.1));
    assert!(stale.is_none(), "this no longer differs, strike it from the list: {stale:?}");
    if !wrong.is_empty() {
        panic!("{}", workers.run(|| trial.report(&wrong)));
    }
    // Programs that are refused prove nothing.
    let mut reasons: Vec<_> = tally.reasons.iter().map(|(why, seen)| (seen, why)).collect();
    reasons.sort_by_key(|((count, _), _)| std::cmp::Reverse(*count));
    reasons.truncate(20);
    assert!(tally.refused * 20 < tally.programs, "{} refused: {reasons:#?}", tally.refused);
}

/// One program, by `DIFF_PROGRAM`, as it is and what becomes of it.
#[test]
fn generated_program_is_shown() {
    if let Ok(index) = std::env::var("DIFF_PROGRAM") {
        let index = index.parse().expect("a number");
        let seed = number("DIFF_SEED", 0);
        let text = program(&mut Choices::random(seed, index));
        let workers = ScriptWorkers::new(ScriptThreads::Fixed(1)).expect("a thread can be started");
        let begun = Instant::now();
        let outcome = workers.run(|| run(Backend::ALL[0], &text, &plan()));
        println!("{text}\n{outcome}{:?}", begun.elapsed());
    }
}

#[test]
fn generated_programs_depend_on_seed_and_index_only() {
    let text = |seed, index| program(&mut Choices::random(seed, index));
    for index in 0..50 {
        assert_eq!(text(1, index), text(1, index));
        assert_ne!(text(1, index), text(2, index));
        assert_ne!(text(1, index), text(1, index + 1));
        let mut choices = Choices::random(1, index);
        let fresh = program(&mut choices);
        assert_eq!(program(&mut Choices::replay(choices.finish().0)), fresh, "replayed");
    }
}

/// A backend and itself, to see what a comparison makes of a difference that is planted.
const ALIKE: &[Backend] = &[Backend::ALL[0], Backend::ALL[0]];

/// The comparison is shown able to fail: a backend that is wrong about every program with a `%`.
#[test]
fn generated_planted_difference_is_found_and_made_small() {
    let workers = ScriptWorkers::new(ScriptThreads::Fixed(1)).expect("a thread can be started");
    let wrong_about_modulo: Bias = |backend, text, outcome| {
        if backend == 1
            && text.contains('%')
            && let Some(step) = outcome.steps.last_mut()
        {
            step.state.insert("planted".to_owned(), "wrong".to_owned());
        }
    };
    let trial = Trial { seed: 3, backends: ALIKE, bias: wrong_about_modulo };
    let tally = workers.run(|| trial.tally(0..200));
    let first = *tally.wrong.first().expect("some program has a `%`");
    let text = program(&mut Choices::random(trial.seed, first));
    let small = workers.run(|| trial.shrunk(first).1);
    assert!(small.contains('%') && small.len() < 40, "{} bytes became\n{small}", text.len());
    let report = workers.run(|| trial.report(&[first]));
    assert!(report.contains("planted = wrong"), "{report}");
}

/// A difference in what a program does, not in its text: one that shows only when it runs.
#[test]
fn generated_planted_difference_in_a_value_is_made_small() {
    let workers = ScriptWorkers::new(ScriptThreads::Fixed(1)).expect("a thread can be started");
    let wrong_about_vectors: Bias = |backend, _, outcome| {
        for step in outcome.steps.iter_mut().filter(|_| backend == 1) {
            for value in step.state.values_mut() {
                *value = value.replace(", vec3(0.0, ", ", vec3(-0.0, ");
            }
        }
    };
    let trial = Trial { seed: 5, backends: ALIKE, bias: wrong_about_vectors };
    let tally = workers.run(|| trial.tally(0..2_000));
    let first = *tally.wrong.first().expect("some program has such a vector");
    let small = workers.run(|| trial.shrunk(first).1);
    assert!(small.contains("vec3") && small.len() < 120, "{small}");
}
