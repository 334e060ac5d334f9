use super::{PublicKey, SecretKey, Statement, hex, statement::NoStatement};
use crate::contract::{Refusal, ScriptError};

/// Bytes of a signature file: more are not read. A mod of 1,000 files fits.
pub const SIGNATURE_BYTES: usize = 256 * 1024;

const LAST_LINE: &str = "signature: ";

/// A statement and the signature under it, which may be anybody's until it was checked with the key.
///
/// As a file (`x.rhai.sig`, `mod.sig`): the statement's text, then the line `signature: ` with 128
/// hexadecimal digits. The Ed25519 signature is over the bytes before that line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStatement {
    statement: Statement,
    signature: [u8; 64],
}

impl SignedStatement {
    /// Signs a statement. Its key is set to the one that signs.
    #[must_use]
    pub fn sign(mut statement: Statement, key: &SecretKey) -> Self {
        statement.key = key.public().id();
        let signature = key.sign(statement.to_text().as_bytes());
        Self { statement, signature }
    }

    /// Reads a signature file; says nothing about whether it is good.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`], [`Refusal::Malformed`], [`Refusal::Path`] and [`Refusal::WeakKey`]. `path` is
    /// what they call the file.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, ScriptError> {
        if bytes.len() > SIGNATURE_BYTES {
            let message = format!(
                "a signature has no more than {SIGNATURE_BYTES} bytes; sign anew with `cscript sign`"
            );
            return Err(ScriptError::refused(Refusal::TooLarge, path, message));
        }
        read(bytes).map_err(|NoStatement { refusal, reason }| {
            let message = format!("this is no signature: {reason}; sign anew with `cscript sign`");
            ScriptError::refused(refusal, path, message)
        })
    }

    /// The bytes of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}{LAST_LINE}{}\n", self.statement.to_text(), hex::encode(&self.signature))
    }

    /// What is said, by whoever it is.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Whether a key has signed it.
    #[must_use]
    pub fn is_by(&self, key: &PublicKey) -> bool {
        self.statement.key == key.id()
            && key.has_signed(self.statement.to_text().as_bytes(), &self.signature)
    }
}

fn read(bytes: &[u8]) -> Result<SignedStatement, NoStatement> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text")?;
    let body = text.strip_suffix('\n').ok_or("it is cut off: its last line has no end")?;
    let (head, last) = body.rsplit_once('\n').ok_or("it has a single line")?;
    let digits = last.strip_prefix(LAST_LINE).ok_or("its last line is not `signature: ..`")?;
    let signature = hex::decode(digits).ok_or("its last line has not 128 digits")?;
    let statement = Statement::parse(text.get(..=head.len()).unwrap_or_default())?;
    Ok(SignedStatement { statement, signature })
}

#[cfg(test)]
mod tests {
    use super::{super::Claim, super::FileClaim, *};

    fn signed() -> (SecretKey, SignedStatement) {
        let key = SecretKey::from_bytes(&[7; 32]);
        let statement = Statement {
            claim: Claim::Script("a.rhai".parse().unwrap(), FileClaim::of(b"let x = 1;")),
            id: "a".to_owned(),
            game: "*".to_owned(),
            counter: 1,
            not_after: None,
            key: key.public().id(),
        };
        (key.clone(), SignedStatement::sign(statement, &key))
    }

    #[test]
    fn it_is_good_for_one_key() {
        let (key, signed) = signed();
        assert!(signed.is_by(&key.public()));
        assert!(!signed.is_by(&SecretKey::from_bytes(&[8; 32]).public()));
        assert_eq!(SignedStatement::parse("a.rhai.sig", signed.to_text().as_bytes()), Ok(signed));
    }

    #[test]
    fn what_was_cut_off_or_grew_is_no_signature() {
        let (_, signed) = signed();
        let text = signed.to_text();
        for length in 0..text.len() {
            let error = SignedStatement::parse("a", &text.as_bytes()[..length]).unwrap_err();
            assert_eq!(error.refusal, Some(Refusal::Malformed), "{length}: {error}");
        }
        let large = vec![b'\n'; SIGNATURE_BYTES + 1];
        let error = SignedStatement::parse("a", &large).unwrap_err();
        assert_eq!(error.refusal, Some(Refusal::TooLarge));
        for more in ["\n", " ", "signature: 00\n", "x"] {
            let error = SignedStatement::parse("a", (text.clone() + more).as_bytes()).unwrap_err();
            assert_eq!(error.refusal, Some(Refusal::Malformed), "{error}");
        }
    }
}
