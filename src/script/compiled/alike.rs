//! What instances of one script have in common. Whoever starts mostly makes the same lists and maps as all before
//! him: they are kept once, until somebody changes his.

use std::sync::Arc;

use super::Val;

/// Lets variables be those of another instance where they are alike.
pub(crate) fn share(state: &mut [Val], first: &[Val]) {
    for (value, other) in state.iter_mut().zip(first) {
        if !value.is_inline() && are_alike(value, other) {
            *value = other.clone();
        }
    }
}

/// Whether nothing tells two values from each other. Functions and the like are never taken for alike.
fn are_alike(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Text(a), Val::Text(b)) => Arc::ptr_eq(a, b) || a.as_str() == b.as_str(),
        (Val::Blob(a), Val::Blob(b)) => Arc::ptr_eq(a, b) || a[..] == b[..],
        (Val::Range(a), Val::Range(b)) => Arc::ptr_eq(a, b) || ***a == ***b,
        (Val::Array(a), Val::Array(b)) => {
            Arc::ptr_eq(a, b)
                || a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| are_alike(a, b))
        }
        (Val::Map(a), Val::Map(b)) => {
            let alike = |((ka, a), (kb, b)): ((&Arc<str>, &Val), _)| ka == kb && are_alike(a, b);
            Arc::ptr_eq(a, b) || a.len() == b.len() && a.iter().zip(b.iter()).all(alike)
        }
        _ => a.is_inline() && a.is_same(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Val {
        Val::array(vec![Val::Int(1), Val::text("a"), Val::Float(-0.0)])
    }

    fn is_shared(mine: &Val, other: &Val) -> bool {
        let mut state = [mine.clone()];
        share(&mut state, std::slice::from_ref(other));
        state[0].is_same(other)
    }

    #[test]
    fn what_is_alike_is_kept_once() {
        let pairs = [
            (Val::text("a"), Val::text("a")),
            (list(), list()),
            (Val::array(vec![list(), list()]), Val::array(vec![list(), list()])),
            (Val::blob(vec![1, 2]), Val::blob(vec![1, 2])),
            (Val::range(1, 3, false), Val::range(1, 3, false)),
            (
                Val::map([("a".into(), list())].into_iter().collect()),
                Val::map([("a".into(), list())].into_iter().collect()),
            ),
        ];
        for (a, b) in pairs {
            assert!(!a.is_same(&b));
            assert!(is_shared(&a, &b), "{}", a.type_name());
        }
    }

    #[test]
    fn what_differs_stays() {
        let pairs = [
            (Val::text("a"), Val::text("b")),
            (list(), Val::array(vec![Val::Int(1), Val::text("a"), Val::Float(0.0)])),
            (list(), Val::array(vec![Val::Int(1), Val::text("a")])),
            (Val::array(vec![Val::Int(1)]), Val::array(vec![Val::Float(1.0)])),
            (Val::blob(vec![1]), Val::blob(vec![2])),
            (Val::range(1, 3, false), Val::range(1, 3, true)),
            (
                Val::map([("a".into(), Val::Int(1))].into_iter().collect()),
                Val::map([("b".into(), Val::Int(1))].into_iter().collect()),
            ),
            (Val::Int(1), Val::Int(2)),
            (list(), Val::Unit),
        ];
        for (a, b) in pairs {
            assert!(!is_shared(&a, &b), "{}", a.type_name());
        }
    }
}
