use std::collections::HashMap;

use gateline::analysis::{Change, ChangeKind, Diff, Hosts, MatchRef};
use serde::Serialize;

use super::pair::{Changed, Pair};
use super::recorder::Recorder;
use super::report::{Unread, percent};
use super::rule_name::LoggedRule;
use super::taken::Played;
use crate::record::{RecordError, Recorded};
use crate::request::Request;

/// How much of the recorded traffic a class of requests is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Traffic {
    /// Requests.
    pub requests: u64,
    /// In percent of all.
    pub share: f64,
}

/// A log that a diff was weighed by.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Weighed {
    /// So many requests were read.
    pub requests: u64,
    /// So many of them change and are in a class that is listed.
    pub changed: u64,
    /// So many change and are in none: waived, or not looked at.
    pub elsewhere: u64,
    /// Lines and entries that are none.
    pub unreadable: Unread,
}

/// Kind, port, and the matches before and after: what changes of a diff are one by, but for hosts that no match takes.
type Key = (ChangeKind, u16, [Option<MatchRef>; 2]);

/// A log that the classes of a diff are weighed by, on its way through both sides.
pub struct Weighing<'r> {
    pair: Pair<'r>,
    recorder: Recorder<'r>,
    /// Indexes of changes.
    classes: HashMap<Key, Vec<usize>>,
    hosts: Vec<Vec<Hosts>>,
    counts: Vec<u64>,
    weighed: Weighed,
}

impl<'r> Weighing<'r> {
    pub(crate) fn new([before, after]: [Played<'r>; 2], diff: &Diff) -> Self {
        let mut classes: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, change) in diff.changes.iter().enumerate() {
            classes.entry(key(change)).or_default().push(index);
        }
        let hosts = diff.changes.iter().map(|change| change.hosts.iter().cloned().collect());
        let recorder = Recorder::new(before.router, None);
        Self {
            pair: Pair::new(before, after),
            recorder,
            classes,
            hosts: hosts.collect(),
            counts: vec![0; diff.changes.len()],
            weighed: Weighed::default(),
        }
    }

    /// Counts a request for the class it falls into, or a line that is none. O(a decision).
    pub fn play(&mut self, recorded: Result<Recorded, RecordError>) {
        let Recorded { request, outcome, .. } = match recorded {
            Ok(recorded) => recorded,
            Err(error) => return self.weighed.unreadable.count(&error),
        };
        let rule = outcome.route.as_deref().and_then(LoggedRule::parse);
        let request = rule.and_then(|rule| self.recorder.completed(&request, &rule)).unwrap_or(request);
        self.weighed.requests += 1;
        let (_, Some(changed)) = self.pair.play(&request) else { return };
        match self.class(&changed, &request).and_then(|index| self.counts.get_mut(index)) {
            Some(count) => {
                *count += 1;
                self.weighed.changed += 1;
            }
            None => self.weighed.elsewhere += 1,
        }
    }

    fn class(&self, changed: &Changed, request: &Request) -> Option<usize> {
        let matched =
            [changed.before, changed.after].map(|taken| taken.matched().filter(|_| !changed.only_shown));
        let classes = self.classes.get(&(changed.kind, request.port(), matched))?;
        let host = request.host().unwrap_or_default();
        let fits = |index: &&usize| {
            let hosts = self.hosts.get(**index).into_iter().flatten();
            hosts.filter_map(|hosts| closeness(hosts, &host)).max()
        };
        classes.iter().filter(|index| fits(index).is_some()).max_by_key(fits).copied()
    }

    /// Of each change, in the order of the diff, and of all.
    pub(crate) fn finish(self) -> (Vec<Traffic>, Weighed) {
        let all = self.weighed.requests;
        let traffic = |requests| Traffic { requests, share: percent(requests, all) };
        (self.counts.into_iter().map(traffic).collect(), self.weighed)
    }
}

fn key(change: &Change) -> Key {
    (change.kind, change.port, [change.before.matched, change.after.matched])
}

/// How closely a class of hosts fits one; `None` if it does not.
fn closeness(hosts: &Hosts, host: &str) -> Option<usize> {
    let under =
        |suffix: &str| host.strip_suffix(suffix)?.strip_suffix('.').map(|labels| labels.contains('.'));
    match hosts {
        Hosts::Other => Some(0),
        Hosts::Under(suffix) => under(suffix).map(|_| suffix.len()),
        Hosts::Label(suffix) => under(suffix).filter(|deep| !deep).map(|_| suffix.len()),
        Hosts::Deeper(suffix) => under(suffix).filter(|deep| *deep).map(|_| suffix.len()),
        Hosts::Exact(name) => (**name == *host).then_some(usize::MAX),
    }
}
