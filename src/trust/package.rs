use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
};

use tar::{Archive, Builder, EntryType, Header};

use super::{ModPath, statement::MOST_FILES};
use crate::contract::{Refusal, ScriptError};

/// Bytes of a package: more are not read.
pub const PACKAGE_BYTES: usize = 64 * 1024 * 1024;

/// The files of a mod in one file: a plain tar archive of regular files in the order of their names, without
/// owners and times.
///
/// There is one package for the same files, byte by byte, and what is not written like that is not read: no
/// links, no devices, no extensions, nothing between or behind the files, no name twice. Nothing is
/// compressed, so a package holds what its size says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    files: BTreeMap<ModPath, Vec<u8>>,
}

impl Package {
    /// A package of these files.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] if they are too many or too large; [`Refusal::Package`] if two of them have one
    /// name on systems that do not tell large letters from small ones. `path` is what errors call it.
    pub fn new(path: &str, files: BTreeMap<ModPath, Vec<u8>>) -> Result<Self, ScriptError> {
        let size: usize = files.values().map(|bytes| 1024 + bytes.len()).sum();
        if files.len() > MOST_FILES + 1 || size > PACKAGE_BYTES - 2048 {
            return Err(too_large(path));
        }
        let mut folded = BTreeSet::new();
        for file in files.keys() {
            if !folded.insert(file.folded()) {
                let message =
                    format!("{file} is in it twice, but for the size of letters; rename one");
                return Err(ScriptError::refused(Refusal::Package, path, message));
            }
        }
        Ok(Self { files })
    }

    /// Reads a package. Uses as much memory again as `bytes`, whatever it claims.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`]; [`Refusal::Path`] if a name leads out of the mod; [`Refusal::Package`] if it is
    /// anything but what [`Package::to_bytes`] writes. `path` is what errors call it.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, ScriptError> {
        if bytes.len() > PACKAGE_BYTES {
            return Err(too_large(path));
        }
        let wrong = |message: String| {
            let message = format!("{message}; make it with `cscript pack`");
            ScriptError::refused(Refusal::Package, path, message)
        };
        let mut archive = Archive::new(bytes);
        let entries = archive.entries().map_err(|error| wrong(error.to_string()))?;
        let mut files = BTreeMap::new();
        // Raw: names and sizes are those of the headers, and no extension can change them.
        for entry in entries.raw(true) {
            let mut entry = entry.map_err(|error| wrong(format!("no tar archive: {error}")))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let file: ModPath = name.parse().map_err(|error: super::ModPathError| {
                let message = format!("{error}; make it with `cscript pack`");
                ScriptError::refused(Refusal::Path, path, message)
            })?;
            if entry.header().entry_type() != EntryType::Regular {
                return Err(wrong(format!("{file} is no regular file")));
            }
            let size = entry.size();
            if size > bytes.len() as u64 {
                return Err(wrong(format!(
                    "{file} claims {size} bytes, and the package has fewer"
                )));
            }
            let mut content = Vec::new();
            entry
                .read_to_end(&mut content)
                .map_err(|error| wrong(format!("{file} cannot be read: {error}")))?;
            if content.len() as u64 != size {
                return Err(wrong(format!("{file} is cut off")));
            }
            if files.insert(file.clone(), content).is_some() {
                return Err(wrong(format!("{file} is in it twice")));
            }
            if files.len() > MOST_FILES + 1 {
                return Err(too_large(path));
            }
        }
        let package = Self::new(path, files)?;
        if package.to_bytes() == bytes {
            Ok(package)
        } else {
            Err(wrong("it holds more than its files, or in another order".to_owned()))
        }
    }

    /// The bytes of the package: the same for the same files.
    ///
    /// # Panics
    /// Never: it writes to memory, and every [`ModPath`] fits a header.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (path, content) in &self.files {
            let mut header = header(content);
            header
                .set_path(path.as_str())
                .unwrap_or_else(|error| unreachable!("{path} fits a header: {error}"));
            header.set_cksum();
            builder
                .append(&header, content.as_slice())
                .unwrap_or_else(|error| unreachable!("memory can be written: {error}"));
        }
        builder.into_inner().unwrap_or_else(|error| unreachable!("memory can be written: {error}"))
    }

    /// Its files.
    #[must_use]
    pub const fn files(&self) -> &BTreeMap<ModPath, Vec<u8>> {
        &self.files
    }

    /// A file of it.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(&path.parse().ok()?).map(Vec::as_slice)
    }
}

/// That of a file which is nobody's and was written at no time. It lacks its path and its sum.
fn header(content: &[u8]) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    header
}

