use std::collections::BTreeMap;
use std::fmt;

use crate::check::check;
use crate::file::{Case, File};
use crate::observed::{Observed, Picks, Sees};
use crate::request::Prepared;
use crate::split;
use crate::world::World;

/// One way into the engine.
pub trait Door {
    /// What it can see of an answer.
    fn sees(&self) -> Sees;

    /// Why it cannot ask a case, if it cannot.
    fn skips(&self, file: &File, case: &Case) -> Option<&'static str> {
        let _ = (file, case);
        None
    }

    /// Whether it takes connections and datagrams, not only requests.
    fn takes_connections(&self) -> bool {
        false
    }

    /// How many requests a split is judged by.
    fn samples(&self) -> u32 {
        200
    }

    /// Loads a set of objects; the cases that follow are put to it.
    fn enter(&mut self, file: &File, world: &World) -> Result<(), String>;

    /// Puts one request.
    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String>;
}

/// One request to put.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The world it is put to.
    pub world: &'a World,
    /// The case.
    pub case: &'a Case,
    /// Its request.
    pub request: &'a Prepared,
    /// A number for picking the backend: evenly spread over the requests of one case.
    pub x: u64,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases that were put.
    pub ran: usize,
    /// Cases that were not, by reason.
    pub skipped: BTreeMap<&'static str, usize>,
    /// `file: case: difference`.
    pub failures: Vec<String>,
}

impl Report {
    /// Two reports as one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.ran += other.ran;
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
        self.failures.extend(other.failures);
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cases, {} differences", self.ran, self.failures.len())?;
        for (reason, count) in &self.skipped {
            write!(f, ", {count} skipped ({reason})")?;
        }
        for failure in &self.failures {
            write!(f, "\n  {failure}")?;
        }
        Ok(())
    }
}

/// Puts every case to a door.
pub fn run(worlds: &[(File, World)], door: &mut dyn Door) -> Report {
    let mut report = Report::default();
    for (file, world) in worlds {
        if let Err(error) = door.enter(file, world) {
            report.failures.push(format!("{}: {error}", file.name));
            continue;
        }
        for case in &file.requests {
            put(file, case, world, door, &mut report);
        }
    }
    report
}

fn put(file: &File, case: &Case, world: &World, door: &mut dyn Door, report: &mut Report) {
    let connection = case.request.is_connection() && !door.takes_connections();
    if let Some(reason) = connection.then_some("no request").or_else(|| door.skips(file, case)) {
        *report.skipped.entry(reason).or_default() += 1;
        return;
    }
    report.ran += 1;
    let differences = differences(case, world, door).unwrap_or_else(|error| vec![error]);
    let located = |difference| format!("{}: {}: {difference}", file.name, case.name);
    report.failures.extend(differences.into_iter().map(located));
}

fn differences(case: &Case, world: &World, door: &mut dyn Door) -> Result<Vec<String>, String> {
    let request = Prepared::new(&case.request)?;
    let (sees, samples) = (door.sees(), door.samples());
    let mut ask = |x| door.ask(&Ask { world, case, request: &request, x });
    let Some(split) = case.expect.split.as_ref().filter(|_| sees.became) else {
        return Ok(check(&case.expect, &ask(0)?, sees));
    };
    let mut picks = Picks::new();
    let step = u64::MAX / u64::from(samples.max(1));
    for index in 0..samples {
        let observed = ask(u64::from(index) * step)?;
        split::count(&mut picks, observed.became.as_ref());
        let decision = check(&case.expect, &observed, Sees { became: false, ..sees });
        if !decision.is_empty() {
            return Ok(decision);
        }
    }
    Ok(split::check(split, &picks))
}
