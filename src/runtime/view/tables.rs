use bevy::{
    ecs::{change_detection::Tick, entity::Entities},
    prelude::*,
};

use super::queries::OpenQueries;
use crate::{
    api::Progression,
    contract::ScriptId,
    runtime::{apply::Row, cscript::CScript},
};

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
    entities: &'w [Entity],
    ids: &'w [ScriptId],
    scripts: &'w [CScript],
    /// When those were changed.
    changed: &'w [Tick],
    /// Of those with nothing above them.
    places: &'w [Transform],
    are_disabled: bool,
}

/// Where somebody was found in another pass: a table, and a row of it.
#[derive(Clone, Copy, Default)]
pub(in crate::runtime) struct Spot {
    table: u32,
    row: u32,
}

/// Where somebody was found. Whoever is looked for next mostly lies in the next row.
#[derive(Clone, Copy)]
pub(in crate::runtime) struct Finger<'w> {
    rows: &'w Rows<'w>,
    row: usize,
}

/// Entities that lie side by side.
#[derive(Clone, Copy)]
pub(in crate::runtime) struct Neighbours<'w> {
    pub(in crate::runtime) scripts: &'w [CScript],
    /// When those were changed.
    pub(in crate::runtime) changed: &'w [Tick],
    /// Where each of them is; nothing if something is above them.
    pub(in crate::runtime) places: &'w [Transform],
}

impl Finger<'_> {
    /// Where the entity stands that it is on, if that has nothing above it and is not disabled. `None` says nothing.
    #[inline(always)]
    pub(in crate::runtime) fn place(&self, entity: Entity) -> Option<Vec3> {
        let Self { rows, row } = self;
        let place = rows.places.get(*row)?;
        let is_here = rows.entities.get(*row) == Some(&entity) && !rows.are_disabled;
        is_here.then_some(place.translation)
    }

    /// On nobody.
    pub(in crate::runtime) const fn new() -> Self {
        const NONE: &Rows<'_> = &Rows {
            number: 0,
            entities: &[],
            ids: &[],
            scripts: &[],
            changed: &[],
            places: &[],
            are_disabled: false,
        };
        Self { rows: NONE, row: 0 }
    }

    /// Goes on by so many rows.
    pub(in crate::runtime) const fn skip(&mut self, rows: usize) {
        self.row += rows;
    }
}

impl<'w> Tables<'w> {
    pub(super) fn new(world: &'w World, queries: &OpenQueries<'w>) -> Self {
        let entities = world.entities();
        let mut tables = Vec::new();
        let all = queries.tables.contiguous_iter_inner().into_iter().flatten();
        for (here, ids, scripts, places, has_parent, are_disabled) in all {
            let Some(location) = here.first().and_then(|it| entities.get_spawned(*it).ok()) else {
                continue;
            };
            let (at, number) = (location.table_id.as_usize(), location.table_id.as_u32());
            if tables.len() <= at {
                tables.resize_with(at + 1, || None);
            }
            let places = places.filter(|_| !has_parent).unwrap_or_default();
            let (changed, scripts) = (scripts.changed_ticks_slice(), scripts.into_inner());
            tables[at] =
                Some(Rows { number, entities: here, ids, scripts, changed, places, are_disabled });
        }
        Self { entities, tables }
    }

    /// Puts the finger on an entity; `false` if it is not in these tables.
    #[inline(always)]
    fn find(&'w self, entity: Entity, finger: &mut Finger<'w>) -> bool {
        finger.row += 1;
        if finger.rows.entities.get(finger.row) == Some(&entity) {
            return true;
        }
        let found = self.look_up(entity);
        *finger = found.unwrap_or(*finger);
        found.is_some()
    }

    // Gives the finger back, so that who goes from row to row can have it at hand.
    #[inline(never)]
    fn look_up(&'w self, entity: Entity) -> Option<Finger<'w>> {
        let location = self.entities.get_spawned(entity).ok()?;
        let rows = self.tables.get(location.table_id.as_usize())?.as_ref()?;
        Some(Finger { rows, row: location.table_row.index() })
    }

    /// The scripts of an entity, and whether it is disabled.
    #[inline(always)]
    pub(super) fn scripts(
        &'w self,
        entity: Entity,
        finger: &mut Finger<'w>,
    ) -> Option<(&'w CScript, bool)> {
        if !self.find(entity, finger) {
            return None;
        }
        let Finger { rows, row } = finger;
        Some((rows.scripts.get(*row)?, rows.are_disabled))
    }

    /// When the scripts of an entity were changed, if it is not disabled, given where it was found last. `None` says nothing.
    #[inline(always)]
    pub(super) fn scripts_changed(
        &'w self,
        entity: Entity,
        (last, finger): (&mut Spot, &mut Finger<'w>),
    ) -> Option<Tick> {
        if finger.rows.number != last.table || finger.rows.entities.is_empty() {
            let rows = self.tables.get(last.table as usize).and_then(Option::as_ref);
            finger.rows = rows.unwrap_or(Finger::new().rows);
        }
        finger.row = last.row as usize;
        if finger.rows.entities.get(finger.row) != Some(&entity) {
            *finger = self.look_up(entity)?;
            *last = Spot { table: finger.rows.number, row: finger.row as u32 };
        }
        if finger.rows.are_disabled {
            return None;
        }
        finger.rows.changed.get(finger.row).copied()
    }

    /// So many entities, as their bits, if they lie side by side in this order and are not disabled.
    #[inline(always)]
    pub(super) fn neighbours(&'w self, all: &Progression, count: usize) -> Option<Neighbours<'w>> {
        let Finger { rows, row } = self.look_up(Entity::try_from_bits(all.get(0)?)?)?;
        if rows.are_disabled {
            return None;
        }
        let range = row..row + count;
        let here = rows.entities.get(range.clone())?;
        if !all.begins_with(here.iter().map(|entity| entity.to_bits())) {
            return None;
        }
        let (scripts, changed) =
            (rows.scripts.get(range.clone())?, rows.changed.get(range.clone())?);
        let places = rows.places.get(range).unwrap_or_default();
        Some(Neighbours { scripts, changed, places })
    }

    /// Where an entity lies that stands somewhere and has nothing above it. `None` says nothing.
    #[inline(always)]
    pub(super) fn row(&'w self, entity: Entity, finger: &mut Finger<'w>) -> Option<Row<'w>> {
        let found = self.find(entity, finger) && !finger.rows.places.is_empty();
        let Finger { rows, row } = *finger;
        let ids = rows.ids.get(row..).unwrap_or_default();
        found.then_some(Row { table: rows.number, row: row as u32, ids })
    }
}
