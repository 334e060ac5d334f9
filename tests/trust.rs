use std::{collections::BTreeMap, sync::Arc};

use bevy_cscript::{
    contract::{ErrorKind, Refusal, ScriptError, ScriptSource, Stage},
    trust::{
        Claim, Digest, FileClaim, KeyId, KeyRing, KnownKey, ModPath, Package, Paper, Papers,
        Permissions, Revocations, SecretKey, SignedStatement, Statement, TrustHost, TrustLevel,
        TrustMemory, TrustPolicy, Unsigned, Verified, Verifier,
    },
};

const MANIFEST: &str = "id = \"guards\"\nversion = \"1.0.0\"\napi = 1\npermissions = [\"movement\", \"economy\"]\nentry = [\"a.rhai\"]\n";

fn secret(number: u8) -> SecretKey {
    SecretKey::from_bytes(&[number; 32])
}

fn path(text: &str) -> ModPath {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn said(claim: Claim, counter: u64) -> Statement {
    let id = "guards".to_owned();
    let key = secret(1).public().id();
    Statement { claim, id, game: "*".to_owned(), counter, not_after: None, key }
}

fn script_claim(name: &str, text: &str) -> Claim {
    Claim::Script(path(name), FileClaim::of(text.as_bytes()))
}

/// A server that believes key 1.
struct Server {
    memory: Arc<TrustMemory>,
    verifier: Verifier,
}

impl Server {
    fn new(change: impl FnOnce(&mut TrustPolicy)) -> Self {
        let keys = KeyRing::new().with(KnownKey::new("Ada", secret(1).public(), TrustLevel::Mod));
        let mut policy = TrustPolicy::server().with_keys(keys);
        change(&mut policy);
        let memory = Arc::new(TrustMemory::default());
        Self { memory: memory.clone(), verifier: Verifier::new(policy, memory) }
    }

    fn script(
        &self,
        name: &str,
        text: impl Into<Vec<u8>>,
        signature: impl Into<Vec<u8>>,
    ) -> Result<Verified<ScriptSource>, ScriptError> {
        let signature = Some(Paper::new(format!("{name}.sig"), signature));
        let papers = Papers { signature, ..Papers::NONE };
        self.verifier.verify(ScriptSource::new(format!("scripts/{name}"), text), &papers)
    }

    /// Says whether `a.rhai` of this text and statement is accepted.
    fn takes(&self, text: &str, statement: Statement, by: &SecretKey) -> Result<(), Refusal> {
        let signature = SignedStatement::sign(statement, by).to_text();
        self.script("a.rhai", text, signature).map(|_| ()).map_err(|error| rule(&error))
    }
}

fn rule(error: &ScriptError) -> Refusal {
    assert_eq!((error.stage, error.kind), (Stage::Verify, ErrorKind::Signature), "{error}");
    error.refusal.unwrap_or_else(|| panic!("{error}"))
}

/// A mod with two scripts, as the files of its folder.
fn guards(counter: u64) -> BTreeMap<ModPath, Vec<u8>> {
    let files = [("mod.toml", MANIFEST), ("a.rhai", "let a = 1;"), ("sub/b.rhai", "let b = 2;")];
    sign_mod(files.map(|(name, text)| (path(name), text.as_bytes().to_vec())).into(), counter)
}

fn sign_mod(mut files: BTreeMap<ModPath, Vec<u8>>, counter: u64) -> BTreeMap<ModPath, Vec<u8>> {
    files.remove(&path("mod.sig"));
    let claims = files.iter().map(|(path, bytes)| (path.clone(), FileClaim::of(bytes))).collect();
    let signed = SignedStatement::sign(said(Claim::Mod(claims), counter), &secret(1));
    files.insert(path("mod.sig"), signed.to_text().into_bytes());
    files
}

/// Verifies one script of a mod as it lies in its folder.
fn in_folder(
    server: &Server,
    files: &BTreeMap<ModPath, Vec<u8>>,
    script: &str,
) -> Result<Verified<ScriptSource>, ScriptError> {
    let paper = |name: &str| {
        files
            .get(&path(name))
            .map(|bytes| Paper::new(format!("mods/guards/{name}"), bytes.as_slice()))
    };
    let Some(manifest) = paper("mod.toml") else { panic!("every mod has a manifest") };
    let papers = Papers::of_mod(manifest, paper("mod.sig"), &path(script));
    let text = files[&path(script)].as_slice();
    server.verifier.verify(ScriptSource::new(format!("mods/guards/{script}"), text), &papers)
}

fn whole(server: &Server, files: &BTreeMap<ModPath, Vec<u8>>) -> Result<(), Refusal> {
    let checked = server.verifier.verify_mod(files, |file| format!("guards/{file}"));
    checked.map(|_| ()).map_err(|error| rule(&error))
}

#[test]
fn a_signed_script_gets_the_level_and_ceiling_of_its_key() {
    let text = "let x = 1;";
    let server = Server::new(|policy| {
        let key = KnownKey::new("Ada", secret(1).public(), TrustLevel::Mod);
        policy.keys.add(key.within(Permissions::only(["combat", "economy"])));
    });
    let signature = SignedStatement::sign(said(script_claim("a.rhai", text), 3), &secret(1));
    let verified = server.script("a.rhai", text, signature.to_text()).unwrap();
    assert_eq!(verified.level(), TrustLevel::Mod);
    // The level may not trade, whatever the key may.
    assert_eq!(verified.granted(), &Permissions::only(["combat"]));
    let signer = verified.signer().unwrap();
    assert_eq!((signer.name.as_str(), signer.counter), ("Ada", 3));
    assert_eq!(*verified.digest(), Digest::of(text.as_bytes()));
}

#[test]
fn the_presets_say_what_becomes_of_the_unsigned_and_the_broken() {
    let unsigned = |policy: TrustPolicy| {
        let verifier = Verifier::new(policy, Arc::new(TrustMemory::default()));
        let verified = verifier.verify(ScriptSource::new("a.rhai", "let x = 1;"), &Papers::NONE);
        verified.map(|it| (it.level(), it.warnings().len())).map_err(|error| rule(&error))
    };
    assert_eq!(unsigned(TrustPolicy::default()), Ok((TrustLevel::Trusted, 0)));
    assert_eq!(unsigned(TrustPolicy::development()), Ok((TrustLevel::Trusted, 0)));
    assert_eq!(unsigned(TrustPolicy::client()), Ok((TrustLevel::Untrusted, 1)));
    assert_eq!(unsigned(TrustPolicy::server()), Err(Refusal::Unsigned));

    let broken = |policy: TrustPolicy| {
        let verifier = Verifier::new(policy, Arc::new(TrustMemory::default()));
        let signature = Some(Paper::new("a.rhai.sig", "nonsense"));
        let papers = Papers { signature, ..Papers::NONE };
        let verified = verifier.verify(ScriptSource::new("a.rhai", "let x = 1;"), &papers);
        verified.map(|it| (it.level(), it.warnings().len())).map_err(|error| rule(&error))
    };
    assert_eq!(broken(TrustPolicy::default()), Err(Refusal::Malformed), "never `unsigned, fine`");
    assert_eq!(broken(TrustPolicy::development()), Ok((TrustLevel::Trusted, 1)));
    assert_eq!(broken(TrustPolicy::client()), Err(Refusal::Malformed));
    assert_eq!(broken(TrustPolicy::server()), Err(Refusal::Malformed));
}

/// All 32,768 bits of the script, and all of the signature's.
#[test]
fn every_single_bit_counts() {
    let text: String = (0..).map(|i| format!("let v{i} = {i};\n")).take(400).collect();
    let text = &text.as_bytes()[..4096];
    let statement = said(Claim::Script(path("a.rhai"), FileClaim::of(text)), 1);
    let signature = SignedStatement::sign(statement, &secret(1)).to_text();
    let server = Server::new(|_| ());
    assert!(server.script("a.rhai", text, signature.as_str()).is_ok());
    let mut accepted = Vec::new();
    let mut tried = 0;
    for bit in 0..text.len() * 8 {
        let mut other = text.to_vec();
        other[bit / 8] ^= 1 << (bit % 8);
        tried += 1;
        match server.script("a.rhai", other, signature.as_str()) {
            Ok(_) => accepted.push(("script", bit)),
            Err(error) => assert_eq!(rule(&error), Refusal::Changed),
        }
    }
    for bit in 0..signature.len() * 8 {
        let mut other = signature.clone().into_bytes();
        other[bit / 8] ^= 1 << (bit % 8);
        tried += 1;
        match server.script("a.rhai", text, other) {
            Ok(_) => accepted.push(("signature", bit)),
            Err(error) => {
                let rule = rule(&error);
                let expected =
                    [Refusal::Malformed, Refusal::Path, Refusal::UnknownKey, Refusal::BadSignature];
                assert!(expected.contains(&rule), "{error}");
            }
        }
    }
    assert_eq!(accepted, [], "of {tried}");
    assert!(tried > 33_280, "{tried}");
}

#[test]
fn each_way_to_be_wrong_has_its_rule() {
    let text = "let x = 1;";
    let good = || said(script_claim("a.rhai", text), 5);
    let plain = Server::new(|_| ());
    assert_eq!(plain.takes(text, good(), &secret(1)), Ok(()));
    assert_eq!(plain.takes("let x = 2;", good(), &secret(1)), Err(Refusal::Changed));
    assert_eq!(plain.takes("let x = 11;", good(), &secret(1)), Err(Refusal::Changed));
    assert_eq!(plain.takes("let x = 1", good(), &secret(1)), Err(Refusal::Truncated));
    assert_eq!(plain.takes("", good(), &secret(1)), Err(Refusal::Truncated));
    assert_eq!(plain.takes(text, good(), &secret(2)), Err(Refusal::UnknownKey));

    let renamed = said(script_claim("b.rhai", text), 5);
    assert_eq!(plain.takes(text, renamed, &secret(1)), Err(Refusal::Renamed));
    let of_another = said(script_claim("b.rhai", "let b = 2;"), 5);
    assert_eq!(plain.takes(text, of_another, &secret(1)), Err(Refusal::NotListed));
    let of_a_mod = said(Claim::Mod([(path("a.rhai"), FileClaim::of(text.as_bytes()))].into()), 5);
    assert_eq!(plain.takes(text, of_a_mod, &secret(1)), Err(Refusal::OtherKind));

    // The lines of a statement by a key that the server knows, with another one's id.
    let mut forged = SignedStatement::sign(good(), &secret(2)).to_text();
    let (mine, theirs) = (secret(2).public().id(), secret(1).public().id());
    forged = forged.replace(&mine.to_string(), &theirs.to_string());
    let error = plain.script("a.rhai", text, forged).unwrap_err();
    assert_eq!(rule(&error), Refusal::BadSignature);

    let game = Server::new(|policy| policy.game = Some("arena".to_owned()));
    let for_game = |game: &str| Statement { game: game.to_owned(), ..good() };
    assert_eq!(game.takes(text, for_game("chess"), &secret(1)), Err(Refusal::OtherGame));
    assert_eq!(game.takes(text, for_game("arena"), &secret(1)), Ok(()));
    assert_eq!(game.takes(text, for_game("*"), &secret(1)), Ok(()));

    let revoked_key = Server::new(|policy| {
        policy.revoked.keys.insert(secret(1).public().id());
    });
    assert_eq!(revoked_key.takes(text, good(), &secret(1)), Err(Refusal::Revoked));
    let revoked_file = Server::new(|policy| {
        policy.revoked.files.insert(Digest::of(text.as_bytes()));
    });
    assert_eq!(revoked_file.takes(text, good(), &secret(1)), Err(Refusal::Revoked));

    let large = vec![b'a'; bevy_cscript::trust::SIGNATURE_BYTES + 1];
    assert_eq!(rule(&plain.script("a.rhai", text, large).unwrap_err()), Refusal::TooLarge);
    let paper = Paper { path: "a.rhai.sig".to_owned(), bytes: Err("no permission".to_owned()) };
    let papers = Papers { signature: Some(paper), ..Papers::NONE };
    let error = plain.verifier.verify(ScriptSource::new("a.rhai", text), &papers).unwrap_err();
    assert_eq!(rule(&error), Refusal::Unreadable);
}

#[test]
fn what_ended_is_refused_and_so_is_what_may_have() {
    let text = "let x = 1;";
    let until = || Statement { not_after: Some(1000), ..said(script_claim("a.rhai", text), 5) };
    let server = Server::new(|_| ());
    assert_eq!(server.takes(text, until(), &secret(1)), Err(Refusal::NoClock));
    server.memory.set_now(1000);
    assert_eq!(server.takes(text, until(), &secret(1)), Ok(()));
    server.memory.set_now(1001);
    assert_eq!(server.takes(text, until(), &secret(1)), Err(Refusal::Expired));
    let lenient = Server::new(|policy| policy.no_expired = false);
    assert_eq!(lenient.takes(text, until(), &secret(1)), Ok(()));
}

#[test]
fn an_older_version_is_refused_after_a_newer_one() {
    let text = "let x = 1;";
    let version = |counter| said(script_claim("a.rhai", text), counter);
    let server = Server::new(|policy| {
        policy.keys.add(KnownKey::new("Bob", secret(2).public(), TrustLevel::Mod));
    });
    assert_eq!(server.takes(text, version(5), &secret(1)), Ok(()));
    assert_eq!(server.takes(text, version(5), &secret(1)), Ok(()), "the same again");
    assert_eq!(server.takes(text, version(7), &secret(1)), Ok(()));
    assert_eq!(server.takes(text, version(6), &secret(1)), Err(Refusal::RolledBack));
    assert_eq!(server.takes(text, version(7), &secret(1)), Ok(()));
    // Another key and another id count for themselves.
    assert_eq!(server.takes(text, version(1), &secret(2)), Ok(()));
    let other = Statement { id: "other".to_owned(), ..version(1) };
    assert_eq!(server.takes(text, other, &secret(1)), Ok(()));
    let lenient = Server::new(|policy| policy.no_rollback = false);
    assert_eq!(lenient.takes(text, version(7), &secret(1)), Ok(()));
    assert_eq!(lenient.takes(text, version(6), &secret(1)), Ok(()));
    assert_eq!(lenient.memory.counters(), Default::default());
}

/// The mistake that others made: to store the counter, and then to check.
#[test]
fn what_is_refused_moves_no_counter() {
    let text = "let x = 1;";
    let version = |counter| said(script_claim("a.rhai", text), counter);
    let server = Server::new(|_| ());
    server.memory.set_now(1001);
    let late = Statement { not_after: Some(1000), ..version(90) };
    for (text, statement, by) in [
        ("let x = 2;", version(90), secret(1)),
        (text, said(script_claim("b.rhai", text), 90), secret(1)),
        (text, late, secret(1)),
        (text, version(90), secret(2)),
    ] {
        assert!(server.takes(text, statement, &by).is_err());
        assert_eq!(server.memory.counters(), Default::default());
    }
    assert_eq!(server.takes(text, version(1), &secret(1)), Ok(()));
}

/// A host whose disk is full, or gone.
#[derive(Debug)]
struct NoStore(bool);

impl TrustHost for NoStore {
    fn now(&self) -> Option<u64> {
        Some(0)
    }

    fn highest(&self, _: &str, _: KeyId) -> Result<Option<u64>, String> {
        if self.0 { Ok(None) } else { Err("the disk is gone".to_owned()) }
    }

    fn remember(&self, _: &str, _: KeyId, _: u64) -> Result<(), String> {
        Err("the disk is full".to_owned())
    }
}

#[test]
fn without_a_store_nothing_is_accepted() {
    for reads in [true, false] {
        let policy = (*Server::new(|_| ()).verifier.policy()).clone();
        let verifier = Verifier::new(policy, Arc::new(NoStore(reads)));
        let signature = SignedStatement::sign(said(script_claim("a.rhai", "x"), 1), &secret(1));
        let signature = Some(Paper::new("a.rhai.sig", signature.to_text()));
        let papers = Papers { signature, ..Papers::NONE };
        let error = verifier.verify(ScriptSource::new("a.rhai", "x"), &papers).unwrap_err();
        assert_eq!(rule(&error), Refusal::Store);
        assert!(error.message.contains("the disk is"), "{error}");
    }
}

#[test]
fn a_script_of_a_mod_is_checked_by_the_mods_signature() {
    let server = Server::new(|_| ());
    let files = guards(1);
    let verified = in_folder(&server, &files, "sub/b.rhai").unwrap();
    assert_eq!(verified.level(), TrustLevel::Mod);
    // The manifest asks for two, the level gives one of them.
    assert_eq!(verified.granted(), &Permissions::only(["movement"]));
    let label = verified.of_mod().unwrap();
    assert_eq!((label.id.as_str(), label.script.as_str()), ("guards", "sub/b.rhai"));
    assert_eq!(whole(&server, &files), Ok(()));

    let change = |change: &dyn Fn(&mut BTreeMap<ModPath, Vec<u8>>)| {
        let mut files = guards(1);
        change(&mut files);
        files
    };
    let text = |text: &str| text.as_bytes().to_vec();
    let swap = change(&|files| {
        files.insert(path("a.rhai"), text("let b = 2;"));
        files.insert(path("sub/b.rhai"), text("let a = 1;"));
    });
    let rename = change(&|files| {
        let script = files.remove(&path("a.rhai")).unwrap_or_default();
        files.insert(path("c.rhai"), script);
    });
    let add = change(&|files| {
        files.insert(path("c.rhai"), text("let c = 3;"));
    });
    let cut = change(&|files| {
        files.insert(path("a.rhai"), text("let a"));
    });
    let edit = change(&|files| {
        files.insert(path("a.rhai"), text("let a = 9;"));
    });
    let more = change(&|files| {
        let manifest = MANIFEST.replace("movement", "combat\", \"movement");
        files.insert(path("mod.toml"), text(&manifest));
    });
    let other_mod = change(&|files| {
        files.insert(path("mod.toml"), text(&MANIFEST.replace("guards", "thieves")));
    });
    let unsigned = change(&|files| {
        files.remove(&path("mod.sig"));
    });
    let lacks = change(&|files| {
        files.remove(&path("sub/b.rhai"));
    });
    for (files, script, one, all) in [
        (&swap, "a.rhai", Err(Refusal::Swapped), Err(Refusal::Swapped)),
        (&rename, "c.rhai", Err(Refusal::Renamed), Err(Refusal::Renamed)),
        (&add, "c.rhai", Err(Refusal::NotListed), Err(Refusal::NotListed)),
        (&cut, "a.rhai", Err(Refusal::Truncated), Err(Refusal::Truncated)),
        (&edit, "a.rhai", Err(Refusal::Changed), Err(Refusal::Changed)),
        (&edit, "sub/b.rhai", Ok(()), Err(Refusal::Changed)),
        (&more, "a.rhai", Err(Refusal::Changed), Err(Refusal::Changed)),
        (&other_mod, "a.rhai", Err(Refusal::OtherMod), Err(Refusal::OtherMod)),
        (&unsigned, "a.rhai", Err(Refusal::Unsigned), Err(Refusal::Unsigned)),
        (&lacks, "a.rhai", Ok(()), Err(Refusal::Missing)),
    ] {
        let found = in_folder(&server, files, script).map(|_| ()).map_err(|error| rule(&error));
        assert_eq!(found, one, "{script}");
        assert_eq!(whole(&server, files), all, "{script}");
    }

    assert_eq!(whole(&server, &guards(2)), Ok(()));
    let error = in_folder(&server, &files, "a.rhai").unwrap_err();
    assert_eq!(rule(&error), Refusal::RolledBack);
    assert_eq!(whole(&server, &files), Err(Refusal::RolledBack));
}

#[test]
fn another_mods_signature_by_the_same_key_is_refused() {
    let server = Server::new(|_| ());
    let mut thieves = guards(1);
    thieves.insert(path("mod.toml"), MANIFEST.replace("guards", "thieves").into_bytes());
    let statement = |files: &BTreeMap<ModPath, Vec<u8>>, id: &str| {
        let claims = files
            .iter()
            .filter(|(path, _)| path.as_str() != "mod.sig")
            .map(|(path, bytes)| (path.clone(), FileClaim::of(bytes)))
            .collect();
        Statement { id: id.to_owned(), ..said(Claim::Mod(claims), 1) }
    };
    let good = SignedStatement::sign(statement(&thieves, "thieves"), &secret(1)).to_text();
    thieves.insert(path("mod.sig"), good.into_bytes());
    assert_eq!(whole(&server, &thieves), Ok(()));
    thieves.insert(path("mod.sig"), guards(1)[&path("mod.sig")].clone());
    assert_eq!(whole(&server, &thieves), Err(Refusal::OtherMod));
}

#[test]
fn a_manifest_narrows_the_unsigned_too_and_a_bad_one_refuses() {
    let verifier = Verifier::new(TrustPolicy::default(), Arc::new(TrustMemory::default()));
    let check = |manifest: &str| {
        let papers = Papers::of_mod(Paper::new("m/mod.toml", manifest), None, &path("a.rhai"));
        verifier.verify(ScriptSource::new("m/a.rhai", "let x = 1;"), &papers)
    };
    let verified = check(MANIFEST).unwrap();
    assert_eq!(verified.level(), TrustLevel::Trusted);
    assert_eq!(verified.granted(), &Permissions::only(["movement", "economy"]));
    assert_eq!(rule(&check("id = ").unwrap_err()), Refusal::Manifest);
    assert_eq!(
        rule(&check(&MANIFEST.replace("api = 1", "api = 9")).unwrap_err()),
        Refusal::ApiVersion
    );

    // Of two, one above the other, both narrow; the nearer one is its mod.
    let mut papers = Papers::of_mod(Paper::new("m/n/mod.toml", MANIFEST), None, &path("a.rhai"));
    let outer = MANIFEST.replace("movement", "combat").replace("guards", "outer");
    papers
        .mods
        .extend(Papers::of_mod(Paper::new("m/mod.toml", outer), None, &path("n/a.rhai")).mods);
    let verified = verifier.verify(ScriptSource::new("m/n/a.rhai", "let x = 1;"), &papers).unwrap();
    assert_eq!(verified.granted(), &Permissions::only(["economy"]));
    assert_eq!(verified.of_mod().unwrap().id, "guards");
}

#[test]
fn a_key_is_replaced_by_one_that_it_signed() {
    let text = "let x = 1;";
    let version = |counter| said(script_claim("a.rhai", text), counter);
    let server = Server::new(|_| ());
    assert_eq!(server.takes(text, version(5), &secret(1)), Ok(()));
    let rotate = |by: u8, to: u8, counter| {
        let signed =
            SignedStatement::sign(said(Claim::Rotation(secret(to).public()), counter), &secret(by));
        let paper = Paper::new("new.key.sig", signed.to_text());
        server.verifier.rotate(&paper).map(|known| known.level).map_err(|error| rule(&error))
    };
    assert_eq!(rotate(9, 2, 1), Err(Refusal::UnknownKey));
    assert_eq!(server.takes(text, version(1), &secret(2)), Err(Refusal::UnknownKey));
    assert_eq!(rotate(1, 1, 1), Err(Refusal::Replaced));
    assert_eq!(rotate(1, 2, 1), Ok(TrustLevel::Mod));
    // The new key counts anew: whoever used up the old one's counters has not used up its.
    assert_eq!(server.takes(text, version(1), &secret(2)), Ok(()));
    // What was accepted of the old one still is; nothing else, and no second successor.
    assert_eq!(server.takes(text, version(5), &secret(1)), Ok(()));
    assert_eq!(server.takes(text, version(6), &secret(1)), Err(Refusal::Replaced));
    assert_eq!(rotate(1, 3, 2), Err(Refusal::Replaced));
    assert_eq!(rotate(2, 3, 1), Ok(TrustLevel::Mod));

    let signed = SignedStatement::sign(said(Claim::Rotation(secret(4).public()), 9), &secret(3));
    let weak = format!("01{}", "0".repeat(62));
    let weak = signed.to_text().replace(&secret(4).public().to_string(), &weak);
    let error = server.verifier.rotate(&Paper::new("new.key.sig", weak)).unwrap_err();
    assert_eq!(rule(&error), Refusal::WeakKey);

    let stolen = Server::new(|policy| {
        policy.revoked.keys.insert(secret(1).public().id());
    });
    let signed = SignedStatement::sign(said(Claim::Rotation(secret(3).public()), 9), &secret(1));
    let error = stolen.verifier.rotate(&Paper::new("new.key.sig", signed.to_text())).unwrap_err();
    assert_eq!(rule(&error), Refusal::Revoked);
}

#[test]
fn a_signed_list_revokes_and_an_older_one_does_not_come_back() {
    let text = "let x = 1;";
    let version = |counter| said(script_claim("a.rhai", text), counter);
    let server = Server::new(|policy| {
        policy.keys.add(KnownKey::new("Ron", secret(3).public(), TrustLevel::Mod).that_revokes());
        policy.keys.add(KnownKey::new("Bob", secret(2).public(), TrustLevel::Mod));
    });
    let revoke = |by: u8, counter, keys: &[u8]| {
        let keys = keys.iter().map(|key| secret(*key).public().id()).collect();
        let list = Revocations { keys, ..Revocations::default() };
        let signed = SignedStatement::sign(said(Claim::Revocations(list), counter), &secret(by));
        let paper = Paper::new("revoked.sig", signed.to_text());
        server.verifier.revoke(&paper).map_err(|error| rule(&error))
    };
    assert_eq!(revoke(2, 1, &[1]), Err(Refusal::UnknownKey), "not everyone may");
    assert_eq!(server.takes(text, version(1), &secret(1)), Ok(()));
    assert_eq!(revoke(3, 4, &[1]), Ok(()));
    assert_eq!(server.takes(text, version(1), &secret(1)), Err(Refusal::Revoked));
    assert_eq!(revoke(3, 3, &[2]), Err(Refusal::RolledBack));
    assert_eq!(server.takes(text, version(1), &secret(2)), Ok(()));
}

#[test]
fn a_policy_is_a_value_that_can_be_written_down() {
    let mut policy = TrustPolicy::server();
    policy.game = Some("arena".to_owned());
    policy.unsigned = Unsigned::Warn(TrustLevel::Untrusted);
    policy.revoked.keys.insert(secret(9).public().id());
    let key = KnownKey::new("Ada", secret(1).public(), TrustLevel::Mod);
    policy.keys.add(key.within(Permissions::only(["combat"])).that_revokes());
    let json = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<TrustPolicy>(&json).unwrap(), policy);

    let weak = json.replace(&secret(1).public().to_string(), &format!("01{}", "0".repeat(62)));
    let error = serde_json::from_str::<TrustPolicy>(&weak).unwrap_err();
    assert!(error.to_string().contains("weak"), "{error}");
    let misspelt = json.replace("no_rollback", "no_rolback");
    assert!(serde_json::from_str::<TrustPolicy>(&misspelt).is_err(), "a rule is never lost");
}

