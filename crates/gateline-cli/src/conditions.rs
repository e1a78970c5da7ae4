//! Conditions as text.

use gateline::model::ObjectName;
use gateline_api::status::{Condition, ParentRef, Status};

use crate::output::{self, Output};

/// `Gateway edge/shop#https`: a parent of the object of that name.
pub(crate) fn parent_name(parent: &ParentRef, of: &ObjectName) -> String {
    let namespace = parent.namespace.as_deref().unwrap_or(&of.namespace);
    let section = parent.section_name.as_ref().map(|section| format!("#{section}")).unwrap_or_default();
    let port = parent.port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{} {namespace}/{}{section}{port}", parent.kind, parent.name)
}

/// Every condition of an object as a controller would write it.
pub(crate) fn print(status: &Status, output: &mut Output) {
    output.line(&output.paint(output::STRONG, &format!("{} {}", status.kind, status.name)));
    for condition in &status.conditions {
        output.line(&format!("  {}", line(condition)));
    }
    for listener in &status.listeners {
        let kinds: Vec<&str> = listener.supported_kinds.iter().map(|(_, kind)| kind.as_str()).collect();
        output.line(&format!(
            "  listener {}: {} attached, takes {}",
            listener.name,
            listener.attached_routes,
            kinds.join(", ")
        ));
        for condition in &listener.conditions {
            output.line(&format!("    {}", line(condition)));
        }
    }
    for parent in &status.parents {
        output.line(&format!("  {}", parent_name(&parent.parent_ref, &status.name)));
        for condition in &parent.conditions {
            output.line(&format!("    {}", line(condition)));
        }
    }
}

fn line(condition: &Condition) -> String {
    format!("{}={:?} {}: {}", condition.kind, condition.status, condition.reason, condition.message)
}
