use bevy::reflect::{PartialReflect, ReflectRef, enums::Enum};
use std::{iter, sync::Arc};

use super::{Fields, Held, Kind, Node, Payload, Variant};
use crate::{
    contract::Value,
    runtime::reflect_value::{Form, Path, Result, read::read},
};

impl Node {
    pub(super) fn read<F: Form>(
        &self,
        reflected: &dyn PartialReflect,
        path: Path<'_>,
    ) -> Result<F> {
        match &self.kind {
            Kind::Leaf(leaf) => {
                if let Some(value) = (leaf.read)(reflected, path) {
                    return value.map(F::from);
                }
            }
            Kind::Struct(fields) if self.fits(reflected) => {
                if let ReflectRef::Struct(target) = reflected.reflect_ref()
                    && target.field_len() == fields.nodes.len()
                {
                    return fields.read(|i| target.field_at(i), path);
                }
            }
            _ if self.fits(reflected) => {
                if let Some(value) = self.read_parts(reflected, path) {
                    return value;
                }
            }
            _ => {}
        }
        read(reflected, path).map(F::from)
    }

    /// `None` if the value is not built as its type says.
    fn read_parts<F: Form>(
        &self,
        reflected: &dyn PartialReflect,
        path: Path<'_>,
    ) -> Option<Result<F>> {
        match (&self.kind, reflected.reflect_ref()) {
            (Kind::TupleStruct(payload), ReflectRef::TupleStruct(target)) => {
                payload.read(target.field_len(), |i| target.field(i), path)
            }
            (Kind::Tuple(nodes), ReflectRef::Tuple(target)) => {
                read_items(nodes, target.field_len(), |i| target.field(i), path)
            }
            (Kind::Unit, ReflectRef::Tuple(target)) if target.field_len() == 0 => {
                Some(Ok(Value::Unit.into()))
            }
            (Kind::List(node), ReflectRef::List(list)) => {
                Some(read_all(node, list.len(), list.iter(), path))
            }
            (Kind::Array(node), ReflectRef::Array(array)) => {
                Some(read_all(node, array.len(), array.iter(), path))
            }
            (Kind::Option(node), ReflectRef::Enum(target)) => Some(match target.field_at(0) {
                Some(inner) => node.read(inner, path),
                None => Ok(Value::Unit.into()),
            }),
            (Kind::Enum(variants), ReflectRef::Enum(target)) => {
                let variant = variants.get(target.variant_index())?;
                if variant.name == target.variant_name() {
                    variant.read(target, path)
                } else {
                    None
                }
            }
            _ => None,
        }
    }
}

impl Variant {
    fn read<F: Form>(&self, target: &dyn Enum, path: Path<'_>) -> Option<Result<F>> {
        let inside = match path.name(self.name) {
            Ok(inside) => inside,
            Err(error) => return Some(Err(error)),
        };
        let count = target.field_len();
        let field = |i| target.field_at(i);
        let payload = match &self.holds {
            Held::Nothing => return Some(Ok(Value::String(self.name.to_owned()).into())),
            Held::Named(fields) if fields.nodes.len() == count => fields.read(field, inside),
            Held::Named(_) => return None,
            Held::Numbered(payload) => payload.read(count, field, inside)?,
        };
        Some(F::map(&self.key, iter::once(payload)))
    }
}

impl Fields {
    /// Reads as many fields as there are nodes.
    fn read<'a, F: Form>(
        &self,
        field: impl Fn(usize) -> Option<&'a dyn PartialReflect>,
        path: Path<'_>,
    ) -> Result<F> {
        let fields = iter::zip(&*self.keys, &self.nodes).enumerate();
        let values = fields.map_while(|(i, (key, node))| {
            let field = field(i)?;
            Some(path.name(key).and_then(|path| node.read(field, path)))
        });
        F::map(&self.keys, values)
    }
}

impl Payload {
    fn read<'a, F: Form>(
        &self,
        count: usize,
        field: impl Fn(usize) -> Option<&'a dyn PartialReflect>,
        path: Path<'_>,
    ) -> Option<Result<F>> {
        match self {
            Self::One(node) if count == 1 => Some(node.read(field(0)?, path)),
            Self::One(_) => None,
            Self::Many(nodes) => read_items(nodes, count, field, path),
        }
    }
}

fn read_items<'a, F: Form>(
    nodes: &[Arc<Node>],
    count: usize,
    field: impl Fn(usize) -> Option<&'a dyn PartialReflect>,
    path: Path<'_>,
) -> Option<Result<F>> {
    if count != nodes.len() {
        return None;
    }
    let items = nodes.iter().enumerate().map_while(|(i, node)| {
        let field = field(i)?;
        Some(path.index(i).and_then(|path| node.read(field, path)))
    });
    Some(F::array(count, items))
}

fn read_all<'a, F: Form>(
    node: &Node,
    count: usize,
    items: impl Iterator<Item = &'a dyn PartialReflect>,
    path: Path<'_>,
) -> Result<F> {
    let items = items.enumerate();
    F::array(count, items.map(|(i, item)| node.read(item, path.index(i)?)))
}
