//! From a program that shows something to a small one that still shows it.
//!
//! First the numbers that it is made of are cut and lowered, so that it stays a program of the
//! grammar; then pieces of its text are left out.

use super::{choices::Choices, generator::program};

/// So many programs are tried at most.
const TRIALS: usize = 6_000;

/// The text of a small program that a test accepts, by way of the numbers of one that it accepts.
pub(super) fn shrink(numbers: Vec<u32>, shows: impl FnMut(&str) -> bool) -> String {
    let mut search = Search { shows, trials: 0 };
    let mut best = Candidate::of(numbers);
    loop {
        let before = best.text.len();
        search.cut_spans(&mut best);
        search.cut_chunks(&mut best);
        search.lower(&mut best);
        if best.text.len() == before || search.trials >= TRIALS {
            break;
        }
    }
    let mut text = best.text;
    loop {
        let before = text.len();
        text = search.leave_out(&text, |text| pieces(text, |c| c == '\n'));
        text = search.leave_out(&text, |text| pieces(text, |c| ";{}".contains(c)));
        text = search.leave_out(&text, tokens);
        if text.len() == before || search.trials >= 2 * TRIALS {
            return text;
        }
    }
}

struct Candidate {
    numbers: Vec<u32>,
    spans: Vec<(usize, usize)>,
    text: String,
}

impl Candidate {
    fn of(numbers: Vec<u32>) -> Self {
        let mut choices = Choices::replay(numbers);
        let text = program(&mut choices);
        let (numbers, spans) = choices.finish();
        Self { numbers, spans, text }
    }

    fn is_simpler_than(&self, other: &Self) -> bool {
        (self.text.len(), &self.numbers) < (other.text.len(), &other.numbers)
    }
}

struct Search<F> {
    shows: F,
    trials: usize,
}

impl<F: FnMut(&str) -> bool> Search<F> {
    fn shows(&mut self, text: &str) -> bool {
        self.trials += 1;
        (self.shows)(text)
    }

    /// Takes another list of numbers if its program is simpler and still shows it.
    fn take(&mut self, best: &mut Candidate, numbers: Vec<u32>) -> bool {
        if self.trials >= TRIALS {
            return false;
        }
        let candidate = Candidate::of(numbers);
        let is_taken = candidate.is_simpler_than(best) && self.shows(&candidate.text);
        if is_taken {
            *best = candidate;
        }
        is_taken
    }

    /// Leaves out an expression or a statement, or puts a part of it in its place; large ones first.
    fn cut_spans(&mut self, best: &mut Candidate) {
        let mut done = 0;
        loop {
            let mut spans = best.spans.clone();
            spans.sort_by_key(|(begin, end)| std::cmp::Reverse(end - begin));
            let Some((begin, end)) = spans.get(done).copied() else { return };
            let with =
                |middle: &[u32]| [&best.numbers[..begin], middle, &best.numbers[end..]].concat();
            let inside = spans.iter().filter(|(b, e)| begin < *b && *e <= end);
            let mut trials = vec![with(&[]), with(&[0])];
            trials.extend(inside.take(12).map(|(b, e)| with(&best.numbers[*b..*e])));
            if !trials.into_iter().any(|numbers| self.take(best, numbers)) {
                done += 1;
            }
            if self.trials >= TRIALS {
                return;
            }
        }
    }

    fn cut_chunks(&mut self, best: &mut Candidate) {
        for size in [8, 4, 2, 1] {
            let mut at = 0;
            while at < best.numbers.len() {
                let end = (at + size).min(best.numbers.len());
                let numbers = [&best.numbers[..at], &best.numbers[end..]].concat();
                if !self.take(best, numbers) {
                    at += 1;
                }
            }
        }
    }

    fn lower(&mut self, best: &mut Candidate) {
        let mut at = 0;
        while at < best.numbers.len() {
            let number = best.numbers[at];
            let lower = [0, number / 2, number.saturating_sub(1)];
            let mut tried = number;
            for lower in lower {
                if lower < tried.min(number) {
                    tried = lower;
                    let mut numbers = best.numbers.clone();
                    numbers[at] = lower;
                    if self.take(best, numbers) {
                        break;
                    }
                }
            }
            at += 1;
        }
    }

    /// Leaves out pieces of the text, many at once at first, as long as it still shows it.
    fn leave_out(&mut self, text: &str, cut: impl Fn(&str) -> Vec<String>) -> String {
        let mut parts = cut(text);
        let mut size = parts.len().next_power_of_two();
        while size > 0 {
            let mut at = 0;
            while at < parts.len() && self.trials < 2 * TRIALS {
                let end = (at + size).min(parts.len());
                let shorter = [&parts[..at], &parts[end..]].concat();
                if self.shows(&shorter.concat()) {
                    parts = shorter;
                } else {
                    at += 1;
                }
            }
            size /= 2;
        }
        parts.concat()
    }
}

/// Text in pieces that end with certain characters.
fn pieces(text: &str, is_end: impl Fn(char) -> bool) -> Vec<String> {
    text.split_inclusive(is_end).map(str::to_owned).collect()
}

/// Text in words, numbers, signs, and what stands in brackets of the innermost kind.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut is_word = false;
    for c in text.chars() {
        let continues = c.is_alphanumeric() || c == '_';
        match tokens.last_mut() {
            Some(last) if continues && is_word => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        is_word = continues;
    }
    tokens
}
