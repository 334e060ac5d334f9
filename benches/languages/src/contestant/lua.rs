//! Lua through mlua: a closure an entity whose upvalues are its state, which is the fastest form in
//! all of them. Nothing is metered.

use glam::Vec3;
use mlua::{Function, Lua, UserData, UserDataFields, UserDataRef};

use super::{Contestant, Outcome, Passing, Turn};
use crate::{
    DELTA_TIME, ENTITIES,
    workload::Workload,
    world::{self, Places},
};

/// How a script sees vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vectors {
    /// The vectors that Luau has itself.
    #[cfg(feature = "luau")]
    Native,
    /// Userdata of the host.
    Userdata,
    /// Three numbers each.
    #[cfg(not(feature = "luau"))]
    Numbers,
}

/// How a Lua is set up.
#[derive(Clone, Copy)]
struct Form {
    vectors: Vectors,
    passing: Passing,
    /// What Luau's compiler may do.
    #[cfg(feature = "luau")]
    level: u8,
    /// Whether Luau makes machine code.
    #[cfg(feature = "luau")]
    codegen: bool,
}

/// All forms of the Lua that is built in, the one to compare with first.
pub fn all(workload: Workload) -> Vec<(&'static str, Box<dyn Contestant>)> {
    forms(workload)
        .into_iter()
        .map(|(name, form)| {
            let contestant: Box<dyn Contestant> = Box::new(Contender::new(workload, form));
            (name, contestant)
        })
        .collect()
}

#[cfg(feature = "luau")]
fn forms(workload: Workload) -> Vec<(&'static str, Form)> {
    let native =
        Form { vectors: Vectors::Native, passing: Passing::Nothing, level: 1, codegen: false };
    let mut forms = vec![
        (super::LUAU, native),
        ("Luau, arguments", Form { passing: Passing::Arguments, ..native }),
        ("Luau + codegen", Form { codegen: true, ..native }),
    ];
    match workload {
        Workload::Patrol => {
            let userdata = Form { vectors: Vectors::Userdata, ..native };
            forms.push(("Luau, userdata", userdata));
            forms.push(("Luau + codegen, userdata", Form { codegen: true, ..userdata }));
        }
        // The second level of optimisation inlines: there are no calls left.
        Workload::Calls => forms.push(("Luau, inlined", Form { level: 2, ..native })),
        Workload::Counter | Workload::Turns => {}
    }
    forms
}

#[cfg(feature = "luajit")]
const NAMES: [&str; 3] = [super::LUAJIT, "LuaJIT, arguments", super::LUAJIT_USERDATA];
#[cfg(feature = "lua54")]
const NAMES: [&str; 3] = ["Lua 5.4", "Lua 5.4, arguments", "Lua 5.4, userdata"];

#[cfg(not(feature = "luau"))]
fn forms(workload: Workload) -> Vec<(&'static str, Form)> {
    let numbers = Form { vectors: Vectors::Numbers, passing: Passing::Nothing };
    let [plain, arguments, userdata] = NAMES;
    let mut forms =
        vec![(plain, numbers), (arguments, Form { passing: Passing::Arguments, ..numbers })];
    if workload == Workload::Patrol {
        forms.push((userdata, Form { vectors: Vectors::Userdata, ..numbers }));
    }
    forms
}

/// A vector of the host.
struct Vector(Vec3);

impl UserData for Vector {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("x", |_, this| Ok(this.0.x));
        fields.add_field_method_get("y", |_, this| Ok(this.0.y));
        fields.add_field_method_get("z", |_, this| Ok(this.0.z));
    }
}

struct Contender {
    passing: Passing,
    // Dropped before the state that they live in.
    updates: Vec<Function>,
    variables: Vec<Function>,
    places: Places,
    turn: Turn,
    _lua: Lua,
}

impl Contender {
    fn new(workload: Workload, form: Form) -> Self {
        let lua = Lua::new();
        form.set_up(&lua).expect("the host's functions can be registered");
        let text = form.passing.in_text(text(workload, form.vectors));
        let chunk = lua.load(text).set_name(workload.name());
        let chunk = chunk.into_function().expect("it is a script");
        let start = |i: usize| -> (Function, Function) {
            chunk.call((i as i64 + 1, DELTA_TIME)).expect("it runs")
        };
        let (updates, variables) = (0..ENTITIES).map(start).unzip();
        let (places, turn) = (Places::new(), Turn::default());
        Self { passing: form.passing, updates, variables, places, turn, _lua: lua }
    }
}

