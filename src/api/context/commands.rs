//! What calls ask for.

use super::{ScriptContext, call::CallState};
use crate::{
    api::ApiFault,
    contract::{Cap, ScriptCommand, ScriptLimits, TickCaps},
};

impl ScriptContext<'_> {
    /// Adds a command.
    ///
    /// # Errors
    /// [`ErrorKind::Memory`](crate::contract::ErrorKind::Memory) if the call has given
    /// [`ScriptLimits::commands`] already, or its commands would hold more than
    /// [`ScriptLimits::memory_bytes`].
    #[inline(always)]
    pub fn command(&mut self, command: ScriptCommand) -> Result<(), ApiFault> {
        let bytes = self.call.command_bytes.saturating_add(command.held_bytes());
        if bytes > self.limits.memory_bytes {
            return Err(too_much_asked(&self.call, &self.limits));
        }
        self.ask_as(Cap::of(&command), || command)?;
        self.call.command_bytes = bytes;
        Ok(())
    }

    /// Adds a command that holds numbers only and is counted as nothing but one. It is made where it stays, and not
    /// before it is known that it may be.
    #[inline(always)]
    pub(super) fn ask(&mut self, make: impl FnOnce() -> ScriptCommand) -> Result<(), ApiFault> {
        self.ask_as(Cap::Nothing, make)
    }

    #[inline(always)]
    fn ask_as(&mut self, cap: Cap, make: impl FnOnce() -> ScriptCommand) -> Result<(), ApiFault> {
        let Self { call, limits, caps, commands, ranks, is_ranked, .. } = self;
        let call = &mut **call;
        if call.commands >= limits.commands || caps.is_some() {
            admit(call, limits, caps, cap)?;
        }
        call.commands += 1;
        if *is_ranked {
            ranks.push(call.begun.rank);
        }
        // Not pushed: it would have to be there before there is room for it, and is copied then.
        commands.extend(std::iter::once_with(make));
        Ok(())
    }

    /// Bytes that the commands of the running call hold: they count as memory of the call.
    pub(crate) fn command_bytes(&self) -> usize {
        self.call.command_bytes
    }

    /// Drops the commands of the running call, because it failed.
    pub fn abandon(&mut self) {
        let count = std::mem::take(&mut self.call.commands);
        self.commands.truncate(self.commands.len().saturating_sub(count));
        // There are none of those that are in order already.
        self.ranks.truncate(self.ranks.len().saturating_sub(count));
        if self.caps.is_some() {
            self.caps = self.caps_before;
        }
    }

    /// How many commands all calls so far have left.
    #[must_use]
    pub fn command_count(&self) -> usize {
        self.commands.len()
    }

    /// Takes the commands of all calls so far, in order.
    pub fn take_commands(&mut self) -> Vec<ScriptCommand> {
        self.call.commands = 0;
        std::mem::take(&mut self.commands)
    }

    /// Puts commands in the order of their ranks, from one that has a certain rank on; those of one rank stay as they are.
    pub(super) fn order_commands(&mut self, from: usize, first_rank: usize) {
        if !self.ranks.get(first_rank..).is_none_or(<[u32]>::is_sorted) {
            let Self { commands, ranks, places, .. } = self;
            ordered(&mut commands[from..], &mut ranks[first_rank..], places);
        }
    }

    /// Begins a part of the calls: their ranks order them among themselves.
    #[cfg(feature = "bevy")]
    pub(crate) const fn begin_part(&self) -> (usize, usize) {
        (self.commands.len(), self.ranks.len())
    }

    /// Ends a part that has [begun](Self::begin_part): puts its commands in order, if they may not be, and says before which
    /// of all commands somebody's of certain ranks would stand.
    #[cfg(feature = "bevy")]
    pub(crate) fn end_part(
        &mut self,
        (command, rank): (usize, usize),
        is_mixed: bool,
        others: impl Iterator<Item = u32>,
        mut stands: impl FnMut(usize),
    ) {
        self.call.commands = 0;
        if is_mixed {
            self.order_commands(command, rank);
        }
        let ranks = self.ranks.get(rank..).unwrap_or_default();
        others.for_each(|other| stands(command + ranks.partition_point(|rank| *rank < other)));
        self.ranks.truncate(rank);
    }

    /// Makes room for so many commands.
    #[cfg(feature = "bevy")]
    pub(crate) fn expect_commands(&mut self, count: usize) {
        self.commands.reserve(count);
    }

    /// Moves the commands of all calls so far to the end of a list.
    #[cfg(feature = "bevy")]
    pub(crate) fn move_commands(&mut self, to: &mut Vec<ScriptCommand>) {
        self.call.commands = 0;
        to.append(&mut self.commands);
    }
}

/// Takes a command off what is left for whoever runs in this tick, if it may be given.
// By itself, so that what is asked for each time stays small.
#[inline(never)]
fn admit(
    call: &CallState,
    limits: &ScriptLimits,
    caps: &mut Option<TickCaps>,
    cap: Cap,
) -> Result<(), ApiFault> {
    if call.commands >= limits.commands {
        return Err(too_much_asked(call, limits));
    }
    let Some(caps) = caps else { return Ok(()) };
    caps.take(cap).map_err(|what| {
        ApiFault::too_large(format!("the mod has used up its {what} for this tick"))
    })
}

/// What is said to a call that asks for too much.
#[cold]
fn too_much_asked(call: &CallState, limits: &ScriptLimits) -> ApiFault {
    let ScriptLimits { commands, memory_bytes, .. } = *limits;
    ApiFault::too_large(if call.commands >= commands {
        format!("a call may give at most {commands} commands")
    } else {
        format!("the commands of a call may hold at most {memory_bytes} bytes")
    })
}

/// Puts commands in the order of their ranks; those of one rank stay as they are.
fn ordered(commands: &mut [ScriptCommand], ranks: &mut [u32], places: &mut Vec<(u32, u32)>) {
    places.clear();
    places.extend(ranks.iter().copied().zip(0..));
    // It merges what is in order.
    places.sort();
    for start in 0..commands.len().min(places.len()) {
        ranks[start] = places[start].0;
        // Whoever is to stand here is fetched, then whoever is to stand where he stood, until somebody wants the one who
        // stood here.
        let mut to = start;
        loop {
            let from = places[to].1 as usize;
            places[to].1 = to as u32;
            if from == start {
                break;
            }
            commands.swap(to, from);
            to = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::ScriptId;

    #[test]
    fn commands_come_in_the_order_of_their_ranks() {
        let mut state = 7_u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for count in [0, 1, 2, 3, 10, 100] {
            let mut ranks: Vec<u32> = (0..count).map(|_| next(1 + count / 2) as u32).collect();
            let mut expected: Vec<(u32, i64)> = ranks.iter().copied().zip(0..).collect();
            expected.sort_by_key(|(rank, _)| *rank);
            let destroy = |id| ScriptCommand::Destroy { id: ScriptId(id) };
            let mut commands: Vec<_> = (0..count as i64).map(destroy).collect();
            ordered(&mut commands, &mut ranks, &mut Vec::new());
            let found = ranks.iter().zip(&commands).map(|(rank, command)| match command {
                ScriptCommand::Destroy { id } => (*rank, id.0),
                other => panic!("{other:?}"),
            });
            assert_eq!(found.collect::<Vec<_>>(), expected);
        }
    }
}
