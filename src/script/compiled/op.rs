use super::operators::Operator;

/// A register of a function: its parameters, variables and intermediate values.
pub(crate) type Reg = u8;

/// An instruction: eight bytes, its operands registers or indices into the program's tables.
///
/// Instructions that a jump can fuse with a comparison, and arithmetic with a small integer, exist
/// because they are most of what loops do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Unit {
        to: Reg,
    },
    Bool {
        to: Reg,
        value: bool,
    },
    Int {
        to: Reg,
        value: i32,
    },
    /// A literal of the program.
    Literal {
        to: Reg,
        index: u16,
    },
    /// A constant of the script, or what stands for one of its functions.
    Constant {
        to: Reg,
        index: u16,
    },
    /// Whose script this is.
    Entity {
        to: Reg,
    },
    /// How long a tick takes.
    DeltaTime {
        to: Reg,
    },
    Copy {
        to: Reg,
        from: Reg,
    },
    /// Leaves `()` behind.
    Take {
        to: Reg,
        from: Reg,
    },

    LoadState {
        to: Reg,
        slot: u16,
    },
    /// Leaves `()` in the register.
    StoreState {
        slot: u16,
        from: Reg,
    },
    /// Makes a variable one that closures can share.
    Share {
        at: Reg,
    },
    LoadShared {
        to: Reg,
        cell: Reg,
    },
    StoreShared {
        cell: Reg,
        from: Reg,
    },
    /// `this`, if it is bound.
    LoadThis {
        to: Reg,
    },
    /// A function pointer with the shared variables from `first` on.
    Closure {
        to: Reg,
        first: Reg,
        index: u16,
    },

    Add {
        to: Reg,
        a: Reg,
        b: Reg,
    },
    Subtract {
        to: Reg,
        a: Reg,
        b: Reg,
    },
    Multiply {
        to: Reg,
        a: Reg,
        b: Reg,
    },
    Binary {
        operator: Operator,
        to: Reg,
        a: Reg,
        b: Reg,
    },
    AddInt {
        to: Reg,
        a: Reg,
        value: i32,
    },
    /// With a small integer on the right.
    BinaryInt {
        operator: Operator,
        to: Reg,
        a: Reg,
        value: i32,
    },
    /// With a literal on the right.
    BinaryLiteral {
        operator: Operator,
        to: Reg,
        a: Reg,
        index: u16,
    },
    Not {
        to: Reg,
        a: Reg,
    },
    Negate {
        to: Reg,
        a: Reg,
    },
    /// `+a`.
    Plus {
        to: Reg,
        a: Reg,
    },
    /// `to operator= from` for a variable in a register.
    Assign {
        operator: Operator,
        to: Reg,
        from: Reg,
    },
    /// The same with a small integer.
    AssignInt {
        operator: Operator,
        to: Reg,
        value: i32,
    },
    /// The same for a variable of the script.
    AssignState {
        operator: Operator,
        slot: u16,
        from: Reg,
    },
    /// `slot += value`.
    AddIntState {
        slot: u16,
        value: i32,
    },
    /// `cell operator= from` for a variable that closures share.
    AssignShared {
        operator: Operator,
        cell: Reg,
        from: Reg,
    },

    Jump {
        to: u32,
    },
    JumpIf {
        condition: Reg,
        to: u32,
    },
    JumpUnless {
        condition: Reg,
        to: u32,
    },
    JumpIfUnit {
        value: Reg,
        to: u32,
    },
    JumpUnlessUnit {
        value: Reg,
        to: u32,
    },
    /// Compares, and goes on behind the jump if the comparison holds.
    JumpUnlessCompare {
        operator: Operator,
        a: Reg,
        b: Reg,
        to: u32,
    },
    /// Compares with an integer of 8 bits.
    JumpUnlessCompareInt {
        operator: Operator,
        a: Reg,
        value: i8,
        to: u32,
    },
    /// Fails if a condition is not `true` or `false`.
    CheckBool {
        value: Reg,
    },
    /// Goes to a case of a `switch`.
    Switch {
        value: Reg,
        table: u16,
    },
    /// Goes on if a number does not lie in a range of a `switch`.
    JumpIfInRange {
        value: Reg,
        range: u16,
        to: u32,
    },

    /// Readies what a `for` runs over in `at`, its place in the register behind.
    Iterate {
        at: Reg,
    },
    /// Readies a range of integers: `at` holds the first, the register behind it the one after the
    /// last.
    IterateRange {
        at: Reg,
        inclusive: bool,
    },
    /// The next item, or a jump.
    Next {
        at: Reg,
        to: Reg,
        exit: u32,
    },

    /// An empty list or map to add to.
    NewArray {
        to: Reg,
        capacity: u32,
    },
    Push {
        array: Reg,
        value: Reg,
    },
    NewMap {
        to: Reg,
        index: u16,
    },
    Insert {
        map: Reg,
        value: Reg,
        key: u16,
    },
    /// Appends to the text that an interpolation makes.
    Interpolate {
        text: Reg,
        value: Reg,
    },

    /// Reads an item of a list that is a variable of the script; whatever else a path of this form leads to,
    /// as [`Get`](Self::Get) does.
    Item {
        to: Reg,
        index: Reg,
        slot: u16,
        path: u16,
    },
    /// Reads `.x`, `.y` or `.z` of a vector, 0 to 2; of all else, as [`Get`](Self::Get) does.
    Part {
        to: Reg,
        of: Reg,
        part: u8,
        path: u16,
    },
    /// Reads at the end of a path.
    Get {
        to: Reg,
        path: u16,
    },
    /// Writes there; leaves `()` in the register.
    Set {
        from: Reg,
        path: u16,
    },
    /// `path operator= from`.
    Update {
        operator: Operator,
        from: Reg,
        path: u16,
    },

    /// Calls a function of the script with the arguments from `base` on, which become its first
    /// registers.
    Call {
        to: Reg,
        base: Reg,
        function: u16,
    },
    /// Calls a function of the API with the arguments from `base` on.
    CallApi {
        to: Reg,
        base: Reg,
        site: u16,
    },
    /// Calls a method on what a path leads to, or a standard function on its first argument.
    CallMethod {
        to: Reg,
        base: Reg,
        site: u16,
    },
    /// Calls what a function pointer in `base` points to.
    CallPointer {
        to: Reg,
        base: Reg,
        site: u16,
    },
    /// `Fn(name)`.
    MakePointer {
        to: Reg,
        name: Reg,
    },
    /// `is_def_fn(name, parameters)`.
    IsDefined {
        to: Reg,
        base: Reg,
    },
    /// `is_def_fn(type, name, parameters)`.
    IsDefinedFor {
        to: Reg,
        base: Reg,
    },
    /// `is_def_var(name)`: the names that there are lie in `base`.
    IsVariable {
        to: Reg,
        base: Reg,
    },
    /// `type_of(value)`.
    TypeOf {
        to: Reg,
        value: Reg,
    },
    /// Keeps a constant; only where constants are evaluated.
    StoreConstant {
        index: u16,
        from: Reg,
    },
    Return {
        from: Reg,
    },
    /// `()` to the caller.
    ReturnUnit,

    /// From here to `EndTry` errors go to a `catch`, which finds what was thrown in a register.
    Try {
        error: Reg,
        catch: u32,
    },
    EndTry,
    Throw {
        value: Reg,
    },
    /// In a `catch`: `()` goes on with the error that it handles.
    ThrowAgain {
        value: Reg,
        error: Reg,
    },

    /// Where a statement begins, for debuggers and coverage. Only in programs made for them.
    Statement,
}

impl Op {
    /// Where it may jump to.
    pub(crate) const fn target(&mut self) -> Option<&mut u32> {
        match self {
            Self::Jump { to }
            | Self::JumpIf { to, .. }
            | Self::JumpUnless { to, .. }
            | Self::JumpIfUnit { to, .. }
            | Self::JumpUnlessUnit { to, .. }
            | Self::JumpUnlessCompare { to, .. }
            | Self::JumpUnlessCompareInt { to, .. }
            | Self::JumpIfInRange { to, .. }
            | Self::Next { exit: to, .. }
            | Self::Try { catch: to, .. } => Some(to),
            _ => None,
        }
    }
}

const _: () = assert!(size_of::<Op>() == 8, "an instruction is one word");
