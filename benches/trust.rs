//! What verification costs: the median of many runs, each beside the most that it may be.
//!
//! `cargo bench --bench trust` prints the table. Needs no Bevy.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints its table")]

use std::{
    collections::BTreeMap,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use bevy_cscript::{
    contract::ScriptSource,
    script::{ScriptCompiler, ScriptThreads, ScriptWorkers},
    trust::{
        Claim, Digest, FileClaim, KeyRing, KnownKey, ModPath, Package, Paper, Papers, SecretKey,
        SignedStatement, Statement, TrustLevel, TrustMemory, TrustPolicy, Verifier,
    },
};

const ROUNDS: usize = 200;

fn main() {
    println!("medians of {ROUNDS} rounds\n");
    println!("{:<52} {:>10} {:>10}", "", "measured", "at most");
    let key = SecretKey::from_bytes(&[7; 32]);
    let keys = KeyRing::new().with(KnownKey::new("Ada", key.public(), TrustLevel::Mod));
    let verifier =
        Verifier::new(TrustPolicy::server().with_keys(keys), Arc::new(TrustMemory::default()));
    let sign = |claim| {
        let (id, game, key_id) = ("a".to_owned(), "*".to_owned(), key.public().id());
        let statement = Statement { claim, id, game, counter: 1, not_after: None, key: key_id };
        SignedStatement::sign(statement, &key).to_text()
    };

    let text = script(32 * 1024);
    let bytes = text.as_bytes();
    row("SHA-256 of 32 KiB", median(|| Digest::of(bytes)), 1.0);
    let message = [1; 256];
    let signature = key.sign(&message);
    row("Ed25519, strict", median(|| key.public().has_signed(&message, &signature)), 1.0);

    let claim = Claim::Script("a.rhai".parse().expect("a path"), FileClaim::of(bytes));
    let papers = Papers { signature: Some(Paper::new("a.rhai.sig", sign(claim))), ..Papers::NONE };
    let source = ScriptSource::new("a.rhai", bytes);
    let verify = || verifier.verify(source.clone(), &papers).expect("it is signed");
    row("a script of 32 KiB: verify", median(verify), 1.0);
    let workers = ScriptWorkers::new(ScriptThreads::Fixed(1)).expect("there is a thread");
    let compiler = ScriptCompiler::default();
    let both = || {
        let verified = verify();
        workers.run(|| compiler.compile(&verified)).expect("it compiles")
    };
    row("a script of 32 KiB: verify and compile", median(both), 5.0);

    let path = |text: &str| text.parse::<ModPath>().expect("a path");
    let manifest = "id = \"a\"\nversion = \"1.0.0\"\napi = 1\n";
    let mut files = BTreeMap::from([(path("mod.toml"), manifest.as_bytes().to_vec())]);
    for i in 0..99 {
        files.insert(path(&format!("scripts/s{i}.rhai")), bytes.to_vec());
    }
    let claims = files.iter().map(|(path, bytes)| (path.clone(), FileClaim::of(bytes))).collect();
    files.insert(path("mod.sig"), sign(Claim::Mod(claims)).into_bytes());
    let package = Package::new("a.cmod", files).expect("it is small").to_bytes();
    let open = || {
        let package = Package::parse("a.cmod", &package).expect("it is whole");
        verifier.verify_mod(package.files(), str::to_owned).expect("it is signed")
    };
    row("a package of 100 files, 3.2 MiB: open and verify", median(open), 50.0);
}

/// A script of so many bytes, of the kind that people write.
fn script(bytes: usize) -> String {
    let mut text = String::new();
    for i in 0.. {
        let function = format!(
            "fn step_{i}(x, y) {{\n    let sum = x * {i} + y;\n    if sum > 100 {{ return sum - 100; }}\n    for k in 0..3 {{ sum += k * x; }}\n    sum\n}}\n"
        );
        // More functions than these no script may have.
        if i == 120 || text.len() + function.len() > bytes {
            break;
        }
        text += &function;
    }
    let line = "// What is left is filled with remarks, as scripts are.\n";
    while text.len() + line.len() <= bytes {
        text += line;
    }
    text
}

fn median<T>(mut what: impl FnMut() -> T) -> Duration {
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            black_box(what());
            began.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

fn row(what: &str, measured: Duration, at_most_ms: f64) {
    let ms = measured.as_secs_f64() * 1e3;
    let verdict = if ms <= at_most_ms { "" } else { "  too much" };
    println!("{what:<52} {ms:>7.3} ms {at_most_ms:>7.1} ms{verdict}");
}
