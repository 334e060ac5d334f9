use std::{fmt, sync::Arc};

use super::{
    Answer, AnyColumn, ApiFault, Arg, Category, Returned, Scalar, ScriptContext,
    arg::{Accepts, Handed, Passed},
};
use crate::{
    contract::{ScriptCommand, Value},
    script::{AtOnce, LaneFn, LaneFns, Val},
};

/// A function of the API, called by any backend.
pub type NativeFn = Arc<
    dyn Fn(&mut ScriptContext<'_>, &[Passed<'_>], &mut dyn Answer) -> Result<(), Box<ApiFault>>
        + Send
        + Sync,
>;

/// The same made for the values of the compiled backend: it looks at the registers where they are, and what
/// the function gives goes straight to one.
pub(crate) type DirectFn = Arc<
    dyn Fn(&mut ScriptContext<'_>, &[Val], &mut Val) -> Result<(), Box<ApiFault>> + Send + Sync,
>;

/// A parameter of an [`Overload`].
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type, as references write it.
    pub type_name: &'static str,
    /// The script types it takes.
    pub accepts: &'static [Accepts],
}

/// One way of calling a function.
#[derive(Clone)]
pub struct Overload {
    /// The parameters.
    pub parameters: Vec<Parameter>,
    /// What comes back, as references write it.
    pub returns: &'static str,
    /// The code.
    pub native: NativeFn,
    /// The same code for the compiled backend.
    pub(crate) direct: DirectFn,
    /// The same code for many calls of scripts at a time.
    pub(crate) lanes: Option<LaneFns>,
}

impl fmt::Debug for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overload")
            .field("parameters", &self.parameters)
            .field("returns", &self.returns)
            .finish_non_exhaustive()
    }
}

/// A row of the table: a function under its name, with everything that is said about it anywhere.
#[derive(Clone, Debug)]
pub struct ApiFunction {
    pub(crate) name: String,
    pub(crate) category: Category,
    pub(crate) doc: String,
    pub(crate) errors: Vec<String>,
    pub(crate) example: String,
    pub(crate) overloads: Vec<Overload>,
    pub(crate) fuel: u64,
    is_abreast: bool,
    is_plain: bool,
}

