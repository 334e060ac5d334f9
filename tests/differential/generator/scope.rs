//! What names stand for while a program is written.

/// What an expression is meant to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    Str,
    Bool,
    Array,
    Map,
    Float,
    Char,
    Blob,
    Vec3,
    Range,
    Unit,
    /// Anything of the above.
    Any,
    /// A small int, which may be negative: an index, a count.
    Few,
    /// A closure that takes so many ints. Not kept, not noted.
    Function(u8),
    /// A map with the closures `peek` and `poke`.
    Object,
}

impl Type {
    /// The types of values that can be kept, the usual ones first and twice.
    pub(super) const PLAIN: &'static [Self] = &[
        Self::Int,
        Self::Int,
        Self::Str,
        Self::Array,
        Self::Bool,
        Self::Map,
        Self::Int,
        Self::Str,
        Self::Array,
        Self::Float,
        Self::Char,
        Self::Blob,
        Self::Vec3,
        Self::Range,
        Self::Unit,
        Self::Any,
    ];
}

/// How a name came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `const` at the top level: closures of helpers must not capture it.
    Constant,
    /// `let` at the top level.
    State,
    /// `const` in a function.
    Fixed,
    /// Everything else.
    Local,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Var {
    pub(super) name: &'static str,
    pub(super) kind: Type,
    pub(super) role: Kind,
}

/// The names that can be used where the program is being written.
#[derive(Default)]
pub(super) struct Scope {
    vars: Vec<Var>,
    /// Variables before this one cannot be seen, constants apart.
    floor: usize,
    /// Names that must not be touched: a native has borrowed what they stand for.
    borrowed: Vec<&'static str>,
    /// Where the outermost closure begins whose caller holds something borrowed.
    sealed: Option<usize>,
}

/// What [`Scope::leave_function`] puts back.
pub(super) struct Outside {
    depth: usize,
    floor: usize,
}

impl Scope {
    pub(super) fn add(&mut self, var: Var) {
        self.vars.push(var);
    }

    pub(super) fn depth(&self) -> usize {
        self.vars.len()
    }

    pub(super) fn rewind(&mut self, depth: usize) {
        self.vars.truncate(depth);
    }

    /// Hides all variables but constants, and state if the function cannot see it.
    pub(super) fn enter_function(&mut self, with_state: bool) -> Outside {
        let outside = Outside { depth: self.vars.len(), floor: self.floor };
        if !with_state {
            self.floor = self.vars.len();
        }
        outside
    }

    pub(super) fn leave_function(&mut self, outside: Outside) {
        self.vars.truncate(outside.depth);
        self.floor = outside.floor;
    }

    /// Hides a variable that a native borrows, until [`give_back`](Self::give_back). Closures that
    /// are held by variables may have captured it, so those are hidden, too.
    pub(super) fn borrow(&mut self, name: &'static str) {
        self.borrowed.push(name);
        if self.sealed.is_none() {
            self.sealed = Some(self.vars.len());
        }
    }

    pub(super) fn give_back(&mut self) {
        self.borrowed.pop();
        if self.borrowed.is_empty() {
            self.sealed = None;
        }
    }

    /// Whether a variable can be named here.
    fn is_visible(&self, i: usize) -> bool {
        let var = &self.vars[i];
        let is_callable = matches!(var.kind, Type::Function(_) | Type::Object);
        (i >= self.floor || var.role == Kind::Constant)
            && !self.vars[i + 1..].iter().any(|later| later.name == var.name)
            && !self.borrowed.contains(&var.name)
            && !(is_callable && self.sealed.is_some_and(|sealed| i < sealed))
    }

    /// The variables that can be named here and that a test accepts.
    pub(super) fn find(&self, accept: impl Fn(&Var) -> bool) -> Found {
        let mut found = Found { count: 0, indices: [0; MOST] };
        for (i, var) in self.vars.iter().enumerate() {
            if accept(var) && self.is_visible(i) && found.count < MOST {
                found.indices[found.count] = i as u8;
                found.count += 1;
            }
        }
        found
    }

    pub(super) fn get(&self, index: u8) -> Var {
        self.vars[usize::from(index)]
    }
}

const MOST: usize = 24;

/// Some of a scope's variables, by index.
pub(super) struct Found {
    count: usize,
    indices: [u8; MOST],
}

impl Found {
    pub(super) fn indices(&self) -> &[u8] {
        &self.indices[..self.count]
    }
}
