//! Time: of this thread alone, in rounds that all contestants run in turn.

use std::time::Duration;

use cpu_time::ThreadTime;

use crate::contestant::Contestant;

/// Rounds that only warm caches, branch predictors and compilers.
const WARM_UP: usize = 10;

/// What one thing took in all rounds, in ns, ascending.
pub struct Sample(Vec<f64>);

impl Sample {
    fn new(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// The middle half of the rounds: from, to.
    pub fn spread(&self) -> (f64, f64) {
        (self.at(0.25), self.at(0.75))
    }

    /// The quickest round.
    pub fn least(&self) -> f64 {
        self.at(0.0)
    }

    fn at(&self, part: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * part).round() as usize]
    }
}

pub fn timed(work: impl FnOnce()) -> Duration {
    let began = ThreadTime::now();
    work();
    began.elapsed()
}

/// What a call takes with each contestant.
pub fn interleaved<N>(
    contestants: &mut [(N, Box<dyn Contestant>)],
    calls: usize,
    rounds: usize,
) -> Vec<Sample> {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    for round in 0..WARM_UP + rounds {
        for ((_, contestant), times) in contestants.iter_mut().zip(&mut times) {
            let time = timed(|| contestant.run(calls));
            if round >= WARM_UP {
                times.push(time.as_secs_f64() * 1e9 / calls as f64);
            }
        }
    }
    times.into_iter().map(Sample::new).collect()
}

/// What two things take, done in turn.
pub fn pair(rounds: usize, mut a: impl FnMut(), mut b: impl FnMut()) -> [Sample; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..WARM_UP + rounds {
        let sample = [timed(&mut a), timed(&mut b)];
        if round >= WARM_UP {
            for (times, time) in times.iter_mut().zip(sample) {
                times.push(time.as_secs_f64() * 1e9);
            }
        }
    }
    times.map(Sample::new)
}
