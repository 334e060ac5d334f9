use std::{fmt, str::FromStr};

use ed25519_dalek::{
    Signature, VerifyingKey,
    pkcs8::{DecodePublicKey as _, EncodePublicKey as _, spki::der::pem::LineEnding},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Digest, hex};

/// What a key is called: the first 16 bytes of the SHA-256 of its bytes, in 32 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(super) [u8; 16]);

hex::written_in_hex!(KeyId);

impl KeyId {
    /// An id from its 32 digits. `None` if they are not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode(text).map(Self)
    }
}

/// Why something is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is neither 64 hexadecimal digits nor a public key in PEM.
    #[error(
        "not a public key: it takes 64 hexadecimal digits, or PEM that begins with -----BEGIN PUBLIC KEY-----"
    )]
    NoKey,
    /// The key is one of the few for which anybody can make signatures.
    #[error("the key is weak: anybody can sign for it; make another with `cscript keygen`")]
    Weak,
    /// The text is not a private key in PKCS#8 PEM.
    #[error("not a private key: {0}; `cscript keygen` makes one")]
    NoSecretKey(String),
    /// The private key is encrypted and the password is missing or wrong.
    #[error("the private key is encrypted, and the password is missing or wrong")]
    Password,
}

/// An Ed25519 public key that is not weak: there is no way to make one that is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// A key from its bytes.
    ///
    /// # Errors
    /// [`KeyError::Weak`] or, if they are no point of the curve, [`KeyError::NoKey`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        Self::strong(VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NoKey)?)
    }

    pub(super) fn strong(key: VerifyingKey) -> Result<Self, KeyError> {
        if key.is_weak() { Err(KeyError::Weak) } else { Ok(Self(key)) }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// What it is called.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let [id, _] = *Digest::of(self.bytes()).0.as_chunks::<16>().0 else {
            return KeyId([0; 16]);
        };
        KeyId(id)
    }

    /// The key in PEM, as OpenSSL reads it (`SubjectPublicKeyInfo`). `None` never happens.
    #[must_use]
    pub fn to_pem(&self) -> Option<String> {
        self.0.to_public_key_pem(LineEnding::LF).ok()
    }

    /// Whether a signature is this key's for these bytes, by the strict rules: one signature a message
    /// and key, none that others could make. Costs some 40 µs.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    /// From 64 hexadecimal digits or PEM.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        match hex::decode(text) {
            Some(bytes) => Self::from_bytes(&bytes),
            None => {
                Self::strong(VerifyingKey::from_public_key_pem(text).map_err(|_| KeyError::NoKey)?)
            }
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::SecretKey, *};

    #[test]
    fn a_key_goes_through_text_and_pem() {
        let key = SecretKey::from_bytes(&[7; 32]).public();
        assert_eq!(key.to_string().parse(), Ok(key));
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
        assert_eq!(pem.parse(), Ok(key));
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key);
        for wrong in ["", "12", &"g".repeat(64), "-----BEGIN PUBLIC KEY-----", &pem[..60]] {
            assert_eq!(wrong.parse::<PublicKey>(), Err(KeyError::NoKey), "{wrong}");
        }
        assert_ne!(key.id(), SecretKey::from_bytes(&[8; 32]).public().id());
        assert_eq!(KeyId::parse(&key.id().to_string()), Some(key.id()));
    }

    /// The points of small order, as their bytes are known: RFC 8032's curve has eight, some in two forms.
    #[test]
    fn weak_keys_are_refused_in_every_form() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        let order_four = [0; 32];
        let order_eight = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
        for bytes in [identity, minus_one, order_four, hex::decode(order_eight).unwrap()] {
            assert_eq!(PublicKey::from_bytes(&bytes), Err(KeyError::Weak), "{bytes:?}");
            assert_eq!(hex::encode(&bytes).parse::<PublicKey>(), Err(KeyError::Weak));
            let json = format!("\"{}\"", hex::encode(&bytes));
            let error = serde_json::from_str::<PublicKey>(&json).unwrap_err();
            assert!(error.to_string().contains("weak"), "{error}");
        }
        // With such a key this signature would do for any message.
        let signature: [u8; 64] = std::array::from_fn(|i| u8::from(i == 0));
        let weak = VerifyingKey::from_bytes(&identity).unwrap();
        assert!(weak.verify_strict(b"any", &Signature::from_bytes(&signature)).is_err());
    }

    #[test]
    fn a_signature_is_for_one_key_and_one_message() {
        let secret = SecretKey::from_bytes(&[7; 32]);
        let signature = secret.sign(b"message");
        assert!(secret.public().has_signed(b"message", &signature));
        assert!(!secret.public().has_signed(b"massage", &signature));
        assert!(!SecretKey::from_bytes(&[8; 32]).public().has_signed(b"message", &signature));
        // The same signature with the group order added to its second half.
        let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
        let order: [u8; 32] = hex::decode(order).unwrap();
        let mut other = signature;
        let mut carry = 0;
        for (byte, add) in other[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        assert_eq!(carry, 0);
        assert!(!secret.public().has_signed(b"message", &other));
    }
}
