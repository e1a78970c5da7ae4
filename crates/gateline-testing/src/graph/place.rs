use std::collections::HashMap;

use gateline::model::{ObjectName, Origin};
use gateline_api::Finding;

/// Findings by the object they are about.
pub(super) struct Places<'f> {
    by_object: HashMap<(&'f str, &'f ObjectName), Vec<(&'f str, usize)>>,
}

impl<'f> Places<'f> {
    pub(super) fn new(findings: &'f [Finding]) -> Self {
        let mut by_object: HashMap<_, Vec<_>> = HashMap::new();
        for (index, finding) in findings.iter().enumerate() {
            let origin = &finding.origin;
            by_object.entry((&*origin.kind, &origin.object)).or_default().push((&*origin.path, index));
        }
        Self { by_object }
    }

    /// About an object, whichever field.
    pub(super) fn of(&self, origin: &Origin) -> Vec<usize> {
        self.found(origin, |_| true)
    }

    /// About a field or what is in it.
    pub(super) fn at(&self, origin: &Origin) -> Vec<usize> {
        let within = |path: &str| {
            let rest = path.strip_prefix(&*origin.path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.found(origin, within)
    }

    fn found(&self, origin: &Origin, wanted: impl Fn(&str) -> bool) -> Vec<usize> {
        let found = self.by_object.get(&(&*origin.kind, &origin.object)).into_iter().flatten();
        found.filter(|(path, _)| wanted(path)).map(|(_, index)| *index).collect()
    }
}
