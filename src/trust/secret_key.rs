use std::fmt;

use ed25519_dalek::{
    Signer as _, SigningKey,
    pkcs8::{
        DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes, spki::der::pem::LineEnding,
    },
};

use super::{KeyError, PublicKey};

/// An Ed25519 private key. Wiped from memory when it is dropped, and never shown.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A key from 32 bytes that nobody can guess.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// A key from PKCS#8 PEM that is not encrypted, by us or by OpenSSL.
    ///
    /// # Errors
    /// [`KeyError::NoSecretKey`] with what is wrong with it; [`KeyError::Password`] if it is encrypted.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        if is_encrypted(pem) {
            return Err(KeyError::Password);
        }
        SigningKey::from_pkcs8_pem(pem)
            .map(Self)
            .map_err(|error| KeyError::NoSecretKey(error.to_string()))
    }

    /// A key from PKCS#8 PEM, encrypted or not.
    ///
    /// # Errors
    /// As [`SecretKey::from_pem`]; [`KeyError::Password`] if the password is wrong.
    #[cfg(feature = "cli")]
    pub fn from_encrypted_pem(pem: &str, password: &[u8]) -> Result<Self, KeyError> {
        if !is_encrypted(pem) {
            return Self::from_pem(pem);
        }
        SigningKey::from_pkcs8_encrypted_pem(pem, password)
            .map(Self)
            .map_err(|_| KeyError::Password)
    }

    /// The key in PKCS#8 PEM, version 1: OpenSSL 3.0 does not read those that hold the public key too.
    ///
    /// # Errors
    /// [`KeyError::NoSecretKey`]; never happens.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let pem = self.keypair().to_pkcs8_pem(LineEnding::LF);
        pem.map(|pem| pem.to_string()).map_err(|error| KeyError::NoSecretKey(error.to_string()))
    }

    /// The key in PKCS#8 PEM, encrypted with AES-256 under scrypt.
    ///
    /// # Errors
    /// [`KeyError::NoSecretKey`] if the system has no random bytes.
    #[cfg(feature = "cli")]
    pub fn to_encrypted_pem(&self, password: &[u8]) -> Result<String, KeyError> {
        let pem = self.keypair().to_pkcs8_encrypted_pem(password, LineEnding::LF);
        pem.map(|pem| pem.to_string()).map_err(|error| KeyError::NoSecretKey(error.to_string()))
    }

    /// What others check its signatures with.
    ///
    /// # Panics
    /// Never: no private key has a weak public one.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::strong(self.0.verifying_key()).unwrap_or_else(|error| {
            unreachable!("a private key is a multiple of the base: {error}")
        })
    }

    /// Signs some bytes. The same bytes always give the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    fn keypair(&self) -> KeypairBytes {
        KeypairBytes { secret_key: self.0.to_bytes(), public_key: None }
    }
}

fn is_encrypted(pem: &str) -> bool {
    pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public().id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_through_pem_and_is_not_shown() {
        let key = SecretKey::from_bytes(&[7; 32]);
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{pem}");
        assert_eq!(SecretKey::from_pem(&pem).unwrap().public(), key.public());
        assert!(!format!("{key:?}").contains("0707"));
        for wrong in ["", "x", &pem[..40], &pem.replace("MC4", "MC5")] {
            let error = SecretKey::from_pem(wrong).unwrap_err();
            assert!(matches!(error, KeyError::NoSecretKey(_)), "{wrong}: {error}");
        }
    }

    /// What OpenSSL 3.0 wrote for the key of RFC 8032's first test.
    #[test]
    fn keys_by_openssl_are_read() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
        let key = SecretKey::from_pem(pem).unwrap();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(key.public().to_string(), public);
        assert_eq!(key.to_pem().unwrap(), pem);
    }
}
