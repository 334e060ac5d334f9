//! Numbers as people read them.

/// A time in nanoseconds, with as many digits as mean something.
pub fn time(ns: f64) -> String {
    let (number, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{} {unit}", digits(number))
}

pub fn ratio(ratio: f64) -> String {
    if ratio < 0.001 {
        return "under 0.001x".to_owned();
    }
    format!("{}x", digits(ratio))
}

pub fn bytes(bytes: f64) -> String {
    let (number, unit) = match bytes {
        bytes if bytes < 1e3 => return format!("{bytes:.0} B"),
        bytes if bytes < 1e6 => (bytes / 1e3, "kB"),
        bytes => (bytes / 1e6, "MB"),
    };
    format!("{} {unit}", digits(number))
}

fn digits(number: f64) -> String {
    match number {
        n if n < 0.1 => format!("{n:.3}"),
        n if n < 10.0 => format!("{n:.2}"),
        n if n < 100.0 => format!("{n:.1}"),
        n => count(n.round() as usize),
    }
}

/// A whole number with commas.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_or_commas() {
        assert_eq!(time(1.234), "1.23 ns");
        assert_eq!(time(45_678.0), "45.7 µs");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(ratio(1_157.4), "1,157x");
    }
}
