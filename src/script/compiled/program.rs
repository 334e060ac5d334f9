use std::{collections::HashMap, sync::Arc};

use super::{
    Val,
    heap::Key,
    lanes::{Answered, LaneFns},
    native::Native,
    op::{Op, Reg},
};
use crate::{api::DirectFn, contract::Position};

/// A compiled script: its functions and the tables that their instructions refer to.
#[derive(Default)]
pub(crate) struct Program {
    /// What error messages call the script.
    pub(crate) path: Arc<str>,
    /// The script's own file and those of its libraries.
    pub(crate) files: Vec<File>,
    pub(crate) functions: Vec<Function>,
    pub(crate) literals: Vec<Val>,
    pub(crate) constants: Vec<Val>,
    pub(crate) keys: Vec<Key>,
    /// The rows that read and write the properties of these names.
    pub(crate) properties: Vec<Property>,
    pub(crate) paths: Vec<Path>,
    pub(crate) sites: Vec<Site>,
    pub(crate) switches: Vec<Switch>,
    pub(crate) ranges: Vec<SwitchRange>,
    /// What all scripts may call, for names made while the script runs.
    pub(crate) library: Arc<Library>,
}

/// A file that functions stand in, and what their names mean there.
#[derive(Default)]
pub(crate) struct File {
    /// What error messages call it.
    pub(crate) path: Arc<str>,
    /// Functions that can be called by name: with how many arguments, and their numbers.
    pub(crate) by_name: HashMap<Arc<str>, Vec<(usize, u32)>>,
    /// Functions for one type of `this`.
    pub(crate) by_type: HashMap<(Arc<str>, Arc<str>, usize), u32>,
}

impl Program {
    /// What names mean in a file.
    pub(crate) fn named(&self, file: u16, name: &str, count: usize) -> Option<u32> {
        let all = self.files.get(usize::from(file))?.by_name.get(name)?;
        all.iter().find(|(arguments, _)| *arguments == count).map(|(_, number)| *number)
    }

    /// The same for one type of `this`.
    pub(crate) fn typed(
        &self,
        file: u16,
        this: &str,
        name: &Arc<str>,
        count: usize,
    ) -> Option<u32> {
        let by_type = &self.files.get(usize::from(file))?.by_type;
        if by_type.is_empty() {
            return None;
        }
        by_type.get(&(this.into(), name.clone(), count)).copied()
    }

    /// The file that a function stands in.
    pub(crate) fn file_of(&self, function: u32) -> u16 {
        self.functions.get(function as usize).map_or(0, |function| function.file)
    }

    /// What error messages call a file.
    pub(crate) fn path_of(&self, file: u16) -> &Arc<str> {
        self.files.get(usize::from(file)).map_or(&self.path, |file| &file.path)
    }
}

/// What scripts of one set of permissions may call beside their own functions.
#[derive(Default)]
pub(crate) struct Library {
    pub(crate) natives: HashMap<&'static str, Vec<(usize, Arc<[Native]>)>>,
    pub(crate) api: HashMap<(String, usize), ApiCall>,
    /// Names of functions that are denied, with what is said then.
    pub(crate) denied: HashMap<String, String>,
}

impl Library {
    /// The rows for a name and a number of arguments.
    pub(crate) fn rows(&self, name: &str, count: usize) -> Option<&Arc<[Native]>> {
        let all = self.natives.get(name)?;
        all.iter().find(|(arity, _)| *arity == count).map(|(_, rows)| rows)
    }
}

/// One way of calling a function of the API.
#[derive(Clone)]
pub(crate) struct ApiCall {
    pub(crate) code: DirectFn,
    /// For each parameter, the types that it is made for.
    pub(crate) accepts: Arc<[&'static [crate::api::Accepts]]>,
    /// The fuel that a call costs beside its step and its values.
    pub(crate) price: u64,
    /// The same for many calls at a time, and what it gives.
    pub(crate) lanes: Option<(LaneFns, Answered)>,
}

impl ApiCall {
    /// Fuel for finding and calling a function of the API, beside what the function itself costs.
    pub(crate) const PRICE: u64 = 3;
}

/// A function of a script, the top level, or a closure.
pub(crate) struct Function {
    pub(crate) name: Arc<str>,
    /// The file that it stands in.
    pub(crate) file: u16,
    pub(crate) at: Option<Position>,
    pub(crate) code: Box<[Op]>,
    /// Where each instruction stands in the text.
    pub(crate) places: Box<[Option<Position>]>,
    /// Parameters, shared variables of closures included.
    pub(crate) parameters: u8,
    /// How many of them are variables that a closure shares.
    pub(crate) shared: u8,
    /// Whether it has `this` in its first register, before the parameters.
    pub(crate) has_this: bool,
    /// Whether it may change `this`.
    pub(crate) changes_this: bool,
    /// How many registers it uses.
    pub(crate) registers: u16,
}

/// Where a path or the receiver of a method begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// A variable or an intermediate value.
    Register(Reg),
    /// A variable of the script.
    State(u16),
    /// A variable that closures share.
    Shared(Reg),
    This,
    Constant(u16),
}

