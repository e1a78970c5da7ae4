use crate::decision::EntryId;
use crate::{Explanation, Head, Router};

impl Router {
    /// The same answer with every candidate in order of precedence, and why it won, lost or failed.
    /// `x` picks the backend as in [`Router::plan`].
    #[must_use]
    pub fn explain(&self, entry: EntryId, head: &Head<'_>, x: u64) -> Explanation {
        let _ = (entry, head, x);
        unimplemented!()
    }
}
