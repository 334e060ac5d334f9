use std::fmt::{self, Write};

use super::{Fault, Style, Val};
use crate::{
    contract::Value,
    script::compiled::{
        Range,
        callable::FnValue,
        heap::{Dict, List},
    },
};

/// How many bytes of text one unit of fuel pays for.
const BYTES_A_UNIT: usize = 16;

/// Fuel for a float that is written, beside its text.
const NUMBER: u64 = 5;
/// Fuel for a character that is quoted and written in another way.
const ODD: u64 = 1;
/// Fuel for a character beyond ASCII that is quoted.
const WIDE: u64 = 12;

/// Text that is paid for as it grows, and that refuses to grow over a limit.
pub(super) struct Pen<'a> {
    text: String,
    limit: usize,
    /// Bytes that no unit was paid for so far.
    unpaid: usize,
    pay: &'a mut dyn FnMut(u64) -> Result<(), Fault>,
    /// Why it could not pay.
    fault: Option<Fault>,
    /// Whether the host reads it: inside lists and maps, characters and names are quoted then.
    for_host: bool,
}

/// Why a text was not finished.
pub(super) enum Stop {
    Full,
    Fault(Fault),
}

impl Stop {
    pub(super) fn into_fault(self, caller: &str) -> Fault {
        match self {
            Self::Full => Fault::too_large(&format!("`{caller}`: the string")),
            Self::Fault(fault) => fault,
        }
    }
}