impl ApiFunction {
    /// A function without any way of calling it yet: add [`overload`](Self::overload)s.
    #[must_use]
    pub fn new(name: impl Into<String>, category: Category, doc: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            category,
            doc: doc.into(),
            errors: Vec::new(),
            example: String::new(),
            overloads: Vec::new(),
            fuel: 0,
            is_abreast: false,
            is_plain: false,
        }
    }

    /// Sets the fuel that a call costs beside its four steps and the size of what it is handed and gives.
    /// Default: **0**. A unit should pay for 10 to 20 ns. What depends on what a call finds is
    /// [charged](ScriptContext::charge) by the function itself.
    #[must_use]
    pub const fn costs(mut self, fuel: u64) -> Self {
        self.fuel = fuel;
        self
    }

    /// Says that calls of several scripts may take turns at it, and that one whose call cannot go on like that may
    /// call it once more: it is ours, and neither writes to the log nor derives numbers of any kind.
    #[must_use]
    pub(super) const fn abreast(mut self) -> Self {
        self.is_abreast = true;
        self
    }

    /// Says that it looks at nothing but what it is handed, unless that is an entity.
    #[must_use]
    pub(super) const fn plain(mut self) -> Self {
        self.is_plain = true;
        self
    }

    /// Says when a call fails, one sentence an error, such as "no entity has the id `e`".
    #[must_use]
    pub fn errors<const N: usize>(mut self, errors: [&str; N]) -> Self {
        self.errors.extend(errors.map(str::to_owned));
        self
    }

    /// A script that shows its use and runs as it stands.
    #[must_use]
    pub fn example(mut self, script: impl Into<String>) -> Self {
        self.example = script.into();
        self
    }

    /// Adds a way of calling it: the names of the parameters and a Rust function that takes the
    /// [`ScriptContext`] and as many [`Arg`]s.
    #[must_use]
    pub fn overload<const N: usize, F: Native<M, N>, M>(
        mut self,
        parameters: [&str; N],
        function: F,
    ) -> Self {
        let types = F::types();
        let parameters: Vec<_> = parameters
            .iter()
            .zip(types)
            .map(|(name, (type_name, accepts))| Parameter {
                name: (*name).to_owned(),
                type_name,
                accepts,
            })
            .collect();
        let label: Arc<str> = self.name.as_str().into();
        let names: Arc<[String]> = parameters.iter().map(|p| p.name.clone()).collect();
        let function = Arc::new((function, label, names));
        let code = function.clone();
        let is_plain = self.is_plain;
        let lanes = self.is_abreast.then(|| {
            let (code, plain_code) = (function.clone(), function.clone());
            let each: LaneFn = Arc::new(move |context, called| called.each(context, &code.0));
            let plain: LaneFn =
                Arc::new(move |context, called| called.each_plain(context, &plain_code.0));
            LaneFns { each, plain: is_plain.then_some(plain) }
        });
        let native: NativeFn = Arc::new(move |context, passed, answer| {
            let (function, label, names) = &*code;
            function
                .call(context, passed, answer)
                .map_err(|refusal| Box::new(refusal.named(label, names)))
        });
        let direct: DirectFn = Arc::new(move |context, values, answer| {
            let (function, label, names) = &*function;
            function
                .call(context, values, answer)
                .map_err(|refusal| Box::new(refusal.named(label, names)))
        });
        self.overloads.push(Overload { parameters, returns: F::RETURNS, native, direct, lanes });
        self
    }

    /// Gives the overload that was added last a way for many calls at once; where it does not go, each is made by itself.
    #[must_use]
    pub(super) fn at_once(mut self, function: AtOnce) -> Self {
        if let Some(lanes) = self.overloads.last_mut().and_then(|last| last.lanes.as_mut()) {
            let each = lanes.each.clone();
            lanes.each = Arc::new(move |context, called| {
                let at_once = called.at_once(context, function);
                at_once.unwrap_or_else(|| each(context, called))
            });
        }
        self
    }

    /// Gives every overload an effect on the world: after the Rust function returned `Ok`, the call
    /// also becomes a [`ScriptCommand::Host`] with the arguments as the script passed them.
    #[must_use]
    pub fn with_effect(mut self) -> Self {
        let name: Arc<str> = self.name.as_str().into();
        for overload in &mut self.overloads {
            let (inner, function) = (overload.native.clone(), name.clone());
            overload.native = Arc::new(move |context, passed, answer| {
                let args = passed.iter().map(Passed::to_value).collect::<Result<_, _>>()?;
                inner(context, passed, answer)?;
                take_effect(context, &function, args)
            });
            let (inner, function) = (overload.direct.clone(), name.clone());
            overload.direct = Arc::new(move |context, values, answer| {
                let args = (0..values.len()).map(|at| values.passed(at).to_value());
                let args = args.collect::<Result<_, _>>()?;
                inner(context, values, answer)?;
                take_effect(context, &function, args)
            });
            overload.lanes = None;
        }
        self
    }

    /// This row with the ways of calling another one.
    #[must_use]
    pub fn with_overloads_of(mut self, other: Self) -> Self {
        self.overloads = other.overloads;
        self
    }

    /// The name under which scripts call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its category.
    #[must_use]
    pub const fn category(&self) -> &Category {
        &self.category
    }

    /// What it does.
    #[must_use]
    pub fn doc(&self) -> &str {
        &self.doc
    }

    /// When a call of it fails.
    #[must_use]
    pub fn error_docs(&self) -> &[String] {
        &self.errors
    }

    /// A script that shows its use; empty if none was given.
    #[must_use]
    pub fn example_script(&self) -> &str {
        &self.example
    }

    /// The fuel that a call costs beside its four steps and the size of what it is handed and gives.
    #[must_use]
    pub const fn fuel(&self) -> u64 {
        self.fuel
    }

    /// The ways of calling it.
    #[must_use]
    pub fn overloads(&self) -> &[Overload] {
        &self.overloads
    }

    /// One signature a line, such as `distance(a: Vec3 | int, b: Vec3 | int) -> float`.
    #[must_use]
    pub fn signatures(&self) -> Vec<String> {
        self.overloads
            .iter()
            .map(|overload| {
                let parameters: Vec<_> = overload
                    .parameters
                    .iter()
                    .map(|p| format!("{}: {}", p.name, p.type_name))
                    .collect();
                format!("{}({}) -> {}", self.name, parameters.join(", "), overload.returns)
            })
            .collect()
    }
}

