//! Steps and turns of many entities, done row by row. What a call asks for is known by id; the thread that ran
//! it still has at hand where that entity lies in the world's tables, and notes it. So applying goes through these
//! tables from one end to the other and looks nothing up.

use bevy::{
    ecs::{
        change_detection::{ContiguousComponentTicksMut, ContiguousMut},
        entity::Entities,
        entity_disabling::Disabled,
        system::{SystemParam, SystemState},
    },
    prelude::*,
};

use super::movers::Step;
use crate::{
    contract::{ScriptCommand, ScriptId},
    runtime::view::WorldWindow,
};

/// One step of an entity with nothing above it.
pub(super) struct Move {
    pub(super) id: ScriptId,
    pub(super) step: Step,
    /// Where it was when the pass ran; by now it may be elsewhere.
    row: Row,
}

/// Where an entity lies.
#[derive(Clone, Copy)]
pub(in crate::runtime) struct Row {
    pub(in crate::runtime) table: u32,
    pub(in crate::runtime) row: u32,
}

/// What the calls of a batch asked for.
pub(in crate::runtime) enum Asked {
    /// Nothing but steps of entities with nothing above them.
    Moves(Moves),
    /// Anything.
    Commands(Vec<ScriptCommand>),
}

/// Steps of entities with nothing above them, in order.
pub(in crate::runtime) struct Moves(Vec<Move>);

impl Moves {
    /// Commands as moves, if they are nothing else. Looks up where everybody is.
    ///
    /// # Errors
    /// The commands, if they are.
    pub(in crate::runtime) fn of(
        commands: Vec<ScriptCommand>,
        window: &WorldWindow<'_>,
    ) -> Result<Self, Vec<ScriptCommand>> {
        let mut moves = Vec::with_capacity(commands.len());
        for command in &commands {
            let of = Step::of(command).and_then(|(id, step)| Some((id, step, window.row(id)?)));
            let Some((id, step, row)) = of else { return Err(commands) };
            moves.push(Move { id, step, row });
        }
        // They hold nothing that would have to be freed; asking each of them takes longer than making it.
        commands.into_iter().for_each(std::mem::forget);
        Ok(Self(moves))
    }

    pub(super) fn list(&self) -> &[Move] {
        &self.0
    }
}

/// All entities with an id and a place.
#[derive(SystemParam)]
struct Tables<'w, 's> {
    entities: &'w Entities,
    /// Asked whether they are, the disabled are among them.
    places: Query<'w, 's, (Entity, &'static ScriptId, &'static mut Transform, Has<Disabled>)>,
}

/// Those in one table.
struct Table<'w> {
    id: u32,
    ids: &'w [ScriptId],
    places: &'w mut [Transform],
    ticks: ContiguousComponentTicksMut<'w>,
}

/// Kept from pass to pass.
#[derive(Resource)]
pub(in crate::runtime) struct TableState(SystemState<Tables<'static, 'static>>);

impl FromWorld for TableState {
    fn from_world(world: &mut World) -> Self {
        Self(SystemState::new(world))
    }
}

/// Does the first of some moves for as long as everybody is where the move says, and says how many they were.
pub(super) fn apply(
    world: &mut World,
    TableState(state): &mut TableState,
    moves: &[Move],
) -> usize {
    let mut world = state.get_mut(world).unwrap_or_else(|error| panic!("{error}"));
    let (entities, all) = (world.entities, moves.len());
    let Ok(tables) = world.places.contiguous_iter_mut() else { return 0 };
    let mut tables: Vec<_> = tables
        .filter_map(|(all, ids, places, _)| {
            let id = entities.get_spawned(*all.first()?).ok()?.table_id.as_u32();
            let (places, ticks) = ContiguousMut::bypass_change_detection_split(places);
            Some(Table { id, ids, places, ticks })
        })
        .collect();
    tables.sort_unstable_by_key(|table| table.id);
    let mut moves = moves.iter().enumerate().peekable();
    while let Some((done, Move { row, .. })) = moves.peek() {
        let of = row.table;
        let found = tables.binary_search_by_key(&of, |table| table.id).ok();
        let Some(table) = found.and_then(|found| tables.get_mut(found)) else { return *done };
        while let Some((done, one)) = moves.next_if(|(_, one)| one.row.table == of) {
            if !table.take(one) {
                return done;
            }
        }
    }
    all
}

impl Table<'_> {
    /// Does a move, if who it is for is there.
    #[inline]
    fn take(&mut self, Move { id, step, row }: &Move) -> bool {
        let Self { ids, places, ticks, .. } = self;
        let (row, now) = (row.row as usize, ticks.this_run());
        let changed = ticks.changed_mut().get_mut(row);
        match (ids.get(row), places.get_mut(row), changed) {
            (Some(other), Some(place), Some(changed)) if other == id => {
                if step.take(place) {
                    *changed = now;
                }
                true
            }
            _ => false,
        }
    }
}
