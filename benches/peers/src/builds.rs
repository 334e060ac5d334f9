//! The contestants' executables.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    Failure,
    contestants::{Build, Contestant},
};

/// Where the executables are kept. Builds of one package with different features have the same place in
/// cargo's folder, so each is copied from there.
pub struct Builds(PathBuf);

impl Builds {
    /// Builds what these contestants need, one after the other.
    pub fn new(here: &Path, contestants: &[&Contestant], build: bool) -> Result<Self, Failure> {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| here.join("../../target/peers"), PathBuf::from);
        let builds = Self(target.join("contestants"));
        if !build {
            let missing = contestants.iter().map(|it| builds.executable(it.build));
            return match missing.into_iter().find(|executable| !executable.exists()) {
                Some(executable) => {
                    Err(format!("there is no {}; leave out --no-build", executable.display()))
                }
                None => Ok(builds),
            };
        }
        std::fs::create_dir_all(&builds.0)
            .map_err(|error| format!("{}: {error}", builds.0.display()))?;
        let mut wanted: Vec<&Build> = Vec::new();
        for contestant in contestants {
            if !wanted.contains(&contestant.build) {
                wanted.push(contestant.build);
            }
        }
        for build in wanted {
            eprintln!("building {}", build.name);
            let built = built(&here.join(build.package), &target, build)?;
            let kept = builds.executable(build);
            std::fs::copy(&built, &kept).map_err(|error| format!("{}: {error}", kept.display()))?;
        }
        Ok(builds)
    }

    pub fn executable(&self, build: &Build) -> PathBuf {
        self.0.join(format!("{}{}", build.name, std::env::consts::EXE_SUFFIX))
    }
}

fn built(package: &Path, target: &Path, build: &Build) -> Result<PathBuf, Failure> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--locked", "--message-format=json-render-diagnostics"])
        .arg("--target-dir")
        .arg(target)
        .args(build.arguments)
        .current_dir(package)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let executable = text.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        (message["target"]["name"] == build.binary).then_some(())?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executable
        .filter(|_| output.status.success())
        .ok_or_else(|| format!("{} cannot be built; cargo says why above", build.name))
}
