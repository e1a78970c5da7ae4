use crate::finding::{Finding, Severity, codes};
use crate::object::Object;

/// Why a condition does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

/// A reference that leads nowhere: the condition, and what is to be said of it.
pub(super) struct Broken {
    pub(super) fault: Fault,
    pub(super) findings: Vec<Finding>,
}

impl Broken {
    /// Says all of it with another severity.
    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.findings = self.findings.into_iter().map(|finding| finding.severity(severity)).collect();
        self
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self { fault, findings: Vec::new() }
    }
}

/// What is wrong with one route, gathered while its rules are read.
#[derive(Default)]
pub(super) struct Faults {
    /// Accepted=False on every parent.
    pub(super) accepted: Option<Fault>,
    /// ResolvedRefs=False on every parent; the first one found is reported.
    pub(super) refs: Option<Fault>,
    pub(super) findings: Vec<Finding>,
}

impl Faults {
    /// The route cannot be accepted. Returns `None` for the value that could not be read.
    pub(super) fn reject<T>(&mut self, fault: Fault, finding: Finding) -> Option<T> {
        self.accepted.get_or_insert(fault);
        self.findings.push(finding);
        None
    }

    /// A value that Gateline does not know, perhaps of a newer version of the API.
    pub(super) fn unsupported<T>(&mut self, object: &Object, path: &str, value: &str) -> Option<T> {
        let message = format!("{path}: {value:?} is not supported");
        let finding = Finding::new(
            &codes::GL510,
            object.origin(path),
            format!("{} {}: {message}", object.kind, object.name),
        )
        .help("the route is not accepted; other routes are not affected");
        self.reject(Fault::new("UnsupportedValue", message), finding)
    }

    /// A reference of the route cannot be followed.
    pub(super) fn unresolved(&mut self, broken: Broken) {
        self.refs.get_or_insert(broken.fault);
        self.findings.extend(broken.findings);
    }
}