fn text(workload: Workload, vectors: Vectors) -> &'static str {
    match (workload, vectors) {
        (Workload::Counter, _) => include_str!("../../scripts/s1.lua"),
        #[cfg(feature = "luau")]
        (Workload::Patrol, Vectors::Native) => include_str!("../../scripts/s2_vector.luau"),
        (Workload::Patrol, Vectors::Userdata) => include_str!("../../scripts/s2_userdata.lua"),
        #[cfg(not(feature = "luau"))]
        (Workload::Patrol, Vectors::Numbers) => include_str!("../../scripts/s2_numbers.lua"),
        (Workload::Turns, _) => include_str!("../../scripts/s3.lua"),
        (Workload::Calls, _) => include_str!("../../scripts/s4.lua"),
    }
}

impl Form {
    fn set_up(self, lua: &Lua) -> mlua::Result<()> {
        #[cfg(feature = "luau")]
        {
            lua.set_compiler(mlua::chunk::Compiler::new().set_optimization_level(self.level));
            lua.enable_jit(self.codegen);
        }
        let globals = lua.globals();
        match self.vectors {
            #[cfg(feature = "luau")]
            Vectors::Native => {
                let place_of = lua.create_function(|_, entity: i64| {
                    let place = world::place_of(entity);
                    Ok(mlua::Vector::new(place.x, place.y, place.z))
                })?;
                globals.set("get_position", place_of)?;
                let move_towards =
                    lua.create_function(|_, (entity, to, step): (i64, mlua::Vector, f64)| {
                        let to = Vec3::new(to.x(), to.y(), to.z());
                        Ok(world::move_towards(entity, to, step))
                    })?;
                globals.set("move_towards", move_towards)?;
            }
            Vectors::Userdata => {
                let vec3 = lua.create_function(|_, (x, y, z)| Ok(Vector(Vec3::new(x, y, z))))?;
                globals.set("vec3", vec3)?;
                type Given = UserDataRef<Vector>;
                let distance =
                    lua.create_function(|_, (a, b): (Given, Given)| Ok(world::distance(a.0, b.0)))?;
                globals.set("distance", distance)?;
                let place_of =
                    lua.create_function(|_, entity: i64| Ok(Vector(world::place_of(entity))))?;
                globals.set("get_position", place_of)?;
                let move_towards =
                    lua.create_function(|_, (entity, to, step): (i64, Given, f64)| {
                        Ok(world::move_towards(entity, to.0, step))
                    })?;
                globals.set("move_towards", move_towards)?;
            }
            #[cfg(not(feature = "luau"))]
            Vectors::Numbers => {
                let place_of = lua.create_function(|_, entity: i64| {
                    let place = world::place_of(entity);
                    Ok((place.x, place.y, place.z))
                })?;
                globals.set("get_position", place_of)?;
                let move_towards = lua.create_function(
                    |_, (entity, x, y, z, step): (i64, f32, f32, f32, f64)| {
                        Ok(world::move_towards(entity, Vec3::new(x, y, z), step))
                    },
                )?;
                globals.set("move_towards", move_towards)?;
            }
        }
        Ok(())
    }
}

impl Contestant for Contender {
    fn run(&mut self, calls: usize) {
        let Self { passing, updates, places, turn, .. } = self;
        world::within(places, || {
            let mut left = calls;
            while left > 0 {
                let entities = turn.next(left);
                left -= entities.len();
                for i in entities {
                    let update = &updates[i];
                    let called = match passing {
                        Passing::Nothing => update.call::<()>(()),
                        Passing::Arguments => update.call::<()>((i as i64 + 1, DELTA_TIME)),
                    };
                    called.expect("the script runs");
                }
            }
        });
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let variables = self.variables.iter().enumerate();
        variables
            .map(|(i, variable)| Outcome {
                variable: variable.call(()).expect("it tells"),
                place: self.places.of(i as i64 + 1),
            })
            .collect()
    }
}
