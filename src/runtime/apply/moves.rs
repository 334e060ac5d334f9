//! Steps and turns of many entities, done row by row. What a call asks for is known by id; the thread that ran
//! it still has at hand where that entity lies in the world's tables, and puts it to the others there. So applying
//! goes through these tables from one end to the other and looks nothing up, and several threads do it, each
//! other rows.

use std::time::Instant;

use bevy::{
    ecs::{
        change_detection::{ContiguousComponentTicksMut, ContiguousMut, Tick},
        entity::Entities,
        entity_disabling::Disabled,
        system::{SystemParam, SystemState},
    },
    prelude::*,
};

use super::movers::Step;
use crate::{
    contract::{ScriptCommand, ScriptId},
    runtime::{pace::Pace, view::WorldWindow},
    script::ScriptWorkers,
};

/// So many rows of a table are done by one thread, one after the other.
const STRETCH: usize = 1_024;

/// One step of an entity with nothing above it.
struct Move {
    id: ScriptId,
    step: Step,
    /// Where in the stretch it was when the pass ran; by now it may be elsewhere.
    row: u32,
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

/// Steps of entities with nothing above them. Only those of one entity have an order: nothing else sees which
/// of two came first.
#[derive(Default)]
pub(in crate::runtime) struct Moves(Vec<Stretch>);

/// Steps of those who lie in the same rows, in order.
struct Stretch {
    place: Place,
    moves: Vec<Move>,
}

/// Which rows: of which table, and which [`STRETCH`] of them, from 0.
type Place = (u32, u32);

impl Moves {
    /// Commands as moves, if they are nothing else. Looks up where everybody is.
    ///
    /// # Errors
    /// The commands, if they are.
    pub(in crate::runtime) fn of(
        commands: Vec<ScriptCommand>,
        window: &WorldWindow<'_>,
    ) -> Result<Self, Vec<ScriptCommand>> {
        let mut moves = Self::default();
        let mut last = 0;
        for (done, command) in commands.iter().enumerate() {
            let of = Step::of(command).and_then(|(id, step)| Some((id, step, window.row(id)?)));
            let Some((id, step, Row { table, row })) = of else { return Err(commands) };
            let place = (table, row / STRETCH as u32);
            // Neighbours mostly lie side by side.
            if moves.0.get(last).is_none_or(|stretch| stretch.place != place) {
                last = moves.stretch(place, STRETCH.min(commands.len() - done));
            }
            if let Some(stretch) = moves.0.get_mut(last) {
                stretch.moves.push(Move { id, step, row: row % STRETCH as u32 });
            }
        }
        // They hold nothing that would have to be freed; asking each of them takes longer than making it.
        commands.into_iter().for_each(std::mem::forget);
        Ok(moves)
    }

    /// Finds the stretch for some rows, or makes one with room for so many moves.
    #[cold]
    fn stretch(&mut self, place: Place, room: usize) -> usize {
        match self.0.binary_search_by_key(&place, |stretch| stretch.place) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, Stretch { place, moves: Vec::with_capacity(room) });
                at
            }
        }
    }

    /// Adds what was asked for later.
    pub(super) fn append(&mut self, mut later: Self) {
        self.0.append(&mut later.0);
    }

    /// How many they are.
    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|stretch| stretch.moves.len()).sum()
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

/// Does moves on so many threads as pay, and gives those of entities that are not any more where the move says,
/// in order.
pub(super) fn apply(
    world: &mut World,
    TableState(state): &mut TableState,
    (workers, pace): (&ScriptWorkers, &mut Pace),
    moves: Moves,
) -> Vec<(ScriptId, Step)> {
    let count = moves.count();
    let Moves(mut stretches) = moves;
    let mut world = state.get_mut(world).unwrap_or_else(|error| panic!("{error}"));
    let entities = world.entities;
    let mut tables: Vec<_> = world
        .places
        .contiguous_iter_mut()
        .into_iter()
        .flatten()
        .filter_map(|(all, ids, places, _)| {
            let id = entities.get_spawned(*all.first()?).ok()?.table_id.as_u32();
            let (places, ticks) = ContiguousMut::bypass_change_detection_split(places);
            Some(Table { id, ids, places, ticks })
        })
        .collect();
    tables.sort_unstable_by_key(|table| table.id);
    // Stable: those of one entity stay in order.
    stretches.sort_by_key(|stretch| stretch.place);
    let mut elsewhere = Vec::new();
    let mut parts = cut(&mut tables, &stretches, &mut elsewhere);
    let batches = count.div_ceil(pace.batch_size(count, workers.count()).max(1)).max(1);
    let each = parts.len().div_ceil(batches);
    let done = workers.run_batches(&mut parts, each, |parts| {
        let began = Instant::now();
        let mut elsewhere = Vec::new();
        parts.iter_mut().for_each(|part| part.apply(&mut elsewhere));
        (elsewhere, began.elapsed())
    });
    pace.note(count, done.iter().map(|(_, took)| *took).sum());
    elsewhere.extend(done.into_iter().flat_map(|(elsewhere, _)| elsewhere));
    elsewhere
}

/// Some rows of a table, and the moves of those who lay there.
struct Part<'w> {
    ids: &'w [ScriptId],
    places: &'w mut [Transform],
    changed: &'w mut [Tick],
    now: Tick,
    stretches: &'w [Stretch],
}

/// Cuts tables into the rows of stretches; both are in order.
fn cut<'w>(
    tables: &'w mut [Table<'_>],
    stretches: &'w [Stretch],
    elsewhere: &mut Vec<(ScriptId, Step)>,
) -> Vec<Part<'w>> {
    let mut parts = Vec::new();
    let mut tables = tables.iter_mut().peekable();
    let mut lost = |stretches: &[Stretch]| {
        let moves = stretches.iter().flat_map(|stretch| &stretch.moves);
        elsewhere.extend(moves.map(|one| (one.id, one.step)));
    };
    for of_table in stretches.chunk_by(|a, b| a.place.0 == b.place.0) {
        let wanted = of_table.first().map_or(0, |stretch| stretch.place.0);
        while tables.next_if(|table| table.id < wanted).is_some() {}
        let Some(Table { ids, places, ticks, .. }) = tables.next_if(|table| table.id == wanted)
        else {
            lost(of_table);
            continue;
        };
        let now = ticks.this_run();
        let changed = ticks.changed_mut().chunks_mut(STRETCH);
        let mut rows = ids.chunks(STRETCH).zip(places.chunks_mut(STRETCH)).zip(changed).zip(0..);
        for stretches in of_table.chunk_by(|a, b| a.place == b.place) {
            let wanted = stretches.first().map_or(0, |stretch| stretch.place.1);
            match rows.by_ref().find(|(_, number)| *number == wanted) {
                Some((((ids, places), changed), _)) => {
                    parts.push(Part { ids, places, changed, now, stretches });
                }
                None => lost(stretches),
            }
        }
    }
    parts
}

impl Part<'_> {
    /// Does its moves, but for those of entities that are elsewhere by now.
    fn apply(&mut self, elsewhere: &mut Vec<(ScriptId, Step)>) {
        for stretch in self.stretches {
            for Move { id, step, row } in &stretch.moves {
                let row = *row as usize;
                let Self { ids, places, changed, .. } = self;
                match (ids.get(row), places.get_mut(row), changed.get_mut(row)) {
                    (Some(other), Some(place), Some(changed)) if other == id => {
                        if step.take(place) {
                            *changed = self.now;
                        }
                    }
                    _ => elsewhere.push((*id, *step)),
                }
            }
        }
    }
}
