//! Mathematics that gives the same bits on every machine.
//!
//! The platform's mathematical functions differ in the last digits between operating systems and
//! processors, so all that are not exact by IEEE 754 go through `libm`. The bits of a NaN that an
//! operation makes differ as well, so every result is brought to one NaN.

use super::{Fault, put, put_changing, refuse};
use rhai::{Blob, EvalAltResult, FuncRegistration, Module, Position};
use std::ops::{Range, RangeInclusive};

/// Replaces the inexact functions, the power operators and the reading and writing of floats in
/// blobs.
///
/// The power operators are used only when the engine's fast operators are off: with them on, the
/// engine calls the platform's power function without looking into any module.
pub(super) fn replace(module: &mut Module) {
    for (name, function) in ONE_ARGUMENT {
        put(module, name, move |x: f64| canonical(function(x)));
    }
    for (name, function) in TWO_ARGUMENTS {
        put(module, name, move |x: f64, y: f64| canonical(function(x, y)));
    }
    FuncRegistration::new_getter("fraction")
        .set_into_module(module, |x: f64| canonical(f64::fract(x)));
    replace_power(module);
    refuse_floats_in_blobs(module);
}

type OneArgument = (&'static str, fn(f64) -> f64);
type TwoArguments = (&'static str, fn(f64, f64) -> f64);

const ONE_ARGUMENT: [OneArgument; 19] = [
    ("sin", libm::sin),
    ("cos", libm::cos),
    ("tan", libm::tan),
    ("sinh", libm::sinh),
    ("cosh", libm::cosh),
    ("tanh", libm::tanh),
    ("asin", libm::asin),
    ("acos", libm::acos),
    ("atan", libm::atan),
    ("asinh", libm::asinh),
    ("acosh", libm::acosh),
    ("atanh", libm::atanh),
    ("exp", libm::exp),
    ("ln", libm::log),
    ("log", libm::log10),
    // The same everywhere but for their NaN.
    ("sqrt", f64::sqrt),
    ("fraction", f64::fract),
    ("to_radians", f64::to_radians),
    ("to_degrees", f64::to_degrees),
];

const TWO_ARGUMENTS: [TwoArguments; 3] = [
    ("atan", libm::atan2),
    ("hypot", libm::hypot),
    ("log", |x, base| libm::log(x) / libm::log(base)),
];

/// The one NaN.
fn canonical(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}

fn power(x: f64, y: f64) -> f64 {
    canonical(libm::pow(x, y))
}

/// An integer as the engine converts it: to the nearest float.
fn nearest(x: i64) -> f64 {
    x as f64
}

fn replace_power(module: &mut Module) {
    put(module, "**", power);
    put(module, "**", |x: f64, y: i64| power(x, nearest(y)));
    put(module, "**", |x: i64, y: f64| power(nearest(x), y));
    put_changing(module, "**=", |x: &mut f64, y: f64| *x = power(*x, y));
    put_changing(module, "**=", |x: &mut f64, y: i64| {
        *x = power(*x, nearest(y));
    });
    // Scripts hold no 32-bit floats of their own; a host may hand them one.
    put(module, "**", |x: f32, y: f32| power(f64::from(x), f64::from(y)) as f32);
    put(module, "**", |x: f32, y: i64| -> Result<f32, Fault> {
        if y > i64::from(i32::MAX) {
            let message = format!("Number raised to too large an index: {x} ** {y}");
            return Err(EvalAltResult::ErrorArithmetic(message, Position::NONE).into());
        }
        Ok(power(f64::from(x), nearest(y)) as f32)
    });
}

/// The bits of a NaN differ between machines, and the bytes of a blob would show them.
fn refuse_floats_in_blobs(module: &mut Module) {
    fn left_out(function: &str) -> Fault {
        refuse(format!("`{function}`: left out for floats, NaN bits differ between machines"))
    }
    for name in ["parse_le_float", "parse_be_float"] {
        put(module, name, move |_: &mut Blob, _: Range<i64>| Err::<f64, _>(left_out(name)));
        put(module, name, move |_: &mut Blob, _: RangeInclusive<i64>| {
            Err::<f64, _>(left_out(name))
        });
        put(module, name, move |_: &mut Blob, _: i64, _: i64| Err::<f64, _>(left_out(name)));
    }
    for name in ["write_le", "write_be"] {
        put_changing(module, name, move |_: &mut Blob, _: Range<i64>, _: f64| {
            Err::<(), _>(left_out(name))
        });
        put_changing(module, name, move |_: &mut Blob, _: RangeInclusive<i64>, _: f64| {
            Err::<(), _>(left_out(name))
        });
        put_changing(module, name, move |_: &mut Blob, _: i64, _: i64, _: f64| {
            Err::<(), _>(left_out(name))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_same, fault, hardened, refusal, stock};
    use super::*;
    use rhai::Dynamic;

    const CALLS: [&str; 23] = [
        "sin(x)",
        "cos(x)",
        "tan(x)",
        "sinh(x)",
        "cosh(x)",
        "tanh(x)",
        "asin(x)",
        "acos(x)",
        "atan(x)",
        "asinh(x)",
        "acosh(x)",
        "atanh(x)",
        "exp(x)",
        "ln(x)",
        "log(x)",
        "sqrt(x)",
        "fraction(x)",
        "to_radians(x)",
        "to_degrees(x)",
        "atan(x, 0.3)",
        "hypot(x, 0.3)",
        "log(x, 3.0)",
        "x.fraction",
    ];

    fn float(engine: &rhai::Engine, script: &str) -> f64 {
        engine.eval::<f64>(script).expect(script)
    }

    #[test]
    fn results_are_near_those_of_the_platform() {
        for call in CALLS {
            for x in ["0.7", "-0.4", "1.0", "0.0", "2.5", "1e10", "-1e-9"] {
                let script = format!("let x = {x}; {call}");
                let (ours, theirs) = (float(&hardened(), &script), float(&stock(), &script));
                let near = (ours - theirs).abs() <= theirs.abs() * 1e-14 || ours == theirs;
                assert!(near || ours.is_nan() && theirs.is_nan(), "{script}: {ours} {theirs}");
            }
        }
    }

    /// Arguments at which many platforms differ from `libm` in some function.
    fn arguments() -> impl Iterator<Item = f64> {
        (1..400).map(|step| f64::from(step) * 0.01237)
    }

    #[test]
    fn results_are_those_of_libm() {
        // Not read off the tables above: a wrong row must show.
        let ours = hardened();
        let functions: [OneArgument; 15] = [
            ("sin(x)", libm::sin),
            ("cos(x)", libm::cos),
            ("tan(x)", libm::tan),
            ("sinh(x)", libm::sinh),
            ("cosh(x)", libm::cosh),
            ("tanh(x)", libm::tanh),
            ("asin(x / 5.0)", |x| libm::asin(x / 5.0)),
            ("acos(x / 5.0)", |x| libm::acos(x / 5.0)),
            ("atan(x)", libm::atan),
            ("asinh(x)", libm::asinh),
            ("acosh(x + 1.0)", |x| libm::acosh(x + 1.0)),
            ("atanh(x / 5.0)", |x| libm::atanh(x / 5.0)),
            ("exp(x)", libm::exp),
            ("ln(x)", libm::log),
            ("log(x)", libm::log10),
        ];
        for (call, function) in functions {
            for x in arguments() {
                let result = float(&ours, &format!("let x = {x:?}; {call}"));
                assert_eq!(result.to_bits(), function(x).to_bits(), "{call} at {x}");
            }
        }
        let functions: [TwoArguments; 6] = [
            ("atan(x, y)", libm::atan2),
            ("hypot(x, y)", libm::hypot),
            ("log(x, y)", |x, y| libm::log(x) / libm::log(y)),
            ("x ** y", libm::pow),
            ("x **= y; x", libm::pow),
            ("x ** -y", |x, y| libm::pow(x, -y)),
        ];
        for (call, function) in functions {
            for x in arguments() {
                let y = 5.3 - x;
                let result = float(&ours, &format!("let x = {x:?}; let y = {y:?}; {call}"));
                assert_eq!(result.to_bits(), function(x, y).to_bits(), "{call} at {x}, {y}");
            }
        }
    }

    #[test]
    fn there_is_one_nan() {
        for script in [
            "sqrt(-1.0)",
            "ln(-1.0)",
            "log(-1.0)",
            "log(-1.0, 2.0)",
            "asin(2.0)",
            "acos(2.0)",
            "acosh(0.5)",
            "atanh(2.0)",
            "let n = -sqrt(-1.0); sin(n)",
            "let n = -sqrt(-1.0); to_radians(n)",
            "let n = -sqrt(-1.0); to_degrees(n)",
            "let n = -sqrt(-1.0); atan(n, 1.0)",
            "let n = -sqrt(-1.0); hypot(n, 1.0)",
            "let i = 1.0/0.0; fraction(i)",
            "let i = 1.0/0.0; i.fraction",
            "sin(1.0/0.0)",
            "-1.0 ** 0.5",
        ] {
            let bits = float(&hardened(), script).to_bits();
            assert_eq!(bits, f64::NAN.to_bits(), "{script}");
        }
    }

    #[test]
    fn powers_come_from_libm_without_fast_operators() {
        let ours = hardened();
        for x in arguments() {
            for y in [-7_i64, 3, 5, 40] {
                let expected = libm::pow(x, nearest(y)).to_bits();
                let result = float(&ours, &format!("let x = {x:?}; x ** {y}"));
                assert_eq!(result.to_bits(), expected, "{x} ** {y}");
                let result = float(&ours, &format!("let x = {x:?}; x **= {y}; x"));
                assert_eq!(result.to_bits(), expected, "{x} **= {y}");
                let expected = libm::pow(nearest(y.abs()), x).to_bits();
                let y = y.abs();
                let result = float(&ours, &format!("let y = {y}; y ** {x:?}"));
                assert_eq!(result.to_bits(), expected, "{y} ** {x}");
            }
        }
        for (script, expected) in [
            ("let x = 1.1; x ** 2.3", libm::pow(1.1, 2.3)),
            ("let x = 1.1; x ** 5", libm::pow(1.1, 5.0)),
            ("let x = 3; x ** 0.7", libm::pow(3.0, 0.7)),
            ("let x = 1.1; x **= 2.3; x", libm::pow(1.1, 2.3)),
            ("let x = 1.1; x **= 5; x", libm::pow(1.1, 5.0)),
            ("let x = 3; x **= 0.7; x", libm::pow(3.0, 0.7)),
        ] {
            assert_eq!(float(&hardened(), script).to_bits(), expected.to_bits(), "{script}");
        }
        assert_same("3 ** 4");
        assert_same("let x = 3; x **= 4; x");
        assert!(matches!(fault("3 ** -1"), EvalAltResult::ErrorArithmetic(..)));
        let mut module = Module::new();
        replace_power(&mut module);
        assert_eq!(module.count().1, 7);
    }

    #[test]
    fn powers_are_answered_here_and_not_by_the_engine() {
        // An engine whose `**` is replaced by a marker answers with the marker for all three pairs,
        // so registered functions come before the built-in ones.
        let mut engine = hardened();
        let mut marker = Module::new();
        put(&mut marker, "**", |_: f64, _: f64| -7.0);
        put(&mut marker, "**", |_: f64, _: i64| -7.0);
        put(&mut marker, "**", |_: i64, _: f64| -7.0);
        put_changing(&mut marker, "**=", |x: &mut f64, _: f64| *x = -7.0);
        engine.register_global_module(marker.into());
        for script in [
            "let x = 1.5; x ** 2.0",
            "let x = 1.5; x ** 2",
            "let x = 2; x ** 1.5",
            "let x = 1.5; x **= 2.0; x",
            "let x = 2; x **= 1.5; x",
        ] {
            assert_eq!(float(&engine, script), -7.0, "{script}");
        }
        engine.set_fast_operators(true);
        assert_eq!(float(&engine, "let x = 1.5; x ** 2.0"), 2.25);
    }

    #[test]
    fn powers_of_32_bit_floats_are_ours() {
        let mut engine = hardened();
        engine.register_fn("half", || 0.5_f32);
        engine.register_fn("single", |x: f64| x as f32);
        for x in arguments() {
            let single = x as f32;
            for (call, y) in [("single(2.6)", f64::from(2.6_f32)), ("-3", -3.0), ("7", 7.0)] {
                let script = format!("single({x:?}) ** {call}");
                let result = engine.eval::<f32>(&script).expect(&script);
                let expected = libm::pow(f64::from(single), y) as f32;
                assert_eq!(result.to_bits(), expected.to_bits(), "{script}");
            }
        }
        let error = engine.eval::<Dynamic>("half() ** 0x1_0000_0000");
        assert!(matches!(*error.expect_err("too large"), EvalAltResult::ErrorArithmetic(..)));
    }

    #[test]
    fn floats_stay_out_of_blobs() {
        for call in [
            "parse_le_float(0, 8)",
            "parse_le_float(0..8)",
            "parse_le_float(0..=7)",
            "parse_be_float(0, 8)",
            "parse_be_float(0..8)",
            "parse_be_float(0..=7)",
            "write_le(0, 8, 1.5)",
            "write_le(0..8, 1.5)",
            "write_le(0..=7, 1.5)",
            "write_be(0, 8, 1.5)",
            "write_be(0..8, 1.5)",
            "write_be(0..=7, 1.5)",
        ] {
            let message = refusal(&format!("let b = blob(8, 1); b.{call}"));
            assert!(message.contains("left out for floats"), "{message}");
        }
        assert_same(
            "let b = blob(8); b.write_le(0, 8, 77); b.write_be(0..4, 1); b.parse_le_int(0, 8)",
        );
    }
}
