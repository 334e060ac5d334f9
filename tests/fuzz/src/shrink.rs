use crate::{Case, natives};

/// A smaller case that is still `bad`: without statements that do not matter, then without pieces of
/// text that do not.
pub(crate) fn shrunk(case: Case, bad: impl Fn(Vec<u8>) -> bool) -> Vec<u8> {
    let Case { mut parts, bytes } = case;
    if !parts.is_empty() {
        let mut at = 0;
        while at < parts.len() {
            let mut fewer = parts.clone();
            fewer.remove(at);
            if bad(natives::program(&fewer)) { parts = fewer } else { at += 1 }
        }
        return natives::program(&parts);
    }
    let mut small = bytes;
    let mut size = small.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < small.len() {
            let end = (at + size).min(small.len());
            let less = [&small[..at], &small[end..]].concat();
            if bad(less.clone()) { small = less } else { at += size }
        }
        size /= 2;
    }
    small
}
