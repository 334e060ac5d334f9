//! Strings: padding, replacing, splitting, and the text of values.

use super::{Fault, Room, put, put_changing, refuse, too_large};
use rhai::{
    Array, Blob, Dynamic, FUNC_TO_DEBUG, FUNC_TO_STRING, FnPtr, ImmutableString, Map, Module,
    NativeCallContext,
};
use std::fmt::{self, Write};

/// Replaces what makes a long string or many strings in one step.
pub(super) fn replace(module: &mut Module) {
    replace_padding(module);
    replace_replacing(module);
    replace_splitting(module);
    replace_joining(module);
    replace_text_of_values(module);
    put(module, "to_json", |context: NativeCallContext, map: &mut Map| {
        let mut text = Text::new(Room::of(context.engine()).bytes);
        write_json_map(&mut text, map).map_err(|stop| stop.into_fault("to_json"))?;
        Ok::<_, Fault>(text.into_string())
    });
}

/// The stock versions trust their sizes.
fn replace_padding(module: &mut Module) {
    put_changing(
        module,
        "pad",
        |context: NativeCallContext, text: &mut ImmutableString, length: i64, padding: char| {
            pad(&context, text, length, padding.encode_utf8(&mut [0; 4]))
        },
    );
    put_changing(
        module,
        "pad",
        |context: NativeCallContext,
         text: &mut ImmutableString,
         length: i64,
         padding: ImmutableString| pad(&context, text, length, &padding),
    );
}

fn pad(
    context: &NativeCallContext,
    text: &mut ImmutableString,
    length: i64,
    padding: &str,
) -> Result<(), Fault> {
    let padding_length = padding.chars().count();
    if padding_length == 0 {
        return Err(refuse("`pad`: the padding is empty"));
    }
    let length = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
    let missing = length.saturating_sub(text.chars().count());
    if missing == 0 {
        return Ok(());
    }
    let repeats = missing / padding_length;
    let rest = padding
        .char_indices()
        .nth(missing % padding_length)
        .map_or(padding, |(end, _)| &padding[..end]);
    let bytes =
        padding.len().saturating_mul(repeats).saturating_add(text.len()).saturating_add(rest.len());
    Room::of(context.engine()).check_bytes("pad", bytes)?;

    let mut padded = String::with_capacity(bytes);
    padded.push_str(text);
    for _ in 0..repeats {
        padded.push_str(padding);
    }
    padded.push_str(rest);
    *text = padded.into();
    Ok(())
}

/// The stock versions build the result before anybody measures it.
fn replace_replacing(module: &mut Module) {
    put_changing(
        module,
        "replace",
        |context: NativeCallContext,
         text: &mut ImmutableString,
         find: ImmutableString,
         substitute: ImmutableString| replace_all(&context, text, &find, &substitute),
    );
    put_changing(
        module,
        "replace",
        |context: NativeCallContext,
         text: &mut ImmutableString,
         find: ImmutableString,
         substitute: char| {
            replace_all(&context, text, &find, substitute.encode_utf8(&mut [0; 4]))
        },
    );
    put_changing(
        module,
        "replace",
        |context: NativeCallContext,
         text: &mut ImmutableString,
         find: char,
         substitute: ImmutableString| {
            replace_all(&context, text, find.encode_utf8(&mut [0; 4]), &substitute)
        },
    );
    put_changing(
        module,
        "replace",
        |context: NativeCallContext, text: &mut ImmutableString, find: char, substitute: char| {
            let (find, substitute) = (find.to_string(), substitute.to_string());
            replace_all(&context, text, &find, &substitute)
        },
    );
}

fn replace_all(
    context: &NativeCallContext,
    text: &mut ImmutableString,
    find: &str,
    substitute: &str,
) -> Result<(), Fault> {
    let found = text.matches(find).count();
    // The stock version leaves an empty string empty, though the empty string is found in it.
    if found == 0 || text.is_empty() {
        return Ok(());
    }
    let removed = find.len().saturating_mul(found);
    let added = substitute.len().saturating_mul(found);
    let bytes = text.len().saturating_sub(removed).saturating_add(added);
    Room::of(context.engine()).check_bytes("replace", bytes)?;
    *text = text.replace(find, substitute).into();
    Ok(())
}