/// A refusal of every kind, each by somebody who can do something about it: it says of which file, by which rule,
/// and what to do.
#[test]
fn every_refusal_says_file_rule_and_remedy() {
    let text = "let x = 1;";
    let good = || said(script_claim("a.rhai", text), 5);
    let server = Server::new(|policy| policy.game = Some("arena".to_owned()));
    let signed = |statement: Statement, by: u8| {
        SignedStatement::sign(statement, &secret(by)).to_text().into_bytes()
    };
    let script = |server: &Server, text: &str, signature: Vec<u8>| {
        server.script("a.rhai", text, signature).map(|_| ()).unwrap_err()
    };
    let with = |change: &dyn Fn(&mut TrustPolicy)| Server::new(|policy| change(policy));
    let folder = |change: &dyn Fn(&mut BTreeMap<ModPath, Vec<u8>>), script: &str| {
        let mut files = guards(1);
        change(&mut files);
        in_folder(&Server::new(|_| ()), &files, script).map(|_| ()).unwrap_err()
    };
    let whole = |change: &dyn Fn(&mut BTreeMap<ModPath, Vec<u8>>)| {
        let mut files = guards(1);
        change(&mut files);
        let checked = Server::new(|_| ()).verifier.verify_mod(&files, |it| format!("guards/{it}"));
        checked.map(|_| ()).unwrap_err()
    };
    let package = |bytes: &[u8]| Package::parse("m.cmod", bytes).map(|_| ()).unwrap_err();
    let put = |files: &mut BTreeMap<ModPath, Vec<u8>>, name: &str, text: &str| {
        files.insert(path(name), text.as_bytes().to_vec());
    };
    let rotation = |by: u8, to: u8| signed(said(Claim::Rotation(secret(to).public()), 1), by);
    let rotate = |server: &Server, bytes: Vec<u8>| {
        server.verifier.rotate(&Paper::new("new.sig", bytes)).map(|_| ()).unwrap_err()
    };
    let of_key = |number: u8, statement: Statement| Statement {
        key: secret(number).public().id(),
        ..statement
    };
    let old = Server::new(|_| ());
    assert_eq!(old.takes(text, said(script_claim("a.rhai", text), 9), &secret(1)), Ok(()));
    let rotated = Server::new(|_| ());
    rotated.verifier.rotate(&Paper::new("new.sig", rotation(1, 2))).unwrap();
    let revokes_two = with(&|policy| _ = policy.revoked.keys.insert(secret(2).public().id()));
    let revoked_key = with(&|policy| _ = policy.revoked.keys.insert(secret(1).public().id()));
    let revoked_file = with(&|policy| _ = policy.revoked.files.insert(Digest::of(text.as_bytes())));
    let timely = Server::new(|_| ());
    timely.memory.set_now(2000);
    let ends = || Statement { not_after: Some(1000), ..good() };
    let no_store = |reads| {
        let policy = (*Server::new(|_| ()).verifier.policy()).clone();
        let verifier = Verifier::new(policy, Arc::new(NoStore(reads)));
        let signature = Some(Paper::new("a.rhai.sig", signed(good(), 1)));
        let papers = Papers { signature, ..Papers::NONE };
        verifier.verify(ScriptSource::new("scripts/a.rhai", text), &papers).map(|_| ()).unwrap_err()
    };
    let unreadable = {
        let paper = Paper { path: "a.rhai.sig".to_owned(), bytes: Err("no permission".to_owned()) };
        let papers = Papers { signature: Some(paper), ..Papers::NONE };
        server.verifier.verify(ScriptSource::new("a.rhai", text), &papers).map(|_| ()).unwrap_err()
    };
    let unsigned = {
        let source = ScriptSource::new("a.rhai", text);
        server.verifier.verify(source, &Papers::NONE).map(|_| ()).unwrap_err()
    };
    let weak = {
        let text = String::from_utf8(rotation(1, 4)).unwrap();
        let weak = format!("01{}", "0".repeat(62));
        text.replace(&secret(4).public().to_string(), &weak).into_bytes()
    };
    let leads_out = String::from_utf8(signed(good(), 1)).unwrap().replace(" a.rhai", " ../a.rhai");
    let traversal = {
        let mut bytes = Package::new("m.cmod", guards(1)).unwrap().to_bytes();
        bytes[..9].copy_from_slice(b"../a.rhai");
        let sum: u32 = bytes[..512].iter().enumerate().fold(0, |sum, (i, byte)| {
            sum + u32::from(if (148..156).contains(&i) { b' ' } else { *byte })
        });
        bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes
    };
    let many = (0..1_500).map(|i| (path(&format!("{i}")), Vec::new())).collect();
    let errors = [
        unsigned,
        whole(&|files| _ = files.remove(&path("mod.sig"))),
        script(&server, text, b"nonsense".to_vec()),
        script(&server, text, vec![b'a'; bevy_cscript::trust::SIGNATURE_BYTES + 1]),
        folder(&|files| put(files, "mod.toml", &"#".repeat(1 << 20)), "a.rhai"),
        Package::new("m.cmod", many).map(|_| ()).unwrap_err(),
        unreadable,
        script(&server, text, signed(of_key(7, good()), 7)),
        rotate(&server, weak),
        script(&revoked_key, text, signed(good(), 1)),
        script(&revoked_file, text, signed(good(), 1)),
        rotate(&revokes_two, rotation(1, 2)),
        script(&rotated, text, signed(said(script_claim("a.rhai", text), 90), 1)),
        rotate(&rotated, rotation(1, 3)),
        rotate(&server, rotation(1, 1)),
        script(&server, text, {
            let by_another = String::from_utf8(signed(of_key(7, good()), 7)).unwrap();
            let [theirs, mine] = [7, 1].map(|key| secret(key).public().id().to_string());
            by_another.replace(&theirs, &mine).into_bytes()
        }),
        script(&server, text, rotation(1, 3)),
        rotate(&server, signed(good(), 1)),
        script(&server, text, signed(Statement { game: "chess".to_owned(), ..good() }, 1)),
        folder(&|files| put(files, "mod.toml", &MANIFEST.replace("guards", "thieves")), "a.rhai"),
        folder(&|files| put(files, "c.rhai", "let c = 3;"), "c.rhai"),
        script(&server, text, signed(said(script_claim("b.rhai", "let b = 2;"), 5), 1)),
        script(&server, text, signed(said(script_claim("b.rhai", text), 5), 1)),
        folder(&|files| put(files, "c.rhai", "let a = 1;"), "c.rhai"),
        folder(&|files| put(files, "a.rhai", "let b = 2;"), "a.rhai"),
        script(&server, "let", signed(good(), 1)),
        script(&server, "let x = 2;", signed(good(), 1)),
        whole(&|files| _ = files.remove(&path("sub/b.rhai"))),
        whole(&|files| _ = files.remove(&path("mod.toml"))),
        script(&timely, text, signed(ends(), 1)),
        script(&server, text, signed(ends(), 1)),
        script(&old, text, signed(good(), 1)),
        no_store(true),
        no_store(false),
        folder(&|files| put(files, "mod.toml", "id = "), "a.rhai"),
        folder(&|files| put(files, "mod.toml", &MANIFEST.replace("guards", "G")), "a.rhai"),
        folder(&|files| put(files, "mod.toml", &MANIFEST.replace("api = 1", "api = 9")), "a.rhai"),
        package(b"no package"),
        package(&traversal),
        script(&server, text, leads_out.into_bytes()),
    ];
    // What is to be done stands behind a semicolon, and nothing else does.
    let wrong: Vec<String> = errors
        .iter()
        .filter(|error| {
            let remedy = error.message.rsplit_once("; ").map_or("", |(_, remedy)| remedy);
            let file = error.path.contains("a.rhai")
                || error.path.contains("guards/")
                || ["m.cmod", "new.sig"].contains(&&*error.path);
            let word = rule(error).word();
            !(file && remedy.len() > 9 && error.to_string().ends_with(&format!(" [{word}]")))
        })
        .map(ToString::to_string)
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    // All words that there are, in the code and in the table of the document.
    let seen: std::collections::BTreeSet<_> = errors.iter().map(|it| rule(it).word()).collect();
    let code = include_str!("../src/contract/refusal.rs");
    let words: std::collections::BTreeSet<_> =
        code.lines().filter_map(|line| line.split_once("=> \"")?.1.split('"').next()).collect();
    assert_eq!(seen, words);
    let document = include_str!("../docs/signing.md");
    let told = |word: &&&str| !document.contains(&format!("`{word}`"));
    assert_eq!(words.iter().filter(told).collect::<Vec<_>>(), Vec::<&&str>::new());
}

