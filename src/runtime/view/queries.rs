use bevy::{ecs::entity_disabling::Disabled, prelude::*};

#[cfg(feature = "avian3d")]
use crate::runtime::physics::{OpenPhysics, PhysicsQueries};
use crate::{
    contract::ScriptId,
    runtime::{
        animation_clips::AnimationClips,
        cscript::CScript,
        gameplay::{
            Armor, AttackPower, EyeHeight, Health, Hitbox, Inventory, SightRange, StatusEffects,
            Team,
        },
        motion::Motion,
        space::SpatialIndex,
        tag::Tag,
    },
};

/// Where an entity is and what of it rays want to know.
type Bodies = (
    &'static Transform,
    Option<&'static ChildOf>,
    Option<&'static EyeHeight>,
    Option<&'static Hitbox>,
);

/// Whatever stands somewhere, with what the spatial index wants to know of it.
type Occupants = (
    Entity,
    &'static ScriptId,
    &'static Transform,
    Option<&'static ChildOf>,
    Option<&'static Team>,
    Option<&'static Health>,
    Option<&'static AttackPower>,
    Option<&'static Hitbox>,
);

/// Whoever has scripts, with what is looked up of many at a time. Asked whether they are, the disabled are among them.
type TablesOfScripts = (
    Entity,
    &'static ScriptId,
    Ref<'static, CScript>,
    Option<&'static Transform>,
    Has<ChildOf>,
    Has<Disabled>,
);

/// The queries of the window, in a box: they are taken out of the world for each pass.
#[derive(Resource)]
pub(in crate::runtime) struct KeptQueries(pub(super) Box<WindowQueries>);

macro_rules! window_queries {
    ($($name:ident: $data:ty $(where $filter:ty)?,)*) => {
        /// What the window asks of the world, kept from pass to pass: a query finds a component
        /// sooner than the world does.
        pub(in crate::runtime) struct WindowQueries {
            $($name: QueryState<$data $(, $filter)?>,)*
            /// Who was where when somebody asked last.
            pub(super) last_space: Option<SpatialIndex>,
            #[cfg(feature = "avian3d")]
            physics: PhysicsQueries,
        }

        impl FromWorld for KeptQueries {
            fn from_world(world: &mut World) -> Self {
                Self(Box::new(WindowQueries {
                    $($name: QueryState::new(world),)*
                    last_space: None,
                    #[cfg(feature = "avian3d")]
                    physics: PhysicsQueries::from_world(world),
                }))
            }
        }

        impl WindowQueries {
            /// The queries as they are for a pass.
            pub(super) fn open<'w>(&'w mut self, world: &'w World) -> OpenQueries<'w> {
                OpenQueries {
                    $($name: self.$name.query(world),)*
                    #[cfg(feature = "avian3d")]
                    physics: self.physics.open(world),
                }
            }
        }

        /// The queries of the window, for as long as the world stays as it is.
        pub(super) struct OpenQueries<'w> {
            $(pub(super) $name: Query<'w, 'w, $data $(, $filter)?>,)*
            #[cfg(feature = "avian3d")]
            pub(super) physics: OpenPhysics<'w>,
        }
    };
}

window_queries! {
    ids: &'static ScriptId,
    places: (&'static Transform, Option<&'static ChildOf>),
    parents: &'static ChildOf,
    children: &'static Children,
    bodies: Bodies,
    occupants: Occupants where Or<(With<Team>, With<Hitbox>)>,
    motions: &'static Motion,
    tags: &'static Tag,
    healths: &'static Health,
    vitals: (&'static Health, Option<&'static Armor>),
    effects: &'static StatusEffects,
    teams: &'static Team,
    powers: &'static AttackPower,
    sights: &'static SightRange,
    inventories: &'static Inventory,
    clips: &'static AnimationClips,
    scripts: (&'static CScript, Has<Disabled>) where Allow<Disabled>,
    tables: TablesOfScripts,
}