/// The stock versions make all the pieces before anybody counts them.
fn replace_splitting(module: &mut Module) {
    put(module, "to_chars", |context: NativeCallContext, text: &mut ImmutableString| {
        let room = Room::of(context.engine());
        room.check_items("to_chars", text.chars().count())?;
        Ok::<Array, Fault>(text.chars().map(Dynamic::from).collect())
    });
    put(module, "split", |context: NativeCallContext, text: &mut ImmutableString| {
        if text.is_empty() {
            return Ok(vec![text.clone().into()]);
        }
        pieces(&context, "split", text.split_whitespace())
    });
    put(
        module,
        "split",
        |context: NativeCallContext, text: &mut ImmutableString, delimiter: ImmutableString| {
            split(&context, text, &delimiter, None)
        },
    );
    put(
        module,
        "split",
        |context: NativeCallContext,
         text: &mut ImmutableString,
         delimiter: ImmutableString,
         segments: i64| split(&context, text, &delimiter, Some(segments)),
    );
    put(
        module,
        "split",
        |context: NativeCallContext, text: &mut ImmutableString, delimiter: char| {
            split(&context, text, delimiter.encode_utf8(&mut [0; 4]), None)
        },
    );
    put(
        module,
        "split",
        |context: NativeCallContext, text: &mut ImmutableString, delimiter: char, segments: i64| {
            split(&context, text, delimiter.encode_utf8(&mut [0; 4]), Some(segments))
        },
    );
    put(
        module,
        "split_rev",
        |context: NativeCallContext, text: &mut ImmutableString, delimiter: ImmutableString| {
            split_rev(&context, text, &delimiter, None)
        },
    );
    put(
        module,
        "split_rev",
        |context: NativeCallContext,
         text: &mut ImmutableString,
         delimiter: ImmutableString,
         segments: i64| split_rev(&context, text, &delimiter, Some(segments)),
    );
    put(
        module,
        "split_rev",
        |context: NativeCallContext, text: &mut ImmutableString, delimiter: char| {
            split_rev(&context, text, delimiter.encode_utf8(&mut [0; 4]), None)
        },
    );
    put(
        module,
        "split_rev",
        |context: NativeCallContext, text: &mut ImmutableString, delimiter: char, segments: i64| {
            split_rev(&context, text, delimiter.encode_utf8(&mut [0; 4]), Some(segments))
        },
    );
}

/// How many pieces to make at most, or `None` when the text stays in one piece.
fn most_pieces(text: &str, segments: Option<i64>) -> Option<usize> {
    let segments = segments
        .map_or(usize::MAX, |segments| usize::try_from(segments.max(0)).unwrap_or(usize::MAX));
    (segments > 1 && !text.is_empty()).then_some(segments)
}

fn split(
    context: &NativeCallContext,
    text: &ImmutableString,
    delimiter: &str,
    segments: Option<i64>,
) -> Result<Array, Fault> {
    match most_pieces(text, segments) {
        Some(segments) => pieces(context, "split", text.splitn(segments, delimiter)),
        None => Ok(vec![text.clone().into()]),
    }
}

fn split_rev(
    context: &NativeCallContext,
    text: &ImmutableString,
    delimiter: &str,
    segments: Option<i64>,
) -> Result<Array, Fault> {
    match most_pieces(text, segments) {
        Some(segments) => pieces(context, "split_rev", text.rsplitn(segments, delimiter)),
        None => Ok(vec![text.clone().into()]),
    }
}

fn pieces<'a>(
    context: &NativeCallContext,
    function: &str,
    pieces: impl Iterator<Item = &'a str> + Clone,
) -> Result<Array, Fault> {
    Room::of(context.engine()).check_items(function, pieces.clone().count())?;
    Ok(pieces.map(Into::into).collect())
}

