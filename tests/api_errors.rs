//! Every error that a function can give: what is said, of what kind it is and where, and that the
//! failed call has changed nothing.

use std::collections::{BTreeMap, BTreeSet};

use bevy_cscript::{
    api::{Accepts, ApiFunction, ApiTable, Overload},
    contract::{
        ErrorKind::{self, Memory, NotFound, Permission, Runtime},
        Position, ScriptError, ScriptEvent, ScriptId, Value,
    },
    prelude::*,
    testing::ScriptTestApp,
};

use crate::stage::{Told, full_stage};

/// What a script does, of what kind the error is, and a part of what it says.
type Case = (&'static str, ErrorKind, &'static str);

/// The cases by the function that gives the error. Entity 2 has everything, 3 has nothing, 1 is the
/// script's own and carries nothing, and there is no 999.
#[rustfmt::skip]
const CASES: &[(&str, &[Case])] = &[
    (
        "get_position",
        &[
            ("get_position(999)", NotFound, "`e`: no entity has the id 999"),
            (r#"get_position("two")"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); get_position(2)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("get_position(3)", NotFound, "entity 3 has no place in the world"),
        ],
    ),
    (
        "set_position",
        &[
            ("set_position(999, [0, 0])", NotFound, "`e`: no entity has the id 999"),
            (r#"set_position("two", [0, 0])"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); set_position(2, [0, 0])", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("set_position(3, [0, 0])", NotFound, "entity 3 has no place in the world"),
            ("set_position(2, [0.0 / 0.0, 0])", Runtime, "`pos`: must be finite"),
            ("set_position(2, [0, 1.0 / 0.0, 0])", Runtime, "`pos`: must be finite"),
            ("set_position(2, [1e39, 0])", Runtime, "`pos`: must be finite"),
            ("set_position(2, vec3(1, 0, 0) / 0)", Runtime, "`pos`: must be finite"),
            ("set_position(2, 5)", Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got int"),
            ("set_position(2, [1])", Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"set_position(2, [1, "2"])"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("set_position(2, [1, 2, 3, 4])", Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("for i in 0..256 { screen_shake(0, 0); } set_position(2, [0, 0])", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "move_towards",
        &[
            ("move_towards(999, [0, 0], 1)", NotFound, "`e`: no entity has the id 999"),
            (r#"move_towards("two", [0, 0], 1)"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); move_towards(2, [0, 0], 1)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("move_towards(3, [0, 0], 1)", NotFound, "entity 3 has no place in the world"),
            ("move_towards(2, [0.0 / 0.0, 0], 1)", Runtime, "`target`: must be finite"),
            ("move_towards(2, [0, 1.0 / 0.0, 0], 1)", Runtime, "`target`: must be finite"),
            ("move_towards(2, [1e39, 0], 1)", Runtime, "`target`: must be finite"),
            ("move_towards(2, vec3(1, 0, 0) / 0, 1)", Runtime, "`target`: must be finite"),
            ("move_towards(2, 5, 1)", Runtime, "`target`: expected a position (Vec3, [x, y, z] or [x, z]), got int"),
            ("move_towards(2, [1], 1)", Runtime, "`target`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"move_towards(2, [1, "2"], 1)"#, Runtime, "`target`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("move_towards(2, [1, 2, 3, 4], 1)", Runtime, "`target`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("move_towards(2, [0, 0], -1)", Runtime, "`step`: must be 0 or more, got -1"),
            ("move_towards(2, [0, 0], -0.001)", Runtime, "`step`: must be 0 or more, got -0.001"),
            ("move_towards(2, [0, 0], 0.0 / 0.0)", Runtime, "`step`: must be finite, got NaN"),
            ("move_towards(2, [0, 0], 1.0 / 0.0)", Runtime, "`step`: must be finite, got inf"),
            (r#"move_towards(2, [0, 0], "1")"#, Runtime, "`step`: expected a number, got string"),
            ("for i in 0..256 { screen_shake(0, 0); } move_towards(2, [0, 0], 1)", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "teleport",
        &[
            ("teleport(999, [0, 0])", NotFound, "`e`: no entity has the id 999"),
            (r#"teleport("two", [0, 0])"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); teleport(2, [0, 0])", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("teleport(3, [0, 0])", NotFound, "entity 3 has no place in the world"),
            ("teleport(2, [0.0 / 0.0, 0])", Runtime, "`pos`: must be finite"),
            ("teleport(2, [0, 1.0 / 0.0, 0])", Runtime, "`pos`: must be finite"),
            ("teleport(2, [1e39, 0])", Runtime, "`pos`: must be finite"),
            ("teleport(2, vec3(1, 0, 0) / 0)", Runtime, "`pos`: must be finite"),
            ("teleport(2, 5)", Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got int"),
            ("teleport(2, [1])", Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"teleport(2, [1, "2"])"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("teleport(2, [1, 2, 3, 4])", Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("for i in 0..256 { screen_shake(0, 0); } teleport(2, [0, 0])", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "face_direction",
        &[
            ("face_direction(999, [1, 0])", NotFound, "`e`: no entity has the id 999"),
            (r#"face_direction("two", [1, 0])"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); face_direction(2, [1, 0])", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("face_direction(3, [1, 0])", NotFound, "entity 3 has no place in the world"),
            ("face_direction(2, [0.0 / 0.0, 0])", Runtime, "`dir`: must be finite"),
            ("face_direction(2, [0, 1.0 / 0.0, 0])", Runtime, "`dir`: must be finite"),
            ("face_direction(2, [1e39, 0])", Runtime, "`dir`: must be finite"),
            ("face_direction(2, vec3(1, 0, 0) / 0)", Runtime, "`dir`: must be finite"),
            ("face_direction(2, 5)", Runtime, "`dir`: expected a position (Vec3, [x, y, z] or [x, z]), got int"),
            ("face_direction(2, [1])", Runtime, "`dir`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"face_direction(2, [1, "2"])"#, Runtime, "`dir`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("face_direction(2, [1, 2, 3, 4])", Runtime, "`dir`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("face_direction(2, [0, 0, 0])", Runtime, "`dir`: must not be zero"),
            ("face_direction(2, vec3(0, 0, 0))", Runtime, "`dir`: must not be zero"),
            ("for i in 0..256 { screen_shake(0, 0); } face_direction(2, [1, 0])", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "get_velocity",
        &[
            ("get_velocity(999)", NotFound, "`e`: no entity has the id 999"),
            (r#"get_velocity("two")"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); get_velocity(2)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
        ],
    ),
    (
        "apply_damage",
        &[
            ("apply_damage(999, 5)", NotFound, "`e`: no entity has the id 999"),
            (r#"apply_damage("two", 5)"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); apply_damage(2, 5)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("apply_damage(3, 5)", NotFound, "entity 3 has no health"),
            ("apply_damage(2, -1)", Runtime, "`amount`: must be 0 or more, got -1"),
            ("apply_damage(2, -0.001)", Runtime, "`amount`: must be 0 or more, got -0.001"),
            ("apply_damage(2, 0.0 / 0.0)", Runtime, "`amount`: must be finite, got NaN"),
            ("apply_damage(2, 1.0 / 0.0)", Runtime, "`amount`: must be finite, got inf"),
            (r#"apply_damage(2, "1")"#, Runtime, "`amount`: expected a number, got string"),
            (r#"apply_damage(999, 5, "fire")"#, NotFound, "`e`: no entity has the id 999"),
            (r#"apply_damage(2, -5, "fire")"#, Runtime, "`amount`: must be 0 or more, got -5"),
            ("apply_damage(2, 5, 7)", Runtime, "`kind`: expected a string, got int"),
            ("for i in 0..256 { screen_shake(0, 0); } apply_damage(2, 5)", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "heal",
        &[
            ("heal(999, 5)", NotFound, "`e`: no entity has the id 999"),
            (r#"heal("two", 5)"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); heal(2, 5)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("heal(3, 5)", NotFound, "entity 3 has no health"),
            ("heal(2, -1)", Runtime, "`amount`: must be 0 or more, got -1"),
            ("heal(2, -0.001)", Runtime, "`amount`: must be 0 or more, got -0.001"),
            ("heal(2, 0.0 / 0.0)", Runtime, "`amount`: must be finite, got NaN"),
            ("heal(2, 1.0 / 0.0)", Runtime, "`amount`: must be finite, got inf"),
            (r#"heal(2, "1")"#, Runtime, "`amount`: expected a number, got string"),
            ("for i in 0..256 { screen_shake(0, 0); } heal(2, 5)", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "get_health",
        &[
            ("get_health(999)", NotFound, "`e`: no entity has the id 999"),
            (r#"get_health("two")"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); get_health(2)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("get_health(3)", NotFound, "entity 3 has no health"),
        ],
    ),
    (
        "set_health",
        &[
            ("set_health(999, 5)", NotFound, "`e`: no entity has the id 999"),
            (r#"set_health("two", 5)"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); set_health(2, 5)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("set_health(3, 5)", NotFound, "entity 3 has no health"),
            ("set_health(2, 0.0 / 0.0)", Runtime, "`value`: must be finite, got NaN"),
            ("set_health(2, -1.0 / 0.0)", Runtime, "`value`: must be finite, got -inf"),
            ("set_health(2, true)", Runtime, "`value`: expected a number, got bool"),
            ("for i in 0..256 { screen_shake(0, 0); } set_health(2, 5)", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "is_alive",
        &[
            (r#"is_alive("two")"#, Runtime, "`e`: expected an int, got string"),
            ("is_alive(2.0)", Runtime, "`e`: expected an int, got float"),
            ("is_alive(())", Runtime, "`e`: expected an int, got ()"),
        ],
    ),
    (
        "get_armor",
        &[
            ("get_armor(999)", NotFound, "`e`: no entity has the id 999"),
            (r#"get_armor("two")"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); get_armor(2)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("get_armor(3)", NotFound, "entity 3 has no health"),
        ],
    ),
    (
        "apply_status_effect",
        &[
            (r#"apply_status_effect(999, "slow", 1)"#, NotFound, "`e`: no entity has the id 999"),
            (r#"apply_status_effect("two", "slow", 1)"#, Runtime, "`e`: expected an entity id (int), got string"),
            (r#"destroy_entity(2); apply_status_effect(2, "slow", 1)"#, NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            (r#"apply_status_effect(3, "slow", 1)"#, NotFound, "entity 3 has no status effects"),
            (r#"apply_status_effect(2, "", 1)"#, Runtime, "`name`: must not be empty"),
            ("apply_status_effect(2, 7, 1)", Runtime, "`name`: expected a string, got int"),
            (r#"apply_status_effect(2, "slow", -1)"#, Runtime, "`seconds`: must be 0 or more, got -1"),
            (r#"apply_status_effect(2, "slow", -0.001)"#, Runtime, "`seconds`: must be 0 or more, got -0.001"),
            (r#"apply_status_effect(2, "slow", 0.0 / 0.0)"#, Runtime, "`seconds`: must be finite, got NaN"),
            (r#"apply_status_effect(2, "slow", 1.0 / 0.0)"#, Runtime, "`seconds`: must be finite, got inf"),
            (r#"apply_status_effect(2, "slow", "1")"#, Runtime, "`seconds`: expected a number, got string"),
            (r#"apply_status_effect(2, "slow", 1, 0.0 / 0.0)"#, Runtime, "`magnitude`: must be finite, got NaN"),
            (r#"apply_status_effect(2, "slow", 1, -1.0 / 0.0)"#, Runtime, "`magnitude`: must be finite, got -inf"),
            (r#"apply_status_effect(2, "slow", 1, true)"#, Runtime, "`magnitude`: expected a number, got bool"),
            (r#"for i in 0..256 { screen_shake(0, 0); } apply_status_effect(2, "slow", 1)"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "clear_status_effects",
        &[
            ("clear_status_effects(999)", NotFound, "`e`: no entity has the id 999"),
            (r#"clear_status_effects("two")"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); clear_status_effects(2)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("clear_status_effects(3)", NotFound, "entity 3 has no status effects"),
            ("for i in 0..256 { screen_shake(0, 0); } clear_status_effects(2)", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "get_nearest_enemy",
        &[
            ("get_nearest_enemy(999)", NotFound, "`e`: no entity has the id 999"),
            (r#"get_nearest_enemy("two")"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); get_nearest_enemy(2)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("get_nearest_enemy(3)", NotFound, "entity 3 has no place in the world"),
            ("get_nearest_enemy(999, 5)", NotFound, "`e`: no entity has the id 999"),
            ("get_nearest_enemy(1, -1)", Runtime, "`max_range`: must be 0 or more, got -1"),
            ("get_nearest_enemy(1, -0.001)", Runtime, "`max_range`: must be 0 or more, got -0.001"),
            ("get_nearest_enemy(1, 0.0 / 0.0)", Runtime, "`max_range`: must be finite, got NaN"),
            ("get_nearest_enemy(1, 1.0 / 0.0)", Runtime, "`max_range`: must be finite, got inf"),
            (r#"get_nearest_enemy(1, "1")"#, Runtime, "`max_range`: expected a number, got string"),
        ],
    ),
    (
        "get_allies_in_radius",
        &[
            ("get_allies_in_radius(999, 5)", NotFound, "`e`: no entity has the id 999"),
            (r#"get_allies_in_radius("two", 5)"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); get_allies_in_radius(2, 5)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("get_allies_in_radius(3, 5)", NotFound, "entity 3 has no place in the world"),
            ("get_allies_in_radius(1, -1)", Runtime, "`radius`: must be 0 or more, got -1"),
            ("get_allies_in_radius(1, -0.001)", Runtime, "`radius`: must be 0 or more, got -0.001"),
            ("get_allies_in_radius(1, 0.0 / 0.0)", Runtime, "`radius`: must be finite, got NaN"),
            ("get_allies_in_radius(1, 1.0 / 0.0)", Runtime, "`radius`: must be finite, got inf"),
            (r#"get_allies_in_radius(1, "1")"#, Runtime, "`radius`: expected a number, got string"),
        ],
    ),
    (
        "raycast",
        &[
            ("raycast([0.0 / 0.0, 0], [1, 0], 5)", Runtime, "`origin`: must be finite"),
            ("raycast([0, 1.0 / 0.0, 0], [1, 0], 5)", Runtime, "`origin`: must be finite"),
            ("raycast([1e39, 0], [1, 0], 5)", Runtime, "`origin`: must be finite"),
            ("raycast(vec3(1, 0, 0) / 0, [1, 0], 5)", Runtime, "`origin`: must be finite"),
            ("raycast(5, [1, 0], 5)", Runtime, "`origin`: expected a position (Vec3, [x, y, z] or [x, z]), got int"),
            ("raycast([1], [1, 0], 5)", Runtime, "`origin`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"raycast([1, "2"], [1, 0], 5)"#, Runtime, "`origin`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("raycast([1, 2, 3, 4], [1, 0], 5)", Runtime, "`origin`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("raycast([0, 0], [0.0 / 0.0, 0], 5)", Runtime, "`dir`: must be finite"),
            ("raycast([0, 0], [0, 1.0 / 0.0, 0], 5)", Runtime, "`dir`: must be finite"),
            ("raycast([0, 0], [1e39, 0], 5)", Runtime, "`dir`: must be finite"),
            ("raycast([0, 0], vec3(1, 0, 0) / 0, 5)", Runtime, "`dir`: must be finite"),
            ("raycast([0, 0], 5, 5)", Runtime, "`dir`: expected a position (Vec3, [x, y, z] or [x, z]), got int"),
            ("raycast([0, 0], [1], 5)", Runtime, "`dir`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"raycast([0, 0], [1, "2"], 5)"#, Runtime, "`dir`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("raycast([0, 0], [1, 2, 3, 4], 5)", Runtime, "`dir`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            ("raycast([0, 0], [0, 0], 5)", Runtime, "`dir`: must not be zero"),
            ("raycast([0, 0], [1, 0], -1)", Runtime, "`max_distance`: must be 0 or more, got -1"),
            ("raycast([0, 0], [1, 0], -0.001)", Runtime, "`max_distance`: must be 0 or more, got -0.001"),
            ("raycast([0, 0], [1, 0], 0.0 / 0.0)", Runtime, "`max_distance`: must be finite, got NaN"),
            ("raycast([0, 0], [1, 0], 1.0 / 0.0)", Runtime, "`max_distance`: must be finite, got inf"),
            (r#"raycast([0, 0], [1, 0], "1")"#, Runtime, "`max_distance`: expected a number, got string"),
        ],
    ),
    (
        "line_of_sight",
        &[
            ("line_of_sight(999, 1)", NotFound, "`a`: no entity has the id 999"),
            (r#"line_of_sight("two", 1)"#, Runtime, "`a`: expected an entity id (int), got string"),
            ("destroy_entity(2); line_of_sight(2, 1)", NotFound, "`a`: entity 2 was destroyed earlier in this call"),
            ("line_of_sight(1, 999)", NotFound, "`b`: no entity has the id 999"),
            ("line_of_sight(1, [0, 0])", Runtime, "`b`: expected an entity id (int), got array"),
            ("destroy_entity(2); line_of_sight(1, 2)", NotFound, "`b`: entity 2 was destroyed earlier in this call"),
            ("line_of_sight(3, 1)", NotFound, "entity 3 has no place"),
            ("line_of_sight(1, 3)", NotFound, "entity 3 has no place"),
        ],
    ),
    (
        "cover_score",
        &[
            ("cover_score(999, 1)", NotFound, "`e`: no entity has the id 999"),
            (r#"cover_score("two", 1)"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); cover_score(2, 1)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("cover_score(1, 999)", NotFound, "`threat`: no entity has the id 999"),
            ("cover_score(1, [0, 0])", Runtime, "`threat`: expected an entity id (int), got array"),
            ("destroy_entity(2); cover_score(1, 2)", NotFound, "`threat`: entity 2 was destroyed earlier in this call"),
            ("cover_score(3, 1)", NotFound, "entity 3 has no place"),
            ("cover_score(1, 3)", NotFound, "entity 3 has no place"),
        ],
    ),
    (
        "threat_level",
        &[
            ("threat_level(999)", NotFound, "`e`: no entity has the id 999"),
            (r#"threat_level("two")"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); threat_level(2)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("threat_level(3)", NotFound, "entity 3 has no place in the world"),
        ],
    ),
    (
        "get_tag",
        &[
            ("get_tag(999)", NotFound, "`e`: no entity has the id 999"),
            (r#"get_tag("two")"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); get_tag(2)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
        ],
    ),
    (
        "set_tag",
        &[
            (r#"set_tag(999, "x")"#, NotFound, "`e`: no entity has the id 999"),
            (r#"set_tag("two", "x")"#, Runtime, "`e`: expected an entity id (int), got string"),
            (r#"destroy_entity(2); set_tag(2, "x")"#, NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            ("set_tag(2, 7)", Runtime, "`tag`: expected a string, got int"),
            ("set_tag(2, 'x')", Runtime, "`tag`: expected a string, got char"),
            (r#"for i in 0..256 { screen_shake(0, 0); } set_tag(2, "x")"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "get_component",
        &[
            (r#"get_component(999, "Stats")"#, NotFound, "`e`: no entity has the id 999"),
            (r#"get_component("two", "Stats")"#, Runtime, "`e`: expected an entity id (int), got string"),
            (r#"destroy_entity(2); get_component(2, "Stats")"#, NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            (r#"get_component(2, "")"#, Runtime, "`name`: must not be empty"),
            ("get_component(2, 7)", Runtime, "`name`: expected a string, got int"),
            (r#"get_component(2, "Dragon")"#, NotFound, r#"no component is exposed as "Dragon""#),
            (r#"get_component(2, "stats")"#, NotFound, r#"did you mean "Stats"?"#),
            (r#"get_component(2, "Strange")"#, Runtime, "scripts cannot hold a"),
        ],
    ),
    (
        "set_component",
        &[
            (r#"set_component(999, "Stats", #{ level: 2 })"#, NotFound, "`e`: no entity has the id 999"),
            (r#"set_component("two", "Stats", #{ level: 2 })"#, Runtime, "`e`: expected an entity id (int), got string"),
            (r#"destroy_entity(2); set_component(2, "Stats", #{ level: 2 })"#, NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            (r#"set_component(2, "", #{ level: 2 })"#, Runtime, "`name`: must not be empty"),
            ("set_component(2, 7, #{ level: 2 })", Runtime, "`name`: expected a string, got int"),
            (r#"set_component(2, "Dragon", #{})"#, NotFound, r#"no component is exposed as "Dragon""#),
            (r#"set_component(2, "Stat", #{})"#, NotFound, r#"did you mean "Stats"?"#),
            (r#"set_component(2, "Sealed", 5)"#, Permission, r#"component "Sealed" is exposed for reading only"#),
            (r#"set_component(2, "Stats", #{ levle: 2 })"#, Runtime, r#"Stats: no field "levle"; there are: power, level, title"#),
            (r#"set_component(2, "Stats", #{ level: "two" })"#, Runtime, "Stats.level: expected a number, got string"),
            (r#"set_component(2, "Stats", #{ level: 1.5 })"#, Runtime, "Stats.level: expected a whole number, got 1.5"),
            (r#"set_component(2, "Stats", #{ level: 256 })"#, Runtime, "Stats.level: 256 is out of range for u8"),
            (r#"set_component(2, "Stats", #{ level: -1 })"#, Runtime, "Stats.level: -1 is out of range for u8"),
            (r#"set_component(2, "Stats", #{ power: 0.0 / 0.0 })"#, Runtime, "Stats.power: expected a finite number"),
            (r#"set_component(2, "Stats", #{ power: 1e39 })"#, Runtime, "is out of range for f32"),
            (r#"set_component(2, "Stats", #{ title: 5 })"#, Runtime, "Stats.title: expected a string, got int"),
            (r#"set_component(2, "Stats", 5)"#, Runtime, "Stats: expected a map, got int"),
            (r#"set_component(2, "Stats", #{ power: 99, levle: 2 })"#, Runtime, r#"no field "levle""#),
            (r#"set_component(2, "Stats", #{ level: 2 }); set_component(2, "Stats", #{ level: 300 })"#, Runtime, "Stats.level: 300 is out of range for u8"),
            (r#"set_component(2, "Stats", |x| x)"#, Runtime, "`value`: a function pointer is not plain data"),
            (r#"set_component(2, "Stats", #{ level: |x| x })"#, Runtime, "`value`: a function pointer is not plain data"),
            (r#"set_component(1, "Oath", "truth")"#, Runtime, "the entity has no Oath, and the host gave it no default to start from"),
            (r#"set_component(2, "Strange", 5)"#, Runtime, "scripts cannot hold a"),
            (r#"for i in 0..256 { screen_shake(0, 0); } set_component(2, "Stats", #{ level: 2 })"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "spawn_entity",
        &[
            (r#"spawn_entity("", [0, 0])"#, Runtime, "`prefab`: must not be empty"),
            ("spawn_entity(7, [0, 0])", Runtime, "`prefab`: expected a string, got int"),
            (r#"spawn_entity("dragon", [0, 0])"#, NotFound, r#"no prefab "dragon" is registered"#),
            (r#"spawn_entity("spark", [0.0 / 0.0, 0])"#, Runtime, "`pos`: must be finite"),
            (r#"spawn_entity("spark", [0, 1.0 / 0.0, 0])"#, Runtime, "`pos`: must be finite"),
            (r#"spawn_entity("spark", [1e39, 0])"#, Runtime, "`pos`: must be finite"),
            (r#"spawn_entity("spark", vec3(1, 0, 0) / 0)"#, Runtime, "`pos`: must be finite"),
            (r#"spawn_entity("spark", 5)"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got int"),
            (r#"spawn_entity("spark", [1])"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"spawn_entity("spark", [1, "2"])"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"spawn_entity("spark", [1, 2, 3, 4])"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"for i in 0..256 { screen_shake(0, 0); } spawn_entity("spark", [0, 0])"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "destroy_entity",
        &[
            ("destroy_entity(999)", NotFound, "`e`: no entity has the id 999"),
            (r#"destroy_entity("two")"#, Runtime, "`e`: expected an entity id (int), got string"),
            ("destroy_entity(2); destroy_entity(2)", NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            (r#"let spark = spawn_entity("spark", [0, 0]); destroy_entity(spark); destroy_entity(spark)"#, NotFound, "was destroyed earlier in this call"),
            ("for i in 0..256 { screen_shake(0, 0); } destroy_entity(2)", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "find_entity_by_tag",
        &[
            (r#"find_entity_by_tag("")"#, Runtime, "`tag`: must not be empty"),
            ("find_entity_by_tag(7)", Runtime, "`tag`: expected a string, got int"),
        ],
    ),
    (
        "distance",
        &[
            ("distance(999, 1)", NotFound, "`a`: no entity has the id 999"),
            ("distance(1, 999)", NotFound, "`b`: no entity has the id 999"),
            ("distance([0, 0], 999)", NotFound, "`b`: no entity has the id 999"),
            ("distance(3, 1)", NotFound, "`a`: entity 3 has no place in the world"),
            ("distance(1, 3)", NotFound, "`b`: entity 3 has no place in the world"),
            ("destroy_entity(2); distance(2, 1)", NotFound, "`a`: entity 2 was destroyed earlier in this call"),
            ("destroy_entity(2); distance(1, 2)", NotFound, "`b`: entity 2 was destroyed earlier in this call"),
            (r#"distance("here", 1)"#, Runtime, "`a`: expected a position or an entity id, got string"),
            ("distance(1, 2.0)", Runtime, "`b`: expected a position or an entity id, got float"),
            ("distance([1], 1)", Runtime, "`a`: expected a position or an entity id, got array"),
            (r#"distance(1, [1, "2"])"#, Runtime, "`b`: expected a position or an entity id, got array"),
            ("distance(vec3(1, 0, 0) / 0, 1)", Runtime, "`a`: must be finite"),
            ("distance(1, vec3(0, 0, 0) / 0)", Runtime, "`b`: must be finite"),
            ("distance(1, [0.0 / 0.0, 0])", Runtime, "`b`: must be finite"),
        ],
    ),
    (
        "play_sound",
        &[
            (r#"play_sound("")"#, Runtime, "`path`: must not be empty"),
            ("play_sound(7)", Runtime, "`path`: expected a string, got int"),
            (r#"play_sound("horn.ogg")"#, Permission, r#""horn.ogg" does not lie in a folder that scripts may play from"#),
            (r#"play_sound("sounds/../secret.ogg")"#, Permission, "does not lie in a folder"),
            (r#"play_sound("/sounds/horn.ogg", #{ volume: 1 })"#, Permission, "does not lie in a folder"),
            (r#"play_sound("mods://sounds/horn.ogg")"#, Permission, "does not lie in a folder"),
            (r#"play_sound("sounds/a.ogg", #{ volumne: 1 })"#, Runtime, "`options`: unknown option `volumne`; there are volume, speed, looped, at"),
            (r#"play_sound("sounds/a.ogg", [1])"#, Runtime, "`options`: expected a map, got array"),
            (r#"play_sound("sounds/a.ogg", 0.5)"#, Runtime, "`options`: expected a map, got float"),
            (r#"play_sound("sounds/a.ogg", #{ volume: -1 })"#, Runtime, "`volume`: must be finite and 0 or more, got -1"),
            (r#"play_sound("sounds/a.ogg", #{ volume: 0.0 / 0.0 })"#, Runtime, "`volume`: must be finite and 0 or more, got NaN"),
            (r#"play_sound("sounds/a.ogg", #{ volume: 1.0 / 0.0 })"#, Runtime, "`volume`: must be finite and 0 or more, got inf"),
            (r#"play_sound("sounds/a.ogg", #{ volume: "loud" })"#, Runtime, "`volume`: expected a number, got string"),
            (r#"play_sound("sounds/a.ogg", #{ speed: -1 })"#, Runtime, "`speed`: must be finite and 0 or more, got -1"),
            (r#"play_sound("sounds/a.ogg", #{ speed: 0.0 / 0.0 })"#, Runtime, "`speed`: must be finite and 0 or more, got NaN"),
            (r#"play_sound("sounds/a.ogg", #{ speed: 1.0 / 0.0 })"#, Runtime, "`speed`: must be finite and 0 or more, got inf"),
            (r#"play_sound("sounds/a.ogg", #{ speed: "loud" })"#, Runtime, "`speed`: expected a number, got string"),
            (r#"play_sound("sounds/a.ogg", #{ looped: 1 })"#, Runtime, "`looped`: expected true or false, got int"),
            (r#"play_sound("sounds/a.ogg", #{ at: 999 })"#, NotFound, "no entity has the id 999"),
            (r#"play_sound("sounds/a.ogg", #{ at: "here" })"#, Runtime, "`at`: expected a position or an entity id, got string"),
            (r#"play_sound("sounds/a.ogg", #{ at: [1] })"#, Runtime, "`at`: expected a position or an entity id, got array"),
            (r#"play_sound("sounds/a.ogg", #{ at: vec3(1, 0, 0) / 0 })"#, Runtime, "`at`: "),
            (r#"destroy_entity(2); play_sound("sounds/a.ogg", #{ at: 2 })"#, NotFound, "2"),
            (r#"play_sound("sounds/a.ogg", #{ volume: |x| x })"#, Runtime, "`options`: a function pointer is not plain data"),
            (r#"for i in 0..256 { screen_shake(0, 0); } play_sound("sounds/a.ogg")"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "stop_sound",
        &[
            (r#"stop_sound("horn")"#, Runtime, "`handle`: expected an int, got string"),
            ("stop_sound(1.0)", Runtime, "`handle`: expected an int, got float"),
            ("stop_sound(())", Runtime, "`handle`: expected an int, got ()"),
            (r#"let horn = play_sound("sounds/a.ogg"); for i in 0..255 { screen_shake(0, 0); } stop_sound(horn)"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "play_animation",
        &[
            (r#"play_animation(999, "wave")"#, NotFound, "`e`: no entity has the id 999"),
            (r#"play_animation("two", "wave")"#, Runtime, "`e`: expected an entity id (int), got string"),
            (r#"destroy_entity(2); play_animation(2, "wave")"#, NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            (r#"play_animation(1, "")"#, Runtime, "`name`: must not be empty"),
            (r#"play_animation(2, "jump")"#, NotFound, "entity 2 has no animation \"jump\""),
            (r#"play_animation(2, "Wave", #{ repeat: true })"#, NotFound, "entity 2 has no animation \"Wave\""),
            ("play_animation(1, 7)", Runtime, "`name`: expected a string, got int"),
            (r#"play_animation(999, "wave", #{})"#, NotFound, "`e`: no entity has the id 999"),
            (r#"play_animation(1, "wave", #{ repeated: true })"#, Runtime, "`options`: unknown option `repeated`; there are repeat, speed, blend"),
            (r#"play_animation(1, "wave", "fast")"#, Runtime, "`options`: expected a map, got string"),
            (r#"play_animation(1, "wave", #{ repeat: 3 })"#, Runtime, "`repeat`: expected true or false, got int"),
            (r#"play_animation(1, "wave", #{ speed: -1 })"#, Runtime, "`speed`: must be finite and 0 or more, got -1"),
            (r#"play_animation(1, "wave", #{ speed: 0.0 / 0.0 })"#, Runtime, "`speed`: must be finite and 0 or more, got NaN"),
            (r#"play_animation(1, "wave", #{ speed: 1.0 / 0.0 })"#, Runtime, "`speed`: must be finite and 0 or more, got inf"),
            (r#"play_animation(1, "wave", #{ speed: "loud" })"#, Runtime, "`speed`: expected a number, got string"),
            (r#"play_animation(1, "wave", #{ blend: -1 })"#, Runtime, "`blend`: must be finite and 0 or more, got -1"),
            (r#"play_animation(1, "wave", #{ blend: 0.0 / 0.0 })"#, Runtime, "`blend`: must be finite and 0 or more, got NaN"),
            (r#"play_animation(1, "wave", #{ blend: 1.0 / 0.0 })"#, Runtime, "`blend`: must be finite and 0 or more, got inf"),
            (r#"play_animation(1, "wave", #{ blend: "loud" })"#, Runtime, "`blend`: expected a number, got string"),
            (r#"play_animation(1, "wave", #{ speed: |x| x })"#, Runtime, "`options`: a function pointer is not plain data"),
            (r#"for i in 0..256 { screen_shake(0, 0); } play_animation(1, "wave")"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "spawn_particle",
        &[
            (r#"spawn_particle("", [0, 0])"#, Runtime, "`effect`: must not be empty"),
            ("spawn_particle(7, [0, 0])", Runtime, "`effect`: expected a string, got int"),
            (r#"spawn_particle("snow", [0, 0])"#, NotFound, r#"no particle effect "snow" is registered"#),
            (r#"spawn_particle("dust", [0.0 / 0.0, 0])"#, Runtime, "`pos`: must be finite"),
            (r#"spawn_particle("dust", [0, 1.0 / 0.0, 0])"#, Runtime, "`pos`: must be finite"),
            (r#"spawn_particle("dust", [1e39, 0])"#, Runtime, "`pos`: must be finite"),
            (r#"spawn_particle("dust", vec3(1, 0, 0) / 0)"#, Runtime, "`pos`: must be finite"),
            (r#"spawn_particle("dust", 5)"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got int"),
            (r#"spawn_particle("dust", [1])"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"spawn_particle("dust", [1, "2"])"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"spawn_particle("dust", [1, 2, 3, 4])"#, Runtime, "`pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array"),
            (r#"for i in 0..256 { screen_shake(0, 0); } spawn_particle("dust", [0, 0])"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "screen_shake",
        &[
            ("screen_shake(-1, 1)", Runtime, "`intensity`: must be 0 or more, got -1"),
            ("screen_shake(-0.001, 1)", Runtime, "`intensity`: must be 0 or more, got -0.001"),
            ("screen_shake(0.0 / 0.0, 1)", Runtime, "`intensity`: must be finite, got NaN"),
            ("screen_shake(1.0 / 0.0, 1)", Runtime, "`intensity`: must be finite, got inf"),
            (r#"screen_shake("1", 1)"#, Runtime, "`intensity`: expected a number, got string"),
            ("screen_shake(1.001, 1)", Runtime, "`intensity`: must lie in 0..=1, got 1.001"),
            ("screen_shake(0.5, -1)", Runtime, "`seconds`: must be 0 or more, got -1"),
            ("screen_shake(0.5, -0.001)", Runtime, "`seconds`: must be 0 or more, got -0.001"),
            ("screen_shake(0.5, 0.0 / 0.0)", Runtime, "`seconds`: must be finite, got NaN"),
            ("screen_shake(0.5, 1.0 / 0.0)", Runtime, "`seconds`: must be finite, got inf"),
            (r#"screen_shake(0.5, "1")"#, Runtime, "`seconds`: expected a number, got string"),
            ("for i in 0..257 { screen_shake(0, 0); }", Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "add_to_inventory",
        &[
            (r#"add_to_inventory(999, "coin", 1)"#, NotFound, "`e`: no entity has the id 999"),
            (r#"add_to_inventory("two", "coin", 1)"#, Runtime, "`e`: expected an entity id (int), got string"),
            (r#"destroy_entity(2); add_to_inventory(2, "coin", 1)"#, NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            (r#"add_to_inventory(1, "coin", 1)"#, NotFound, "entity 1 has no inventory"),
            (r#"add_to_inventory(2, "", 1)"#, Runtime, "`item`: must not be empty"),
            ("add_to_inventory(2, 7, 1)", Runtime, "`item`: expected a string, got int"),
            (r#"add_to_inventory(2, "dragon", 1)"#, NotFound, r#"no item "dragon" is defined"#),
            (r#"add_to_inventory(2, "coin", -1)"#, Runtime, "`count`: must be 0 or more, got -1"),
            (r#"add_to_inventory(2, "coin", 4294967296)"#, Runtime, "`count`: must be at most 4294967295, got 4294967296"),
            (r#"add_to_inventory(2, "coin", 1.5)"#, Runtime, "`count`: expected an int, got float"),
            (r#"add_to_inventory(2, "coin", "1")"#, Runtime, "`count`: expected an int, got string"),
            (r#"for i in 0..256 { screen_shake(0, 0); } add_to_inventory(2, "coin", 1)"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "remove_from_inventory",
        &[
            (r#"remove_from_inventory(999, "coin", 1)"#, NotFound, "`e`: no entity has the id 999"),
            (r#"remove_from_inventory("two", "coin", 1)"#, Runtime, "`e`: expected an entity id (int), got string"),
            (r#"destroy_entity(2); remove_from_inventory(2, "coin", 1)"#, NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            (r#"remove_from_inventory(1, "coin", 1)"#, NotFound, "entity 1 has no inventory"),
            (r#"remove_from_inventory(2, "", 1)"#, Runtime, "`item`: must not be empty"),
            ("remove_from_inventory(2, 7, 1)", Runtime, "`item`: expected a string, got int"),
            (r#"remove_from_inventory(2, "dragon", 1)"#, NotFound, r#"no item "dragon" is defined"#),
            (r#"remove_from_inventory(2, "coin", -1)"#, Runtime, "`count`: must be 0 or more, got -1"),
            (r#"remove_from_inventory(2, "coin", 4294967296)"#, Runtime, "`count`: must be at most 4294967295, got 4294967296"),
            (r#"remove_from_inventory(2, "coin", 1.5)"#, Runtime, "`count`: expected an int, got float"),
            (r#"remove_from_inventory(2, "coin", "1")"#, Runtime, "`count`: expected an int, got string"),
            (r#"add_to_inventory(2, "coin", 1); for i in 0..255 { screen_shake(0, 0); } remove_from_inventory(2, "coin", 1)"#, Memory, "a call may give at most 256 commands"),
        ],
    ),
    (
        "has_item",
        &[
            (r#"has_item(999, "coin")"#, NotFound, "`e`: no entity has the id 999"),
            (r#"has_item("two", "coin")"#, Runtime, "`e`: expected an entity id (int), got string"),
            (r#"destroy_entity(2); has_item(2, "coin")"#, NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            (r#"has_item(1, "coin")"#, NotFound, "entity 1 has no inventory"),
            (r#"has_item(2, "")"#, Runtime, "`item`: must not be empty"),
            ("has_item(2, 7)", Runtime, "`item`: expected a string, got int"),
            (r#"has_item(2, "dragon")"#, NotFound, r#"no item "dragon" is defined"#),
        ],
    ),
    (
        "get_item_count",
        &[
            (r#"get_item_count(999, "coin")"#, NotFound, "`e`: no entity has the id 999"),
            (r#"get_item_count("two", "coin")"#, Runtime, "`e`: expected an entity id (int), got string"),
            (r#"destroy_entity(2); get_item_count(2, "coin")"#, NotFound, "`e`: entity 2 was destroyed earlier in this call"),
            (r#"get_item_count(1, "coin")"#, NotFound, "entity 1 has no inventory"),
            (r#"get_item_count(2, "")"#, Runtime, "`item`: must not be empty"),
            ("get_item_count(2, 7)", Runtime, "`item`: expected a string, got int"),
            (r#"get_item_count(2, "dragon")"#, NotFound, r#"no item "dragon" is defined"#),
        ],
    ),];

/// Text that is too long: scripts cannot make it, but a host may hand it to them as `long`.
#[rustfmt::skip]
const TOO_LONG: &[(&str, &str, &str)] = &[
    ("apply_damage", "apply_damage(2, 5, long)", "`kind`: 16385 bytes are over the limit of 16384"),
    ("apply_status_effect", "apply_status_effect(2, long, 1)", "`name`: 16385 bytes are over the limit of 16384"),
    ("get_component", "get_component(2, long)", "`name`: 16385 bytes are over the limit of 16384"),
    ("set_component", "set_component(2, long, #{})", "`name`: 16385 bytes are over the limit of 16384"),
    ("set_tag", "set_tag(2, long)", "`tag`: 16385 bytes are over the limit of 16384"),
    ("spawn_entity", "spawn_entity(long, [0, 0])", "`prefab`: 16385 bytes are over the limit of 16384"),
    ("find_entity_by_tag", "find_entity_by_tag(long)", "`tag`: 16385 bytes are over the limit of 16384"),
    ("play_sound", "play_sound(long)", "`path`: 16385 bytes are over the limit of 16384"),
    ("play_animation", "play_animation(1, long)", "`name`: 16385 bytes are over the limit of 16384"),
    ("spawn_particle", "spawn_particle(long, [0, 0])", "`effect`: 16385 bytes are over the limit of 16384"),
    ("add_to_inventory", "add_to_inventory(2, long, 1)", "`item`: 16385 bytes are over the limit of 16384"),
    ("remove_from_inventory", "remove_from_inventory(2, long, 1)", "`item`: 16385 bytes are over the limit of 16384"),
    ("has_item", "has_item(2, long)", "`item`: 16385 bytes are over the limit of 16384"),
    ("get_item_count", "get_item_count(2, long)", "`item`: 16385 bytes are over the limit of 16384"),];

const PATH: &str = "errors.rhai";

/// What came of a script that ran for some ticks.
struct Outcome {
    errors: Vec<ScriptError>,
    hash: u64,
    /// How many messages the game got.
    told: usize,
}

/// Runs a script; `poke`, if it has one, is called with a text once.
fn run(text: &str, long: Option<&str>) -> Outcome {
    let mut app: ScriptTestApp = full_stage(PATH, text);
    if let Some(long) = long {
        // It is called in the tick in which the script starts.
        app.send(ScriptEvent::custom("poke", [Value::from(long)]).to(ScriptId(1)));
    }
    let mut told = Told::default();
    // What was asked for may take effect later: callbacks and time need ticks.
    told.ticks(&mut app, 3);
    let refused = app.take_reloads().into_iter().flat_map(|reload| reload.refused);
    let mut errors: Vec<_> = app.take_faults().into_iter().map(|fault| fault.error).collect();
    errors.extend(refused);
    Outcome { errors, hash: app.hash(), told: told.count() }
}

/// Finite for a script, infinite once they are the 32-bit floats of the world.
#[rustfmt::skip]
const TOO_GREAT: &[(&str, &str, &str)] = &[
    ("apply_damage", "apply_damage(2, 1e39)", "`amount`: "),
    ("heal", "heal(2, 1e39)", "`amount`: "),
    ("set_health", "set_health(2, -1e39)", "`value`: "),
    ("move_towards", "move_towards(2, [0, 0], 1e39)", "`step`: "),
    ("apply_status_effect", "apply_status_effect(2, \"slow\", 1e39)", "`seconds`: "),
    ("apply_status_effect", "apply_status_effect(2, \"slow\", 1, -1e39)", "`magnitude`: "),
    ("screen_shake", "screen_shake(0.5, 1e39)", "`seconds`: "),
    ("play_sound", "play_sound(\"sounds/a.ogg\", #{ volume: 1e39 })", "`volume`: "),
    ("play_animation", "play_animation(1, \"wave\", #{ blend: 1e39 })", "`blend`: "),
];

/// The text from a position on.
fn text_at(text: &str, Position { line, column }: Position) -> String {
    let line = text.lines().nth(usize::from(line) - 1).unwrap_or_default();
    line.chars().skip(usize::from(column) - 1).collect()
}

/// What is wrong with the outcome of a script in which `function` was to fail.
fn wrong(
    function: &str,
    text: &str,
    outcome: &Outcome,
    hash: u64,
    (kind, part): (ErrorKind, &str),
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |fine: bool, what: String| {
        if !fine {
            wrong.push(format!("{text}: {what}"));
        }
    };
    check(outcome.errors.len() == 1, format!("1 error expected, not {}", outcome.errors.len()));
    check(outcome.hash == hash, "it has changed the world".to_owned());
    check(outcome.told == 0, format!("{} messages were sent", outcome.told));
    for error in &outcome.errors {
        let whose = error.path == PATH && error.entity == Some(ScriptId(1));
        check(whose, format!("whose is {error}"));
        for what in wrong_error(function, text, error, (kind, part)) {
            check(false, what);
        }
    }
    wrong
}

/// What is wrong with an error that `function` gave.
fn wrong_error(
    function: &str,
    text: &str,
    error: &ScriptError,
    (kind, part): (ErrorKind, &str),
) -> Vec<String> {
    let place = error.position.map(|position| text_at(text, position)).unwrap_or_default();
    let checks = [
        (error.kind == kind, format!("{kind:?} expected, not {:?}", error.kind)),
        (
            error.message.starts_with(&format!("{function}: ")),
            format!("`{function}:` expected in front"),
        ),
        (error.message.contains(part), format!("{part:?} expected")),
        (
            place.starts_with(&format!("{function}(")),
            format!("the call expected at its position, not {place:?}"),
        ),
        (!error.stack.is_empty(), "a call stack expected".to_owned()),
    ];
    let failed = checks.into_iter().filter(|(fine, _)| !fine);
    failed.map(|(_, what)| format!("{what}: {error}")).collect()
}

/// The hash of a world in which nothing was done.
fn control() -> u64 {
    let outcome = run("fn on_update() { }", None);
    assert_eq!((outcome.errors.len(), outcome.told), (0, 0));
    outcome.hash
}

#[test]
fn every_error_is_told_and_changes_nothing() {
    let hash = control();
    let mut found = Vec::new();
    for (function, cases) in CASES {
        for (body, kind, part) in *cases {
            let text = format!("fn on_update() {{ {body}; }}");
            found.extend(wrong(function, &text, &run(&text, None), hash, (*kind, part)));
        }
    }
    assert!(found.is_empty(), "{} things are wrong:\n{}", found.len(), found.join("\n"));
}

#[test]
fn text_over_the_limit_is_refused_everywhere() {
    let hash = control();
    let (fits, long) = ("x".repeat(16_384), "x".repeat(16_385));
    let mut found = Vec::new();
    for (function, body, part) in TOO_LONG {
        let text = format!("fn poke(long) {{ {body}; }}");
        found.extend(wrong(function, &text, &run(&text, Some(&long)), hash, (Memory, part)));
        let complaint = "over the limit";
        let refused = run(&text, Some(&fits)).errors;
        if refused.iter().any(|error| error.message.contains(complaint)) {
            found.push(format!("{text}: 16384 bytes are too many"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn numbers_that_the_world_cannot_hold_are_refused() {
    let hash = control();
    let mut found = Vec::new();
    for (function, body, part) in TOO_GREAT {
        let text = format!("fn on_update() {{ {body}; }}");
        found.extend(wrong(function, &text, &run(&text, None), hash, (Runtime, part)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_call_that_works_or_fails_in_another_way_is_found() {
    let hash = control();
    let lost = |text: &str, kind, part| {
        wrong("set_tag", text, &run(text, None), hash, (kind, part)).join("\n")
    };
    let missing = "`e`: no entity has the id 999";
    let text = "fn on_update() { set_tag(999, \"x\"); }";
    assert_eq!(lost(text, NotFound, missing), "");
    assert!(lost(text, Runtime, missing).contains("Runtime expected"));
    assert!(lost(text, NotFound, "`tag`").contains("\"`tag`\" expected"));
    let works = lost("fn on_update() { set_tag(2, \"x\"); }", NotFound, missing);
    assert!(works.contains("1 error expected"), "{works}");
    assert!(works.contains("it has changed the world"), "{works}");
    let shakes = lost("fn on_update() { screen_shake(1, 1); }", NotFound, missing);
    assert!(shakes.contains("3 messages were sent"), "{shakes}");
    assert!(!shakes.contains("it has changed the world"), "{shakes}");
    let other = lost("fn on_update() { get_tag(999); }", NotFound, missing);
    assert!(other.contains("`set_tag:` expected"), "{other}");
    let caught =
        lost("fn on_update() { try { set_tag(999, \"x\"); } catch { } }", NotFound, missing);
    assert!(caught.contains("1 error expected, not 0"), "{caught}");
    let unknown = lost("fn on_update() { ", NotFound, missing);
    assert!(unknown.contains("Syntax"), "{unknown}");
}

fn granted(table: &ApiTable) -> impl Iterator<Item = &ApiFunction> {
    table.iter().filter(|function| *function.category() != Category::UNIVERSAL)
}

#[test]
fn every_function_has_its_cases() {
    let table = ApiTable::default();
    let cases: usize = CASES.iter().map(|(_, cases)| cases.len()).sum::<usize>() + TOO_LONG.len();
    assert!(cases >= 150, "{cases} cases");
    let wanted: BTreeSet<_> = granted(&table).map(ApiFunction::name).collect();
    let found: BTreeSet<_> = CASES.iter().map(|(function, _)| *function).collect();
    assert_eq!(found, wanted, "each can be handed the wrong type");
    assert_eq!(found.len(), CASES.len(), "each stands there once");
    let mut bodies = BTreeSet::new();
    for (function, cases) in CASES {
        for (body, ..) in *cases {
            assert!(bodies.insert(body), "{body} stands there twice");
        }
        let row = table.get(function).expect("it is in the table");
        let told = row.error_docs().len();
        assert!(cases.len() >= told, "{function}: {} cases for {told} errors", cases.len());
        // Every parameter is named by some error.
        for parameter in row.overloads().iter().flat_map(|overload| &overload.parameters) {
            let named = format!("`{}`: ", parameter.name);
            let some = cases.iter().any(|(_, _, part)| part.contains(&named));
            let anything = parameter.accepts == [Accepts::Anything];
            assert!(some || anything, "{function}: no case for {named}");
        }
    }
    let texts = granted(&table).flat_map(|function| {
        let overloads = function.overloads().iter().flat_map(|overload| &overload.parameters);
        let texts = overloads.filter(|parameter| parameter.accepts.contains(&Accepts::Str));
        texts.map(move |parameter| (function.name(), parameter.name.as_str()))
    });
    let texts: BTreeSet<_> = texts.collect();
    let long: BTreeSet<_> = TOO_LONG
        .iter()
        .map(|(function, _, part)| (*function, part.split('`').nth(1).unwrap_or_default()))
        .collect();
    assert_eq!(long, texts, "every text can be too long");
}

/// One value of each type.
const VALUES: [(&str, Option<Accepts>); 9] = [
    ("()", None),
    ("true", Some(Accepts::Bool)),
    ("1", Some(Accepts::Int)),
    ("0.5", Some(Accepts::Float)),
    ("'c'", None),
    ("\"text\"", Some(Accepts::Str)),
    ("vec3(1, 0, 0)", Some(Accepts::Vec3)),
    ("#{}", Some(Accepts::Map)),
    ("|x| x", None),
];

/// An argument that is right.
fn right(parameter: &str) -> &'static str {
    match parameter {
        "e" | "a" | "b" | "threat" | "handle" => "2",
        "pos" | "target" | "origin" => "[0, 0]",
        "dir" => "[1, 0]",
        "tag" | "kind" => "\"x\"",
        "name" => "\"Stats\"",
        "prefab" => "\"spark\"",
        "effect" => "\"dust\"",
        "item" => "\"coin\"",
        "path" => "\"sounds/a.ogg\"",
        "options" | "value" => "#{}",
        _ => "1",
    }
}

/// Every call with one argument of a wrong type: the function, the call, the parameter.
fn wrong_calls(table: &ApiTable) -> Vec<(&str, String, &str)> {
    let mut calls = Vec::new();
    for function in granted(table) {
        for Overload { parameters, .. } in function.overloads() {
            for (i, parameter) in parameters.iter().enumerate() {
                if parameter.accepts == [Accepts::Anything] {
                    continue;
                }
                for (value, accepted) in VALUES {
                    if accepted.is_some_and(|accepted| parameter.accepts.contains(&accepted)) {
                        continue;
                    }
                    let arguments = parameters.iter().enumerate();
                    let arguments: Vec<_> = arguments
                        .map(|(j, other)| if i == j { value } else { right(&other.name) })
                        .collect();
                    let call = format!("{}({})", function.name(), arguments.join(", "));
                    calls.push((function.name(), call, parameter.name.as_str()));
                }
            }
        }
    }
    calls
}

/// Runs all of these scripts on one stage, each on an entity of its own; gives the errors by path.
fn run_all<'a>(texts: impl Iterator<Item = &'a str>) -> (BTreeMap<String, ScriptError>, u64) {
    let mut app = full_stage(PATH, "fn on_update() { }");
    for (i, text) in texts.enumerate() {
        let script = app.script(&format!("{i}.rhai"), text);
        app.world_mut().spawn((ScriptId(1_000 + i as i64), CScript::new(script)));
    }
    let mut told = Told::default();
    told.ticks(&mut app, 3);
    assert_eq!(told.count(), 0, "{told:?}");
    let errors = app.take_faults().into_iter().map(|fault| (fault.error.path.clone(), fault.error));
    (errors.collect(), app.hash())
}

#[test]
fn every_parameter_refuses_every_other_type() {
    let table = ApiTable::default();
    let calls = wrong_calls(&table);
    assert!(calls.len() > 300, "{} calls", calls.len());
    let texts: Vec<_> =
        calls.iter().map(|(_, call, _)| format!("fn on_update() {{ {call}; }}")).collect();
    let (errors, hash) = run_all(texts.iter().map(String::as_str));
    let (no_errors, control) = run_all(texts.iter().map(|_| "fn on_update() { }"));
    assert!(no_errors.is_empty());
    let mut found = Vec::new();
    for (i, (function, call, parameter)) in calls.iter().enumerate() {
        let part = format!("`{parameter}`: expected ");
        match errors.get(&format!("{i}.rhai")) {
            Some(error) => found.extend(wrong_error(function, &texts[i], error, (Runtime, &part))),
            None => found.push(format!("{call}: no error")),
        }
    }
    assert!(found.is_empty(), "{} things are wrong:\n{}", found.len(), found.join("\n"));
    assert_eq!(hash, control, "something has changed the world");
}
