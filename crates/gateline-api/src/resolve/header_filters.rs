use std::collections::BTreeMap;

use crate::finding::{Finding, codes};
use crate::object::Object;
use crate::objects::HeaderFilter;

/// Fields of one connection (RFC 9110, 7.6.1): a gateway manages them itself.
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// GL406: one field named twice, one that belongs to the connection, or `Host`.
pub(super) fn conflicts(object: &Object, path: &str, written: &HeaderFilter, request: bool) -> Vec<Finding> {
    let field = if request { "requestHeaderModifier" } else { "responseHeaderModifier" };
    let finding = |list: &str, index: usize, message: String, help: &str| {
        let place = format!("{path}.{field}.{list}[{index}]");
        Finding::new(&codes::GL406, object.origin(&place), format!("{place}: {message}")).help(help)
    };
    let set = written.set.iter().map(|entry| ("set", entry.name.as_str()));
    let add = written.add.iter().map(|entry| ("add", entry.name.as_str()));
    let remove = written.remove.iter().map(|name| ("remove", name.as_str()));
    let numbered = set.enumerate().chain(add.enumerate()).chain(remove.enumerate());
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for (index, (list, name)) in numbered {
        let name = name.to_ascii_lowercase();
        if list != "remove" && HOP_BY_HOP.contains(&name.as_str()) {
            let message = format!("{name} is about one connection, which the gateway manages itself");
            findings.push(finding(list, index, message, "remove the entry"));
        }
        if request && list != "remove" && name == "host" {
            let message = "whether a modifier may write Host depends on the implementation".to_owned();
            findings.push(finding(list, index, message, "use a URLRewrite filter with hostname"));
        }
        if let Some(first) = seen.insert(name.clone(), list) {
            let message = format!(
                "{name} is in {first} too: what comes of {} is left to implementations",
                if first == list { "two entries" } else { "both" }
            );
            findings.push(finding(list, index, message, "name every header once"));
        }
    }
    findings
}