/// Whatever is claimed in it, reading it takes no more memory than what is there, some times over.
#[test]
fn what_is_read_from_outside_takes_no_more_memory_than_it_has() {
    use bevy_cscript::{
        alloc,
        authority::{ToClient, ToServer},
    };
    let peak = |what: &dyn Fn()| {
        alloc::reset_thread_peak();
        let before = alloc::thread().live;
        what();
        usize::try_from(alloc::thread().peak - before).unwrap_or_default()
    };
    let server = Server::new(|_| ());
    let package = Package::new("m.cmod", guards(1)).unwrap().to_bytes();
    // 10 GiB, said in the two ways that tar has.
    let large = |size: &[u8]| {
        let mut bytes = package.clone();
        bytes[124..136].copy_from_slice(size);
        let sum: u32 = bytes[..512].iter().enumerate().fold(0, |sum, (i, byte)| {
            sum + u32::from(if (148..156).contains(&i) { b' ' } else { *byte })
        });
        bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes
    };
    let binary = [0x80, 0, 0, 0, 0, 0, 0, 2, 0x80, 0, 0, 0];
    for bytes in [large(&binary), large(b"77777777777\0")] {
        let refusal = || Package::parse("m.cmod", &bytes).unwrap_err().refusal;
        assert_eq!(refusal(), Some(Refusal::Package));
        let peak = peak(&|| _ = refusal());
        assert!(peak < 4 * bytes.len() + 4_096, "{peak} bytes for {}", bytes.len());
    }
    // Too much is not even looked at.
    let much = vec![b'x'; 65 * 1024 * 1024];
    let claims = |head: &[u8]| [head, &[0xdd, 0xff, 0xff, 0xff, 0xff], &[0xc0; 500]].concat();
    let order = claims(
        b"CS\x02\x81\xa5Order\x92\x92\xdc\x00\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x93\x01",
    );
    let readers: [(&str, &dyn Fn()); 7] = [
        ("a package", &|| _ = Package::parse("m.cmod", &much)),
        ("a signature", &|| _ = SignedStatement::parse("a.sig", &much)),
        ("a manifest", &|| _ = bevy_cscript::trust::ModManifest::parse("mod.toml", &much)),
        ("a message up", &|| _ = ToServer::from_bytes(&much)),
        ("a message down", &|| _ = ToClient::from_bytes(&much)),
        ("an order of four thousand million owners", &|| _ = ToClient::from_bytes(&order)),
        ("a script", &|| _ = server.script("a.rhai", "let x = 1;", order.clone())),
    ];
    for (what, read) in readers {
        let peak = peak(read);
        assert!(peak < 128 * 1024, "{what} took {peak} bytes");
    }
    assert!(alloc::is_active(), "nothing was counted");
}

