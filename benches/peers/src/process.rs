//! A contestant that runs.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Duration,
};

use stage::Job;

use crate::{builds::Builds, contestants::Contestant};

/// Why a contestant does not take part: for a table.
pub type Absence = String;

/// A process that waits for lines. It is ended when this is dropped.
pub struct Process {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

/// Nanoseconds of so many ticks.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    pub wall: f64,
    pub cpu: f64,
}

/// How long somebody may take to get ready, while others do, too.
const READY: Duration = Duration::from_secs(120);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(120);

impl Process {
    /// Starts a contestant, which then gets ready.
    pub fn start(builds: &Builds, contestant: &Contestant, job: &Job) -> Result<Self, Absence> {
        let mut child = Command::new(builds.executable(contestant.build))
            .args(job.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot be started: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("has no pipes".to_owned());
        };
        let (send, answers) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, input, answers })
    }

    /// Waits until it is ready.
    pub fn ready(mut self) -> Result<Self, Absence> {
        match self.answer(READY)?.as_str() {
            "ready" => Ok(self),
            line => Err(format!("says {line}")),
        }
    }

    fn answer(&mut self, patience: Duration) -> Result<String, Absence> {
        match self.answers.recv_timeout(patience) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("not ready after {} s", patience.as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.last_words()),
        }
    }

    /// Passes on what it said when it failed; a table needs no more than that it did.
    fn last_words(&mut self) -> Absence {
        if let Some(errors) = self.child.stderr.take() {
            let lines = BufReader::new(errors).lines().map_while(Result::ok);
            lines.take(10).for_each(|line| eprintln!("    {line}"));
        }
        "failed".to_owned()
    }

    fn ask(&mut self, line: &str) -> Result<String, Absence> {
        let sent = writeln!(self.input, "{line}").and_then(|()| self.input.flush());
        // If it has ended, it has said why.
        let _ = sent;
        self.answer(ANSWER)
    }

    pub fn run(&mut self, ticks: usize) -> Result<Ran, Absence> {
        let answer = self.ask(&format!("run {ticks}"))?;
        let numbers = answer
            .split_once(' ')
            .and_then(|(wall, cpu)| Some(Ran { wall: wall.parse().ok()?, cpu: cpu.parse().ok()? }));
        numbers.ok_or_else(|| format!("says {answer}"))
    }

    /// Bytes that it holds; nothing if the system does not tell.
    pub fn memory(&mut self) -> Result<Option<u64>, Absence> {
        let answer = self.ask("memory")?;
        let bytes: u64 = answer.parse().map_err(|_| format!("says {answer}"))?;
        Ok(Some(bytes).filter(|bytes| *bytes > 0))
    }

    /// What is not as it must be.
    pub fn check(&mut self) -> Result<Option<String>, Absence> {
        let answer = self.ask("check")?;
        Ok(Some(answer).filter(|answer| answer != "equal"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
