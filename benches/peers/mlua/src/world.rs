//! The world that the functions of scripts work on, and how it is lent to them.

use std::{cell::Cell, ptr::NonNull};

use bevy::{ecs::system::SystemParam, prelude::*};
use stage::Grid;

/// How well a fighter is.
#[derive(Component)]
pub struct Health(pub f32);

/// The entities of scripts: their numbers are places in this list, from 1 on as Lua counts.
#[derive(Resource)]
pub struct Scripted(pub Vec<Entity>);

/// What scripts read and write of Bevy's world.
#[derive(SystemParam)]
pub struct Parts<'w, 's> {
    pub places: Query<'w, 's, &'static mut Transform>,
    pub healths: Query<'w, 's, &'static mut Health>,
}

/// What scripts reach in a tick.
pub struct Reach<'a, 'w, 's> {
    pub scripted: &'a [Entity],
    pub parts: &'a mut Parts<'w, 's>,
    /// Who is near, if scripts ask for it.
    pub grid: Option<Grid>,
    /// Whom blows and cures meet when all have had their turn.
    pub changes: Vec<(Entity, f32)>,
}

impl Reach<'_, '_, '_> {
    pub fn entity(&self, number: usize) -> mlua::Result<Entity> {
        number
            .checked_sub(1)
            .and_then(|i| self.scripted.get(i).copied())
            .ok_or_else(|| mlua::Error::runtime("no such entity"))
    }
}

thread_local! {
    static LENT: Cell<Option<NonNull<()>>> = const { Cell::new(None) };
}

/// Lends a world to the functions of scripts for as long as some work takes.
pub fn lend<R>(reach: &mut Reach<'_, '_, '_>, work: impl FnOnce() -> R) -> R {
    /// Takes it back, panic or not.
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            LENT.set(None);
        }
    }
    let _back = Back;
    LENT.set(Some(NonNull::from(reach).cast()));
    work()
}

/// Does something with the world that was lent.
pub fn with<R>(work: impl FnOnce(&mut Reach<'_, '_, '_>) -> mlua::Result<R>) -> mlua::Result<R> {
    // Taken out meanwhile, so that nobody gets it twice.
    let Some(lent) = LENT.take() else {
        return Err(mlua::Error::runtime("there is no world now"));
    };
    // SAFETY: `lend` borrows it exclusively until it takes it back, and it is only there if nobody
    // else has it. Its lifetimes cannot leave `work`, which takes it with any.
    let result = work(unsafe { lent.cast::<Reach<'_, '_, '_>>().as_mut() });
    LENT.set(Some(lent));
    result
}
