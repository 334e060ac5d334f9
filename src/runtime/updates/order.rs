use crate::runtime::roster::RosterEntry;

/// So many entries are put in order at a time, so that what lies side by side in memory is still used about the same time.
const STRETCH: usize = 1_024;

/// Among more different scripts hardly anybody would find company.
const MOST_SCRIPTS: usize = 64;

/// The places of entries, stretch by stretch script by script; `None` if they may stay as they are. Those of one script
/// stay in order.
pub(super) fn by_script(entries: &[RosterEntry]) -> Option<Vec<u32>> {
    let first = entries.first()?.script;
    if entries.iter().all(|entry| entry.script == first) {
        return None;
    }
    let mut order = Vec::with_capacity(entries.len());
    let mut groups: Vec<(u64, Vec<u32>)> = Vec::new();
    let mut last = 0;
    for (entry, place) in entries.iter().zip(0..) {
        if (place as usize).is_multiple_of(STRETCH) {
            groups.iter_mut().for_each(|(_, places)| order.append(places));
        }
        // Scripts mostly come in turn, or several times.
        if groups.get(last).is_none_or(|(script, _)| *script != entry.script) {
            last = match groups.iter().position(|(script, _)| *script == entry.script) {
                Some(found) => found,
                None if groups.len() == MOST_SCRIPTS => return None,
                None => {
                    groups.push((entry.script, Vec::with_capacity(STRETCH / 8)));
                    groups.len() - 1
                }
            };
        }
        if let Some((_, places)) = groups.get_mut(last) {
            places.push(place);
        }
    }
    groups.iter_mut().for_each(|(_, places)| order.append(places));
    Some(order)
}

#[cfg(test)]
mod tests {
    use bevy::prelude::*;

    use super::*;
    use crate::contract::ScriptId;

    fn entries(scripts: impl IntoIterator<Item = u64>) -> Vec<RosterEntry> {
        let entity = World::new().spawn_empty().id();
        let entry = |(id, script)| RosterEntry {
            id: ScriptId(id),
            slot: 0,
            entity,
            on_update: None,
            every: 1,
            listens: false,
            timed: false,
            is_trusted: true,
            script,
        };
        (0..).zip(scripts).map(entry).collect()
    }

    #[test]
    fn those_of_one_script_come_together_and_stay_in_order() {
        assert_eq!(by_script(&entries([3, 1, 3, 2, 1, 3])), Some(vec![0, 2, 5, 1, 4, 3]));
        assert_eq!(by_script(&entries([7; 5])), None);
        assert_eq!(by_script(&[]), None);
        assert_eq!(by_script(&entries(0..65)), None, "too many");
    }

    #[test]
    fn everybody_has_a_place_and_nobody_goes_far() {
        let order = by_script(&entries((0..5_000).map(|i| i % 7)));
        let order = order.unwrap_or_default();
        let far = order.iter().zip(0..).filter(|(place, at)| place.abs_diff(*at) >= 1_024).count();
        let mut all = order;
        all.sort_unstable();
        assert_eq!((all, far), ((0..5_000).collect::<Vec<_>>(), 0));
    }
}
