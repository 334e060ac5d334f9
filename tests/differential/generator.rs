//! The grammar: from numbers to a program.
//!
//! Programs are well-formed and nearly always end: loops are short, functions call only those before
//! them, and recursion counts down. Expressions have the type that their place asks for, now and then
//! another. Most statements stand in a `try` that notes what was caught, so that an error does not
//! hide what comes after it.
//!
//! What is left out: what the reference refuses (see the corpus for that), functions that are kept,
//! and closures that touch the value which a native has borrowed for them. The reference waits for
//! that value for a while before it fails, and nothing else would be run in that time.

mod expressions;
mod scope;
mod statements;

use super::choices::Choices;
use scope::{Kind, Scope, Type, Var};

/// Writes one program.
pub(super) struct Generator<'a> {
    choices: &'a mut Choices,
    text: String,
    scope: Scope,
    functions: Vec<Function>,
    /// How many more nodes the program may have before only leaves are chosen.
    budget: i32,
    /// It may use `**`.
    powers: bool,
    /// About how deep the parser is.
    level: u8,
    /// What the function that is being written may do.
    at: Place,
}

/// A function of the program that can be called.
struct Function {
    name: &'static str,
    parameters: Vec<Type>,
    result: Type,
    /// It uses state and is called with `!`.
    with_state: bool,
    /// It is called on a value of this type.
    this: Option<Type>,
}

/// Where in the program something stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// In a loop of the same function.
    in_loop: bool,
    /// How many loops are around it, functions not counted.
    loops: u8,
    /// How many closures are around it.
    closures: u8,
    /// It may use state and call functions that do.
    sees_state: bool,
    /// It may read top-level constants, in closures too.
    is_callback: bool,
    /// Blocks around it.
    blocks: u8,
    /// How many `catch` are around it. In more than one nothing is thrown: if it is `()`, the reference
    /// throws what the outer one caught.
    catches: u8,
}

/// The text of the program that a list of numbers stands for.
pub(super) fn program(choices: &mut Choices) -> String {
    let mut generator = Generator {
        choices,
        text: String::with_capacity(2048),
        scope: Scope::default(),
        functions: Vec::new(),
        budget: 30,
        powers: false,
        level: 4,
        at: Place::default(),
    };
    generator.program();
    generator.text
}

/// A variable of the state: its name, its type, and what it begins as.
const STATE: [(&str, Type, &str); 8] = [
    ("n", Type::Int, "3"),
    ("l", Type::Array, "[3, 1, 2]"),
    ("m", Type::Map, "#{ a: 1, b: [4, 5], c: \"key\", d: #{ a: 7 } }"),
    ("s", Type::Str, "\"héllo\""),
    ("x", Type::Float, "0.5"),
    ("t", Type::Bool, "true"),
    ("v", Type::Vec3, "vec3(1, 2, 3)"),
    ("z", Type::Blob, "blob(4, 65)"),
];

const CONSTANTS: [(&str, Type, &str); 4] = [
    ("K", Type::Int, "5"),
    ("LIST", Type::Array, "[10, 20, 30]"),
    ("NAME", Type::Str, "\"ab,c\""),
    ("CONF", Type::Map, "#{ a: 2, b: [1], c: \"x\", d: #{ a: 3 } }"),
];

const HELPERS: [&str; 4] = ["h0", "h1", "h2", "h3"];
const METHODS: [&str; 3] = ["bump", "twist", "fold"];

