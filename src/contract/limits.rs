use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a script may use. Every limit is set by us and always active: Rhai's own defaults differ
/// between debug and release builds and some are unlimited, and no cargo feature weakens any.
///
/// All fields but [`safety`](Self::safety) are *consensus* limits: they count the script's own work,
/// never the clock, so a script that is stopped is stopped at the same place on every machine. There is
/// a preset for each level of trust, and [`LevelLimits`](crate::trust::LevelLimits) holds the three.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScriptLimits {
    /// Steps of one call, callbacks passed to natives included. The compiled backend counts
    /// instructions, and elements, entries and 16 bytes of text where something looks at the whole
    /// of a value; the reference counts what Rhai evaluates. When they are spent the call fails with
    /// [`ErrorKind::Fuel`](super::ErrorKind::Fuel); no `try` can catch it. **400,000** for trusted scripts,
    /// **100,000** for mods, **50,000** for strangers. A unit pays for what some 2 to 35 ns do: see
    /// `benches/fuel`.
    pub fuel: u64,
    /// Steps for the code at the top level, which runs once for each instance. As `fuel`.
    pub start_fuel: u64,
    /// Nested script calls, natives that call back included. Default: **32**; whatever thread a script
    /// runs on gets a stack that holds this many in unoptimised builds too, on either backend.
    pub call_levels: usize,
    /// Nesting of expressions at the top level of a file. Default: **64**.
    pub expression_depth: usize,
    /// Nesting of expressions inside functions. Default: **32**.
    pub function_expression_depth: usize,
    /// Bytes of one string, and of all text in one array or map, keys included. Default: **16,384**.
    pub string_bytes: usize,
    /// Elements of one array, nested ones counted; the parser takes one less in a literal. Default: **1,000**.
    pub array_items: usize,
    /// Entries of one map, nested ones counted. Default: **256**.
    pub map_items: usize,
    /// Bytes that a call may add to what the script holds: text, lists, maps and what closures
    /// share, counted in a way that is equal on every machine, by the compiled backend only.
    /// **16 MiB**, **1 MiB**, **256 KiB**.
    pub memory_bytes: usize,
    /// Bytes of all that an instance keeps from call to call, counted in the same way, but that what is
    /// shared counts wherever it occurs. What has room to spare gives it back at the end of a call. **4 MiB**,
    /// **256 KiB**, **64 KiB**.
    pub state_bytes: usize,
    /// Variables in one scope, state included. Default: **256**.
    pub variables: usize,
    /// Functions and closures of one file. Default: **128**.
    pub functions: usize,
    /// Parameters of one function. Default: **16**.
    pub parameters: usize,
    /// Bytes of one source file. **256 KiB**, **64 KiB**, **32 KiB**.
    pub source_bytes: usize,
    /// Words, numbers and signs of one source file: what the parser costs grows faster than their
    /// number. **65,536**, **16,384**, **8,192**.
    pub tokens: usize,
    /// Brackets open at one place of a file. Default: **64**.
    pub nesting: usize,
    /// Bytes of a script and all its libraries together. **1 MiB**, **256 KiB**, **128 KiB**.
    pub total_source_bytes: usize,
    /// Libraries that a script may import, those of its libraries counted. Default: **32**.
    pub libraries: usize,
    /// How deep imports may be nested: 1 is a library that imports nothing. Default: **8**.
    pub import_depth: usize,
    /// Commands that one call may give. **1,024**, **256**, **64**.
    pub commands: usize,
    /// Timers that one script may have on an entity at a time. Default: **64**.
    pub timers: usize,
    /// Log lines that one call may write; the rest are counted, not kept. **20**, **20**,
    /// **10**.
    pub log_lines: usize,
    /// Bytes of one log line; the rest is cut. **1,024**, **1,024**, **256**.
    pub log_line_bytes: usize,
    /// The limits that no result depends on.
    pub safety: SafetyLimits,
}

/// The second line of defence. These limits depend on the machine, so they are no part of a result that
/// machines compare: they only ever end in a fault of the instance. Set them well above what the
/// consensus limits let through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SafetyLimits {
    /// How long one call may take by the clock; looked at every 1,024 steps, so that short calls
    /// never pay for it. [`ErrorKind::Time`](super::ErrorKind::Time); no `try` can catch it. The
    /// compiled backend only. Default: **none**.
    pub deadline: Option<Duration>,
    /// How long parsing one file may take; looked at every 256 tokens. Default: **none**.
    pub parse_deadline: Option<Duration>,
    /// Bytes of heap that one call may add, as the counting allocator sees them, if the game uses
    /// it. [`ErrorKind::Memory`](super::ErrorKind::Memory); no `try` can catch it. The compiled backend looks
    /// every 1,024 steps, the reference at each of Rhai's steps. Default: **none**.
    pub heap_bytes: Option<usize>,
}

impl Default for ScriptLimits {
    fn default() -> Self {
        Self::for_mods()
    }
}

impl ScriptLimits {
    /// For scripts of the game itself: room enough not to be in the way, and an end to every loop.
    #[must_use]
    pub const fn trusted() -> Self {
        Self {
            fuel: 400_000,
            start_fuel: 400_000,
            memory_bytes: 16 * 1024 * 1024,
            state_bytes: 4 * 1024 * 1024,
            source_bytes: 256 * 1024,
            total_source_bytes: 1024 * 1024,
            tokens: 65_536,
            commands: 1_024,
            safety: SafetyLimits { deadline: None, parse_deadline: None, heap_bytes: None },
            ..Self::for_mods()
        }
    }

    /// For scripts of modders whom the host chose. This is the default.
    #[must_use]
    pub const fn for_mods() -> Self {
        Self {
            fuel: 100_000,
            start_fuel: 100_000,
            call_levels: 32,
            expression_depth: 64,
            function_expression_depth: 32,
            string_bytes: 16 * 1024,
            array_items: 1_000,
            map_items: 256,
            memory_bytes: 1024 * 1024,
            state_bytes: 256 * 1024,
            variables: 256,
            functions: 128,
            parameters: 16,
            source_bytes: 64 * 1024,
            tokens: 16_384,
            nesting: 64,
            total_source_bytes: 256 * 1024,
            libraries: 32,
            import_depth: 8,
            commands: 256,
            timers: 64,
            log_lines: 20,
            log_line_bytes: 1024,
            safety: SafetyLimits {
                deadline: Some(Duration::from_millis(20)),
                parse_deadline: Some(Duration::from_millis(500)),
                heap_bytes: Some(16 * 1024 * 1024),
            },
        }
    }

    /// For scripts of strangers.
    #[must_use]
    pub const fn untrusted() -> Self {
        Self {
            fuel: 50_000,
            start_fuel: 50_000,
            memory_bytes: 256 * 1024,
            state_bytes: 64 * 1024,
            source_bytes: 32 * 1024,
            total_source_bytes: 128 * 1024,
            tokens: 8_192,
            commands: 64,
            log_lines: 10,
            log_line_bytes: 256,
            safety: SafetyLimits {
                deadline: Some(Duration::from_millis(10)),
                parse_deadline: Some(Duration::from_millis(250)),
                heap_bytes: Some(4 * 1024 * 1024),
            },
            ..Self::for_mods()
        }
    }

    /// The limits that are part of the result: all but [`safety`](Self::safety).
    #[must_use]
    pub const fn consensus(mut self) -> Self {
        self.safety = SafetyLimits { deadline: None, parse_deadline: None, heap_bytes: None };
        self
    }
}
