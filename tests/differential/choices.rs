//! The numbers that a generated program is made of.
//!
//! A program is a function of a list of numbers. Fresh ones come from a seed; a list that is replayed
//! goes on with zeros where it ends, and zero always stands for the simplest alternative. So any list
//! is some program, and a list that is cut or lowered is a simpler one.

/// A source of numbers, and a list of those that were drawn.
pub(super) struct Choices {
    drawn: Vec<u32>,
    /// What is replayed, if anything is.
    replayed: Option<Vec<u32>>,
    /// The state of the random numbers otherwise.
    state: u64,
    /// Which numbers belong together: of one expression, one statement. In the order of their ends.
    spans: Vec<(usize, usize)>,
}

impl Choices {
    /// Numbers at random, the same ones for the same seed and index.
    pub(super) fn random(seed: u64, index: u64) -> Self {
        let state = mixed(seed ^ mixed(index.wrapping_add(0x9e37_79b9_7f4a_7c15)));
        Self { drawn: Vec::with_capacity(512), replayed: None, state, spans: Vec::new() }
    }

    /// The numbers of a list, then zeros.
    pub(super) const fn replay(numbers: Vec<u32>) -> Self {
        Self { drawn: Vec::new(), replayed: Some(numbers), state: 0, spans: Vec::new() }
    }

    /// A number below a bound, which is not 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let number = match &self.replayed {
            Some(numbers) => numbers.get(self.drawn.len()).map_or(0, |number| number % bound),
            None => {
                self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                ((u64::from(mixed(self.state) as u32) * u64::from(bound)) >> 32) as u32
            }
        };
        self.drawn.push(number);
        number
    }

    /// True once in so many times; false is simpler.
    pub(super) fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == times - 1
    }

    /// One of several; the first is the simplest.
    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u32) as usize]
    }

    /// Where something begins that [`end`](Self::end) makes a span of.
    pub(super) const fn begin(&self) -> usize {
        self.drawn.len()
    }

    /// Notes that the numbers drawn since a beginning belong together.
    pub(super) fn end(&mut self, begin: usize) {
        if self.replayed.is_some() {
            self.spans.push((begin, self.drawn.len()));
        }
    }

    /// The numbers drawn, and the spans among them if they were replayed.
    pub(super) fn finish(self) -> (Vec<u32>, Vec<(usize, usize)>) {
        (self.drawn, self.spans)
    }
}

/// All bits of a number spread over all bits (`SplitMix64`).
const fn mixed(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
