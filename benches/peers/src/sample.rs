//! Times of one thing in many rounds.

/// What one thing took in all rounds, ascending.
#[derive(Clone, Debug)]
pub struct Sample(Vec<f64>);

impl Sample {
    pub fn new(mut times: Vec<f64>) -> Self {
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

    pub const fn rounds(&self) -> usize {
        self.0.len()
    }

    fn at(&self, part: f64) -> f64 {
        let index = (self.0.len().saturating_sub(1) as f64 * part).round() as usize;
        self.0.get(index).copied().unwrap_or(f64::NAN)
    }
}
