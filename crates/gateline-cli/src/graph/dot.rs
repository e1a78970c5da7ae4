//! For Graphviz.

use gateline_testing::Graph;

use super::mermaid::{percent, rule_text};

/// `digraph`, from left to right; each route is a cluster of its rules.
pub(super) fn digraph(graph: &Graph) -> String {
    let mut lines = vec![
        "digraph gateline {".to_owned(),
        "  rankdir=LR; compound=true; node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11]; edge [fontname=\"sans-serif\", fontsize=9];"
            .to_owned(),
    ];
    for (index, host) in graph.hosts.iter().enumerate() {
        lines.push(format!("  h{index} [label={}, shape=oval];", quoted(&host.name)));
        lines.extend(host.listeners.iter().map(|listener| format!("  h{index} -> l{listener};")));
    }
    for (index, listener) in graph.listeners.iter().enumerate() {
        let text = format!("{}\n{} {}", listener.name, listener.protocol, listener.port);
        lines.push(format!("  l{index} [label={}];", quoted(&text)));
        let attached = listener
            .routes
            .iter()
            .filter(|attached| graph.routes.get(attached.route).is_some_and(|route| !route.rules.is_empty()));
        // An edge to a cluster ends at its first node.
        lines.extend(attached.map(|one| format!("  l{index} -> r{0}_0 [lhead=cluster_r{0}];", one.route)));
    }
    for (index, route) in graph.routes.iter().enumerate() {
        lines.push(format!("  subgraph cluster_r{index} {{ label={};", quoted(&route.name)));
        for (number, rule) in route.rules.iter().enumerate() {
            let style = if rule.dead.is_some() { ", style=\"rounded,dashed\", fontcolor=gray" } else { "" };
            lines.push(format!("    r{index}_{number} [label={}{style}];", quoted(&rule_text(number, rule))));
        }
        lines.push("  }".to_owned());
        for (number, rule) in route.rules.iter().enumerate() {
            for share in &rule.backends {
                let style = if rule.dead.is_some() || share.invalid.is_some() { " style=dashed" } else { "" };
                let label = percent(rule, share).map(|text| format!(" label={}", quoted(&text)));
                let attributes = format!("{}{style}", label.unwrap_or_default());
                lines.push(format!(
                    "  r{index}_{number} -> b{} [{}];",
                    share.backend,
                    attributes.trim_start()
                ));
            }
        }
    }
    for (index, backend) in graph.backends.iter().enumerate() {
        let color = if backend.kind.is_none() { ", color=red" } else { "" };
        lines.push(format!("  b{index} [label={}, shape=cylinder{color}];", quoted(&backend.name)));
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

/// A quoted string of DOT.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quotes_do_not_end_a_string() {
        assert_eq!(quoted("a\"b\\\nc"), r#""a\"b\\\nc""#);
    }
}
