use glam::Vec3;

use super::{
    ApiFault, Column, Scalar, ScriptContext,
    scalar::{amounts, points},
};
use crate::contract::{ScriptId, Value, ValueKind, is_finite};

/// A value as a script passes it to a function, borrowed from whichever backend runs the script.
#[derive(Clone, Copy)]
pub enum Passed<'a> {
    /// `()`.
    Unit,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text.
    Str(&'a str),
    /// A vector.
    Vec3(Vec3),
    /// Anything else.
    Other(&'a dyn PassedObject),
}

/// A value that is not a plain scalar, as the backend keeps it.
pub trait PassedObject {
    /// What scripts call its type.
    fn type_name(&self) -> String;
    /// A copy as plain data.
    ///
    /// # Errors
    /// It is, or holds, something that is not plain data, such as a function pointer.
    fn to_value(&self) -> Result<Value, ApiFault>;
    /// Its two or three numbers, if it is an array of just those; the count comes second.
    fn numbers(&self) -> Option<([f64; 3], usize)>;
    /// As `print` shows it.
    fn shown(&self) -> String;
}

impl Passed<'_> {
    /// What scripts call its type.
    #[must_use]
    pub fn type_name(&self) -> String {
        let kind = match self {
            Self::Unit => ValueKind::Unit,
            Self::Bool(_) => ValueKind::Bool,
            Self::Int(_) => ValueKind::Int,
            Self::Float(_) => ValueKind::Float,
            Self::Str(_) => ValueKind::String,
            Self::Vec3(_) => ValueKind::Vec3,
            Self::Other(object) => return object.type_name(),
        };
        kind.to_string()
    }

    /// A copy as plain data.
    ///
    /// # Errors
    /// It is, or holds, something that is not plain data.
    pub fn to_value(&self) -> Result<Value, ApiFault> {
        Ok(match self {
            Self::Unit => Value::Unit,
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(i) => Value::Int(*i),
            Self::Float(x) => Value::Float(*x),
            Self::Str(text) => Value::String((*text).to_owned()),
            Self::Vec3(v) => Value::Vec3(*v),
            Self::Other(object) => return object.to_value(),
        })
    }

    fn expected(&self, wanted: &str) -> ApiFault {
        ApiFault::expected(wanted, &self.type_name())
    }
}

/// The arguments of a call, as the backend keeps them that runs the script.
pub trait Handed {
    /// The argument at a place, from 0; `()` if there are not so many.
    fn passed(&self, at: usize) -> Passed<'_>;
}

impl Handed for [Passed<'_>] {
    #[inline]
    fn passed(&self, at: usize) -> Passed<'_> {
        self.get(at).copied().unwrap_or(Passed::Unit)
    }
}

/// A type that a parameter accepts; a backend may choose its way of calling by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the script type of that name")]
pub enum Accepts {
    Bool,
    Int,
    Float,
    Str,
    Vec3,
    Array,
    Map,
    /// Whatever is passed.
    Anything,
}

/// The type of a parameter: checks what a script passed and makes it the Rust value that the
/// function works on. Implemented by the types of this module and by `bool`, `i64`, [`Vec3`] and
/// [`Value`].
pub trait Arg: Sized {
    /// How references write this type.
    const TYPE: &'static str;
    /// The script types it is made from.
    const ACCEPTS: &'static [Accepts];
    /// The scalar that is passed mostly; `()` if it is none.
    type Scalar: Scalar;
    /// Checks and converts.
    ///
    /// # Errors
    /// What was passed is not acceptable; the message says what would be.
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault>;

    /// The same of what is passed mostly. `None` says nothing: then it is found out by [`take`](Self::take).
    #[inline(always)]
    fn quick(context: &ScriptContext<'_>, passed: Passed<'_>) -> Option<Self> {
        Self::take(context, passed).ok()
    }

    /// Of many calls, each a bit, those of which it is not known that what is passed is not acceptable.
    #[doc(hidden)]
    #[inline(always)]
    fn sieve(column: <Self::Scalar as Scalar>::In<'_>, mask: u64) -> u64 {
        let _ = column;
        mask
    }

    /// As [`quick`](Self::quick), of one of those calls.
    #[doc(hidden)]
    #[inline(always)]
    fn sifted(
        context: &ScriptContext<'_>,
        column: <Self::Scalar as Scalar>::In<'_>,
        lane: usize,
    ) -> Option<Self> {
        Self::quick(context, <Self::Scalar>::get(column, lane).passed())
    }
}

