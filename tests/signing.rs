use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

/// A folder that goes away with the test, and the tool in it.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("bevy_cscript-signing-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.file(name);
        if let Some(folder) = path.parent() {
            let made = fs::create_dir_all(folder);
            made.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        }
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    fn read(&self, name: &str) -> Vec<u8> {
        let path = self.file(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn run(&self, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.0).env("CSCRIPT_PASSWORD", "from the environment");
        command.output().unwrap_or_else(|error| panic!("{args:?}: {error}"))
    }

    /// Runs the tool; gives its exit code and all it said.
    fn tool(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(env!("CARGO_BIN_EXE_cscript"), args);
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }

    #[track_caller]
    fn works(&self, args: &[&str]) -> String {
        let (code, said) = self.tool(args);
        assert_eq!(code, 0, "{args:?}: {said}");
        said
    }

    #[track_caller]
    fn fails(&self, code: i32, args: &[&str], because: &str) {
        let (found, said) = self.tool(args);
        assert_eq!(found, code, "{args:?}: {said}");
        assert!(said.contains(because), "{args:?}: {said}");
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const MANIFEST: &str = "id = \"guards\"\nversion = \"1.2.0\"\napi = 1\nentry = [\"scripts/a.rhai\"]\nfiles = [\"LICENSE\"]\n";

fn with_mod() -> Desk {
    let desk = Desk::new();
    desk.works(&["keygen", "key.pem"]);
    desk.write("m/mod.toml", MANIFEST);
    desk.write("m/scripts/a.rhai", "let a = 1;");
    desk.write("m/LICENSE", "do as you like");
    desk.write("m/notes.txt", "no part of it");
    desk
}

#[test]
fn a_script_is_signed_verified_and_refused() {
    let desk = Desk::new();
    desk.write("a.rhai", "let x = 1;");
    desk.works(&["keygen", "key.pem"]);
    desk.fails(1, &["verify", "--trust", "key.pem.pub", "a.rhai"], "not signed");
    desk.works(&["sign", "a.rhai", "--key", "key.pem"]);
    let said = desk.works(&["verify", "--trust", "key.pem.pub", "a.rhai"]);
    assert!(said.contains("version 1, signed by key.pem.pub") && said.contains("Mod"), "{said}");
    let said = desk.works(&["inspect", "a.rhai.sig"]);
    assert!(
        said.contains("kind: script\nid: a\ngame: *\ncounter: 1\nnot-after: never\n"),
        "{said}"
    );
    desk.fails(1, &["verify", "a.rhai"], "[unknown-key]");
    desk.write("a.rhai", "let x = 2;");
    desk.fails(1, &["verify", "--trust", "key.pem.pub", "a.rhai"], "[changed]");
    assert!(desk.works(&["sign", "a.rhai", "--key", "key.pem"]).contains("version 2"));
    desk.works(&["verify", "--trust", "key.pem.pub", "a.rhai"]);
    fs::rename(desk.file("a.rhai"), desk.file("b.rhai")).unwrap();
    fs::rename(desk.file("a.rhai.sig"), desk.file("b.rhai.sig")).unwrap();
    desk.fails(1, &["verify", "--trust", "key.pem.pub", "b.rhai"], "[renamed]");

    desk.works(&["sign", "b.rhai", "--key", "key.pem", "--counter", "9", "--not-after", "1000"]);
    desk.fails(1, &["verify", "--trust", "key.pem.pub", "b.rhai"], "[expired]");
    desk.works(&["verify", "--trust", "key.pem.pub", "b.rhai", "--now", "1000"]);
    desk.works(&["sign", "b.rhai", "--key", "key.pem", "--days", "30", "--game", "arena"]);
    desk.works(&["verify", "--trust", "key.pem.pub", "b.rhai"]);
    desk.write("policy.toml", "unsigned = \"Refuse\"\ngame = \"chess\"\n");
    let args = ["verify", "--trust", "key.pem.pub", "--policy", "policy.toml", "b.rhai"];
    desk.fails(1, &args, "[other-game]");
}

#[test]
fn a_mod_is_signed_packed_and_the_package_is_always_the_same() {
    let desk = with_mod();
    let trusted = |path: &'static str| ["verify", "--trust", "key.pem.pub", path];
    desk.fails(1, &trusted("m"), "[unsigned]");
    desk.fails(2, &["pack", "m"], "not signed");
    assert!(
        desk.works(&["sign", "m", "--key", "key.pem"]).contains("mod:guards, version 1, 3 files")
    );
    desk.works(&trusted("m"));
    desk.works(&trusted("m/scripts/a.rhai"));
    desk.works(&["pack", "m"]);
    desk.works(&trusted("guards-1.2.0.cmod"));
    desk.works(&["pack", "m", "--out", "again.cmod"]);
    assert_eq!(desk.read("guards-1.2.0.cmod"), desk.read("again.cmod"));
    // The same files elsewhere, written later, by others' rights.
    for file in ["mod.toml", "mod.sig", "scripts/a.rhai", "LICENSE"] {
        desk.write(&format!("copy/{file}"), desk.read(&format!("m/{file}")));
    }
    desk.works(&["pack", "copy", "--out", "copy.cmod"]);
    assert_eq!(desk.read("guards-1.2.0.cmod"), desk.read("copy.cmod"));
    let said = desk.works(&["inspect", "copy.cmod"]);
    assert!(said.contains("entry: scripts/a.rhai") && !said.contains("notes.txt"), "{said}");
    desk.works(&["inspect", "m"]);

    desk.write("m/scripts/a.rhai", "let a = 2;");
    desk.fails(1, &trusted("m"), "[changed]");
    desk.fails(1, &["pack", "m"], "changed since it was signed");
    let mut package = desk.read("copy.cmod");
    let at = package.windows(9).position(|part| part == b"let a = 1").unwrap();
    package[at + 8] = b'7';
    desk.write("copy.cmod", package);
    desk.fails(1, &trusted("copy.cmod"), "[changed]");
    desk.write("cut.cmod", &desk.read("again.cmod")[..1000]);
    desk.fails(1, &trusted("cut.cmod"), "[package]");
}

#[test]
fn what_cannot_be_done_says_what_to_do() {
    let desk = with_mod();
    desk.fails(2, &["keygen", "key.pem"], "choose another name");
    desk.fails(2, &["sign", "m/notes.txt", "--key", "key.pem"], "neither a .rhai file nor");
    desk.fails(2, &["sign", "m/scripts", "--key", "key.pem"], "no mod.toml");
    desk.fails(2, &["sign", "m", "--key", "key.pem", "--id", "x"], "leave out --id");
    desk.fails(
        2,
        &["sign", "m/scripts/a.rhai", "--key", "key.pem", "--id", "A B"],
        "small letters",
    );
    desk.fails(2, &["verify", "--policy", "sever", "m"], "development, client, server");
    desk.fails(2, &["inspect", "m/notes.txt"], "no signature, mod, package or key");
    desk.fails(2, &["sign", "m"], "--key");
    desk.fails(1, &["sign", "m", "--key", "key.pem.pub"], "not a private key");
    desk.fails(1, &["sign", "m", "--key", "none.pem"], "none.pem");
    desk.fails(1, &["verify", "--trust", "key.pem", "m"], "not a public key");
    desk.write("m/mod.toml", MANIFEST.replace("LICENSE", "../key.pem"));
    desk.fails(1, &["sign", "m", "--key", "key.pem"], "line 5");
    desk.write("m/mod.toml", MANIFEST.replace("LICENSE", "LICENCE"));
    desk.fails(1, &["sign", "m", "--key", "key.pem"], "LICENCE");
    desk.write("m/mod.toml", MANIFEST);
    desk.write("m/a b.rhai", "");
    desk.fails(1, &["sign", "m", "--key", "key.pem"], "a b.rhai");
    desk.write("m/mod.sig", "nonsense");
    fs::remove_file(desk.file("m/a b.rhai")).unwrap();
    desk.fails(1, &["sign", "m", "--key", "key.pem"], "give one with --counter");
    desk.works(&["sign", "m", "--key", "key.pem", "--counter", "4"]);
}

#[cfg(unix)]
#[test]
fn links_do_not_get_into_a_mod_and_keys_are_for_their_owner() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let desk = with_mod();
    let mode = fs::metadata(desk.file("key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    symlink(desk.file("key.pem"), desk.file("m/b.rhai")).unwrap();
    desk.fails(1, &["sign", "m", "--key", "key.pem"], "it is a link");
    fs::remove_file(desk.file("m/b.rhai")).unwrap();
    fs::remove_file(desk.file("m/LICENSE")).unwrap();
    symlink(desk.file("key.pem"), desk.file("m/LICENSE")).unwrap();
    desk.fails(1, &["sign", "m", "--key", "key.pem"], "it is a link");
}

#[test]
fn an_encrypted_key_needs_its_password() {
    let desk = Desk::new();
    desk.write("a.rhai", "let x = 1;");
    desk.write("password", "right\n");
    desk.write("wrong", "wrong\n");
    desk.works(&["keygen", "key.pem", "--encrypt", "--password-file", "password"]);
    assert!(desk.read("key.pem").starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    assert_eq!(desk.works(&["inspect", "key.pem"]), "private key, encrypted\n");
    let sign = |password| ["sign", "a.rhai", "--key", "key.pem", "--password-file", password];
    desk.works(&sign("password"));
    desk.works(&["verify", "--trust", "key.pem.pub", "a.rhai"]);
    desk.fails(1, &sign("wrong"), "missing or wrong");
    desk.fails(1, &sign("none"), "none");
    // The one in the environment is another.
    desk.fails(1, &["sign", "a.rhai", "--key", "key.pem"], "missing or wrong");
}

#[test]
fn keys_are_replaced_and_revoked_by_signed_files() {
    let desk = Desk::new();
    for key in ["old", "new"] {
        desk.works(&["keygen", key]);
    }
    let said = desk.works(&["rotate", "new.pub", "--key", "old", "--out", "new.sig"]);
    assert!(said.contains("replaces"), "{said}");
    assert!(desk.works(&["inspect", "new.sig"]).contains("kind: rotation\nid: keys\n"));
    desk.fails(2, &["rotate", "old.pub", "--key", "old", "--out", "x.sig"], "make another");
    let id = desk.works(&["inspect", "old.pub"]).split_whitespace().last().unwrap().to_owned();
    desk.write("bad.rhai", "let x = 1;");
    let args = [
        "revoke",
        "--revoke-key",
        &id,
        "--revoke-file",
        "bad.rhai",
        "--key",
        "new",
        "--out",
        "r.sig",
    ];
    assert!(desk.works(&args).contains("revokes 1 keys and 1 files"));
    let said = desk.works(&["inspect", "r.sig"]);
    assert!(said.contains(&format!("revoked-key: {id}\nrevoked-file: ")), "{said}");
    desk.fails(2, &["revoke", "--key", "new", "--out", "r.sig"], "say what is revoked");
}

/// What OpenSSL 1.1.1 and later can do with the files: only where it is installed.
#[test]
fn openssl_reads_keys_and_checks_signatures() {
    let desk = Desk::new();
    let has_openssl =
        Command::new("openssl").arg("version").output().is_ok_and(|it| it.status.success());
    if !has_openssl {
        println!("left out: there is no openssl");
        return;
    }
    #[track_caller]
    fn openssl(desk: &Desk, args: &str) -> String {
        let args: Vec<_> = args.split(' ').collect();
        let output = desk.run("openssl", &args);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{args:?}: {said}");
        said
    }
    desk.write("password", "right\n");
    desk.works(&["keygen", "plain.pem"]);
    desk.works(&["keygen", "locked.pem", "--encrypt", "--password-file", "password"]);
    for (key, public) in [("plain.pem", "plain.pem.pub"), ("locked.pem", "locked.pem.pub")] {
        openssl(&desk, &format!("pkey -in {key} -passin file:password -pubout -out theirs.pub"));
        assert_eq!(desk.read("theirs.pub"), desk.read(public), "{key}");
    }
    // A signature, taken apart as docs/signing.md says.
    desk.write("a.rhai", "let x = 1;");
    desk.works(&["sign", "a.rhai", "--key", "plain.pem"]);
    let text = String::from_utf8(desk.read("a.rhai.sig")).unwrap();
    let (said, digits) = text.trim_end().rsplit_once("signature: ").unwrap();
    let pairs: Vec<u8> = (0..digits.len() / 2)
        .map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    desk.write("said", said);
    desk.write("raw", pairs);
    let check = "pkeyutl -verify -rawin -pubin -inkey plain.pem.pub -in said -sigfile raw";
    assert!(openssl(&desk, check).contains("Verified Successfully"));
    // A key that OpenSSL made.
    openssl(&desk, "genpkey -algorithm ed25519 -out theirs.pem");
    openssl(&desk, "pkey -in theirs.pem -pubout -out theirs.pub");
    desk.works(&["sign", "a.rhai", "--key", "theirs.pem"]);
    desk.works(&["verify", "--trust", "theirs.pub", "a.rhai"]);
    let locked = "genpkey -algorithm ed25519 -aes-256-cbc -pass file:password -out locked2.pem";
    openssl(&desk, locked);
    desk.works(&["sign", "a.rhai", "--key", "locked2.pem", "--password-file", "password"]);
    assert!(Path::new(&desk.file("a.rhai.sig")).exists());
}
