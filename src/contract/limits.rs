use serde::{Deserialize, Serialize};

/// What a script may use. Every limit is set by us and always active: Rhai's own defaults differ
/// between debug and release builds and some are unlimited.
///
/// All of these are *consensus* limits: they count the script's own work, never the clock, so a
/// script that is stopped is stopped at the same place on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScriptLimits {
    /// Steps of one call, callbacks passed to natives included. The compiled backend counts
    /// instructions, and elements, entries and 16 bytes of text where something looks at the whole
    /// of a value; the reference counts what Rhai evaluates. When they are spent the call fails with
    /// [`ErrorKind::Fuel`](super::ErrorKind::Fuel); no `try` can catch it. Default: **50,000**, which
    /// took the compiled backend 0.1 to 2 ms of usual work, and 11 ms of errors that are caught.
    pub fuel: u64,
    /// Steps for the code at the top level, which runs once for each instance. Default: **50,000**.
    pub start_fuel: u64,
    /// Nested script calls, natives that call back included. Default: **32**; script threads have a
    /// stack that holds this many in unoptimised builds too, on either backend.
    pub call_levels: usize,
    /// Nesting of expressions at the top level of a file. Default: **64**.
    pub expression_depth: usize,
    /// Nesting of expressions inside functions. Default: **32**.
    pub function_expression_depth: usize,
    /// Bytes of one string, and of all text in one array or map, keys included. Default: **16,384**.
    pub string_bytes: usize,
    /// Elements of one array, nested ones counted. Default: **1,000**.
    pub array_items: usize,
    /// Entries of one map, nested ones counted. Default: **256**.
    pub map_items: usize,
    /// Bytes that a call may add to what the script holds: text, lists, maps and what closures
    /// share, counted in a way that is equal on every machine, by the compiled backend only.
    /// Default: **1,048,576**.
    pub memory_bytes: usize,
    /// Variables in one scope, state included. Default: **256**.
    pub variables: usize,
    /// Functions and closures of one file. Default: **128**.
    pub functions: usize,
    /// Parameters of one function. Default: **16**.
    pub parameters: usize,
    /// Bytes of one source file. Default: **262,144**.
    pub source_bytes: usize,
    /// Commands that one call may give. Default: **256**.
    pub commands: usize,
    /// Timers that one script may have on an entity at a time. Default: **64**.
    pub timers: usize,
    /// Log lines that one call may write; the rest are counted, not kept. Default: **20**.
    pub log_lines: usize,
    /// Bytes of one log line; the rest is cut. Default: **1,024**.
    pub log_line_bytes: usize,
}

impl Default for ScriptLimits {
    fn default() -> Self {
        Self {
            fuel: 50_000,
            start_fuel: 50_000,
            call_levels: 32,
            expression_depth: 64,
            function_expression_depth: 32,
            string_bytes: 16 * 1024,
            array_items: 1_000,
            map_items: 256,
            memory_bytes: 1024 * 1024,
            variables: 256,
            functions: 128,
            parameters: 16,
            source_bytes: 256 * 1024,
            commands: 256,
            timers: 64,
            log_lines: 20,
            log_line_bytes: 1024,
        }
    }
}