/// For an [`Arg`] around a scalar: what it must be is looked at for all calls at once.
macro_rules! sifted_by {
    ($sieve:ident, $scalar:ty) => {
        #[inline(always)]
        fn sieve(column: &Column<$scalar>, mask: u64) -> u64 {
            $sieve(column, mask)
        }

        #[inline(always)]
        fn sifted(_: &ScriptContext<'_>, column: &Column<$scalar>, lane: usize) -> Option<Self> {
            Some(Self(<$scalar>::get(column, lane)))
        }
    };
}

/// An entity that exists, as the call sees the world.
#[derive(Clone, Copy, Debug)]
pub struct Live(pub ScriptId);

/// An entity that exists and has a place in the world, as the call sees it.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The entity.
    pub id: ScriptId,
    /// Where it is, in world space.
    pub at: Vec3,
}

/// A number that is neither NaN nor infinite.
#[derive(Clone, Copy, Debug)]
pub struct Finite(pub f64);

/// A finite number of 0 or more: an amount, a radius, a duration.
#[derive(Clone, Copy, Debug)]
pub struct Amount(pub f64);

/// A position or direction: a `Vec3`, `[x, y, z]` or `[x, z]`, all finite.
#[derive(Clone, Copy, Debug)]
pub struct Point(pub Vec3);

/// A position, or an entity that stands for its position.
#[derive(Clone, Copy, Debug)]
pub struct Place(pub Vec3);

/// A whole number of 0 or more, at most 4,294,967,295.
#[derive(Clone, Copy, Debug)]
pub struct Count(pub u32);

/// Text within [`ScriptLimits::string_bytes`](crate::contract::ScriptLimits::string_bytes).
#[derive(Clone, Debug)]
pub struct Text(pub String);

/// Text that is not empty: the name of something.
#[derive(Clone, Debug)]
pub struct Name(pub String);

/// Anything, as `print` shows it.
#[derive(Clone, Debug)]
pub struct Shown(pub String);

/// An integer or a float, for functions that answer in kind.
#[derive(Clone, Copy, Debug)]
pub enum Span {
    /// An integer.
    Int(i64),
    /// A finite float.
    Float(f64),
}

const NUMBER: &[Accepts] = &[Accepts::Float, Accepts::Int];

#[inline]
fn number(passed: Passed<'_>) -> Result<f64, ApiFault> {
    let x = match passed {
        Passed::Int(i) => i as f64,
        Passed::Float(x) => x,
        other => return Err(other.expected("a number")),
    };
    if x.is_finite() { Ok(x) } else { Err(ApiFault::new(format!("must be finite, got {x}"))) }
}

impl Arg for bool {
    const TYPE: &'static str = "bool";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Bool];
    type Scalar = bool;
    #[inline]
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        Self::quick(context, passed).ok_or_else(|| passed.expected("true or false"))
    }

    #[inline(always)]
    fn quick(_: &ScriptContext<'_>, passed: Passed<'_>) -> Option<Self> {
        if let Passed::Bool(b) = passed { Some(b) } else { None }
    }
}

impl Arg for i64 {
    const TYPE: &'static str = "int";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Int];
    type Scalar = i64;
    #[inline]
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        Self::quick(context, passed).ok_or_else(|| passed.expected("an int"))
    }

    #[inline(always)]
    fn quick(_: &ScriptContext<'_>, passed: Passed<'_>) -> Option<Self> {
        if let Passed::Int(i) = passed { Some(i) } else { None }
    }
}

impl Arg for Live {
    const TYPE: &'static str = "int";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Int];
    type Scalar = i64;
    #[inline]
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        Self::quick(context, passed).ok_or_else(|| not_live(context, passed))
    }

    #[inline(always)]
    fn quick(context: &ScriptContext<'_>, passed: Passed<'_>) -> Option<Self> {
        match passed {
            Passed::Int(id) if context.exists(ScriptId(id)) => Some(Self(ScriptId(id))),
            _ => None,
        }
    }
}

impl Arg for Standing {
    const TYPE: &'static str = "int";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Int];
    type Scalar = i64;
    #[inline]
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        match Self::quick(context, passed) {
            Some(standing) => Ok(standing),
            None => standing(context, passed),
        }
    }

    #[inline(always)]
    fn quick(context: &ScriptContext<'_>, passed: Passed<'_>) -> Option<Self> {
        let Passed::Int(id) = passed else { return None };
        let id = ScriptId(id);
        Some(Self { id, at: context.standing(id)? })
    }
}

