use serde::{Serialize, de::DeserializeOwned};

use super::{ToClient, ToServer};

/// What every message begins with: what it is, and in which version of the format.
const HEAD: [u8; 3] = *b"CS\x02";

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
    if !is_all_there(body) {
        return Err(WireError::Malformed("it ends before what it says it holds".to_owned()));
    }
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

/// Whether `MessagePack` holds what it says. Whoever reads a list makes room for as many items as it claims to
/// have, and lists lie in lists; so it is looked at first, without making anything: every value that was claimed
/// takes a byte at least, and has to be there.
fn is_all_there(mut bytes: &[u8]) -> bool {
    let mut wanted: u64 = 1;
    while wanted > 0 {
        wanted -= 1;
        let Some((mark, rest)) = bytes.split_first() else { return false };
        // How many bytes a length has, what of it follows, and what follows in any case.
        let (digits, fixed, is_list) = match *mark {
            0x80..=0x8f => (0, 2 * u64::from(mark & 0x0f), true),
            0x90..=0x9f => (0, u64::from(mark & 0x0f), true),
            0xa0..=0xbf => (0, u64::from(mark & 0x1f), false),
            0xc1 => return false,
            0xc4 | 0xd9 => (1, 0, false),
            0xc5 | 0xda => (2, 0, false),
            0xc6 | 0xdb => (4, 0, false),
            // The number of an extension.
            0xc7 => (1, 1, false),
            0xc8 => (2, 1, false),
            0xc9 => (4, 1, false),
            0xcc | 0xd0 => (0, 1, false),
            0xcd | 0xd1 | 0xd4 => (0, 2, false),
            0xd5 => (0, 3, false),
            0xca | 0xce | 0xd2 => (0, 4, false),
            0xd6 => (0, 5, false),
            0xcb | 0xcf | 0xd3 => (0, 8, false),
            0xd7 => (0, 9, false),
            0xd8 => (0, 17, false),
            0xdc | 0xde => (2, 0, true),
            0xdd | 0xdf => (4, 0, true),
            _ => (0, 0, false),
        };
        let Some((length, rest)) = rest.split_at_checked(digits) else { return false };
        let length = length.iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        let each = if matches!(*mark, 0xde | 0xdf) { 2 } else { 1 };
        let follows = fixed + each * length;
        if is_list {
            wanted += follows;
            bytes = rest;
        } else {
            let Some(rest) = usize::try_from(follows).ok().and_then(|it| rest.get(it..)) else {
                return false;
            };
            bytes = rest;
        }
        if wanted > bytes.len() as u64 {
            return false;
        }
    }
    true
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
        vec![ToClient::Order { seal: seal(), order }, ToClient::Verdict(verdict())]
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

    #[test]
    fn what_is_claimed_has_to_be_there() {
        let value = Value::map()
            .with("a", vec![1_i64, -1, 200, -200, 70_000, -70_000, 1 << 40])
            .with("b", Value::Blob(vec![7; 300]))
            .with("c", "x".repeat(300))
            .with("d", "x".repeat(70_000))
            .with("e", vec![0.5, f64::NAN])
            .with("f", Value::Array(vec![Value::Unit; 70_000]));
        let whole = rmp_serde::to_vec(&value).unwrap();
        assert!(is_all_there(&whole));
        for cut in (0..whole.len()).step_by(97) {
            assert!(!is_all_there(&whole[..cut]), "{cut}");
        }
        for (bytes, is_there) in [
            (&b"\xc0"[..], true),
            (b"", false),
            (b"\xc1", false),
            (b"\x92\x01", false),
            (b"\x92\x01\x02", true),
            (b"\x81\xa1a\x01", true),
            (b"\x81\xa1a", false),
            (b"\xdd\xff\xff\xff\xff\x01\x01", false),
            (b"\xdf\xff\xff\xff\xff\x01\x01", false),
            (b"\xde\x00\x01\xa0\xc3", true),
            (b"\xdb\xff\xff\xff\xff\x01", false),
            (b"\xc6\x00\x00\x00\x01\x01", true),
            (b"\xc7\x02\x05ab", true),
            (b"\xc7\x02\x05a", false),
            (b"\xd8\x050123456789abcdef", true),
            (b"\xcb1234567", false),
            // Lists in lists, each of which claims all that is left.
            (b"\x9f\x9f\x9f\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", false),
        ] {
            assert_eq!(is_all_there(bytes), is_there, "{bytes:x?}");
        }
    }

    /// The form is part of what is promised: this fails when it changes, and then `HEAD` must, too.
    #[test]
    fn the_form_stays() {
        let bytes = ToClient::Verdict(verdict()).to_bytes().unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, FORM);
    }

    const FORM: &str = "43530281a75665726469637496dc0010070707070707070707070707070707070309040181a3457272a55374617465";

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