/// Adds the world's part of a function of the host to the commands of the call.
fn take_effect(
    context: &mut ScriptContext<'_>,
    function: &str,
    args: Vec<Value>,
) -> Result<(), Box<ApiFault>> {
    let (function, caller) = (function.into(), context.entity());
    Ok(context.command(ScriptCommand::Host { function, caller, args })?)
}

/// Why a call was refused, and because of which argument.
#[doc(hidden)]
pub struct Refusal {
    argument: Option<usize>,
    fault: ApiFault,
}

impl Refusal {
    #[cold]
    fn boxed(argument: Option<usize>, fault: ApiFault) -> Box<Self> {
        Box::new(Self { argument, fault })
    }

    #[cold]
    #[expect(clippy::boxed_local, reason = "it comes in a box, as errors do")]
    fn named(self: Box<Self>, function: &str, parameters: &[String]) -> ApiFault {
        let ApiFault { kind, message } = self.fault;
        let message = match self.argument.and_then(|i| parameters.get(i)) {
            Some(parameter) => format!("{function}: `{parameter}`: {message}"),
            None => format!("{function}: {message}"),
        };
        ApiFault { kind, message }
    }
}

/// A Rust function that can stand in the table: `fn(&mut ScriptContext, A, B, ..) -> Result<R,
/// ApiFault>` with up to five [`Arg`]s. Implemented for all of those; `M` only tells the
/// implementations apart.
pub trait Native<M, const N: usize>: Send + Sync + 'static {
    /// What comes back, as references write it.
    const RETURNS: &'static str;
    #[doc(hidden)]
    fn types() -> [(&'static str, &'static [Accepts]); N];
    #[doc(hidden)]
    fn call<H: Handed + ?Sized, T: Answer + ?Sized>(
        &self,
        context: &mut ScriptContext<'_>,
        handed: &H,
        answer: &mut T,
    ) -> Result<(), Box<Refusal>>;
    /// The columns that hold the arguments of many calls.
    #[doc(hidden)]
    type Columns<'a>: Copy;
    /// The scalar that it gives.
    #[doc(hidden)]
    type Answer: Scalar;
    /// Whether it may give `()` instead.
    #[doc(hidden)]
    const MAY_GIVE_NOTHING: bool;
    /// The columns that hold its arguments, if each is of the type that is passed mostly.
    #[doc(hidden)]
    fn columns<'a>(at: impl Fn(usize) -> AnyColumn<'a>) -> Option<Self::Columns<'a>>;
    /// Of many calls, each a bit, those of which it is not known that they fail.
    #[doc(hidden)]
    fn sieve(columns: Self::Columns<'_>, mask: u64) -> u64;
    /// As [`call_quick`](Self::call_quick), for one of these calls.
    #[doc(hidden)]
    fn call_lane<T: Answer + ?Sized>(
        &self,
        context: &mut ScriptContext<'_>,
        columns: Self::Columns<'_>,
        lane: usize,
        answer: &mut T,
    ) -> bool;
    /// The same, if what is handed over is of the [common](Arg::quick) kinds; `false` without a reason if it is not, or if
    /// it has failed.
    #[doc(hidden)]
    fn call_quick<H: Handed + ?Sized, T: Answer + ?Sized>(
        &self,
        context: &mut ScriptContext<'_>,
        handed: &H,
        answer: &mut T,
    ) -> bool;
}

