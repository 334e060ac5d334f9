use std::time::Duration;

use super::{Level, bars::Bars, header::Header, outcome::Outcome, ran::Ran, watch::Ended};

/// Everything that must not have happened; none if the script was contained.
pub(super) fn breaches(header: &Header, ended: &Ended, bars: &Bars, level: Level) -> Vec<String> {
    let mut breaches: Vec<String> = header.mistake.iter().cloned().collect();
    match ended {
        Ended::Ran(ran) => breaches.extend(of_run(header.outcomes_at(level), ran, bars)),
        Ended::Broke { what, .. } => breaches.push(what.clone()),
    }
    breaches
}

/// Whether a run took more time than it may. Another one may take less.
pub(super) fn is_slow(ended: &Ended, bars: &Bars) -> bool {
    match ended {
        Ended::Ran(ran) => ran.call_ms > ms(bars.call) || ran.compile_ms > ms(bars.compile),
        Ended::Broke { .. } => false,
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn of_run(expected: &[Outcome], ran: &Ran, bars: &Bars) -> Vec<String> {
    let mut breaches = Vec::new();
    if ran.outcome == Outcome::Panic {
        breaches.push(format!("panic: {}", ran.message));
    } else if ran.outcome == Outcome::Time && bars.has_deadline {
        // The clock is quicker on some days.
    } else if !expected.is_empty() && !expected.contains(&ran.outcome) {
        let names: Vec<_> = expected.iter().map(|outcome| outcome.name()).collect();
        let names = names.join(" or ");
        let end = match &*ran.message {
            "" => String::new(),
            message => format!(": {message}"),
        };
        breaches.push(format!("outcome {}, expected {names}{end}", ran.outcome.name()));
    }
    let mut time = |what: &str, took: f64, bar: Duration| {
        let bar = ms(bar);
        if took > bar {
            breaches.push(format!("{what} took {took:.1} ms of CPU, the bar is {bar:.1} ms"));
        }
    };
    time("a call", ran.call_ms, bars.call);
    time("compiling", ran.compile_ms, bars.compile);
    let mut bytes = |what: &str, bytes: u64, bar: u64| {
        if bytes > bar {
            breaches.push(format!("{what} {bytes} bytes of heap, the bar is {bar}"));
        }
    };
    bytes("a call took", ran.peak_bytes, bars.heap);
    bytes("the instance kept", ran.kept_bytes, bars.kept);
    bytes("compiling took", ran.compile_bytes, bars.compile_heap);
    bytes("dropping it left", ran.left_bytes, bars.left);
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::attack::ran::Notes;

    fn bars() -> Bars {
        let time = Duration::from_millis(10);
        Bars {
            call: time,
            compile: time,
            heap: 1_000,
            kept: 1_000,
            compile_heap: 1_000,
            left: 100,
            has_deadline: false,
        }
    }

    fn ran(change: impl FnOnce(&mut Ran)) -> Ran {
        let mut ran = Notes::new().finish(0);
        change(&mut ran);
        ran
    }

    #[test]
    fn every_bar_can_be_broken() {
        assert_eq!(of_run(&[Outcome::Ends], &ran(|_| ()), &bars()), [""; 0]);
        let changes: [(fn(&mut Ran), &str); 8] = [
            (|ran| ran.outcome = Outcome::Panic, "panic"),
            (|ran| ran.outcome = Outcome::Fuel, "outcome fuel, expected ends"),
            (|ran| ran.call_ms = 10.5, "a call took 10.5 ms"),
            (|ran| ran.compile_ms = 11.0, "compiling took 11.0 ms"),
            (|ran| ran.peak_bytes = 1_001, "a call took 1001 bytes"),
            (|ran| ran.kept_bytes = 1_001, "the instance kept 1001 bytes"),
            (|ran| ran.compile_bytes = 1_001, "compiling took 1001 bytes"),
            (|ran| ran.left_bytes = 101, "dropping it left 101 bytes"),
        ];
        for (change, words) in changes {
            let breaches = of_run(&[Outcome::Ends], &ran(change), &bars());
            assert_eq!(breaches.len(), 1, "{words}: {breaches:?}");
            assert!(breaches[0].contains(words), "{words}: {breaches:?}");
        }
    }

    #[test]
    fn of_several_runs_the_quickest_counts_and_a_bad_end_always() {
        let slow = |ms: f64| Ended::Ran(Box::new(ran(|ran| ran.call_ms = ms)));
        assert!(is_slow(&slow(10.5), &bars()) && !is_slow(&slow(10.0), &bars()));
        assert!(is_slow(&Ended::Ran(Box::new(ran(|ran| ran.compile_ms = 11.0))), &bars()));
        assert!(
            !is_slow(&slow(30.0).or_quicker(slow(3.0)), &bars()),
            "a disturbed run is forgiven"
        );
        assert!(!is_slow(&slow(3.0).or_quicker(slow(30.0)), &bars()));
        assert!(
            is_slow(&slow(30.0).or_quicker(slow(20.0)), &bars()),
            "one that is always slow is not"
        );
        let killed = || Ended::Broke { outcome: "hang", what: "killed".to_owned() };
        for ended in [slow(30.0).or_quicker(killed()), killed().or_quicker(slow(3.0))] {
            assert_eq!(breaches(&Header::default(), &ended, &bars(), Level::Mod), ["killed"]);
        }
    }

    #[test]
    fn whoever_does_not_report_is_a_breach() {
        let ended = Ended::Broke { outcome: "killed", what: "signal: 6 (SIGABRT)".to_owned() };
        let breaches = breaches(&Header::default(), &ended, &bars(), Level::Mod);
        assert_eq!(breaches, ["signal: 6 (SIGABRT)"]);
    }
}
