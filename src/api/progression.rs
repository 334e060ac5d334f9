//! Numbers that mostly grow evenly.

/// Numbers in order. If each is by as much greater than the one before it, only the first and that are kept: whoever
/// goes through many of them, each time some, then reads no memory for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progression {
    /// It has no end.
    Even {
        first: u64,
        /// By how much each is greater than the one before, modulo 2⁶⁴.
        step: u64,
    },
    Uneven(Box<[u64]>),
}

impl Progression {
    /// Some numbers.
    pub(crate) fn of(numbers: impl IntoIterator<Item = u64>) -> Self {
        let numbers: Vec<u64> = numbers.into_iter().collect();
        let (first, step) = match *numbers {
            [first, second, ..] => (first, second.wrapping_sub(first)),
            [first] => (first, 0),
            [] => (0, 0),
        };
        let is_even = numbers.windows(2).all(|two| two[1].wrapping_sub(two[0]) == step);
        if is_even { Self::Even { first, step } } else { Self::Uneven(numbers.into()) }
    }

    /// The number in a place, from 0. Behind the last it may be any or `None`.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<u64> {
        match self {
            Self::Even { first, step } => Some(first.wrapping_add(step.wrapping_mul(at as u64))),
            Self::Uneven(all) => all.get(at).copied(),
        }
    }

    /// Whether some numbers are the first of these.
    #[inline(always)]
    pub(crate) fn begins_with(&self, numbers: impl ExactSizeIterator<Item = u64>) -> bool {
        // All are compared, without asking after each: then it goes several at a time.
        match self {
            Self::Even { first, step } => {
                let mut expected = *first;
                let differ = numbers.fold(0, |differ, number| {
                    let differs = number ^ expected;
                    expected = expected.wrapping_add(*step);
                    differ | differs
                });
                differ == 0
            }
            Self::Uneven(all) => {
                let is_longer = numbers.len() > all.len();
                !is_longer && numbers.zip(all).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
            }
        }
    }

    /// Makes things of these numbers, as many as there are places for them; what is behind the last stays as it is, or is
    /// made of any number.
    #[inline(always)]
    pub(crate) fn put<T>(&self, to: &mut [T], make: impl Fn(u64) -> T) {
        match self {
            Self::Even { first, step } => {
                let mut number = *first;
                for to in to {
                    *to = make(number);
                    number = number.wrapping_add(*step);
                }
            }
            Self::Uneven(all) => {
                to.iter_mut().zip(all).for_each(|(to, number)| *to = make(*number));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_even_and_what_is_not_are_the_same_numbers() {
        let even = [vec![], vec![7], vec![5, 5, 5], vec![10, 9, 8], vec![u64::MAX, 1, 3]];
        let uneven = [vec![0, 1, 3], vec![4, 4, 5], vec![u64::MAX, 0, 2]];
        for (numbers, is_even) in
            even.iter().map(|it| (it, true)).chain(uneven.iter().map(|it| (it, false)))
        {
            let progression = Progression::of(numbers.iter().copied());
            assert_eq!(matches!(progression, Progression::Even { .. }), is_even, "{numbers:?}");
            let found: Vec<_> = (0..numbers.len()).filter_map(|at| progression.get(at)).collect();
            assert_eq!(&found, numbers);
            let mut put = vec![1_000_000; numbers.len()];
            progression.put(&mut put, |number| number);
            assert_eq!(&put, numbers);
            // All of them, and fewer.
            for count in 0..=numbers.len() {
                assert!(progression.begins_with(numbers[..count].iter().copied()));
            }
            // Others in one place.
            for at in 0..numbers.len() {
                let mut others = numbers.clone();
                others[at] ^= 1 << 40;
                assert!(!progression.begins_with(others.iter().copied()), "{others:?}");
            }
        }
        let progression = Progression::of([0, 1, 3]);
        assert!(!progression.begins_with([0, 1, 3, 4].into_iter()));
        assert_eq!(progression.get(3), None);
        // Fewer places, and more.
        let mut put = [9; 2];
        progression.put(&mut put, |number| number * 2);
        assert_eq!(put, [0, 2]);
        let mut put = [9; 4];
        progression.put(&mut put, |number| number * 2);
        assert_eq!(put, [0, 2, 6, 9]);
    }
}