fn too_large(path: &str) -> ScriptError {
    let message = format!(
        "a package has no more than {MOST_FILES} files and {PACKAGE_BYTES} bytes; leave something out"
    );
    ScriptError::refused(Refusal::TooLarge, path, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Package {
        let long = format!("{0}/{0}/{1}.rhai", "a".repeat(60), "b".repeat(30));
        let files = [("mod.toml", "id"), ("a.rhai", "let x = 1;"), ("z/empty", ""), (&long, "x")];
        let files = files.map(|(path, text)| (path.parse().unwrap(), text.as_bytes().to_vec()));
        Package::new("m.cmod", files.into()).unwrap()
    }

    /// An archive with a header as it comes.
    fn raw(change: impl FnOnce(&mut Header), content: &[u8]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        let mut header = header(content);
        header.set_path("a.rhai").unwrap();
        change(&mut header);
        header.set_cksum();
        builder.append(&header, content).unwrap();
        builder.into_inner().unwrap()
    }

    fn refusal(bytes: &[u8]) -> (Option<Refusal>, String) {
        let error = Package::parse("m.cmod", bytes).unwrap_err();
        (error.refusal, error.message)
    }

    #[test]
    fn a_package_has_one_form() {
        let package = package();
        let bytes = package.to_bytes();
        assert_eq!(Package::parse("m.cmod", &bytes), Ok(package.clone()));
        assert_eq!(package.to_bytes(), bytes);
        assert_eq!(package.file("a.rhai"), Some(&b"let x = 1;"[..]));
        assert_eq!(package.file("../a.rhai"), None);
        assert!(Package::parse("m.cmod", &raw(|_| (), b"let x = 1;")).is_ok());
    }

    #[test]
    fn whatever_is_changed_in_it_is_seen() {
        let bytes = package().to_bytes();
        for length in 0..bytes.len() {
            assert!(Package::parse("m.cmod", &bytes[..length]).is_err(), "{length}");
        }
        let mut more = bytes.clone();
        more.push(0);
        assert!(Package::parse("m.cmod", &more).is_err());
        // Every byte of the first header, and of the padding behind its content.
        for i in (0..512).chain(530..1024) {
            let mut other = bytes.clone();
            other[i] ^= 1;
            assert!(Package::parse("m.cmod", &other).is_err(), "{i}");
        }
    }

    #[test]
    fn what_leads_out_is_refused() {
        for name in ["../evil", "/etc/passwd", "a/../../b", "C:\\a", "a\\b", ".hidden", ""] {
            let bytes = raw(
                |header| {
                    let field = &mut header.as_old_mut().name;
                    field.fill(0);
                    field[..name.len()].copy_from_slice(name.as_bytes());
                },
                b"x",
            );
            assert_eq!(refusal(&bytes).0, Some(Refusal::Path), "{name}");
        }
    }

    #[test]
    fn links_and_devices_and_extensions_are_refused() {
        use EntryType as Is;
        for kind in [
            Is::Symlink,
            Is::Link,
            Is::Char,
            Is::Block,
            Is::Directory,
            Is::Fifo,
            Is::Continuous,
            Is::GNULongName,
            Is::GNULongLink,
            Is::GNUSparse,
            Is::XGlobalHeader,
            Is::XHeader,
        ] {
            let bytes = raw(|header| header.set_entry_type(kind), b"x");
            let (refusal, message) = refusal(&bytes);
            assert_eq!(refusal, Some(Refusal::Package), "{kind:?}");
            assert!(message.contains("no regular file"), "{message}");
        }
    }

    #[test]
    fn a_claimed_size_costs_nothing() {
        for size in [10 << 30, u64::MAX / 2, u64::MAX - 511, u64::MAX] {
            let (refusal, message) = refusal(&raw(|header| header.set_size(size), b"x"));
            assert_eq!(refusal, Some(Refusal::Package), "{message}");
        }
    }

    #[test]
    fn a_name_is_in_it_once() {
        let one = raw(|_| (), b"x");
        let twice = [&one[..1024], &one].concat();
        assert!(refusal(&twice).1.contains("twice"));
        let large = raw(|header| header.set_path("A.RHAI").unwrap(), b"x");
        let both = [&large[..1024], &one].concat();
        assert!(refusal(&both).1.contains("twice, but for the size of letters"));
    }

    #[test]
    fn too_much_is_refused_before_it_is_read() {
        let files = (0..=MOST_FILES + 1).map(|i| (format!("{i}").parse().unwrap(), Vec::new()));
        let error = Package::new("m.cmod", files.collect()).unwrap_err();
        assert_eq!(error.refusal, Some(Refusal::TooLarge));
        let error = Package::parse("m.cmod", &vec![0; PACKAGE_BYTES + 1]).unwrap_err();
        assert_eq!(error.refusal, Some(Refusal::TooLarge));
    }
}
