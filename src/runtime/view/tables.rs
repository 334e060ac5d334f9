use bevy::{ecs::entity::Entities, prelude::*};

use super::queries::OpenQueries;
use crate::runtime::{apply::Row, cscript::CScript};

/// Everybody with scripts, table by table: who lies side by side in the world is found side by side.
pub(super) struct Tables<'w> {
    entities: &'w Entities,
    /// By the number of the table.
    tables: Vec<Option<Rows<'w>>>,
}

/// The rows of one table.
struct Rows<'w> {
    /// Of the table.
    number: u32,
    scripts: &'w [CScript],
    /// Of those with nothing above them.
    places: &'w [Transform],
    are_disabled: bool,
}

impl<'w> Tables<'w> {
    pub(super) fn new(world: &'w World, queries: &OpenQueries<'w>) -> Self {
        let entities = world.entities();
        let mut tables = Vec::new();
        let all = queries.tables.contiguous_iter_inner().into_iter().flatten();
        for (entity, scripts, places, has_parent, are_disabled) in all {
            let Some(location) = entity.first().and_then(|it| entities.get_spawned(*it).ok())
            else {
                continue;
            };
            let (at, number) = (location.table_id.as_usize(), location.table_id.as_u32());
            if tables.len() <= at {
                tables.resize_with(at + 1, || None);
            }
            let places = places.filter(|_| !has_parent).unwrap_or_default();
            tables[at] = Some(Rows { number, scripts, places, are_disabled });
        }
        Self { entities, tables }
    }

    #[inline(always)]
    fn find(&self, entity: Entity) -> Option<(&Rows<'w>, u32)> {
        let location = self.entities.get_spawned(entity).ok()?;
        let rows = self.tables.get(location.table_id.as_usize())?.as_ref()?;
        Some((rows, location.table_row.index_u32()))
    }

    /// The scripts of an entity, and whether it is disabled.
    #[inline(always)]
    pub(super) fn scripts(&self, entity: Entity) -> Option<(&'w CScript, bool)> {
        let (rows, row) = self.find(entity)?;
        Some((rows.scripts.get(row as usize)?, rows.are_disabled))
    }

    /// Where an entity stands that has nothing above it and is not disabled. `None` says nothing.
    #[inline(always)]
    pub(super) fn place(&self, entity: Entity) -> Option<Vec3> {
        let (rows, row) = self.find(entity)?;
        let place = rows.places.get(row as usize).filter(|_| !rows.are_disabled)?;
        Some(place.translation)
    }

    /// Where an entity lies that stands somewhere and has nothing above it. `None` says nothing.
    #[inline(always)]
    pub(super) fn row(&self, entity: Entity) -> Option<Row> {
        let (rows, row) = self.find(entity)?;
        (!rows.places.is_empty()).then_some(Row { table: rows.number, row })
    }
}
