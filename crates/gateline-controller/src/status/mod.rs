//! Statuses to patches, as data; and the writing of them.

mod conditions;
mod jobs;
mod merge;
mod writer;

pub(crate) use jobs::jobs;
pub(crate) use writer::{Job, Writer};

use merge::{Desired, patch};

/// Who writes, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Author<'a> {
    /// Our `controllerName`.
    pub(crate) controller: &'a str,
    /// RFC 3339: the `lastTransitionTime` of what changes.
    pub(crate) now: &'a str,
}
