//! What the functions of scripts do, for those who have to bring their own.

use crate::Place;

/// Units between two places.
pub fn distance(a: Place, b: Place) -> f64 {
    way(a, b).iter().map(|part| part * part).sum::<f64>().sqrt()
}

/// Where one is who goes from a place to another, at most `step` units far.
pub fn moved(from: Place, to: Place, step: f64) -> Place {
    let way = way(from, to);
    let distance = way.iter().map(|part| part * part).sum::<f64>().sqrt();
    if distance <= step {
        return to;
    }
    let part = step / distance;
    std::array::from_fn(|axis| (f64::from(from[axis]) + way[axis] * part) as f32)
}

fn way(from: Place, to: Place) -> [f64; 3] {
    std::array::from_fn(|axis| f64::from(to[axis]) - f64::from(from[axis]))
}
