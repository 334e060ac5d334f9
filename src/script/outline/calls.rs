//! Whether each call reaches a function, with as many arguments as that takes, and one that the
//! script may call.

use std::collections::BTreeSet;

use super::{
    Survey,
    walk::{Call, Use},
};
use crate::{api::ApiFunction, contract::ErrorKind, script::reference::needs};

/// What is known of a name that is not the script's own.
pub(super) enum Reach {
    /// There is such a function and the script may call it.
    Known,
    /// There is such a function and the script may not call it; with the error.
    Denied(String),
    /// There is no such function.
    Nothing,
}

type Fault = (ErrorKind, String);

impl Survey<'_> {
    pub(super) fn reach(&self, name: &str) -> Reach {
        if self.rules.standard.arities(name).is_some() {
            return Reach::Known;
        }
        match (self.denied(name), self.rules.api.get(name)) {
            (Some(function), _) => Reach::Denied(needs(name, function.category())),
            (None, Some(_)) => Reach::Known,
            (None, None) => Reach::Nothing,
        }
    }

    pub(super) fn check_calls(&mut self) {
        let methods = OwnMethods::new(self);
        let mut found = Vec::new();
        for uses in self.all_uses() {
            for call in &uses.calls {
                if let Some((kind, message)) = self.judge_call(call, uses, &methods) {
                    found.push((kind, call.position, message));
                }
            }
            for (name, at) in &uses.pointers {
                if let Some((kind, message)) = self.judge_pointer(name) {
                    found.push((kind, *at, message));
                }
            }
        }
        for (kind, at, message) in found {
            self.error(kind, at, message);
        }
    }

    fn judge_call(
        &self,
        call: &Call<'_>,
        uses: &Use<'_>,
        methods: &OwnMethods<'_>,
    ) -> Option<Fault> {
        let Call { name, arguments, method, .. } = *call;
        // A function pointer is called with whatever it takes.
        if name == "call" && (method || arguments > 0) {
            return None;
        }
        if self.counts(name, method).any(|count| count == arguments)
            || (method && methods.may_be(name))
        {
            return None;
        }
        if let Some(function) = self.denied(name) {
            return Some((ErrorKind::Permission, needs(name, function.category())));
        }
        let counts: BTreeSet<usize> = self.counts(name, method).collect();
        let is_known = !counts.is_empty()
            || name == "call"
            || matches!(self.reach(name), Reach::Known)
            || self.resolve(name, None).next().is_some();
        if !is_known {
            let holds = uses.locals.iter().any(|(local, _)| *local == name)
                || uses.names.contains_key(name)
                || self.is_state(name);
            let hint = if holds && !method {
                format!("; what a variable holds is called by `{name}.call(..)`")
            } else {
                self.hint(name, self.all_functions())
            };
            let what = if method { "method" } else { "function" };
            return Some((ErrorKind::NotFound, format!("unknown {what} `{name}`{hint}")));
        }
        Some((ErrorKind::Compile, wrong_count(name, &counts, arguments, method)))
    }

    /// With how many arguments a name can be called, the value before the dot of a method not
    /// counted.
    fn counts(&self, name: &str, method: bool) -> impl Iterator<Item = usize> {
        let standard = self.rules.standard.arities(name).into_iter().flatten().copied();
        let granted = self.rules.api.get(name).filter(|_| self.denied(name).is_none());
        let api = granted.into_iter().flat_map(ApiFunction::overloads);
        let api = api.map(|overload| overload.parameters.len());
        // The value before the dot is `this` and no argument of the script's own functions.
        let own = self.resolve(name, None).map(|i| self.functions[i].parameters.len());
        standard
            .chain(api)
            .filter_map(move |count| if method { count.checked_sub(1) } else { Some(count) })
            .chain(own)
    }

    fn judge_pointer(&self, name: &str) -> Option<Fault> {
        if self.resolve(name, None).next().is_some() {
            return None;
        }
        if name.contains("::") {
            let message =
                format!("`Fn` cannot point into a library; use a closure: `|x| {name}(x)`");
            return Some((ErrorKind::Compile, message));
        }
        match self.reach(name) {
            Reach::Denied(needs) => Some((ErrorKind::Permission, needs)),
            Reach::Known if rhai::is_valid_function_name(name) => None,
            // `print` and others are words of the language.
            Reach::Known => {
                let message = format!("`Fn` cannot point to `{name}`; use a closure");
                Some((ErrorKind::Compile, message))
            }
            Reach::Nothing => {
                let hint = self.hint(name, self.all_functions());
                Some((ErrorKind::NotFound, format!("unknown function `{name}`{hint}")))
            }
        }
    }

    /// The names of all functions that the script may call.
    fn all_functions(&self) -> impl Iterator<Item = &str> {
        let own = self.functions.iter().filter(|f| !f.is_closure()).map(|f| f.name);
        let api = self.rules.api.iter().map(ApiFunction::name);
        own.chain(api.filter(|name| self.denied(name).is_none())).chain(self.rules.standard.names())
    }
}

/// The methods that a script itself gives to its maps: function pointers under keys.
struct OwnMethods<'a> {
    keys: BTreeSet<&'a str>,
    any: bool,
}

impl<'a> OwnMethods<'a> {
    fn new(survey: &Survey<'a>) -> Self {
        // A bare name of a function is a pointer to it.
        let points = |uses: &Use<'_>| {
            uses.makes_pointers
                || survey.functions.iter().any(|function| uses.names.contains_key(function.name))
        };
        if !survey.all_uses().any(points) {
            return Self { keys: BTreeSet::new(), any: false };
        }
        Self {
            keys: survey.all_uses().flat_map(|uses| uses.keys.iter().copied()).collect(),
            any: survey.all_uses().any(|uses| uses.open_keys),
        }
    }

    fn may_be(&self, name: &str) -> bool {
        self.any || self.keys.contains(name)
    }
}

pub(super) fn wrong_count(
    name: &str,
    counts: &BTreeSet<usize>,
    given: usize,
    method: bool,
) -> String {
    let were = if given == 1 { "was" } else { "were" };
    let as_method = if method { " as a method" } else { "" };
    let takes = match counts.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice() {
        [] if name == "call" => "at least 1 argument".to_owned(),
        [] => return format!("`{name}` cannot be called{as_method}"),
        [count] if count == "0" => "no arguments".to_owned(),
        [count] if count == "1" => "1 argument".to_owned(),
        [count] => format!("{count} arguments"),
        [first @ .., last] => format!("{} or {last} arguments", first.join(", ")),
    };
    format!("`{name}` takes {takes}{as_method}, {given} {were} given")
}
