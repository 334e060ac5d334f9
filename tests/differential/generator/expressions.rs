//! Expressions: leaves, templates by type, control flow as a value, calls, closures.
//!
//! In a template `%` and a letter stand for an expression of a type, `@` and a letter for something of
//! that type that can be changed; see `kind_of` for the letters. A digit stands for a closure with so
//! many parameters, `p` for a test, `t` for a comparer, `q` for a closure that uses `this`, `h` for one
//! that uses `this` and a parameter.
//!
//! Left out are four things that stock Rhai does wrong, see the corpus: writing a character at a
//! negative index, taking text away from an empty string, changing what a closure has captured by a
//! native that is written as a function, and calling a method of a range of a string.

use super::{
    Generator,
    scope::{Kind, Type, Var},
};

const INT: &[&str] = &[
    "(%i + %i)",
    "(%i - %i)",
    "(%i * %i)",
    "%a.len()",
    "%a[%z]",
    "%m.a",
    "(%i / %i)",
    "(%i %% %i)",
    "(%i << %z)",
    "(%i >> %z)",
    "(%i & %i)",
    "(%i | %i)",
    "(%i ^ %i)",
    "(-%i)",
    "(+%i)",
    "%i + %i * %i",
    "%i.abs()",
    "%i.sign()",
    "min(%i, %i)",
    "max(%i, %i)",
    "%s.len()",
    "%s.len",
    "%s.bytes",
    "len(%a)",
    "%m.len()",
    "%B.len()",
    "%a.index_of(%y)",
    "%a.index_of(%p)",
    "%s.index_of(%s)",
    "%s.index_of(%c, %z)",
    "%f.to_int()",
    "parse_int(%s)",
    "%c.to_int()",
    "%i.get_bits(%z, %z)",
    "%i[%r]",
    "%a.reduce(%2, %i)",
    "%a.reduce_rev(%2, %i)",
    "%a.find(%p)",
    "%a.find_map(%1)",
    "%a.get(%z)",
    "%r.start",
    "%r.end",
    "%a[%z][%z]",
    "%a?[%z]",
    "%m[\"a\"]",
    "%m.d.a",
    "%m[\"d\"][\"a\"]",
    "%m?.d?.a",
    "%m.b[%z]",
    "%B[%z]",
    "%B.parse_le_int(%z, %z)",
    "%B.parse_be_int(%r)",
    "(%m.zz ?? %i)",
    "(%m?.zz?.a ?? %i)",
    "(%y ?? %i)",
    "tick()",
    "random_range(0, 9)",
    "@a.pop()",
    "@a.shift()",
    "@a.remove(%z)",
    "@B.pop()",
    "@m.remove(%k)",
    "@i.call(%h, %i)",
    "(%1).call(%i)",
    "(%2).call(%i, %i)",
    "(%i ** %z)",
];

const FLOAT: &[&str] = &[
    "(%f + %f)",
    "(%f - %f)",
    "(%f * %i)",
    "(%i / %f)",
    "(%f / %f)",
    "(%f %% %f)",
    "(-%f)",
    "%i.to_float()",
    "%f.abs()",
    "%f.floor()",
    "%f.ceiling()",
    "%f.round()",
    "%f.int()",
    "%f.fraction",
    "%f.sqrt()",
    "%f.sin()",
    "%f.cos()",
    "%f.exp()",
    "%f.ln()",
    "%f.atan(%f)",
    "min(%f, %i)",
    "max(%f, %f)",
    "%v.x",
    "%v.z",
    "%v.length()",
    "%v.dot(%v)",
    "parse_float(%s)",
    "random()",
    "PI()",
    "distance(%v, %v)",
    "(%f ** %f)",
];

const BOOL: &[&str] = &[
    "(%i < %i)",
    "(%i == %i)",
    "(%y == %y)",
    "(%y != %y)",
    "(%i <= %i)",
    "(%i > %i)",
    "(%i >= %i)",
    "(%i != %i)",
    "(%f < %f)",
    "(%f == %i)",
    "(%i >= %f)",
    "(%s == %s)",
    "(%s < %s)",
    "(%s > %c)",
    "(%c <= %c)",
    "(%a == %a)",
    "(%m != %m)",
    "(%v == %v)",
    "(%y < %y)",
    "(%b && %b)",
    "(%b || %b)",
    "%b && %b || %b",
    "(!%b)",
    "(%b & %b)",
    "(%b | %b)",
    "(%b ^ %b)",
    "(%b == %b)",
    "(%y in %a)",
    "(%i !in %a)",
    "(%s in %m)",
    "(%i in %r)",
    "(%c in %s)",
    "%a.contains(%y)",
    "%s.contains(%s)",
    "%s.starts_with(%c)",
    "%m.contains(%s)",
    "%r.contains(%i)",
    "%B.contains(%i)",
    "%a.some(%p)",
    "%a.all(%p)",
    "%i.is_odd()",
    "%i.is_zero",
    "%s.is_empty",
    "%a.is_empty()",
    "%i[%z]",
    "%i.get_bit(%z)",
    "%f.is_nan()",
    "is_def_fn(\"h0\", %z)",
    "(%y ?? %b)",
];

