use std::collections::{BTreeMap, HashMap, HashSet};

use bevy::{
    ecs::entity::Entity,
    math::{Quat, Vec2, Vec3, Vec3A, Vec4},
    prelude::{Name, ReflectDefault},
    reflect::{Reflect, TypePath, TypeRegistry},
};

use super::*;

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Default)]
struct Health {
    current: f32,
    max: f32,
    armor: Armor,
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
#[reflect(Default)]
struct Armor {
    plates: u8,
    name: String,
}

/// Has no default: the patch must give all of it.
#[derive(Reflect, Clone, Debug, PartialEq)]
struct Item {
    id: u32,
    label: Cow<'static, str>,
    #[reflect(default)]
    spare: bool,
}

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
struct Inventory {
    items: Vec<Item>,
    armors: Vec<Armor>,
    grid: Vec<Vec<i32>>,
    prices: HashMap<String, f64>,
    by_slot: BTreeMap<i16, Armor>,
    tags: HashSet<String>,
    best: Option<Item>,
    worn: Option<Armor>,
    limit: Option<u32>,
    pairs: Vec<Pair>,
    moods: Vec<Mood>,
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Wrap(i32);

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Pair(i32, bool);

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Marker;

#[derive(Reflect, Clone, Debug, Default, PartialEq)]
enum Mood {
    #[default]
    Calm,
    Angry(f32),
    Torn(i32, i32),
    Burning {
        heat: f32,
        ticks: u8,
    },
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Ints {
    a: i8,
    b: i16,
    c: i32,
    d: i64,
    e: isize,
    f: u8,
    g: u16,
    h: u32,
    i: u64,
    j: usize,
    k: i128,
    l: u128,
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Places {
    at: Vec3,
    aligned: Vec3A,
    flat: Vec2,
    four: Vec4,
    turn: Quat,
    axes: [f32; 3],
    pair: (i32, char),
    nothing: (),
}

#[derive(Reflect, Clone)]
struct Owner {
    entity: Entity,
    all: Vec<Entity>,
}

#[derive(Reflect, Clone, Debug, PartialEq)]
struct Tree(Vec<Tree>);

fn registry() -> TypeRegistry {
    let mut registry = TypeRegistry::new();
    registry.register::<Health>();
    registry.register::<Inventory>();
    registry.register::<Owner>();
    registry.register::<Tree>();
    registry
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.map(|(name, value)| (name.to_owned(), value)).into())
}

fn array<const N: usize>(items: [Value; N]) -> Value {
    Value::Array(items.into())
}

fn text(text: &str) -> Value {
    Value::from(text)
}

/// `start` after the patch, or the message.
fn patched<T: PartialReflect + Clone>(start: &T, patch: Value) -> Result<T, String> {
    let mut target = start.clone();
    apply_value(&mut target, &patch, &registry()).map_err(|error| error.to_string())?;
    Ok(target)
}

fn refusal<T: PartialReflect + Clone>(start: &T, patch: Value) -> ReflectValueError {
    let mut target = start.clone();
    apply_value(&mut target, &patch, &registry()).expect_err("the patch must be refused")
}

/// Reading gives `value`, and writing that into `other` gives the same again.
fn round_trip<T: PartialReflect + Clone + PartialEq + fmt::Debug>(from: T, other: T, value: Value) {
    assert_eq!(to_value(&from), Ok(value.clone()));
    assert_ne!(from, other, "nothing to write");
    assert_eq!(patched(&other, value), Ok(from));
}

fn health() -> Health {
    Health { current: 10.0, max: 100.0, armor: Armor { plates: 2, name: "iron".to_owned() } }
}

fn item(id: u32) -> Item {
    Item { id, label: "rope".into(), spare: false }
}

#[test]
fn scalars_survive_a_round_trip() {
    round_trip(true, false, Value::Bool(true));
    round_trip(0.5_f32, 0.0, Value::Float(0.5));
    round_trip(0.1_f64, 0.0, Value::Float(0.1));
    round_trip('x', 'y', Value::Char('x'));
    round_trip("a".to_owned(), String::new(), text("a"));
    round_trip(Cow::Borrowed("a"), Cow::Borrowed(""), text("a"));
    round_trip(Name::new("Ann"), Name::new("Bob"), text("Ann"));
    assert_eq!(to_value(&"fixed"), Ok(text("fixed")));
}

#[test]
fn every_integer_type_survives_a_round_trip() {
    let low = Ints {
        a: -1,
        b: -2,
        c: -3,
        d: i64::MIN,
        e: -5,
        f: 6,
        g: 7,
        h: 8,
        i: 9,
        j: 10,
        k: -11,
        l: 12,
    };
    let zero = Ints { a: 0, b: 0, c: 0, d: 0, e: 0, f: 0, g: 0, h: 0, i: 0, j: 0, k: 0, l: 0 };
    let fields = [
        ("a", -1),
        ("b", -2),
        ("c", -3),
        ("d", i64::MIN),
        ("e", -5),
        ("f", 6),
        ("g", 7),
        ("h", 8),
        ("i", 9),
        ("j", 10),
        ("k", -11),
        ("l", 12),
    ];
    round_trip(low, zero, map(fields.map(|(name, i)| (name, Value::Int(i)))));
}

#[test]
fn integers_beyond_a_scripts_own_cannot_be_read() {
    let out_of_range = |number: String| {
        let path = "u64".to_owned();
        Err(ReflectValueError::OutOfRange { path, number, range: "int" })
    };
    assert_eq!(to_value(&(i64::MAX as u64)), Ok(Value::Int(i64::MAX)));
    assert_eq!(to_value(&u64::MAX), out_of_range(u64::MAX.to_string()));
    assert!(matches!(to_value(&i128::MIN), Err(ReflectValueError::OutOfRange { .. })));
    assert!(matches!(to_value(&u128::MAX), Err(ReflectValueError::OutOfRange { .. })));
}

#[test]
fn vectors_and_tuples_survive_a_round_trip() {
    let from = Places {
        at: Vec3::new(1.0, 2.0, 3.0),
        aligned: Vec3A::new(4.0, 5.0, 6.0),
        flat: Vec2::new(7.0, 8.0),
        four: Vec4::new(1.0, 2.0, 3.0, 4.0),
        turn: Quat::from_xyzw(0.0, 1.0, 0.0, 0.0),
        axes: [1.0, 2.0, 3.0],
        pair: (5, 'p'),
        nothing: (),
    };
    let other = Places {
        at: Vec3::ZERO,
        aligned: Vec3A::ZERO,
        flat: Vec2::ZERO,
        four: Vec4::ZERO,
        turn: Quat::IDENTITY,
        axes: [0.0; 3],
        pair: (0, 'q'),
        nothing: (),
    };
    let axes = |names: &[&str], numbers: &[f64]| {
        let entries = names.iter().zip(numbers);
        Value::Map(entries.map(|(name, x)| ((*name).to_owned(), Value::Float(*x))).collect())
    };
    let value = map([
        ("at", Value::Vec3(Vec3::new(1.0, 2.0, 3.0))),
        ("aligned", Value::Vec3(Vec3::new(4.0, 5.0, 6.0))),
        ("flat", axes(&["x", "y"], &[7.0, 8.0])),
        ("four", axes(&["x", "y", "z", "w"], &[1.0, 2.0, 3.0, 4.0])),
        ("turn", axes(&["x", "y", "z", "w"], &[0.0, 1.0, 0.0, 0.0])),
        ("axes", Value::from(vec![1.0, 2.0, 3.0])),
        ("pair", array([Value::Int(5), Value::Char('p')])),
        ("nothing", Value::Unit),
    ]);
    round_trip(from, other, value);
}

#[test]
fn positions_accept_arrays_and_single_axes() {
    let start = Vec3::new(1.0, 2.0, 3.0);
    assert_eq!(patched(&start, Value::from(vec![7, 8])), Ok(Vec3::new(7.0, 0.0, 8.0)));
    assert_eq!(patched(&start, Value::from(vec![7, 8, 9])), Ok(Vec3::new(7.0, 8.0, 9.0)));
    assert_eq!(patched(&start, map([("y", Value::Int(9))])), Ok(Vec3::new(1.0, 9.0, 3.0)));
    let wrong = |patch| patched(&start, patch).unwrap_err();
    assert_eq!(wrong(Value::from(vec![1])), "Vec3: expected 2 or 3 numbers, got an array of 1");
    assert_eq!(wrong(array([Value::Int(1), text("a")])), "Vec3[1]: expected a number, got string");
    assert_eq!(wrong(Value::Int(1)), "Vec3: expected a Vec3, got int");
    assert_eq!(wrong(Value::Vec3(Vec3::NAN)), "Vec3: expected a finite number");
}

#[test]
fn structs_keep_what_the_patch_leaves_out() {
    let patch = map([("current", Value::Int(5)), ("armor", map([("name", text("gold"))]))]);
    let armor = Armor { plates: 2, name: "gold".to_owned() };
    assert_eq!(patched(&health(), patch), Ok(Health { current: 5.0, max: 100.0, armor }));
    assert_eq!(patched(&health(), Value::map()), Ok(health()));
    assert_eq!(to_value(&Marker), Ok(Value::map()));
}

#[test]
fn newtypes_are_what_they_wrap() {
    round_trip(Wrap(3), Wrap(0), Value::Int(3));
    round_trip(Pair(3, true), Pair(0, false), array([Value::Int(3), Value::Bool(true)]));
    assert_eq!(patched(&Wrap(0), text("a")).unwrap_err(), "Wrap: expected a number, got string");
    let short = patched(&Pair(0, false), array([Value::Int(3)])).unwrap_err();
    assert_eq!(short, "Pair: expected an array of 2, got an array of 1");
    let bare = patched(&Pair(0, false), Value::Int(3)).unwrap_err();
    assert_eq!(bare, "Pair: expected an array of 2, got int");
}

#[test]
fn enums_survive_a_round_trip() {
    let burning = || map([("heat", Value::Float(0.5)), ("ticks", Value::Int(3))]);
    round_trip(Mood::Calm, Mood::Angry(1.0), text("Calm"));
    round_trip(Mood::Angry(0.5), Mood::Calm, map([("Angry", Value::Float(0.5))]));
    let torn = map([("Torn", Value::from(vec![1, 2]))]);
    round_trip(Mood::Torn(1, 2), Mood::Calm, torn);
    let from = Mood::Burning { heat: 0.5, ticks: 3 };
    round_trip(from, Mood::Calm, map([("Burning", burning())]));
}

#[test]
fn the_active_variant_keeps_what_the_patch_leaves_out() {
    let burning = Mood::Burning { heat: 0.5, ticks: 3 };
    let patch = || map([("Burning", map([("ticks", Value::Int(9))]))]);
    assert_eq!(patched(&burning, patch()), Ok(Mood::Burning { heat: 0.5, ticks: 9 }));
    assert_eq!(patched(&Mood::Angry(1.0), map([("Angry", Value::Int(2))])), Ok(Mood::Angry(2.0)));
    assert_eq!(patched(&Mood::Calm, text("Calm")), Ok(Mood::Calm));
    let error = ReflectValueError::MissingFields {
        path: "Mood.Burning".to_owned(),
        type_path: Mood::type_path().to_owned(),
        missing: vec!["heat".to_owned()],
    };
    assert_eq!(refusal(&Mood::Calm, patch()), error);
}

#[test]
fn wrong_variants_are_refused() {
    let error = |patch| patched(&Mood::Calm, patch).unwrap_err();
    let unknown = "Mood: no variant \"Happy\"; there are: Calm, Angry, Torn, Burning";
    assert_eq!(error(text("Happy")), unknown);
    assert_eq!(error(map([("Happy", Value::Unit)])), unknown);
    assert_eq!(error(text("Angry")), "Mood: expected a map with the entry Angry, got string");
    assert_eq!(error(map([("Angry", text("a"))])), "Mood.Angry: expected a number, got string");
    assert_eq!(error(map([("Calm", Value::Int(1))])), "Mood.Calm: expected (), got int");
    assert_eq!(error(Value::map()), "Mood: expected a map with one entry, the variant, got map");
    let kind = "Mood: expected the name of a variant, or a map from it, got int";
    assert_eq!(error(Value::Int(1)), kind);
    let field = map([("Burning", map([("cold", Value::Int(1))]))]);
    let no_field = "Mood.Burning: no field \"cold\"; there are: heat, ticks";
    assert_eq!(error(field.clone()), no_field);
    let active = patched(&Mood::Burning { heat: 0.0, ticks: 0 }, field).unwrap_err();
    assert_eq!(active, no_field);
}

#[test]
fn options_are_bare() {
    round_trip(Some(3_u32), None, Value::Int(3));
    round_trip(None, Some(3_u32), Value::Unit);
    assert_eq!(patched(&Some(3_u32), Value::Int(4)), Ok(Some(4)));
    round_trip(Some("None".to_owned()), None, text("None"));
    let error = patched(&None::<u32>, text("a")).unwrap_err();
    assert_eq!(error, "Option: expected a number, got string");

    let empty = Inventory::default();
    let named = || map([("name", text("gold"))]);
    let worn = patched(&empty, map([("worn", named())])).unwrap().worn;
    assert_eq!(worn, Some(Armor { plates: 0, name: "gold".to_owned() }));
    let iron = Inventory { worn: Some(health().armor), ..Inventory::default() };
    let worn = patched(&iron, map([("worn", named())])).unwrap().worn;
    assert_eq!(worn, Some(Armor { plates: 2, name: "gold".to_owned() }));
}

#[test]
fn new_elements_start_from_their_default_or_need_all_fields() {
    let empty = Inventory::default();
    let full = map([("id", Value::Int(1)), ("label", text("rope"))]);
    let best = patched(&empty, map([("best", full.clone())])).unwrap().best;
    assert_eq!(best, Some(item(1)));
    let items = patched(&empty, map([("items", array([full]))])).unwrap().items;
    assert_eq!(items, [item(1)]);
    let armors = map([("armors", array([map([("plates", Value::Int(4))])]))]);
    let armors = patched(&empty, armors).unwrap().armors;
    assert_eq!(armors, [Armor { plates: 4, name: String::new() }]);

    let part = || map([("id", Value::Int(1))]);
    let error = refusal(&empty, map([("items", array([part()]))]));
    let ReflectValueError::MissingFields { path, missing, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(
        (path.as_str(), missing),
        ("Inventory.items[0]", vec!["label".to_owned(), "spare".to_owned()])
    );
    let burning = map([("Burning", map([("ticks", Value::Int(3))]))]);
    let error = refusal(&empty, map([("moods", array([burning]))]));
    let expected = ReflectValueError::MissingFields {
        path: "Inventory.moods[0].Burning".to_owned(),
        type_path: Mood::type_path().to_owned(),
        missing: vec!["heat".to_owned()],
    };
    assert_eq!(error, expected);
    let error = patched(&empty, map([("best", map([("idd", Value::Int(1))]))])).unwrap_err();
    assert_eq!(error, "Inventory.best: no field \"idd\"; there are: id, label, spare");
}

#[test]
fn collections_survive_a_round_trip() {
    let from = Inventory {
        items: vec![item(1), item(2)],
        armors: vec![],
        grid: vec![vec![1, 2], vec![]],
        prices: [("rope".to_owned(), 2.5)].into(),
        by_slot: [(-4, health().armor)].into(),
        tags: ["b".to_owned(), "a".to_owned(), "c".to_owned()].into(),
        best: None,
        worn: Some(health().armor),
        limit: Some(3),
        pairs: vec![Pair(1, true)],
        moods: vec![Mood::Calm, Mood::Angry(0.5)],
    };
    let item =
        |id| map([("id", Value::Int(id)), ("label", text("rope")), ("spare", Value::Bool(false))]);
    let armor = || map([("plates", Value::Int(2)), ("name", text("iron"))]);
    let value = map([
        ("items", array([item(1), item(2)])),
        ("armors", array([])),
        ("grid", array([Value::from(vec![1, 2]), array([])])),
        ("prices", map([("rope", Value::Float(2.5))])),
        ("by_slot", map([("-4", armor())])),
        ("tags", Value::from(vec!["a", "b", "c"])),
        ("best", Value::Unit),
        ("worn", armor()),
        ("limit", Value::Int(3)),
        ("pairs", array([array([Value::Int(1), Value::Bool(true)])])),
        ("moods", array([text("Calm"), map([("Angry", Value::Float(0.5))])])),
    ]);
    let other = Inventory {
        items: vec![self::item(9), self::item(9), self::item(9)],
        armors: vec![health().armor],
        tags: ["z".to_owned()].into(),
        best: Some(self::item(9)),
        ..Inventory::default()
    };
    round_trip(from, other, value);
}

#[test]
fn maps_are_merged_entry_by_entry() {
    let iron = health().armor;
    let start = Inventory {
        by_slot: [(1, iron.clone()), (2, iron.clone())].into(),
        ..Inventory::default()
    };
    let patch = map([("2", map([("plates", Value::Int(9))])), ("3", Value::map())]);
    let slots = patched(&start, map([("by_slot", patch)])).unwrap().by_slot;
    let nine = Armor { plates: 9, ..iron.clone() };
    assert_eq!(slots, BTreeMap::from([(1, iron), (2, nine), (3, Armor::default())]));

    let error =
        |name| patched(&start, map([("by_slot", map([(name, Value::map())]))])).unwrap_err();
    let expected = "Inventory.by_slot: expected names that are numbers (i16)";
    assert_eq!(error("left"), format!("{expected}, got \"left\""));
    assert_eq!(error("99999"), format!("{expected}, got \"99999\""));
    let value = map([("prices", map([("rope", text("dear"))]))]);
    let error = patched(&start, value).unwrap_err();
    assert_eq!(error, "Inventory.prices.rope: expected a number, got string");
}

#[test]
fn keys_must_be_text_or_integers() {
    let flags: HashMap<bool, i32> = [(true, 1)].into();
    assert!(matches!(to_value(&flags), Err(ReflectValueError::Unsupported { .. })));
    let patch = map([("true", Value::Int(2))]);
    assert!(matches!(refusal(&flags, patch), ReflectValueError::Unsupported { .. }));
    let titles: HashMap<Cow<'static, str>, i32> = [("a".into(), 1)].into();
    assert_eq!(patched(&titles, map([("a", Value::Int(2))])), Ok([("a".into(), 2)].into()));
}

#[test]
fn numbers_are_converted_only_without_loss_of_meaning() {
    let write = |field, value| patched(&health(), map([(field, value)])).map(|h| h.current);
    assert_eq!(write("current", Value::Int(7)), Ok(7.0));
    assert_eq!(
        write("current", text("a")).unwrap_err(),
        "Health.current: expected a number, got string"
    );
    let not_finite = ReflectValueError::NotFinite { path: "Health.current".to_owned() };
    for x in [f64::NAN, f64::INFINITY] {
        assert_eq!(refusal(&health(), map([("current", Value::Float(x))])), not_finite);
    }
    let large = write("current", Value::Float(1e39)).unwrap_err();
    assert!(large.starts_with("Health.current: 1000000"), "{large}");
    assert!(large.ends_with(" is out of range for f32"), "{large}");

    assert_eq!(patched(&0_u8, Value::Float(255.0)), Ok(255));
    assert_eq!(
        patched(&0_u8, Value::Float(2.5)).unwrap_err(),
        "u8: expected a whole number, got 2.5"
    );
    assert_eq!(patched(&0_u8, Value::Float(f64::NAN)).unwrap_err(), "u8: expected a finite number");
    assert_eq!(patched(&0_u8, Value::Int(256)).unwrap_err(), "u8: 256 is out of range for u8");
    assert_eq!(patched(&0_u64, Value::Int(-1)).unwrap_err(), "u64: -1 is out of range for u64");
    assert_eq!(patched(&0_u64, Value::Float(1e19)), Ok(10_000_000_000_000_000_000));
    assert!(matches!(refusal(&0_u128, Value::Float(1e300)), ReflectValueError::OutOfRange { .. }));
    let nested = map([("armor", map([("plates", Value::Int(300))]))]);
    let error = patched(&health(), nested).unwrap_err();
    assert_eq!(error, "Health.armor.plates: 300 is out of range for u8");
}

#[test]
fn other_types_are_refused() {
    let error = |patch| patched(&health(), patch).unwrap_err();
    let unknown = ReflectValueError::UnknownField {
        path: "Health.armor".to_owned(),
        field: "plate".to_owned(),
        known: vec!["plates".to_owned(), "name".to_owned()],
    };
    let patch = map([("armor", map([("plate", Value::Int(1))]))]);
    assert_eq!(refusal(&health(), patch.clone()), unknown);
    assert_eq!(error(patch), "Health.armor: no field \"plate\"; there are: plates, name");
    assert_eq!(error(Value::Unit), "Health: expected a map, got ()");
    let name = map([("armor", map([("name", Value::Int(1))]))]);
    assert_eq!(error(name), "Health.armor.name: expected a string, got int");
    assert_eq!(patched(&true, Value::Int(1)).unwrap_err(), "bool: expected a bool, got int");
    assert_eq!(patched(&'a', text("b")).unwrap_err(), "char: expected a char, got string");
    assert_eq!(
        patched(&[1, 2], Value::Int(1)).unwrap_err(),
        "value: expected an array of 2, got int"
    );
    let list = patched(&vec![1], Value::map()).unwrap_err();
    assert_eq!(list, "Vec: expected an array, got map");
    let inventory = |patch| patched(&Inventory::default(), patch).unwrap_err();
    let set = inventory(map([("tags", text("a"))]));
    assert_eq!(set, "Inventory.tags: expected an array, got string");
    let by_slot = inventory(map([("by_slot", Value::Int(1))]));
    assert_eq!(by_slot, "Inventory.by_slot: expected a map, got int");
}

#[test]
fn entities_never_reach_scripts() {
    let owner = Owner { entity: Entity::PLACEHOLDER, all: vec![Entity::PLACEHOLDER] };
    let refused = |path: &str| ReflectValueError::Unsupported {
        path: path.to_owned(),
        type_path: "bevy_ecs::entity::Entity".to_owned(),
    };
    assert_eq!(to_value(&owner), Err(refused("Owner.entity")));
    assert_eq!(to_value(&owner.all), Err(refused("Vec[0]")));
    assert_eq!(to_value(&Some(owner.entity)), Err(refused("Option")));
    assert_eq!(refusal(&owner, map([("entity", Value::Int(1))])), refused("Owner.entity"));
    let list = map([("all", Value::from(vec![1]))]);
    assert_eq!(refusal(&owner, list), refused("Owner.all[0]"));
}

#[test]
fn other_opaque_types_are_refused_by_name() {
    let time = std::time::Duration::from_secs(1);
    let error = to_value(&time).unwrap_err();
    assert_eq!(error.to_string(), "Duration: scripts cannot hold a core::time::Duration");
    assert!(matches!(refusal(&time, Value::Int(1)), ReflectValueError::Unsupported { .. }));
    assert!(matches!(refusal(&"fixed", text("a")), ReflectValueError::Unsupported { .. }));
}

#[test]
fn types_the_host_did_not_register_cannot_be_made() {
    let mut empty = Inventory::default();
    let patch = map([("pairs", array([array([Value::Int(1), Value::Bool(true)])]))]);
    let error = apply_value(&mut empty, &patch, &TypeRegistry::new());
    let expected = ReflectValueError::NotConstructible {
        path: "Inventory.pairs[0]".to_owned(),
        type_path: Pair::type_path().to_owned(),
    };
    assert_eq!(error, Err(expected));
}

#[test]
fn what_nests_too_deeply_is_refused_in_both_directions() {
    let nested = |levels| (0..levels).fold(Tree(vec![]), |tree, _| Tree(vec![tree]));
    let value = |levels| (0..levels).fold(array([]), |value, _| array([value]));
    assert_eq!(to_value(&nested(MAX_DEPTH)), Ok(value(MAX_DEPTH)));
    assert_eq!(patched(&Tree(vec![]), value(MAX_DEPTH)), Ok(nested(MAX_DEPTH)));
    let too_deep = |error: &ReflectValueError| matches!(error, ReflectValueError::TooDeep { .. });
    assert!(to_value(&nested(MAX_DEPTH + 1)).is_err_and(|error| too_deep(&error)));
    assert!(too_deep(&refusal(&Tree(vec![]), value(MAX_DEPTH + 1))));
}

#[test]
fn hash_order_decides_nothing() {
    let set: HashSet<i32> = (0..20).collect();
    let mut sorted: Vec<_> = (0..20).collect();
    sorted.sort_by_key(ToString::to_string);
    assert_eq!(to_value(&set), Ok(Value::from(sorted)));

    let large = |i: u64| u64::MAX - i;
    let set: HashSet<u64> = (0..=9).map(large).collect();
    let smallest = large(9);
    let error = to_value(&set).unwrap_err().to_string();
    assert_eq!(error, format!("HashSet[0]: {smallest} is out of range for int"));
    let map: HashMap<u64, u64> = (1..=9).map(|i| (i, large(i))).collect();
    let error = to_value(&map).unwrap_err().to_string();
    assert_eq!(error, format!("HashMap.1: {} is out of range for int", large(1)));
}