/// Random bytes, and good files with random bytes in them, as everything that is read from outside.
#[test]
fn random_bytes_are_refused_and_never_panic() {
    let rounds = std::env::var("TRUST_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000_u64);
    let server = Server::new(|_| ());
    let files = guards(1);
    let package = Package::new("m.cmod", files.clone()).unwrap().to_bytes();
    let signature = &files[&path("mod.sig")];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut accepted = 0;
    for round in 0..rounds {
        let noise: Vec<u8> = (0..random() % 700).map(|_| random() as u8).collect();
        let mut spoil = |good: &[u8]| {
            let mut bytes = good.to_vec();
            for _ in 0..=random() % 4 {
                let at = (random() % bytes.len() as u64) as usize;
                match random() % 4 {
                    0 => bytes[at] = random() as u8,
                    1 => bytes.truncate(at.max(1)),
                    2 => bytes.insert(at, random() as u8),
                    _ => bytes.extend_from_within(at..),
                }
            }
            bytes
        };
        let spoilt = [spoil(signature), spoil(MANIFEST.as_bytes()), spoil(&package)];
        for bytes in spoilt.iter().chain([&noise]) {
            let is_new = *bytes != *signature && *bytes != package;
            accepted +=
                u32::from(is_new && server.script("a.rhai", "let a = 1;", bytes.clone()).is_ok());
            let mut other = files.clone();
            other.insert(path("mod.sig"), bytes.clone());
            accepted += u32::from(is_new && in_folder(&server, &other, "a.rhai").is_ok());
            let mut other = files.clone();
            other.insert(path("mod.toml"), bytes.clone());
            let same = bytes == MANIFEST.as_bytes();
            accepted += u32::from(!same && in_folder(&server, &other, "a.rhai").is_ok());
            accepted += u32::from(
                is_new
                    && Package::parse("m.cmod", bytes)
                        .is_ok_and(|it| whole(&server, it.files()).is_ok()),
            );
            let _ = std::str::from_utf8(bytes).map(|text| {
                let _ = text.parse::<bevy_cscript::trust::PublicKey>();
                let _ = SecretKey::from_pem(text);
            });
            let signed = Paper::new("x", bytes.as_slice());
            accepted += u32::from(server.verifier.rotate(&signed).is_ok());
            accepted += u32::from(server.verifier.revoke(&signed).is_ok());
        }
        assert_eq!(accepted, 0, "round {round}");
    }
}