#[cold]
#[inline(never)]
fn standing(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Standing, ApiFault> {
    let Live(id) = Live::take(context, passed)?;
    Ok(Standing { id, at: context.position(id)? })
}

#[cold]
#[inline(never)]
fn not_live(context: &ScriptContext<'_>, passed: Passed<'_>) -> ApiFault {
    match passed {
        Passed::Int(id) if context.has_destroyed(ScriptId(id)) => {
            ApiFault::not_found(format!("entity {id} was destroyed earlier in this call"))
        }
        Passed::Int(id) => ApiFault::no_entity(ScriptId(id)),
        other => other.expected("an entity id (int)"),
    }
}

impl Arg for Finite {
    const TYPE: &'static str = "float";
    const ACCEPTS: &'static [Accepts] = NUMBER;
    type Scalar = f64;
    #[inline]
    fn take(_: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        number(passed).map(Self)
    }
}

impl Arg for Amount {
    const TYPE: &'static str = "float";
    const ACCEPTS: &'static [Accepts] = NUMBER;
    type Scalar = f64;
    #[inline]
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        match Self::quick(context, passed) {
            Some(amount) => Ok(amount),
            None => amount(passed).map(Self),
        }
    }

    #[inline(always)]
    fn quick(_: &ScriptContext<'_>, passed: Passed<'_>) -> Option<Self> {
        let x = match passed {
            Passed::Float(x) => x,
            Passed::Int(i) => i as f64,
            _ => return None,
        };
        (0.0..=f64::from(f32::MAX)).contains(&x).then_some(Self(x))
    }

    sifted_by!(amounts, f64);
}

/// The amount that a number stands for, or what is wrong with it.
#[inline(never)]
fn amount(passed: Passed<'_>) -> Result<f64, ApiFault> {
    let x = number(passed)?;
    if x < 0.0 {
        return Err(ApiFault::new(format!("must be 0 or more, got {x}")));
    }
    single(x)?;
    Ok(x)
}

impl Arg for Count {
    const TYPE: &'static str = "int";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Int];
    type Scalar = i64;
    #[inline]
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        let count = i64::take(context, passed)?;
        u32::try_from(count).map(Self).map_err(|_| {
            let what = if count < 0 { "must be 0 or more" } else { "must be at most 4294967295" };
            ApiFault::new(format!("{what}, got {count}"))
        })
    }
}

impl Arg for Span {
    const TYPE: &'static str = "int | float";
    const ACCEPTS: &'static [Accepts] = NUMBER;
    type Scalar = f64;
    fn take(_: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        match passed {
            Passed::Int(i) => Ok(Self::Int(i)),
            other => number(other).map(Self::Float),
        }
    }
}

impl Arg for Point {
    const TYPE: &'static str = "Vec3";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Vec3, Accepts::Array];
    type Scalar = Vec3;
    #[inline]
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        match Self::quick(context, passed) {
            Some(point) => Ok(point),
            None => point(passed).map(Self),
        }
    }

    #[inline(always)]
    fn quick(_: &ScriptContext<'_>, passed: Passed<'_>) -> Option<Self> {
        match passed {
            Passed::Vec3(v) if is_finite(v) => Some(Self(v)),
            _ => None,
        }
    }

    sifted_by!(points, Vec3);
}

/// The position that numbers stand for, or what is wrong with it.
#[inline(never)]
fn point(passed: Passed<'_>) -> Result<Vec3, ApiFault> {
    const WANTED: &str = "a position (Vec3, [x, y, z] or [x, z])";
    let v = match passed {
        Passed::Vec3(v) => v,
        Passed::Other(object) => match object.numbers() {
            Some(([x, z, _], 2)) => Vec3::new(x as f32, 0.0, z as f32),
            Some(([x, y, z], _)) => Vec3::new(x as f32, y as f32, z as f32),
            None => return Err(passed.expected(WANTED)),
        },
        other => return Err(other.expected(WANTED)),
    };
    if v.is_finite() { Ok(v) } else { Err(ApiFault::new(format!("must be finite, got {v}"))) }
}

/// A number as the world keeps it.
pub(super) fn single(x: f64) -> Result<f32, ApiFault> {
    let single = x as f32;
    if single.is_finite() {
        Ok(single)
    } else {
        Err(ApiFault::new(format!("must fit a 32-bit float, got {x:e}")))
    }
}

/// A direction of length 1, however long or short the one that was passed.
pub(super) fn direction_of(passed: Point) -> Result<Vec3, ApiFault> {
    let longest = passed.0.abs().max_element();
    (passed.0 / longest).try_normalize().ok_or_else(|| ApiFault::new("`dir`: must not be zero"))
}

