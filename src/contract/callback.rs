/// One of the callbacks that the runtime itself calls; the names of [`CALLBACKS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Callback {
    /// `init()`
    Init,
    /// `configure(config)`
    Configure,
    /// `on_spawn()`
    OnSpawn,
    /// `on_update()`
    OnUpdate,
    /// `on_collision(other)`
    OnCollision,
    /// `on_collision_end(other)`
    OnCollisionEnd,
    /// `on_trigger(trigger_name, other)`
    OnTrigger,
    /// `on_trigger_exit(trigger_name, other)`
    OnTriggerExit,
    /// `on_damage(amount, source)`
    OnDamage,
    /// `on_death(source)`
    OnDeath,
    /// `on_status_effect_end(name)`
    OnStatusEffectEnd,
    /// `on_item_gained(item, count)`
    OnItemGained,
    /// `on_message(topic, value)`
    OnMessage,
    /// `on_reload(old_state)`
    OnReload,
    /// `on_destroy()`
    OnDestroy,
    /// `cleanup()`
    Cleanup,
}

/// A row of [`CALLBACKS`].
#[derive(Clone, Copy, Debug)]
pub struct CallbackSpec {
    /// Which callback it is.
    pub callback: Callback,
    /// The function that a script defines.
    pub name: &'static str,
    /// The most parameters that it may take; fewer are allowed.
    pub parameters: &'static [&'static str],
    /// When it is called.
    pub doc: &'static str,
}

/// Every callback that the runtime calls. The only list of them.
pub const CALLBACKS: &[CallbackSpec] = &[
    row(Callback::Init, "init", &[], "Once, when the script is first bound to its entity."),
    row(
        Callback::Configure,
        "configure",
        &["config"],
        "Once, after `init`, with the value that the host attached to the script; not called without one.",
    ),
    row(Callback::OnSpawn, "on_spawn", &[], "Once, after `init` and `configure`."),
    row(Callback::OnUpdate, "on_update", &[], "Every tick."),
    row(
        Callback::OnCollision,
        "on_collision",
        &["other"],
        "When the entity begins to touch another.",
    ),
    row(
        Callback::OnCollisionEnd,
        "on_collision_end",
        &["other"],
        "When the entity no longer touches another.",
    ),
    row(
        Callback::OnTrigger,
        "on_trigger",
        &["trigger_name", "other"],
        "When an entity enters a named volume.",
    ),
    row(
        Callback::OnTriggerExit,
        "on_trigger_exit",
        &["trigger_name", "other"],
        "When an entity leaves a named volume.",
    ),
    row(Callback::OnDamage, "on_damage", &["amount", "source"], "When the entity was hurt."),
    row(Callback::OnDeath, "on_death", &["source"], "Once, when its health reached 0."),
    row(
        Callback::OnStatusEffectEnd,
        "on_status_effect_end",
        &["name"],
        "When a status effect no longer works on the entity: its time is over, or it was cleared.",
    ),
    row(
        Callback::OnItemGained,
        "on_item_gained",
        &["item", "count"],
        "When things were put into the entity's inventory.",
    ),
    row(
        Callback::OnMessage,
        "on_message",
        &["topic", "value"],
        "When a script or the host published a message; with `const TOPICS = [..]`, only of these topics.",
    ),
    row(
        Callback::OnReload,
        "on_reload",
        &["old_state"],
        "After a new version of the script took over, with a map of the old version's variables.",
    ),
    row(
        Callback::OnDestroy,
        "on_destroy",
        &[],
        "Before an entity that a script destroyed goes away.",
    ),
    row(
        Callback::Cleanup,
        "cleanup",
        &[],
        "The same as `on_destroy`, and after it where a script has both.",
    ),
];

const fn row(
    callback: Callback,
    name: &'static str,
    parameters: &'static [&'static str],
    doc: &'static str,
) -> CallbackSpec {
    CallbackSpec { callback, name, parameters, doc }
}

impl Callback {
    /// The row of this callback.
    #[must_use]
    pub const fn spec(self) -> &'static CallbackSpec {
        &CALLBACKS[self as usize]
    }

    /// The function's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_enum() {
        for (i, row) in CALLBACKS.iter().enumerate() {
            assert_eq!(row.callback as usize, i, "{}", row.name);
            assert_eq!(row.callback.name(), row.name);
        }
    }
}
