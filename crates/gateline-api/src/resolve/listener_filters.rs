use gateline::filter::ExternalAuth;

use super::backends::Registry;
use super::external_auth;
use super::fault::{Fault, Faults};
use super::listeners::Slot;
use crate::finding::Finding;
use crate::objects::ListenerFilter;

/// Reads what requests pass before they are routed (GEP-5224). A reference that cannot be followed leaves ResolvedRefs false and
/// requests answered 500.
pub(super) fn read(registry: &mut Registry<'_, '_>, slots: &mut [Slot<'_>], findings: &mut Vec<Finding>) {
    for slot in slots {
        let written = slot.written.filters.requests.iter().enumerate();
        let filters: Option<Vec<_>> =
            written.map(|(i, filter)| one(registry, slot, i, filter, findings)).collect();
        slot.filters = filters.unwrap_or_default();
    }
}

/// `None`: the listener is refused, so that no request can go past the filter.
fn one(
    registry: &mut Registry<'_, '_>,
    slot: &mut Slot<'_>,
    i: usize,
    written: &ListenerFilter,
    findings: &mut Vec<Finding>,
) -> Option<ExternalAuth> {
    let field = format!("filters.requests[{i}]");
    let mut refuse = |slot: &mut Slot<'_>, reason, message: &str| {
        slot.refuse(Fault::new(reason, format!("{field}: {message}")), &field, findings);
        None
    };
    let auth = match (written.r#type.as_str(), &written.external_auth, &written.extension_ref) {
        ("ExternalAuth", Some(auth), _) => auth,
        ("ExternalAuth", None, _) => {
            return refuse(slot, "InvalidListenerFilter", "externalAuth must be set");
        }
        ("ExtensionRef", _, Some(to)) => {
            let message =
                format!("extensionRef to {} {:?} is not supported before routing", to.kind, to.group);
            return refuse(slot, "UnsupportedValue", &message);
        }
        (other, ..) => {
            return refuse(slot, "UnsupportedValue", &format!("filter type {other:?} is not supported"));
        }
    };
    let mut faults = Faults::default();
    let read = external_auth::read(registry, slot.holder, &slot.path(&field), auth, &mut faults);
    let filter = match read {
        Ok(filter) => filter,
        Err(message) => return refuse(slot, "InvalidListenerFilter", &message),
    };
    findings.append(&mut faults.findings);
    if let Some(fault) = faults.refs {
        let reason =
            if fault.reason == "RefNotPermitted" { fault.reason } else { "InvalidListenerFilterRef" };
        slot.refs.get_or_insert(Fault::new(reason, format!("{field}: {}", fault.message)));
    }
    Some(filter)
}
