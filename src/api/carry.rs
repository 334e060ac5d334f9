use glam::{DQuat, DVec3, Vec3};

/// How something that moved and turned carried along what hangs on it: from where that stood when the
/// call began to where it stands now. Lengths stay.
///
/// In double precision: a way and its way back must cancel out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Carry {
    /// Around the origin of the world, before the shift.
    pub(crate) turn: DQuat,
    pub(crate) shift: DVec3,
}

impl Carry {
    /// What was not carried at all.
    pub(crate) const NONE: Self = Self { turn: DQuat::IDENTITY, shift: DVec3::ZERO };

    /// With a turn that takes `from` to `to`.
    pub(crate) fn between(from: Vec3, to: Vec3, turn: DQuat) -> Self {
        Self { turn, shift: to.as_dvec3() - turn * from.as_dvec3() }
    }

    /// What of it came after `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        let turn = self.turn * before.turn.inverse();
        Self { turn, shift: self.shift - turn * before.shift }
    }

    /// Where it takes a point. A point that was not carried stays to the last bit.
    pub(crate) fn of(self, point: Vec3) -> Vec3 {
        if self == Self::NONE {
            return point;
        }
        (self.turn * point.as_dvec3() + self.shift).as_vec3()
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use super::*;

    #[test]
    fn what_hangs_on_something_that_turns_goes_round_it() {
        let turn = DQuat::from_rotation_y(FRAC_PI_2);
        let carry = Carry::between(Vec3::X, Vec3::new(5.0, 1.0, 0.0), turn);
        assert!(carry.of(Vec3::X).abs_diff_eq(Vec3::new(5.0, 1.0, 0.0), 1e-6));
        // One ahead along X is one ahead along -Z.
        assert!(carry.of(Vec3::X * 2.0).abs_diff_eq(Vec3::new(5.0, 1.0, -1.0), 1e-6));
    }

    #[test]
    fn only_what_came_later_counts() {
        let turn = DQuat::from_rotation_y(FRAC_PI_2);
        let before = Carry::between(Vec3::ZERO, Vec3::ONE, turn);
        assert_eq!(before.since(Carry::NONE), before);
        let at = Vec3::new(3.0, 4.0, 5.0);
        assert!(before.since(before).of(at).abs_diff_eq(at, 1e-6));
        let shift = |x| Carry { shift: DVec3::new(x, 0.0, 0.0), ..Carry::NONE };
        assert_eq!(shift(3.0).since(shift(1.0)), shift(2.0));
    }
}
