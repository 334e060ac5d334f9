//! Steps and turns of many entities, done row by row. What a call asks for is known by id; the thread that ran
//! it still has at hand where that entity lies in the world's tables, and notes it with the others there. So applying
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
    runtime::{
        pace::Pace,
        view::{Finger, WorldWindow},
    },
    script::ScriptWorkers,
};

/// So many rows of a table are done by one thread, one after the other.
const STRETCH: usize = 1_024;

/// Commands that stand one behind the other, each of which asks for a step of the entity in the next row. Those
/// have nothing above them.
struct Block {
    /// The first of the commands.
    command: u32,
    /// Where in the stretch the first entity was when the pass ran; by now it may be elsewhere.
    row: u32,
    count: u32,
}

/// Where an entity lies.
#[derive(Clone, Copy)]
pub(in crate::runtime) struct Row<'w> {
    pub(in crate::runtime) table: u32,
    pub(in crate::runtime) row: u32,
    /// Who lies in this row and those behind it, if that is at hand.
    pub(in crate::runtime) ids: &'w [ScriptId],
}

/// What the calls of a batch asked for.
pub(in crate::runtime) enum Asked {
    /// Nothing but steps of entities with nothing above them.
    Moves(Moves),
    /// Anything.
    Commands(Vec<ScriptCommand>),
}

impl Asked {
    pub(super) const fn is_empty(&self) -> bool {
        match self {
            Self::Moves(moves) => moves.commands.is_empty(),
            Self::Commands(commands) => commands.is_empty(),
        }
    }
}

/// Steps of entities with nothing above them. Only those of one entity have an order: nothing else sees which
/// of two came first.
pub(in crate::runtime) struct Moves {
    commands: Vec<ScriptCommand>,
    stretches: Vec<Stretch>,
}

/// Steps of those who lie in the same rows, in order.
struct Stretch {
    place: Place,
    blocks: Vec<Block>,
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
        let mut stretches: Vec<Stretch> = Vec::new();
        let (mut last, mut finger) = (0, Finger::new());
        let mut left = commands.as_slice();
        while let Some(command) = left.first() {
            let row = Step::whose(command).and_then(|id| window.row(id, &mut finger));
            let Some(Row { table, row, ids }) = row else { return Err(commands) };
            let place = (table, row / STRETCH as u32);
            // Neighbours mostly lie side by side.
            if stretches.get(last).is_none_or(|stretch| stretch.place != place) {
                last = stretch(&mut stretches, place);
            }
            let row = row % STRETCH as u32;
            let ids = ids.get(..STRETCH - row as usize).unwrap_or(ids);
            let count = count_neighbours(left, ids).max(1);
            let command = (commands.len() - left.len()) as u32;
            if let Some(stretch) = stretches.get_mut(last) {
                stretch.blocks.push(Block { command, row, count: count as u32 });
            }
            finger.skip(count - 1);
            left = left.get(count..).unwrap_or_default();
        }
        Ok(Self { commands, stretches })
    }

    /// The commands that ask for them, in order.
    pub(super) fn commands(&self) -> &[ScriptCommand] {
        &self.commands
    }

    /// How many they are.
    pub(super) const fn count(&self) -> usize {
        self.commands.len()
    }

    /// Those of each stretch.
    fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        let Self { commands, stretches } = self;
        stretches.iter().map(|Stretch { place, blocks }| Run { place: *place, commands, blocks })
    }
}

/// How many commands ask for a step each of those who lie in some rows, in their order.
fn count_neighbours(commands: &[ScriptCommand], ids: &[ScriptId]) -> usize {
    let pairs = commands.iter().zip(ids);
    // What is asked for most is recognised by itself.
    let steps = pairs.clone().take_while(|(command, id)| Step::is_way_of(command, **id)).count();
    let others = pairs.skip(steps);
    steps + others.take_while(|(command, id)| Step::whose(command) == Some(**id)).count()
}

/// Finds the stretch for some rows, or makes one.
#[cold]
fn stretch(stretches: &mut Vec<Stretch>, place: Place) -> usize {
    match stretches.binary_search_by_key(&place, |stretch| stretch.place) {
        Ok(at) => at,
        Err(at) => {
            stretches.insert(at, Stretch { place, blocks: Vec::new() });
            at
        }
    }
}

/// Moves in one stretch that one batch asked for.
struct Run<'m> {
    place: Place,
    commands: &'m [ScriptCommand],
    blocks: &'m [Block],
}

impl Block {
    /// The commands, among all of the batch.
    fn commands<'m>(&self, all: &'m [ScriptCommand]) -> &'m [ScriptCommand] {
        let first = self.command as usize;
        all.get(first..first + self.count as usize).unwrap_or_default()
    }
}

