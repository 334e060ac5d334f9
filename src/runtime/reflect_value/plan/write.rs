use std::{iter, sync::Arc};

use bevy::reflect::{PartialReflect, ReflectMut, TypeRegistry, structs::Struct};

use super::{Fields, Kind, Node, Payload};
use crate::{
    contract::Value,
    runtime::reflect_value::{
        Path, Result,
        write::{Numbered, exactly, write},
    },
};

impl Node {
    pub(super) fn write(
        &self,
        target: &mut dyn PartialReflect,
        patch: &Value,
        path: Path<'_>,
        registry: &TypeRegistry,
    ) -> Result<()> {
        match &self.kind {
            Kind::Leaf(leaf) => {
                if let Some(done) = (leaf.write)(target, patch, path) {
                    return done;
                }
            }
            Kind::Struct(fields) if self.fits(target) => {
                if let ReflectMut::Struct(target) = target.reflect_mut()
                    && target.field_len() == fields.nodes.len()
                {
                    return fields.write(target, patch, path, registry);
                }
            }
            _ if self.fits(target) => {
                if let Some(done) = self.write_parts(target, patch, path, registry) {
                    return done;
                }
            }
            _ => {}
        }
        write(target, patch, path, registry)
    }

    /// `None`, with nothing written, if the value is not built as its type says, or if the patch may
    /// ask for parts that are not there yet.
    fn write_parts(
        &self,
        target: &mut dyn PartialReflect,
        patch: &Value,
        path: Path<'_>,
        registry: &TypeRegistry,
    ) -> Option<Result<()>> {
        match (&self.kind, target.reflect_mut()) {
            (Kind::TupleStruct(Payload::One(node)), ReflectMut::TupleStruct(target))
                if target.field_len() == 1 =>
            {
                Some(node.write(target.field_mut(0)?, patch, path, registry))
            }
            (Kind::TupleStruct(Payload::Many(nodes)), ReflectMut::TupleStruct(target))
                if target.field_len() == nodes.len() =>
            {
                Some(write_items(nodes.iter(), target, patch, path, registry))
            }
            (Kind::Tuple(nodes), ReflectMut::Tuple(target))
                if target.field_len() == nodes.len() =>
            {
                Some(write_items(nodes.iter(), target, patch, path, registry))
            }
            (Kind::Array(node), ReflectMut::Array(target)) => {
                Some(write_items(iter::repeat_n(node, target.len()), target, patch, path, registry))
            }
            (Kind::Option(node), ReflectMut::Enum(target)) if *patch != Value::Unit => {
                Some(node.write(target.field_at_mut(0)?, patch, path, registry))
            }
            _ => None,
        }
    }
}

impl Fields {
    fn write(
        &self,
        target: &mut dyn Struct,
        patch: &Value,
        path: Path<'_>,
        registry: &TypeRegistry,
    ) -> Result<()> {
        let Value::Map(entries) = patch else {
            return Err(path.mismatch("a map", patch));
        };
        for (name, value) in entries {
            // What is derived compares with names that the compiler knows, which no table outdoes.
            let index = target.index_of_name(name);
            let field = index.and_then(|i| Some((self.nodes.get(i)?, target.field_at_mut(i)?)));
            let Some((node, field)) = field else {
                let known = self.keys.iter().map(ToString::to_string).collect();
                return Err(path.unknown_field(name, known));
            };
            node.write(field, value, path.name(name)?, registry)?;
        }
        Ok(())
    }
}

/// As many as there are nodes.
fn write_items<'a, T: Numbered + ?Sized>(
    nodes: impl ExactSizeIterator<Item = &'a Arc<Node>>,
    target: &mut T,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    let items = exactly(nodes.len(), patch, path)?;
    for (i, (node, item)) in nodes.zip(items).enumerate() {
        if let Some(slot) = target.slot(i) {
            node.write(slot, item, path.index(i)?, registry)?;
        }
    }
    Ok(())
}
