use super::Value;

/// The timers that a script has set, as plain data: which function is to be called in which tick.
///
/// They are part of the script's state. They are saved with it, survive new versions of the script, and
/// go back with it when a call fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timers {
    /// By id, so in the order in which they were set.
    list: Vec<Timer>,
    /// The id of the last one.
    last: i64,
}

/// A function that is to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// What the script knows it by; from 1, and never given twice by one instance.
    pub id: i64,
    /// The tick in which it goes off.
    pub due: u64,
    /// After how many ticks it goes off again; 0 for never.
    pub period: u64,
    /// What is called.
    pub function: String,
}

/// The name under which timers stand in the snapshot of a state. No variable can have it.
pub const TIMERS: &str = "$timers";

/// The farthest tick: what a float still counts one by one.
const FARTHEST: u64 = 1 << 53;

/// How many ticks so many seconds are: rounded up, one at least.
#[must_use]
pub fn ticks_of(seconds: f64, delta_time: f64) -> u64 {
    // A little less than whole, so that 0.1 s of 0.02 s each are 5 ticks and not 6.
    let ticks = libm::ceil(seconds / delta_time - 1e-9);
    if ticks >= 1.0 { (ticks as u64).min(FARTHEST) } else { 1 }
}

impl Timers {
    /// Sets a timer and gives its id.
    pub fn set(&mut self, due: u64, period: u64, function: &str) -> i64 {
        self.last = self.last.saturating_add(1);
        let function = function.to_owned();
        self.list.push(Timer { id: self.last, due: due.min(FARTHEST), period, function });
        self.last
    }

    /// Forgets a timer; `false` if there is none of this id.
    pub fn cancel(&mut self, id: i64) -> bool {
        let before = self.list.len();
        self.list.retain(|timer| timer.id != id);
        self.list.len() < before
    }

    /// The timers, in the order in which they were set.
    #[must_use]
    pub fn list(&self) -> &[Timer] {
        &self.list
    }

    /// Keeps the timers that `keep` takes and gives the names of what the others would have called.
    pub fn retain(&mut self, keep: impl Fn(&Timer) -> bool) -> Vec<String> {
        let dropped = self.list.iter().filter(|timer| !keep(timer));
        let dropped = dropped.map(|timer| timer.function.clone()).collect();
        self.list.retain(keep);
        dropped
    }

    /// Whether any goes off in this tick or should have before.
    #[must_use]
    pub fn is_due(&self, tick: u64) -> bool {
        self.list.iter().any(|timer| timer.due <= tick)
    }

    /// Takes those that go off by (tick, id), each once however long ago it was due. Those that go off
    /// again are set anew, in their rhythm.
    pub fn take_due(&mut self, tick: u64) -> Vec<Timer> {
        let mut due: Vec<_> = self.list.iter().filter(|timer| timer.due <= tick).cloned().collect();
        due.sort_by_key(|timer| (timer.due, timer.id));
        self.list.retain(|timer| timer.due > tick || timer.period > 0);
        for timer in self.list.iter_mut().filter(|timer| timer.due <= tick) {
            // Beats that were missed are left out.
            let missed = (tick - timer.due) / timer.period;
            timer.due = timer.due.saturating_add((missed + 1).saturating_mul(timer.period));
        }
        due
    }

    /// The same as a value, to be saved with the state.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let timer = |Timer { id, due, period, function }: &Timer| {
            Value::map()
                .with("id", *id)
                .with("due", *due as i64)
                .with("period", *period as i64)
                .with("function", function.as_str())
        };
        Value::map()
            .with("last", self.last)
            .with("list", Value::Array(self.list.iter().map(timer).collect()))
    }

    /// What [`to_value`](Self::to_value) made; `None` if it is nothing of the kind.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let int = |map: &Value, key: &str| map.get(key).and_then(Value::as_int);
        let ticks = |map: &Value, key: &str| u64::try_from(int(map, key)?).ok();
        let Value::Array(saved) = value.get("list")? else { return None };
        let timer = |value: &Value| {
            Some(Timer {
                id: int(value, "id")?,
                due: ticks(value, "due")?.min(FARTHEST),
                period: ticks(value, "period")?.min(FARTHEST),
                function: value.get("function")?.as_str()?.to_owned(),
            })
        };
        let mut list: Vec<_> = saved.iter().map(timer).collect::<Option<_>>()?;
        list.sort_by_key(|timer| timer.id);
        let most = list.last().map_or(0, |timer| timer.id);
        Some(Self { list, last: int(value, "last")?.max(most) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(timers: &mut Timers, tick: u64) -> Vec<i64> {
        timers.take_due(tick).into_iter().map(|timer| timer.id).collect()
    }

    #[test]
    fn timers_go_off_in_their_order_and_rhythm() {
        let mut timers = Timers::default();
        let late = timers.set(10, 0, "late");
        let beat = timers.set(5, 3, "beat");
        let same = timers.set(5, 0, "same");
        assert_eq!((late, beat, same), (1, 2, 3));
        assert!(!timers.is_due(4) && timers.is_due(5));
        assert_eq!(due(&mut timers, 5), [beat, same]);
        assert!(due(&mut timers, 7).is_empty());
        assert_eq!(due(&mut timers, 12), [beat, late], "8 comes before 10");
        // The beat at 11 was missed, and the next is at 14.
        assert!(due(&mut timers, 13).is_empty());
        assert_eq!(due(&mut timers, 14), [beat]);
        assert!(timers.cancel(beat) && !timers.cancel(beat));
        assert_eq!(timers.set(1, 0, "new"), 4, "an id is never given twice");
    }

    #[test]
    fn timers_are_plain_data_and_nothing_else_is_taken_for_them() {
        let mut timers = Timers::default();
        timers.set(5, 0, "a");
        let gone = timers.set(6, 2, "b");
        timers.cancel(gone);
        timers.set(u64::MAX, 2, "c");
        let saved = timers.to_value();
        assert_eq!(Timers::from_value(&saved), Some(timers));
        for bad in [
            Value::Unit,
            Value::map(),
            Value::map().with("last", 1).with("list", 1),
            Value::map()
                .with("last", 1)
                .with("list", Value::Array(vec![Value::map().with("id", 1)])),
        ] {
            assert_eq!(Timers::from_value(&bad), None, "{bad:?}");
        }
    }

    #[test]
    fn seconds_become_whole_ticks() {
        assert_eq!(ticks_of(1.0, 1.0 / 64.0), 64);
        assert_eq!(ticks_of(0.1, 0.02), 5);
        assert_eq!(ticks_of(0.11, 0.02), 6);
        assert_eq!(ticks_of(0.0, 0.02), 1);
        assert_eq!(ticks_of(1e300, 0.02), FARTHEST);
        assert_eq!(ticks_of(1.0, 0.0), FARTHEST);
    }
}