const STR: &[&str] = &[
    "(%s + %s)",
    "(%s + %y)",
    "`<${%y}>`",
    "%m.c",
    "(%y + %s)",
    "(%c + %c)",
    "`${%i}, ${%s}`",
    "`${%y}${let q = %i; q}`",
    "%s.to_upper()",
    "%s.to_lower()",
    "%s.sub_string(%z)",
    "%s.sub_string(%z, %z)",
    "%s.sub_string(%r)",
    "(\"\" + %s[%r])",
    "%y.to_string()",
    "%y.to_debug()",
    "type_of(%y)",
    "%i.to_hex()",
    "%i.to_binary()",
    "max(%s, %s)",
    "%B.as_string()",
    "%m.to_json()",
    "%a.reduce(%2, %s)",
    "get_tag(1)",
    "@s.pop(%z)",
    "%m[\"c\"]",
];

const CHAR: &[&str] = &["%s[%z]", "%c.to_upper()", "%c.to_lower()", "%s.get(%z)", "max(%c, %c)"];

const ARRAY: &[&str] = &[
    "[%i, %i]",
    "[%y, %y, %y]",
    "%a.map(%1)",
    "%a.filter(%p)",
    "(%a + %a)",
    "%a.map(%2)",
    "%a.map(%q)",
    "%a.filter(%q)",
    "%a.extract(%z, %z)",
    "%a.extract(%r)",
    "%a.order()",
    "%a.order_desc()",
    "%a.order_by(%t)",
    "%a.zip(%a, %2)",
    "%s.split(%s)",
    "%s.split(%c, %z)",
    "%s.split(%z)",
    "%s.to_chars()",
    "%m.keys()",
    "%m.values()",
    "%m.b",
    "%m?.b",
    "%B.to_array()",
    "shuffle(%a)",
    "@a.drain(%z, %z)",
    "@a.drain(%p)",
    "@a.retain(%p)",
    "@a.split(%z)",
];

const MAP: &[&str] = &[
    "#{ a: %i, b: %a, c: %s, d: #{ a: %i } }",
    "#{ a: %y, \"b\": %y }",
    "%m.d",
    "(%m + %m)",
    "%m.map(%2)",
    "%m.filter(%2)",
    "@m.drain(%2)",
    "@m.retain(%2)",
    "[%m, %m][%z]",
];

const BLOB: &[&str] = &[
    "blob(%z, %i)",
    "%s.to_blob()",
    "(%B + %B)",
    "%B.extract(%z, %z)",
    "%B.extract(%r)",
    "@B.drain(%z, %z)",
    "@B.split(%z)",
];

const VEC3: &[&str] = &[
    "vec3(%i, %i, %f)",
    "(%v + %v)",
    "(%v - %v)",
    "(%v * %f)",
    "(%i * %v)",
    "(%v / %i)",
    "(-%v)",
    "%v.normalize()",
    "%v.cross(%v)",
    "%v.lerp(%v, %f)",
    "get_position(1)",
];

const RANGE: &[&str] = &["(%z..%z)", "(%z..=%z)", "(%i..%i)"];

const UNIT: &[&str] = &["print(%y)", "(if %b { %y; })", "%m.zz", "[].pop()", "debug(%y)"];

fn templates(kind: Type) -> &'static [&'static str] {
    match kind {
        Type::Str => STR,
        Type::Bool => BOOL,
        Type::Array => ARRAY,
        Type::Map => MAP,
        Type::Float => FLOAT,
        Type::Char => CHAR,
        Type::Blob => BLOB,
        Type::Vec3 => VEC3,
        Type::Range => RANGE,
        Type::Unit => UNIT,
        _ => INT,
    }
}