/// Gives what a function has returned; `false` if it has failed.
#[inline(always)]
fn is_given<R: Returned>(
    returned: Result<R, ApiFault>,
    answer: &mut (impl Answer + ?Sized),
) -> bool {
    returned.map(|value| value.give(answer)).is_ok()
}

macro_rules! native {
    ($count:literal: $($type:ident $arg:ident $index:literal),*) => {
        impl<F, R, $($type),*> Native<fn($($type),*) -> R, $count> for F
        where
            F: Fn(&mut ScriptContext<'_>, $($type),*) -> Result<R, ApiFault>
                + Send + Sync + 'static,
            R: Returned,
            $($type: Arg),*
        {
            const RETURNS: &'static str = R::TYPE;

            fn types() -> [(&'static str, &'static [Accepts]); $count] {
                [$(($type::TYPE, $type::ACCEPTS)),*]
            }

            // What is left of it where arguments are of known types is little.
            #[inline(always)]
            fn call<H: Handed + ?Sized, T: Answer + ?Sized>(
                &self,
                context: &mut ScriptContext<'_>,
                handed: &H,
                answer: &mut T,
            ) -> Result<(), Box<Refusal>> {
                $(
                    let $arg = match $type::take(context, handed.passed($index)) {
                        Ok(value) => value,
                        Err(fault) => return Err(Refusal::boxed(Some($index), fault)),
                    };
                )*
                let _ = handed;
                match self(context, $($arg),*) {
                    Ok(value) => {
                        value.give(answer);
                        Ok(())
                    }
                    Err(fault) => Err(Refusal::boxed(None, fault)),
                }
            }

            type Columns<'a> = ($(<$type::Scalar as Scalar>::In<'a>,)*);
            type Answer = R::Scalar;
            const MAY_GIVE_NOTHING: bool = R::IS_OPTIONAL;

            #[inline(always)]
            fn columns<'a>(at: impl Fn(usize) -> AnyColumn<'a>) -> Option<Self::Columns<'a>> {
                let _ = &at;
                Some(($($type::Scalar::column(at($index))?,)*))
            }

            #[inline(always)]
            fn sieve(($($arg,)*): Self::Columns<'_>, mask: u64) -> u64 {
                $(let mask = $type::sieve($arg, mask);)*
                mask
            }

            #[inline(always)]
            fn call_lane<T: Answer + ?Sized>(
                &self,
                context: &mut ScriptContext<'_>,
                ($($arg,)*): Self::Columns<'_>,
                lane: usize,
                answer: &mut T,
            ) -> bool {
                let _ = lane;
                $(
                    let Some($arg) = $type::sifted(context, $arg, lane) else { return false };
                )*
                is_given(self(context, $($arg),*), answer)
            }

            #[inline(always)]
            fn call_quick<H: Handed + ?Sized, T: Answer + ?Sized>(
                &self,
                context: &mut ScriptContext<'_>,
                handed: &H,
                answer: &mut T,
            ) -> bool {
                $(
                    let Some($arg) = $type::quick(context, handed.passed($index)) else {
                        return false;
                    };
                )*
                let _ = handed;
                is_given(self(context, $($arg),*), answer)
            }
        }
    };
}

native!(0:);
native!(1: A a 0);
native!(2: A a 0, B b 1);
native!(3: A a 0, B b 1, C c 2);
native!(4: A a 0, B b 1, C c 2, D d 3);
native!(5: A a 0, B b 1, C c 2, D d 3, E e 4);