impl Write for Pen<'_> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let left = self.limit.saturating_sub(self.text.len());
        let fits = more.get(..more.floor_char_boundary(left)).unwrap_or_default();
        self.unpaid += fits.len();
        let units = self.unpaid / BYTES_A_UNIT;
        if units > 0 {
            self.unpaid %= BYTES_A_UNIT;
            if let Err(fault) = (self.pay)(units as u64) {
                self.fault = Some(fault);
                return Err(fmt::Error);
            }
        }
        self.text.push_str(fits);
        if fits.len() < more.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl<'a> Pen<'a> {
    const ELLIPSIS: &'static str = "...";

    pub(super) fn new(limit: usize, pay: &'a mut dyn FnMut(u64) -> Result<(), Fault>) -> Self {
        Self { text: String::new(), limit, unpaid: 0, pay, fault: None, for_host: false }
    }

    pub(super) fn for_host(self) -> Self {
        Self { for_host: true, ..self }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// The text as far as it came, with an ellipsis as its end.
    pub(super) fn into_cut_text(mut self) -> String {
        if let Some(end) = self.limit.checked_sub(Self::ELLIPSIS.len()) {
            self.text.truncate(self.text.floor_char_boundary(end));
            self.text.push_str(Self::ELLIPSIS);
        }
        self.text
    }

    pub(super) fn put(&mut self, more: fmt::Arguments<'_>) -> Result<(), Stop> {
        self.write_fmt(more).map_err(|fmt::Error| self.fault.take().map_or(Stop::Full, Stop::Fault))
    }

    /// Things one after the other; each costs two units beside its text.
    pub(super) fn list<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        separator: &str,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        for (index, item) in items.enumerate() {
            (self.pay)(2).map_err(Stop::Fault)?;
            if index > 0 {
                self.put(format_args!("{separator}"))?;
            }
            write(self, item)?;
        }
        Ok(())
    }

    /// Bytes as text; those that are none become `\u{fffd}`.
    pub(super) fn utf8(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        for chunk in bytes.utf8_chunks() {
            self.put(format_args!("{}", chunk.valid()))?;
            if !chunk.invalid().is_empty() {
                self.put(format_args!("\u{fffd}"))?;
            }
        }
        Ok(())
    }

    pub(super) fn value(&mut self, value: &Val, style: Style) -> Result<(), Stop> {
        match (style, value) {
            (Style::Print, Val::Unit) => Ok(()),
            (Style::Print, Val::Text(text)) => self.put(format_args!("{}", text.as_str())),
            (Style::Print, Val::Float(x)) => {
                self.pay(NUMBER)?;
                self.put(format_args!("{}", Natural(*x)))
            }
            (Style::Print, Val::Char(c)) => self.put(format_args!("{c}")),
            (Style::Print, Val::Fn(function)) => self.named(function),
            _ => self.debugged(value),
        }
    }

    fn debugged(&mut self, value: &Val) -> Result<(), Stop> {
        match value {
            Val::Unit => self.put(format_args!("()")),
            Val::Bool(b) => self.put(format_args!("{b}")),
            Val::Char(c) if self.for_host => self.put(format_args!("{c:?}")),
            Val::Char(c) => self.put(format_args!("{c}")),
            Val::Int(i) => self.put(format_args!("{i}")),
            Val::Float(x) => {
                self.pay(NUMBER)?;
                self.put(format_args!("{x:?}"))
            }
            Val::Vec3(v) => {
                self.pay(3 * NUMBER)?;
                self.put(format_args!("{}", Value::Vec3(*v)))
            }
            Val::Text(text) => self.quoted(text),
            Val::Array(list) => self.array(list),
            Val::Map(dict) => self.map(dict),
            Val::Blob(blob) => self.blob(blob),
            Val::Range(range) => self.range(***range),
            Val::Fn(function) if self.for_host => self.put(format_args!("Fn({:?})", function.name)),
            Val::Fn(function) => self.named(function),
            Val::Steps(_) => self.put(format_args!("range")),
            Val::Cell(_) => self.put(format_args!("{}", value.type_name())),
        }
    }

    /// Pays for more than the bytes that are written.
    fn pay(&mut self, units: u64) -> Result<(), Stop> {
        (self.pay)(units).map_err(Stop::Fault)
    }

    /// Text in quotes. Whether a character can be shown is looked up in tables, but for plain ones.
    pub(super) fn quoted(&mut self, text: &str) -> Result<(), Stop> {
        let is_odd = |byte: &u8| byte.is_ascii_control() || matches!(byte, b'"' | b'\\');
        let odd = text.bytes().filter(is_odd).count() as u64;
        let wide = text.chars().filter(|c| !c.is_ascii()).count() as u64;
        self.pay(1 + ODD * odd + WIDE * wide)?;
        self.put(format_args!("{text:?}"))
    }

    fn named(&mut self, function: &FnValue) -> Result<(), Stop> {
        self.put(format_args!("Fn({})", function.name))
    }

    fn array(&mut self, list: &List) -> Result<(), Stop> {
        self.put(format_args!("["))?;
        self.list(list.iter(), ", ", Self::debugged)?;
        self.put(format_args!("]"))
    }

    fn map(&mut self, dict: &Dict) -> Result<(), Stop> {
        self.put(format_args!("#{{"))?;
        self.list(dict.iter(), ", ", |pen, (key, value)| {
            pen.quoted(key)?;
            pen.put(format_args!(": "))?;
            pen.debugged(value)
        })?;
        self.put(format_args!("}}"))
    }

    /// In groups of eight, each byte as two digits.
    fn blob(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.put(format_args!("["))?;
        self.list(bytes.chunks(8), " ", |pen, group| {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            let digit = |half: u8| char::from(DIGITS[usize::from(half & 15)]);
            let digits: String = group.iter().flat_map(|b| [digit(b >> 4), digit(*b)]).collect();
            pen.put(format_args!("{digits}"))
        })?;
        self.put(format_args!("]"))
    }

    /// An end that nothing lies behind was left open, and stays so.
    fn range(&mut self, range: Range) -> Result<(), Stop> {
        let Range { start, end, inclusive } = range;
        let dots = if inclusive { "..=" } else { ".." };
        if end == i64::MAX {
            self.put(format_args!("{start}{dots}"))
        } else {
            self.put(format_args!("{start}{dots}{end}"))
        }
    }
}

/// A float as people write it: with a point, or with an exponent if it is very large or small.
struct Natural(f64);

impl Natural {
    // Rhai has these as single floats, which are not quite 1e13 and 1e-13.
    const MOST: f64 = 10_000_000_000_000.0_f32 as f64;
    const LEAST: f64 = 0.000_000_000_000_1_f32 as f64;
}

