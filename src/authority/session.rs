use std::{
    fmt,
    hash::{BuildHasher as _, Hasher as _, RandomState},
};

use serde::{Deserialize, Serialize};

use crate::trust::Digest;

/// Who takes part in a game, by the number that the coordinator gave.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
#[cfg_attr(feature = "bevy", derive(bevy::reflect::Reflect))]
pub struct ClientId(pub u64);

impl ClientId {
    /// How many ids a client has for entities that its game spawns on its own.
    const IDS: i64 = 1 << 32;

    /// The first of the [ids](crate::contract::ScriptId) that are this client's alone, and the first behind
    /// them. Of clients beyond the 2²⁹th the range is empty.
    #[must_use]
    pub fn ids(self) -> (i64, i64) {
        let first = i64::try_from(self.0).ok().filter(|id| *id < 1 << 29);
        first.map_or((0, 0), |id| ((id + 1) * Self::IDS, (id + 2) * Self::IDS))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What tells a stay in a game from all others: every message of a client carries it, so that what was
/// overheard in one game is worth nothing in the next.
///
/// It is no secret between the client and the server, and no password: that the connection is who it says
/// is for the transport to see to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Nonce(pub [u8; 16]);

impl Nonce {
    /// One that nobody has had before: 128 bits from the system's random numbers.
    #[must_use]
    pub fn fresh() -> Self {
        let [a, b] =
            [RandomState::new(), RandomState::new()].map(|state| state.build_hasher().finish());
        Self::of(&[a.to_le_bytes(), b.to_le_bytes()].concat())
    }

    /// That of a client's stay in the game of this nonce, with the engine and the scripts of this
    /// [offer](crate::script::JoinOffer::digest).
    #[must_use]
    pub fn of_stay(self, client: ClientId, stay: u64, offer: &Digest) -> Self {
        let (client, stay) = (client.0.to_le_bytes(), stay.to_le_bytes());
        Self::of(&[&self.0[..], &client, &stay, offer.bytes()].concat())
    }

    fn of(bytes: &[u8]) -> Self {
        let mut nonce = [0; 16];
        for (byte, of) in nonce.iter_mut().zip(Digest::of(bytes).bytes()) {
            *byte = *of;
        }
        Self(nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_and_ids_are_of_one_client_each() {
        let game = Nonce::fresh();
        assert_ne!(game, Nonce::fresh());
        let stays: std::collections::HashSet<_> = (0..10)
            .flat_map(|client| {
                (0..10).map(move |stay| game.of_stay(ClientId(client), stay, &Digest::of(b"a")))
            })
            .collect();
        assert_eq!(stays.len(), 100);
        let others = game.of_stay(ClientId(1), 1, &Digest::of(b"b"));
        assert!(!stays.contains(&others), "other scripts make another stay");
        assert_eq!(ClientId(0).ids().1, ClientId(1).ids().0);
        assert!(ClientId(0).ids().0 > 1 << 20 && ClientId((1 << 29) - 1).ids().1 < 1 << 62);
        assert_eq!(ClientId(u64::MAX).ids(), (0, 0));
    }
}
