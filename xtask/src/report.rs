use std::io::Write;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Prints one line a step: its name, what it found, its time.
pub(crate) struct Report {
    start: Instant,
    steps: usize,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), steps: 0 }
    }

    /// Runs a step. What it returns is shown under its line, such as the closing lines of a test runner.
    pub(crate) fn step(
        &mut self,
        name: &str,
        run: impl FnOnce() -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        print!("{name:<12} ");
        flush();
        let start = Instant::now();
        let outcome = run();
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("{word:<6} {}", seconds(start.elapsed()));
        let notes = outcome?;
        for line in notes.lines() {
            println!("{line}");
        }
        flush();
        self.steps += 1;
        Ok(())
    }

    pub(crate) fn finish(self) {
        println!("\n{} steps in {}", self.steps, seconds(self.start.elapsed()).trim_start());
    }
}

fn seconds(time: Duration) -> String {
    format!("{:7.1} s", time.as_secs_f64())
}

fn flush() {
    // A closed pipe must not fail the tests.
    let _ = std::io::stdout().flush();
}
