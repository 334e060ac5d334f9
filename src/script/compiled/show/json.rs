use glam::Vec3;

use super::{
    Fault, Val,
    pen::{Pen, Stop},
};
use crate::script::compiled::heap::Dict;

pub(super) fn map(pen: &mut Pen<'_>, map: &Dict) -> Result<(), Stop> {
    pen.put(format_args!("{{"))?;
    pen.list(map.iter(), ",", |pen, (key, item)| {
        pen.quoted(key)?;
        pen.put(format_args!(":"))?;
        value(pen, item)
    })?;
    pen.put(format_args!("}}"))
}

fn value(pen: &mut Pen<'_>, value: &Val) -> Result<(), Stop> {
    match value {
        Val::Map(dict) => map(pen, dict),
        Val::Array(list) => array(pen, list.iter(), self::value),
        Val::Blob(blob) => array(pen, blob.iter(), |pen, byte| pen.put(format_args!("{byte}"))),
        Val::Unit => pen.put(format_args!("null")),
        Val::Char(c) => pen.put(format_args!("{c:?}")),
        // The reference knows no better.
        Val::Vec3(_) => pen.put(format_args!("{}", std::any::type_name::<Vec3>())),
        Val::Fn(function) if function.closure.is_some() => {
            Err(Stop::Fault(Fault::refused("`to_json`: a closure has no text")))
        }
        Val::Fn(function) => pen.quoted(&function.name),
        other => pen.value(other, super::Style::Debug),
    }
}

fn array<T>(
    pen: &mut Pen<'_>,
    items: impl Iterator<Item = T>,
    write: impl FnMut(&mut Pen<'_>, T) -> Result<(), Stop>,
) -> Result<(), Stop> {
    pen.put(format_args!("["))?;
    pen.list(items, ",", write)?;
    pen.put(format_args!("]"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::script::compiled::callable::FnValue;

    fn text(value: Val) -> Result<String, Stop> {
        let Val::Map(dict) = Val::map([("a".into(), value)].into()) else { panic!("a map") };
        let mut free = |_| Ok(());
        let mut pen = Pen::new(1000, &mut free);
        map(&mut pen, &dict)?;
        Ok(pen.into_text())
    }

    #[test]
    fn values_are_written_as_in_the_reference() {
        let list = vec![
            Val::Unit,
            Val::Bool(true),
            Val::Int(1),
            Val::Float(1.0),
            Val::text("b\""),
            Val::blob(vec![1, 2]),
            Val::Fn(Arc::new(FnValue::named("f", 0))),
            Val::map([("k".into(), Val::array(vec![]))].into()),
        ];
        let expected = r#"{"a":[null,true,1,1.0,"b\"",[1,2],"f",{"k":[]}]}"#;
        assert_eq!(text(Val::array(list)).ok().as_deref(), Some(expected));
    }

    #[test]
    fn closures_are_refused() {
        let closure = FnValue::closure("anon$1".into(), 0, Some(0), Box::default());
        assert!(matches!(text(Val::Fn(Arc::new(closure))), Err(Stop::Fault(_))));
    }
}