/// The stock versions take an error in the text of a value for a reason to make that text without
/// any limit, and so swallow the signal that stops a script.
fn replace_joining(module: &mut Module) {
    put(module, "+", |context: NativeCallContext, text: &mut ImmutableString, value: Dynamic| {
        joined(&context, "+", Part::Text(text), Part::Value(&value))
    });
    put(module, "+", |context: NativeCallContext, value: &mut Dynamic, text: ImmutableString| {
        joined(&context, "+", Part::Value(value), Part::Text(&text))
    });
    put(module, "+", |context: NativeCallContext, text: ImmutableString, blob: Blob| {
        joined(&context, "+", Part::Text(&text), Part::Utf8(&blob))
    });
    put(module, "+", |context: NativeCallContext, blob: Blob, text: ImmutableString| {
        joined(&context, "+", Part::Utf8(&blob), Part::Text(&text))
    });
    for name in ["+=", "append"] {
        put_changing(
            module,
            name,
            move |context: NativeCallContext,
                  text: &mut ImmutableString,
                  value: Dynamic|
                  -> Result<(), Fault> {
                *text = joined(&context, name, Part::Text(text), Part::Value(&value))?;
                Ok(())
            },
        );
        put_changing(
            module,
            name,
            move |context: NativeCallContext,
                  text: &mut ImmutableString,
                  blob: Blob|
                  -> Result<(), Fault> {
                *text = joined(&context, name, Part::Text(text), Part::Utf8(&blob))?;
                Ok(())
            },
        );
    }
}

