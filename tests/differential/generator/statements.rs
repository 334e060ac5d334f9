//! Statements.

use super::{
    Generator,
    scope::{Kind, Type, Var},
};

const CHANGE_INT: &[&str] = &[
    "@i += %i;",
    "@i = %i;",
    "@i -= %i;",
    "@i *= %i;",
    "@i /= %i;",
    "@i %%= %i;",
    "@i <<= %z;",
    "@i >>= %z;",
    "@i &= %i;",
    "@i |= %i;",
    "@i ^= %i;",
    "@i[%z] = %b;",
    "@i[%r] = %i;",
    "@i.set_bit(%z, %b);",
    "@i.set_bits(%z, %z, %i);",
    "@i += %y;",
    "@i.call(%h, %i);",
    "@i **= %z;",
];

const CHANGE_STR: &[&str] = &[
    "@s += %s;",
    "@s = %s;",
    "@s += %y;",
    "@s[1] = %c;",
    "@s[%r] = %s;",
    "@s.trim();",
    "@s.replace(%s, %s);",
    "@s.replace(%c, %c);",
    "@s.make_upper();",
    "@s.pad(%z, %c);",
    "@s.truncate(%z);",
    "@s.crop(%z, %z);",
    "@s.pop();",
    "@s.remove(%s);",
    "@s.clear();",
    "@s.set(%z, %c);",
    "@s.append(%y);",
];

const CHANGE_ARRAY: &[&str] = &[
    "@a.push(%i);",
    "@a[%z] = %y;",
    "@a = %a;",
    "@a.push(%y);",
    "@a += %y;",
    "@a += %a;",
    "@a.pop();",
    "@a.insert(%z, %i);",
    "@a.remove(%z);",
    "@a.reverse();",
    "@a.sort();",
    "@a.sort(%t);",
    "@a.sort_desc();",
    "@a.dedup();",
    "@a.truncate(%z);",
    "@a.chop(%z);",
    "@a.clear();",
    "@a.append(%a);",
    "@a.drain(%p);",
    "@a.drain(%r);",
    "@a.retain(%p);",
    "@a.splice(%r, %a);",
    "@a.splice(%z, %z, %a);",
    "@a.set(%z, %y);",
    "@a.pad(%z, %y);",
    "@a.for_each(%q);",
    "@a.for_each(%h);",
    "@a[%z] += %i;",
    "@a[%z][%z] = %i;",
];

const CHANGE_MAP: &[&str] = &[
    "@m.a = %y;",
    "@m[%k] = %y;",
    "@m = %m;",
    "@m.a += %i;",
    "@m.d.a -= %i;",
    "@m.b[%z] *= %i;",
    "@m.c += %y;",
    "@m[\"d\"][\"a\"] = %y;",
    "@m.set(%k, %y);",
    "@m.remove(%k);",
    "@m.mixin(%m);",
    "@m += %m;",
    "@m.fill_with(%m);",
    "@m.retain(%2);",
    "@m.d = %m;",
    "@m?.d.a = %i;",
    "@m.b.push(%i);",
    "@m.zz.a = %i;",
];

const CHANGE_REST: &[(Type, &[&str])] = &[
    (Type::Float, &["@f += %f;", "@f = %f;", "@f *= %i;", "@f -= %f;", "@f /= %f;", "@f %%= %f;"]),
    (Type::Bool, &["@b = %b;", "@b &= %b;", "@b |= %b;", "@b ^= %b;"]),
    (
        Type::Vec3,
        &["@v = %v;", "@v.x = %f;", "@v.y += %i;", "@v += %v;", "@v *= %f;", "@v.z -= %f;"],
    ),
    (
        Type::Blob,
        &["@B.push(%i);", "@B[%z] = %i;", "@B[%z] += %i;", "@B = %B;", "@B.insert(%z, %i);"],
    ),
    (Type::Blob, &["@B.pad(%z, %i);", "@B.reverse();", "@B += %B;", "@B.write_le(%r, %i);"]),
    (Type::Char, &["@c = %c;", "@c.make_upper();", "@c += %c;"]),
    (Type::Any, &["@y = %y;", "@y += %y;"]),
];

/// The last two are names of state.
const LOCALS: &[&str] = &["a", "b", "c", "d", "e", "n", "s"];