impl Generator<'_> {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn program(&mut self) {
        self.powers = self.choices.once_in(6);
        for (name, kind, value) in CONSTANTS {
            if self.choices.once_in(3) {
                self.put("const ");
                self.declare(name, kind, value);
                self.scope.add(Var { name, kind, role: Kind::Constant });
            }
        }
        self.put("let out = [];\n");
        for (name, kind) in [("entity_id", Type::Int), ("delta_time", Type::Float)] {
            self.scope.add(Var { name, kind, role: Kind::Fixed });
        }
        // A program without them could hardly do anything.
        for (i, (name, kind, value)) in STATE.into_iter().enumerate() {
            if i < 4 || self.choices.once_in(2) {
                self.put("let ");
                self.declare(name, kind, value);
                self.scope.add(Var { name, kind, role: Kind::State });
            }
        }
        for name in HELPERS {
            if self.choices.once_in(2) {
                self.helper(name);
            }
        }
        for name in METHODS {
            if self.choices.once_in(3) {
                self.method(name);
            }
        }
        if self.choices.once_in(4) {
            self.recursion();
        }
        self.put("fn on_update() {\n");
        self.at = Place { sees_state: true, is_callback: true, ..Place::default() };
        // Small programs say as much for what they cost; large ones mix more.
        self.budget = self.choices.pick(&[40, 40, 70, 70, 120, 250]);
        let depth = self.scope.depth();
        while self.budget > 0 {
            let begin = self.choices.begin();
            if self.choices.below(8) == 0 {
                break;
            }
            self.group();
            self.choices.end(begin);
        }
        self.scope.rewind(depth);
        self.put("}\n");
    }

    /// A declaration behind its keyword.
    fn declare(&mut self, name: &str, kind: Type, value: &str) {
        self.put(name);
        self.put(" = ");
        if self.choices.once_in(4) {
            self.literal(kind);
        } else {
            self.put(value);
        }
        self.put(";\n");
    }

    /// A function that takes anything and gives anything.
    fn helper(&mut self, name: &'static str) {
        let with_state = self.choices.once_in(3);
        let mut parameters = Vec::new();
        for _ in 0..self.choices.below(4) {
            parameters.push(self.choices.pick(Type::PLAIN));
        }
        let result = self.choices.pick(Type::PLAIN);
        self.function(Function { name, parameters, result, with_state, this: None });
    }

    /// A function that is called on a value and may change it.
    fn method(&mut self, name: &'static str) {
        const TYPED: [(Type, &str); 6] = [
            (Type::Int, "int"),
            (Type::Array, "array"),
            (Type::Str, "string"),
            (Type::Map, "map"),
            (Type::Float, "float"),
            (Type::Vec3, "Vec3"),
        ];
        let (this, prefix) = self.choices.pick(&TYPED);
        let is_typed = self.choices.once_in(2);
        let parameters = vec![Type::Int; self.choices.below(2) as usize];
        let result = self.choices.pick(Type::PLAIN);
        self.put("fn ");
        if is_typed {
            self.put(prefix);
            self.put(".");
        }
        let this = Some(this);
        self.function_after(Function { name, parameters, result, with_state: false, this });
    }

    fn function(&mut self, function: Function) {
        self.put("fn ");
        self.function_after(function);
    }

    /// A function behind its `fn`.
    fn function_after(&mut self, function: Function) {
        const PARAMETERS: [&str; 3] = ["a", "b", "c"];
        self.at = Place { sees_state: function.with_state, ..Place::default() };
        self.budget = 20;
        let outside = self.scope.enter_function(function.with_state);
        self.put(function.name);
        self.put("(");
        for (i, kind) in function.parameters.iter().enumerate() {
            self.put(if i > 0 { ", " } else { "" });
            self.put(PARAMETERS[i]);
            self.scope.add(Var { name: PARAMETERS[i], kind: *kind, role: Kind::Local });
        }
        self.put(") {\n");
        if let Some(this) = function.this {
            self.scope.add(Var { name: "this", kind: this, role: Kind::Local });
        }
        self.statements(3);
        self.expression(function.result, 3);
        self.put("\n}\n");
        self.scope.leave_function(outside);
        self.functions.push(function);
    }

    /// A function that calls itself as often as its parameter says.
    fn recursion(&mut self) {
        self.at = Place::default();
        self.budget = 20;
        let outside = self.scope.enter_function(false);
        self.put("fn again(a) {\nif a <= 0 { return ");
        self.scope.add(Var { name: "a", kind: Type::Int, role: Kind::Fixed });
        self.expression(Type::Int, 2);
        self.put("; }\n");
        self.statements(2);
        self.put("let r = again(a - 1);\n");
        self.scope.add(Var { name: "r", kind: Type::Int, role: Kind::Local });
        self.expression(Type::Int, 3);
        self.put("\n}\n");
        self.scope.leave_function(outside);
        let parameters = vec![Type::Few];
        let result = Type::Int;
        self.functions.push(Function {
            name: "again",
            parameters,
            result,
            with_state: false,
            this: None,
        });
    }
}
