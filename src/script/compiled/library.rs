//! The standard functions of scripts: a table, like that of the API.

mod arrays;
mod bit_fields;
mod blobs;
mod equality;
mod maps;
mod maths;
mod pointers;
mod ranges;
mod spans;
mod text;
mod vectors;

use super::native::Native;

/// All rows. Rows of one name and number of arguments are tried in this order.
pub(crate) fn natives() -> impl Iterator<Item = Native> {
    [].into_iter()
        .chain(arrays::natives())
        .chain(bit_fields::natives())
        .chain(blobs::natives())
        .chain(maps::natives())
        .chain(maths::natives())
        .chain(pointers::natives())
        .chain(ranges::natives())
        .chain(text::natives())
        .chain(vectors::natives())
}
