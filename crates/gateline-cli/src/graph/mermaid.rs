//! A flowchart for Markdown.

use gateline_testing::Graph;
use gateline_testing::graph::{RuleNode, ShareNode};

/// `flowchart LR`.
pub(super) fn flowchart(graph: &Graph) -> String {
    let mut lines = vec!["flowchart LR".to_owned()];
    for (index, host) in graph.hosts.iter().enumerate() {
        lines.push(format!("  h{index}([{}])", label(&host.name)));
    }
    for (index, listener) in graph.listeners.iter().enumerate() {
        let text = format!("{}\n{} {}", listener.name, listener.protocol, listener.port);
        lines.push(format!("  l{index}[{}]", label(&text)));
    }
    for (index, route) in graph.routes.iter().enumerate() {
        lines.push(format!("  subgraph r{index}[{}]", label(&route.name)));
        for (number, rule) in route.rules.iter().enumerate() {
            let class = if rule.dead.is_some() { ":::dead" } else { "" };
            lines.push(format!("    r{index}_{number}[{}]{class}", label(&rule_text(number, rule))));
        }
        lines.push("  end".to_owned());
    }
    for (index, backend) in graph.backends.iter().enumerate() {
        let class = if backend.kind.is_none() { ":::invalid" } else { "" };
        lines.push(format!("  b{index}[({})]{class}", label(&backend.name)));
    }
    lines.extend(edges(graph));
    lines.push("  classDef dead stroke-dasharray: 4 4,color:#888".to_owned());
    lines.push("  classDef invalid stroke:#c00".to_owned());
    lines.join("\n")
}

fn edges(graph: &Graph) -> impl Iterator<Item = String> + '_ {
    let hosts = graph.hosts.iter().enumerate().flat_map(|(index, host)| {
        host.listeners.iter().map(move |listener| format!("  h{index} --> l{listener}"))
    });
    let listeners = graph.listeners.iter().enumerate().flat_map(|(index, listener)| {
        listener.routes.iter().map(move |attached| format!("  l{index} --> r{}", attached.route))
    });
    let rules = graph.routes.iter().enumerate().flat_map(|(index, route)| {
        route.rules.iter().enumerate().flat_map(move |(number, rule)| {
            rule.backends.iter().map(move |share| {
                let arrow = if rule.dead.is_some() || share.invalid.is_some() { "-.->" } else { "-->" };
                let percent = percent(rule, share).map(|text| format!("|{text}|")).unwrap_or_default();
                format!("  r{index}_{number} {arrow}{percent} b{}", share.backend)
            })
        })
    });
    hosts.chain(listeners).chain(rules)
}

/// What a rule asks for, and what becomes of its requests where no backend gets them.
pub(super) fn rule_text(number: usize, rule: &RuleNode) -> String {
    let matches = rule.matches.iter().map(|one| one.predicates.as_str());
    let matches: Vec<&str> = matches.collect();
    let name = rule.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let effect = if rule.backends.is_empty() { format!("\n→ {}", rule.effect) } else { String::new() };
    let dead = if rule.dead.is_some() { "\nnever reached" } else { "" };
    format!("#{number}{name} {}{effect}{dead}", matches.join("\nor "))
}

/// The share of a backend that is one of several.
pub(super) fn percent(rule: &RuleNode, share: &ShareNode) -> Option<String> {
    let total: u64 = rule.backends.iter().map(|one| u64::from(one.weight)).sum();
    let several = rule.backends.len() > 1 && total > 0;
    several.then(|| format!("{} %", (u64::from(share.weight) * 100 + total / 2) / total))
}

/// A text between quotes: what Mermaid or HTML would read becomes entities.
fn label(text: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || " /.-_:,→".contains(char);
    let escaped = text.chars().map(|char| match char {
        '\n' => "<br>".to_owned(),
        char if plain(char) => char.to_string(),
        other => format!("#{};", u32::from(other)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn labels_are_inert() {
        assert_eq!(label("a\"b"), "\"a#34;b\"");
        assert_eq!(label("<b>*</b>"), "\"#60;b#62;#42;#60;/b#62;\"");
    }
}
