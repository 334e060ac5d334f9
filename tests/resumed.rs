//! An instance that was saved and resumed does what the one does that was never saved, and pays the same:
//! whatever values shared memory before, and whatever was in them once.

#![expect(clippy::expect_used, reason = "tests fail by panics")]

use std::sync::Arc;

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{ScriptId, ScriptLimits, ScriptSource, Value},
    script::{CompiledScript, ScriptCompiler, ScriptInstance, StateSnapshot},
    testing::{FakeEntity, FakeWorld},
    trust::{TrustPolicy, Verified},
};

/// Scripts whose variables share values with each other, with parts of themselves, with literals and
/// constants, and what they do to them. `turn` is the number of the call.
const SHARING: &[(&str, &str)] = &[
    (
        "a list in two variables",
        "let a = [1, 2, 3]; let b = a;
         fn act(turn) { a.push(turn); a.push(turn); b[0] += 1; if turn == 3 { b = a; } b += 7; }",
    ),
    (
        "a list that only one function changes",
        "let a = [1, 2, 3]; let b = a; let n = 0;
         fn act(turn) { let c = b; c.push(turn); c.push(1); if turn % 2 == 0 { a.push(turn); } n = c.len(); }",
    ),
    (
        "a list twice in one variable",
        "let x = [1, 2]; let a = [x, x, [x, x]];
         fn act(turn) { a[0].push(turn); a[1].push(1); a[2][1][0] = turn; a[2][0].push(turn); x.push(2); }",
    ),
    (
        "lists in maps",
        r#"let inner = [1]; let m = #{ a: inner, b: #{ c: inner, d: [inner] } }; let other = m.b;
           fn act(turn) { m.a.push(turn); m.b.c.push(turn); m.b.d[0].push(turn); other.c = m.a; m.b = other; }"#,
    ),
    (
        "maps in lists",
        r#"let m = #{ n: 1, t: "x" }; let l = [m, m]; let k = l;
           fn act(turn) { l[0].n += turn; l[1].t += "y"; k[0].t += "z"; m.p = turn; l[0] = m; k = l; }"#,
    ),
    (
        "texts of literals",
        r#"let t = "the words of a literal that is long enough"; let u = t; let l = [t, u];
           fn act(turn) {
               let v = "the words of a literal that is long enough";
               t += "x"; u += 'y'; v += "z"; l[0] += "0123456789abcdefghij"; l[1] = v;
               if turn % 3 == 0 { t = "the words of a literal that is long enough"; u = t; }
           }"#,
    ),
    (
        "constants",
        r#"const C = [1, 2, [3]]; const M = #{ a: [1] }; let a = C; let m = M; let b = C[2];
           fn act(turn) { a[2].push(turn); m.a.push(turn); b.push(1); if turn == 2 { a = C; m = M; } a.push(1); }"#,
    ),
    (
        "blobs",
        "let a = blob(40, 7); let b = a; let l = [a, b];
         fn act(turn) { a += turn; b[3] = turn; l[0] += 1; l[1][0] = turn; if turn == 3 { l[0] = a; } a.push(2); }",
    ),
    (
        "closures that push",
        "let a = [[1], [2], [3]]; let b = a; let c = a[0];
         fn act(turn) {
             a.for_each(|| this.push(turn)); let put = |x| x + turn; b = b.map(|x| x.len());
             a.for_each(|i| if i == 1 { this.push(i); }); c.push(put.call(1)); b = a;
         }",
    ),
    (
        "closures that put there what is there",
        "let c = [1, 2, 3, 4]; let a = [c, c, [1]]; let m = #{ x: c, y: [2] };
         fn act(turn) { let d = c; a.for_each(|| this = d); m.for_each(|k| this = d); if turn == 2 { a[2] = [turn]; } }",
    ),
    (
        "maps and filters that put there what is there",
        "let c = [1, 2, 3, 4]; let a = [c, c, [1]]; let m = #{ x: c, y: [2] }; let n = 0;
         fn act(turn) {
             let d = c;
             let e = a.map(|| { this = d; 1 }); let f = m.filter(|k| { this = d; true }); n += e.len() + f.len();
             n += a.filter(|| { this = d; true }).len(); if a.some(|| { this = d; false }) { n += 1; }
             a.retain(|| { this = d; true }); let g = m.map(|k| { this = d; 2 }); n += g.len();
         }",
    ),
    (
        "methods on variables",
        "let c = [1, 2]; let a = c; let m = #{ l: c, n: [c] };
         fn grow(x) { this.push(x); } fn become(x) { this = x; }
         fn act(turn) { a.grow(turn); m.l.grow(1); m.n[0].grow(turn); a.become(c); m.l.become(c); c.grow(3); a.grow(4); }",
    ),
    (
        "writes in helpers",
        "let a = [1, 2, 3]; let b = a; let c = [a, b];
         fn one() { a.push(1); b.push(2); } fn two(x) { one(); c[0].push(x); c[1] = a; one(); }
         fn act(turn) { two(turn); two(turn); if turn == 2 { c = [b, b, a]; } }",
    ),
    (
        "closures of a map that write where no text tells",
        "let a = [1, 2]; let b = a;
         fn act(turn) { let m = #{ f: || { this.l.push(turn); this.l.push(1); }, l: b }; m.f(); a.push(m.l.len()); b = m.l; }",
    ),
    (
        "values that go round",
        "let a = [1]; let b = [2]; let c = [3, a];
         fn act(turn) { let t = a; a = b; b = c; c = t; a.push(turn); b.push(c); if b.len() > 5 { b = [a, a]; c = a; } c.push(1); }",
    ),
    (
        "what fails is put back",
        r#"let a = [1, 2]; let b = a; let l = [a, b];
           fn act(turn) { l[0].push(turn); a.push(turn); b = a; if turn % 2 == 1 { throw "no"; } l[1] = a; }"#,
    ),
    (
        "what is caught stays",
        r#"let a = [1, 2]; let b = a; let l = [a, b];
           fn act(turn) { try { l[0].push(turn); a.push(turn); b = a; throw l; } catch (e) { e.push(1); l[1] = e[0]; } b.push(1); }"#,
    ),
    (
        "what falls apart",
        "let a = [[1, 2], [3, 4], [5, 6]]; let b = a; let x = ();
         fn act(turn) {
             x = a.shift(); x.push(turn); a.push(x); let y = b.pop(); y += 1; b.insert(0, y); b.reverse();
             a.sort(|p, q| p.len() - q.len()); b.splice(0, 1, a); a.truncate(3); b.chop(4); if turn == 3 { b = a; }
         }",
    ),
    (
        "comparing what is shared",
        "let a = [1, 2, #{ x: [1, 2, 3] }]; let b = a; let n = 0;
         fn act(turn) { if a == b { n += 1; } if a.contains(b[2]) { n += 10; } if turn == 2 { b[2].x.push(1); } n += a.index_of(b[2]); }",
    ),
];

/// Scripts that leave something in a value that one which was made anew would not have.
const TRACES: &[(&str, &str)] = &[
    (
        "room to spare",
        r#"let a = []; let t = ""; let m = #{}; for i in 0..37 { a.push(i); t += "x"; m["k" + i] = i; }
           fn act(turn) { for i in 0..9 { a.push(i); t += "yz"; } m.remove("k" + turn); m.l = a; a.truncate(11); }"#,
    ),
    (
        "the depth of a list that was deep",
        "let a = [0]; let out = 0;
         fn deep(n) { let x = [1]; for i in 1..n { x = [x]; } x }
         fn act(turn) {
             if turn == 1 { a[0] = deep(30); } if turn == 2 { a[0] = 0; }
             if turn == 3 { let y = a; for i in 0..20 { y = [y]; } out = y.len(); }
             if turn == 4 { a.push(deep(8)); a.pop(); } if turn == 5 { a.push(deep(7)); a.remove(1); let y = a; for i in 0..27 { y = [y]; } out = 9; }
         }",
    ),
    (
        "the depth of a map that was deep",
        "let m = #{}; let l = []; let out = 0;
         fn deep(n) { let x = #{}; for i in 1..n { x = #{ x: x }; } x }
         fn act(turn) {
             if turn == 1 { m.a = deep(30); } if turn == 2 { m.remove(\"a\"); l = [m]; }
             if turn == 3 { let y = m; for i in 0..20 { y = [y]; } out = 1; let z = l; for i in 0..20 { z = [z]; } out = 2; }
             if turn == 4 { m.b = deep(29); m.b.x = 0; } if turn == 5 { let y = m; for i in 0..25 { y = #{ y: y }; } out = 3; }
         }",
    ),
    (
        "the depth within others",
        "let a = [[[0]], #{ m: [0] }]; let out = 0;
         fn deep(n) { let x = [1]; for i in 1..n { x = [x]; } x }
         fn act(turn) {
             if turn == 1 { a[0][0][0] = deep(20); a[0][0][0] = 1; a[1].m[0] = deep(20); a[1].m.clear(); }
             if turn > 1 { let y = a[turn % 2]; for i in 0..24 { y = [y]; } out += 1; }
         }",
    ),
];

struct Twins {
    world: FakeWorld,
    script: Arc<CompiledScript>,
}

/// What came of a call: all that can be seen of it.
#[derive(Debug, PartialEq)]
struct Came {
    error: Option<String>,
    fuel: u64,
    commands: String,
    log: String,
    state: StateSnapshot,
    hash: u64,
}

impl Twins {
    fn new(text: &str, limits: ScriptLimits) -> Self {
        let source = Verified::check(ScriptSource::new("a.rhai", text), &TrustPolicy::default());
        let compiler = ScriptCompiler::new(ApiTable::default(), limits);
        let script = compiler.compile(&source.expect("unsigned scripts are let in"));
        let script = script.unwrap_or_else(|errors| panic!("{}: {text}", errors[0]));
        let mut world = FakeWorld::default();
        world.entities.insert(ScriptId(1), FakeEntity::default());
        Self { world, script: Arc::new(script) }
    }

    fn within<R>(
        &self,
        tick: u64,
        work: impl FnOnce(&mut ScriptContext<'_>) -> R,
    ) -> (R, u64, String, String) {
        let scope = CallScope { world: &self.world, world_seed: 3, tick, delta_time: 0.015_625 };
        let mut context = ScriptContext::new(scope);
        context.begin(ScriptId(1), 0);
        let result = work(&mut context);
        let (commands, log) = (context.take_commands(), context.take_log());
        (result, context.take_fuel(), format!("{commands:?}"), format!("{log:?}"))
    }

    fn start(&self) -> Option<ScriptInstance> {
        self.within(0, |context| ScriptInstance::start(self.script.clone(), context)).0.ok()
    }

    /// As a save game has it.
    fn resumed(&self, instance: &ScriptInstance) -> ScriptInstance {
        let bytes = rmp_serde::to_vec(&instance.snapshot()).expect("state is plain data");
        let read: StateSnapshot = rmp_serde::from_slice(&bytes).expect("it was written so");
        ScriptInstance::resumed(self.script.clone(), &read).expect("it was within the limits")
    }

    fn call(&self, instance: &mut ScriptInstance, turn: u64) -> Came {
        let function = self.script.function("act").expect("it has one");
        let args = [Value::Int(turn as i64)];
        let (result, fuel, commands, log) =
            self.within(turn, |context| instance.call(function, &args, context));
        Came {
            error: result.err().map(|error| format!("{error:?}")),
            fuel,
            commands,
            log,
            state: instance.snapshot(),
            hash: instance.state_hash(),
        }
    }

    /// Says in which turn one that was never saved and one that is saved and loaded, before every turn or
    /// once, do not do the same.
    fn differ(&self, turns: u64) -> Option<String> {
        let mut never = self.start()?;
        let mut always = never.clone();
        let mut once = Vec::new();
        for turn in 1..=turns {
            // Nothing of `never` may live on in others, or values would be shared that are not.
            always = self.resumed(&always);
            once.push(self.resumed(&never));
            let came = self.call(&mut never, turn);
            let others = std::iter::once(&mut always).chain(&mut once);
            for (i, other) in others.enumerate() {
                let other = self.call(other, turn);
                if other != came {
                    return Some(format!("turn {turn}, {i}:\n  {came:?}\n  {other:?}"));
                }
            }
        }
        None
    }
}

fn limits(memory_bytes: usize) -> ScriptLimits {
    ScriptLimits { memory_bytes, ..ScriptLimits::default().consensus() }
}

#[test]
fn what_was_resumed_costs_and_does_the_same() {
    let mut wrong = Vec::new();
    for (what, text) in SHARING.iter().chain(TRACES) {
        let twins = Twins::new(text, limits(1 << 20));
        assert!(twins.start().is_some(), "{what} does not start");
        if let Some(difference) = twins.differ(7) {
            wrong.push(format!("{what}: {difference}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a call is stopped tells more than what it paid.
#[test]
fn what_was_resumed_is_stopped_at_the_same_place() {
    let mut wrong = Vec::new();
    for (what, text) in SHARING.iter().chain(TRACES) {
        for step in 0..60 {
            let memory = Twins::new(text, limits(200 + step * step * 6));
            let fuel =
                Twins::new(text, ScriptLimits { fuel: 20 + step as u64 * 9, ..limits(1 << 20) });
            let state = ScriptLimits { state_bytes: 200 + step * 40, ..limits(1 << 20) };
            for (kind, twins) in
                [("memory", memory), ("fuel", fuel), ("state", Twins::new(text, state))]
            {
                if let Some(difference) = twins.differ(4) {
                    wrong.push(format!("{what}, {kind} {step}: {difference}"));
                }
            }
        }
    }
    wrong.iter().take(4).for_each(|difference| println!("{difference}"));
    assert_eq!(wrong.len(), 0);
}

/// Calls of one batch use the same memory, one after the other. What the one before has left there must not be
/// the next one's to use.
#[test]
fn a_call_may_use_the_same_memory_whatever_ran_before_it() {
    let large = "fn act(turn) { let a = []; a.pad(900, \"x\"); let b = a; b.push(turn); b }";
    let next = "let n = 0; fn act(turn) {
        [1].for_each(|x| x); let f = |x| x + 1; n = f.call(1); [2].map(|x| x);
        let a = []; for i in 0..60 { a.push(i); } n = a.len(); }";
    let mut stopped = 0;
    for step in 0..60 {
        let first = Twins::new(large, limits(1 << 20));
        let twins = Twins::new(next, limits(500 + step * 64));
        let (Some(mut before), Some(alone)) = (first.start(), twins.start()) else {
            panic!("they start");
        };
        let mut behind = alone.clone();
        let alone = twins.call(&mut alone.clone(), 1);
        let (act, other) =
            (first.script.function("act").unwrap(), twins.script.function("act").unwrap());
        let args = [Value::Int(1)];
        let (came, ..) = twins.within(1, |context| {
            before.call(act, &args, context).unwrap_or_else(|error| panic!("{error}"));
            let _ = context.take_fuel();
            let result = behind.call(other, &args, context);
            (result.err().map(|error| format!("{error:?}")), context.take_fuel())
        });
        assert_eq!((alone.error.clone(), alone.fuel), came, "step {step}");
        stopped += u32::from(alone.error.is_some());
    }
    assert!((5..55).contains(&stopped), "{stopped}");
}