impl fmt::Display for Natural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if size == 0.0 {
            f.write_str("0.0")
        } else if !(Self::LEAST..=Self::MOST).contains(&size) {
            write!(f, "{:e}", self.0)
        } else {
            let point = if size.fract() == 0.0 { ".0" } else { "" };
            write!(f, "{}{point}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use glam::Vec3;

    use super::*;
    use crate::script::compiled::{show::shown, steps::Steps};

    fn text(value: &Val, style: Style) -> String {
        let mut free = |_| Ok(());
        let mut pen = Pen::new(1 << 20, &mut free);
        assert!(pen.value(value, style).is_ok());
        pen.into_text()
    }

    #[test]
    fn floats_are_as_in_rhai() {
        let floats = [
            0.0,
            -0.0,
            1.0,
            -1.5,
            0.1,
            1e12,
            9_999_999_827_968.0,
            9_999_999_827_969.0,
            1e13,
            12_345_678_901_234.5,
            1e-12,
            1e-13,
            9.9e-14,
            1e300,
            f64::MIN_POSITIVE,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        for x in floats {
            let rhai = rhai::Dynamic::from_float(x);
            assert_eq!(text(&Val::Float(x), Style::Print), rhai.to_string());
            assert_eq!(text(&Val::Float(x), Style::Debug), format!("{rhai:?}"));
        }
    }

    #[test]
    fn values_are_as_in_rhai() {
        let shown = [
            (Val::Unit, "", "()"),
            (Val::Bool(true), "true", "true"),
            (Val::Char('c'), "c", "c"),
            (Val::Int(-5), "-5", "-5"),
            (Val::Vec3(Vec3::X), "vec3(1.0, 0.0, 0.0)", "vec3(1.0, 0.0, 0.0)"),
            (Val::text("a\"\n"), "a\"\n", r#""a\"\n""#),
            (Val::blob(vec![255; 9]), "[ffffffffffffffff ff]", "[ffffffffffffffff ff]"),
            (Val::blob(vec![]), "[]", "[]"),
            (Val::range(1, 3, false), "1..3", "1..3"),
            (Val::range(1, 3, true), "1..=3", "1..=3"),
            (Val::range(1, i64::MAX, false), "1..", "1.."),
            (Val::range(1, i64::MAX, true), "1..=", "1..="),
            (Val::Fn(Arc::new(FnValue::named("f", 0))), "Fn(f)", "Fn(f)"),
            (Val::array(vec![]), "[]", "[]"),
            (Val::map([].into()), "#{}", "#{}"),
        ];
        for (value, printed, debugged) in shown {
            assert_eq!(text(&value, Style::Print), printed);
            assert_eq!(text(&value, Style::Debug), debugged);
        }
        let chars =
            Steps::chars(&Arc::new(crate::script::compiled::heap::Text::new("a".into())), 0, 1);
        assert_eq!(text(&Val::steps(chars), Style::Print), "range");
    }

    fn nested() -> Val {
        let entry = |key: &str, value| (key.into(), value);
        let map = Val::map([entry("k", Val::text("v")), entry("b c", Val::Float(-0.0))].into());
        Val::array(vec![Val::Unit, Val::Char('c'), Val::text("é\u{1}"), map])
    }

    #[test]
    fn what_is_inside_is_quoted() {
        let expected = r##"[(), c, "é\u{1}", #{"b c": -0.0, "k": "v"}]"##;
        assert_eq!(text(&nested(), Style::Print), expected);
        assert_eq!(text(&nested(), Style::Debug), expected);
        assert_eq!(shown(&nested(), Style::Print, 1000), expected.replace(" c,", " 'c',"));
    }

    #[test]
    fn long_text_is_cut_for_the_host() {
        assert_eq!(shown(&nested(), Style::Print, 12), r"[(), 'c',...");
        assert_eq!(shown(&Val::text("éééé"), Style::Print, 8), "éééé");
        assert_eq!(shown(&Val::text("éééé"), Style::Print, 7), "éé...");
        assert_eq!(shown(&Val::text("éééé"), Style::Print, 2), "é");
    }

    #[test]
    fn text_is_paid_for_before_it_is_there() {
        let long = Val::array(vec![Val::text("x".repeat(100)); 3]);
        let mut paid = 0;
        let mut pay = |units| {
            paid += units;
            Ok(())
        };
        let mut pen = Pen::new(1000, &mut pay);
        assert!(pen.value(&long, Style::Print).is_ok());
        let length = pen.into_text().len();
        assert_eq!(paid, 3 * (2 + 1) + length as u64 / 16);

        let mut left = 5_u64;
        let mut pay = |units| match left.checked_sub(units) {
            Some(rest) => {
                left = rest;
                Ok(())
            }
            None => Err(Fault::out_of_fuel()),
        };
        let mut pen = Pen::new(1000, &mut pay);
        assert!(matches!(pen.value(&long, Style::Print), Err(Stop::Fault(_))));
        assert!(pen.into_text().len() < 100);
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        for bytes in [&b"ab\xff\xc3\xa9\xe2\x82"[..], b"", b"\xf0\x9f\x98\x80\xed\xa0\x80z"] {
            let mut free = |_| Ok(());
            let mut pen = Pen::new(100, &mut free);
            assert!(pen.utf8(bytes).is_ok());
            assert_eq!(pen.into_text(), String::from_utf8_lossy(bytes));
        }
    }
}
