//! Who takes part.

use stage::Workload;

/// One way to script a game, set up in one way.
#[derive(Debug, PartialEq, Eq)]
pub struct Contestant {
    /// Short and without spaces.
    pub name: &'static str,
    /// As tables have it.
    pub title: &'static str,
    pub build: &'static Build,
    /// What the process is told.
    pub setting: &'static str,
    /// Whether it can do without a callback that a script does not define.
    bears_undefined: bool,
}

/// A package, built with features.
#[derive(Debug, PartialEq, Eq)]
pub struct Build {
    /// The name of the executable that is kept.
    pub name: &'static str,
    /// The folder, and the name of its executable.
    pub package: &'static str,
    pub binary: &'static str,
    pub arguments: &'static [&'static str],
}

impl Contestant {
    pub fn is_ours(&self) -> bool {
        self.build.package == "ours"
    }

    pub fn takes(&self, workload: Workload) -> bool {
        workload != Workload::Undefined || self.bears_undefined
    }
}

const fn build(name: &'static str, package: &'static str, binary: &'static str) -> Build {
    Build { name, package, binary, arguments: &[] }
}

const LUAJIT: &[&str] = &["--no-default-features", "--features", "luajit"];

static OURS_BUILD: Build = build("ours", "ours", "ours");
static NATIVE_BUILD: Build = build("native", "native", "native");
static LUAU_BUILD: Build = build("luau", "mlua", "mlua_glue");
static LUAJIT_BUILD: Build = Build { arguments: LUAJIT, ..build("luajit", "mlua", "mlua_glue") };
static SCRIPTUM_BUILD: Build = build("scriptum", "scriptum", "scriptum");
static MOD_BUILD: Build = build("mod_scripting", "mod_scripting", "mod_scripting");
static MOD_LUAJIT_BUILD: Build =
    Build { arguments: LUAJIT, ..build("mod_scripting_luajit", "mod_scripting", "mod_scripting") };

/// What all others are compared with.
pub const OURS: &str = "ours";
pub const OURS_TWO: &str = "ours-2";
pub const NATIVE: &str = "native";

const fn contestant(
    name: &'static str,
    title: &'static str,
    build: &'static Build,
    setting: &'static str,
) -> Contestant {
    Contestant { name, title, build, setting, bears_undefined: true }
}

/// All who take part; ours first.
pub static ALL: &[Contestant] = &[
    contestant(OURS, "bevy_cscript, one thread", &OURS_BUILD, "1"),
    contestant(OURS_TWO, "bevy_cscript, two threads", &OURS_BUILD, "2"),
    contestant(NATIVE, "Bevy systems by hand", &NATIVE_BUILD, "-"),
    contestant("luau", "mlua, Luau", &LUAU_BUILD, "each"),
    contestant("luau-all", "mlua, Luau, one call a tick", &LUAU_BUILD, "all"),
    contestant("luajit", "mlua, LuaJIT", &LUAJIT_BUILD, "each"),
    contestant("luajit-all", "mlua, LuaJIT, one call a tick", &LUAJIT_BUILD, "all"),
    Contestant {
        bears_undefined: false,
        ..contestant("scriptum-rhai", "bevy_scriptum, Rhai", &SCRIPTUM_BUILD, "rhai")
    },
    Contestant {
        bears_undefined: false,
        ..contestant("scriptum-luajit", "bevy_scriptum, LuaJIT", &SCRIPTUM_BUILD, "lua")
    },
    Contestant {
        bears_undefined: false,
        ..contestant(
            "scriptum-rhai-past",
            "bevy_scriptum, Rhai, past its queue",
            &SCRIPTUM_BUILD,
            "rhai-direct",
        )
    },
    Contestant {
        bears_undefined: false,
        ..contestant(
            "scriptum-luajit-past",
            "bevy_scriptum, LuaJIT, past its queue",
            &SCRIPTUM_BUILD,
            "lua-direct",
        )
    },
    contestant("mod-rhai", "bevy_mod_scripting, Rhai", &MOD_BUILD, "rhai"),
    contestant("mod-lua54", "bevy_mod_scripting, Lua 5.4", &MOD_BUILD, "lua"),
    contestant("mod-luajit", "bevy_mod_scripting, LuaJIT", &MOD_LUAJIT_BUILD, "lua"),
    contestant(
        "mod-rhai-past",
        "bevy_mod_scripting, Rhai, past its bindings",
        &MOD_BUILD,
        "rhai-direct",
    ),
    contestant(
        "mod-lua54-past",
        "bevy_mod_scripting, Lua 5.4, past its bindings",
        &MOD_BUILD,
        "lua-direct",
    ),
    contestant(
        "mod-luajit-past",
        "bevy_mod_scripting, LuaJIT, past its bindings",
        &MOD_LUAJIT_BUILD,
        "lua-direct",
    ),
];