fn kind_of(letter: u8) -> Type {
    match letter {
        b's' => Type::Str,
        b'b' => Type::Bool,
        b'a' => Type::Array,
        b'm' => Type::Map,
        b'f' => Type::Float,
        b'c' => Type::Char,
        b'B' => Type::Blob,
        b'v' => Type::Vec3,
        b'r' => Type::Range,
        b'u' => Type::Unit,
        b'y' => Type::Any,
        b'z' => Type::Few,
        _ => Type::Int,
    }
}

/// How deep the parser would be at most where more than a leaf is written; it takes 32 levels.
const MOST_LEVELS: u8 = 15;

/// The variable at the left end of what was written, if it is nothing but a chain from there.
pub(super) type Root = Option<&'static str>;

impl Generator<'_> {
    /// An expression that is meant to give a type.
    pub(super) fn expression(&mut self, kind: Type, depth: u8) -> Root {
        let begin = self.choices.begin();
        self.budget -= 1;
        let mut kind = kind;
        if depth > 0 && self.choices.once_in(40) {
            let other = self.choices.pick(Type::PLAIN);
            if kind == Type::Bool && other != Type::Bool {
                // The parser refuses a literal where it wants a bool.
                self.put("[");
                self.literal(other);
                self.put("][0]");
                self.choices.end(begin);
                return None;
            }
            kind = other;
        }
        if kind == Type::Any {
            let is_plain = |var: &Var| !matches!(var.kind, Type::Function(_) | Type::Object);
            if self.choices.once_in(4)
                && let Some(var) = self.variable(is_plain)
            {
                self.put(var.name);
                self.choices.end(begin);
                return Some(var.name);
            }
            kind = self.choices.pick(&Type::PLAIN[..Type::PLAIN.len() - 1]);
        }
        let is_leaf = depth == 0 || self.budget <= 0 || self.level >= MOST_LEVELS;
        self.level += 4;
        let root = match if is_leaf { 0 } else { self.choices.below(12) } {
            0..=2 => self.leaf(kind),
            10 => {
                self.flow(kind, depth - 1);
                None
            }
            11 => self.call(kind, depth - 1),
            _ if kind == Type::Few => self.leaf(kind),
            _ => {
                let template = self.choices.pick(templates(kind));
                // With `**` anywhere the reference looks at a variable on the left of an operator
                // after the right side has changed it.
                let is_fit =
                    if self.powers { !template.starts_with('@') } else { !template.contains("**") };
                if is_fit { self.template(template, depth - 1) } else { self.leaf(kind) }
            }
        };
        self.level -= 4;
        self.choices.end(begin);
        root
    }

    fn leaf(&mut self, kind: Type) -> Root {
        if self.choices.below(3) > 0
            && let Some(var) = self.variable(|var| var.kind == kind)
        {
            self.put(var.name);
            return Some(var.name);
        }
        self.literal(kind);
        None
    }

    /// One of the variables that can be read here.
    pub(super) fn variable(&mut self, accept: impl Fn(&Var) -> bool) -> Option<Var> {
        let (closures, is_callback) = (self.at.closures, self.at.is_callback);
        // The reference lends no constants to closures of helpers, nor to closures of closures, and
        // helpers may change their copy of one.
        let can_read = |var: &Var| match var.role {
            Kind::Constant if is_callback => closures <= 1,
            Kind::Constant => closures == 0 && !matches!(var.kind, Type::Array | Type::Map),
            _ => true,
        };
        let found = self.scope.find(|var| can_read(var) && accept(var));
        if found.indices().is_empty() {
            return None;
        }
        let index = self.choices.pick(found.indices());
        Some(self.scope.get(index))
    }

    pub(super) fn literal(&mut self, kind: Type) {
        const INTS: &[&str] = &[
            "0",
            "1",
            "2",
            "3",
            "(-1)",
            "7",
            "10",
            "(-5)",
            "63",
            "64",
            "255",
            "1000",
            "(0x7f)",
            "1_000_000",
            "9223372036854775807",
            "(-9223372036854775808)",
        ];
        const FEW: &[&str] = &["0", "1", "2", "3", "(-1)", "(-2)", "4", "5", "(-4)", "9"];
        const FLOATS: &[&str] = &[
            "0.0",
            "1.0",
            "0.5",
            "2.0",
            "(-2.5)",
            "3.0",
            "100.25",
            "1e-3",
            "1e10",
            "(-0.0)",
            "1e300",
            "(0.0 / 0.0)",
            "(1.0 / 0.0)",
        ];
        const STRINGS: &[&str] = &[
            "\"\"",
            "\"a\"",
            "\"ab\"",
            "\"hello\"",
            "\"a,b,c\"",
            "\"12\"",
            "\"x y\"",
            "\"é🦀\"",
            "\"-5\"",
            "\"1.5\"",
            "\"Big\"",
            "\"k\\n\"",
            "`raw\\n`",
        ];
        const CHARS: &[&str] = &["'a'", "'b'", "'l'", "'Z'", "'0'", "','", "'é'", "'\\n'"];
        const ARRAYS: &[&str] = &[
            "[]",
            "[1]",
            "[1, 2, 3]",
            "[3, 1, 2, 2]",
            "[0, -1]",
            "[[1, 2], [3]]",
            "[1, \"a\", ()]",
        ];
        const MAPS: &[&str] = &[
            "#{}",
            "#{ a: 1 }",
            "#{ a: 1, b: [1, 2], c: \"s\", d: #{ a: 2 } }",
            "#{ c: 'x', d: #{ a: \"t\" } }",
        ];
        const RANGES: &[&str] = &["(0..3)", "(1..=3)", "(2..2)", "(5..1)", "(-2..2)", "(0..=100)"];
        let text = match kind {
            Type::Str => self.choices.pick(STRINGS),
            Type::Bool => self.choices.pick(&["true", "false"]),
            Type::Array => self.choices.pick(ARRAYS),
            Type::Map => self.choices.pick(MAPS),
            Type::Float => self.choices.pick(FLOATS),
            Type::Char => self.choices.pick(CHARS),
            Type::Blob => self.choices.pick(&["blob()", "blob(3, 65)", "blob(2)"]),
            Type::Vec3 => {
                self.choices.pick(&["vec3(0, 0, 0)", "vec3(1, 2, 3)", "vec3(0.5, -1, 4)"])
            }
            Type::Range => self.choices.pick(RANGES),
            Type::Unit => "()",
            Type::Few => self.choices.pick(FEW),
            _ => self.choices.pick(INTS),
        };
        self.put(text);
    }

    /// Writes a template with its holes filled.
    pub(super) fn template(&mut self, template: &'static str, depth: u8) -> Root {
        let mut root = None;
        let mut rest = template;
        while let Some(at) = rest.find(['%', '@']) {
            let is_first = at == 0 && rest.len() == template.len();
            self.put(&rest[..at]);
            let (mark, letter) = (rest.as_bytes()[at], rest.as_bytes()[at + 1]);
            rest = &rest[at + 2..];
            if mark == b'@' {
                match self.place(kind_of(letter), depth) {
                    Some(name) => root = Some(name),
                    None => {
                        self.literal(kind_of(letter));
                    }
                }
                continue;
            }
            match letter {
                b'%' => self.put("%"),
                b'k' => {
                    let key = self.choices.pick(&["\"a\"", "\"b\"", "\"zz\"", "\"d\""]);
                    self.put(key);
                }
                b'1' | b'2' | b'p' | b'q' | b'h' | b't' => self.closure(letter, root, depth),
                _ => {
                    let written = self.expression(kind_of(letter), depth);
                    if is_first {
                        root = written;
                    }
                }
            }
        }
        self.put(rest);
        // A chain borrows the variable at its left end for as long as it goes on.
        let is_chain = matches!(template.as_bytes().get(2), Some(b'.' | b'[' | b'?') | None);
        if is_chain { root } else { None }
    }

    /// A closure for a native that has borrowed a variable, or for nobody in particular.
    pub(super) fn closure(&mut self, shape: u8, borrowed: Root, depth: u8) {
        if let Some(name) = borrowed {
            self.scope.borrow(name);
        }
        let (outer, scope) = (self.at, self.scope.depth());
        self.level += 3;
        self.at.in_loop = false;
        self.at.closures += 1;
        let var = |name, kind| Var { name, kind, role: Kind::Local };
        // The function's own `this` is not that of a closure.
        let this = if matches!(shape, b'q' | b'h') { Type::Int } else { Type::Function(u8::MAX) };
        self.scope.add(var("this", this));
        match shape {
            b'q' => self.put("||"),
            b'2' | b't' => {
                self.put("|p, q|");
                self.scope.add(var("p", Type::Int));
                self.scope.add(var("q", Type::Int));
            }
            _ => {
                self.put("|p|");
                self.scope.add(var("p", Type::Int));
            }
        }
        match shape {
            b't' if self.choices.below(4) > 0 => {
                let order = self.choices.pick(&[" p - q", " q - p", " p < q", " p == q"]);
                self.put(order);
            }
            _ if self.choices.below(4) == 0 => {
                self.put(" {\n");
                self.statements(2);
                self.expression(if shape == b'p' { Type::Bool } else { Type::Int }, depth);
                self.put("\n}");
            }
            b'p' => {
                self.put(" ");
                self.expression(Type::Bool, depth);
            }
            _ => {
                self.put(" ");
                let kind = if self.choices.below(4) == 0 { Type::Any } else { Type::Int };
                self.expression(kind, depth);
            }
        }
        self.scope.rewind(scope);
        self.at = outer;
        self.level -= 3;
        if borrowed.is_some() {
            self.scope.give_back();
        }
    }

    /// Control flow as a value.
    fn flow(&mut self, kind: Type, depth: u8) {
        let scope = self.scope.depth();
        match self.choices.below(5) {
            0 => {
                self.put("(if ");
                self.expression(Type::Bool, depth);
                self.put(" { ");
                self.expression(kind, depth);
                self.put(" } else { ");
                self.expression(kind, depth);
                self.put(" })");
            }
            1 => {
                self.put("(switch ");
                let scrutinee = self.choices.pick(&[Type::Few, Type::Int, Type::Str, Type::Any]);
                self.expression(scrutinee, depth);
                self.put(" { ");
                self.cases(|generator| {
                    generator.expression(kind, depth);
                });
                self.put(" })");
            }
            2 => {
                self.put("({ let q = ");
                let other = self.choices.pick(Type::PLAIN);
                self.expression(other, depth);
                self.put("; ");
                self.scope.add(Var { name: "q", kind: other, role: Kind::Local });
                self.expression(kind, depth);
                self.put(" })");
            }
            3 => {
                self.put("(for i in ");
                self.literal(Type::Range);
                self.put(" { if ");
                self.scope.add(Var { name: "i", kind: Type::Int, role: Kind::Local });
                self.expression(Type::Bool, depth);
                self.put(" { break ");
                self.expression(kind, depth);
                self.put("; } })");
            }
            _ => {
                self.put("(loop { break ");
                self.expression(kind, depth);
                self.put("; })");
            }
        }
        self.scope.rewind(scope);
    }

    /// The cases of a switch: single values first, ranges behind them, as the parser wants them.
    pub(super) fn cases(&mut self, mut body: impl FnMut(&mut Self)) {
        const SINGLE: &[&str] =
            &["0", "1", "2", "-1", "3 | 4", "\"a\"", "'a' | 1.0", "()", "true", "[1]", "1.5"];
        const RANGES: &[&str] = &["0..3", "1..=5", "-5..0", "3..3", "4..100"];
        for cases in [SINGLE, RANGES] {
            for _ in 0..self.choices.below(3) {
                let begin = self.choices.begin();
                let case = self.choices.pick(cases);
                self.put(case);
                if self.choices.once_in(3) {
                    self.put(" if ");
                    self.expression(Type::Bool, 1);
                }
                self.put(" => ");
                body(self);
                self.put(", ");
                self.choices.end(begin);
            }
        }
        if self.choices.below(4) > 0 {
            self.put("_ => ");
            body(self);
        }
    }

    /// A call of a function of the program, of a closure in a variable, or of a method of an object.
    fn call(&mut self, kind: Type, depth: u8) -> Root {
        let called = match self.choices.below(4) {
            0 => self.call_variable(depth),
            1 => self.call_object(depth),
            _ => None,
        };
        if called.is_some() {
            return called;
        }
        let allowed = |f: &super::Function, closures| !f.with_state || closures == 0;
        let (closures, sees_state) = (self.at.closures, self.at.sees_state);
        let mut fitting = [0_u8; 16];
        let mut count = 0;
        for (i, function) in self.functions.iter().enumerate() {
            let is_wanted = kind == Type::Any || function.result == kind || i % 3 == 0;
            let sees = sees_state || !function.with_state;
            if is_wanted && sees && allowed(function, closures) && count < fitting.len() {
                fitting[count] = i as u8;
                count += 1;
            }
        }
        if count == 0 {
            return self.leaf(kind);
        }
        let index = usize::from(self.choices.pick(&fitting[..count]));
        // As with templates that change something.
        let function = &self.functions[index];
        if self.powers && (function.with_state || function.this.is_some()) {
            return self.leaf(kind);
        }
        self.call_function(index, depth)
    }

    pub(super) fn call_function(&mut self, index: usize, depth: u8) -> Root {
        let function = &self.functions[index];
        let (name, with_state, this) = (function.name, function.with_state, function.this);
        let mut parameters = [Type::Unit; 4];
        let count = function.parameters.len().min(4);
        parameters[..count].copy_from_slice(&function.parameters[..count]);
        let mut root = None;
        if let Some(this) = this {
            // Whether the reference keeps what a method has made of a part that it reads and puts back
            // depends on what follows the method.
            let is_put_back = matches!(this, Type::Bool | Type::Float);
            root = if is_put_back { self.changeable(this) } else { self.place(this, depth) };
            if root.is_none() {
                self.literal(this);
            }
            self.put(".");
        }
        self.put(name);
        self.put(if with_state { "!(" } else { "(" });
        for (i, kind) in parameters[..count].iter().enumerate() {
            self.put(if i > 0 { ", " } else { "" });
            self.expression(*kind, depth);
        }
        self.put(")");
        root
    }

    /// `f.call(..)`, if there is such a variable.
    fn call_variable(&mut self, depth: u8) -> Root {
        let var = self.variable(|var| matches!(var.kind, Type::Function(0..=2)))?;
        let Type::Function(count) = var.kind else { return None };
        self.put(var.name);
        self.put(".call(");
        for i in 0..count {
            self.put(if i > 0 { ", " } else { "" });
            self.expression(Type::Int, depth);
        }
        self.put(")");
        Some(var.name)
    }

    /// `o.peek()` or `o.poke(..)`, if there is such a variable.
    fn call_object(&mut self, depth: u8) -> Root {
        let var = self.variable(|var| var.kind == Type::Object)?;
        self.put(var.name);
        if self.choices.below(2) == 0 {
            self.put(".peek()");
        } else {
            self.put(".poke(");
            self.expression(Type::Int, depth);
            self.put(")");
        }
        Some(var.name)
    }

    /// Something of a type that can be changed: a variable, or a part of one.
    pub(super) fn place(&mut self, kind: Type, depth: u8) -> Root {
        const PARTS: [(Type, Type, &str); 13] = [
            (Type::Int, Type::Array, "[%z]"),
            (Type::Int, Type::Map, ".a"),
            (Type::Int, Type::Map, ".d.a"),
            (Type::Int, Type::Map, ".b[%z]"),
            (Type::Int, Type::Map, "[\"a\"]"),
            (Type::Int, Type::Map, "[\"d\"].a"),
            (Type::Str, Type::Map, ".c"),
            (Type::Array, Type::Map, ".b"),
            (Type::Map, Type::Map, ".d"),
            (Type::Array, Type::Array, "[%z]"),
            (Type::Bool, Type::Int, "[%z]"),
            (Type::Float, Type::Vec3, ".y"),
            (Type::Float, Type::Vec3, ".x"),
        ];
        let can_change = |var: &Var| matches!(var.role, Kind::Local | Kind::State);
        if self.choices.below(3) == 2 {
            let mut fitting = [0_u8; PARTS.len()];
            let mut count = 0;
            for (i, part) in PARTS.iter().enumerate() {
                if part.0 == kind {
                    fitting[count] = i as u8;
                    count += 1;
                }
            }
            if count > 0 {
                let (_, whole, path) = PARTS[usize::from(self.choices.pick(&fitting[..count]))];
                let whole = self.variable(|var| can_change(var) && var.kind == whole);
                if let Some(var) = whole {
                    self.put(var.name);
                    self.template(path, depth.min(1));
                    return Some(var.name);
                }
            }
        }
        self.changeable(kind)
    }

    /// A variable of a type that can be changed.
    fn changeable(&mut self, kind: Type) -> Root {
        let can_change = |var: &Var| matches!(var.role, Kind::Local | Kind::State);
        let var = self.variable(|var| can_change(var) && var.kind == kind)?;
        self.put(var.name);
        Some(var.name)
    }

    /// Whether there is a variable of a type that can be changed.
    pub(super) fn has_place(&self, kind: Type) -> bool {
        let can_change = |var: &Var| matches!(var.role, Kind::Local | Kind::State);
        !self.scope.find(|var| can_change(var) && var.kind == kind).indices().is_empty()
    }
}
