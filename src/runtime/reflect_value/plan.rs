//! Plans: what is known of an exposed type before any value of it is looked at.
//!
//! A plan says for each field its key, its number and what it becomes, so a component is read and
//! written without asking reflection what it is. What a plan does not know is left to
//! [`read`](super::read) and [`write`](super::write), which look at the value itself: maps, sets, types
//! that hold themselves, types without static information, and values that are of another type than
//! their field says, as remote types are. New elements and variants are made by
//! [`build`](super::build), with a plan as without one.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::{
    any::TypeId,
    collections::HashMap,
    slice,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use bevy::reflect::{
    NamedField, PartialReflect, Type, TypeInfo, TypeRegistry, Typed, UnnamedField,
    enums::{EnumInfo, VariantInfo},
};

use super::{Form, Path, Result, is_option, leaf::Leaf};
use crate::contract::Value;

/// How a type is read and written.
pub(crate) struct Plan {
    /// What paths in errors begin with.
    name: &'static str,
    top: Node,
}

/// One type in a plan.
struct Node {
    id: TypeId,
    kind: Kind,
}

enum Kind {
    Leaf(Leaf),
    Struct(Fields),
    TupleStruct(Payload),
    /// Of one field or more, all of which are items.
    Tuple(Box<[Arc<Node>]>),
    /// `()`.
    Unit,
    List(Arc<Node>),
    Array(Arc<Node>),
    Option(Arc<Node>),
    /// The variants, in order.
    Enum(Box<[Variant]>),
    /// To be looked at.
    Unknown,
}

/// Fields with names, in order.
struct Fields {
    keys: Arc<[Arc<str>]>,
    nodes: Box<[Arc<Node>]>,
}

/// Fields without names: a single one stands for itself, more are an array.
enum Payload {
    One(Arc<Node>),
    Many(Box<[Arc<Node>]>),
}

struct Variant {
    name: &'static str,
    /// The name again, as the only key of a map.
    key: Arc<[Arc<str>]>,
    holds: Held,
}

enum Held {
    Nothing,
    Named(Fields),
    Numbered(Payload),
}

impl Plan {
    /// The plan of a type. It is made once in a process and kept, as Bevy keeps its type infos.
    pub(crate) fn of<T: Typed>() -> &'static Self {
        static PLANS: LazyLock<Mutex<HashMap<TypeId, &'static Plan>>> =
            LazyLock::new(Mutex::default);
        let mut plans = PLANS.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = plans.entry(TypeId::of::<T>());
        plan.or_insert_with(|| Box::leak(Box::new(Self::new(T::type_info()))))
    }

    pub(super) fn new(info: &'static TypeInfo) -> Self {
        let name = info.ty().ident().unwrap_or("value");
        Self { name, top: Planner::default().top(info) }
    }

    /// A value of that type as a script sees it, see [the table](super).
    pub(crate) fn read<F: Form>(&self, reflected: &dyn PartialReflect) -> Result<F> {
        self.top.read(reflected, Path::root(self.name))
    }

    /// Writes what `patch` names into `target`; see [the table](super) for what stands for what.
    ///
    /// Structs, maps and the active variant of an enum keep what the patch leaves out; lists and sets
    /// are replaced. A new element, entry or variant starts from the default of its type if that is
    /// registered in `registry`, else the patch must hold all of it.
    ///
    /// After an error `target` may be partly written: patch a clone.
    pub(crate) fn apply(
        &self,
        target: &mut dyn PartialReflect,
        patch: &Value,
        registry: &TypeRegistry,
    ) -> Result<()> {
        self.top.write(target, patch, Path::root(self.name), registry)
    }
}

impl Node {
    /// Whether a value is what the plan was made for.
    fn fits(&self, reflected: &dyn PartialReflect) -> bool {
        reflected.try_as_reflect().is_some_and(|value| value.as_any().type_id() == self.id)
    }
}

/// Makes a plan. Each type in it is planned once, however often it occurs.
#[derive(Default)]
struct Planner {
    /// `None` while it is in the making.
    made: HashMap<TypeId, Option<Arc<Node>>>,
}

impl Planner {
    fn top(mut self, info: &'static TypeInfo) -> Node {
        let id = info.ty().id();
        self.made.insert(id, None);
        Node { id, kind: self.kind(id, Some(info)) }
    }

    fn node(&mut self, ty: &Type, info: Option<&'static TypeInfo>) -> Arc<Node> {
        let id = ty.id();
        match self.made.get(&id) {
            Some(Some(made)) => return made.clone(),
            // It holds itself, and a plan has an end.
            Some(None) => return Arc::new(Node { id, kind: Kind::Unknown }),
            None => {}
        }
        self.made.insert(id, None);
        let node = Arc::new(Node { id, kind: self.kind(id, info) });
        self.made.insert(id, Some(node.clone()));
        node
    }

    fn kind(&mut self, id: TypeId, info: Option<&'static TypeInfo>) -> Kind {
        if let Some(leaf) = Leaf::of(id) {
            return Kind::Leaf(leaf);
        }
        let Some(info) = info else { return Kind::Unknown };
        match info {
            TypeInfo::Struct(info) => Kind::Struct(self.fields(info.iter())),
            TypeInfo::TupleStruct(info) => Kind::TupleStruct(self.payload(info.iter())),
            TypeInfo::Tuple(info) if info.field_len() == 0 => Kind::Unit,
            TypeInfo::Tuple(info) => Kind::Tuple(self.items(info.iter())),
            TypeInfo::List(info) => Kind::List(self.node(&info.item_ty(), info.item_info())),
            TypeInfo::Array(info) => Kind::Array(self.node(&info.item_ty(), info.item_info())),
            TypeInfo::Enum(info) => self.variants(info),
            TypeInfo::Map(_) | TypeInfo::Set(_) | TypeInfo::Opaque(_) => Kind::Unknown,
        }
    }

    fn fields(&mut self, fields: slice::Iter<'static, NamedField>) -> Fields {
        let keys = fields.clone().map(|field| Arc::from(field.name())).collect();
        let nodes = fields.map(|field| self.node(field.ty(), field.type_info())).collect();
        Fields { keys, nodes }
    }

    fn items(&mut self, fields: slice::Iter<'static, UnnamedField>) -> Box<[Arc<Node>]> {
        fields.map(|field| self.node(field.ty(), field.type_info())).collect()
    }

    fn payload(&mut self, fields: slice::Iter<'static, UnnamedField>) -> Payload {
        match fields.as_slice() {
            [field] => Payload::One(self.node(field.ty(), field.type_info())),
            _ => Payload::Many(self.items(fields)),
        }
    }

    fn variants(&mut self, info: &'static EnumInfo) -> Kind {
        if is_option(info.ty()) {
            let some =
                info.variant("Some").and_then(|some| some.as_tuple_variant().ok()?.field_at(0));
            return some.map_or(Kind::Unknown, |field| {
                Kind::Option(self.node(field.ty(), field.type_info()))
            });
        }
        let variant = |variant: &'static VariantInfo| Variant {
            name: variant.name(),
            key: [Arc::from(variant.name())].into(),
            holds: match variant {
                VariantInfo::Unit(_) => Held::Nothing,
                VariantInfo::Struct(info) => Held::Named(self.fields(info.iter())),
                VariantInfo::Tuple(info) => Held::Numbered(self.payload(info.iter())),
            },
        };
        Kind::Enum(info.iter().map(variant).collect())
    }
}
