//! Why a call of a script cannot go on.

use std::sync::Arc;

use rhai::EvalAltResult;

use super::{Val, heap::Key};
use crate::{
    api::ApiFault,
    contract::{ErrorKind, Position},
};

/// Something that went wrong, on its way out to a `catch` or to the host.
pub(crate) struct Fault(Box<Trouble>);

pub(crate) struct Trouble {
    pub(crate) what: What,
    /// Where; the place nearest to the cause is kept.
    pub(crate) at: Option<Position>,
    /// The functions that it has left, innermost first, and where each was called.
    pub(crate) frames: Vec<(Arc<str>, Option<Position>)>,
}

pub(crate) enum What {
    /// `throw`, or an error of the API.
    Thrown(Val),
    /// One of the language's own errors.
    Error(EvalAltResult),
    /// A limit of the call is reached. No `catch` sees it.
    Stopped(ErrorKind, String),
    /// After the call: a variable holds what cannot be kept.
    Unkept(u16, String),
    /// No row of a native takes these arguments. The machine makes an [`Error`](Self::Error) of it.
    NoOverload,
}

impl Fault {
    #[cold]
    fn new(what: What) -> Self {
        Self(Box::new(Trouble { what, at: None, frames: Vec::new() }))
    }

    #[cold]
    pub(crate) fn thrown(value: Val) -> Self {
        Self::new(What::Thrown(value))
    }

    /// An error that a script may catch as text.
    #[cold]
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::thrown(Val::text(message))
    }

    #[cold]
    pub(crate) fn error(error: EvalAltResult) -> Self {
        Self::new(What::Error(error))
    }

    /// An integer that does not fit, a division by zero and the like.
    #[cold]
    pub(crate) fn arithmetic(message: impl Into<String>) -> Self {
        Self::error(EvalAltResult::ErrorArithmetic(message.into(), rhai::Position::NONE))
    }

    /// A value of another type was needed.
    #[cold]
    pub(crate) fn mismatch(wanted: &str, got: &str) -> Self {
        let (wanted, got) = (wanted.to_owned(), got.to_owned());
        Self::error(EvalAltResult::ErrorMismatchDataType(wanted, got, rhai::Position::NONE))
    }

    /// A value over one of the sizes that are allowed. No `catch` sees it.
    #[cold]
    pub(crate) fn too_large(what: &str) -> Self {
        Self::error(EvalAltResult::ErrorDataTooLarge(what.to_owned(), rhai::Position::NONE))
    }

    #[cold]
    pub(crate) fn stopped(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::new(What::Stopped(kind, message.into()))
    }

    /// The call used up its fuel.
    #[cold]
    pub(crate) fn out_of_fuel() -> Self {
        Self::stopped(
            ErrorKind::Fuel,
            "the call used up its fuel; look for a loop that does not end",
        )
    }

    /// No function of this name takes what was passed.
    #[cold]
    pub(crate) fn no_overload() -> Self {
        Self::new(What::NoOverload)
    }

    pub(crate) const fn is_no_overload(&self) -> bool {
        matches!(self.0.what, What::NoOverload)
    }

    /// The error of an API function, as scripts may catch it: a map with `kind` and `message`.
    #[cold]
    pub(crate) fn api(fault: Box<ApiFault>) -> Self {
        let entries = [
            (Key::from("kind"), Val::text(fault.kind.to_string())),
            (Key::from("message"), Val::text(fault.message)),
        ];
        Self::thrown(Val::map(entries.into()))
    }

    /// A function that the script may not call.
    #[cold]
    pub(crate) fn denied(message: &str) -> Self {
        Self::api(Box::new(ApiFault { kind: ErrorKind::Permission, message: message.to_owned() }))
    }

    /// A variable that cannot be kept, by its slot.
    #[cold]
    pub(crate) fn unkept(slot: u16, what: String) -> Self {
        Self::new(What::Unkept(slot, what))
    }

    /// Something caught that goes on, from where it is thrown again.
    #[cold]
    pub(crate) fn again(mut trouble: Trouble, at: Option<Position>) -> Self {
        // What came out of a function is thrown again as the call of that function.
        match trouble.frames.last_mut() {
            Some((_, called_at)) => *called_at = at.or(*called_at),
            None => trouble.at = at.or(trouble.at),
        }
        Self(Box::new(trouble))
    }

    /// Gives it a place if it has none.
    #[cold]
    pub(crate) fn at(mut self, at: Option<Position>) -> Self {
        self.0.at = self.0.at.or(at);
        self
    }

    /// Gives it the place of the index, or that of the `[` if nothing of its type can be indexed.
    #[cold]
    pub(crate) fn at_member(self, member: Option<Position>, bracket: Option<Position>) -> Self {
        match &self.0.what {
            What::Error(EvalAltResult::ErrorIndexingType(..)) => self.at(bracket),
            _ => self.at(member),
        }
    }

    /// An assignment of something of this type is what asks.
    #[cold]
    pub(crate) fn assigning(mut self, what: &str) -> Self {
        if let What::Error(EvalAltResult::ErrorIndexingType(types, _)) = &mut self.0.what {
            *types = format!("{types} = {what}");
        }
        self
    }

    /// Whether no function of a name takes what was passed.
    pub(crate) fn is_unknown(&self, name: &str) -> bool {
        match &self.0.what {
            What::Error(EvalAltResult::ErrorFunctionNotFound(signature, _)) => {
                self.0.frames.is_empty() && signature.starts_with(name)
            }
            _ => false,
        }
    }

    /// It comes out of a function that a native called.
    #[cold]
    pub(crate) fn called_at(mut self, at: Option<Position>) -> Self {
        if let Some((_, called_at)) = self.0.frames.last_mut() {
            *called_at = called_at.or(at);
        }
        self.0.at = self.0.at.or(at);
        self
    }

    /// As [`called_at`](Self::called_at), with the native as one of the functions that it has left.
    #[cold]
    pub(crate) fn called_by(self, native: &str, at: Option<Position>) -> Self {
        let mut fault = self.called_at(at);
        fault.0.frames.push((native.into(), at));
        fault
    }

    /// Whether a `catch` may see it.
    pub(crate) fn is_catchable(&self) -> bool {
        match &self.0.what {
            What::Thrown(_) => true,
            What::Error(error) => error.is_catchable(),
            What::Stopped(..) | What::Unkept(..) | What::NoOverload => false,
        }
    }

    pub(crate) fn trouble(&mut self) -> &mut Trouble {
        &mut self.0
    }

    pub(crate) fn into_trouble(self) -> Trouble {
        *self.0
    }
}

impl From<EvalAltResult> for Fault {
    fn from(error: EvalAltResult) -> Self {
        Self::error(error)
    }
}
