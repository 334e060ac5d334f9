use std::{
    io::Read,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{ChildOptions, ran::Ran};

/// The exit code of a child that took so much memory that it ended itself.
pub(super) const TOO_MUCH_HEAP: i32 = 77;

/// Starts children, and ends those that do not end by themselves.
pub(super) struct Watchdog {
    /// This very program.
    pub(super) program: PathBuf,
    /// How long a child may take.
    pub(super) timeout: Duration,
}

/// How a child ended.
pub(super) enum Ended {
    /// As it should: with a report.
    Ran(Box<Ran>),
    /// In another way; in words.
    Broke {
        /// One word.
        outcome: &'static str,
        /// What happened.
        what: String,
    },
}

/// Bytes of a child's output that are read. It writes one short line.
const LONGEST: u64 = 64 * 1024;

impl Watchdog {
    pub(super) fn run(&self, options: &ChildOptions) -> Ended {
        let mut command = Command::new(&self.program);
        command
            .arg("attack-child")
            .args(["--trust", options.trust.name(), "--backend", options.backend.name()])
            .args(["--ticks", &options.ticks.to_string()])
            .args(options.deadline_ms.map(|ms| format!("--deadline-ms={ms}")))
            .arg("--")
            .arg(&options.file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match command.spawn() {
            Ok(child) => self.watch(child),
            Err(error) => Ended::broke("lost", format!("no process could be started: {error}")),
        }
    }

    fn watch(&self, mut child: Child) -> Ended {
        let said = child.stdout.take().map(reader);
        let cried = child.stderr.take().map(reader);
        let status = match self.wait(&mut child) {
            Ok(Some(status)) => status,
            Ok(None) => {
                // It may have ended in between; then there is nothing to kill.
                let _ = child.kill();
                let _ = child.wait();
                return Ended::broke("hang", format!("no end after {:?}, killed", self.timeout));
            }
            Err(error) => return Ended::broke("lost", format!("its end is unknown: {error}")),
        };
        let (said, cried) = (read(said), read(cried));
        match serde_json::from_str(said.trim()) {
            Ok(ran) if status.success() => Ended::Ran(Box::new(ran)),
            _ => Ended::of(status, cried.trim()),
        }
    }

    fn wait(&self, child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
        let started = Instant::now();
        let mut pause = Duration::from_micros(500);
        while started.elapsed() < self.timeout {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        }
        Ok(None)
    }
}

impl Ended {
    /// What is known after another run of the same script: of the times the lesser ones; a run that broke stays broken.
    pub(super) fn or_quicker(self, other: Self) -> Self {
        match (self, other) {
            (Self::Ran(one), Self::Ran(other)) => {
                let call_ms = one.call_ms.min(other.call_ms);
                let compile_ms = one.compile_ms.min(other.compile_ms);
                let cpu_ms = one.cpu_ms.min(other.cpu_ms);
                Self::Ran(Box::new(Ran { call_ms, compile_ms, cpu_ms, ..*other }))
            }
            (broke @ Self::Broke { .. }, _) | (_, broke) => broke,
        }
    }

    fn broke(outcome: &'static str, what: String) -> Self {
        Self::Broke { outcome, what }
    }

    fn of(status: ExitStatus, cried: &str) -> Self {
        let last = cried.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let last = if last.is_empty() { String::new() } else { format!(": {last}") };
        match status.code() {
            Some(TOO_MUCH_HEAP) => Self::broke("heap", "took 512 MiB of heap".to_owned()),
            Some(code) => Self::broke("lost", format!("exit code {code} without a report{last}")),
            None => Self::broke("killed", format!("{status}{last}")),
        }
    }
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.by_ref().take(LONGEST).read_to_end(&mut bytes);
        // Whoever writes more must not wait for room.
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        bytes
    })
}

fn read(reader: Option<JoinHandle<Vec<u8>>>) -> String {
    let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
