use serde::{Serialize, de::DeserializeOwned};

use super::{ToClient, ToServer};

/// What every message begins with: what it is, and in which version of the format.
const HEAD: [u8; 3] = *b"CS\x01";

/// The most bytes of a message, but for a [`Welcome`](super::Welcome).
pub const MESSAGE_BYTES: usize = 256 * 1024;

/// The most bytes of a message to a client: a welcome brings the world.
pub const WORLD_BYTES: usize = 64 * 1024 * 1024;

/// How deep values may lie in each other. Scripts' own are never as deep.
const DEPTH: usize = 96;

/// Why bytes are no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// There are too many of them; not one was looked at.
    #[error("a message of {bytes} bytes; at most {most} are read")]
    TooLarge {
        /// How many there are.
        bytes: usize,
        /// How many there may be.
        most: usize,
    },
    /// They begin otherwise: of another version, or of another program.
    #[error("no message of this version of the game")]
    OtherFormat,
    /// They are no such message.
    #[error("a broken message: {0}")]
    Malformed(String),
}

impl ToServer {
    /// The message as bytes: `MessagePack` behind a mark and the number of the version.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] if it has more than [`MESSAGE_BYTES`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        encode(self, MESSAGE_BYTES)
    }

    /// A message from its bytes. Takes memory in proportion to their number, at most some 20 times as much, and
    /// never panics.
    ///
    /// # Errors
    /// See [`WireError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        decode(bytes, MESSAGE_BYTES)
    }
}

impl ToClient {
    /// The message as bytes: `MessagePack` behind a mark and the number of the version.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] if it has more than [`WORLD_BYTES`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        encode(self, WORLD_BYTES)
    }

    /// A message from its bytes. Takes memory in proportion to their number, at most some 20 times as much, and
    /// never panics.
    ///
    /// # Errors
    /// See [`WireError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        decode(bytes, WORLD_BYTES)
    }
}

fn encode(message: &impl Serialize, most: usize) -> Result<Vec<u8>, WireError> {
    let mut bytes = HEAD.to_vec();
    rmp_serde::encode::write(&mut bytes, message)
        .map_err(|error| WireError::Malformed(error.to_string()))?;
    if bytes.len() > most {
        return Err(WireError::TooLarge { bytes: bytes.len(), most });
    }
    Ok(bytes)
}

fn decode<T: DeserializeOwned>(bytes: &[u8], most: usize) -> Result<T, WireError> {
    if bytes.len() > most {
        return Err(WireError::TooLarge { bytes: bytes.len(), most });
    }
    let body = bytes.strip_prefix(&HEAD).ok_or(WireError::OtherFormat)?;
    let mut reader = rmp_serde::Deserializer::new(body);
    reader.set_max_depth(DEPTH);
    let message = T::deserialize(&mut reader).map_err(|error| {
        let mut text = error.to_string();
        text.truncate(text.floor_char_boundary(200));
        WireError::Malformed(text)
    })?;
    if !reader.get_ref().is_empty() {
        return Err(WireError::Malformed("there is something behind its end".to_owned()));
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        authority::{Claim, ClientId, Nonce, Objection, Order, Seal, Verdict, Wish},
        contract::{ScriptCommand, ScriptEvent, ScriptId, Value},
        trust::Digest,
    };

    fn seal() -> Seal {
        Seal { nonce: Nonce([7; 16]), sequence: 3 }
    }

    fn verdict() -> Verdict {
        let (tick, entity, slot) = (9, ScriptId(4), 1);
        let outcome = Err(Objection::State);
        Verdict { nonce: Nonce([7; 16]), sequence: 3, tick, entity, slot, outcome }
    }

    fn up() -> Vec<ToServer> {
        let deep = (0..20).fold(Value::Unit, |inner, _| Value::Array(vec![inner]));
        let claim = Claim {
            seal: seal(),
            tick: 9,
            entity: ScriptId(4),
            slot: 0,
            script: Digest::of(b"x"),
            program: 5,
            signed_by: None,
            commands: vec![
                ScriptCommand::SetTag { id: ScriptId(4), tag: "a".into() },
                ScriptCommand::Publish { topic: "t".into(), value: Box::new(deep) },
            ],
            state: 1,
            result: 2,
        };
        let event = ScriptEvent::custom("on_input", [Value::from(1.5)]).to(ScriptId(4));
        vec![
            ToServer::Claim(Box::new(claim)),
            ToServer::Wish(Wish { seal: seal(), tick: 9, event }),
            ToServer::Finding { seal: seal(), client: ClientId(2), verdict: verdict() },
        ]
    }

    fn down() -> Vec<ToClient> {
        let order =
            Order { tick: 3, owners: vec![(ScriptId(1), Some(ClientId(2)))], events: Vec::new() };
        vec![ToClient::Order(order), ToClient::Verdict(verdict())]
    }

    #[test]
    fn messages_come_out_as_they_went_in() {
        for message in up() {
            let bytes = message.to_bytes().unwrap();
            assert_eq!(ToServer::from_bytes(&bytes), Ok(message));
        }
        for message in down() {
            let bytes = message.to_bytes().unwrap();
            assert_eq!(ToClient::from_bytes(&bytes), Ok(message));
        }
    }

    /// The form is part of what is promised: this fails when it changes, and then `HEAD` must, too.
    #[test]
    fn the_form_stays() {
        let bytes = ToClient::Verdict(verdict()).to_bytes().unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, FORM);
    }

    const FORM: &str = "43530181a75665726469637496dc0010070707070707070707070707070707070309040181a3457272a55374617465";

    #[test]
    fn bytes_that_are_no_message_are_refused() {
        for message in up() {
            let bytes = message.to_bytes().unwrap();
            for length in 0..bytes.len() {
                assert!(ToServer::from_bytes(&bytes[..length]).is_err(), "{length}");
            }
            assert!(ToServer::from_bytes(&[&bytes[..], b"x"].concat()).is_err());
            for bit in 0..bytes.len() * 8 {
                let mut other = bytes.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                let _ = ToServer::from_bytes(&other);
                let _ = ToClient::from_bytes(&other);
            }
        }
        assert_eq!(ToServer::from_bytes(b""), Err(WireError::OtherFormat));
        let many = vec![0; MESSAGE_BYTES + 1];
        assert!(matches!(ToServer::from_bytes(&many), Err(WireError::TooLarge { .. })));
        for byte in [0x91, 0x81, 0xdd, 0xc1, 0xdf, 0xc6] {
            let deep = [&HEAD[..], &vec![byte; 200_000]].concat();
            assert!(ToServer::from_bytes(&deep).is_err());
        }
        // A list that says it has four thousand million items, and has none.
        let claims = [&HEAD[..], b"\x81\xa5Order\x93\x00\xdd\xff\xff\xff\xff"].concat();
        assert!(ToClient::from_bytes(&claims).is_err());
    }
}