/// The position that plain data stands for.
pub(super) fn point_of(value: &Value) -> Result<Vec3, ApiFault> {
    let unfit =
        || ApiFault::new(format!("expected a position or an entity id, got {}", value.kind()));
    let point = match value {
        Value::Vec3(v) => *v,
        Value::Array(items) => {
            let numbers: Option<Vec<f64>> = items.iter().map(Value::as_float).collect();
            match numbers.ok_or_else(unfit)?[..] {
                [x, z] => Vec3::new(x as f32, 0.0, z as f32),
                [x, y, z] => Vec3::new(x as f32, y as f32, z as f32),
                _ => return Err(unfit()),
            }
        }
        _ => return Err(unfit()),
    };
    if point.is_finite() {
        Ok(point)
    } else {
        Err(ApiFault::new(format!("must be finite, got {point}")))
    }
}

impl Arg for Place {
    const TYPE: &'static str = "Vec3 | int";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Vec3, Accepts::Int, Accepts::Array];
    type Scalar = Vec3;
    #[inline]
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        match passed {
            Passed::Vec3(v) if is_finite(v) => Ok(Self(v)),
            other => place(context, other).map(Self),
        }
    }

    #[inline(always)]
    fn quick(context: &ScriptContext<'_>, passed: Passed<'_>) -> Option<Self> {
        match passed {
            Passed::Vec3(v) if is_finite(v) => Some(Self(v)),
            Passed::Int(_) => place(context, passed).ok().map(Self),
            _ => None,
        }
    }

    sifted_by!(points, Vec3);
}

/// The position that an entity or numbers stand for.
#[inline(never)]
fn place(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Vec3, ApiFault> {
    if let Passed::Int(_) = passed {
        return context.position(Live::take(context, passed)?.0);
    }
    match point(passed) {
        Err(fault) if !fault.message.starts_with("must") => {
            Err(passed.expected("a position or an entity id"))
        }
        point => point,
    }
}

/// A plain vector, of any numbers.
impl Arg for Vec3 {
    const TYPE: &'static str = "Vec3";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Vec3];
    type Scalar = Vec3;
    #[inline]
    fn take(_: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        match passed {
            Passed::Vec3(v) => Ok(v),
            other => Err(other.expected("a Vec3")),
        }
    }
}

fn text<'a>(context: &ScriptContext<'_>, passed: Passed<'a>) -> Result<&'a str, ApiFault> {
    let Passed::Str(text) = passed else { return Err(passed.expected("a string")) };
    let limit = context.limits().string_bytes;
    if text.len() > limit {
        return Err(ApiFault::too_large(format!(
            "{} bytes are over the limit of {limit}",
            text.len()
        )));
    }
    Ok(text)
}

impl Arg for Text {
    const TYPE: &'static str = "string";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Str];
    type Scalar = ();
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        text(context, passed).map(|text| Self(text.to_owned()))
    }
}

impl Arg for Name {
    const TYPE: &'static str = "string";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Str];
    type Scalar = ();
    fn take(context: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        match text(context, passed)? {
            "" => Err(ApiFault::new("must not be empty")),
            name => Ok(Self(name.to_owned())),
        }
    }
}

impl Arg for Shown {
    const TYPE: &'static str = "any";
    // Floats by name, because Rhai has a `log` of its own for them.
    const ACCEPTS: &'static [Accepts] = &[Accepts::Anything, Accepts::Float];
    type Scalar = ();
    fn take(_: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        Ok(Self(match passed {
            Passed::Str(text) => text.to_owned(),
            Passed::Other(object) => object.shown(),
            scalar => scalar.to_value()?.to_string(),
        }))
    }
}

impl Arg for Value {
    const TYPE: &'static str = "any";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Anything];
    type Scalar = ();
    fn take(_: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        passed.to_value()
    }
}

/// A list of anything that is plain data.
impl Arg for Vec<Value> {
    const TYPE: &'static str = "array";
    const ACCEPTS: &'static [Accepts] = &[Accepts::Array];
    type Scalar = ();
    fn take(_: &ScriptContext<'_>, passed: Passed<'_>) -> Result<Self, ApiFault> {
        match passed {
            Passed::Other(object) => match object.to_value()? {
                Value::Array(items) => Ok(items),
                _ => Err(passed.expected("an array")),
            },
            other => Err(other.expected("an array")),
        }
    }
}
