use super::{Val, fault::Fault, machine::Run};

/// The code of a [`Native`]: the receiver, which it may change if the row says so, and the other
/// arguments, which it may take. A function without parameters gets `()` as its receiver.
///
/// # Errors
/// [`Fault::no_overload`] if the other arguments are not of the types that this row takes; it must
/// not have done anything by then.
pub(crate) type NativeCode = fn(&mut Run<'_, '_>, &mut Val, &mut [Val]) -> Result<Val, Fault>;

/// A row of the table of standard functions: one way of calling one of them.
#[derive(Clone, Copy)]
pub(crate) struct Native {
    /// Its name. Properties are rows too: `get$len`, `set$x`.
    pub(crate) name: &'static str,
    /// How many arguments it takes, the receiver included.
    pub(crate) arity: usize,
    /// The type of the receiver.
    pub(crate) receiver: Receiver,
    /// How references write it: `push(array: array, item: any)`, `text.len -> int`,
    /// `v.x = value: float | int`, `map += other: map`. Types are those of
    /// [`StandardFunction`](crate::script::standard::StandardFunction).
    pub(crate) signature: &'static str,
    /// What it does, in a sentence or two.
    pub(crate) doc: &'static str,
    pub(crate) price: Price,
    pub(crate) effect: Effect,
    pub(crate) code: NativeCode,
}

impl Native {
    /// The row at no price.
    pub(crate) const fn free(self) -> Self {
        Self { price: Price::Nothing, ..self }
    }
}

/// The types that a receiver may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    Char,
    Int,
    Float,
    Vec3,
    Text,
    Array,
    Map,
    Blob,
    Range,
    Fn,
    Anything,
    /// There is none.
    Nothing,
}

/// Fuel for a call, beside that of its instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Price {
    /// None, but for the copy of what something else holds, too, if the call changes it.
    Nothing,
    /// What the code charges for what it does, before it does it.
    Work,
    /// Taken before the code runs: a unit, and one for each element, entry and 16 bytes of text in the
    /// receiver, nested ones included. The code charges for what it makes.
    Receiver,
    /// As `Receiver`, for all arguments together.
    All,
}

/// What a function does beside giving a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    Pure,
    /// It changes its receiver.
    Changes,
    /// It calls functions of the script with what its receiver holds as `this`. What they make of it
    /// stays, but for a constant, which may be the receiver all the same.
    CallsWithItems,
    /// It changes its receiver and calls functions of the script.
    ChangesAndCalls,
}

impl Effect {
    /// Whether the receiver cannot be a constant.
    pub(crate) const fn changes(self) -> bool {
        matches!(self, Self::Changes | Self::ChangesAndCalls)
    }

    pub(crate) const fn calls(self) -> bool {
        matches!(self, Self::CallsWithItems | Self::ChangesAndCalls)
    }

    /// Whether the receiver may be another value afterwards, also if the call fails.
    pub(crate) const fn writes_back(self) -> bool {
        matches!(self, Self::Changes | Self::CallsWithItems | Self::ChangesAndCalls)
    }
}

impl Receiver {
    pub(crate) const fn takes(self, value: &Val) -> bool {
        match self {
            Self::Char => matches!(value, Val::Char(_)),
            Self::Int => matches!(value, Val::Int(_)),
            Self::Float => matches!(value, Val::Float(_)),
            Self::Vec3 => matches!(value, Val::Vec3(_)),
            Self::Text => matches!(value, Val::Text(_)),
            Self::Array => matches!(value, Val::Array(_)),
            Self::Map => matches!(value, Val::Map(_)),
            Self::Blob => matches!(value, Val::Blob(_)),
            Self::Range => matches!(value, Val::Range(_)),
            Self::Fn => matches!(value, Val::Fn(_)),
            Self::Anything | Self::Nothing => true,
        }
    }

    /// What references call the type; `None` if there is no receiver.
    pub(crate) const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Char => "char",
            Self::Int => "int",
            Self::Float => "float",
            Self::Vec3 => "Vec3",
            Self::Text => "string",
            Self::Array => "array",
            Self::Map => "map",
            Self::Blob => "blob",
            Self::Range => "range",
            Self::Fn => "Fn",
            Self::Anything => "any",
            Self::Nothing => return None,
        })
    }
}

impl Price {
    /// What references say.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Work => "its work",
            Self::Receiver => "its receiver",
            Self::All => "its arguments",
        }
    }

    /// What is taken before the code runs.
    pub(crate) fn units(self, receiver: &Val, rest: &[Val]) -> u64 {
        match self {
            Self::Nothing | Self::Work => 0,
            Self::Receiver => 1 + receiver.weight().steps(),
            Self::All => {
                1 + receiver.weight().steps()
                    + rest.iter().map(|value| value.weight().steps()).sum::<u64>()
            }
        }
    }
}