/// A way into a value: `root.a[i].b`.
pub(crate) struct Path {
    pub(crate) root: Root,
    /// Where the root stands in the text.
    pub(crate) root_at: Option<Position>,
    /// The name of the root, if it is a constant.
    pub(crate) constant: Option<Arc<str>>,
    pub(crate) steps: Box<[Step]>,
}

#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) what: Member,
    /// Where the `.` or `[` stands.
    pub(crate) at: Option<Position>,
    /// Where the name or the index stands.
    pub(crate) member_at: Option<Position>,
}

/// What the rows of a property are called in the table of standard functions.
pub(crate) struct Property {
    pub(crate) getter: Box<str>,
    pub(crate) setter: Box<str>,
}

impl Property {
    pub(crate) fn new(name: &str) -> Self {
        Self { getter: format!("get${name}").into(), setter: format!("set${name}").into() }
    }
}

#[derive(Clone)]
pub(crate) enum Member {
    /// `.name`, by the program's keys.
    Property(u16),
    /// `[index]`, in a register.
    Index(Reg),
}

/// A call of a method, of a standard function or through a pointer.
pub(crate) struct Site {
    pub(crate) name: Arc<str>,
    /// The file that it stands in.
    pub(crate) file: u16,
    /// The receiver; `None` if there is none.
    pub(crate) receiver: Option<Path>,
    /// Arguments beside the receiver.
    pub(crate) arguments: u8,
    /// Whether it is written `value.name(..)`.
    pub(crate) method: bool,
    /// Whether the receiver cannot be changed.
    pub(crate) constant: bool,
    /// Functions of the script for this name and number of arguments.
    pub(crate) function: Option<u32>,
    /// Whether functions for one type of `this` have this name.
    pub(crate) typed: bool,
    pub(crate) natives: Arc<[Native]>,
    pub(crate) api: Option<ApiCall>,
    /// Where the first argument stands.
    pub(crate) argument_at: Option<Position>,
}

/// The cases of a `switch` that are single values.
#[derive(Default)]
pub(crate) struct Switch {
    pub(crate) ints: Vec<(i64, u32)>,
    pub(crate) others: Vec<(Val, u32)>,
    /// Where to go if none of them fits.
    pub(crate) otherwise: u32,
    /// Where to go with values that no case can name.
    pub(crate) unhashable: u32,
}

impl Switch {
    /// Where to go with a value that is no integer.
    pub(crate) fn other(&self, value: &Val) -> u32 {
        if matches!(value, Val::Vec3(_) | Val::Steps(_)) {
            return self.unhashable;
        }
        let found = self.others.iter().find(|(case, _)| same(case, value));
        found.map_or(self.otherwise, |(_, to)| *to)
    }
}

/// Whether a value is that of a case: of the same type, and floats to the last bit.
fn same(case: &Val, value: &Val) -> bool {
    match (case, value) {
        (Val::Unit, Val::Unit) => true,
        (Val::Bool(a), Val::Bool(b)) => a == b,
        (Val::Char(a), Val::Char(b)) => a == b,
        (Val::Int(a), Val::Int(b)) => a == b,
        (Val::Float(a), Val::Float(b)) => a.to_bits() == b.to_bits(),
        (Val::Text(a), Val::Text(b)) => a.as_str() == b.as_str(),
        (Val::Range(a), Val::Range(b)) => ***a == ***b,
        (Val::Array(a), Val::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (Val::Map(a), Val::Map(b)) => {
            a.len() == b.len()
                && a.iter().zip(b.iter()).all(|((ka, a), (kb, b))| ka == kb && same(a, b))
        }
        _ => false,
    }
}

/// A range among the cases of a `switch`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SwitchRange {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) inclusive: bool,
}
