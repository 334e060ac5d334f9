use std::{collections::BTreeMap, fmt, hash::Hasher};

use glam::Vec3;
use serde::{Deserialize, Serialize};

/// Plain data that crosses the wall between scripts and the host: arguments, state, components.
///
/// It holds no function pointers, no shared cells and no handles, so it can be compared, hashed,
/// saved and sent. Maps are ordered by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bevy", derive(bevy::reflect::Reflect), reflect(no_field_bounds))]
pub enum Value {
    /// `()`.
    #[default]
    Unit,
    /// `true` or `false`.
    Bool(bool),
    /// A 64-bit signed integer; entity ids are integers too.
    Int(i64),
    /// A 64-bit float.
    Float(f64),
    /// A single character.
    Char(char),
    /// Text.
    String(String),
    /// A position or a direction.
    Vec3(Vec3),
    /// A range of integers, `start..end` or `start..=end`.
    Range {
        /// The first number.
        start: i64,
        /// The last number, or the one behind it.
        end: i64,
        /// Whether `end` belongs to the range.
        inclusive: bool,
    },
    /// Bytes.
    Blob(Vec<u8>),
    /// A list.
    Array(Vec<Value>),
    /// Named values.
    Map(BTreeMap<String, Value>),
}

/// The type of a [`Value`], as scripts name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the kind of the Value variant of that name")]
pub enum ValueKind {
    Unit,
    Bool,
    Int,
    Float,
    Char,
    String,
    Vec3,
    Range,
    Blob,
    Array,
    Map,
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unit => "()",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Char => "char",
            Self::String => "string",
            Self::Vec3 => "Vec3",
            Self::Range => "range",
            Self::Blob => "blob",
            Self::Array => "array",
            Self::Map => "map",
        })
    }
}

impl Value {
    /// What it takes to keep it, in bytes that are counted alike on every machine.
    pub(crate) fn held_bytes(&self) -> usize {
        /// A value by itself.
        const ITEM: usize = 32;
        /// An entry of a map, in nodes that are half full; and what the first node takes.
        const ENTRY: usize = 128;
        const NODE: usize = 640;
        let held = match self {
            Self::String(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            Self::Array(items) => items.iter().map(Self::held_bytes).fold(0, usize::saturating_add),
            Self::Map(map) if map.is_empty() => 0,
            Self::Map(map) => map
                .iter()
                // The value itself lies in the node.
                .map(|(key, value)| key.len() + value.held_bytes() - ITEM)
                .fold(NODE.max(map.len() * ENTRY), usize::saturating_add),
            _ => 0,
        };
        ITEM.saturating_add(held)
    }

    /// An empty map.
    #[must_use]
    pub const fn map() -> Self {
        Self::Map(BTreeMap::new())
    }

    /// Adds or replaces an entry if this is a map; anything else stays as it is.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Self>) -> Self {
        if let Self::Map(map) = &mut self {
            map.insert(key.into(), value.into());
        }
        self
    }

    /// The type of this value.
    #[must_use]
    pub const fn kind(&self) -> ValueKind {
        match self {
            Self::Unit => ValueKind::Unit,
            Self::Bool(_) => ValueKind::Bool,
            Self::Int(_) => ValueKind::Int,
            Self::Float(_) => ValueKind::Float,
            Self::Char(_) => ValueKind::Char,
            Self::String(_) => ValueKind::String,
            Self::Vec3(_) => ValueKind::Vec3,
            Self::Range { .. } => ValueKind::Range,
            Self::Blob(_) => ValueKind::Blob,
            Self::Array(_) => ValueKind::Array,
            Self::Map(_) => ValueKind::Map,
        }
    }

