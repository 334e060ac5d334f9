use std::{borrow::Cow, collections::BTreeMap};

use bevy::{
    math::{Quat, Vec3},
    prelude::ReflectDefault,
    reflect::{GetTypeRegistration, Reflect, TypePath, reflect_remote},
};

use super::*;
use crate::{
    contract::ComponentView,
    runtime::reflect_value::{
        ReflectValueError,
        compare::{apply_value, to_value},
    },
};

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.map(|(name, value)| (name.to_owned(), value)).into())
}

fn text(text: &str) -> Value {
    Value::from(text)
}

/// What the parts of a plan are, for a look into it.
fn kind(node: &Node) -> &'static str {
    match &node.kind {
        Kind::Leaf(_) => "leaf",
        Kind::Struct(_) => "struct",
        Kind::TupleStruct(_) => "tuple struct",
        Kind::Tuple(_) => "tuple",
        Kind::Unit => "unit",
        Kind::List(_) => "list",
        Kind::Array(_) => "array",
        Kind::Option(_) => "option",
        Kind::Enum(_) => "enum",
        Kind::Unknown => "unknown",
    }
}

/// The name and kind of each field of a struct.
fn fields<T: Typed>() -> Vec<(String, &'static str)> {
    let Kind::Struct(fields) = &Plan::of::<T>().top.kind else { panic!("no struct") };
    fields.keys.iter().zip(&fields.nodes).map(|(key, node)| (key.to_string(), kind(node))).collect()
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Default)]
struct Plain {
    speed: f32,
    at: Vec3,
    turn: Quat,
    slots: [u8; 2],
    path: Vec<Vec3>,
    aim: Option<f32>,
    #[reflect(ignore)]
    hidden: u64,
    pair: (i32, bool),
    nothing: (),
    note: Cow<'static, str>,
    by_name: BTreeMap<String, f32>,
    mood: Mood,
    last: char,
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
enum Mood {
    #[default]
    Calm,
    Angry(f32),
    Torn(#[reflect(ignore)] u8, i32, i32),
    Empty(),
    Bare {},
    Burning {
        heat: f32,
        #[reflect(ignore)]
        since: u64,
        ticks: u8,
    },
}

#[test]
fn a_plan_knows_each_field() {
    let expected = [
        ("speed", "leaf"),
        ("at", "leaf"),
        ("turn", "struct"),
        ("slots", "array"),
        ("path", "list"),
        ("aim", "option"),
        ("pair", "tuple"),
        ("nothing", "unit"),
        ("note", "leaf"),
        ("by_name", "unknown"),
        ("mood", "enum"),
        ("last", "leaf"),
    ];
    assert_eq!(fields::<Plain>(), expected.map(|(name, kind)| (name.to_owned(), kind)));
}

#[test]
fn ignored_fields_do_not_shift_the_others() {
    let plain = Plain {
        speed: 2.5,
        aim: Some(0.5),
        hidden: 9,
        pair: (3, true),
        by_name: [("a".to_owned(), 1.0)].into(),
        mood: Mood::Burning { heat: 0.5, since: 9, ticks: 3 },
        last: 'z',
        ..Plain::default()
    };
    let value = to_value(&plain).unwrap();
    assert_eq!(value.get("hidden"), None);
    assert_eq!(value.get("pair"), Some(&Value::Array(vec![Value::Int(3), Value::Bool(true)])));
    assert_eq!(value.get("last"), Some(&Value::Char('z')));
    let burning = map([("heat", Value::Float(0.5)), ("ticks", Value::Int(3))]);
    assert_eq!(value.get("mood"), Some(&map([("Burning", burning)])));

    let mut patched = plain.clone();
    let burning = map([("Burning", map([("ticks", Value::Int(7))]))]);
    let patch = map([("last", Value::Char('y')), ("aim", Value::Int(2)), ("mood", burning)]);
    apply_value(&mut patched, &patch, &TypeRegistry::new()).unwrap();
    let mood = Mood::Burning { heat: 0.5, since: 9, ticks: 7 };
    assert_eq!(patched, Plain { last: 'y', aim: Some(2.0), mood, ..plain });

    let mut patched = Plain::default();
    let error = apply_value(&mut patched, &map([("hidden", Value::Int(1))]), &TypeRegistry::new());
    let known = "speed, at, turn, slots, path, aim, pair, nothing, note, by_name, mood, last";
    let expected = format!("Plain: no field \"hidden\"; there are: {known}");
    assert_eq!(error.unwrap_err().to_string(), expected);
}

#[test]
fn each_variant_is_read_by_its_own_plan() {
    for (mood, value) in [
        (Mood::Calm, text("Calm")),
        (Mood::Angry(0.5), map([("Angry", Value::Float(0.5))])),
        (Mood::Torn(9, 1, 2), map([("Torn", Value::from(vec![1, 2]))])),
        (Mood::Empty(), map([("Empty", Value::Array(vec![]))])),
        (Mood::Bare {}, map([("Bare", Value::map())])),
    ] {
        assert_eq!(to_value(&mood), Ok(value));
    }
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Generic<T: Reflect + TypePath + Typed + GetTypeRegistration> {
    inner: T,
    more: Vec<T>,
}

#[test]
fn generic_types_have_a_plan_each() {
    let whole = Generic { inner: 1_u8, more: vec![2, 3] };
    let float = Generic { inner: 1.5_f64, more: vec![] };
    let deep = Generic { inner: whole.clone(), more: vec![whole.clone()] };
    let whole_value = || map([("inner", Value::Int(1)), ("more", Value::from(vec![2, 3]))]);
    assert_eq!(to_value(&whole), Ok(whole_value()));
    let float_value = map([("inner", Value::Float(1.5)), ("more", Value::Array(vec![]))]);
    assert_eq!(to_value(&float), Ok(float_value));
    let deep_value = map([("inner", whole_value()), ("more", Value::Array(vec![whole_value()]))]);
    assert_eq!(to_value(&deep), Ok(deep_value));
    assert!(!std::ptr::eq(Plan::of::<Generic<u8>>(), Plan::of::<Generic<f64>>()));
    assert!(std::ptr::eq(Plan::of::<Generic<u8>>(), Plan::of::<Generic<u8>>()));
    let mut patched = deep;
    let patch = map([("inner", map([("inner", Value::Int(300))]))]);
    let error = apply_value(&mut patched, &patch, &TypeRegistry::new()).unwrap_err();
    assert_eq!(error.to_string(), "Generic.inner.inner: 300 is out of range for u8");
}

mod one {
    #[derive(bevy::reflect::Reflect, Clone, Debug, PartialEq)]
    pub(super) struct Shape {
        pub(super) a: f32,
        pub(super) b: u8,
    }
}

mod other {
    #[derive(bevy::reflect::Reflect, Clone, Debug, PartialEq)]
    pub(super) struct Shape {
        pub(super) a: f32,
        pub(super) b: u8,
    }
}

#[test]
fn types_of_one_name_and_shape_are_not_mixed_up() {
    let value = map([("a", Value::Float(1.0)), ("b", Value::Int(2))]);
    assert_eq!(to_value(&one::Shape { a: 1.0, b: 2 }), Ok(value.clone()));
    // A plan of another type reads by looking, and finds the same.
    let other = other::Shape { a: 1.0, b: 2 };
    assert_eq!(Plan::of::<one::Shape>().read(&other), Ok(value));
    let mut patched = other;
    let patch = map([("b", Value::Int(3))]);
    Plan::of::<one::Shape>().apply(&mut patched, &patch, &TypeRegistry::new()).unwrap();
    assert_eq!(patched, other::Shape { a: 1.0, b: 3 });
}

#[test]
fn what_only_stands_for_a_type_is_read_by_looking() {
    let plain = Plain { speed: 2.5, ..Plain::default() };
    let dynamic = plain.to_dynamic();
    let looked = to_value(&*dynamic).unwrap();
    assert_eq!(looked.get("speed"), Some(&Value::Float(2.5)));
    assert_eq!(Plan::of::<Plain>().read(&*dynamic), Ok(looked));
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Tree {
    value: i32,
    below: Vec<Tree>,
    twin: Option<Leafy>,
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Leafy {
    trees: Vec<Tree>,
}

#[test]
fn the_plan_of_a_type_that_holds_itself_ends() {
    let tree = |below| Tree { value: 1, below, twin: None };
    let value = |below| {
        map([("value", Value::Int(1)), ("below", Value::Array(below)), ("twin", Value::Unit)])
    };
    let deep = tree(vec![tree(vec![tree(vec![])]), tree(vec![])]);
    let expected = value(vec![value(vec![value(vec![])]), value(vec![])]);
    assert_eq!(to_value(&deep), Ok(expected));
}

/// Not registered, and held by what is: reading and writing what is there needs no registry.
#[derive(Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(no_auto_register)]
struct Stranger {
    id: u16,
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(no_auto_register)]
struct Host {
    guest: Stranger,
    guests: Vec<Stranger>,
}

#[test]
fn types_that_are_not_registered_are_read_but_not_made() {
    let host = Host { guest: Stranger { id: 1 }, guests: vec![Stranger { id: 2 }] };
    let stranger = |id| map([("id", Value::Int(id))]);
    let value = map([("guest", stranger(1)), ("guests", Value::Array(vec![stranger(2)]))]);
    assert_eq!(to_value(&host), Ok(value));
    let mut patched = host;
    let registry = TypeRegistry::empty();
    apply_value(&mut patched, &map([("guest", stranger(5))]), &registry).unwrap();
    assert_eq!(patched.guest, Stranger { id: 5 });
    let more = map([("guests", Value::Array(vec![stranger(6)]))]);
    let expected = ReflectValueError::NotConstructible {
        path: "Host.guests[0]".to_owned(),
        type_path: Stranger::type_path().to_owned(),
    };
    assert_eq!(apply_value(&mut patched, &more, &registry), Err(expected));
}

/// Of another crate, as far as reflection knows.
#[derive(Clone, Debug, Default, PartialEq)]
struct Foreign {
    x: f32,
}

#[reflect_remote(Foreign)]
#[derive(Clone, Debug, Default, PartialEq)]
struct ForeignWrapper {
    x: f32,
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Holder {
    #[reflect(remote = ForeignWrapper)]
    foreign: Foreign,
    after: i32,
}

#[test]
fn remote_types_are_read_and_written() {
    let mut holder = Holder { foreign: Foreign { x: 1.5 }, after: 2 };
    let value = map([("foreign", map([("x", Value::Float(1.5))])), ("after", Value::Int(2))]);
    assert_eq!(to_value(&holder), Ok(value));
    let patch = map([("foreign", map([("x", Value::Int(3))]))]);
    apply_value(&mut holder, &patch, &TypeRegistry::new()).unwrap();
    assert_eq!(holder, Holder { foreign: Foreign { x: 3.0 }, after: 2 });
}

#[derive(Reflect, Clone)]
struct Timed {
    first: f32,
    for_long: std::time::Duration,
    large: u64,
}

#[test]
fn the_first_field_that_cannot_be_shown_is_the_error() {
    let mut timed = Timed { first: 1.0, for_long: std::time::Duration::ZERO, large: u64::MAX };
    let error = to_value(&timed).unwrap_err().to_string();
    assert_eq!(error, "Timed.for_long: scripts cannot hold a core::time::Duration");
    let patch = map([("for_long", Value::Int(1)), ("first", Value::Int(2))]);
    let error = apply_value(&mut timed, &patch, &TypeRegistry::new()).unwrap_err().to_string();
    assert_eq!(error, "Timed.for_long: scripts cannot hold a core::time::Duration");
    assert!((timed.first - 2.0).abs() < f32::EPSILON, "`first` comes before");
}

#[test]
fn keys_are_made_once() {
    let keys = || match Plan::of::<one::Shape>().read(&one::Shape { a: 1.0, b: 2 }).unwrap() {
        ComponentView::Map { keys, .. } => keys,
        view => panic!("{view:?}"),
    };
    assert!(Arc::ptr_eq(&keys(), &keys()));
}