impl Run<'_> {
    /// Each of them, and whose it is.
    fn steps(&self) -> impl Iterator<Item = (ScriptId, Step)> {
        self.blocks.iter().flat_map(|block| block.commands(self.commands)).filter_map(Step::of)
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

/// Kept from pass to pass, in a box: it is taken out of the world for each.
#[derive(Resource)]
pub(in crate::runtime) struct TableState(Box<SystemState<Tables<'static, 'static>>>);

impl FromWorld for TableState {
    fn from_world(world: &mut World) -> Self {
        Self(Box::new(SystemState::new(world)))
    }
}

/// Does moves on so many threads as pay, and gives those of entities that are not any more where the move says,
/// in order.
pub(super) fn apply(
    world: &mut World,
    TableState(state): &mut TableState,
    (workers, pace): (&ScriptWorkers, &mut Pace),
    all: Vec<Moves>,
) -> Vec<(ScriptId, Step)> {
    let count: usize = all.iter().map(Moves::count).sum();
    let mut runs: Vec<_> = all.iter().flat_map(Moves::runs).collect();
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
    runs.sort_by_key(|run| run.place);
    let mut elsewhere = Vec::new();
    let mut parts = cut(&mut tables, &runs, &mut elsewhere);
    let each = pace.pieces(count, parts.len(), workers);
    let done = workers.run_batches(&mut parts, each, |parts| {
        let began = Instant::now();
        let mut elsewhere = Vec::new();
        parts.iter_mut().for_each(|part| part.apply(&mut elsewhere));
        (elsewhere, began.elapsed())
    });
    pace.note(count, done.iter().map(|(_, took)| *took).sum());
    elsewhere.extend(done.into_iter().flat_map(|(elsewhere, _)| elsewhere));
    // They hold nothing that would have to be freed; asking each of them takes longer than making it.
    for Moves { commands, .. } in all {
        commands.into_iter().for_each(std::mem::forget);
    }
    elsewhere
}

/// Some rows of a table, and the moves of those who lay there.
struct Part<'w> {
    ids: &'w [ScriptId],
    places: &'w mut [Transform],
    changed: &'w mut [Tick],
    now: Tick,
    runs: &'w [Run<'w>],
}

/// Cuts tables into the rows of stretches; both are in order.
fn cut<'w>(
    tables: &'w mut [Table<'_>],
    runs: &'w [Run<'w>],
    elsewhere: &mut Vec<(ScriptId, Step)>,
) -> Vec<Part<'w>> {
    let mut parts = Vec::new();
    let mut tables = tables.iter_mut().peekable();
    let mut lost = |runs: &[Run<'_>]| {
        elsewhere.extend(runs.iter().flat_map(Run::steps));
    };
    for of_table in runs.chunk_by(|a, b| a.place.0 == b.place.0) {
        let wanted = of_table.first().map_or(0, |run| run.place.0);
        while tables.next_if(|table| table.id < wanted).is_some() {}
        let Some(Table { ids, places, ticks, .. }) = tables.next_if(|table| table.id == wanted)
        else {
            lost(of_table);
            continue;
        };
        let now = ticks.this_run();
        let changed = ticks.changed_mut().chunks_mut(STRETCH);
        let mut rows = ids.chunks(STRETCH).zip(places.chunks_mut(STRETCH)).zip(changed).zip(0..);
        for runs in of_table.chunk_by(|a, b| a.place == b.place) {
            let wanted = runs.first().map_or(0, |run| run.place.1);
            match rows.by_ref().find(|(_, number)| *number == wanted) {
                Some((((ids, places), changed), _)) => {
                    parts.push(Part { ids, places, changed, now, runs });
                }
                None => lost(runs),
            }
        }
    }
    parts
}

/// Does the first of some moves for as long as they are steps towards a place, of those who lie in some rows; says how
/// many they were.
// By itself, because this is what most moves are.
#[inline(never)]
fn go_ways(
    commands: &[ScriptCommand],
    (ids, places, changed): (&[ScriptId], &mut [Transform], &mut [Tick]),
    now: Tick,
) -> usize {
    let mut count = 0;
    for (command, ((id, place), changed)) in
        commands.iter().zip(ids.iter().zip(places).zip(changed))
    {
        let Some(is_gone) = Step::go_own(command, *id, place) else { break };
        if is_gone {
            *changed = now;
        }
        count += 1;
    }
    count
}

impl Part<'_> {
    /// Does its moves, but for those of entities that are elsewhere by now.
    fn apply(&mut self, elsewhere: &mut Vec<(ScriptId, Step)>) {
        let Self { ids, places, changed, now, runs } = self;
        for Run { commands, blocks, .. } in *runs {
            for block in *blocks {
                let (commands, row) = (block.commands(commands), block.row as usize);
                let rows = row..ids.len().min(row + commands.len());
                let (Some(ids), Some(places), Some(changed)) =
                    (ids.get(rows.clone()), places.get_mut(rows.clone()), changed.get_mut(rows))
                else {
                    elsewhere.extend(commands.iter().filter_map(Step::of));
                    continue;
                };
                let gone = go_ways(commands, (ids, places, changed), *now);
                let here = ids.iter().zip(places).zip(changed);
                for (command, ((id, place), changed)) in commands.iter().zip(here).skip(gone) {
                    match Step::take_own(command, *id, place) {
                        Some(true) => *changed = *now,
                        Some(false) => {}
                        None => elsewhere.extend(Step::of(command)),
                    }
                }
                // There are not so many rows any more.
                let lost = commands.get(ids.len()..).unwrap_or_default();
                elsewhere.extend(lost.iter().filter_map(Step::of));
            }
        }
    }
}