impl Generator<'_> {
    /// Statements, one after the other; their variables stay.
    pub(super) fn statements(&mut self, most: u32) {
        for _ in 0..most {
            let begin = self.choices.begin();
            if self.budget <= 0 || self.choices.below(4) == 0 {
                break;
            }
            self.statement();
            self.choices.end(begin);
        }
    }

    /// A statement of a callback, most often one whose error is noted.
    pub(super) fn group(&mut self) {
        if self.choices.below(10) == 0 {
            self.statement();
        } else {
            self.put("try ");
            self.block(4);
            self.put(" catch (err) { out.push(err); }\n");
        }
    }

    /// A block with variables of its own.
    fn block(&mut self, most: u32) {
        let scope = self.scope.depth();
        self.at.blocks += 1;
        self.level += 3;
        self.put("{\n");
        self.statements(most);
        self.put("}");
        self.level -= 3;
        self.at.blocks -= 1;
        self.scope.rewind(scope);
    }

    fn statement(&mut self) {
        self.budget -= 1;
        // Deep blocks would be more than the parser takes.
        let choice = self.choices.below(if self.level < 10 { 29 } else { 18 });
        match choice {
            0..=4 => self.note(),
            5..=8 => self.change(),
            9..=11 => self.declare_local(),
            12 => self.print(),
            13 => self.leave(),
            14 => self.declare_closure(),
            15 => self.command(),
            16 => {
                if self.functions.is_empty() || !self.call_statement() {
                    self.note();
                }
            }
            17 => self.change(),
            18..=20 => self.branch(),
            21 => self.switch(),
            22..=23 => self.for_loop(),
            24 => self.while_loop(),
            25 => self.endless_loop(),
            26 => self.try_block(),
            27 => self.declare_object(),
            _ => {
                self.block(3);
                self.put("\n");
            }
        }
    }

    /// Shows a value to whoever compares.
    fn note(&mut self) {
        let kind = self.choices.pick(Type::PLAIN);
        self.put(if self.at.sees_state { "out.push(" } else { "print(" });
        self.expression(kind, 3);
        self.put(");\n");
    }

    fn print(&mut self) {
        let function = self.choices.pick(&["print", "debug", "log", "warn"]);
        self.put(function);
        self.put("(");
        self.expression(Type::Any, 2);
        self.put(");\n");
    }

    fn change(&mut self) {
        let template = match self.choices.below(8) {
            0..=1 if self.has_place(Type::Int) => self.choices.pick(CHANGE_INT),
            2 if self.has_place(Type::Str) => self.choices.pick(CHANGE_STR),
            3..=4 if self.has_place(Type::Array) => self.choices.pick(CHANGE_ARRAY),
            5..=6 if self.has_place(Type::Map) => self.choices.pick(CHANGE_MAP),
            _ => {
                let (kind, templates) = self.choices.pick(CHANGE_REST);
                if !self.has_place(kind) {
                    self.note();
                    return;
                }
                self.choices.pick(templates)
            }
        };
        if template.contains("**") && !self.powers {
            self.note();
            return;
        }
        self.template(template, 2);
        self.put("\n");
    }

    fn declare_local(&mut self) {
        let kind = self.choices.pick(Type::PLAIN);
        // A function called with `!` would see the local in place of the state on the reference.
        let may_hide_state = !self.functions.iter().any(|function| function.with_state);
        let names = if may_hide_state { LOCALS } else { &LOCALS[..LOCALS.len() - 2] };
        let name = self.choices.pick(names);
        let is_fixed = self.choices.once_in(8);
        self.put(if is_fixed { "const " } else { "let " });
        self.put(name);
        self.put(" = ");
        self.expression(kind, 3);
        self.put(";\n");
        let role = if is_fixed { Kind::Fixed } else { Kind::Local };
        self.scope.add(Var { name, kind, role });
    }

    fn declare_closure(&mut self) {
        let (shape, count) = self.choices.pick(&[(b'1', 1), (b'2', 2), (b'p', 1)]);
        let name = self.choices.pick(&["f", "g"]);
        self.put("let ");
        self.put(name);
        self.put(" = ");
        self.closure(shape, None, 2);
        self.put(";\n");
        self.scope.add(Var { name, kind: Type::Function(count), role: Kind::Local });
    }

    fn declare_object(&mut self) {
        self.put("let o = #{ n: ");
        self.expression(Type::Int, 1);
        self.put(", peek: || this.n, poke: |p| { this.n += p; ");
        // What the closure captures could be the object's own variable.
        self.put("this.n } };\n");
        self.scope.add(Var { name: "o", kind: Type::Object, role: Kind::Local });
    }

    fn command(&mut self) {
        const COMMANDS: &[&str] = &[
            "set_tag(1, %s);",
            "set_position(1, %v);",
            "move_towards(1, %v, %f);",
            "publish(\"news\", %y);",
            "apply_damage(2, %f);",
        ];
        let command = self.choices.pick(COMMANDS);
        self.template(command, 2);
        self.put("\n");
    }

    /// A call of a function of the program for what it does.
    fn call_statement(&mut self) -> bool {
        let index = self.choices.below(self.functions.len() as u32) as usize;
        let function = &self.functions[index];
        if function.with_state && (self.at.closures > 0 || !self.at.sees_state) {
            return false;
        }
        self.call_function(index, 2);
        self.put(";\n");
        true
    }

    /// Leaves something: a loop, a function, or by an error.
    fn leave(&mut self) {
        match self.choices.below(4) {
            0 if self.at.in_loop => self.put("break;\n"),
            1 if self.at.in_loop => self.put("continue;\n"),
            2 if self.at.catches < 2 => {
                self.put("if ");
                self.expression(Type::Bool, 2);
                self.put(" { throw ");
                let kind = self.choices.pick(&[Type::Int, Type::Str, Type::Map, Type::Array]);
                self.expression(kind, 1);
                self.put("; }\n");
            }
            3 if self.at.blocks > 0 => {
                self.put("if ");
                self.expression(Type::Bool, 2);
                self.put(" { return ");
                self.expression(Type::Any, 1);
                self.put("; }\n");
            }
            _ => self.note(),
        }
    }

    fn branch(&mut self) {
        self.put("if ");
        self.expression(Type::Bool, 2);
        self.put(" ");
        self.block(3);
        if self.choices.once_in(4) {
            self.put(" else if ");
            self.expression(Type::Bool, 2);
            self.put(" ");
            self.block(2);
        }
        if self.choices.once_in(2) {
            self.put(" else ");
            self.block(3);
        }
        self.put("\n");
    }

    fn switch(&mut self) {
        self.put("switch ");
        let kind = self.choices.pick(&[Type::Few, Type::Int, Type::Any, Type::Str]);
        self.expression(kind, 2);
        self.put(" {\n");
        self.cases(|generator| generator.block(2));
        self.put("}\n");
    }

    /// The body of a loop.
    fn body(&mut self) {
        let was = self.at.in_loop;
        self.at.in_loop = true;
        self.at.loops += 1;
        self.block(3);
        self.at.loops -= 1;
        self.at.in_loop = was;
        self.put("\n");
    }

    fn for_loop(&mut self) {
        if self.at.loops > 1 {
            return self.note();
        }
        let scope = self.scope.depth();
        let name = if self.at.loops == 0 { "i" } else { "j" };
        let counted = self.choices.once_in(4);
        self.put("for ");
        self.put(match (counted, name) {
            (false, _) => name,
            (true, "i") => "(i, k)",
            (true, _) => "(j, k)",
        });
        self.put(" in ");
        let kind = match self.choices.below(6) {
            0..=1 => {
                self.template("0..%z", 0);
                Type::Int
            }
            2..=3 => {
                self.expression(Type::Array, 2);
                Type::Int
            }
            4 => {
                self.template("range(%z, %z, %z)", 0);
                Type::Int
            }
            _ => {
                let template =
                    self.choices.pick(&["%s", "%m.keys()", "%s.chars(%z)", "%B.to_array()"]);
                self.template(template, 1);
                if template == "%m.keys()" { Type::Str } else { Type::Char }
            }
        };
        self.put(" ");
        self.scope.add(Var { name, kind, role: Kind::Local });
        if counted {
            self.scope.add(Var { name: "k", kind: Type::Int, role: Kind::Local });
        }
        self.body();
        self.scope.rewind(scope);
    }

    fn while_loop(&mut self) {
        if self.at.loops > 1 {
            return self.note();
        }
        let scope = self.scope.depth();
        let counter = if self.at.loops == 0 { "w0" } else { "w1" };
        self.put("let ");
        self.put(counter);
        self.put(" = 0;\nwhile ");
        self.put(counter);
        self.put(" < 4 && ");
        self.expression(Type::Bool, 2);
        self.put(" {\n");
        self.put(counter);
        self.put(" += 1;\n");
        self.scope.add(Var { name: counter, kind: Type::Int, role: Kind::Fixed });
        self.body();
        self.put("}\n");
        self.scope.rewind(scope);
    }

    /// `loop` and `do`, which count their turns.
    fn endless_loop(&mut self) {
        if self.at.loops > 1 {
            return self.note();
        }
        let scope = self.scope.depth();
        let counter = if self.at.loops == 0 { "w0" } else { "w1" };
        self.put("let ");
        self.put(counter);
        self.put(" = 0;\n");
        let kind = self.choices.below(3);
        self.put(if kind == 0 { "loop {\n" } else { "do {\n" });
        self.put(counter);
        self.put(" += 1;\nif ");
        self.put(counter);
        self.put(" > 3 { break; }\n");
        self.scope.add(Var { name: counter, kind: Type::Int, role: Kind::Fixed });
        self.body();
        match kind {
            0 => self.put("}\n"),
            kind => {
                self.put(if kind == 1 { "} while " } else { "} until " });
                self.expression(Type::Bool, 2);
                self.put(";\n");
            }
        }
        self.scope.rewind(scope);
    }

    fn try_block(&mut self) {
        self.put("try ");
        self.block(3);
        self.put(" catch (err) ");
        let scope = self.scope.depth();
        self.scope.add(Var { name: "err", kind: Type::Any, role: Kind::Local });
        self.at.blocks += 1;
        self.at.catches += 1;
        self.put("{\n");
        match self.choices.below(4) {
            0 => {
                let sees_state = self.at.sees_state;
                self.put(if sees_state { "out.push(err);\n" } else { "print(`${err}`);\n" });
            }
            1 => self.statements(2),
            2 if self.at.blocks > 1 && self.at.catches < 2 => self.put("throw;\n"),
            _ => {}
        }
        self.put("}\n");
        self.at.catches -= 1;
        self.at.blocks -= 1;
        self.scope.rewind(scope);
    }
}