/// One side of a `+`.
enum Part<'a> {
    Text(&'a str),
    Utf8(&'a [u8]),
    Value(&'a Dynamic),
}

fn joined(
    context: &NativeCallContext,
    function: &str,
    first: Part,
    second: Part,
) -> Result<ImmutableString, Fault> {
    let mut text = Text::new(Room::of(context.engine()).bytes);
    for part in [first, second] {
        match part {
            Part::Text(part) => text.put(format_args!("{part}")),
            Part::Utf8(bytes) => text.put(format_args!("{}", String::from_utf8_lossy(bytes))),
            Part::Value(value) => write_to_string(context, &mut text, value),
        }
        .map_err(|stop| stop.into_fault(function))?;
    }
    Ok(text.into_string())
}

/// `print`, `debug`, `to_string` and `to_debug` of containers and of values of the host.
fn replace_text_of_values(module: &mut Module) {
    for name in ["print", "debug", "to_debug"] {
        put(module, name, move |context: NativeCallContext, array: &mut Array| {
            text_of(&context, name, |text| write_array(&context, text, array))
        });
        put(module, name, move |context: NativeCallContext, map: &mut Map| {
            text_of(&context, name, |text| write_map(&context, text, map))
        });
    }
    put(module, "to_string", |context: NativeCallContext, array: &mut Array| {
        cut_text_of(&context, |text| write_array(&context, text, array))
    });
    put(module, "to_string", |context: NativeCallContext, map: &mut Map| {
        cut_text_of(&context, |text| write_map(&context, text, map))
    });
    put(module, "print", |context: NativeCallContext, value: &mut Dynamic| {
        text_of(&context, "print", |text| write_to_string(&context, text, value))
    });
    put(module, "debug", |context: NativeCallContext, value: &mut Dynamic| {
        text_of(&context, "debug", |text| write_to_debug(&context, text, value))
    });
    for name in ["debug", "to_debug"] {
        put(module, name, move |context: NativeCallContext, value: ImmutableString| {
            text_of(&context, name, |text| text.put(format_args!("{value:?}")))
        });
    }
}

fn text_of(
    context: &NativeCallContext,
    function: &str,
    write: impl FnOnce(&mut Text) -> Result<(), Stop>,
) -> Result<ImmutableString, Fault> {
    let mut text = Text::new(Room::of(context.engine()).bytes);
    write(&mut text).map_err(|stop| stop.into_fault(function))?;
    Ok(text.into_string())
}

/// Text that ends with `...` where it had to be cut.
///
/// The engine calls `to_string` for the values in a back-tick string. There it takes an error for
/// a reason to make the text itself, without a limit, so this is the one function that must not
/// fail on a long value.
fn cut_text_of(
    context: &NativeCallContext,
    write: impl FnOnce(&mut Text) -> Result<(), Stop>,
) -> Result<ImmutableString, Fault> {
    let mut text = Text::new(Room::of(context.engine()).bytes);
    match write(&mut text) {
        Ok(()) => Ok(text.into_string()),
        Err(Stop::Full) => Ok(text.cut()),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// Text that refuses to grow over a limit.
struct Text {
    text: String,
    limit: usize,
}

/// Why a text was not finished.
enum Stop {
    Full,
    Fault(Fault),
}

impl Stop {
    fn into_fault(self, function: &str) -> Fault {
        match self {
            Self::Full => too_large(function, "string"),
            Self::Fault(fault) => fault,
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Write for Text {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let left = self.limit.saturating_sub(self.text.len());
        if more.len() > left {
            self.text.push_str(&more[..more.floor_char_boundary(left)]);
            return Err(fmt::Error);
        }
        self.text.push_str(more);
        Ok(())
    }
}

impl Text {
    const ELLIPSIS: &str = "...";

    fn new(limit: usize) -> Self {
        let text = String::new();
        Self { text, limit }
    }

    fn put(&mut self, more: fmt::Arguments) -> Result<(), Stop> {
        self.write_fmt(more).map_err(|fmt::Error| Stop::Full)
    }

    fn into_string(self) -> ImmutableString {
        self.text.into()
    }

    fn cut(mut self) -> ImmutableString {
        if let Some(end) = self.limit.checked_sub(Self::ELLIPSIS.len()) {
            self.text.truncate(self.text.floor_char_boundary(end));
            self.text.push_str(Self::ELLIPSIS);
        }
        self.text.into()
    }
}

fn write_to_string(
    context: &NativeCallContext,
    text: &mut Text,
    value: &Dynamic,
) -> Result<(), Stop> {
    if let Ok(array) = value.as_array_ref() {
        write_array(context, text, &array)
    } else if let Ok(map) = value.as_map_ref() {
        write_map(context, text, &map)
    } else {
        write_by_function(context, text, FUNC_TO_STRING, value)
    }
}

fn write_to_debug(
    context: &NativeCallContext,
    text: &mut Text,
    value: &Dynamic,
) -> Result<(), Stop> {
    if let Ok(array) = value.as_array_ref() {
        write_array(context, text, &array)
    } else if let Ok(map) = value.as_map_ref() {
        write_map(context, text, &map)
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        // Not `{:?}`: that follows captured variables, which may lead back to this value.
        text.put(format_args!("{}", *function))
    } else if let Ok(character) = value.as_char() {
        text.put(format_args!("{character}"))
    } else if value.is_unit() || value.is_bool() || value.is_int() || value.is_float() {
        text.put(format_args!("{value:?}"))
    } else if let Ok(string) = value.as_immutable_string_ref() {
        text.put(format_args!("{:?}", string.as_str()))
    } else {
        write_by_function(context, text, FUNC_TO_DEBUG, value)
    }
}

/// Asks the function that the host registered for the type of `value`.
fn write_by_function(
    context: &NativeCallContext,
    text: &mut Text,
    function: &str,
    value: &Dynamic,
) -> Result<(), Stop> {
    let made = context.call_native_fn_raw(function, true, &mut [&mut value.clone()])?;
    match made.as_immutable_string_ref() {
        Ok(made) => text.put(format_args!("{}", made.as_str())),
        Err(found) => text.put(format_args!("{}", context.engine().map_type_name(found))),
    }
}

fn write_array(context: &NativeCallContext, text: &mut Text, array: &Array) -> Result<(), Stop> {
    text.put(format_args!("["))?;
    for (index, value) in array.iter().enumerate() {
        if index > 0 {
            text.put(format_args!(", "))?;
        }
        write_to_debug(context, text, value)?;
    }
    text.put(format_args!("]"))
}

fn write_map(context: &NativeCallContext, text: &mut Text, map: &Map) -> Result<(), Stop> {
    text.put(format_args!("#{{"))?;
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            text.put(format_args!(", "))?;
        }
        text.put(format_args!("{:?}: ", key.as_str()))?;
        write_to_debug(context, text, value)?;
    }
    text.put(format_args!("}}"))
}

fn write_json_map(text: &mut Text, map: &Map) -> Result<(), Stop> {
    text.put(format_args!("{{"))?;
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            text.put(format_args!(","))?;
        }
        text.put(format_args!("{:?}:", key.as_str()))?;
        write_json(text, value)?;
    }
    text.put(format_args!("}}"))
}

fn write_json(text: &mut Text, value: &Dynamic) -> Result<(), Stop> {
    if let Ok(map) = value.as_map_ref() {
        write_json_map(text, &map)
    } else if let Ok(array) = value.as_array_ref() {
        write_json_list(text, array.iter(), write_json)
    } else if let Ok(blob) = value.as_blob_ref() {
        write_json_list(text, blob.iter(), |text, byte| text.put(format_args!("{byte}")))
    } else if value.is_unit() {
        text.put(format_args!("null"))
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        // A closure holds variables of the running script, and its name differs between processes.
        if function.is_anonymous() || function.is_curried() {
            return Err(refuse("`to_json`: a closure has no text").into());
        }
        text.put(format_args!("{:?}", function.fn_name()))
    } else if value.is_shared() {
        Err(refuse("`to_json`: the value is in use").into())
    } else {
        text.put(format_args!("{value:?}"))
    }
}

fn write_json_list<T>(
    text: &mut Text,
    values: impl Iterator<Item = T>,
    write: impl Fn(&mut Text, T) -> Result<(), Stop>,
) -> Result<(), Stop> {
    text.put(format_args!("["))?;
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.put(format_args!(","))?;
        }
        write(text, value)?;
    }
    text.put(format_args!("]"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{
        assert_same, assert_too_large, fault, hardened, printed, refusal, stock, swallowed_stops,
    };
    use rhai::{Dynamic, EvalAltResult};

    #[test]
    fn padding_ordinary_strings_is_as_in_rhai() {
        assert_same(r#"let s = "ab"; s.pad(5, '*'); s"#);
        assert_same(r#"let s = "ab"; s.pad(9, "xyz"); s"#);
        assert_same(r#"let s = "ab"; s.pad(8, "xyz"); s"#);
        assert_same(r#"let s = "äb"; s.pad(7, "é€"); s"#);
        assert_same(r#"let s = "ab"; s.pad(2, "x"); s.pad(-1, 'x'); s.pad(0, 'x'); s"#);
    }

    #[test]
    fn padding_checks_its_sizes() {
        assert_eq!(refusal(r#"let s = "ab"; s.pad(5, "")"#), "`pad`: the padding is empty");
        assert_too_large(r#"let s = "ab"; s.pad(16385, 'x')"#);
        assert_too_large(r#"let s = "ab"; s.pad(9000, '€')"#);
        assert_too_large(r#"let s = "ab"; s.pad(0x7fff_ffff_ffff_ffff, "xyz")"#);
        // Exactly at the limit.
        assert_same(r#"let s = "ab"; s.pad(16384, "xyz"); s"#);
    }

    #[test]
    fn replacing_in_ordinary_strings_is_as_in_rhai() {
        assert_same(r#"let s = "banana"; s.replace("an", "_"); s"#);
        assert_same(r#"let s = "banana"; s.replace("an", '_'); s"#);
        assert_same(r#"let s = "banana"; s.replace('a', "ooo"); s"#);
        assert_same(r#"let s = "banana"; s.replace('a', 'ö'); s"#);
        assert_same(r#"let s = "banana"; s.replace("", "-"); s"#);
        assert_same(r#"let s = ""; s.replace("", "-"); s"#);
        assert_same(r#"let s = "banana"; s.replace("x", "y"); s"#);
    }

    #[test]
    fn replacing_checks_the_size_first() {
        let long = r#"let s = ""; s.pad(9000, 'a');"#;
        assert_too_large(&format!(r#"{long} let t = s; t.replace("a", s)"#));
        assert_too_large(&format!(r#"{long} let t = s; t.replace('a', s)"#));
        assert_too_large(&format!(r#"{long} s.replace("a", '€')"#));
        assert_too_large(&format!(r#"{long} s.replace('a', '€')"#));
        assert_too_large(&format!(r#"{long} let t = s; t.replace("", s)"#));
    }

    #[test]
    fn splitting_ordinary_strings_is_as_in_rhai() {
        for call in [
            r#"split()"#,
            r#"split(",")"#,
            r#"split("")"#,
            r#"split("z")"#,
            r#"split(',')"#,
            r#"split('z')"#,
            r#"split(2)"#,
            r#"split(-2)"#,
            r#"to_chars()"#,
            r#"split_rev(",")"#,
            r#"split_rev("")"#,
            r#"split_rev(',')"#,
        ] {
            assert_same(&format!(r#""a, b,c ,,d".{call}"#));
            assert_same(&format!(r#""".{call}"#));
        }
        for segments in [-1, 0, 1, 2, 3, 100] {
            for delimiter in [r#"",""#, r#""""#, "','"] {
                assert_same(&format!(r#""a,b,,c".split({delimiter}, {segments})"#));
                assert_same(&format!(r#""a,b,,c".split_rev({delimiter}, {segments})"#));
            }
        }
    }

    #[test]
    fn splitting_counts_the_pieces_first() {
        let long = r#"let s = ""; s.pad(2002, "a ");"#;
        for call in [
            r#"split()"#,
            r#"split(" ")"#,
            r#"split("")"#,
            r#"split(' ')"#,
            r#"split(" ", 1001)"#,
            r#"split(' ', 1001)"#,
            r#"split_rev(" ")"#,
            r#"split_rev(' ')"#,
            r#"split_rev(" ", 1001)"#,
            r#"split_rev(' ', 1001)"#,
            r#"to_chars()"#,
        ] {
            assert_too_large(&format!("{long} s.{call}"));
        }
        assert_same(&format!(r#"{long} s.split(" ", 1000).len()"#));
    }

    #[test]
    fn text_of_ordinary_values_is_as_in_rhai() {
        let values = [
            "[]",
            "#{}",
            r#"[1, 2.5, "a\"b\n", 'c', true, (), [1, [2]], #{k: "v"}, 0.0/0.0, 1e300, blob(3, 7)]"#,
            r#"#{a: 1, "b c": [1, #{d: 'e'}], f: Fn("g"), r: 1..3}"#,
            r#""plain""#,
            "'c'",
            "5",
            "5.0",
            "()",
            "blob(2, 255)",
            r#"Fn("g")"#,
            "1..=4",
        ];
        for value in values {
            assert_same(&format!("let v = {value}; v.to_string()"));
            assert_same(&format!("let v = {value}; v.to_debug()"));
            assert_same(&format!("let v = {value}; `<${{v}}>`"));
            assert_same(&format!(r#"let v = {value}; "<" + v"#));
            assert_same(&format!(r#"let v = {value}; v + ">""#));
            assert_same(&format!(r#"let v = {value}; let s = "<"; s += v; s.append(v); s"#));
        }
        assert_same(
            r#"#{a: [1, 2.5, "b", 'c', true, ()], m: #{f: Fn("g")}, b: blob(2, 1)}.to_json()"#,
        );
        assert_same(r#""a" + [0xe4, 0x62].len() + blob(2, 0x41)"#);
        assert_same(r#"blob(2, 0x41) + "a" + blob(1, 0xff)"#);
        assert_same(r#"let s = "a"; s += blob(2, 0x41); s.append(blob(1, 0xff)); s"#);
    }

    #[test]
    fn printing_is_as_in_rhai() {
        for value in ["[1, #{a: 2}]", "#{a: [2]}", "5", r#""a\nb""#, "blob(2, 1)"] {
            assert_same(&format!("print({value})"));
            assert_same(&format!("debug({value})"));
            let script = format!("print({value}); debug({value}); print(); debug()");
            let shown = printed(hardened(), &script);
            assert_eq!(shown.len(), 4);
            assert_eq!(shown, printed(stock(), &script));
        }
    }

    #[test]
    fn long_text_is_refused_before_it_is_made() {
        let long = r#"let s = ""; s.pad(16380, '\x01'); let a = [s]; let m = #{s: s};"#;
        for call in ["to_debug(a)", "print(a)", "debug(a)", "to_debug(m)", "print(m)"] {
            assert_too_large(&format!("{long} {call}"));
        }
        for call in [
            r#"s.to_debug()"#,
            r#"debug(s)"#,
            r#""" + a"#,
            r#"a + """#,
            r#"m.to_json()"#,
            r#"s + blob(5, 0x41)"#,
            r#"blob(5, 0x41) + s"#,
            r#"s += blob(5, 0x41)"#,
            r#"s.append(blob(5, 0x41))"#,
            r#"let t = "t"; t += a"#,
            r#"let t = "t"; t.append(m)"#,
        ] {
            assert_too_large(&format!("{long} {call}"));
        }
    }

    #[test]
    fn to_string_is_cut_because_the_engine_would_ignore_its_error() {
        let long = r#"let s = ""; s.pad(16380, '\x01'); let a = [s]; let m = #{s: s};"#;
        for call in ["a.to_string()", "m.to_string()", "`${a}`", "`${m}`"] {
            let text = hardened().eval::<String>(&format!("{long} {call}")).expect("a cut text");
            assert_eq!(text.len(), 16384);
            assert!(text.ends_with("..."));
        }
        let error = fault(&format!("{long} `<${{a}}>`"));
        assert!(matches!(error, EvalAltResult::ErrorDataTooLarge(..)));
    }

    #[test]
    fn errors_in_the_text_of_host_values_come_through() {
        #[derive(Clone)]
        struct Mute;
        let mut engine = hardened();
        engine.register_fn("mute", || Mute);
        for name in ["to_string", "to_debug"] {
            engine.register_fn(name, |_: &mut Mute| -> Result<String, Box<EvalAltResult>> {
                Err("mute".into())
            });
        }
        for script in [
            "print(mute())",
            "debug(mute())",
            r#""" + mute()"#,
            r#"mute() + """#,
            r#"let s = ""; s += mute()"#,
            "[mute()].to_string()",
            "#{m: mute()}.to_debug()",
        ] {
            let error = engine.eval::<Dynamic>(script).expect_err(script);
            assert!(error.to_string().contains("mute"), "{script}: {error}");
        }
    }

    #[test]
    fn host_values_in_containers_use_their_own_text() {
        #[derive(Clone)]
        struct Loud;
        let mut engine = hardened();
        engine.register_fn("loud", || Loud);
        engine.register_fn("to_string", |_: &mut Loud| "loud".to_string());
        engine.register_fn("to_debug", |_: &mut Loud| "LOUD".to_string());
        let text = engine.eval::<String>(r#""" + loud() + [loud(), #{l: loud()}]"#);
        assert_eq!(text.expect("text"), r#"loud[LOUD, #{"l": LOUD}]"#);
    }

    #[test]
    fn a_stop_inside_text_is_not_swallowed() {
        for script in [
            "let r = 1..3; print(r)",
            "debug(1..3)",
            r#"let r = 1..3; "a" + r"#,
            r#"let r = 1..3; r + "a""#,
            r#"let s = "a"; s += 1..3"#,
            r#"let s = "a"; s.append(1..3)"#,
            "[1..3].to_string()",
            "print(#{a: 1..3})",
        ] {
            assert_eq!(swallowed_stops(hardened, script), 0, "{script}");
            assert!(swallowed_stops(stock, script) > 0, "{script}");
        }
    }

    #[test]
    fn text_of_the_deepest_values_fits_on_a_small_stack() {
        let deep = "let a = []; for i in 0..999 { a = [a]; }";
        let mut expected = "[".repeat(1000);
        expected.push_str(&"]".repeat(1000));
        for call in ["a.to_string()", r#""" + a"#, "a.to_debug()", "`${a}`"] {
            let text = hardened().eval::<String>(&format!("{deep} {call}"));
            assert_eq!(text.expect(call), expected, "{call}");
        }
        let json = hardened().eval::<String>(&format!("{deep} #{{a: a}}.to_json()"));
        assert_eq!(json.expect("json"), format!(r#"{{"a":{expected}}}"#));
    }

    #[test]
    fn json_of_closures_is_refused() {
        let message = "`to_json`: a closure has no text";
        assert_eq!(refusal("let x = 1; let f = || x; #{a: [f]}.to_json()"), message);
        assert_eq!(refusal("#{f: |x| x}.to_json()"), message);
    }
}