    /// The integer, if it is one.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The number as a float, if it is an integer or a float.
    #[must_use]
    pub const fn as_float(&self) -> Option<f64> {
        match self {
            Self::Int(i) => Some(*i as f64),
            Self::Float(x) => Some(*x),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The vector, if it is one.
    #[must_use]
    pub const fn as_vec3(&self) -> Option<Vec3> {
        match self {
            Self::Vec3(v) => Some(*v),
            _ => None,
        }
    }

    /// The entry of a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// Feeds this value to `hasher` in a form that is equal on every machine: a tag byte, then
    /// little-endian data, lengths before contents. All NaNs count as one.
    pub fn hash_canonical(&self, hasher: &mut impl Hasher) {
        match self {
            Self::Unit => hasher.write(&[0]),
            Self::Bool(b) => hasher.write(&[1, u8::from(*b)]),
            Self::Int(i) => {
                hasher.write(&[2]);
                hasher.write(&i.to_le_bytes());
            }
            Self::Float(x) => {
                hasher.write(&[3]);
                hasher.write(&canonical_f64(*x).to_le_bytes());
            }
            Self::Char(c) => {
                hasher.write(&[4]);
                hasher.write(&u32::from(*c).to_le_bytes());
            }
            Self::String(text) => {
                hasher.write(&[5]);
                hash_bytes(text.as_bytes(), hasher);
            }
            Self::Vec3(v) => {
                hasher.write(&[6]);
                hash_vec3(*v, hasher);
            }
            Self::Range { start, end, inclusive } => {
                hasher.write(&[7, u8::from(*inclusive)]);
                hasher.write(&start.to_le_bytes());
                hasher.write(&end.to_le_bytes());
            }
            Self::Blob(bytes) => {
                hasher.write(&[8]);
                hash_bytes(bytes, hasher);
            }
            Self::Array(items) => {
                hasher.write(&[9]);
                hasher.write(&(items.len() as u64).to_le_bytes());
                for item in items {
                    item.hash_canonical(hasher);
                }
            }
            Self::Map(map) => {
                hasher.write(&[10]);
                hasher.write(&(map.len() as u64).to_le_bytes());
                for (key, value) in map {
                    hash_bytes(key.as_bytes(), hasher);
                    value.hash_canonical(hasher);
                }
            }
        }
    }
}

/// Feeds text with its length, so that neighbouring texts cannot run into each other.
pub(crate) fn hash_bytes(bytes: &[u8], hasher: &mut impl Hasher) {
    hasher.write(&(bytes.len() as u64).to_le_bytes());
    hasher.write(bytes);
}

/// Feeds the three bit patterns of a vector, all NaNs as one.
pub(crate) fn hash_vec3(v: Vec3, hasher: &mut impl Hasher) {
    for x in v.to_array() {
        let x = if x.is_nan() { f32::NAN } else { x };
        hasher.write(&x.to_bits().to_le_bytes());
    }
}

const fn canonical_f64(x: f64) -> u64 {
    if x.is_nan() { 0x7ff8_0000_0000_0000 } else { x.to_bits() }
}

/// As a script would write it, except that strings at the top level stand bare.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit => f.write_str("()"),
            Self::Bool(b) => b.fmt(f),
            Self::Int(i) => i.fmt(f),
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Char(c) => c.fmt(f),
            Self::String(text) => f.write_str(text),
            Self::Vec3(v) => write!(f, "vec3({:?}, {:?}, {:?})", v.x, v.y, v.z),
            Self::Range { start, end, inclusive } => {
                write!(f, "{start}..{}{end}", if *inclusive { "=" } else { "" })
            }
            Self::Blob(bytes) => write!(f, "blob of {} bytes", bytes.len()),
            Self::Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    item.fmt_nested(f)?;
                }
                f.write_str("]")
            }
            Self::Map(map) => {
                f.write_str("#{")?;
                for (i, (key, value)) in map.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{key}: ")?;
                    value.fmt_nested(f)?;
                }
                f.write_str("}")
            }
        }
    }
}

impl Value {
    fn fmt_nested(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => write!(f, "{text:?}"),
            Self::Char(c) => write!(f, "{c:?}"),
            other => fmt::Display::fmt(other, f),
        }
    }
}

macro_rules! value_from {
    ($($from:ty => |$x:ident| $value:expr),* $(,)?) => {
        $(impl From<$from> for Value {
            fn from($x: $from) -> Self {
                $value
            }
        })*
    };
}

value_from! {
    () => |_unit| Self::Unit,
    bool => |b| Self::Bool(b),
    i64 => |i| Self::Int(i),
    i32 => |i| Self::Int(i64::from(i)),
    u32 => |i| Self::Int(i64::from(i)),
    f64 => |x| Self::Float(x),
    f32 => |x| Self::Float(f64::from(x)),
    char => |c| Self::Char(c),
    &str => |text| Self::String(text.to_owned()),
    String => |text| Self::String(text),
    Vec3 => |v| Self::Vec3(v),
    super::ScriptId => |id| Self::Int(id.0),
    BTreeMap<String, Value> => |map| Self::Map(map),
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unit, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(value: &Value) -> u64 {
        let mut hasher = twox_hash::XxHash3_64::default();
        value.hash_canonical(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn hashes_tell_neighbouring_values_apart() {
        let values = [
            Value::Unit,
            Value::from(1_i64),
            Value::from(1.0),
            Value::from("1"),
            Value::from('1'),
            Value::from(vec!["a", "bc"]),
            Value::from(vec!["ab", "c"]),
            Value::from(vec!["abc"]),
            Value::map().with("a", "bc"),
            Value::Range { start: 0, end: 1, inclusive: false },
            Value::Range { start: 0, end: 1, inclusive: true },
        ];
        for (i, a) in values.iter().enumerate() {
            for b in &values[i + 1..] {
                assert_ne!(hash(a), hash(b), "{a} and {b}");
            }
        }
    }

    #[test]
    fn all_nans_hash_alike() {
        let quiet = f64::from_bits(0xfff8_0000_0000_0001);
        assert_eq!(hash(&Value::Float(f64::NAN)), hash(&Value::Float(quiet)));
    }

    #[test]
    fn display_is_script_source() {
        let value = Value::map().with("name", "Ann").with("at", Vec3::new(1.0, 0.5, 0.0));
        assert_eq!(value.to_string(), r#"#{at: vec3(1.0, 0.5, 0.0), name: "Ann"}"#);
        assert_eq!(Value::from(vec![1_i64, 2]).to_string(), "[1, 2]");
        assert_eq!(Value::Float(2.0).to_string(), "2.0");
    }
}
